#include "app/app_key.h"
#include "app/app_log.h"
#include "base/text.h"
#include "cli.h"
#include "db/db_copy.h"
#include "store/store_log.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct job {
    struct cli *cli;
    const char *from, *to;
    struct db *target;
    struct db_copied copied;
    int64_t events;
    uint8_t root[SHA256_SIZE];
};

static void show(void *user, const char *table, int64_t rows) {
    (void)user;
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\r%-24s %12" PRId64 " rows", table, rows);
}

MUST static enum err root_of(struct ctx *c, int64_t *events_out, uint8_t root_out[SHA256_SIZE]) {
    TRY(store_log_size(c, events_out));
    return app_log_root(c, *events_out, root_out);
}

/* Beside counts and sums of rows: the log of the copy has the root that any head of the first was signed
 * with. */
static enum err compare_logs(struct ctx *c, struct job *job) {
    struct db *from = c->db;
    uint8_t root[SHA256_SIZE];
    int64_t events;
    TRY(root_of(c, &job->events, job->root));
    c->db = job->target;
    enum err err = root_of(c, &events, root);
    c->db = from;
    TRY(err);
    if (events == job->events && memcmp(root, job->root, sizeof root) == 0) return OK;
    return FAIL(c, ERR_CORRUPT, "copy.differs", "the log of the copy has another root");
}

static enum err fill(struct ctx *c, struct job *job) {
    const struct db_copy_watch watch = {show, NULL};
    TRY(db_copy(c, job->target, &watch, &job->copied));
    return compare_logs(c, job);
}

/* In one unit: a copy is whole, or nothing of it is there. */
static enum err copy(struct ctx *c, void *user) {
    struct job *job = user;
    struct db *from = c->db;
    int64_t applied;
    c->db = job->target;
    enum err err = db_begin(c);
    if (err == OK) err = db_migrate(c, &applied);
    c->db = from;
    if (err == OK) err = fill(c, job);
    c->db = job->target;
    if (err == OK)
        err = db_commit(c);
    else if (db_in_unit(c->db))
        db_rollback(c);
    c->db = from;
    return err;
}

/* ---- the key ---- */

static const char *key_of(const struct cli *cli, const char *db) {
    if (!db_is_file(db)) return *cli->config.key ? cli->config.key : "canary.key";
    return arena_printf(cli->c.arena, "%s.key", db);
}

/* The private key signs for the copy, too; what stands there already is left as it is. */
static void copy_key(const struct cli *cli, const struct job *job) {
    const char *from = key_of(cli, job->from), *to = key_of(cli, job->to);
    if (!from || !to || strcmp(from, to) == 0 || app_key_copy(from, to)) return;
    fprintf(stderr, "canary copy: put the private key, %s, to %s yourself\n", from, to);
}

/* ---- the verb ---- */

static void remove_target(const struct cli *cli, const struct job *job) {
    static const char *const ENDS[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; db_is_file(job->to) && i < COUNT(ENDS); i++) {
        const char *path = arena_printf(cli->c.arena, "%s%s", job->to, ENDS[i]);
        if (path) unlink(path);
    }
}

static int end(struct cli *cli, struct job *job, enum err err) {
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\r%44s\r", "");
    db_close(&job->target);
    if (err == OK) {
        copy_key(cli, job);
        printf("%" PRId64 " rows of %" PRId64 " tables copied and compared; the log has %" PRId64
               " events and the "
               "root %s in both\n",
               job->copied.rows, job->copied.tables, job->events,
               text_hex(cli->c.arena, job->root, sizeof job->root));
        return EXIT_DONE;
    }
    if (err != ERR_UNCERTAIN) remove_target(cli, job);
    return cli_fail(cli);
}

int cli_copy(struct cli *cli) {
    struct job job = {.cli = cli, .from = cli_option(cli, "from"), .to = cli_option(cli, "to")};
    cli->config.db = job.from;
    int exit = cli_open(cli, DB_HOLD); /* no service writes what the copy would not have */
    if (exit != EXIT_DONE) return exit;
    if (db_open(&cli->c, job.to, DB_CREATE, &job.target) != OK) return cli_fail(cli);
    return end(cli, &job, db_snapshot(&cli->c, copy, &job));
}
