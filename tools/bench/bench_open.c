/* The open loop: drops begin at a fixed rate, whether or not earlier ones are answered. One that finds no
 * free connection waits, and its latency counts from the instant at which it should have begun. */
#include "bench_load.h"
#include <stdlib.h>

/* Devices without a request, the one that has waited longest first. */
struct idle {
    struct driver *device[BENCH_CONNECTIONS];
    size_t first, n;
};

static void add_idle(struct bench_load *load, struct driver *driver) {
    struct idle *idle = load->user;
    idle->device[(idle->first + idle->n++) % BENCH_CONNECTIONS] = driver;
}

/* NULL: none is free. One without a stop left is free for ever. */
static struct driver *take_idle(struct bench_load *load) {
    struct idle *idle = load->user;
    while (idle->n > 0) {
        struct driver *driver = idle->device[idle->first];
        idle->first = (idle->first + 1) % BENCH_CONNECTIONS;
        idle->n--;
        if (bench_load_has_stop(load, driver)) return driver;
    }
    if (load->waiting == 0) bench_fail("no delivery is left: take more of them");
    return NULL;
}

/* Begins all that are due by now; returns how many have begun in all. */
static size_t begin_due(struct bench_load *load, double started, double rate, size_t begun, size_t all) {
    while (begun < all) {
        double due = started + (double)begun / rate;
        if (due > bench_seconds()) break;
        struct driver *driver = take_idle(load);
        if (!driver) break;
        bench_load_send(load, driver, due);
        begun++;
    }
    return begun;
}

size_t bench_open_run(struct bench_load *load, double rate, double seconds) {
    struct idle idle = {.n = 0};
    size_t all = (size_t)(rate * seconds), begun = 0;
    bench_load_connect(load, BENCH_OPEN);
    load->user = &idle;
    load->answered = add_idle;
    for (int i = 0; i < BENCH_OPEN; i++)
        add_idle(load, &load->driver[i]);
    double started = bench_seconds(), silent_since = started;
    while (begun < all || load->waiting) {
        begun = begin_due(load, started, rate, begun, all);
        double now = bench_seconds(), due = started + (double)begun / rate;
        bool free = begun < all && idle.n > 0;
        if (bench_load_take(load, free ? due - now : 0.1)) silent_since = bench_seconds();
        if (load->waiting == 0) silent_since = bench_seconds();
        if (bench_seconds() - silent_since > 15) bench_fail("no answer for 15 seconds");
    }
    load->user = NULL;
    return all;
}
