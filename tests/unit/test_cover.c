#include "base/date.h"
#include "check.h"
#include "domain/suggest.h"

static int64_t march(int day) {
    return date_of(2026, 3, day);
}

static int64_t until(int64_t stock, int64_t use_per_day) {
    struct use_since use = {march(1), use_per_day};
    return cover_until(march(3), stock, &use, 1);
}

TEST(cover_ends_on_the_first_day_not_covered_in_full) {
    CHECK_INT(until(0, 4000), march(3));
    CHECK_INT(until(3, 4000), march(3));
    CHECK_INT(until(4, 4000), march(4));
    CHECK_INT(until(7, 4000), march(4));
    CHECK_INT(until(8, 4000), march(5));
}

TEST(cover_counts_thousandths) {
    CHECK_INT(until(1, 333), march(6)); /* 0.999 of 1 unit in three days */
    CHECK_INT(until(1, 334), march(5));
    CHECK_INT(until(1, 500), march(5));
    CHECK_INT(until(1, 1), march(3) + 1000);
}

TEST(cover_needs_a_count_and_a_use) {
    struct use_since use = {march(1), 4000};
    CHECK_INT(cover_until(NONE, 40, &use, 1), NONE);
    CHECK_INT(cover_until(march(3), NONE, &use, 1), NONE);
    CHECK_INT(cover_until(march(3), 40, NULL, 0), NONE);
    CHECK_INT(until(40, 0), NONE);
    CHECK_INT(until(40, NONE), NONE);
    CHECK_INT(until(0, 0), NONE);
}

/* Each day is used at the rate of its own version. */
TEST(cover_over_a_change_of_use) {
    const struct use_since use[] = {{march(1), 4000}, {march(6), 1000}, {march(10), 3000}};
    CHECK_INT(cover_until(march(3), 11, use, 3), march(5));
    CHECK_INT(cover_until(march(3), 12, use, 3), march(6)); /* used up the evening before the change */
    CHECK_INT(cover_until(march(3), 13, use, 3), march(7));
    CHECK_INT(cover_until(march(3), 16, use, 3), march(10));
    CHECK_INT(cover_until(march(3), 18, use, 3), march(10)); /* two left, three needed */
    CHECK_INT(cover_until(march(3), 19, use, 3), march(11));
    CHECK_INT(cover_until(march(3), 16, use, 2), march(10));
    CHECK_INT(cover_until(march(3), 17, use, 2), march(11));
}

TEST(cover_over_days_without_use) {
    const struct use_since use[] = {{march(5), 4000}, {march(8), 0}, {march(20), 2000}};
    CHECK_INT(cover_until(march(3), 12, use, 3), march(20));
    CHECK_INT(cover_until(march(3), 14, use, 3), march(21));
    CHECK_INT(cover_until(march(3), 12, use, 2), NONE);
    CHECK_INT(cover_until(march(3), 11, use, 2), march(7));
}

TEST(cover_of_the_largest_stock) {
    CHECK_INT(until(20000000, INT64_C(10000000000)), march(5));
    CHECK_INT(until(20000000, 1), DATE_MAX); /* longer than there are dates: plenty, not unknown */
    CHECK_INT(cover_until(DATE_MAX - 1, 1, &(struct use_since){march(1), 1000}, 1), DATE_MAX);
    CHECK_INT(cover_until(DATE_MAX - 1, 9, &(struct use_since){march(1), 1000}, 1), DATE_MAX);
    CHECK_INT(cover_until(DATE_MAX, 9, &(struct use_since){march(1), 0}, 1), NONE);
    CHECK_INT(cover_until(DATE_MAX - 1, 0, &(struct use_since){march(1), 1000}, 1), DATE_MAX - 1);
}

TEST(cover_days_are_never_negative) {
    CHECK_INT(cover_days(march(10), march(3)), 7);
    CHECK_INT(cover_days(march(10), march(9)), 1);
    CHECK_INT(cover_days(march(10), march(10)), 0);
    CHECK_INT(cover_days(march(10), march(11)), 0);
    CHECK_INT(cover_days(march(10), date_of(2030, 1, 1)), 0);
    CHECK_INT(cover_days(NONE, march(3)), NONE);
}
