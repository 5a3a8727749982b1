/* SQLite: with db_sqlite_wal.c the only file that knows it. Every setting below is there because the
 * library's default, or somebody's build of it, loses data or answers wrongly. */
#define SQLITE_ENABLE_PREUPDATE_HOOK
#include "db/driver.h"
#include "db/lock.h"
#include "db/rows.h"
#include "db/db_sqlite_wal.h"
#include "base/clock.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TABLES_MOST 256 /* several times what the schema has */
#define BUSY_MS 1000    /* recovery by another process, or the last reader's close */
#define CHECKPOINT_PAGES                                                                    \
    2000 /* 8 MiB of WAL: half of what it may have when idle. With four times as many drops \
            come 1.1 times as fast, and the slowest wait for three times as long */
#define LAST_WORDS_S 2
#define COPY_PAGES 2048   /* between two words about a copy's progress: 8 MiB */
#define PROGRESS_OPS 2000 /* virtual machine steps between two looks at the clock: under 1 ms */

struct sqlite {
    struct db db;
    sqlite3 *handle;
    sqlite3_stmt *control[CONTROLS];
    int lock; /* -1: none */
    enum db_mode mode;
    char *path;
    bool is_ready;    /* opened with every setting */
    int wal_pages;    /* in the WAL after the last commit */
    int copied_pages; /* of them, already in the database file */
    int64_t deadline_us;
    struct db_pending pending;
    struct known_table *known; /* audited tables; none until there is a log to hold their sums */
    size_t known_n;
    struct wal *wal; /* a writer's on a disk, NULL otherwise: its sync may be left to sqlite_sync */
    bool is_stale;   /* a script has changed the schema, and may have been undone since */
};

/* A table whose rows are summed, as the schema has it. */
struct known_table {
    char name[64];
    uint8_t key[DB_ROWS_KEY];
    size_t defaults;
    struct known_default *of_default; /* of columns that came later: a row from before does not have them,
                                         and the library tells the hook of a null */
};

struct known_default {
    int column;
    sqlite3_value *value;
};

struct sqlite_stmt {
    sqlite3_stmt *stmt;
    struct {
        int index;                 /* SQLite numbers $1…$n in the order in which they appear */
        uint8_t id[ID_SHORT_SIZE]; /* what is bound is read when the statement runs */
    } param[];
};

static struct sqlite *sqlite_of(struct db *db) {
    return (struct sqlite *)db;
}

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
_Noreturn static void end_process(int code) {
    alarm(LAST_WORDS_S);
    log_event(LOG_ERROR, "db.fsync-failed", "code=%d", code);
    abort();
}

static void end_process_after_fsync_error(int code) {
    if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) end_process(code);
}

