/* The latency of a drop while the server has time to spare: at half of what it can do, open loop; alone,
 * beside a reader of reports, and beside a loop that takes as much of a processor. */
#include "bench.h"
#include <stdio.h>
#include <string.h>

enum { VARIANTS = 3 };
static const char *const NAME[VARIANTS] = {
    [BESIDE_NOTHING] = "alone", [BESIDE_READER] = "report in a loop", [BESIDE_LOOP] = "processor loop"};

struct figures {
    double p50[VARIANTS][BENCH_ROUNDS_MAX], p99[VARIANTS][BENCH_ROUNDS_MAX], most[VARIANTS][BENCH_ROUNDS_MAX];
    double rate[BENCH_ROUNDS_MAX];
    double group[BENCH_ROUNDS_MAX]; /* ms, as all times */
    double to_group[BENCH_ROUNDS_MAX], reader_to_loop[BENCH_ROUNDS_MAX];
    struct bench_reads reads;
};

static size_t measure(const struct bench_latency *of, int what, size_t round, struct figures *f) {
    size_t n;
    struct bench_beside *beside = bench_beside_start((enum bench_beside_what)what, of->port, of->last_day);
    size_t drops = bench_open_run(of->load, f->rate[round], of->seconds);
    bench_beside_stop(beside, &f->reads);
    const uint32_t *us = bench_load_latencies(of->load, &n);
    f->p50[what][round] = bench_percentile(us, n, 0.50) / 1e3;
    f->p99[what][round] = bench_percentile(us, n, 0.99) / 1e3;
    f->most[what][round] = bench_percentile(us, n, 1) / 1e3;
    return drops;
}

/* Half of what 64 connections make of it now: the machine's other work changes. */
static size_t set_rate(const struct bench_latency *of, size_t round, struct figures *f) {
    size_t drops, n;
    double took = bench_load_run(of->load, BENCH_DRIVERS, of->seconds / 2, &drops);
    f->rate[round] = (double)drops / took / 2;
    bench_load_latencies(of->load, &n);
    return drops;
}

/* Each round begins with another variant; what was dropped is then written by raw, whose groups are the
 * measure. */
static size_t run_round(const struct bench_latency *of, size_t round, struct figures *f) {
    size_t drops = set_rate(of, round, f), written;
    for (size_t i = 0; i < VARIANTS; i++)
        drops += measure(of, (int)((i + round) % VARIANTS), round, f);
    bench_raw_read(of->raw, of->live);
    bench_raw_write(of->raw, &written);
    f->group[round] = bench_raw_group_us(of->raw) / 1e3;
    f->to_group[round] = f->p99[BESIDE_NOTHING][round] / f->group[round];
    f->reader_to_loop[round] = f->p99[BESIDE_READER][round] / f->p99[BESIDE_LOOP][round];
    return drops;
}

static void print_figures(const struct bench_latency *of, const struct figures *f, size_t n) {
    printf("\nopen loop, %.0f drops/s    p50 ms   p99 ms   max ms   p99 / raw group of %.1f ms\n",
           bench_median(f->rate, n), bench_median(f->group, n));
    for (size_t i = 0; i < VARIANTS; i++) {
        double p99 = bench_median(f->p99[i], n);
        printf("  %-20s %10.1f %8.1f %8.1f   %.2f\n", NAME[i], bench_median(f->p50[i], n), p99,
               bench_median(f->most[i], n), p99 / bench_median(f->group, n));
    }
    printf("p99 alone / raw group    %.2f (at most 4)\n", bench_median(f->to_group, n));
    printf("p99 report / loop        %.2f (at most 1.25); %.2f reports/s, %zu longer than a read may\n",
           bench_median(f->reader_to_loop, n), (double)f->reads.whole / (of->seconds * (double)n),
           (size_t)f->reads.cut);
    fflush(stdout);
}

size_t bench_latency(const struct bench_latency *of) {
    static struct figures figures;
    double needed = of->rate * of->seconds * (VARIANTS + 1) * 0.75;
    size_t drops = 0, written, round = 0;
    bench_raw_read(of->raw, of->live); /* what other parts dropped since */
    bench_raw_write(of->raw, &written);
    for (; round < of->rounds && (double)bench_load_left(of->load) > needed; round++)
        drops += run_round(of, round, &figures);
    if (round > 0)
        print_figures(of, &figures, round);
    else
        printf("\nopen loop: too few deliveries are left\n");
    return drops;
}
