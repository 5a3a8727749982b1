#include "db/db_copy.h"
#include "base/log.h"
#include "base/text.h"
#include "db/db_rows.h"
#include "db/driver.h"
#include "db/rows.h"
#include <inttypes.h>
#include <string.h>

#define TELL_EVERY 5000 /* rows */

struct copy {
    struct db *from, *to;
    const struct db_copy_watch *watch;
    const char *table;
    struct db_stmt add;
    struct db_prepared adding;
    bool is_prepared;
    int64_t rows;
    struct db_rows sum; /* of the table's rows as they were read */
};

static const uint8_t NO_KEY[4];

static enum err no_memory(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "db.memory", "the machine has no memory left");
}

static void tell(const struct copy *copy) {
    if (copy->watch) copy->watch->tell(copy->watch->user, copy->table, copy->rows);
}

/* ---- what a table holds ---- */

static enum err sum_row(struct ctx *c, struct db_prepared *p, void *user) {
    struct copy *copy = user;
    uint8_t hash[SHA256_SIZE];
    TRY(rows_image_hash(c, copy->table, p, hash));
    db_rows_add_row(&copy->sum, NO_KEY, hash, false);
    copy->rows++;
    return OK;
}

/* ---- row by row ---- */

static struct db_arg arg_of(const struct db_cell *cell) {
    switch (cell->type) {
    case CELL_INT:
        return db_int(cell->integer);
    case CELL_REAL:
        return db_real(cell->real);
    case CELL_TEXT:
        return (struct db_arg){.type = DB_ARG_TEXT, .at = cell->at, .n = cell->n};
    case CELL_BLOB:
        return db_blob(cell->at, cell->n);
    default:
        return db_int(NONE);
    }
}

/* "INSERT INTO t VALUES ($1, …)": the columns are the same in the same order, or the sums will differ. */
static enum err prepare(struct ctx *c, struct copy *copy, int columns) {
    struct text sql = text_in(c->arena);
    text_printf(&sql, "INSERT INTO \"%s\" VALUES (", copy->table);
    for (int i = 1; i <= columns; i++)
        text_printf(&sql, "%s$%d", i > 1 ? ", " : "", i);
    text_str(&sql, ")");
    if (sql.failed) return no_memory(c);
    copy->add = (struct db_stmt){"copy.add", sql.at, NULL};
    c->db = copy->to;
    enum err err = copy->to->driver->prepare(c, copy->to, &copy->add, &copy->adding);
    c->db = copy->from;
    TRY(err);
    copy->adding.once = copy->adding.queues = copy->is_prepared = true;
    return OK;
}

static enum err add_row(struct ctx *c, struct db_prepared *p, struct copy *copy) {
    const struct db_driver *driver = copy->to->driver;
    for (int i = 0; i < p->columns; i++) {
        struct db_cell cell;
        copy->from->driver->column(copy->from, p, i, &cell);
        if (cell.n > 0 && !cell.at) return no_memory(c);
        struct db_arg arg = arg_of(&cell);
        TRY(driver->bind(c, copy->to, &copy->adding, i + 1, &arg));
    }
    enum err err = driver->step(c, copy->to, &copy->add, &copy->adding);
    driver->reset(copy->to, &copy->adding);
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err copy_row(struct ctx *c, struct db_prepared *p, void *user) {
    struct copy *copy = user;
    TRY(sum_row(c, p, copy));
    if (!copy->is_prepared) TRY(prepare(c, copy, p->columns));
    TRY(add_row(c, p, copy));
    if (copy->rows % TELL_EVERY == 0) tell(copy);
    return OK;
}

/* ---- tables ---- */

static enum err begin_table(struct ctx *c, struct copy *copy) {
    const char *sql = arena_printf(c->arena, "DELETE FROM \"%s\"", copy->table);
    if (!sql) return no_memory(c);
    copy->rows = 0;
    copy->sum = (struct db_rows){0};
    copy->is_prepared = false;
    bool is_migrations =
        strcmp(copy->table, "schema_migration") == 0 || strcmp(copy->table, "audit_word") == 0;
    return is_migrations ? copy->to->driver->script(c, copy->to, "copy.clear", sql) : OK;
}

static enum err compare(struct ctx *c, struct copy *copy) {
    struct copy there = {.from = copy->to, .table = copy->table};
    c->db = copy->to;
    enum err err = db_scan_table(c, copy->table, sum_row, &there);
    c->db = copy->from;
    TRY(err);
    if (there.rows == copy->rows && db_rows_equal(&there.sum, &copy->sum)) return OK;
    return FAIL(c, ERR_CORRUPT, "copy.differs",
                "table %s: %" PRId64 " rows were read and %" PRId64 " stand in the copy, or not the same",
                copy->table, copy->rows, there.rows);
}

static enum err copy_table(struct ctx *c, struct copy *copy, struct db_copied *copied) {
    TRY(begin_table(c, copy));
    enum err err = db_scan_table(c, copy->table, copy_row, copy);
    if (copy->is_prepared) copy->to->driver->finalize(copy->to, &copy->adding);
    if (err == OK) err = compare(c, copy);
    tell(copy);
    copied->tables++;
    copied->rows += copy->rows;
    return err;
}

static enum err copy_tables(struct ctx *c, struct copy *copy, struct db_copied *copied_out) {
    struct list tables;
    TRY(copy->from->driver->tables(c, copy->from, &tables));
    /* Rows that refer to others wait for the end: no order of tables would do for those that refer to their
     * own. */
    TRY(copy->to->driver->script(c, copy->to, "copy", "PRAGMA defer_foreign_keys = ON"));
    for (size_t i = 0; i < tables.n; i++) {
        copy->table = ((const char *const *)tables.at)[i];
        TRY(copy_table(c, copy, copied_out));
    }
    return OK;
}

enum err db_copy(struct ctx *c, struct db *to, const struct db_copy_watch *watch,
                 struct db_copied *copied_out) {
    struct copy copy = {.from = c->db, .to = to, .watch = watch};
    REQUIRE(c->db->in_unit && to->in_unit);
    *copied_out = (struct db_copied){0};
    TRY(db_broke(to, copy_tables(c, &copy, copied_out)));
    *to->driver->pending(to) = (struct db_pending){0}; /* the log of the copy tells of its rows already */
    return OK;
}
