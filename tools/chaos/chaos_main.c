/* make chaos: see tests/README.md. */
#include "base/log.h"
#include "chaos.h"
#include "db/db.h"
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ARENA = 64 << 20, STUCK_S = 120 };

struct chaos {
    struct chaos_options options;
    char base[BENCH_PATH];
    struct bench_plan plan;
    struct chaos_server server;
    struct chaos_network network;
    struct chaos_history history;
    struct chaos_device *device;
    struct chaos_findings findings;
    bool trail_is_bad;
    struct chaos_cost storm, drops, warm;
};

/* ---- files ---- */

static void copy(const char *from, const char *to) {
    char line[4 * BENCH_PATH];
    snprintf(line, sizeof line, "cp '%s' '%s'", from, to);
    if (system(line) != 0) bench_fail("failed: %s", line);
}

/* A command of the options, with the path of a database in $DB. */
static void run_with(const char *command, const char *path) {
    setenv("DB", path, 1);
    if (system(command) != 0) bench_fail("failed: %s", command);
}

static void remove_database(const char *path) {
    static const char *const ENDS[] = {"", "-wal", "-shm", ".lock"};
    char name[BENCH_PATH + 8];
    for (size_t i = 0; i < COUNT(ENDS); i++) {
        snprintf(name, sizeof name, "%s%s", path, ENDS[i]);
        unlink(name);
    }
}

long chaos_runs(const struct chaos_options *options) {
    return (options->stops + BENCH_STOPS - 1) / BENCH_STOPS;
}

/* The world before the first event, and a copy of it to work on. */
static void make_database(struct chaos *chaos) {
    const struct chaos_options *o = &chaos->options;
    long runs = chaos_runs(o) + o->drops;
    snprintf(chaos->base, BENCH_PATH, "%s%s", o->base ? o->base : o->folder, o->base ? "" : "/base.db");
    snprintf(chaos->server.db, BENCH_PATH, "%s/chaos.db", o->folder);
    snprintf(chaos->server.log, BENCH_PATH, "%s/server.log", o->folder);
    chaos->server.options = o;
    mkdir(o->folder, 0700);
    remove_database(chaos->server.db);
    unlink(chaos->server.log);
    if (!o->base || access(chaos->base, R_OK) != 0) {
        struct arena *arena = arena_create(ARENA);
        struct ctx c = {.arena = arena, .rules = &rules_default, .actor = {.role = ROLE_SYSTEM}};
        remove_database(chaos->base);
        if (bench_world(&c, chaos->base, o->devices * BENCH_STOPS * runs, o->devices) != OK)
            bench_fail("%s: %s", c.fault.slug, c.fault.detail);
        arena_destroy(&arena);
    }
    if (o->load) run_with(o->load, chaos->base);
    if (!o->fetch) copy(chaos->base, chaos->server.db);
    bench_plan_read(chaos->base, (size_t)o->devices, &chaos->plan);
}

/* ---- kills ---- */

static long done(const struct chaos *chaos) {
    return atomic_load(&chaos->history.answers);
}

static void wait_for(const struct chaos *chaos, long answers) {
    double moved = bench_seconds();
    for (long last = -1; done(chaos) < answers; usleep(500)) {
        if (done(chaos) != last) moved = bench_seconds();
        last = done(chaos);
        if (bench_seconds() > moved + STUCK_S) bench_fail("nothing was answered for %d seconds", STUCK_S);
    }
}

/* Spread over the run: each at a random moment of its share. */
static void kill_and_start(struct chaos *chaos) {
    const struct chaos_options *o = &chaos->options;
    struct chance chance = chance_of(o->seed, -1);
    double share = (double)chaos->history.n * 0.97 / (double)(o->kills ? o->kills : 1);
    for (long i = 0; i < o->kills; i++) {
        wait_for(chaos, (long)(share * ((double)i + (double)chance_below(&chance, 1000) / 1000)));
        usleep((useconds_t)chance_below(&chance, 5000));
        chaos_server_kill(&chaos->server);
        chaos_server_start(&chaos->server);
    }
}

