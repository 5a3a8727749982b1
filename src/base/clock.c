#include "base/clock.h"
#include "base/value.h"
#include <time.h>

static int64_t machine_ms(void) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

struct clock clock_system(void) {
    return (struct clock){.offset_ms = 0, .fixed_at = NONE};
}

struct clock clock_starting_at(int64_t instant) {
    return (struct clock){.offset_ms = instant - machine_ms(), .fixed_at = NONE};
}

struct clock clock_fixed(int64_t instant) {
    return (struct clock){.offset_ms = 0, .fixed_at = instant};
}

int64_t clock_now(const struct clock *clock) {
    if (clock->fixed_at != NONE) return clock->fixed_at;
    return machine_ms() + clock->offset_ms;
}

int64_t clock_monotonic_us(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}
