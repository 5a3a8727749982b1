#include "domain/slot.h"
#include "base/date.h"
#include "check.h"

#define MONDAY 1
#define WEDNESDAY 4
#define FRIDAY 16
#define SUNDAY 64
#define EVERY_DAY 127

/* 2 March 2026 is a Monday. */
static int64_t march(int day) {
    return date_of(2026, 3, day);
}

TEST(slot_zone_serves_its_weekdays) {
    for (int day = 0; day < 14; day++)
        for (int bit = 0; bit < 7; bit++)
            CHECK_INT(zone_serves(1 << bit, march(2 + day)), day % 7 == bit);
    CHECK(zone_serves(EVERY_DAY, march(8)));
    CHECK(!zone_serves(0, march(2)));
}

TEST(slot_zone_serves_before_1970_too) {
    CHECK(zone_serves(WEDNESDAY, date_of(1969, 12, 31)));
    CHECK(!zone_serves(EVERY_DAY - WEDNESDAY, date_of(1969, 12, 31)));
    CHECK(zone_serves(MONDAY, DATE_MIN)); /* 1 January 1900 */
}

TEST(slot_last_served_is_the_day_itself_or_before) {
    CHECK_INT(slot_last_served(WEDNESDAY, NULL, 0, march(11), march(1)), march(11));
    CHECK_INT(slot_last_served(WEDNESDAY, NULL, 0, march(10), march(1)), march(4));
    CHECK_INT(slot_last_served(MONDAY | FRIDAY, NULL, 0, march(12), march(1)), march(9));
    CHECK_INT(slot_last_served(SUNDAY, NULL, 0, march(14), march(1)), march(8));
}

TEST(slot_last_served_passes_over_closures) {
    const int64_t closed[] = {march(4), march(9), march(11), march(13)};
    CHECK_INT(slot_last_served(WEDNESDAY, closed, 4, march(12), march(1)), NONE);
    CHECK_INT(slot_last_served(WEDNESDAY, closed + 1, 3, march(12), march(1)), march(4));
    CHECK_INT(slot_last_served(MONDAY | WEDNESDAY, closed, 4, march(12), march(1)), march(2));
    CHECK_INT(slot_last_served(EVERY_DAY, closed, 4, march(13), march(1)), march(12));
}

TEST(slot_last_served_looks_back_no_further_than_asked) {
    CHECK_INT(slot_last_served(WEDNESDAY, NULL, 0, march(10), march(4)), march(4));
    CHECK_INT(slot_last_served(WEDNESDAY, NULL, 0, march(10), march(5)), NONE);
    CHECK_INT(slot_last_served(EVERY_DAY, NULL, 0, march(10), march(10)), march(10));
    CHECK_INT(slot_last_served(EVERY_DAY, NULL, 0, march(10), march(11)), NONE);
    CHECK_INT(slot_last_served(0, NULL, 0, march(31), march(1)), NONE);
}

TEST(slot_weight_is_of_whole_boxes) {
    CHECK_INT(slot_weight_g(0, 10, 5200), 0);
    CHECK_INT(slot_weight_g(1, 10, 5200), 5200);
    CHECK_INT(slot_weight_g(10, 10, 5200), 5200);
    CHECK_INT(slot_weight_g(11, 10, 5200), 10400);
    CHECK_INT(slot_weight_g(7, 1, 90), 630);
    CHECK_INT(slot_weight_g(100, 10, 0), 0);
    CHECK_INT(slot_weight_g(10000000, 1, 10000000), INT64_C(100000000000000));
}

static void weigh_without_a_box(void) {
    (void)slot_weight_g(1, 0, 5200);
}

TEST(slot_weight_without_a_box_is_our_mistake) {
    CHECK_DIES(weigh_without_a_box);
}
