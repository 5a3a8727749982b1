/* canary restore FILE [--force] [--older] [--migrate]: all is done to a copy, which then becomes the
 * database. */
#include "cli_backup.h"
#include "app/app_installation.h"
#include "app/app_key.h"
#include "app/app_log.h"
#include "app/app_migrate.h"
#include "app/app_verify.h"
#include "base/date.h"
#include "base/id.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct job {
    bool force, older, migrate;
    const char *db_file;
    int hold;
    struct cli_backup_file file;
    struct file_part part;
    struct backup_note note; /* of what is restored */
    struct installation row;
    struct verify_result verify;
    const char *key_path;
    const char
        *key_fault;    /* why the key beside the database does not sign its log; NULL: it does, or none is */
    const char *aside; /* where the database that was there went; NULL: none was */
};

/* ---- before anything is written ---- */

MUST static enum err check_place(struct ctx *c, const struct job *job) {
    if (file_same(job->file.path, job->db_file))
        return FAIL(c, ERR_INVALID, "file.own", "%s is the database itself", job->file.path);
    if (job->force || file_size(job->db_file) == NONE) return OK;
    return FAIL(c, ERR_CONFLICT, "file.exists",
                "there is a database %s; with --force it is moved aside, never deleted", job->db_file);
}

/* ---- the copy ---- */

MUST static enum err copy(struct ctx *c, struct job *job) {
    const struct progress progress = cli_progress("copying");
    uint8_t digest[SHA256_SIZE];
    cli_drop_beside(c, job->part.part);
    TRY(file_copy(c, job->file.fd, job->file.bytes, &job->part, &progress, digest));
    if (!job->file.is_sealed || memcmp(digest, job->file.note.sha256.at, sizeof digest) == 0) return OK;
    return FAIL(c, ERR_CORRUPT, "db.corrupt",
                "%s is damaged: it is not what was sealed when it was made; take another backup",
                job->file.path);
}

MUST static enum err check_schema(struct ctx *c, const struct job *job) {
    int64_t version = 0, latest = db_schema_latest(), applied;
    TRY(db_schema_version(c, &version));
    if (version == latest) return db_ids_begin(c);
    if (version == 0)
        return FAIL(c, ERR_CORRUPT, "db.corrupt", "%s is no database of Canary", job->file.path);
    if (version > latest || !job->migrate)
        return FAIL(c, ERR_STATE, "schema.other", "%s has schema %" PRId64 ", this program %" PRId64 ": %s",
                    job->file.path, version, latest,
                    version < latest ? "with --migrate the copy is brought up to date"
                                     : "take a newer program");
    return app_migrate(c, &applied);
}

/* What a database from before there were epochs, or a tree over its log, lacks. */
static enum err complete(struct ctx *c, void *user) {
    int64_t nodes;
    (void)user;
    TRY(app_installation_begin(c));
    return app_log_fill(c, &nodes);
}

static void tell(void *user, const char *sentence) {
    (void)user;
    cli_progress_end();
    fprintf(stderr, "%s\n", sentence);
}

static enum err verify(struct ctx *c, void *user) {
    struct job *job = user;
    return app_verify(c, tell, NULL, NULL, &job->verify);
}

/* A sealed backup is, byte for byte, what was checked when it was made: findings in it are older than it, and
 * no reason to have no database at all. */
MUST static enum err check_log(struct ctx *c, struct job *job) {
    TRY(db_snapshot(c, verify, job));
    if (job->file.is_sealed || job->verify.findings == 0) return OK;
    return FAIL(c, ERR_CORRUPT, "db.corrupt", "%s is damaged: see above; take another backup",
                job->file.path);
}

/* Devices may have forgotten what the last backup holds. */
MUST static enum err check_age(struct ctx *c, const struct job *job) {
    struct backup_note last;
    char at[INSTANT_TEXT_SIZE];
    enum err err = app_backup_note_read(c, job->db_file, &last);
    if (err == ERR_NOT_FOUND || job->older) return OK;
    TRY(err);
    if (id_equal(last.epoch, job->note.epoch) && last.seq <= job->note.seq) return OK;
    return FAIL(c, ERR_STATE, "backup.older",
                "%s is not the last backup of this database: one was made at %s, up to audit event %" PRId64
                ", and devices may have forgotten what it holds. Restore that one; with --older this one is "
                "taken all the same",
                job->file.path, instant_format(last.at, at), last.seq);
}

/* The private key is in no backup. Without it there is a database all the same. */
MUST static enum err check_key(struct ctx *c, struct job *job) {
    struct log_key key;
    enum err err = store_log_key_newest(c, &key);
    if (err == ERR_NOT_FOUND) return OK; /* the service makes the first */
    TRY(err);
    err = app_key_check(c, job->key_path);
    if (err != ERR_STATE) return err;
    job->key_fault = c->fault.detail;
    ctx_fault_clear(c);
    return OK;
}

static enum err set_epoch(struct ctx *c, void *user) {
    struct job *job = user;
    return app_installation_restore(c, job->note.at, &job->row);
}

