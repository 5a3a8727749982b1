/* The rate of drops by the number of connections. */
#include "bench.h"
#include <stdio.h>

static const int CONNECTIONS[] = {64, 127, 128, 129, 256, 512, 1000};
enum { LEVELS = COUNT(CONNECTIONS), FIRST = 0 /* what the others are compared with */ };

struct levels {
    double rate[LEVELS][BENCH_ROUNDS_MAX], ratio[LEVELS][BENCH_ROUNDS_MAX];
};

/* Each round begins with another level, so that none is always the one after the checkpoint. */
static size_t run_round(struct bench_load *load, size_t round, double seconds, struct levels *levels) {
    size_t drops, all = 0;
    for (size_t i = 0; i < LEVELS; i++) {
        size_t level = (i + round * 3) % LEVELS;
        double took = bench_load_run(load, CONNECTIONS[level], seconds, &drops);
        levels->rate[level][round] = (double)drops / took;
        all += drops;
    }
    for (size_t i = 0; i < LEVELS; i++)
        levels->ratio[i][round] = levels->rate[i][round] / levels->rate[FIRST][round];
    return all;
}

static void print_levels(const struct levels *levels, size_t rounds) {
    printf("\nconnections");
    for (size_t i = 0; i < LEVELS; i++)
        printf(" %7d", CONNECTIONS[i]);
    printf("\n  drops/s  ");
    for (size_t i = 0; i < LEVELS; i++)
        printf(" %7.0f", bench_median(levels->rate[i], rounds));
    printf("\n  of 64    ");
    for (size_t i = 0; i < LEVELS; i++)
        printf(" %7.2f", bench_median(levels->ratio[i], rounds));
    printf("   (each at least 0.80)\n");
    fflush(stdout);
}

size_t bench_connections(const struct bench_connections *of) {
    static struct levels levels;
    double needed = of->rate * of->seconds * LEVELS * 1.25;
    size_t drops = 0, n, round = 0;
    for (; round < of->rounds && (double)bench_load_left(of->load) > needed; round++)
        drops += run_round(of->load, round, of->seconds, &levels);
    bench_load_latencies(of->load, &n);
    if (round > 0)
        print_levels(&levels, round);
    else
        printf("\nconnections: too few deliveries are left\n");
    return drops;
}
