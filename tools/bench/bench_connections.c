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

size_t bench_connections(struct bench_load *load, size_t rounds, double seconds) {
    static struct levels levels;
    size_t drops = 0, n;
    for (size_t i = 0; i < rounds; i++)
        drops += run_round(load, i, seconds, &levels);
    bench_load_latencies(load, &n);
    printf("\nconnections");
    for (size_t i = 0; i < LEVELS; i++)
        printf(" %7d", CONNECTIONS[i]);
    printf("\n  drops/s  ");
    for (size_t i = 0; i < LEVELS; i++)
        printf(" %7.0f", bench_median(levels.rate[i], rounds));
    printf("\n  of 64    ");
    for (size_t i = 0; i < LEVELS; i++)
        printf(" %7.2f", bench_median(levels.ratio[i], rounds));
    printf("   (each at least 0.80)\n");
    fflush(stdout);
    return drops;
}
