/* Two programs in one run: each on a copy of its own of the same database, driven in turn, A B B A, so that
 * what the machine does meanwhile falls on both. */
#include "bench.h"
#include <stdio.h>

enum { SIDES = 2 };

struct side {
    struct bench_server server;
    struct bench_load *load;
    double rate, cpu_us, written; /* of the round */
};

static void open_side(const struct bench_against *of, int i, struct side *side) {
    bench_server_start(of->program[i], of->db[i], of->log, &side->server);
    side->load = bench_load_open(of->plan, side->server.port);
}

static void close_side(struct side *side) {
    bench_load_close(side->load);
    bench_server_stop(&side->server);
}

struct sum {
    size_t drops;
    double seconds, cpu, written;
};

static void drive(struct side *side, double seconds, struct sum *sum) {
    size_t drops;
    double cpu = bench_cpu_seconds(side->server.pid), written = bench_bytes_written(side->server.pid);
    sum->seconds += bench_load_run(side->load, BENCH_DRIVERS, seconds, &drops);
    sum->cpu += bench_cpu_seconds(side->server.pid) - cpu;
    sum->written += bench_bytes_written(side->server.pid) - written;
    sum->drops += drops;
}

static void run_round(struct side *side, double seconds) {
    struct sum sum[SIDES] = {{0}};
    static const int TURN[] = {0, 1, 1, 0};
    for (size_t i = 0; i < COUNT(TURN); i++)
        drive(&side[TURN[i]], seconds / 2, &sum[TURN[i]]);
    for (size_t i = 0; i < SIDES; i++) {
        double n = (double)sum[i].drops;
        side[i].rate = n / sum[i].seconds;
        side[i].cpu_us = sum[i].cpu * 1e6 / n;
        side[i].written = sum[i].written / 1024 / n;
    }
}

static void print_row(const char *name, const double a[], const double b[], const double ratio[], size_t n) {
    printf("  %-26s %9.1f %9.1f %9.3f\n", name, bench_median(a, n), bench_median(b, n),
           bench_median(ratio, n));
}

struct columns {
    double a[BENCH_ROUNDS_MAX], b[BENCH_ROUNDS_MAX], ratio[BENCH_ROUNDS_MAX];
};

static void set(struct columns *columns, size_t round, double a, double b) {
    columns->a[round] = a;
    columns->b[round] = b;
    columns->ratio[round] = b / a;
}

void bench_against(const struct bench_against *of) {
    static struct columns rate, cpu, written;
    struct side side[SIDES];
    for (int i = 0; i < SIDES; i++)
        open_side(of, i, &side[i]);
    run_round(side, of->seconds); /* caches and statements */
    for (size_t i = 0; i < of->rounds; i++) {
        run_round(side, of->seconds);
        set(&rate, i, side[0].rate, side[1].rate);
        set(&cpu, i, side[0].cpu_us, side[1].cpu_us);
        set(&written, i, side[0].written, side[1].written);
    }
    printf("\nA %s\nB %s\n  %-26s %9s %9s %9s\n", of->program[0], of->program[1], "", "A", "B", "B / A");
    print_row("drops a second", rate.a, rate.b, rate.ratio, of->rounds);
    print_row("processor, µs a drop", cpu.a, cpu.b, cpu.ratio, of->rounds);
    print_row("written, KiB a drop", written.a, written.b, written.ratio, of->rounds);
    for (int i = 0; i < SIDES; i++)
        close_side(&side[i]);
}
