/* make bench: see tools/bench/README.md. Each round drives the server, then has SQLite alone write the same
 * rows, then the yardstick: what else the machine does meanwhile falls on all three. */
#include "bench.h"
#include "base/log.h"
#include "db/db.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROUNDS_MAX = BENCH_ROUNDS_MAX, ARENA = 64 << 20 };

struct options {
    const char *program, *folder, *demo;
    const char *against; /* another program to compare it with, instead of all else */
    long deliveries, rounds, copies, connections, latency; /* rounds of each part */
    double seconds;
    bool keep; /* a database made before is used again */
};

struct rates {
    double drops[ROUNDS_MAX], raw[ROUNDS_MAX], yardstick[ROUNDS_MAX];
    double to_raw[ROUNDS_MAX], to_yardstick[ROUNDS_MAX];
    double drop_cpu[ROUNDS_MAX], raw_cpu[ROUNDS_MAX]; /* µs of one */
    double written[ROUNDS_MAX];                       /* KiB of a drop */
    size_t n;
};

struct bench {
    struct options options;
    char base[BENCH_PATH], live[BENCH_PATH], raw[BENCH_PATH], other[BENCH_PATH], yardstick[BENCH_PATH],
        log[BENCH_PATH];
    struct bench_plan plan;
    struct rates rates;
    size_t drops;
};

/* ---- files ---- */

static void remove_database(const char *path) {
    static const char *const ENDS[] = {"", "-wal", "-shm", ".lock"};
    char name[BENCH_PATH + 8];
    for (size_t i = 0; i < COUNT(ENDS); i++) {
        snprintf(name, sizeof name, "%s%s", path, ENDS[i]);
        unlink(name);
    }
}

static void copy_file(const char *from, const char *to) {
    char command[2 * BENCH_PATH + 32];
    remove_database(to);
    snprintf(command, sizeof command, "cp '%s' '%s' && sync '%s'", from, to, to);
    if (system(command) != 0) bench_fail("%s cannot be copied", from);
}

static void name_files(struct bench *b) {
    const struct {
        char *path;
        const char *name;
    } FILES[] = {{b->base, "base.db"},   {b->live, "live.db"},           {b->raw, "raw.db"},
                 {b->other, "other.db"}, {b->yardstick, "yardstick.db"}, {b->log, "server.log"}};
    mkdir(b->options.folder, 0700);
    for (size_t i = 0; i < COUNT(FILES); i++)
        snprintf(FILES[i].path, BENCH_PATH, "%s/%s", b->options.folder, FILES[i].name);
}

static void make_base(struct bench *b) {
    struct arena *arena = arena_create(ARENA);
    struct ctx c = {.arena = arena, .rules = &rules_default, .actor = {.role = ROLE_SYSTEM}};
    double started = bench_seconds();
    if (b->options.keep && access(b->base, R_OK) == 0) return;
    remove_database(b->base);
    if (bench_world(&c, b->base, b->options.deliveries, BENCH_DRIVERS) != OK) {
        remove_database(b->base);
        bench_fail("%s: %s", c.fault.slug, c.fault.detail);
    }
    arena_destroy(&arena);
    printf("%ld scheduled deliveries made in %.0f s\n", b->options.deliveries, bench_seconds() - started);
    fflush(stdout);
}

/* ---- rounds ---- */

struct parts {
    struct bench_server server;
    struct bench_load *load;
    struct bench_raw *raw;
    struct bench_yardstick *yardstick;
};

/* A second, and µs of a processor for each. */
struct rate {
    double rate, cpu_us, written;
    size_t n;
};

static struct rate rate_of(size_t n, double seconds, double cpu_seconds) {
    return (struct rate){(double)n / seconds, cpu_seconds * 1e6 / (double)n, 0, n};
}

static struct rate drive(const struct parts *parts, double seconds) {
    size_t drops;
    double cpu = bench_cpu_seconds(parts->server.pid), written = bench_bytes_written(parts->server.pid);
    double took = bench_load_run(parts->load, BENCH_DRIVERS, seconds, &drops);
    struct rate rate = rate_of(drops, took, bench_cpu_seconds(parts->server.pid) - cpu);
    rate.written = (bench_bytes_written(parts->server.pid) - written) / 1024 / (double)drops;
    return rate;
}

static struct rate write_raw(const struct bench *b, const struct parts *parts) {
    size_t written;
    bench_raw_read(parts->raw, b->live);
    double cpu = bench_cpu_seconds(0);
    double took = bench_raw_write(parts->raw, &written);
    return rate_of(written, took, bench_cpu_seconds(0) - cpu);
}

