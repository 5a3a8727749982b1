/* Of the SQLite driver's files: what a connection is, and what one of them calls of another. */
#ifndef CANARY_DB_DB_SQLITE_H
#define CANARY_DB_DB_SQLITE_H

#define SQLITE_ENABLE_PREUPDATE_HOOK
#include "db/db_sqlite_wal.h"
#include "db/driver.h"
#include <sqlite3.h>

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

static inline struct sqlite *sqlite_of(struct db *db) {
    return (struct sqlite *)db;
}

/* ---- db_sqlite.c ---- */

/* Records the fault of a code of the library's, and answers it. An fsync that failed ends the process. */
enum err sqlite_failed(struct ctx *c, struct sqlite *q, const char *name, int code);
/* Logs and ends it, when the code says so. */
void sqlite_end_after_fsync_error(int code);
_Noreturn void sqlite_end_process(int code);
/* Exactly one statement, which the caller finalizes. */
MUST enum err sqlite_compile(struct ctx *c, struct sqlite *q, const struct db_stmt *s,
                             sqlite3_stmt **stmt_out);
MUST enum err sqlite_run_control(struct ctx *c, struct sqlite *q, enum db_control what);
/* Begins to read, and sqlite_keep_snapshot. */
MUST enum err sqlite_begin_kept(struct ctx *c, struct sqlite *q);
/* What undoes is there before it is needed: when memory is out, a rollback must not ask for more. */
MUST enum err sqlite_prepare_undoing(struct ctx *c, struct sqlite *q);

/* ---- db_sqlite_rows.c: the sums of rows ---- */

/* Every row of an audited table that comes or goes is added to q->pending from now on. */
MUST enum err sqlite_watch_rows(struct ctx *c, struct sqlite *q);
/* Which tables are audited: asked before a write, never inside one. */
MUST enum err sqlite_know_tables(struct ctx *c, struct sqlite *q);
void sqlite_forget_tables(struct sqlite *q);

/* ---- db_sqlite_file.c: the file, from opening to closing ---- */

/* Opens q->path with every setting that the place needs. */
MUST enum err sqlite_open_file(struct ctx *c, struct sqlite *q);
/* The snapshot of the transaction that has begun, and what it holds is on the disk. */
MUST enum err sqlite_keep_snapshot(struct ctx *c, struct sqlite *q);
void sqlite_close_file(struct sqlite *q);
/* As db/driver.h says. */
void sqlite_sync(struct db *db);
bool sqlite_settle(struct db *db, bool idle);
enum err sqlite_rewrite(struct ctx *c, struct db *db, int64_t most_bytes);
enum err sqlite_backup(struct ctx *c, struct db *db, const char *path, const struct progress *progress);
enum err sqlite_check(struct ctx *c, struct db *db);
const char *sqlite_file(struct db *db);

#endif
