/* SQLite: errors, statements and transactions. Only the files db_sqlite* know it. */
#include "db/db_sqlite.h"
#include "base/clock.h"
#include "base/log.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TABLES_MOST 256 /* several times what the schema has */
#define LAST_WORDS_S 2
#define PROGRESS_OPS 2000 /* virtual machine steps between two looks at the clock: under 1 ms */

struct sqlite_stmt {
    sqlite3_stmt *stmt;
    struct {
        int index;                 /* SQLite numbers $1…$n in the order in which they appear */
        uint8_t id[ID_SHORT_SIZE]; /* what is bound is read when the statement runs */
    } param[];
};

static sqlite3_stmt *stmt_of(const struct db_prepared *p) {
    return ((struct sqlite_stmt *)p->handle)->stmt;
}

/* ---- errors ---- */

/* By primary code; a code that is not here is a mistake of ours. I/O errors are answered like a lost
 * COMMIT: nobody knows what reached the disk, and we do not try again. */
static const struct {
    int code;
    enum err err;
    const char *slug, *text;
} ERRORS[] = {
    {SQLITE_BUSY, ERR_BUSY, "db.busy", "the database is busy"},
    {SQLITE_LOCKED, ERR_BUSY, "db.busy", "the database is busy"},
    {SQLITE_PROTOCOL, ERR_BUSY, "db.busy", "the database is busy"},
    {SQLITE_FULL, ERR_FULL, "db.full", "the disk is full"},
    {SQLITE_NOMEM, ERR_LIMIT, "db.memory", "the machine has no memory left"},
    {SQLITE_TOOBIG, ERR_LIMIT, "db.too-big", "a value is too large for the database"},
    {SQLITE_INTERRUPT, ERR_LIMIT, "read.too-long", "it took longer than a read may"},
    {SQLITE_CONSTRAINT, ERR_CONFLICT, "db.constraint", "the database refused it"},
    {SQLITE_CORRUPT, ERR_CORRUPT, "db.corrupt", "the database file is damaged"},
    {SQLITE_NOTADB, ERR_CORRUPT, "db.corrupt", "this is no database of Canary"},
    {SQLITE_READONLY, ERR_INTERNAL, "db.statement", "the file, or its folder, may not be written"},
    {SQLITE_IOERR, ERR_UNCERTAIN, "db.io", "reading or writing the database failed"},
    {SQLITE_CANTOPEN, ERR_UNCERTAIN, "db.io", "a file of the database cannot be opened"},
};

/* After a failed fsync the kernel may have dropped the pages and forgotten the error: only a process that
 * reads them from the disk (take_from_disk) knows what is there. Nor may this one live on because nobody
 * reads its log. */
_Noreturn void sqlite_end_process(int code) {
    alarm(LAST_WORDS_S);
    log_event(LOG_ERROR, "db.fsync-failed", "code=%d", code);
    abort();
}

void sqlite_end_after_fsync_error(int code) {
    if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) sqlite_end_process(code);
}

enum err sqlite_failed(struct ctx *c, struct sqlite *s, const char *name, int code) {
    sqlite_end_after_fsync_error(code);
    if (code == SQLITE_IOERR_NOMEM) code = SQLITE_NOMEM;
    /* The index of the WAL is a file that grows, too. */
    if (code == SQLITE_IOERR_SHMSIZE && s->handle && sqlite3_system_errno(s->handle) == ENOSPC)
        code = SQLITE_FULL;
    const char *message = s->handle ? sqlite3_errmsg(s->handle) : sqlite3_errstr(code);
    for (size_t i = 0; i < COUNT(ERRORS); i++)
        if (ERRORS[i].code == (code & 0xff))
            return FAIL(c, ERRORS[i].err, ERRORS[i].slug, "%s: %s (%s)", name, ERRORS[i].text, message);
    return FAIL(c, ERR_INTERNAL, "db.statement", "%s: %s", name, message);
}

/* ---- statements ---- */

