#include "domain/suggest.h"
#include "base/limits.h"
#include "base/log.h"

int64_t suggest_ceil_to_box(int64_t milli, int64_t units_per_box) {
    REQUIRE(units_per_box >= 1);
    if (milli <= 0) return 0;
    if (milli > LIMIT_UNITS * INT64_C(1000)) return LIMIT_UNITS;
    int64_t units = (milli + 999) / 1000;
    int64_t boxed = (units + units_per_box - 1) / units_per_box * units_per_box;
    return boxed < LIMIT_UNITS ? boxed : LIMIT_UNITS;
}

static bool in_use(const struct suggest_facts *facts) {
    return facts->use_per_day != NONE && facts->use_per_day > 0;
}

int64_t suggest_units(const struct suggest_facts *facts) {
    if (!in_use(facts) || facts->on_hand == NONE) return NONE;
    int64_t until = facts->due_date > facts->count_date ? facts->due_date - facts->count_date : 0;
    int64_t days = until + (facts->next_due - facts->due_date) + facts->safety_days;
    int64_t milli = facts->use_per_day * days - (facts->on_hand + facts->on_order) * 1000;
    return suggest_ceil_to_box(milli, facts->units_per_box);
}

int64_t suggest_prescribed(const struct suggest_facts *facts) {
    if (!in_use(facts)) return 0;
    return suggest_ceil_to_box(facts->use_per_day * (facts->next_due - facts->due_date),
                               facts->units_per_box);
}

bool suggest_unusual(int64_t suggested, int64_t ordered, int64_t units_per_box, int64_t permille,
                     int64_t boxes) {
    if (suggested == NONE) return ordered > 0;
    int64_t away = ordered > suggested ? ordered - suggested : suggested - ordered;
    return away * 1000 > suggested * permille && away > boxes * units_per_box;
}