static void run_round(struct bench *b, const struct parts *parts, double seconds, bool counts) {
    struct rates *r = &b->rates;
    struct rate drops = drive(parts, seconds), raw = write_raw(b, parts);
    double yardstick = (double)drops.n / bench_yardstick_write(parts->yardstick, drops.n);
    if (raw.n != drops.n) bench_fail("%zu drops were answered, %zu are in the database", drops.n, raw.n);
    b->drops += drops.n;
    if (!counts) return;
    r->drops[r->n] = drops.rate;
    r->raw[r->n] = raw.rate;
    r->yardstick[r->n] = yardstick;
    r->to_raw[r->n] = drops.rate / raw.rate;
    r->to_yardstick[r->n] = drops.rate / yardstick;
    r->drop_cpu[r->n] = drops.cpu_us;
    r->written[r->n] = drops.written;
    r->raw_cpu[r->n++] = raw.cpu_us;
    printf("  round %zu %8.0f %8.0f %8.0f\n", r->n, drops.rate, raw.rate, yardstick);
    fflush(stdout);
}

static void print_rates(const struct rates *r, const uint32_t *us, size_t n) {
    printf("  median  %8.0f %8.0f %8.0f\n\n", bench_median(r->drops, r->n), bench_median(r->raw, r->n),
           bench_median(r->yardstick, r->n));
    printf("drops / raw limit        %.3f (at least 0.50)\n", bench_median(r->to_raw, r->n));
    printf("drops / yardstick        %.3f (at least 0.30)\n", bench_median(r->to_yardstick, r->n));
    printf("processor time           %.0f µs of the server a drop, %.0f µs of raw\n",
           bench_median(r->drop_cpu, r->n), bench_median(r->raw_cpu, r->n));
    printf("written                  %.1f KiB a drop\n", bench_median(r->written, r->n));
    printf("latency of a drop        p50 %.1f ms, p99 %.1f ms, max %.1f ms over %zu drops\n",
           bench_percentile(us, n, 0.50) / 1e3, bench_percentile(us, n, 0.99) / 1e3,
           bench_percentile(us, n, 1) / 1e3, n);
}

static void run_copies(const struct bench *b, const struct parts *parts) {
    double rate[ROUNDS_MAX], yardstick = bench_median(b->rates.yardstick, b->rates.n);
    size_t rounds = (size_t)b->options.copies, copies;
    for (size_t i = 0; i < rounds; i++) {
        double took = bench_load_again(parts->load, b->options.seconds / 3, &copies);
        rate[i] = (double)copies / took;
    }
    if (rounds > 0)
        printf(
            "copies / yardstick       %.3f: the same drops sent again, which write nothing, %.0f a second\n",
            bench_median(rate, rounds) / yardstick, bench_median(rate, rounds));
}

/* What comes after the rounds, by the same drivers. */
static void run_connections(struct bench *b, const struct parts *parts) {
    const struct bench_connections of = {.load = parts->load,
                                         .rate = bench_median(b->rates.drops, b->rates.n),
                                         .seconds = b->options.seconds / 3,
                                         .rounds = (size_t)b->options.connections};
    if (of.rounds > 0) b->drops += bench_connections(&of);
}

static void run_latency(struct bench *b, const struct parts *parts) {
    sqlite3 *db = sql_open_reader(b->base);
    const struct bench_latency of = {.load = parts->load,
                                     .raw = parts->raw,
                                     .live = b->live,
                                     .port = parts->server.port,
                                     .last_day = sql_value(db, "SELECT MAX(due_on) FROM commitment"),
                                     .rate = bench_median(b->rates.drops, b->rates.n),
                                     .seconds = b->options.seconds,
                                     .rounds = (size_t)b->options.latency};
    sql_close(db);
    if (of.rounds > 0) b->drops += bench_latency(&of);
}

static void run_rounds(struct bench *b) {
    struct parts parts;
    size_t n;
    bench_server_start(b->options.program, b->live, b->log, &parts.server);
    parts.load = bench_load_open(&b->plan, parts.server.port);
    parts.raw = bench_raw_open(b->raw);
    parts.yardstick = bench_yardstick_open(b->yardstick);
    printf("\na second           drops      raw    yardstick\n");
    run_round(b, &parts, b->options.seconds / 2, false); /* caches and statements */
    bench_load_latencies(parts.load, &n);
    for (long i = 0; i < b->options.rounds; i++)
        run_round(b, &parts, b->options.seconds, true);
    const uint32_t *us = bench_load_latencies(parts.load, &n);
    print_rates(&b->rates, us, n);
    run_copies(b, &parts);
    run_connections(b, &parts);
    run_latency(b, &parts);
    bench_load_close(parts.load);
    bench_server_stop(&parts.server);
    bench_raw_close(parts.raw);
    bench_yardstick_close(parts.yardstick);
}

