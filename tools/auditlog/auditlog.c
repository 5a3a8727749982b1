/* How long it takes to prove a log: makes one of many events through app_audit, then times the program's own
 * verification of it and its heads. See tools/bench/README.md. */
#include "app/app_audit.h"
#include "app/app_key.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "db/db.h"
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GROUP = 5000, PATH = 256 };

struct options {
    const char *program, *folder;
    int64_t events;
    bool keep;
};

_Noreturn static void fail(const char *what, const struct ctx *c) {
    const char *why = c && c->fault.detail ? c->fault.detail : "it failed";
    fprintf(stderr, "canary-auditlog: %s: %s\n", what, why);
    exit(1);
}

static double seconds_since(int64_t began_us) {
    return (double)(clock_monotonic_us() - began_us) / 1e6;
}

static void remove_database(const char *path) {
    static const char *const ENDS[] = {"", "-wal", "-shm", ".lock", ".key", ".key.new"};
    char name[PATH + 16];
    for (size_t i = 0; i < COUNT(ENDS); i++) {
        snprintf(name, sizeof name, "%s%s", path, ENDS[i]);
        unlink(name);
    }
}

/* ---- the log ---- */

/* As large as that of a confirmed drop; one in ten asked for a reason, whose words and salt are kept beside
 * it. */
static enum err add_event(struct ctx *c, int64_t i) {
    struct audit event = {
        .action = "delivery.confirm", .entity = "delivery", .id = id_new(c->now), .version = 3};
    event.change =
        arena_printf(c->arena,
                     "{\"state\":\"delivered\",\"completed_at\":%" PRId64
                     ",\"lines\":6,\"units\":180,\"receiver\":\"changed\",\"location\":\"changed\","
                     "\"evidence\":1,\"discrepancies\":%" PRId64 "}",
                     c->now, i % 3);
    if (i % 10 == 0) event.reason = "The patient asked for another day";
    return app_audit(c, &event);
}

struct part {
    int64_t first, n;
};

static enum err add_events(struct ctx *c, void *user) {
    const struct part *part = user;
    for (int64_t i = 0; i < part->n; i++)
        TRY(add_event(c, part->first + i));
    return OK;
}

static void make_log(struct ctx *c, const char *path, int64_t events) {
    int64_t applied, began = clock_monotonic_us();
    struct log_key key;
    char key_path[PATH + 16];
    snprintf(key_path, sizeof key_path, "%s.key", path);
    remove_database(path);
    if (db_open(c, path, DB_BULK, &c->db) != OK || db_migrate(c, &applied) != OK || db_ids_begin(c) != OK ||
        app_key_rotate(c, key_path, &key) != OK)
        fail(path, c);
    for (int64_t i = 1; i < events; i += GROUP) {
        struct part part = {i, events - i < GROUP ? events - i : GROUP};
        if (db_unit(c, add_events, &part) != OK) fail(path, c);
        arena_reset(c->arena);
        c->now += 1000;
    }
    db_close(&c->db);
    printf("%" PRId64 " audit events made in %.1f s\n", events, seconds_since(began));
    fflush(stdout);
}

/* ---- proofs of it ---- */

static void run(const struct options *o, const char *path, const char *verb) {
    char command[1024];
    int64_t began = clock_monotonic_us();
    snprintf(command, sizeof command, "'%s' %s --db '%s'", o->program, verb, path);
    int status = system(command);
    printf("  %.2f s, the program's start included: canary %s\n", seconds_since(began), verb);
    fflush(stdout);
    if (status != 0) fail(verb, NULL);
}

static void read_options(int argc, char **argv, struct options *o) {
    static const struct option OPTIONS[] = {{"program", required_argument, NULL, 'p'},
                                            {"folder", required_argument, NULL, 'f'},
                                            {"events", required_argument, NULL, 'n'},
                                            {"keep", no_argument, NULL, 'k'},
                                            {0}};
    *o = (struct options){"build/release/canary", "build/bench", 1000000, false};
    for (int which; (which = getopt_long(argc, argv, "", OPTIONS, NULL)) >= 0;) {
        if (which == 'p') o->program = optarg;
        if (which == 'f') o->folder = optarg;
        if (which == 'n') o->events = strtoll(optarg, NULL, 10);
        if (which == 'k') o->keep = true;
        if (which == '?') exit(2);
    }
    if (o->events < 1 || strlen(o->folder) > PATH - 32) fail("--events", NULL);
}

int main(int argc, char **argv) {
    struct clock clock = clock_system();
    struct options o;
    char path[PATH];
    read_options(argc, argv, &o);
    log_set_level(LOG_WARN);
    struct ctx c = {.arena = arena_create((size_t)64 << 20),
                    .rules = &rules_default,
                    .now = clock_now(&clock),
                    .actor = {.role = ROLE_SYSTEM}};
    mkdir(o.folder, 0700);
    snprintf(path, sizeof path, "%s/log.db", o.folder);
    if (!o.keep || access(path, R_OK) != 0) make_log(&c, path, o.events);
    arena_destroy(&c.arena);
    run(&o, path, "audit verify --log");
    run(&o, path, "audit head");
    if (!o.keep) remove_database(path);
    return 0;
}
