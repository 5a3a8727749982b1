#include "base/id.h"
#include "bench.h"
#include <string.h>

static void check(sqlite3 *db, int code, const char *text) {
    if (code != SQLITE_OK) bench_fail("%s: %s", text, sqlite3_errmsg(db));
}

static sqlite3 *open_as(const char *path, int flags) {
    sqlite3 *db = NULL;
    check(db, sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL), path);
    sqlite3_busy_timeout(db, 5000);
    return db;
}

/* The server's page cache, fsync and amount of WAL between two checkpoints (src/db/db_sqlite_file.c). */
sqlite3 *sql_open_writer(const char *path) {
    sqlite3 *db = open_as(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    sql_run(db, "PRAGMA journal_mode = WAL");
    sql_run(db, "PRAGMA synchronous = FULL");
    sql_run(db, "PRAGMA cache_size = -65536");
    sql_run(db, "PRAGMA wal_autocheckpoint = 2000");
    sql_run(db, "PRAGMA mmap_size = 0");
    sql_run(db, "PRAGMA temp_store = MEMORY");
    return db;
}

sqlite3 *sql_open_reader(const char *path) {
    return open_as(path, SQLITE_OPEN_READONLY);
}

void sql_run(sqlite3 *db, const char *text) {
    check(db, sqlite3_exec(db, text, NULL, NULL, NULL), text);
}

sqlite3_stmt *sql_prepare(sqlite3 *db, const char *text) {
    sqlite3_stmt *stmt;
    check(db, sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL), text);
    return stmt;
}

int64_t sql_value(sqlite3 *db, const char *text) {
    sqlite3_stmt *stmt = sql_prepare(db, text);
    if (sqlite3_step(stmt) != SQLITE_ROW) bench_fail("%s: %s", text, sqlite3_errmsg(db));
    int64_t value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return value;
}

void sql_step(sqlite3 *db, sqlite3_stmt *stmt) {
    if (sqlite3_step(stmt) != SQLITE_DONE) bench_fail("%s: %s", sqlite3_sql(stmt), sqlite3_errmsg(db));
    sqlite3_reset(stmt);
}

struct id sql_id(sqlite3_stmt *stmt, int column) {
    struct id id = {{0}};
    const void *bytes = sqlite3_column_blob(stmt, column);
    if (sqlite3_column_bytes(stmt, column) == ID_SHORT_SIZE) return id_lengthen(bytes);
    if (sqlite3_column_bytes(stmt, column) == sizeof id.b) memcpy(id.b, bytes, sizeof id.b);
    return id;
}

void sql_bind_id(sqlite3_stmt *stmt, int param, const struct id *id) {
    uint8_t short_form[ID_SHORT_SIZE];
    if (id_shorten(id, short_form))
        sqlite3_bind_blob(stmt, param, short_form, sizeof short_form, SQLITE_TRANSIENT);
    else
        sqlite3_bind_blob(stmt, param, id->b, sizeof id->b, SQLITE_TRANSIENT);
}

void sql_close(sqlite3 *db) {
    if (sqlite3_close(db) != SQLITE_OK) bench_fail("a statement is still open");
}