static void run_devices(struct chaos *chaos) {
    const struct chaos_options *o = &chaos->options;
    bool same = !o->port && !o->kills; /* one server all the time, so that its processor time can be read */
    double started = bench_seconds(), own = bench_cpu_seconds(0);
    double cpu = same ? bench_cpu_seconds(chaos->server.pid) : 0;
    double bytes = same ? bench_bytes_written(chaos->server.pid) : 0;
    chaos_devices_start(chaos->device, o->devices);
    kill_and_start(chaos);
    chaos_devices_join(chaos->device, o->devices);
    chaos->storm.seconds = bench_seconds() - started;
    chaos->storm.devices = bench_cpu_seconds(0) - own;
    chaos->storm.server = same ? bench_cpu_seconds(chaos->server.pid) - cpu : 0;
    chaos->storm.written = same ? bench_bytes_written(chaos->server.pid) - bytes : 0;
    chaos->storm.events = atomic_load(&chaos->history.acknowledged);
}

static void run_chaos(struct chaos *chaos) {
    const struct chaos_options *o = &chaos->options;
    if (o->port) atomic_store(&chaos->server.port, (int)o->port);
    if (!o->port) chaos_server_start(&chaos->server);
    chaos_network_open(&chaos->network, o, &chaos->server);
    chaos->device = chaos_devices(o, &chaos->plan, &chaos->network, &chaos->history);
    if (o->drops) chaos_drops(o, &chaos->plan, &chaos->server, PART_WARM, &chaos->warm);
    if (o->drops) chaos_drops(o, &chaos->plan, &chaos->server, PART_BEFORE, &chaos->drops);
    run_devices(chaos);
    if (o->drops) chaos_drops(o, &chaos->plan, &chaos->server, PART_AFTER, &chaos->drops);
    chaos_network_close(&chaos->network);
    if (!o->port) chaos_server_stop(&chaos->server);
    if (o->fetch) run_with(o->fetch, chaos->server.db);
}

/* ---- what came of it ---- */