/* What was answered is what is there. */
static void check_live(const struct bench *b) {
    sqlite3 *db = sql_open_reader(b->live);
    int64_t events = sql_value(db, "SELECT COUNT(*) FROM field_event");
    int64_t delivered = sql_value(db, "SELECT COUNT(*) FROM delivery WHERE state = 'delivered'");
    int64_t gaps = sql_value(db, "SELECT MAX(seq) - COUNT(*) FROM audit_event");
    sql_close(db);
    if (events != (int64_t)b->drops || delivered != events || gaps != 0)
        bench_fail("%zu drops were answered; %lld events, %lld delivered, %lld gaps in the audit log",
                   b->drops, (long long)events, (long long)delivered, (long long)gaps);
}

static void run_against(struct bench *b) {
    const struct bench_against of = {.plan = &b->plan,
                                     .program = {b->options.program, b->options.against},
                                     .db = {b->live, b->other},
                                     .log = b->log,
                                     .seconds = b->options.seconds,
                                     .rounds = (size_t)b->options.rounds};
    copy_file(b->base, b->live);
    copy_file(b->base, b->other);
    bench_against(&of);
}

static void run_all(struct bench *b) {
    copy_file(b->base, b->live);
    copy_file(b->base, b->raw);
    remove_database(b->yardstick);
    run_rounds(b);
    check_live(b);
    bench_disk_print(b->base, b->live, b->plan.n, b->drops);
    bench_report_print(b->options.program, b->options.demo);
}

/* ---- options ---- */

static void read_options(int argc, char **argv, struct options *o) {
    static const struct option OPTIONS[] = {{"program", required_argument, NULL, 'p'},
                                            {"folder", required_argument, NULL, 'f'},
                                            {"demo", required_argument, NULL, 'd'},
                                            {"deliveries", required_argument, NULL, 'n'},
                                            {"rounds", required_argument, NULL, 'r'},
                                            {"seconds", required_argument, NULL, 's'},
                                            {"keep", no_argument, NULL, 'k'},
                                            {"copies", required_argument, NULL, 'C'},
                                            {"connections", required_argument, NULL, 'c'},
                                            {"latency", required_argument, NULL, 'l'},
                                            {"against", required_argument, NULL, 'a'},
                                            {0}};
    *o = (struct options){
        "build/release/canary", "build/bench", "demo/canary.db", NULL, 200000, 5, 3, 3, 3, 4, false};
    for (int which; (which = getopt_long(argc, argv, "", OPTIONS, NULL)) >= 0;) {
        if (which == 'p') o->program = optarg;
        if (which == 'f') o->folder = optarg;
        if (which == 'd') o->demo = optarg;
        if (which == 'n') o->deliveries = atol(optarg);
        if (which == 'r') o->rounds = atol(optarg);
        if (which == 's') o->seconds = atof(optarg);
        if (which == 'k') o->keep = true;
        if (which == 'C') o->copies = atol(optarg);
        if (which == 'c') o->connections = atol(optarg);
        if (which == 'l') o->latency = atol(optarg);
        if (which == 'a') o->against = optarg;
        if (which == '?') exit(2);
    }
    if (o->rounds < 1 || o->rounds > ROUNDS_MAX || o->copies < 0 || o->copies > ROUNDS_MAX ||
        o->connections < 0 || o->connections > ROUNDS_MAX || o->latency < 0 || o->latency > ROUNDS_MAX ||
        o->deliveries < 10000 || o->seconds <= 0 || strlen(o->folder) > BENCH_PATH - 32)
        bench_fail("at least 10000 deliveries, 1 to %d rounds, some seconds", ROUNDS_MAX);
}

int main(int argc, char **argv) {
    static struct bench b;
    db_process_begin(); /* raw has what the server has */
    read_options(argc, argv, &b.options);
    log_set_level(LOG_WARN);
    name_files(&b);
    make_base(&b);
    bench_plan_read(b.base, BENCH_DRIVERS, &b.plan);
    if (b.options.against)
        run_against(&b);
    else
        run_all(&b);
    bench_plan_free(&b.plan);
    return 0;
}
