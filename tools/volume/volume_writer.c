/* Nobody waits for this file and a broken one is thrown away: no journal, no fsync, no look at foreign keys
 * and CHECKs (the tests look at a small one); the sums of rows come with the rows. */
#include "volume.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCHES_A_COMMIT = 64 };

struct volume_writer {
    sqlite3 *db;
    struct volume_queue *queue;
    sqlite3_stmt *insert[TABLES];
    struct volume_indexes *indexes; /* to be made at the end; NULL: they grow */
    pthread_t thread;
};

static void run(sqlite3 *db, const char *sql) {
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) volume_fail("%s: %s", sql, sqlite3_errmsg(db));
}

static void prepare(struct volume_writer *w, size_t table) {
    const struct volume_table *t = &volume_table[table];
    char sql[4096];
    size_t n = (size_t)snprintf(sql, sizeof sql, "INSERT INTO %s (", t->name);
    for (size_t i = 0; i < t->columns; i++)
        n += (size_t)snprintf(sql + n, sizeof sql - n, "%s\"%s\"", i ? ", " : "", t->column_name[i]);
    n += (size_t)snprintf(sql + n, sizeof sql - n, ") VALUES (");
    for (size_t i = 0; i < t->columns; i++)
        n += (size_t)snprintf(sql + n, sizeof sql - n, "%s?", i ? ", " : "");
    snprintf(sql + n, sizeof sql - n, ")");
    if (sqlite3_prepare_v3(w->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &w->insert[table], NULL) != SQLITE_OK)
        volume_fail("%s: %s", sql, sqlite3_errmsg(w->db));
}

static void bind(sqlite3_stmt *stmt, int i, const struct db_cell *cell) {
    switch (cell->type) {
    case CELL_INT:
        sqlite3_bind_int64(stmt, i, cell->integer);
        return;
    case CELL_TEXT:
        sqlite3_bind_text64(stmt, i, cell->at, cell->n, SQLITE_STATIC, SQLITE_UTF8);
        return;
    case CELL_BLOB:
        sqlite3_bind_blob64(stmt, i, cell->at, cell->n, SQLITE_STATIC);
        return;
    case CELL_NULL:
    case CELL_REAL:
        sqlite3_bind_null(stmt, i);
        return;
    }
}

static void write_rows(struct volume_writer *w, const struct volume_batch *batch, enum table table) {
    struct db_cell cell[COLUMNS];
    sqlite3_stmt *insert = w->insert[table];
    uint32_t row = batch->first[table];
    while (volume_batch_row(batch, table, &row, cell)) {
        for (size_t i = 0; i < volume_table[table].columns; i++)
            bind(insert, (int)i + 1, &cell[i]);
        if (sqlite3_step(insert) != SQLITE_DONE)
            volume_fail("%s: %s", volume_table[table].name, sqlite3_errmsg(w->db));
        sqlite3_reset(insert);
    }
}

static void write_batch(struct volume_writer *w, const struct volume_batch *batch) {
    for (enum table table = 0; table < TABLES; table++)
        write_rows(w, batch, table);
}

static void *write_all(void *user) {
    struct volume_writer *w = user;
    const struct volume_batch *batch;
    run(w->db, "BEGIN");
    for (int n = 1; (batch = volume_queue_next(w->queue)); n++) {
        write_batch(w, batch);
        if (n % BATCHES_A_COMMIT == 0) run(w->db, "COMMIT; BEGIN");
    }
    run(w->db, "COMMIT");
    return NULL;
}

struct volume_writer *volume_writer_start(const struct volume_options *o, struct volume_queue *queue) {
    struct volume_writer *w = calloc(1, sizeof *w);
    if (!w) volume_fail("no memory");
    w->queue = queue;
    if (sqlite3_open_v2(o->db, &w->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        volume_fail("%s: %s", o->db, sqlite3_errmsg(w->db));
    run(w->db, "PRAGMA journal_mode = DELETE");
    run(w->db, "PRAGMA locking_mode = EXCLUSIVE");
    run(w->db, "PRAGMA journal_mode = OFF");
    run(w->db, "PRAGMA synchronous = OFF");
    run(w->db,
        "PRAGMA cache_size = -4194304"); /* KiB: the places of all indexes that do not grow at their end */
    run(w->db, "PRAGMA foreign_keys = OFF");
    run(w->db, "PRAGMA ignore_check_constraints = ON");
    if (o->late_indexes) w->indexes = volume_indexes_drop(w->db);
    volume_tables_read(w->db);
    for (size_t i = 0; i < TABLES; i++)
        prepare(w, i);
    if (pthread_create(&w->thread, NULL, write_all, w) != 0) volume_fail("no second thread");
    return w;
}

void volume_writer_end(struct volume_writer **writer) {
    struct volume_writer *w = *writer;
    pthread_join(w->thread, NULL);
    for (size_t i = 0; i < TABLES; i++)
        sqlite3_finalize(w->insert[i]);
    if (w->indexes) volume_indexes_make(w->db, &w->indexes);
    if (sqlite3_close(w->db) != SQLITE_OK) volume_fail("a statement is still open");
    free(w);
    *writer = NULL;
}
