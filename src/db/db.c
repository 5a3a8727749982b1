#include "db/driver.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/lock.h"
#include <string.h>
#include <unistd.h>

#define ROWS_FIRST 16

/* ---- one statement: find, bind, step, reset ---- */

static enum err get(struct ctx *c, const struct db_stmt *s, struct db_cached **cached_out) {
    REQUIRE(c->db);
    if (c->db->broken != OK)
        return FAIL(c, ERR_INTERNAL, "db.unit-broken", "statement %s runs in a unit that failed before",
                    s->name);
    TRY(db_broke(c->db, db_cache_get(c, s, cached_out)));
    REQUIRE(!(*cached_out)->walking);
    c->db->writes += (*cached_out)->prepared.writes;
    return OK;
}

static enum err wrong_count(struct ctx *c, const struct db_cached *cached, size_t n) {
    return FAIL(c, ERR_INTERNAL, "db.statement", "statement %s: %zu values for %d parameters",
                cached->stmt->name, n, cached->prepared.params);
}

static enum err bind_args(struct ctx *c, struct db_cached *cached, const struct db_arg *args, size_t n) {
    struct db *db = c->db;
    if (n != (size_t)cached->prepared.params) return wrong_count(c, cached, n);
    for (size_t i = 0; i < n; i++)
        TRY(db->driver->bind(c, db, &cached->prepared, (int)i + 1, &args[i]));
    return OK;
}

static enum err bind_record(struct ctx *c, struct db_cached *cached, const struct shape *shape,
                            const void *record) {
    struct db *db = c->db;
    const struct db_map *map;
    TRY(db_cache_params(c, cached, shape, &map));
    for (int i = 0; i < cached->prepared.params; i++) {
        struct db_arg arg = db_value_arg(map->field[i], record);
        TRY(db->driver->bind(c, db, &cached->prepared, i + 1, &arg));
    }
    return OK;
}

/* true when the statement is its own transaction: no unit, no walk around it. */
static bool alone(const struct db *db) {
    return !db->in_unit && db->walks == 0;
}

static enum err prepare(struct ctx *c, const struct db_stmt *s, const struct db_arg *args, size_t n,
                        struct db_cached **cached_out) {
    TRY(get(c, s, cached_out));
    TRY(db_broke(c->db, bind_args(c, *cached_out, args, n)));
    if (alone(c->db)) db_set_deadline(c->db, true);
    return OK;
}

static enum err step(struct ctx *c, struct db_cached *cached) {
    struct db *db = c->db;
    if (db->deadline_us && clock_monotonic_us() > db->deadline_us)
        return db_broke(db, FAIL(c, ERR_LIMIT, "read.too-long", "statement %s took longer than a read may",
                                 cached->stmt->name));
    return db_broke(db, db->driver->step(c, db, cached->stmt, &cached->prepared));
}

/* To the end, also of RETURNING whose first row is enough: a statement without a unit commits there,
 * and the error of that must not be lost. */
