/* The sums of rows on SQLite: every row that comes or goes is told by the library's hook. */
#include "db/db_sqlite.h"
#include "db/rows.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void sqlite_forget_tables(struct sqlite *q) {
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
    if (!s.sql) return sqlite_failed(c, q, "rows.default", SQLITE_NOMEM);
    TRY(sqlite_compile(c, q, &s, &stmt));
    int code = sqlite3_step(stmt);
    *value_out = code == SQLITE_ROW ? sqlite3_value_dup(sqlite3_column_value(stmt, 0)) : NULL;
    sqlite3_finalize(stmt);
    return *value_out ? OK : sqlite_failed(c, q, s.name, code == SQLITE_ROW ? SQLITE_NOMEM : code);
}

static enum err add_default(struct ctx *c, struct sqlite *q, struct known_table *table, sqlite3_stmt *stmt) {
    struct known_default *more = realloc(table->of_default, (table->defaults + 1) * sizeof *more);
    if (!more) return sqlite_failed(c, q, DEFAULTS.name, SQLITE_NOMEM);
    table->of_default = more;
    more[table->defaults].column = sqlite3_column_int(stmt, 0);
    TRY(evaluate(c, q, (const char *)sqlite3_column_text(stmt, 1), &more[table->defaults].value));
    table->defaults++;
    return OK;
}

static enum err know_defaults(struct ctx *c, struct sqlite *q, struct known_table *table) {
    sqlite3_stmt *stmt;
    TRY(sqlite_compile(c, q, &DEFAULTS, &stmt));
    enum err err = OK;
    int code = sqlite3_bind_text(stmt, 1, table->name, -1, SQLITE_STATIC);
    while (err == OK && code == SQLITE_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        err = add_default(c, q, table, stmt);
        code = SQLITE_OK;
    }
    if (err == OK && code != SQLITE_DONE) err = sqlite_failed(c, q, DEFAULTS.name, code);
    sqlite3_finalize(stmt);
    return err;
}

static enum err add_known(struct ctx *c, struct sqlite *q, const char *name) {
    if (!db_rows_is_audited(name)) return OK;
    struct known_table *more = realloc(q->known, (q->known_n + 1) * sizeof *more);
    if (!more) return sqlite_failed(c, q, TABLES.name, SQLITE_NOMEM);
    q->known = more;
    struct known_table *table = &more[q->known_n++];
    *table = (struct known_table){.defaults = 0};
    snprintf(table->name, sizeof table->name, "%s", name);
    db_rows_key(name, table->key);
    return OK;
}

enum err sqlite_know_tables(struct ctx *c, struct sqlite *q) {
    sqlite3_stmt *stmt;
    int code = SQLITE_OK;
    enum err err = OK;
    sqlite_forget_tables(q);
    q->is_stale = false;
    TRY(sqlite_compile(c, q, &TABLES, &stmt));
    while (err == OK && (code = sqlite3_step(stmt)) == SQLITE_ROW)
        err = add_known(c, q, (const char *)sqlite3_column_text(stmt, 0));
    if (err == OK && code != SQLITE_DONE) err = sqlite_failed(c, q, TABLES.name, code);
    sqlite3_finalize(stmt);
    for (size_t i = 0; err == OK && i < q->known_n; i++)
        err = know_defaults(c, q, &q->known[i]);
    return err;
}

enum err sqlite_watch_rows(struct ctx *c, struct sqlite *q) {
    sqlite3_preupdate_hook(q->handle, on_write, q);
    return sqlite_know_tables(c, q);
}