/* Each of $1…$n must be there: another database would not guess the type of one that is not. */
static enum err index_params(struct ctx *c, const struct db_stmt *s, struct sqlite_stmt *stmt, int n) {
    for (int i = 0; i < n; i++) {
        char name[16];
        snprintf(name, sizeof name, "$%d", i + 1);
        stmt->param[i].index = sqlite3_bind_parameter_index(stmt->stmt, name);
        if (stmt->param[i].index == 0)
            return FAIL(c, ERR_INTERNAL, "db.statement", "statement %s has %d parameters and no %s", s->name,
                        n, name);
    }
    return OK;
}

enum err sqlite_compile(struct ctx *c, struct sqlite *q, const struct db_stmt *s, sqlite3_stmt **stmt_out) {
    const char *rest;
    int code = sqlite3_prepare_v3(q->handle, s->sql, -1, SQLITE_PREPARE_PERSISTENT, stmt_out, &rest);
    if (code != SQLITE_OK) return sqlite_failed(c, q, s->name, code);
    if (*stmt_out && rest[strspn(rest, " \t\r\n;")] == 0) return OK;
    sqlite3_finalize(*stmt_out);
    return FAIL(c, ERR_INTERNAL, "db.statement", "statement %s is not exactly one statement", s->name);
}

static void sqlite_finalize(struct db *db, struct db_prepared *p) {
    (void)db;
    sqlite3_finalize(stmt_of(p));
    free(p->handle);
    p->handle = NULL;
}

static enum err sqlite_prepare(struct ctx *c, struct db *db, const struct db_stmt *s,
                               struct db_prepared *out) {
    sqlite3_stmt *stmt;
    TRY(sqlite_compile(c, sqlite_of(db), s, &stmt));
    int n = sqlite3_bind_parameter_count(stmt);
    struct sqlite_stmt *handle = malloc(sizeof *handle + (size_t)n * sizeof handle->param[0]);
    if (!handle) {
        sqlite3_finalize(stmt);
        return sqlite_failed(c, sqlite_of(db), s->name, SQLITE_NOMEM);
    }
    handle->stmt = stmt;
    *out = (struct db_prepared){.handle = handle,
                                .params = n,
                                .columns = sqlite3_column_count(stmt),
                                .writes = !sqlite3_stmt_readonly(stmt)};
    enum err err = index_params(c, s, handle, n);
    if (err != OK) sqlite_finalize(db, out);
    return err;
}

static const char *sqlite_column_name(struct db *db, const struct db_prepared *p, int column) {
    (void)db;
    const char *name = sqlite3_column_name(stmt_of(p), column);
    return name ? name : "";
}

static int bind_int(struct sqlite_stmt *s, int i, const struct db_arg *arg) {
    int at = s->param[i].index;
    return arg->integer == NONE ? sqlite3_bind_null(s->stmt, at)
                                : sqlite3_bind_int64(s->stmt, at, arg->integer);
}

static int bind_text(struct sqlite_stmt *s, int i, const struct db_arg *arg) {
    return sqlite3_bind_text64(s->stmt, s->param[i].index, arg->at, arg->n, SQLITE_STATIC, SQLITE_UTF8);
}

static int bind_blob(struct sqlite_stmt *s, int i, const struct db_arg *arg) {
    return sqlite3_bind_blob64(s->stmt, s->param[i].index, arg->at, arg->n, SQLITE_STATIC);
}

static int bind_real(struct sqlite_stmt *s, int i, const struct db_arg *arg) {
    int at = s->param[i].index;
    return isnan(arg->real) ? sqlite3_bind_null(s->stmt, at) : sqlite3_bind_double(s->stmt, at, arg->real);
}

static int bind_id(struct sqlite_stmt *s, int i, const struct db_arg *arg) {
    memcpy(s->param[i].id, arg->id, sizeof arg->id);
    return sqlite3_bind_blob64(s->stmt, s->param[i].index, s->param[i].id, sizeof arg->id, SQLITE_STATIC);
}