static enum err step_to_end(struct ctx *c, struct db_cached *cached) {
    enum err err = OK;
    while (err == OK)
        err = step(c, cached);
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err finish(struct ctx *c, struct db_cached *cached, enum err err) {
    struct db *db = c->db;
    db->driver->reset(db, &cached->prepared);
    if (!alone(db)) return err;
    db_set_deadline(db, false);
    if (cached->prepared.writes) db->driver->settle(db, false);
    return err;
}

static enum err read_row(struct ctx *c, struct db_cached *cached, const struct db_map *map, bool keep,
                         void *record) {
    struct db *db = c->db;
    memcpy(record, map->blank, map->shape->size);
    for (int i = 0; i < cached->prepared.columns; i++) {
        struct db_cell cell;
        db->driver->column(db, &cached->prepared, i, &cell);
        TRY(db_value_fill(c, cached->stmt, map->field[i], &cell, keep, record));
    }
    return OK;
}

/* ---- statements without rows ---- */

static enum err run(struct ctx *c, struct db_cached *cached, int64_t *changed_out) {
    struct db_prepared *p = &cached->prepared;
    p->queues = c->db->in_unit && p->writes && p->columns == 0 && !changed_out;
    enum err err = step_to_end(c, cached);
    if (err == OK && changed_out) *changed_out = cached->prepared.writes ? c->db->driver->changes(c->db) : 0;
    return finish(c, cached, err);
}

enum err db_exec(struct ctx *c, const struct db_stmt *s, const struct db_arg *args, size_t n,
                 int64_t *changed_out) {
    struct db_cached *cached;
    TRY(prepare(c, s, args, n, &cached));
    return run(c, cached, changed_out);
}

enum err db_exec_row(struct ctx *c, const struct db_stmt *s, const struct shape *shape, const void *record,
                     int64_t *changed_out) {
    struct db_cached *cached;
    TRY(get(c, s, &cached));
    TRY(db_broke(c->db, bind_record(c, cached, shape, record)));
    return run(c, cached, changed_out);
}

/* ---- statements with rows ---- */

static enum err one(struct ctx *c, struct db_cached *cached, const struct shape *shape, void *record_out) {
    const struct db_map *map;
    TRY(db_cache_columns(c, cached, shape, &map));
    TRY(step(c, cached));
    TRY(read_row(c, cached, map, true, record_out));
    return cached->prepared.writes ? step_to_end(c, cached) : OK;
}

enum err db_one(struct ctx *c, const struct db_stmt *s, const struct db_arg *args, size_t n,
                const struct shape *shape, void *record_out) {
    struct db_cached *cached;
    TRY(prepare(c, s, args, n, &cached));
    return finish(c, cached, one(c, cached, shape, record_out));
}

/* Records that grow by doubling; what they leave behind dies with the arena. */
struct rows {
    char *at;
    size_t n, cap;
};

static enum err add_row(struct ctx *c, struct rows *rows, size_t size, void **record_out) {
    if (rows->n == rows->cap) {
        size_t cap = rows->cap ? 2 * rows->cap : ROWS_FIRST;
        char *at = arena_array(c->arena, cap, size);
        if (!at)
            return FAIL(c, ERR_LIMIT, "request.too-large",
                        "the answer has more rows than one request may hold");
        if (rows->n > 0) memcpy(at, rows->at, rows->n * size);
        *rows = (struct rows){at, rows->n, cap};
    }
    *record_out = rows->at + rows->n++ * size;
    return OK;
}

static enum err all(struct ctx *c, struct db_cached *cached, const struct shape *shape, struct rows *rows) {
    const struct db_map *map;
    TRY(db_cache_columns(c, cached, shape, &map));
    for (;;) {
        enum err err = step(c, cached);
        if (err == ERR_NOT_FOUND) return OK;
        TRY(err);
        void *record = NULL;
        TRY(add_row(c, rows, shape->size, &record));
        TRY(read_row(c, cached, map, true, record));
    }
}

enum err db_all(struct ctx *c, const struct db_stmt *s, const struct db_arg *args, size_t n,
                const struct shape *shape, struct list *records_out) {
    struct db_cached *cached;
    struct rows rows = {0};
    TRY(prepare(c, s, args, n, &cached));
    TRY(finish(c, cached, all(c, cached, shape, &rows)));
    *records_out = (struct list){rows.at, rows.n};
    return OK;
}

static enum err call_row(struct ctx *c, struct db_cached *cached, void *record,
                         enum err (*row)(struct ctx *c, void *record, void *user), void *user) {
    struct db *db = c->db;
    cached->walking = true;
    db->walks++;
    enum err err = row(c, record, user);
    db->walks--;
    cached->walking = false;
    return err;
}

static enum err each(struct ctx *c, struct db_cached *cached, const struct shape *shape, void *record,
                     enum err (*row)(struct ctx *c, void *record, void *user), void *user) {
    const struct db_map *map;
    TRY(db_cache_columns(c, cached, shape, &map));
    for (;;) {
        enum err err = step(c, cached);
        if (err == ERR_NOT_FOUND) return OK;
        TRY(err);
        TRY(read_row(c, cached, map, false, record));
        err = call_row(c, cached, record, row, user);
        TRY(err);
    }
}

enum err db_each(struct ctx *c, const struct db_stmt *s, const struct db_arg *args, size_t n,
                 const struct shape *shape, void *record,
                 enum err (*row)(struct ctx *c, void *record, void *user), void *user) {
    struct db_cached *cached;
    TRY(prepare(c, s, args, n, &cached));
    cached->prepared.walks = true;
    enum err err = finish(c, cached, each(c, cached, shape, record, row, user));
    cached->prepared.walks = false;
    return err;
}

static enum err value(struct ctx *c, struct db_cached *cached, int64_t *value_out) {
    if (cached->prepared.columns < 1)
        return FAIL(c, ERR_INTERNAL, "db.statement", "statement %s has no column", cached->stmt->name);
    TRY(step(c, cached));
    struct db_cell cell;
    c->db->driver->column(c->db, &cached->prepared, 0, &cell);
    if (cell.type != CELL_INT && cell.type != CELL_NULL)
        return FAIL(c, ERR_CORRUPT, "db.corrupt", "statement %s: its value is not a whole number",
                    cached->stmt->name);
    if (cell.type == CELL_INT && cell.integer == NONE)
        return FAIL(c, ERR_CORRUPT, "db.corrupt", "statement %s: its value is out of range",
                    cached->stmt->name);
    if (cached->prepared.writes) TRY(step_to_end(c, cached));
    *value_out = cell.type == CELL_INT ? cell.integer : NONE;
    return OK;
}

enum err db_value(struct ctx *c, const struct db_stmt *s, const struct db_arg *args, size_t n,
                  int64_t *value_out) {
    struct db_cached *cached;
    TRY(prepare(c, s, args, n, &cached));
    return finish(c, cached, value(c, cached, value_out));
}

/* ---- connections ---- */

bool db_is_file(const char *url) {
    return !strstr(url, "://");
}

const char *db_shown(struct arena *arena, const char *url) {
    const char *rest = strstr(url, "://"), *at;
    if (!rest) return url;
    rest += 3;
    at = strrchr(rest, '@');
    if (!at) at = rest - 1;
    return arena_printf(arena, "%.*s%.*s", (int)(rest - url), url, (int)strcspn(at + 1, "?"), at + 1);
}

enum err db_open(struct ctx *c, const char *url, enum db_mode mode, struct db **db_out) {
    if (strncmp(url, "postgresql://", 13) == 0 || strncmp(url, "postgres://", 11) == 0)
        return db_pg_open(c, url, mode, db_out);
    if (!db_is_file(url)) return FAIL(c, ERR_INVALID, "db.url", "a database is a file, or postgresql://…");
    return db_sqlite_open(c, url, mode == DB_HOLD ? DB_WRITE : mode, db_out);
}

/* ---- copies ---- */

void db_keep_seen(struct db *db) {
    db->keeps_seen = true;
}

enum err db_backup(struct ctx *c, const char *path, const struct progress *progress) {
    REQUIRE(!c->db->in_unit && c->db->walks == 0);
    return c->db->driver->backup(c, c->db, path, progress);
}

enum err db_check(struct ctx *c) {
    return c->db->driver->check(c, c->db);
}

const char *db_file(const struct db *db) {
    return db->driver->file((struct db *)db);
}

enum err db_hold(struct ctx *c, const char *url, const char **file_out, int *hold_out) {
    if (!db_is_file(url))
        return FAIL(c, ERR_INVALID, "db.no-file",
                    "this is for SQLite files; a database server has its own "
                    "tools for it (pg_dump, pg_restore)");
    const char *file = file_real(c->arena, url);
    if (!file) return FAIL(c, ERR_NOT_FOUND, "db.absent", "there is no folder for %s: make it first", url);
    TRY(lock_take(c, file, hold_out));
    *file_out = file;
    return OK;
}

void db_let_go(int *hold) {
    if (*hold >= 0) close(*hold);
    *hold = -1;
}

void db_close(struct db **db) {
    if (!*db) return;
    db_cache_clear(*db);
    (*db)->driver->close(*db);
    *db = NULL;
}

void db_set_read_limit_ms(struct db *db, int64_t ms) {
    db->read_limit_ms = ms;
}
