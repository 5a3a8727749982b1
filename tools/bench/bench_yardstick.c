/* The measure of the machine: a delivery's worth of rows in tables that never change. */
#include "bench.h"
#include <stdlib.h>
#include <string.h>

struct bench_yardstick {
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *delivery, *line, *audit;
    int64_t done;
};

static const char TABLES[] =
    "CREATE TABLE delivery (id INTEGER PRIMARY KEY, driver INTEGER NOT NULL, at INTEGER NOT NULL,"
    " state INTEGER NOT NULL, version INTEGER NOT NULL) STRICT;"
    "CREATE INDEX delivery_driver ON delivery (driver, at);"
    "CREATE TABLE line (delivery INTEGER NOT NULL, product INTEGER NOT NULL, qty INTEGER NOT NULL,"
    " PRIMARY KEY (delivery, product)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE audit (seq INTEGER PRIMARY KEY, what TEXT NOT NULL, digest BLOB NOT NULL) STRICT;";

struct bench_yardstick *bench_yardstick_open(const char *path) {
    struct bench_yardstick *y = calloc(1, sizeof *y);
    if (!y) bench_fail("no memory");
    y->db = sql_open_writer(path);
    sql_run(y->db, TABLES);
    y->begin = sql_prepare(y->db, "BEGIN IMMEDIATE");
    y->commit = sql_prepare(y->db, "COMMIT");
    y->delivery = sql_prepare(y->db, "INSERT INTO delivery (id, driver, at, state, version)"
                                     " VALUES (?1, ?2, ?3, 1, 1)");
    y->line = sql_prepare(y->db, "INSERT INTO line (delivery, product, qty) VALUES (?1, ?2, ?3)");
    y->audit = sql_prepare(y->db, "INSERT INTO audit (seq, what, digest) VALUES (?1, ?2, ?3)");
    return y;
}

static void write_delivery(struct bench_yardstick *y, int64_t id) {
    static const char WHAT[101] = "a line of one hundred bytes that says who did what to which delivery, "
                                  "and when, and from where.....";
    uint8_t digest[32];
    memset(digest, (int)(id & 0xff), sizeof digest);
    sqlite3_bind_int64(y->delivery, 1, id);
    sqlite3_bind_int64(y->delivery, 2, id % BENCH_DRIVERS);
    sqlite3_bind_int64(y->delivery, 3, 1700000000000 + id);
    sql_step(y->db, y->delivery);
    for (int i = 0; i < BENCH_LINES; i++) {
        sqlite3_bind_int64(y->line, 1, id);
        sqlite3_bind_int64(y->line, 2, i);
        sqlite3_bind_int64(y->line, 3, 40 + i);
        sql_step(y->db, y->line);
    }
    sqlite3_bind_int64(y->audit, 1, id);
    sqlite3_bind_text(y->audit, 2, WHAT, 100, SQLITE_STATIC);
    sqlite3_bind_blob(y->audit, 3, digest, sizeof digest, SQLITE_STATIC);
    sql_step(y->db, y->audit);
}

double bench_yardstick_write(struct bench_yardstick *y, size_t deliveries) {
    double started = bench_seconds();
    for (size_t i = 0; i < deliveries; i++) {
        if (i % BENCH_GROUP == 0) sql_step(y->db, y->begin);
        write_delivery(y, ++y->done);
        if (i % BENCH_GROUP == BENCH_GROUP - 1 || i + 1 == deliveries) sql_step(y->db, y->commit);
    }
    return bench_seconds() - started;
}

void bench_yardstick_close(struct bench_yardstick *y) {
    sqlite3_stmt *all[] = {y->begin, y->commit, y->delivery, y->line, y->audit};
    for (size_t i = 0; i < COUNT(all); i++)
        sqlite3_finalize(all[i]);
    sql_close(y->db);
    free(y);
}
