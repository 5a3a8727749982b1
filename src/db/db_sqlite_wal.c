#include "db/db_sqlite_wal.h"
#include "base/limits.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NAME "canary"
#define ALIGNED _Alignof(max_align_t)
#define HEAD 32 /* bytes of the head of a WAL: https://sqlite.org/fileformat2.html#walformat */

/* The file as SQLite sees it, and behind it the one of the layer below. */
struct wal {
    sqlite3_file base;
    uint8_t *gathered; /* LIMIT_WAL_GATHER bytes, from the first write on */
    sqlite3_int64 at;  /* where they belong; where the last ones belonged when there are none */
    int n;
    enum wal_leaves leaves;
    atomic_bool is_due; /* frames were written whose sync was left */
    sqlite3_file *data; /* the database's own file */
    pthread_mutex_t syncing;
    bool is_copy_due, is_lost; /* under syncing */
    sqlite3_file below[];
};

/* The database's own file is that of the layer below, but for its sync. This stands behind it. */
struct data {
    sqlite3_io_methods methods;
    const sqlite3_io_methods *below;
    struct wal *wal; /* NULL: not opened yet */
};

static struct wal *wal_of(sqlite3_file *file) {
    return (struct wal *)file;
}

static int data_at; /* bytes of a file of the layer below */

static struct data *data_of(sqlite3_file *file) {
    return (struct data *)((char *)file + data_at);
}

/* ---- syncs ---- */

/* One at a time, and after one that failed none is good: the kernel tells of a page that it lost once, and
 * whoever asks beside that, or next, hears that all is well. */
static int sync_locked(struct wal *w, sqlite3_file *file, const sqlite3_io_methods *methods, int flags) {
    int code = w->is_lost ? SQLITE_IOERR_FSYNC : methods->xSync(file, flags);
    w->is_lost = code != SQLITE_OK;
    return code;
}

static int sync_frames(struct wal *w, int flags) {
    pthread_mutex_lock(&w->syncing);
    int code = sync_locked(w, w->below, w->below->pMethods, flags);
    pthread_mutex_unlock(&w->syncing);
    return code;
}

/* Until then the frames that were copied are the only ones on the disk: they must stay. */
static int sync_copy(struct wal *w) {
    pthread_mutex_lock(&w->syncing);
    int code = SQLITE_OK;
    if (w->is_copy_due) code = sync_locked(w, w->data, data_of(w->data)->below, SQLITE_SYNC_NORMAL);
    if (code == SQLITE_OK) w->is_copy_due = false;
    pthread_mutex_unlock(&w->syncing);
    return code;
}

static int data_sync(sqlite3_file *file, int flags) {
    const struct data *d = data_of(file);
    struct wal *w = d->wal;
    if (!w) return d->below->xSync(file, flags);
    pthread_mutex_lock(&w->syncing);
    w->is_copy_due = true;
    pthread_mutex_unlock(&w->syncing);
    return w->leaves == WAL_LEAVES_COPY ? SQLITE_OK : sync_copy(w);
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
    if (at == 0) { /* it begins again */
        int code = sync_copy(w);
        if (code != SQLITE_OK) return code;
    }
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

/* A page is written by one call, so it is here whole or not at all: its reading, which SQLite may answer by
 * undoing no more than a statement, writes nothing. Only a COMMIT reads more than a page at once. */
static int wal_read(sqlite3_file *file, void *bytes, int n, sqlite3_int64 at) {
    struct wal *w = wal_of(file);
    if (at >= w->at && at + n <= w->at + w->n) {
        memcpy(bytes, w->gathered + (at - w->at), (size_t)n);
        return SQLITE_OK;
    }
    bool is_elsewhere = at + n <= w->at || at >= w->at + w->n;
    int code = is_elsewhere ? SQLITE_OK : write_out(w);
    return code == SQLITE_OK ? w->below->pMethods->xRead(w->below, bytes, n, at) : code;
}

/* ---- the calls that want it there ---- */

static int wal_truncate(sqlite3_file *file, sqlite3_int64 size) {
    struct wal *w = wal_of(file);
    int code = write_out(w);
    if (code == SQLITE_OK) code = sync_copy(w);
    return code == SQLITE_OK ? w->below->pMethods->xTruncate(w->below, size) : code;
}

static int wal_sync(sqlite3_file *file, int flags) {
    struct wal *w = wal_of(file);
    bool is_head = w->at == 0 && w->n <= HEAD;
    int code = write_out(w);
    if (code != SQLITE_OK) return code;
    if (w->leaves != WAL_LEAVES_COMMIT || is_head) return sync_frames(w, flags);
    atomic_store(&w->is_due, true);
    return SQLITE_OK;
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
    data_of(w->data)->wal = NULL;
    pthread_mutex_destroy(&w->syncing);
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

void db_sqlite_wal_leave(struct wal *w, enum wal_leaves what) {
    w->leaves = what;
}

int db_sqlite_wal_sync(struct wal *w) {
    bool is_due = atomic_exchange(&w->is_due, false);
    int code = is_due ? sync_frames(w, SQLITE_SYNC_NORMAL) : SQLITE_OK;
    return code == SQLITE_OK ? sync_copy(w) : code;
}

/* ---- the layer ---- */

static int open_wal(sqlite3_vfs *below, const char *name, sqlite3_file *file, int flags, int *flags_out) {
    struct wal *w = wal_of(file);
    *w = (struct wal){.data = sqlite3_database_file_object(name)};
    int code = below->xOpen(below, name, w->below, flags, flags_out);
    if (code != SQLITE_OK) return code;
    pthread_mutex_init(&w->syncing, NULL);
    data_of(w->data)->wal = w;
    w->base.pMethods = &METHODS;
    return SQLITE_OK;
}

static int open_data(sqlite3_vfs *below, const char *name, sqlite3_file *file, int flags, int *flags_out) {
    int code = below->xOpen(below, name, file, flags, flags_out);
    if (code != SQLITE_OK) return code;
    struct data *d = data_of(file);
    *d = (struct data){.methods = *file->pMethods, .below = file->pMethods};
    d->methods.xSync = data_sync;
    file->pMethods = &d->methods;
    return SQLITE_OK;
}

/* Every other file is that of the layer below, with nothing between. */
static int layer_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *flags_out) {
    sqlite3_vfs *below = vfs->pAppData;
    if (flags & SQLITE_OPEN_WAL) return open_wal(below, name, file, flags, flags_out);
    if (flags & SQLITE_OPEN_MAIN_DB) return open_data(below, name, file, flags, flags_out);
    return below->xOpen(below, name, file, flags, flags_out);
}

static sqlite3_vfs layer;

static void make_layer(void) {
    sqlite3_vfs *below = sqlite3_vfs_find(NULL);
    if (!below) return;
    layer = *below;
    layer.zName = NAME;
    layer.pNext = NULL;
    data_at = (below->szOsFile + (int)ALIGNED - 1) / (int)ALIGNED * (int)ALIGNED;
    layer.szOsFile =
        data_at + (int)(sizeof(struct wal) > sizeof(struct data) ? sizeof(struct wal) : sizeof(struct data));
    layer.pAppData = below;
    layer.xOpen = layer_open;
    if (sqlite3_vfs_register(&layer, 0) != SQLITE_OK) layer.zName = NULL;
}

const char *db_sqlite_wal_layer(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_layer);
    return layer.zName;
}
