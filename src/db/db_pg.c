/* PostgreSQL: transactions, the schema, opening. One connection, which is made anew when it was lost.
 *
 * Writers of any number of processes take one lock for each transaction, so that they follow each other as
 * SQLite's do: events have no gaps, and no slot is sold twice. */
#include "base/log.h"
#include "base/text.h"
#include "db/db_pg.h"
#include "db/pg_ddl.h"
#include <stdlib.h>
#include <string.h>

#define ANALYZE_ROWS 20000 /* written, before the server is asked to look at them */

/* ---- transactions ---- */

/* Writers follow each other: the lock is given back with the transaction, however it ends. What a statement
 * sees is what was committed before it, so it is taken first. */
static const char *const CONTROL[CONTROLS] = {
    [CONTROL_BEGIN_WRITE] =
        "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_advisory_xact_lock(" PG_WRITERS_LOCK ")",
    [CONTROL_BEGIN_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    [CONTROL_COMMIT] = "COMMIT",
    [CONTROL_ROLLBACK] = "ROLLBACK",
    [CONTROL_SAVEPOINT] = "SAVEPOINT job",
    [CONTROL_RELEASE] = "RELEASE SAVEPOINT job",
    [CONTROL_ROLLBACK_TO] = "ROLLBACK TO SAVEPOINT job; RELEASE SAVEPOINT job",
};

static const char *const CONTROL_NAME[CONTROLS] = {
    [CONTROL_BEGIN_WRITE] = "begin",       [CONTROL_BEGIN_READ] = "begin",    [CONTROL_COMMIT] = "commit",
    [CONTROL_ROLLBACK] = "rollback",       [CONTROL_SAVEPOINT] = "savepoint", [CONTROL_RELEASE] = "release",
    [CONTROL_ROLLBACK_TO] = "rollback-to",
};

/* COMMIT of a transaction that failed is a rollback, and no error to the server. */
static enum err committed(struct ctx *c, PGresult *result) {
    bool is_done = strcmp(PQcmdStatus(result), "COMMIT") == 0;
    PQclear(result);
    return is_done ? OK
                   : FAIL(c, ERR_INTERNAL, "db.statement", "the transaction was rolled back at its commit");
}

static enum err begin(struct ctx *c, struct pg *q, enum db_control what) {
    TRY(pg_be_connected(c, q));
    enum err err = pg_run(c, q, CONTROL_NAME[what], CONTROL[what], NULL);
    if (err != OK && PQtransactionStatus(q->conn) == PQTRANS_INERROR) PQclear(PQexec(q->conn, "ROLLBACK"));
    q->in_transaction = err == OK;
    return err;
}

/* Nothing comes of a mark by itself: it goes with the next statement. What stands before a release is looked
 * at first. */
static enum err mark(struct ctx *c, struct pg *q, enum db_control what) {
    if (what == CONTROL_RELEASE) TRY(pg_drain(c, q, CONTROL_NAME[what]));
    if (q->queued == 0 && !pg_begin_pipeline(q)) return pg_lost(c, CONTROL_NAME[what]);
    if (!pg_send_words(q, CONTROL[what])) return pg_not_queued(c, q, CONTROL_NAME[what]);
    q->queued++;
    return OK;
}

static enum err pg_control(struct ctx *c, struct db *db, enum db_control what) {
    struct pg *q = pg_of(db);
    PGresult *result;
    if (what == CONTROL_SAVEPOINT || what == CONTROL_RELEASE) return mark(c, q, what);
    if (what == CONTROL_BEGIN_WRITE || what == CONTROL_BEGIN_READ) return begin(c, q, what);
    struct ctx unheard = *c; /* what was queued failed, perhaps: it is undone */
    if (what == CONTROL_ROLLBACK || what == CONTROL_ROLLBACK_TO)
        if (pg_drain(&unheard, q, CONTROL_NAME[what]) != OK) log_event(LOG_DEBUG, "db.queue-undone", "n=1");
    if (what == CONTROL_COMMIT || what == CONTROL_ROLLBACK) q->in_transaction = false;
    TRY(pg_run(c, q, CONTROL_NAME[what], CONTROL[what], &result));
    if (what == CONTROL_COMMIT) return committed(c, result);
    PQclear(result);
    return OK;
}

static bool pg_in_transaction(struct db *db) {
    struct pg *q = pg_of(db);
    PGTransactionStatusType status = PQtransactionStatus(q->conn);
    bool is_open = status != PQTRANS_IDLE && status != PQTRANS_UNKNOWN;
    if (!is_open) q->in_transaction = false;
    return is_open;
}

/* ---- the schema ---- */

/* Every audited table tells of its rows, as soon as there is a log whose events hold the sums. */
static enum err watch_rows(struct ctx *c, struct pg *q) {
    struct text sql = text_in(c->arena);
    text_str(&sql,
             "DO $do$ DECLARE t name; BEGIN IF EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = "
             "to_regclass('audit_event') AND attname = 'rows' AND NOT attisdropped) THEN FOR t IN SELECT "
             "k.relname FROM pg_class k WHERE k.relkind = 'r' AND k.relnamespace = "
             "current_schema()::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_trigger g WHERE g.tgrelid = "
             "k.oid AND g.tgname = 'canary_rows') AND k.relname NOT IN (''");
    for (size_t i = 0; i < db_rows_unaudited_n; i++)
        text_printf(&sql, ", '%s'", db_rows_unaudited[i].table);
    text_str(&sql,
             ") LOOP EXECUTE format('CREATE TRIGGER canary_rows AFTER INSERT OR UPDATE OR DELETE ON %I FOR "
             "EACH ROW EXECUTE FUNCTION canary_rows()', t); END LOOP; END IF; END $do$");
    return sql.failed ? pg_no_memory(c) : pg_run(c, q, "rows.watch", sql.at, NULL);
}

static enum err pg_script(struct ctx *c, struct db *db, const char *name, const char *sql) {
    struct pg *q = pg_of(db);
    const char *words = pg_ddl(c->arena, name, sql);
    if (!words) return pg_no_memory(c);
    TRY(pg_ready(c, q));
    TRY(pg_run(c, q, name, pg_ddl_functions, NULL));
    TRY(pg_run(c, q, name, words, NULL));
    return watch_rows(c, q);
}

static enum err pg_has_table(struct ctx *c, struct db *db, const char *table) {
    struct pg *q = pg_of(db);
    const char *found;
    const char *sql = arena_printf(c->arena,
                                   "SELECT 1 FROM pg_class WHERE relkind IN ('r', 'v') AND relnamespace = "
                                   "current_schema()::regnamespace AND relname = '%s'",
                                   table);
    if (!sql) return pg_no_memory(c);
    TRY(pg_ready(c, q));
    TRY(pg_ask(c, q, sql, &found));
    return *found ? OK : ERR_NOT_FOUND;
}

static void pg_set_deadline(struct db *db, int64_t monotonic_us) {
    pg_of(db)->deadline_us = monotonic_us;
}

/* The server's own housekeeping comes a minute later: until then it plans as if what was brought in were not
 * there. Verifying 17,511 events right behind a copy took 8.1 s without it, 0.9 s with it. */
static void look_at_tables(struct pg *q) {
    if (q->written < ANALYZE_ROWS || PQtransactionStatus(q->conn) != PQTRANS_IDLE) return;
    PQclear(PQexec(q->conn, "ANALYZE"));
    q->written = 0;
}

static bool pg_settle(struct db *db, bool idle) {
    if (idle) look_at_tables(pg_of(db));
    return true;
}

/* ---- sums of rows ---- */

static enum err pg_gather(struct ctx *c, struct db *db) {
    return pg_drain(c, pg_of(db), "gather");
}

static struct db_pending *pg_pending(struct db *db) {
    return &pg_of(db)->pending;
}

static enum err pg_tables(struct ctx *c, struct db *db, struct list *names_out) {
    struct pg *q = pg_of(db);
    PGresult *result;
    TRY(pg_ready(c, q));
    TRY(pg_run(c, q, "tables",
               "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = "
               "current_schema()::regnamespace ORDER BY relname",
               &result));
    int n = PQntuples(result);
    const char **names = arena_array(c->arena, (size_t)n + 1, sizeof *names);
    bool ok = names;
    for (int i = 0; ok && i < n; i++)
        ok = (names[i] = arena_strdup(c->arena, PQgetvalue(result, i, 0))) != NULL;
    PQclear(result);
    *names_out = (struct list){names, (size_t)n};
    return ok ? OK : pg_no_memory(c);
}

/* ---- copies, and what is deleted for good ---- */

static enum err pg_backup(struct ctx *c, struct db *db, const char *path, const struct progress *progress) {
    (void)db, (void)path, (void)progress;
    return FAIL(c, ERR_INVALID, "db.no-file",
                "this is for SQLite files; back a server up with pg_dump or pg_basebackup");
}

static enum err pg_check(struct ctx *c, struct db *db) {
    (void)db;
    return FAIL(c, ERR_INVALID, "db.no-file", "this is for SQLite files; a server has pg_amcheck for it");
}

static enum err check_size(struct ctx *c, struct pg *q, int64_t most_bytes) {
    const char *answer;
    TRY(pg_ask(c, q, "SELECT pg_database_size(current_database())", &answer));
    int64_t bytes = strtoll(answer, NULL, 10);
    if (most_bytes == 0 || bytes <= most_bytes) return OK;
    return FAIL(c, ERR_LIMIT, "db.too-big",
                "a database of %lld bytes is not written anew beside a service: stop it for that",
                (long long)bytes);
}

/* Rows that were deleted or replaced stand in their pages until these are written anew. */
static enum err pg_rewrite(struct ctx *c, struct db *db, int64_t most_bytes) {
    struct pg *q = pg_of(db);
    struct list tables;
    TRY(pg_be_connected(c, q));
    TRY(check_size(c, q, most_bytes));
    TRY(pg_tables(c, db, &tables));
    for (size_t i = 0; i < tables.n; i++) {
        const char *words = arena_printf(c->arena, "VACUUM FULL \"%s\"", ((const char *const *)tables.at)[i]);
        if (!words) return pg_no_memory(c);
        TRY(pg_run(c, q, "rewrite", words, NULL));
    }
    log_event(LOG_INFO, "db.rewritten", "tables=%zu", tables.n);
    return OK;
}

static const char *pg_file(struct db *db) {
    (void)db;
    return NULL;
}

/* ---- opening ---- */

static void pg_close(struct db *db) {
    struct pg *q = pg_of(db);
    look_at_tables(q);
    PQfinish(q->conn);
    if (q->url) explicit_bzero(q->url, strlen(q->url));
    free(q->url);
    free(q);
}

static const struct db_driver POSTGRES = {
    .close = pg_close,
    .prepare = pg_prepare,
    .finalize = pg_finalize,
    .column_name = pg_column_name,
    .bind = pg_bind,
    .step = pg_step,
    .column = pg_column,
    .reset = pg_reset,
    .changes = pg_changes,
    .control = pg_control,
    .sync = NULL, /* a COMMIT answers when it is on the disk */
    .in_transaction = pg_in_transaction,
    .script = pg_script,
    .has_table = pg_has_table,
    .tables = pg_tables,
    .set_deadline = pg_set_deadline,
    .settle = pg_settle,
    .rewrite = pg_rewrite,
    .gather = pg_gather,
    .pending = pg_pending,
    .backup = pg_backup,
    .check = pg_check,
    .file = pg_file,
};

static enum err check_new(struct ctx *c, struct pg *q) {
    if (q->mode != DB_CREATE && q->mode != DB_BULK) return OK;
    enum err err = pg_has_table(c, &q->db, "schema_migration");
    if (err == ERR_NOT_FOUND) return OK;
    if (err != OK) return err;
    return FAIL(c, ERR_CONFLICT, "db.exists",
                "the database holds one of Canary's already; it is left as it is");
}

static void log_opened(const struct pg *q) {
    log_event(q->mode == DB_READ ? LOG_DEBUG : LOG_INFO, "db.opened",
              "library=libpq version=%d server=%d mode=%s", PQlibVersion(), PQserverVersion(q->conn),
              pg_only_reads(q) ? "read" : "write");
}

/* The library's words about a URL that it cannot read may hold pieces of it. */
static bool is_url(const char *url) {
    char *why = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &why);
    PQfreemem(why);
    PQconninfoFree(options);
    return options != NULL;
}

enum err db_pg_open(struct ctx *c, const char *url, enum db_mode mode, struct db **db_out) {
    if (!is_url(url)) return FAIL(c, ERR_INVALID, "db.url", "the URL of the database cannot be read");
    struct pg *q = calloc(1, sizeof *q);
    if (!q) return pg_no_memory(c);
    *q = (struct pg){.db.driver = &POSTGRES, .mode = mode, .url = strdup(url)};
    enum err err = q->url ? pg_connect(c, q) : pg_no_memory(c);
    if (err == OK) err = check_new(c, q);
    if (err != OK) {
        pg_close(&q->db);
        return err;
    }
    log_opened(q);
    *db_out = &q->db;
    return OK;
}
