/* Indexes made at the end, each by one sort, instead of a look for the right page at every row. What must be
 * unique is kept from the beginning: it is a constraint. */
#include "volume.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 128 };

struct volume_indexes {
    char *name[MOST], *sql[MOST];
    size_t n;
};

static void run(sqlite3 *db, const char *sql) {
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) volume_fail("%s: %s", sql, sqlite3_errmsg(db));
}

static void add(struct volume_indexes *indexes, sqlite3_stmt *stmt) {
    if (indexes->n == MOST) volume_fail("more than %d indexes", MOST);
    char *name = strdup((const char *)sqlite3_column_text(stmt, 0));
    char *sql = strdup((const char *)sqlite3_column_text(stmt, 1));
    if (!name || !sql) volume_fail("no memory");
    indexes->name[indexes->n] = name;
    indexes->sql[indexes->n++] = sql;
}

static void read_all(struct volume_indexes *indexes, sqlite3 *db) {
    static const char SQL[] = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL "
                              "AND sql NOT LIKE 'CREATE UNIQUE %' ORDER BY rowid";
    sqlite3_stmt *stmt;
    if (sqlite3_prepare_v2(db, SQL, -1, &stmt, NULL) != SQLITE_OK) volume_fail("%s", sqlite3_errmsg(db));
    while (sqlite3_step(stmt) == SQLITE_ROW)
        add(indexes, stmt);
    sqlite3_finalize(stmt);
}

struct volume_indexes *volume_indexes_drop(sqlite3 *db) {
    struct volume_indexes *indexes = calloc(1, sizeof *indexes);
    char sql[256];
    if (!indexes) volume_fail("no memory");
    read_all(indexes, db);
    for (size_t i = 0; i < indexes->n; i++) {
        snprintf(sql, sizeof sql, "DROP INDEX \"%s\"", indexes->name[i]);
        run(db, sql);
    }
    return indexes;
}

void volume_indexes_make(sqlite3 *db, struct volume_indexes **indexes) {
    run(db, "PRAGMA threads = 2"); /* beside the reading, for the sorts */
    for (size_t i = 0; i < (*indexes)->n; i++) {
        run(db, (*indexes)->sql[i]);
        free((*indexes)->name[i]);
        free((*indexes)->sql[i]);
    }
    free(*indexes);
    *indexes = NULL;
}
