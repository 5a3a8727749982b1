#include "domain/plan.h"
#include "base/date.h"
#include "base/log.h"

int64_t cycle_date(const struct cycle *cycle, int64_t n) {
    if (cycle->unit == CYCLE_MONTH) return date_add_months(cycle->anchor, n * cycle->every);
    return cycle->anchor + n * cycle->every;
}

/* Months from the anchor's month to the date's: at most one too many, because of the day. */
static int64_t months_between(int64_t anchor, int64_t date) {
    int year, month, day, anchor_year, anchor_month, anchor_day;
    date_split(anchor, &anchor_year, &anchor_month, &anchor_day);
    date_split(date, &year, &month, &day);
    return (int64_t)(year - anchor_year) * 12 + (month - anchor_month);
}

int64_t cycle_index(const struct cycle *cycle, int64_t date) {
    REQUIRE(cycle->every >= 1);
    if (date <= cycle->anchor) return 0;
    int64_t whole = cycle->unit == CYCLE_MONTH ? months_between(cycle->anchor, date) : date - cycle->anchor;
    int64_t n = whole / cycle->every;
    return cycle_date(cycle, n) >= date ? n : n + 1;
}

int64_t cycle_next(const struct cycle *cycle, int64_t date) {
    return cycle_date(cycle, cycle_index(cycle, date + 1));
}

int64_t plan_fate(int64_t due_date, bool exists, bool skipped, const struct plan_span *pause, size_t pauses) {
    if (exists) return skipped ? PLAN_SKIPPED : PLAN_EXISTING;
    for (size_t i = 0; i < pauses; i++)
        if (pause[i].from <= due_date && due_date <= pause[i].to) return PLAN_PAUSED;
    return PLAN_OPEN;
}
