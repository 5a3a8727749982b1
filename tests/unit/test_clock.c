#include "check.h"
#include "base/clock.h"
#include <time.h>

TEST(clock_of_the_machine) {
    struct clock clock = clock_system();
    int64_t before = (int64_t)time(NULL) * 1000, now = clock_now(&clock);
    CHECK(now >= before && now < before + 5000);
}

TEST(clock_that_starts_elsewhere_runs_on) {
    struct clock clock = clock_starting_at(1000);
    struct timespec pause = {.tv_nsec = 3000000};
    int64_t first = clock_now(&clock);
    nanosleep(&pause, NULL);
    int64_t second = clock_now(&clock);
    CHECK(first >= 1000 && first < 6000);
    CHECK(second >= first + 2);
}

TEST(clock_fixed_stands_still) {
    struct clock clock = clock_fixed(-5);
    CHECK_INT(clock_now(&clock), -5);
    clock.fixed_at += 60000;
    CHECK_INT(clock_now(&clock), 59995);
    clock = clock_fixed(0);
    CHECK_INT(clock_now(&clock), 0);
}

TEST(clock_for_durations_never_goes_back) {
    int64_t last = clock_monotonic_us();
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_monotonic_us();
        CHECK(now >= last);
        last = now;
    }
}
