/* A driver around a driver: the n-th call fails. With it every use case can be run as "fails at call
 * 1, 2, 3 … until it succeeds". */
#include "db/driver.h"
#include "base/log.h"
#include <stdlib.h>

struct failing {
    struct db db;
    struct db *inner;
    int64_t fails_at, calls;
    enum err err;
};

static struct failing *failing_of(struct db *db) {
    return (struct failing *)db;
}

static struct db *inner_of(struct db *db) {
    return failing_of(db)->inner;
}

static const struct db_driver *driver_of(struct db *db) {
    return inner_of(db)->driver;
}

/* By the words of the driver that it stands for: what is answered to them is part of what is tested. */
static const char *slug_of(enum err err) {
    static const char *const SLUG[] = {
        [ERR_LIMIT] = "db.memory", [ERR_BUSY] = "db.busy", [ERR_UNCERTAIN] = "db.io", [ERR_FULL] = "db.full"};
    return (size_t)err < COUNT(SLUG) && SLUG[err] ? SLUG[err] : "db.failing";
}

static enum err count(struct ctx *c, struct db *db, const char *call) {
    struct failing *f = failing_of(db);
    if (++f->calls != f->fails_at) return OK;
    return FAIL(c, f->err, slug_of(f->err), "call %lld (%s) fails on purpose", (long long)f->calls, call);
}

static void failing_close(struct db *db) {
    db_close(&failing_of(db)->inner);
    free(db);
}

static enum err failing_prepare(struct ctx *c, struct db *db, const struct db_stmt *s,
                                struct db_prepared *out) {
    return driver_of(db)->prepare(c, inner_of(db), s, out);
}

static void failing_finalize(struct db *db, struct db_prepared *p) {
    driver_of(db)->finalize(inner_of(db), p);
}

static const char *failing_column_name(struct db *db, const struct db_prepared *p, int column) {
    return driver_of(db)->column_name(inner_of(db), p, column);
}

static enum err failing_bind(struct ctx *c, struct db *db, struct db_prepared *p, int param,
                             const struct db_arg *arg) {
    return driver_of(db)->bind(c, inner_of(db), p, param, arg);
}

static enum err failing_step(struct ctx *c, struct db *db, const struct db_stmt *s, struct db_prepared *p) {
    TRY(count(c, db, s->name));
    return driver_of(db)->step(c, inner_of(db), s, p);
}

static void failing_column(struct db *db, struct db_prepared *p, int column, struct db_cell *cell_out) {
    driver_of(db)->column(inner_of(db), p, column, cell_out);
}

static void failing_reset(struct db *db, struct db_prepared *p) {
    driver_of(db)->reset(inner_of(db), p);
}

static int64_t failing_changes(struct db *db) {
    return driver_of(db)->changes(inner_of(db));
}

/* A rollback that fails ends the process: there would be nothing left to test. */
static enum err failing_control(struct ctx *c, struct db *db, enum db_control what) {
    static const char *const CALL[CONTROLS] = {
        [CONTROL_BEGIN_WRITE] = "begin",   [CONTROL_BEGIN_READ] = "begin", [CONTROL_COMMIT] = "commit",
        [CONTROL_SAVEPOINT] = "savepoint", [CONTROL_RELEASE] = "release",
    };
    if (CALL[what]) TRY(count(c, db, CALL[what]));
    inner_of(db)->syncs_later = db->syncs_later;
    return driver_of(db)->control(c, inner_of(db), what);
}

static void failing_sync(struct db *db) {
    if (driver_of(db)->sync) driver_of(db)->sync(inner_of(db));
}

static bool failing_in_transaction(struct db *db) {
    return driver_of(db)->in_transaction(inner_of(db));
}

static enum err failing_script(struct ctx *c, struct db *db, const char *name, const char *sql) {
    TRY(count(c, db, name));
    return driver_of(db)->script(c, inner_of(db), name, sql);
}

static enum err failing_has_table(struct ctx *c, struct db *db, const char *table) {
    return driver_of(db)->has_table(c, inner_of(db), table);
}

static void failing_set_deadline(struct db *db, int64_t monotonic_us) {
    driver_of(db)->set_deadline(inner_of(db), monotonic_us);
}

static bool failing_settle(struct db *db, bool idle) {
    return driver_of(db)->settle(inner_of(db), idle);
}

static enum err failing_rewrite(struct ctx *c, struct db *db, int64_t most_bytes) {
    TRY(count(c, db, "rewrite"));
    return driver_of(db)->rewrite(c, inner_of(db), most_bytes);
}

static enum err failing_gather(struct ctx *c, struct db *db) {
    return driver_of(db)->gather(c, inner_of(db));
}

static struct db_pending *failing_pending(struct db *db) {
    return driver_of(db)->pending(inner_of(db));
}

static enum err failing_tables(struct ctx *c, struct db *db, struct list *names_out) {
    TRY(count(c, db, "tables"));
    return driver_of(db)->tables(c, inner_of(db), names_out);
}

static enum err failing_backup(struct ctx *c, struct db *db, const char *path,
                               const struct progress *progress) {
    TRY(count(c, db, "backup"));
    return driver_of(db)->backup(c, inner_of(db), path, progress);
}

static enum err failing_check(struct ctx *c, struct db *db) {
    TRY(count(c, db, "check"));
    return driver_of(db)->check(c, inner_of(db));
}

static const char *failing_file(struct db *db) {
    return driver_of(db)->file(inner_of(db));
}

static const struct db_driver FAILING = {
    .close = failing_close,
    .prepare = failing_prepare,
    .finalize = failing_finalize,
    .column_name = failing_column_name,
    .bind = failing_bind,
    .step = failing_step,
    .column = failing_column,
    .reset = failing_reset,
    .changes = failing_changes,
    .control = failing_control,
    .sync = failing_sync,
    .in_transaction = failing_in_transaction,
    .script = failing_script,
    .has_table = failing_has_table,
    .set_deadline = failing_set_deadline,
    .settle = failing_settle,
    .rewrite = failing_rewrite,
    .gather = failing_gather,
    .pending = failing_pending,
    .tables = failing_tables,
    .backup = failing_backup,
    .check = failing_check,
    .file = failing_file,
};

struct db *db_failing(struct db *inner, int64_t nth, enum err err) {
    REQUIRE(!inner->in_unit);
    struct failing *f = calloc(1, sizeof *f);
    REQUIRE(f);
    *f = (struct failing){.db.driver = &FAILING, .inner = inner};
    db_failing_set(&f->db, nth, err);
    return &f->db;
}

void db_failing_set(struct db *failing, int64_t nth, enum err err) {
    REQUIRE(failing->driver == &FAILING);
    REQUIRE(nth == 0 || (err != OK && err != ERR_NOT_FOUND));
    struct failing *f = failing_of(failing);
    f->fails_at = nth == 0 ? 0 : f->calls + nth;
    f->err = err;
}

int64_t db_failing_calls(const struct db *failing) {
    REQUIRE(failing->driver == &FAILING);
    return ((const struct failing *)failing)->calls;
}
