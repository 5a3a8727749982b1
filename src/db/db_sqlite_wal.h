/* A layer under SQLite that gathers what a commit appends to the WAL, and may leave syncs to another thread.
 * SQLite writes a frame by two calls, its head of 24 bytes and its page; a group of drops has some 800 of
 * them, which become a few. */
#ifndef CANARY_DB_DB_SQLITE_WAL_H
#define CANARY_DB_DB_SQLITE_WAL_H

#include <sqlite3.h>
#include <stdbool.h>

/* Registers the layer, once in a process, over the default VFS; answers its name for sqlite3_open_v2, or NULL
 * when the library refuses it. Any thread.
 *
 * Writes of one WAL that follow each other are kept until a sync, a write elsewhere, or until
 * LIMIT_WAL_GATHER bytes are together; what is read meanwhile is read from there. So with synchronous = FULL
 * all frames of a COMMIT are written when others may see them; with less they might never be. What cannot be
 * written fails the call that wanted it there and is forgotten: SQLite then undoes the transaction, and a
 * COMMIT that failed must be rolled back, never tried again. */
const char *db_sqlite_wal_layer(void);

/* The WAL of a connection that was opened with the layer, until it is closed; NULL: it has none, as a
 * database in memory. */
struct wal;
struct wal *db_sqlite_wal_of(sqlite3 *handle);

/* What a call of SQLite's need not sync, because db_sqlite_wal_sync will. */
enum wal_leaves {
    WAL_LEAVES_NOTHING,
    /* A COMMIT that nobody hears of before that. The head of a WAL that begins again is synced all the same,
     * as SQLite needs it to be before the frames. */
    WAL_LEAVES_COMMIT,
    /* What a checkpoint copies into the database. The frames stay until it is synced: a WAL that begins
     * again, or is cut off, waits for that. */
    WAL_LEAVES_COPY
};
void db_sqlite_wal_leave(struct wal *wal, enum wal_leaves what);

/* Syncs what was left; SQLite's code when that fails, or any sync of either file has failed before: then
 * nothing that was left may be told. From any thread, one at a time. */
int db_sqlite_wal_sync(struct wal *wal);

#endif
