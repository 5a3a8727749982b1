/* A layer under SQLite that gathers what a commit appends to the WAL, and may leave its sync to another
 * thread. SQLite writes a frame by two calls, its head of 24 bytes and its page; a group of drops has some
 * 800 of them, which become a few. */
#ifndef CANARY_DB_DB_SQLITE_WAL_H
#define CANARY_DB_DB_SQLITE_WAL_H

#include <sqlite3.h>
#include <stdbool.h>

/* Registers the layer, once in a process, over the default VFS; answers its name for sqlite3_open_v2, or NULL
 * when the library refuses it. Any thread.
 *
 * Writes of one WAL that follow each other are kept until a sync, a write elsewhere, or until
 * LIMIT_WAL_GATHER bytes are together; what is read meanwhile is read from there. So a sync still means that
 * all of it is on the disk, and with synchronous = FULL nobody is told of a frame before that; with less it
 * might never be written. What cannot be written fails the call that wanted it there and is forgotten: SQLite
 * then fails the transaction, and a COMMIT that failed must be rolled back, never tried again. */
const char *db_sqlite_wal_layer(void);

/* The WAL of a connection that was opened with the layer, until it is closed; NULL: it has none, as a
 * database in memory. */
struct wal;
struct wal *db_sqlite_wal_of(sqlite3 *handle);

/* While it is on, a sync of frames only writes them, and db_sqlite_wal_sync is what brings them to the disk:
 * for a COMMIT that nobody hears of before that. The head of a WAL that begins again is synced all the same,
 * as SQLite needs it to be before the frames. */
void db_sqlite_wal_leave_sync(struct wal *wal, bool on);

/* Syncs if a sync was left; SQLite's code when it fails. From any thread, one at a time. */
int db_sqlite_wal_sync(struct wal *wal);

#endif
