/* canary backup FILE [--force]: beside a running service, on a connection that only reads. */
#include "cli_backup.h"
#include "app/app_installation.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct job {
    struct file_part part;
    struct backup_note note;
    const char *db_file;
    int64_t schema, bytes;
};

/* The database and what stands beside it must not be written over, whatever --force says. */
MUST static enum err refuse_own(struct ctx *c, const char *path, const char *db_file) {
    static const char *const ENDS[] = {"",      "-wal", "-shm",       "-journal",
                                       ".lock", ".key", ".backed-up", ".part"};
    for (size_t i = 0; i < COUNT(ENDS); i++) {
        const char *own = arena_printf(c->arena, "%s%s", db_file, ENDS[i]);
        if (own && (strcmp(own, path) == 0 || file_same(own, path)))
            return FAIL(c, ERR_INVALID, "file.own", "%s belongs to the database itself: name another file",
                        path);
    }
    return OK;
}

MUST static enum err check_name(struct ctx *c, const char *path, const char *db_file, bool force) {
    if (!path)
        return FAIL(c, ERR_INVALID, "file.cannot-write", "there is no folder for that file: make it first");
    if (!db_file)
        return FAIL(c, ERR_INVALID, "db.no-file",
                    "this is for SQLite files; of what a server's own tools back up, `canary backup begin` "
                    "and `canary backup done` tell");
    TRY(refuse_own(c, path, db_file));
    if (force || file_size(path) == NONE) return OK;
    return FAIL(c, ERR_CONFLICT, "file.exists",
                "%s exists already and is left as it is: name another file, or say --force", path);
}

/* ---- copy, check, seal ---- */

MUST static enum err copy(struct ctx *c, struct job *job) {
    const struct progress progress = cli_progress("copying");
    cli_drop_beside(c, job->part.part);
    TRY(db_schema_version(c, &job->schema));
    return db_backup(c, job->part.part, &progress);
}

MUST static enum err check_copy(struct ctx *c, struct job *job) {
    int64_t schema;
    TRY(db_schema_version(c, &schema));
    if (schema != job->schema)
        return FAIL(c, ERR_CORRUPT, "db.corrupt", "the copy has schema %" PRId64 ", the database %" PRId64,
                    schema, job->schema);
    TRY(db_check(c));
    TRY(app_backup_describe(c, &job->note));
    job->note.schema = schema;
    return OK;
}

/* On a connection of its own, as whoever restores it will see it. */
MUST static enum err check(struct ctx *c, struct job *job) {
    struct db *outer = c->db;
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\rchecking …\033[K");
    TRY(db_open(c, job->part.part, DB_READ, &c->db));
    enum err err = check_copy(c, job);
    db_close(&c->db);
    c->db = outer;
    cli_drop_beside(c, job->part.part);
    return err;
}

MUST static enum err make(struct ctx *c, struct job *job, bool force) {
    TRY(copy(c, job));
    TRY(check(c, job));
    TRY(cli_seal(c, &job->part, &job->note));
    job->bytes = file_size(job->part.part);
    return file_part_end(c, &job->part, force);
}

/* ---- the verb ---- */

static int fail(struct cli *cli, enum err err) {
    cli_progress_end();
    int exit = cli_fail(cli);
    if (err == ERR_FULL)
        fprintf(stderr, "A backup needs about as much room as the database has; nothing was left behind.\n");
    return exit;
}

/* The backup is good without its note; only devices do not hear of it. */
static int leave_note(struct cli *cli, struct job *job) {
    job->note.sha256 = (struct blob){NULL, 0};
    if (app_backup_note_write(&cli->c, job->db_file, &job->note) == OK) return EXIT_DONE;
    cli_fail(cli);
    fprintf(stderr,
            "The backup is whole, but the service is not told of it: devices keep their events until a "
            "backup can write its note beside the database.\n");
    return EXIT_FINDINGS;
}

int cli_backup(struct cli *cli) {
    const char *path = file_real(cli->c.arena, cli->word[0]); /* SQLite may take other names for addresses */
    bool force = cli_option(cli, "force") != NULL;
    int64_t began_us = clock_monotonic_us();
    struct job job = {.part.fd = -1};
    int exit = cli_open(cli, DB_READ);
    if (exit != EXIT_DONE) return exit;
    job.db_file = db_file(cli->c.db);
    enum err err = check_name(&cli->c, path, job.db_file, force);
    if (err == OK) err = file_part_begin(&cli->c, path, &job.part);
    if (err == OK) err = make(&cli->c, &job, force);
    file_part_drop(&job.part);
    if (err != OK) return fail(cli, err);
    cli_progress_end();
    exit = leave_note(cli, &job);
    printf("%s: %" PRId64 " bytes, checked and sealed in %.1f s; it holds the audit events up to %" PRId64
           "\n",
           cli->word[0], job.bytes, (double)(clock_monotonic_us() - began_us) / 1e6, job.note.seq);
    return exit;
}