static bool trail_is_bad(const struct chaos *chaos) {
    char line[4 * BENCH_PATH];
    snprintf(line, sizeof line, "'%s' audit verify --db '%s' >'%s/verify.log' 2>&1", chaos->options.program,
             chaos->server.db, chaos->options.folder);
    return system(line) != 0;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void print_network(const struct chaos *chaos) {
    const struct chaos_network *p = &chaos->network;
    printf("network: %ld requests, %ld cut, %ld delayed, %ld doubled at once, %ld again much later; "
           "%ld times no answer or busy\n",
           atomic_load(&p->requests), atomic_load(&p->cut), atomic_load(&p->delayed),
           atomic_load(&p->repeated), atomic_load(&p->came_late), atomic_load(&chaos->history.unanswered));
}

static void print_restarts(struct chaos *chaos) {
    struct chaos_server *s = &chaos->server;
    struct stat is;
    if (s->starts < 2 || stat(s->db, &is) != 0) return;
    qsort(s->ready_ms + 1, (size_t)s->starts - 1, sizeof *s->ready_ms, by_value);
    printf("restart to ready: median %.0f ms, longest %.0f ms; the database has %.0f MB\n",
           s->ready_ms[1 + (s->starts - 1) / 2], s->ready_ms[s->starts - 1], (double)is.st_size / 1e6);
}

static void print_cost(const char *what, const struct chaos_cost *cost) {
    double n = (double)(cost->events ? cost->events : 1);
    printf("%s: %ld events, %.0f a second; processor time of an event: server %.0f, devices %.0f µs; written "
           "%.1f KiB\n",
           what, cost->events, n / cost->seconds, cost->server / n * 1e6, cost->devices / n * 1e6,
           cost->written / n / 1024);
}

static void print_costs(const struct chaos *chaos) {
    const struct chaos_cost *s = &chaos->storm, *d = &chaos->drops;
    if (!chaos->options.drops) return;
    print_cost("drops, 64 connections", d);
    print_cost("storm", s);
    printf("storm / drops: %.2f by events, %.2f by requests\n",
           (double)s->events / s->seconds / ((double)d->events / d->seconds),
           (double)atomic_load(&chaos->network.requests) / s->seconds / ((double)d->events / d->seconds));
}

static bool print_result(struct chaos *chaos) {
    const struct chaos_history *h = &chaos->history;
    const struct chaos_findings *f = &chaos->findings;
    long acknowledged = atomic_load(&h->acknowledged), differing = atomic_load(&h->differing);
    long refused = atomic_load(&h->refused), open = (long)h->n - acknowledged;
    print_network(chaos);
    print_restarts(chaos);
    print_costs(chaos);
    if (chaos->options.port) chaos_print_pauses(&chaos->history);
    printf("%ld devices, seed %ld: %.1f s, %.0f answers a second, %ld ids probed\n", chaos->options.devices,
           chaos->options.seed, chaos->storm.seconds, (double)done(chaos) / chaos->storm.seconds,
           atomic_load(&h->probes));
    printf("kills %ld, acknowledged %ld, lost %ld, doubled %ld, half-written %ld, foreign %ld, differing "
           "answers %ld, "
           "wrongly refused %ld, trail %s\n",
           chaos->options.kills, acknowledged, f->lost, f->doubled, f->half, f->foreign, differing, refused,
           chaos->trail_is_bad ? "bad" : "good");
    bool slow = chaos->options.within_s > 0 && chaos->storm.seconds > chaos->options.within_s;
    if (slow) printf("took more than %.0f s\n", chaos->options.within_s);
    if (open) printf("%ld events were never acknowledged\n", open);
    return !(f->lost || f->doubled || f->half || f->foreign || differing || refused || open ||
             chaos->trail_is_bad);
}

/* ---- options ---- */

static void read_options(int argc, char **argv, struct chaos_options *o) {
    static const struct option OPTIONS[] = {{"program", required_argument, NULL, 'p'},
                                            {"folder", required_argument, NULL, 'f'},
                                            {"base", required_argument, NULL, 'b'},
                                            {"kills", required_argument, NULL, 'k'},
                                            {"devices", required_argument, NULL, 'n'},
                                            {"stops", required_argument, NULL, 's'},
                                            {"within", required_argument, NULL, 'w'},
                                            {"drops", no_argument, NULL, 'D'},
                                            {"seed", required_argument, NULL, 'r'},
                                            {"cut", required_argument, NULL, 'c'},
                                            {"delay", required_argument, NULL, 'd'},
                                            {"repeat", required_argument, NULL, 'm'},
                                            {"port", required_argument, NULL, 'o'},
                                            {"copies", required_argument, NULL, 'C'},
                                            {"failures", required_argument, NULL, 'F'},
                                            {"probes", required_argument, NULL, 'P'},
                                            {"load", required_argument, NULL, 'l'},
                                            {"fetch", required_argument, NULL, 'e'},
                                            {0}};
    *o = (struct chaos_options){.program = "build/release/canary",
                                .folder = "build/chaos",
                                .kills = 40,
                                .devices = 16,
                                .stops = 240,
                                .seed = 1,
                                .cut = 60,
                                .delay = 40,
                                .repeat = 60,
                                .copies = 200,
                                .failures = 250,
                                .probes = 10};
    for (int which; (which = getopt_long(argc, argv, "", OPTIONS, NULL)) >= 0;) {
        if (which == 'p') o->program = optarg;
        if (which == 'f') o->folder = optarg;
        if (which == 'b') o->base = optarg;
        if (which == 'k') o->kills = atol(optarg);
        if (which == 'n') o->devices = atol(optarg);
        if (which == 's') o->stops = atol(optarg);
        if (which == 'w') o->within_s = atof(optarg);
        if (which == 'r') o->seed = atol(optarg);
        if (which == 'c') o->cut = atol(optarg);
        if (which == 'd') o->delay = atol(optarg);
        if (which == 'm') o->repeat = atol(optarg);
        if (which == 'o') o->port = atol(optarg);
        if (which == 'C') o->copies = atol(optarg);
        if (which == 'F') o->failures = atol(optarg);
        if (which == 'P') o->probes = atol(optarg);
        if (which == 'D') o->drops = true;
        if (which == 'l') o->load = optarg;
        if (which == 'e') o->fetch = optarg;
        if (which == '?') exit(2);
    }
    if (o->port) o->kills = 0;
    if (o->port || o->kills) o->drops = false;
    if (o->kills < 0 || o->kills >= CHAOS_KILLS || o->devices < 2 || o->stops < 1 ||
        strlen(o->folder) > BENCH_PATH - 32 || (o->base && strlen(o->base) > BENCH_PATH - 8))
        bench_fail(
            "--kills N --devices N --stops N (of each) --seed N --within SECONDS --cut, --delay, --repeat: "
            "of 1,000 requests; --copies, --failures, --probes: of 1,000 events; --port N --load COMMAND "
            "--fetch COMMAND: a service that runs already");
}

/* For a thousand devices, and for the server that is started from here. */
static void take_descriptors(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv) {
    static struct chaos chaos;
    read_options(argc, argv, &chaos.options);
    take_descriptors();
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    log_set_level(LOG_WARN);
    make_database(&chaos);
    run_chaos(&chaos);
    chaos_check(chaos.server.db, &chaos.plan, &chaos.history, chaos.warm.events + chaos.drops.events,
                &chaos.findings);
    chaos.trail_is_bad = trail_is_bad(&chaos);
    return print_result(&chaos) ? 0 : 1;
}
