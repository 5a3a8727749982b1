#include "db/db_sqlite_wal.h"
#include "base/limits.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NAME "canary"
#define HEAD 32 /* bytes of the head of a WAL: https://sqlite.org/fileformat2.html#walformat */

/* The file as SQLite sees it, and behind it the one of the layer below. */
struct wal {
    sqlite3_file base;
    uint8_t *gathered; /* LIMIT_WAL_GATHER bytes, from the first write on */
    sqlite3_int64 at;  /* where they belong */
    int n;
    bool leaves_sync;
    atomic_bool is_due; /* frames were written whose sync was left */
    sqlite3_file below[];
};

static struct wal *wal_of(sqlite3_file *file) {
    return (struct wal *)file;
}

/* ---- gathering ---- */

static int write_out(struct wal *w) {
    int n = w->n;
    w->n = 0;
    return n > 0 ? w->below->pMethods->xWrite(w->below, w->gathered, n, w->at) : SQLITE_OK;
}

static bool follows(const struct wal *w, int n, sqlite3_int64 at) {
    return at == w->at + w->n && w->n + n <= LIMIT_WAL_GATHER;
}

static int wal_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at) {
    struct wal *w = wal_of(file);
    if (!w->gathered) w->gathered = malloc(LIMIT_WAL_GATHER);
    if (!w->gathered) return SQLITE_IOERR_NOMEM;
    if (!follows(w, n, at)) {
        int code = write_out(w);
        if (code != SQLITE_OK) return code;
        w->at = at;
    }
    if (n > LIMIT_WAL_GATHER) return w->below->pMethods->xWrite(w->below, bytes, n, at);
    memcpy(w->gathered + w->n, bytes, (size_t)n);
    w->n += n;
    return SQLITE_OK;
}

/* A page is written by one call, so it is read from here whole or not at all. */
static int wal_read(sqlite3_file *file, void *bytes, int n, sqlite3_int64 at) {
    struct wal *w = wal_of(file);
    if (at >= w->at && at + n <= w->at + w->n) {
        memcpy(bytes, w->gathered + (at - w->at), (size_t)n);
        return SQLITE_OK;
    }
    int code = at + n > w->at ? write_out(w) : SQLITE_OK;
    return code == SQLITE_OK ? w->below->pMethods->xRead(w->below, bytes, n, at) : code;
}

/* ---- the calls that want it there ---- */

static int wal_truncate(sqlite3_file *file, sqlite3_int64 size) {
    struct wal *w = wal_of(file);
    int code = write_out(w);
    return code == SQLITE_OK ? w->below->pMethods->xTruncate(w->below, size) : code;
}

static int wal_sync(sqlite3_file *file, int flags) {
    struct wal *w = wal_of(file);
    bool is_head = w->at == 0 && w->n <= HEAD;
    int code = write_out(w);
    if (w->leaves_sync && !is_head) {
        if (code == SQLITE_OK) atomic_store(&w->is_due, true);
        return code;
    }
    return code == SQLITE_OK ? w->below->pMethods->xSync(w->below, flags) : code;
}

static int wal_size(sqlite3_file *file, sqlite3_int64 *size_out) {
    struct wal *w = wal_of(file);
    int code = write_out(w);
    return code == SQLITE_OK ? w->below->pMethods->xFileSize(w->below, size_out) : code;
}

static int wal_close(sqlite3_file *file) {
    struct wal *w = wal_of(file);
    int code = write_out(w);
    free(w->gathered);
    int closed = w->below->pMethods->xClose(w->below);
    return code == SQLITE_OK ? closed : code;
}

/* ---- handed on ---- */

static int wal_lock(sqlite3_file *file, int how) {
    return wal_of(file)->below->pMethods->xLock(wal_of(file)->below, how);
}

static int wal_unlock(sqlite3_file *file, int how) {
    return wal_of(file)->below->pMethods->xUnlock(wal_of(file)->below, how);
}

static int wal_reserved(sqlite3_file *file, int *is_out) {
    return wal_of(file)->below->pMethods->xCheckReservedLock(wal_of(file)->below, is_out);
}

static int wal_control(sqlite3_file *file, int what, void *user) {
    return wal_of(file)->below->pMethods->xFileControl(wal_of(file)->below, what, user);
}

static int wal_sector(sqlite3_file *file) {
    return wal_of(file)->below->pMethods->xSectorSize(wal_of(file)->below);
}

static int wal_characteristics(sqlite3_file *file) {
    return wal_of(file)->below->pMethods->xDeviceCharacteristics(wal_of(file)->below);
}

static const sqlite3_io_methods METHODS = {
    .iVersion = 1, /* the later ones are for the database's own file */
    .xClose = wal_close,
    .xRead = wal_read,
    .xWrite = wal_write,
    .xTruncate = wal_truncate,
    .xSync = wal_sync,
    .xFileSize = wal_size,
    .xLock = wal_lock,
    .xUnlock = wal_unlock,
    .xCheckReservedLock = wal_reserved,
    .xFileControl = wal_control,
    .xSectorSize = wal_sector,
    .xDeviceCharacteristics = wal_characteristics,
};

/* ---- for the driver ---- */

struct wal *db_sqlite_wal_of(sqlite3 *handle) {
    sqlite3_file *file = NULL;
    int code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    return code == SQLITE_OK && file && file->pMethods == &METHODS ? wal_of(file) : NULL;
}

void db_sqlite_wal_leave_sync(struct wal *w, bool on) {
    w->leaves_sync = on;
}

int db_sqlite_wal_sync(struct wal *w) {
    bool is_due = atomic_exchange(&w->is_due, false);
    return is_due ? w->below->pMethods->xSync(w->below, SQLITE_SYNC_NORMAL) : SQLITE_OK;
}

/* ---- the layer ---- */

/* Every other file is that of the layer below, with nothing between. */
static int layer_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *flags_out) {
    sqlite3_vfs *below = vfs->pAppData;
    if (!(flags & SQLITE_OPEN_WAL)) return below->xOpen(below, name, file, flags, flags_out);
    struct wal *w = wal_of(file);
    *w = (struct wal){.base = {NULL}};
    int code = below->xOpen(below, name, w->below, flags, flags_out);
    if (code == SQLITE_OK) w->base.pMethods = &METHODS;
    return code;
}

static sqlite3_vfs layer;

static void make_layer(void) {
    sqlite3_vfs *below = sqlite3_vfs_find(NULL);
    if (!below) return;
    layer = *below;
    layer.zName = NAME;
    layer.pNext = NULL;
    layer.szOsFile = (int)sizeof(struct wal) + below->szOsFile;
    layer.pAppData = below;
    layer.xOpen = layer_open;
    if (sqlite3_vfs_register(&layer, 0) != SQLITE_OK) layer.zName = NULL;
}

const char *db_sqlite_wal_layer(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_layer);
    return layer.zName;
}
