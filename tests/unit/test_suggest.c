#include "base/limits.h"
#include "check.h"
#include "domain/suggest.h"

TEST(suggest_ceil_to_box_only_rounds_up) {
    CHECK_INT(suggest_ceil_to_box(0, 10), 0);
    CHECK_INT(suggest_ceil_to_box(-1, 10), 0);
    CHECK_INT(suggest_ceil_to_box(INT64_MIN + 1, 10), 0);
    CHECK_INT(suggest_ceil_to_box(1, 1), 1);
    CHECK_INT(suggest_ceil_to_box(1000, 1), 1);
    CHECK_INT(suggest_ceil_to_box(1001, 1), 2);
    CHECK_INT(suggest_ceil_to_box(9999, 10), 10);
    CHECK_INT(suggest_ceil_to_box(10000, 10), 10);
    CHECK_INT(suggest_ceil_to_box(10001, 10), 20);
}

TEST(suggest_ceil_to_box_stops_at_the_largest_quantity) {
    CHECK_INT(suggest_ceil_to_box(LIMIT_UNITS * INT64_C(1000), 10), LIMIT_UNITS);
    CHECK_INT(suggest_ceil_to_box(LIMIT_UNITS * INT64_C(1000) + 1, 10), LIMIT_UNITS);
    CHECK_INT(suggest_ceil_to_box(INT64_MAX, 10), LIMIT_UNITS);
    CHECK_INT(suggest_ceil_to_box((LIMIT_UNITS - 1) * INT64_C(1000), 7), LIMIT_UNITS);
    CHECK_INT(suggest_ceil_to_box((LIMIT_UNITS - 4) * INT64_C(1000), 7), LIMIT_UNITS - 3);
    CHECK_INT(suggest_ceil_to_box(1, LIMIT_UNITS), LIMIT_UNITS);
}

static void box_of_nothing(void) {
    (void)suggest_ceil_to_box(1, 0);
}

TEST(suggest_a_box_of_nothing_is_our_mistake) {
    CHECK_DIES(box_of_nothing);
}

TEST(suggest_unusual_without_a_suggestion) {
    CHECK(!suggest_unusual(NONE, 0, 10, 200, 1));
    CHECK(suggest_unusual(NONE, 1, 10, 200, 1));
}

TEST(suggest_unusual_follows_the_settings) {
    CHECK(!suggest_unusual(100, 125, 10, 250, 2));
    CHECK(suggest_unusual(100, 126, 10, 250, 2));
    CHECK(!suggest_unusual(100, 130, 10, 250, 3));
    CHECK(suggest_unusual(100, 131, 10, 250, 3));
    CHECK(suggest_unusual(100, 101, 10, 0, 0));
    CHECK(!suggest_unusual(100, 100, 10, 0, 0));
}