MUST static enum err work_on_copy(struct ctx *c, struct job *job) {
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\rchecking …\033[K");
    TRY(db_check(c));
    TRY(check_schema(c, job));
    TRY(db_unit(c, complete, NULL));
    TRY(app_backup_describe(c, &job->note));
    if (job->file.is_sealed) job->note = job->file.note;
    TRY(check_age(c, job));
    TRY(check_log(c, job));
    TRY(check_key(c, job));
    return db_unit(c, set_epoch, job);
}

/* Opened as any database, on its own, and closed again: what it wrote is in the one file then. */
MUST static enum err prepare(struct ctx *c, struct job *job) {
    TRY(copy(c, job));
    TRY(db_open(c, job->part.part, DB_WRITE, &c->db));
    enum err err = work_on_copy(c, job);
    db_close(&c->db);
    const char *wal = arena_printf(c->arena, "%s-wal", job->part.part);
    if (err == OK && (!wal || file_size(wal) > 0))
        err = FAIL(c, ERR_UNCERTAIN, "db.io", "the copy could not be closed; try again");
    return err;
}

/* ---- taking the place ---- */

static const char *const ENDS[] = {"", "-wal", "-shm", "-journal"};

static bool is_free(struct ctx *c, const char *name) {
    for (size_t i = 0; i < COUNT(ENDS); i++) {
        const char *path = arena_printf(c->arena, "%s%s", name, ENDS[i]);
        if (!path || file_size(path) != NONE) return false;
    }
    return true;
}

/* A name that nothing has, with any of the ends. */
MUST static enum err choose_aside(struct ctx *c, const char *db_file, const char **aside_out) {
    char instant[INSTANT_TEXT_SIZE];
    instant_format(c->now, instant);
    instant[INSTANT_TEXT_SIZE - 6] = 0; /* whole seconds */
    for (int i = 1; i < 100; i++) {
        const char *aside = arena_printf(c->arena, "%s.before-%sZ-%d", db_file, instant, i);
        if (!aside || !is_free(c, aside)) continue;
        *aside_out = aside;
        return OK;
    }
    return FAIL(c, ERR_CONFLICT, "file.exists", "there is no free name to move %s to", db_file);
}

/* The database first: without it nobody opens the others. A WAL that stayed would be read into the new one.
 */
MUST static enum err move_aside(struct ctx *c, struct job *job) {
    const char *aside = NULL;
    TRY(choose_aside(c, job->db_file, &aside));
    for (size_t i = 0; i < COUNT(ENDS); i++) {
        const char *from = arena_printf(c->arena, "%s%s", job->db_file, ENDS[i]);
        const char *to = arena_printf(c->arena, "%s%s", aside, ENDS[i]);
        if (!from || !to) return FAIL(c, ERR_LIMIT, "request.too-large", "there is no memory for a name");
        if (file_size(from) == NONE) continue;
        TRY(file_move(c, from, to));
        job->aside = aside;
    }
    return OK;
}

MUST static enum err take_place(struct ctx *c, struct job *job) {
    TRY(move_aside(c, job));
    return file_part_end(c, &job->part, false);
}

MUST static enum err restore(struct ctx *c, struct job *job) {
    TRY(check_place(c, job));
    TRY(cli_backup_open(c, job->file.path, &job->file));
    TRY(file_part_begin(c, job->db_file, &job->part));
    TRY(prepare(c, job));
    return take_place(c, job);
}

/* ---- the verb ---- */

static int report(const struct cli *cli, const struct job *job) {
    char epoch[ID_TEXT_SIZE], before[ID_TEXT_SIZE], at[INSTANT_TEXT_SIZE];
    printf("%s restored from the backup of %s: audit events up to %" PRId64 " of epoch %s; its epoch is %s\n",
           cli->config.db, instant_format(job->note.at, at), job->row.restored_seq,
           id_format(job->row.restored_epoch, before), id_format(job->row.epoch, epoch));
    if (job->aside)
        printf("What was there before is %s and beside it; nothing of it was deleted.\n", job->aside);
    if (!job->file.is_sealed) printf("The file had no seal: rows that no log covers could not be checked.\n");
    if (job->key_fault) printf("%s\n", job->key_fault);
    if (job->verify.findings)
        printf("%" PRId64
               " findings, above, were in it when it was made; `canary audit verify` shows them again.\n",
               job->verify.findings);
    printf(
        "Next: start the service. Everybody signs in again, and devices repeat what the backup does not "
        "hold;\n"
        "what was entered at a desk after it is gone, new passwords, disabled users and erasures among it: "
        "enter it again.\n");
    bool clean = job->file.is_sealed && !job->key_fault && !job->verify.findings;
    return clean ? EXIT_DONE : EXIT_FINDINGS;
}

static int fail(struct cli *cli, const struct job *job) {
    cli_progress_end();
    int exit = cli_fail(cli);
    if (job->aside)
        fprintf(stderr, "What was there is %s and beside it: rename it back, or try again.\n", job->aside);
    else
        fprintf(stderr, "Nothing was changed.\n");
    return exit;
}

int cli_restore(struct cli *cli) {
    struct job job = {.force = cli_option(cli, "force"),
                      .older = cli_option(cli, "older"),
                      .migrate = cli_option(cli, "migrate"),
                      .key_path = cli_key_path(cli),
                      .hold = -1,
                      .file = {.path = cli->word[0], .fd = -1},
                      .part.fd = -1};
    enum err err = db_hold(&cli->c, cli->config.db, &job.db_file, &job.hold);
    if (err == OK) err = restore(&cli->c, &job);
    const char *part = job.part.part;
    file_part_drop(&job.part);
    cli_drop_beside(&cli->c, part);
    cli_backup_close(&job.file);
    int exit = err == OK ? report(cli, &job) : fail(cli, &job);
    cli_progress_end();
    db_let_go(&job.hold);
    return exit;
}
