/* A layer under SQLite that gathers what a commit appends to the WAL. SQLite writes a frame by two calls, its
 * head of 24 bytes and its page; a group of drops has some 800 of them, which become a few. */
#ifndef CANARY_DB_DB_SQLITE_WAL_H
#define CANARY_DB_DB_SQLITE_WAL_H

/* Registers the layer, once in a process, over the default VFS; answers its name for sqlite3_open_v2, or NULL
 * when the library refuses it. Any thread.
 *
 * Writes of one WAL that follow each other are kept until a sync, a write elsewhere, or until
 * LIMIT_WAL_GATHER bytes are together; what is read meanwhile is read from there. So a sync still means that
 * all of it is on the disk, and with synchronous = FULL nobody is told of a frame before that; with less it
 * might never be written. What cannot be written fails the call that wanted it there and is forgotten: SQLite
 * then fails the transaction, and a COMMIT that failed must be rolled back, never tried again. */
const char *db_sqlite_wal_layer(void);

#endif