static enum err sqlite_bind(struct ctx *c, struct db *db, struct db_prepared *p, int param,
                            const struct db_arg *arg) {
    static int (*const BIND[])(struct sqlite_stmt *, int, const struct db_arg *) = {[DB_ARG_INT] = bind_int,
                                                                                    [DB_ARG_TEXT] = bind_text,
                                                                                    [DB_ARG_BLOB] = bind_blob,
                                                                                    [DB_ARG_REAL] = bind_real,
                                                                                    [DB_ARG_ID] = bind_id};
    struct sqlite_stmt *handle = p->handle;
    int code = BIND[arg->type](handle, param - 1, arg);
    return code == SQLITE_OK ? OK : sqlite_failed(c, sqlite_of(db), sqlite3_sql(handle->stmt), code);
}

static enum err sqlite_step(struct ctx *c, struct db *db, const struct db_stmt *s, struct db_prepared *p) {
    int code = sqlite3_step(stmt_of(p));
    if (code == SQLITE_ROW) return OK;
    return code == SQLITE_DONE ? ERR_NOT_FOUND : sqlite_failed(c, sqlite_of(db), s->name, code);
}

static void sqlite_column(struct db *db, struct db_prepared *p, int column, struct db_cell *cell_out) {
    (void)db;
    sqlite3_stmt *stmt = stmt_of(p);
    *cell_out = (struct db_cell){.type = CELL_NULL};
    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_INTEGER:
        cell_out->type = CELL_INT;
        cell_out->integer = sqlite3_column_int64(stmt, column);
        break;
    case SQLITE_FLOAT:
        cell_out->type = CELL_REAL;
        cell_out->real = sqlite3_column_double(stmt, column);
        break;
    case SQLITE_TEXT:
        cell_out->type = CELL_TEXT;
        cell_out->at = sqlite3_column_text(stmt, column);
        cell_out->n = (size_t)sqlite3_column_bytes(stmt, column);
        break;
    case SQLITE_BLOB:
        cell_out->type = CELL_BLOB;
        cell_out->at = sqlite3_column_blob(stmt, column);
        cell_out->n = (size_t)sqlite3_column_bytes(stmt, column);
        if (cell_out->n == 0) cell_out->at = ""; /* not NULL: nothing is a value, too */
        break;
    }
}

static void sqlite_reset(struct db *db, struct db_prepared *p) {
    (void)db;
    sqlite3_reset(stmt_of(p)); /* answers the step's error again */
}

static int64_t sqlite_changes(struct db *db) {
    return sqlite3_changes64(sqlite_of(db)->handle);
}

/* ---- transactions ---- */

/* Immediate: a deferred transaction that turns into a write fails at once when another committed. */
static const struct db_stmt CONTROL[CONTROLS] = {
    [CONTROL_BEGIN_WRITE] = {"begin", "BEGIN IMMEDIATE", NULL},
    [CONTROL_BEGIN_READ] = {"begin", "BEGIN DEFERRED", NULL},
    [CONTROL_COMMIT] = {"commit", "COMMIT", NULL},
    [CONTROL_ROLLBACK] = {"rollback", "ROLLBACK", NULL},
    [CONTROL_SAVEPOINT] = {"savepoint", "SAVEPOINT job", NULL},
    [CONTROL_RELEASE] = {"release", "RELEASE job", NULL},
    [CONTROL_ROLLBACK_TO] = {"rollback-to", "ROLLBACK TO job", NULL},
};

enum err sqlite_run_control(struct ctx *c, struct sqlite *q, enum db_control what) {
    if (!q->control[what]) TRY(sqlite_compile(c, q, &CONTROL[what], &q->control[what]));
    int code = sqlite3_step(q->control[what]);
    enum err err = code == SQLITE_DONE ? OK : sqlite_failed(c, q, CONTROL[what].name, code);
    sqlite3_reset(q->control[what]);
    return err;
}

