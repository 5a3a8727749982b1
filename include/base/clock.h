/* The program's clock: the machine's, or one that starts elsewhere (--clock) or is moved by hand. */
#ifndef CANARY_BASE_CLOCK_H
#define CANARY_BASE_CLOCK_H

#include <stdint.h>

struct clock {
    int64_t offset_ms; /* added to the machine's time */
    int64_t fixed_at;  /* when not NONE, the clock stands still here (tests, demo history) */
};

struct clock clock_system(void);
struct clock clock_starting_at(int64_t instant); /* runs on from there */
struct clock clock_fixed(int64_t instant);
int64_t clock_now(const struct clock *clock); /* ms since 1970 */
int64_t clock_monotonic_us(void);             /* for durations only */

#endif