static enum err failed(struct ctx *c, struct sqlite *s, const char *name, int code) {
    end_process_after_fsync_error(code);
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

static enum err compile(struct ctx *c, struct sqlite *q, const struct db_stmt *s, sqlite3_stmt **stmt_out) {
    const char *rest;
    int code = sqlite3_prepare_v3(q->handle, s->sql, -1, SQLITE_PREPARE_PERSISTENT, stmt_out, &rest);
    if (code != SQLITE_OK) return failed(c, q, s->name, code);
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
    TRY(compile(c, sqlite_of(db), s, &stmt));
    int n = sqlite3_bind_parameter_count(stmt);
    struct sqlite_stmt *handle = malloc(sizeof *handle + (size_t)n * sizeof handle->param[0]);
    if (!handle) {
        sqlite3_finalize(stmt);
        return failed(c, sqlite_of(db), s->name, SQLITE_NOMEM);
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
    return code == SQLITE_OK ? OK : failed(c, sqlite_of(db), sqlite3_sql(handle->stmt), code);
}

static enum err sqlite_step(struct ctx *c, struct db *db, const struct db_stmt *s, struct db_prepared *p) {
    int code = sqlite3_step(stmt_of(p));
    if (code == SQLITE_ROW) return OK;
    return code == SQLITE_DONE ? ERR_NOT_FOUND : failed(c, sqlite_of(db), s->name, code);
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

/* ---- sums of rows: every row that comes or goes, told by the library's hook ---- */

static void cell_of_value(sqlite3_value *value, struct db_cell *cell_out) {
    *cell_out = (struct db_cell){.type = CELL_NULL};
    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
        cell_out->type = CELL_INT;
        cell_out->integer = sqlite3_value_int64(value);
        break;
    case SQLITE_FLOAT:
        cell_out->type = CELL_REAL;
        cell_out->real = sqlite3_value_double(value);
        break;
    case SQLITE_TEXT:
        cell_out->type = CELL_TEXT;
        cell_out->at = sqlite3_value_text(value);
        cell_out->n = (size_t)sqlite3_value_bytes(value);
        break;
    case SQLITE_BLOB:
        cell_out->type = CELL_BLOB;
        cell_out->at = sqlite3_value_blob(value);
        cell_out->n = (size_t)sqlite3_value_bytes(value);
        break;
    }
}

static int by_name(const void *name, const void *table) {
    return strcmp(name, ((const struct known_table *)table)->name);
}

static const struct known_table *find_known(const struct sqlite *q, const char *name) {
    return q->known_n ? bsearch(name, q->known, q->known_n, sizeof *q->known, by_name) : NULL;
}

static sqlite3_value *default_of(const struct known_table *table, int column) {
    for (size_t i = 0; i < table->defaults; i++)
        if (table->of_default[i].column == column) return table->of_default[i].value;
    return NULL;
}

/* The row as it was (old) or as it will be. */
static bool hash_row(sqlite3 *handle, const struct known_table *table, bool old,
                     uint8_t hash_out[SHA256_SIZE]) {
    struct rows_image image;
    int columns = sqlite3_preupdate_count(handle);
    rows_image_begin(&image, table->name);
    for (int i = 0; i < columns; i++) {
        sqlite3_value *value = NULL, *instead = old ? default_of(table, i) : NULL;
        struct db_cell cell;
        int code = old ? sqlite3_preupdate_old(handle, i, &value) : sqlite3_preupdate_new(handle, i, &value);
        if (code != SQLITE_OK || !value) return false;
        bool absent = instead && sqlite3_value_type(value) == SQLITE_NULL;
        cell_of_value(absent ? instead : value, &cell);
        if (cell.n > 0 && !cell.at) return false;
        rows_image_cell(&image, &cell);
    }
    rows_image_end(&image, hash_out);
    return true;
}

static void on_write(void *user, sqlite3 *handle, int operation, const char *schema, const char *name,
                     sqlite3_int64 old_rowid, sqlite3_int64 new_rowid) {
    struct sqlite *q = user;
    struct db_pending *pending = &q->pending;
    uint8_t hash[SHA256_SIZE];
    (void)schema, (void)old_rowid, (void)new_rowid;
    const struct known_table *table = find_known(q, name);
    if (!table) return;
    memcpy(pending->table, table->name, sizeof pending->table);
    if (operation != SQLITE_INSERT) {
        if (!hash_row(handle, table, true, hash)) pending->failed = true;
        db_rows_add_row(&pending->rows, table->key, hash, true);
    }
    if (operation != SQLITE_DELETE) {
        if (!hash_row(handle, table, false, hash)) pending->failed = true;
        db_rows_add_row(&pending->rows, table->key, hash, false);
    }
}

/* Nothing is ever queued. */
static enum err sqlite_gather(struct ctx *c, struct db *db) {
    (void)c, (void)db;
    return OK;
}

static struct db_pending *sqlite_pending(struct db *db) {
    return &sqlite_of(db)->pending;
}

static void forget_known(struct sqlite *q) {
    for (size_t i = 0; i < q->known_n; i++) {
        for (size_t k = 0; k < q->known[i].defaults; k++)
            sqlite3_value_free(q->known[i].of_default[k].value);
        free(q->known[i].of_default);
    }
    free(q->known);
    q->known = NULL;
    q->known_n = 0;
}

/* Tables that are audited, by name. */
static const struct db_stmt TABLES = {
    "rows.tables",
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND EXISTS (SELECT 1 FROM "
    "pragma_table_info('audit_event') WHERE name = 'rows') ORDER BY name",
    NULL};
static const struct db_stmt DEFAULTS = {
    "rows.defaults",
    "SELECT cid, dflt_value FROM pragma_table_info($1) WHERE \"notnull\" = 1 AND dflt_value IS NOT NULL",
    NULL};

/* A default is an expression without names: the database says what it is. */
static enum err evaluate(struct ctx *c, struct sqlite *q, const char *expression, sqlite3_value **value_out) {
    const struct db_stmt s = {"rows.default", arena_printf(c->arena, "SELECT %s", expression), NULL};
    sqlite3_stmt *stmt;
    if (!s.sql) return failed(c, q, "rows.default", SQLITE_NOMEM);
    TRY(compile(c, q, &s, &stmt));
    int code = sqlite3_step(stmt);
    *value_out = code == SQLITE_ROW ? sqlite3_value_dup(sqlite3_column_value(stmt, 0)) : NULL;
    sqlite3_finalize(stmt);
    return *value_out ? OK : failed(c, q, s.name, code == SQLITE_ROW ? SQLITE_NOMEM : code);
}

static enum err add_default(struct ctx *c, struct sqlite *q, struct known_table *table, sqlite3_stmt *stmt) {
    struct known_default *more = realloc(table->of_default, (table->defaults + 1) * sizeof *more);
    if (!more) return failed(c, q, DEFAULTS.name, SQLITE_NOMEM);
    table->of_default = more;
    more[table->defaults].column = sqlite3_column_int(stmt, 0);
    TRY(evaluate(c, q, (const char *)sqlite3_column_text(stmt, 1), &more[table->defaults].value));
    table->defaults++;
    return OK;
}

static enum err know_defaults(struct ctx *c, struct sqlite *q, struct known_table *table) {
    sqlite3_stmt *stmt;
    TRY(compile(c, q, &DEFAULTS, &stmt));
    enum err err = OK;
    int code = sqlite3_bind_text(stmt, 1, table->name, -1, SQLITE_STATIC);
    while (err == OK && code == SQLITE_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        err = add_default(c, q, table, stmt);
        code = SQLITE_OK;
    }
    if (err == OK && code != SQLITE_DONE) err = failed(c, q, DEFAULTS.name, code);
    sqlite3_finalize(stmt);
    return err;
}

static enum err add_known(struct ctx *c, struct sqlite *q, const char *name) {
    if (!db_rows_is_audited(name)) return OK;
    struct known_table *more = realloc(q->known, (q->known_n + 1) * sizeof *more);
    if (!more) return failed(c, q, TABLES.name, SQLITE_NOMEM);
    q->known = more;
    struct known_table *table = &more[q->known_n++];
    *table = (struct known_table){.defaults = 0};
    snprintf(table->name, sizeof table->name, "%s", name);
    db_rows_key(name, table->key);
    return OK;
}

/* Which tables there are: asked before a write, never inside one. */
static enum err know_tables(struct ctx *c, struct sqlite *q) {
    sqlite3_stmt *stmt;
    int code = SQLITE_OK;
    enum err err = OK;
    forget_known(q);
    q->is_stale = false;
    TRY(compile(c, q, &TABLES, &stmt));
    while (err == OK && (code = sqlite3_step(stmt)) == SQLITE_ROW)
        err = add_known(c, q, (const char *)sqlite3_column_text(stmt, 0));
    if (err == OK && code != SQLITE_DONE) err = failed(c, q, TABLES.name, code);
    sqlite3_finalize(stmt);
    for (size_t i = 0; err == OK && i < q->known_n; i++)
        err = know_defaults(c, q, &q->known[i]);
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
    if (!names) return failed(c, q, S.name, SQLITE_NOMEM);
    TRY(compile(c, q, &S, &stmt));
    while (n < TABLES_MOST && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        names[n] = arena_strdup(c->arena, (const char *)sqlite3_column_text(stmt, 0));
        if (!names[n++]) break;
    }
    sqlite3_finalize(stmt);
    *names_out = (struct list){names, n};
    return code == SQLITE_DONE ? OK : failed(c, q, S.name, code == SQLITE_ROW ? SQLITE_NOMEM : code);
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

static enum err run_control(struct ctx *c, struct sqlite *q, enum db_control what) {
    if (!q->control[what]) TRY(compile(c, q, &CONTROL[what], &q->control[what]));
    int code = sqlite3_step(q->control[what]);
    enum err err = code == SQLITE_DONE ? OK : failed(c, q, CONTROL[what].name, code);
    sqlite3_reset(q->control[what]);
    return err;
}

MUST static enum err commit_without_sync(struct ctx *c, struct sqlite *q) {
    db_sqlite_wal_leave(q->wal, WAL_LEAVES_COMMIT);
    enum err err = run_control(c, q, CONTROL_COMMIT);
    db_sqlite_wal_leave(q->wal, WAL_LEAVES_NOTHING);
    return err;
}

static void sqlite_sync(struct db *db) {
    const struct sqlite *q = sqlite_of(db);
    int code = q->wal ? db_sqlite_wal_sync(q->wal) : SQLITE_OK;
    if (code != SQLITE_OK) end_process(code);
}

static enum err sqlite_control(struct ctx *c, struct db *db, enum db_control what) {
    struct sqlite *q = sqlite_of(db);
    if (what == CONTROL_BEGIN_WRITE && q->is_stale) TRY(know_tables(c, q));
    if (what == CONTROL_COMMIT && db->syncs_later && q->wal) return commit_without_sync(c, q);
    TRY(run_control(c, q, what));
    return what == CONTROL_ROLLBACK_TO ? run_control(c, q, CONTROL_RELEASE) : OK;
}

/* What undoes is there before it is needed: when memory is out, a rollback must not ask for more. */
static enum err prepare_undoing(struct ctx *c, struct sqlite *q) {
    static const enum db_control UNDOING[] = {CONTROL_ROLLBACK, CONTROL_ROLLBACK_TO, CONTROL_RELEASE};
    for (size_t i = 0; i < COUNT(UNDOING); i++)
        TRY(compile(c, q, &CONTROL[UNDOING[i]], &q->control[UNDOING[i]]));
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
    enum err err = code == SQLITE_OK ? know_tables(c, q) : failed(c, q, name, code);
    q->is_stale = true;
    return err;
}

static enum err sqlite_has_table(struct ctx *c, struct db *db, const char *table) {
    struct sqlite *q = sqlite_of(db);
    static const struct db_stmt S = {
        "schema.table", "SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'view') AND name = $1", NULL};
    sqlite3_stmt *stmt;
    TRY(compile(c, q, &S, &stmt));
    int code = sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC);
    if (code == SQLITE_OK) code = sqlite3_step(stmt);
    enum err err = code == SQLITE_ROW ? OK : code == SQLITE_DONE ? ERR_NOT_FOUND : failed(c, q, S.name, code);
    sqlite3_finalize(stmt);
    return err;
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

/* ---- checkpoints: the writer's alone, and never inside a COMMIT, whose answer would be theirs ---- */

static int note_wal_pages(void *user, sqlite3 *handle, const char *schema, int pages) {
    (void)handle, (void)schema;
    struct sqlite *q = user;
    if (pages < q->copied_pages) q->copied_pages = 0; /* the WAL began again */
    q->wal_pages = pages;
    return SQLITE_OK;
}

static void checkpoint(struct sqlite *q, int how) {
    int pages = 0, copied = 0;
    sqlite3_busy_timeout(q->handle, 0); /* a reader in the way: next time */
    int code = sqlite3_wal_checkpoint_v2(q->handle, NULL, how, &pages, &copied);
    sqlite3_busy_timeout(q->handle, BUSY_MS);
    end_process_after_fsync_error(code);
    if (code != SQLITE_OK && code != SQLITE_BUSY) {
        log_event(LOG_WARN, "db.checkpoint-failed", "code=%d", code);
        return;
    }
    q->copied_pages = copied;
    if (code == SQLITE_OK && how == SQLITE_CHECKPOINT_TRUNCATE) q->wal_pages = q->copied_pages = 0;
}

/* Beside work the copy's sync is left to sqlite_sync, where somebody calls it: it takes longer than the copy.
 */
static void checkpoint_beside_work(struct sqlite *q) {
    bool is_left = q->wal && q->db.syncs_later;
    if (is_left) db_sqlite_wal_leave(q->wal, WAL_LEAVES_COPY);
    checkpoint(q, SQLITE_CHECKPOINT_PASSIVE);
    if (is_left) db_sqlite_wal_leave(q->wal, WAL_LEAVES_NOTHING);
    q->db.wants_sync = is_left;
}

static bool sqlite_settle(struct db *db, bool idle) {
    struct sqlite *q = sqlite_of(db);
    if (idle && q->wal_pages > 0) checkpoint(q, SQLITE_CHECKPOINT_TRUNCATE);
    if (!idle && q->wal_pages - q->copied_pages >= db->settle_pages) checkpoint_beside_work(q);
    return q->wal_pages == 0;
}

/* ---- the file written anew ---- */

static bool is_memory(const struct sqlite *q) {
    return strcmp(q->path, ":memory:") == 0;
}

/* The copy is a file beside the database: /tmp may be small, or somebody else's. */
static int vacuum(struct sqlite *q) {
    const char *end = strrchr(q->path, '/');
    bool on_disk = !is_memory(q) && end;
    if (on_disk) sqlite3_temp_directory = sqlite3_mprintf("%.*s", (int)(end - q->path), q->path);
    int code =
        sqlite3_exec(q->handle, on_disk ? "PRAGMA temp_store = FILE; VACUUM" : "VACUUM", NULL, NULL, NULL);
    int back = sqlite3_exec(q->handle, "PRAGMA temp_store = MEMORY", NULL, NULL, NULL);
    sqlite3_free(sqlite3_temp_directory);
    sqlite3_temp_directory = NULL;
    return code == SQLITE_OK ? back : code;
}

static enum err file_bytes(struct ctx *c, struct sqlite *q, int64_t *bytes_out) {
    struct stat file = {0};
    *bytes_out = 0;
    if (is_memory(q)) return OK;
    if (stat(q->path, &file) != 0) return failed(c, q, "rewrite", SQLITE_IOERR);
    *bytes_out = file.st_size;
    return OK;
}

static enum err sqlite_rewrite(struct ctx *c, struct db *db, int64_t most_bytes) {
    struct sqlite *q = sqlite_of(db);
    int64_t bytes, began_us = clock_monotonic_us();
    TRY(file_bytes(c, q, &bytes));
    if (most_bytes > 0 && bytes > most_bytes)
        return FAIL(c, ERR_LIMIT, "db.too-big",
                    "a file of %lld bytes is not written anew beside a service: stop it for that",
                    (long long)bytes);
    int code = vacuum(q);
    if (code != SQLITE_OK) return failed(c, q, "rewrite", code);
    log_event(LOG_INFO, "db.rewritten", "bytes=%lld ms=%lld", (long long)bytes,
              (long long)((clock_monotonic_us() - began_us) / 1000));
    return OK;
}

/* ---- opening ---- */

enum {
    WRITER = 1 << 0,
    READER = 1 << 1,
    BULK = 1 << 2,
    MEMORY = 1 << 3,
    ON_DISK = WRITER | READER | BULK,
    ALL = ON_DISK | MEMORY
};

/* Set, then read back: a pragma that is misspelt or refused says nothing. */
static const struct {
    unsigned where;
    const char *set, *ask, *want;
} SETTINGS[] = {
    {WRITER, "PRAGMA journal_mode = WAL", "PRAGMA journal_mode", "wal"},
    /* FULL: with NORMAL a power cut loses acknowledged commits. */
    {WRITER, "PRAGMA synchronous = FULL", "PRAGMA synchronous", "2"},
    {BULK, "PRAGMA journal_mode = MEMORY", "PRAGMA journal_mode", "memory"},
    {BULK, "PRAGMA synchronous = OFF", "PRAGMA synchronous", "0"},
    {WRITER | BULK | MEMORY, "PRAGMA cache_size = -65536", "PRAGMA cache_size", "-65536"}, /* 64 MiB */
    {READER, "PRAGMA cache_size = -8192", "PRAGMA cache_size", "-8192"},
    /* An I/O error in mapped memory is a SIGBUS. */
    {ON_DISK, "PRAGMA mmap_size = 0", "PRAGMA mmap_size", "0"},
    {WRITER, "PRAGMA journal_size_limit = 16777216", "PRAGMA journal_size_limit", "16777216"},
    /* Journals of savepoints and sorts stay out of /tmp. */
    {ALL, "PRAGMA temp_store = MEMORY", "PRAGMA temp_store", "2"},
    /* What is deleted is overwritten, not only given up. */
    {WRITER | BULK | MEMORY, "PRAGMA secure_delete = ON", "PRAGMA secure_delete", "1"},
    /* So that REPLACE fires the triggers that refuse to delete what is append-only. */
    {ALL, "PRAGMA recursive_triggers = ON", "PRAGMA recursive_triggers", "1"},
};

static const struct {
    const char *name;
    int option, value;
} CONFIG[] = {
    {"foreign keys", SQLITE_DBCONFIG_ENABLE_FKEY, 1},
    {"triggers", SQLITE_DBCONFIG_ENABLE_TRIGGER, 1},
    {"defensive", SQLITE_DBCONFIG_DEFENSIVE, 1},
    {"trusted schema", SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
    {"double-quoted strings in queries", SQLITE_DBCONFIG_DQS_DML, 0},
    {"double-quoted strings in the schema", SQLITE_DBCONFIG_DQS_DDL, 0},
    {"extensions", SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
};

static enum err refused(struct ctx *c, const char *what) {
    return FAIL(c, ERR_INTERNAL, "db.setting", "the database library does not accept \"%s\"", what);
}

static enum err configure(struct ctx *c, struct sqlite *q) {
    for (size_t i = 0; i < COUNT(CONFIG); i++) {
        int got = -1;
        int code = sqlite3_db_config(q->handle, CONFIG[i].option, CONFIG[i].value, &got);
        if (code != SQLITE_OK || got != CONFIG[i].value) return refused(c, CONFIG[i].name);
    }
    return OK;
}

static int compare_answer(void *want, int columns, char **values, char **names) {
    (void)columns, (void)names;
    return !values[0] || strcmp(values[0], want) != 0;
}

static enum err apply_setting(struct ctx *c, struct sqlite *q, size_t i) {
    int code = sqlite3_exec(q->handle, SETTINGS[i].set, NULL, NULL, NULL);
    if (code != SQLITE_OK) return failed(c, q, q->path, code);
    code =
        sqlite3_exec(q->handle, SETTINGS[i].ask, compare_answer, (void *)(uintptr_t)SETTINGS[i].want, NULL);
    if (code == SQLITE_ABORT) return refused(c, SETTINGS[i].set);
    return code == SQLITE_OK ? OK : failed(c, q, SETTINGS[i].ask, code);
}

static unsigned place_of(const struct sqlite *q) {
    static const unsigned PLACE[] = {
        [DB_READ] = READER, [DB_WRITE] = WRITER, [DB_CREATE] = WRITER, [DB_BULK] = BULK};
    return is_memory(q) ? MEMORY : PLACE[q->mode];
}

static enum err apply_settings(struct ctx *c, struct sqlite *q) {
    unsigned place = place_of(q);
    for (size_t i = 0; i < COUNT(SETTINGS); i++)
        if (SETTINGS[i].where & place) TRY(apply_setting(c, q, i));
    sqlite3_wal_hook(q->handle, note_wal_pages, q); /* instead of the automatic checkpoint */
    if (place == READER) return OK;
    sqlite3_preupdate_hook(q->handle, on_write, q);
    return know_tables(c, q);
}

/* A WAL has no locks that closing another descriptor of it would drop. */
static enum err sync_wal(struct ctx *c, struct sqlite *q, bool is_read_anew) {
    const char *path = arena_printf(c->arena, "%s-wal", q->path);
    if (!path) return failed(c, q, q->path, SQLITE_NOMEM);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return OK; /* there is none */
    bool is_synced = fdatasync(fd) == 0;
    if (is_read_anew) posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
    return is_synced ? OK : FAIL(c, ERR_UNCERTAIN, "db.io", "%s cannot be brought to the disk", path);
}

/* What a process before this one wrote and nobody synced may be in the kernel's memory alone, and what the
 * kernel could not write stays there as if it were on the disk. So the log is written, and then read from the
 * disk, before anybody builds on it. */
static enum err take_from_disk(struct ctx *c, struct sqlite *q) {
    sqlite3_file *file = NULL;
    TRY(sync_wal(c, q, true));
    int code = sqlite3_file_control(q->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (code == SQLITE_OK && file && file->pMethods) code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
    return code == SQLITE_OK ? OK : failed(c, q, q->path, code);
}

/* Read-only for real: a reader that only promises not to write still checkpoints when it closes
 * last, and two that checkpoint can lose commits. */
static enum err open_handle(struct ctx *c, struct sqlite *q) {
    unsigned place = place_of(q);
    int flags = place == READER ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (q->mode == DB_CREATE || q->mode == DB_BULK) flags |= SQLITE_OPEN_CREATE;
    flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const char *layer = place == WRITER ? db_sqlite_wal_layer() : NULL;
    int code = sqlite3_open_v2(q->path, &q->handle, flags, layer);
    if (code != SQLITE_OK) return failed(c, q, q->path, code);
    sqlite3_busy_timeout(q->handle, BUSY_MS);
    if (place == WRITER) TRY(take_from_disk(c, q));
    TRY(configure(c, q));
    if (place == READER) sqlite3_db_config(q->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    TRY(apply_settings(c, q));
    q->wal = db_sqlite_wal_of(q->handle);
    return prepare_undoing(c, q);
}

static enum err check_presence(struct ctx *c, const struct sqlite *q) {
    struct stat file;
    bool is_there = stat(q->path, &file) == 0;
    bool is_new = q->mode == DB_CREATE || q->mode == DB_BULK;
    if (is_there && S_ISDIR(file.st_mode))
        return FAIL(c, ERR_CONFLICT, "db.exists", "%s is a folder, not a database", q->path);
    if (is_there && is_new)
        return FAIL(c, ERR_CONFLICT, "db.exists", "%s exists already; it is left as it is", q->path);
    if (!is_there && !is_new)
        return FAIL(c, ERR_NOT_FOUND, "db.absent",
                    "there is no database %s: name another with --db, or make it with canary init", q->path);
    return OK;
}

static enum err open_file(struct ctx *c, struct sqlite *q) {
    if (place_of(q) == MEMORY) return open_handle(c, q);
    TRY(check_presence(c, q)); /* first: what is not there gets no lock file either */
    if (q->mode != DB_READ) TRY(lock_take(c, q->path, &q->lock));
    TRY(check_presence(c, q)); /* and again: another may have made it before the lock was ours */
    return open_handle(c, q);
}

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

/* ---- copies ---- */

/* The first value of what a pragma says, as text; "" when it says nothing. */
static enum err ask(struct ctx *c, struct sqlite *q, const char *pragma, const char **answer_out) {
    const struct db_stmt s = {pragma, pragma, NULL};
    sqlite3_stmt *stmt;
    TRY(compile(c, q, &s, &stmt));
    int code = sqlite3_step(stmt);
    const char *answer = code == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : "";
    *answer_out = arena_strdup(c->arena, answer ? answer : "");
    enum err err = code == SQLITE_ROW || code == SQLITE_DONE ? OK : failed(c, q, pragma, code);
    if (err == OK && !*answer_out) err = failed(c, q, pragma, SQLITE_NOMEM);
    sqlite3_finalize(stmt);
    return err;
}

MUST static enum err ask_number(struct ctx *c, struct sqlite *q, const char *pragma, int64_t *number_out) {
    const char *answer;
    TRY(ask(c, q, pragma, &answer));
    *number_out = strtoll(answer, NULL, 10);
    return OK;
}

/* Page by page, and only this connection's snapshot, which is held meanwhile: what others write is in their
 * WAL. */
static int copy_pages(struct sqlite *q, sqlite3 *to, const struct progress *progress, int64_t page_bytes) {
    sqlite3_backup *copy = sqlite3_backup_init(to, "main", q->handle, "main");
    if (!copy) return sqlite3_errcode(to);
    int code;
    do {
        code = sqlite3_backup_step(copy, COPY_PAGES);
        int64_t of = sqlite3_backup_pagecount(copy), left = sqlite3_backup_remaining(copy);
        progress_tell(progress, (of - left) * page_bytes, of * page_bytes);
    } while (code == SQLITE_OK);
    int end = sqlite3_backup_finish(copy);
    return code == SQLITE_DONE ? end : code;
}

static int copy_into(struct sqlite *q, sqlite3 *to, const struct progress *progress, int64_t page_bytes) {
    /* Whoever asked syncs the file, or throws it away. */
    int code = sqlite3_exec(to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL, NULL);
    if (code == SQLITE_OK) code = copy_pages(q, to, progress, page_bytes);
    /* Alone: it is to be opened where nothing can be written beside it. */
    return code == SQLITE_OK ? sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) : code;
}

static enum err copy_snapshot(struct ctx *c, struct sqlite *q, const char *path,
                              const struct progress *progress) {
    struct sqlite to = {0};
    int64_t tables, page_bytes;
    TRY(ask_number(c, q, "SELECT COUNT(*) FROM sqlite_schema", &tables)); /* from here on it is held */
    TRY(sync_wal(c, q, false)); /* a copy has nothing that a power cut can still take from the file itself */
    TRY(ask_number(c, q, "PRAGMA page_size", &page_bytes));
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(path, &to.handle, flags, NULL);
    if (code == SQLITE_OK) code = copy_into(q, to.handle, progress, page_bytes);
    enum err err = code == SQLITE_OK ? OK : failed(c, &to, path, code);
    sqlite3_close(to.handle);
    return err;
}

/* The library's backup rather than VACUUM INTO: it holds the snapshot a quarter of the time (1.0 s
 * against 3.9 s for 800 MB), so that the WAL grows a quarter as much. Free pages come along; what was
 * erased is in none of them, because an erasure writes the whole file anew. */
static enum err sqlite_backup(struct ctx *c, struct db *db, const char *path,
                              const struct progress *progress) {
    struct sqlite *q = sqlite_of(db);
    TRY(run_control(c, q, CONTROL_BEGIN_READ));
    enum err err = copy_snapshot(c, q, path, progress);
    sqlite3_exec(q->handle, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

static enum err sqlite_check(struct ctx *c, struct db *db) {
    struct sqlite *q = sqlite_of(db);
    const char *said;
    TRY(ask(c, q, "PRAGMA integrity_check(1)", &said));
    if (strcmp(said, "ok") != 0)
        return FAIL(c, ERR_CORRUPT, "db.corrupt", "%s is damaged: %s", q->path, said);
    TRY(ask(c, q, "PRAGMA foreign_key_check", &said));
    if (*said)
        return FAIL(c, ERR_CORRUPT, "db.corrupt",
                    "%s is damaged: a row of %s names another that is not there", q->path, said);
    return OK;
}

static const char *sqlite_file(struct db *db) {
    return place_of(sqlite_of(db)) == MEMORY ? NULL : sqlite_of(db)->path;
}

/* ---- closing ---- */

/* The change of journal mode is a transaction of its own, and its fsync covers the whole file. */
static void make_bulk_durable(struct sqlite *q) {
    int code =
        sqlite3_exec(q->handle, "PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    if (code != SQLITE_OK) {
        log_event(LOG_ERROR, "db.bulk-not-durable", "code=%d", code);
        abort();
    }
    if (!file_sync_folder(q->path)) end_process_after_fsync_error(SQLITE_IOERR_DIR_FSYNC);
}

static void finalize_control(struct sqlite *q) {
    for (size_t i = 0; i < CONTROLS; i++)
        sqlite3_finalize(q->control[i]);
}

static void sqlite_close(struct db *db) {
    struct sqlite *q = sqlite_of(db);
    sqlite_sync(db); /* what was left: the library deletes the WAL */
    finalize_control(q);
    forget_known(q);
    if (q->is_ready && place_of(q) == BULK) make_bulk_durable(q);
    int code = sqlite3_close(q->handle);
    REQUIRE(code == SQLITE_OK);
    if (q->lock >= 0) close(q->lock);
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

static struct sqlite *new_connection(const char *path, enum db_mode mode) {
    struct sqlite *q = calloc(1, sizeof *q);
    if (!q) return NULL;
    *q = (struct sqlite){.db = {.driver = &SQLITE, .settle_pages = CHECKPOINT_PAGES},
                         .lock = -1,
                         .mode = mode,
                         .path = strdup(path)};
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
    enum err err = open_file(c, q);
    if (err != OK) {
        sqlite_close(&q->db);
        return err;
    }
    q->is_ready = true;
    log_opened(q);
    *db_out = &q->db;
    return OK;
}
