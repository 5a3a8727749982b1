#include "base/clock.h"
#include "base/date.h"
#include "base/limits.h"
#include "base/log.h"
#include "volume.h"
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char HELP[] =
    "canary-volume makes a database of years of work, as fast as the disk takes it.\n"
    "\n"
    "  --db FILE        the file to make; must not be there yet\n"
    "  --deliveries N   booked, each of 6 lines, the last for the next days (100000)\n"
    "  --patients N     each has an order every 30 days (deliveries / 24: two years)\n"
    "  --seed N         the same seed and end make the same history (1)\n"
    "  --late-indexes   makes the indexes at the end: faster, and smaller than work makes them\n"
    "  --until DATE     history ends at seven in the morning of this day (today)\n"
    "\n"
    "Everybody's password is canary-demo: manager@canary.example, rep-00000@…, driver-00000@….\n"
    "\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage.\n";

static const char *made; /* a file that is not whole yet */

_Noreturn void volume_fail(const char *fmt, ...) {
    va_list args;
    fputs("canary-volume: ", stderr);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    if (made) unlink(made);
    exit(1);
}

void volume_must(struct ctx *c, enum err err, const char *what) {
    if (err == OK) return;
    const struct fault_item *item = c->fault.first;
    volume_fail("%s: %s%s%s", what, c->fault.detail ? c->fault.detail : "it failed", item ? ": " : "",
                item ? item->detail : "");
}

/* ---- options ---- */

static int64_t number(const char *text, int64_t least) {
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end == text || *end || value < least) {
        fprintf(stderr, "canary-volume: %s is not a number from %lld on\n", text, (long long)least);
        exit(2);
    }
    return value;
}

static int64_t day(const char *text) {
    int64_t date = date_parse(text);
    if (date == NONE) {
        fprintf(stderr, "canary-volume: --until takes a date such as 2026-11-20\n");
        exit(2);
    }
    return date * DAY_MS;
}

static void read_option(int which, struct volume_options *o) {
    if (which == 'd') o->db = optarg;
    if (which == 'n') o->deliveries = number(optarg, 1);
    if (which == 'p') o->patients = number(optarg, 1);
    if (which == 's') o->seed = number(optarg, 0);
    if (which == 'i') o->late_indexes = true;
    if (which == 'u') o->until = day(optarg);
    if (which == 'h') fputs(HELP, stdout);
    if (which == 'h' || which == '?') exit(which == 'h' ? 0 : 2);
}

static void read_options(int argc, char **argv, struct volume_options *o) {
    static const struct option OPTIONS[] = {
        {"db", required_argument, NULL, 'd'},       {"deliveries", required_argument, NULL, 'n'},
        {"patients", required_argument, NULL, 'p'}, {"seed", required_argument, NULL, 's'},
        {"late-indexes", no_argument, NULL, 'i'},   {"until", required_argument, NULL, 'u'},
        {"help", no_argument, NULL, 'h'},           {0}};
    struct clock clock = clock_system();
    *o = (struct volume_options){.deliveries = 100000, .seed = 1, .until = clock_now(&clock)};
    for (int which; (which = getopt_long(argc, argv, "", OPTIONS, NULL)) >= 0;)
        read_option(which, o);
    if (o->patients == 0) o->patients = o->deliveries / 24 + 1;
    if (o->db && optind == argc) return;
    fputs(o->db ? "canary-volume: no words are taken, only options\n" : "canary-volume: --db is missing\n",
          stderr);
    exit(2);
}

/* ---- the making ---- */

struct watch {
    int64_t began_us, said_us, all;
};

static double seconds(int64_t since_us) {
    return (double)(clock_monotonic_us() - since_us) / 1e6;
}

static void say(void *user, int64_t deliveries) {
    struct watch *watch = user;
    if (!isatty(STDERR_FILENO) || seconds(watch->said_us) < 1) return;
    watch->said_us = clock_monotonic_us();
    fprintf(stderr, "\r%lld of %lld deliveries, %.0f a second ", (long long)deliveries, (long long)watch->all,
            (double)deliveries / seconds(watch->began_us));
}

static void write_history(const struct volume *v, sqlite3 *db) {
    struct watch watch = {clock_monotonic_us(), clock_monotonic_us(), v->options.deliveries};
    struct volume_queue *queue = volume_queue_new();
    struct volume_log log;
    volume_log_begin(&log, v, queue, db);
    sqlite3_close(db);
    struct volume_writer *writer = volume_writer_start(&v->options, queue);
    volume_history(&log, say, &watch);
    volume_log_end(&log);
    volume_queue_end(queue);
    volume_writer_end(&writer);
    printf("%lld deliveries of %lld patients and %lld audit events written in %.1f s: %.0f a second\n",
           (long long)v->options.deliveries, (long long)v->patients, (long long)log.seq,
           seconds(watch.began_us), (double)v->options.deliveries / seconds(watch.began_us));
    volume_log_free(&log);
    volume_queue_free(&queue);
}

static void free_volume(struct volume *v) {
    void *const OWNED[] = {v->patient,    v->depot,  v->zone,     v->rep,
                           v->dispatcher, v->driver, v->unbooked, v->booked};
    for (size_t i = 0; i < sizeof OWNED / sizeof *OWNED; i++)
        free(OWNED[i]);
}

int main(int argc, char **argv) {
    struct volume v = {0};
    struct ctx c = {
        .arena = arena_create(LIMIT_ARENA_IMPORT), .rules = &rules_default, .actor = {.role = ROLE_SYSTEM}};
    int64_t began = clock_monotonic_us();
    sqlite3 *db;
    read_options(argc, argv, &v.options);
    if (!c.arena) volume_fail("no memory");
    /* One thread at a time has the library: first the use cases, then the writer. */
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (access(v.options.db, F_OK) == 0) volume_fail("%s exists", v.options.db);
    log_set_level(LOG_WARN);
    made = v.options.db;
    volume_size(&v);
    volume_world(&c, &v);
    printf("%lld patients of %lld depots written in %.1f s\n", (long long)v.patients, (long long)v.depots,
           seconds(began));
    if (sqlite3_open_v2(v.options.db, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        volume_fail("%s: %s", v.options.db, sqlite3_errmsg(db));
    write_history(&v, db);
    began = clock_monotonic_us();
    volume_sums(&c, &v);
    printf("sums of the days that are over made in %.1f s\n", seconds(began));
    arena_destroy(&c.arena);
    free_volume(&v);
    return 0;
}