enum err sqlite_begin_kept(struct ctx *c, struct sqlite *q) {
    TRY(sqlite_run_control(c, q, CONTROL_BEGIN_READ));
    enum err err = sqlite_keep_snapshot(c, q);
    if (err != OK) sqlite3_exec(q->handle, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

MUST static enum err commit_without_sync(struct ctx *c, struct sqlite *q) {
    db_sqlite_wal_leave(q->wal, WAL_LEAVES_COMMIT);
    enum err err = sqlite_run_control(c, q, CONTROL_COMMIT);
    db_sqlite_wal_leave(q->wal, WAL_LEAVES_NOTHING);
    return err;
}

static enum err sqlite_control(struct ctx *c, struct db *db, enum db_control what) {
    struct sqlite *q = sqlite_of(db);
    if (what == CONTROL_BEGIN_WRITE && q->is_stale) TRY(sqlite_know_tables(c, q));
    if (what == CONTROL_BEGIN_READ && db->keeps_seen) return sqlite_begin_kept(c, q);
    if (what == CONTROL_COMMIT && db->syncs_later && q->wal) return commit_without_sync(c, q);
    TRY(sqlite_run_control(c, q, what));
    return what == CONTROL_ROLLBACK_TO ? sqlite_run_control(c, q, CONTROL_RELEASE) : OK;
}

enum err sqlite_prepare_undoing(struct ctx *c, struct sqlite *q) {
    static const enum db_control UNDOING[] = {CONTROL_ROLLBACK, CONTROL_ROLLBACK_TO, CONTROL_RELEASE};
    for (size_t i = 0; i < COUNT(UNDOING); i++)
        TRY(sqlite_compile(c, q, &CONTROL[UNDOING[i]], &q->control[UNDOING[i]]));
    return OK;
}

static bool sqlite_in_transaction(struct db *db) {
    return !sqlite3_get_autocommit(sqlite_of(db)->handle);
}

/* A file of the schema, and nothing else, may change what the library keeps of tables (0018_ids.sql). */
static enum err sqlite_script(struct ctx *c, struct db *db, const char *name, const char *sql) {
    struct sqlite *q = sqlite_of(db);
    sqlite3_db_config(q->handle, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
    int code = sqlite3_exec(q->handle, sql, NULL, NULL, NULL);
    sqlite3_db_config(q->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    enum err err = code == SQLITE_OK ? sqlite_know_tables(c, q) : sqlite_failed(c, q, name, code);
    q->is_stale = true;
    return err;
}

static enum err sqlite_has_table(struct ctx *c, struct db *db, const char *table) {
    struct sqlite *q = sqlite_of(db);
    static const struct db_stmt S = {
        "schema.table", "SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'view') AND name = $1", NULL};
    sqlite3_stmt *stmt;
    TRY(sqlite_compile(c, q, &S, &stmt));
    int code = sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC);
    if (code == SQLITE_OK) code = sqlite3_step(stmt);
    enum err err = code == SQLITE_ROW    ? OK
                   : code == SQLITE_DONE ? ERR_NOT_FOUND
                                         : sqlite_failed(c, q, S.name, code);
    sqlite3_finalize(stmt);
    return err;
}

static enum err sqlite_tables(struct ctx *c, struct db *db, struct list *names_out) {
    static const struct db_stmt S = {
        "tables",
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' ORDER BY name",
        NULL};
    struct sqlite *q = sqlite_of(db);
    const char **names = arena_array(c->arena, TABLES_MOST, sizeof *names);
    sqlite3_stmt *stmt;
    size_t n = 0;
    int code = SQLITE_ROW;
    if (!names) return sqlite_failed(c, q, S.name, SQLITE_NOMEM);
    TRY(sqlite_compile(c, q, &S, &stmt));
    while (n < TABLES_MOST && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        names[n] = arena_strdup(c->arena, (const char *)sqlite3_column_text(stmt, 0));
        if (!names[n++]) break;
    }
    sqlite3_finalize(stmt);
    *names_out = (struct list){names, n};
    return code == SQLITE_DONE ? OK : sqlite_failed(c, q, S.name, code == SQLITE_ROW ? SQLITE_NOMEM : code);
}

/* ---- the read limit ---- */

static int is_too_late(void *user) {
    const struct sqlite *q = user;
    return q->deadline_us && clock_monotonic_us() > q->deadline_us;
}

static void sqlite_set_deadline(struct db *db, int64_t monotonic_us) {
    struct sqlite *q = sqlite_of(db);
    q->deadline_us = monotonic_us;
    sqlite3_progress_handler(q->handle, monotonic_us ? PROGRESS_OPS : 0, is_too_late, q);
}

/* ---- the connection ---- */

/* Nothing is ever queued. */
static enum err sqlite_gather(struct ctx *c, struct db *db) {
    (void)c, (void)db;
    return OK;
}

static struct db_pending *sqlite_pending(struct db *db) {
    return &sqlite_of(db)->pending;
}

static void finalize_control(struct sqlite *q) {
    for (size_t i = 0; i < CONTROLS; i++)
        sqlite3_finalize(q->control[i]);
}

static void sqlite_close(struct db *db) {
    struct sqlite *q = sqlite_of(db);
    finalize_control(q);
    sqlite_forget_tables(q);
    sqlite_close_file(q);
    free(q->path);
    free(q);
}

static const struct db_driver SQLITE = {
    .close = sqlite_close,
    .prepare = sqlite_prepare,
    .finalize = sqlite_finalize,
    .column_name = sqlite_column_name,
    .bind = sqlite_bind,
    .step = sqlite_step,
    .column = sqlite_column,
    .reset = sqlite_reset,
    .changes = sqlite_changes,
    .control = sqlite_control,
    .sync = sqlite_sync,
    .in_transaction = sqlite_in_transaction,
    .script = sqlite_script,
    .has_table = sqlite_has_table,
    .set_deadline = sqlite_set_deadline,
    .settle = sqlite_settle,
    .rewrite = sqlite_rewrite,
    .gather = sqlite_gather,
    .pending = sqlite_pending,
    .tables = sqlite_tables,
    .backup = sqlite_backup,
    .check = sqlite_check,
    .file = sqlite_file,
};

/* One name for one file, whatever link or directory it was reached by: the lock goes by the name.
 * An absolute name is also never taken for one of the library's file: URIs. */
static const char *real_path(struct ctx *c, const char *path) {
    return strcmp(path, ":memory:") == 0 ? path : file_real(c->arena, path);
}

static void log_opened(const struct sqlite *q) {
    static const char *const MODE[] = {
        [DB_READ] = "read", [DB_WRITE] = "write", [DB_CREATE] = "create", [DB_BULK] = "bulk"};
    log_event(q->mode == DB_READ ? LOG_DEBUG : LOG_INFO, "db.opened", "library=sqlite version=%s mode=%s",
              sqlite3_libversion(), MODE[q->mode]);
}

static struct sqlite *new_connection(const char *path, enum db_mode mode) {
    struct sqlite *q = calloc(1, sizeof *q);
    if (!q) return NULL;
    *q = (struct sqlite){.db.driver = &SQLITE, .lock = -1, .mode = mode, .path = strdup(path)};
    if (q->path) return q;
    free(q);
    return NULL;
}

/* The sum of what is allocated costs a lock at each allocation, and nobody asks for it. A drop keeps some
 * hundred statements ready: with the usual 100 slots of 1,200 bytes most of what they need comes from malloc,
 * and the rows of the widest tables in the hook always do. 2.4 MB a connection. */
void db_process_begin(void) {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 2400, 1000);
}

enum err db_sqlite_open(struct ctx *c, const char *path, enum db_mode mode, struct db **db_out) {
    REQUIRE(sqlite3_threadsafe());
    const char *real = real_path(c, path);
    if (!real) return FAIL(c, ERR_NOT_FOUND, "db.absent", "there is no folder for %s", path);
    struct sqlite *q = new_connection(real, mode);
    if (!q) return FAIL(c, ERR_LIMIT, "db.memory", "the machine has no memory left");
    enum err err = sqlite_open_file(c, q);
    if (err != OK) {
        sqlite_close(&q->db);
        return err;
    }
    q->is_ready = true;
    log_opened(q);
    *db_out = &q->db;
    return OK;
}
