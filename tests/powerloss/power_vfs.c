#include "power_vfs.h"
#include "base/log.h"
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTOR 512
#define FILES_MAX 16
#define REGIONS_MAX 64
#define NAME_MAX_BYTES 200

struct bytes {
    uint8_t *at;
    size_t n, cap;
};

/* What a file is, as someone who opens it sees it. */
struct image {
    bool exists;
    struct bytes bytes;
};

/* Something that was done since the last sync. */
struct change {
    enum { CHANGE_WRITE, CHANGE_TRUNCATE, CHANGE_MAKE, CHANGE_DELETE } kind;
    size_t at, n;
    uint8_t *bytes;
    int64_t number; /* in the order in which they were done */
    struct change *next;
};

struct disk_file {
    char name[NAME_MAX_BYTES];
    struct image now, durable, after; /* after the cut */
    struct change *first, **end;
    uint8_t *region[REGIONS_MAX]; /* of -shm */
};

struct open_file {
    sqlite3_file base;
    struct disk_file *file;
};

static struct {
    struct disk_file file[FILES_MAX];
    size_t n;
    _Atomic uint64_t chance; /* several threads try it */
    int64_t countdown;
    bool is_off;
    const char *ignored; /* the end of the names of files whose syncs do nothing */
    int64_t changes;
    unsigned sync_us; /* a sync takes up to this */
    struct power_figures figures;
    pthread_mutex_t lock; /* the writer's thread writes while the syncer's syncs */
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- chance ---- */

static uint64_t next_chance(void) {
    const uint64_t step = 0x9e3779b97f4a7c15u; /* splitmix64 */
    uint64_t z = atomic_fetch_add(&disk.chance, step) + step;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int64_t power_chance(int64_t n) {
    return (int64_t)(next_chance() % (uint64_t)n);
}

/* ---- images ---- */

static void resize(struct bytes *b, size_t n) {
    if (n > b->cap) {
        b->cap = n < 65536 ? 65536 : 2 * n;
        b->at = realloc(b->at, b->cap);
        REQUIRE(b->at);
    }
    if (n > b->n) memset(b->at + b->n, 0, n - b->n);
    b->n = n;
}

static void put(struct bytes *b, size_t at, const uint8_t *from, size_t n) {
    if (at + n > b->n) resize(b, at + n);
    if (n > 0) memcpy(b->at + at, from, n);
}

static void copy_image(struct image *to, const struct image *from) {
    to->exists = from->exists;
    to->bytes.n = 0;
    put(&to->bytes, 0, from->bytes.at, from->bytes.n);
}

static void apply(struct image *image, const struct change *change) {
    switch (change->kind) {
    case CHANGE_WRITE:
        put(&image->bytes, change->at, change->bytes, change->n);
        break;
    case CHANGE_TRUNCATE:
        resize(&image->bytes, change->n);
        break;
    case CHANGE_MAKE:
        image->exists = true;
        break;
    case CHANGE_DELETE:
        image->exists = false;
        image->bytes.n = 0;
        break;
    }
}

static void forget_first(struct disk_file *f) {
    struct change *gone = f->first;
    f->first = gone->next;
    if (!f->first) f->end = &f->first;
    free(gone->bytes);
    free(gone);
}

static void forget_changes(struct disk_file *f) {
    while (f->first)
        forget_first(f);
}

/* ---- the cut ---- */

/* Each sector of a write on its own: this is what tears a page. Those before `from` came last, and too late.
 */
static void apply_some(struct image *image, const struct change *change, int64_t percent, size_t from) {
    for (size_t done = 0; done < change->n;) {
        size_t at = change->at + done, n = SECTOR - at % SECTOR;
        if (n > change->n - done) n = change->n - done;
        bool is_kept = at >= from && power_chance(100) < percent;
        if (is_kept) put(&image->bytes, at, change->bytes + done, n);
        disk.figures.sectors_kept += is_kept;
        disk.figures.sectors_lost += !is_kept;
        done += n;
    }
}

/* A deletion that is not on the disk leaves the old file, whatever was written to a new one of its name. */
static void cut_file(struct disk_file *f, int64_t percent) {
    size_t n = f->now.bytes.n, from = n > 0 && power_chance(4) == 0 ? (size_t)power_chance((int64_t)n) : 0;
    copy_image(&f->after, &f->durable);
    for (const struct change *change = f->first; change; change = change->next) {
        bool is_kept = power_chance(100) < percent;
        if (change->kind == CHANGE_WRITE)
            apply_some(&f->after, change, percent, from);
        else if (is_kept)
            apply(&f->after, change);
        else if (change->kind == CHANGE_DELETE || change->kind == CHANGE_MAKE)
            return;
    }
}

static void cut(void) {
    static const int64_t KEPT[] = {0, 100, 50, 50, 90, 10};
    int64_t percent = KEPT[power_chance(sizeof KEPT / sizeof KEPT[0])];
    disk.is_off = true;
    disk.figures.cuts++;
    for (size_t i = 0; i < disk.n; i++)
        cut_file(&disk.file[i], percent);
}

static void count_down(void) {
    if (disk.countdown > 0 && --disk.countdown == 0) cut();
}

static void change(struct disk_file *f, struct change what, const void *bytes) {
    struct change *kept = malloc(sizeof *kept);
    REQUIRE(kept);
    *kept = what;
    if (bytes) {
        kept->bytes = malloc(what.n ? what.n : 1);
        REQUIRE(kept->bytes);
        memcpy(kept->bytes, bytes, what.n);
    }
    pthread_mutex_lock(&disk.lock);
    kept->number = ++disk.changes;
    apply(&f->now, kept);
    *f->end = kept;
    f->end = &kept->next;
    count_down();
    pthread_mutex_unlock(&disk.lock);
}

static bool ends_with(const char *name, const char *end) {
    size_t n = strlen(name), k = strlen(end);
    return n >= k && strcmp(name + n - k, end) == 0;
}

/* What is written while it takes its time need not be on the disk after it. The power that goes during a sync
 * finds everything still to be written. */
static void sync_file(struct disk_file *f) {
    pthread_mutex_lock(&disk.lock);
    disk.figures.syncs++;
    count_down();
    int64_t last = disk.changes;
    unsigned us = disk.sync_us ? (unsigned)power_chance(disk.sync_us) : 0;
    pthread_mutex_unlock(&disk.lock);
    if (us > 0) usleep(us);
    pthread_mutex_lock(&disk.lock);
    bool is_ignored = disk.ignored && ends_with(f->name, disk.ignored);
    while (!is_ignored && f->first && f->first->number <= last) {
        apply(&f->durable, f->first);
        forget_first(f);
    }
    pthread_mutex_unlock(&disk.lock);
}

static struct disk_file *named(const char *name) {
    for (size_t i = 0; i < disk.n; i++)
        if (strcmp(disk.file[i].name, name) == 0) return &disk.file[i];
    return NULL;
}

static struct disk_file *named_or_new(const char *name) {
    struct disk_file *f = named(name);
    if (f) return f;
    REQUIRE(disk.n < FILES_MAX && strlen(name) < NAME_MAX_BYTES);
    f = &disk.file[disk.n++];
    snprintf(f->name, sizeof f->name, "%s", name);
    f->end = &f->first;
    return f;
}

/* ---- what SQLite asks of a file ---- */

static struct disk_file *file_of(sqlite3_file *file) {
    return ((struct open_file *)file)->file;
}

static int file_close(sqlite3_file *file) {
    (void)file;
    return SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at) {
    const struct bytes *b = &file_of(file)->now.bytes;
    size_t from = (size_t)at, wanted = (size_t)n, there = from < b->n ? b->n - from : 0;
    if (there > wanted) there = wanted;
    if (there > 0) memcpy(out, b->at + from, there);
    memset((char *)out + there, 0, wanted - there);
    return there < wanted ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static int file_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at) {
    disk.figures.writes++;
    change(file_of(file), (struct change){.kind = CHANGE_WRITE, .at = (size_t)at, .n = (size_t)n}, bytes);
    return SQLITE_OK;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 n) {
    change(file_of(file), (struct change){.kind = CHANGE_TRUNCATE, .n = (size_t)n}, NULL);
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *file, int flags) {
    (void)flags;
    sync_file(file_of(file));
    return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *n_out) {
    *n_out = (sqlite3_int64)file_of(file)->now.bytes.n;
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *file, int lock) {
    (void)file, (void)lock;
    return SQLITE_OK;
}

static int file_is_reserved(sqlite3_file *file, int *is_out) {
    (void)file;
    *is_out = 0;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int what, void *arg) {
    (void)file, (void)what, (void)arg;
    return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *file) {
    (void)file;
    return 4096;
}

/* As the library's own VFS says on this system: what it leaves out because of that, it leaves out here. */
static int file_device(sqlite3_file *file) {
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int file_shm_map(sqlite3_file *file, int i, int n, int is_made, void volatile **region_out) {
    struct disk_file *f = file_of(file);
    REQUIRE(i < REGIONS_MAX);
    if (!f->region[i] && is_made) {
        f->region[i] = calloc(1, (size_t)n);
        if (!f->region[i]) return SQLITE_NOMEM;
    }
    *region_out = f->region[i];
    return SQLITE_OK;
}

static int file_shm_lock(sqlite3_file *file, int offset, int n, int flags) {
    (void)file, (void)offset, (void)n, (void)flags;
    return SQLITE_OK;
}

static void file_shm_barrier(sqlite3_file *file) {
    (void)file;
    __sync_synchronize();
}

static int file_shm_unmap(sqlite3_file *file, int is_deleted) {
    struct disk_file *f = file_of(file);
    (void)is_deleted; /* there is no other connection that would need it */
    for (size_t i = 0; i < REGIONS_MAX; i++) {
        free(f->region[i]);
        f->region[i] = NULL;
    }
    return SQLITE_OK;
}

static const sqlite3_io_methods METHODS = {.iVersion = 2,
                                           .xClose = file_close,
                                           .xRead = file_read,
                                           .xWrite = file_write,
                                           .xTruncate = file_truncate,
                                           .xSync = file_sync,
                                           .xFileSize = file_size,
                                           .xLock = file_lock,
                                           .xUnlock = file_lock,
                                           .xCheckReservedLock = file_is_reserved,
                                           .xFileControl = file_control,
                                           .xSectorSize = file_sector_size,
                                           .xDeviceCharacteristics = file_device,
                                           .xShmMap = file_shm_map,
                                           .xShmLock = file_shm_lock,
                                           .xShmBarrier = file_shm_barrier,
                                           .xShmUnmap = file_shm_unmap};

/* ---- what it asks of the disk ---- */

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *flags_out) {
    struct open_file *open = (struct open_file *)file;
    (void)vfs;
    REQUIRE(name); /* temp_store = MEMORY: no file without a name */
    pthread_mutex_lock(&disk.lock);
    struct disk_file *f = named_or_new(name);
    pthread_mutex_unlock(&disk.lock);
    if (!f->now.exists && !(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
    if (!f->now.exists) change(f, (struct change){.kind = CHANGE_MAKE}, NULL);
    *open = (struct open_file){{&METHODS}, f};
    if (flags_out) *flags_out = flags;
    return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int is_synced) {
    struct disk_file *f = named(name);
    (void)vfs;
    if (!f || !f->now.exists) return SQLITE_IOERR_DELETE_NOENT;
    change(f, (struct change){.kind = CHANGE_DELETE}, NULL);
    if (is_synced) sync_file(f);
    return SQLITE_OK;
}

static int disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *is_there_out) {
    const struct disk_file *f = named(name);
    (void)vfs, (void)flags;
    *is_there_out = f && f->now.exists;
    return SQLITE_OK;
}

static int disk_full_name(sqlite3_vfs *vfs, const char *name, int n, char *out) {
    (void)vfs;
    return snprintf(out, (size_t)n, "%s", name) < n ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int real_randomness(sqlite3_vfs *vfs, int n, char *out) {
    (void)vfs;
    for (int i = 0; i < n; i++)
        out[i] = (char)power_chance(256);
    return n;
}

static int real_sleep(sqlite3_vfs *vfs, int us) {
    (void)vfs;
    return us;
}

static int real_time(sqlite3_vfs *vfs, sqlite3_int64 *ms_out) {
    (void)vfs;
    *ms_out = 212000000000000; /* a day is as good as another: no statement of ours asks */
    return SQLITE_OK;
}

static int last_error(sqlite3_vfs *vfs, int n, char *out) {
    (void)vfs, (void)n, (void)out;
    return 0;
}

void power_register(uint64_t seed) {
    static sqlite3_vfs vfs = {.iVersion = 2,
                              .szOsFile = sizeof(struct open_file),
                              .mxPathname = NAME_MAX_BYTES,
                              .zName = "power",
                              .xOpen = disk_open,
                              .xDelete = disk_delete,
                              .xAccess = disk_access,
                              .xFullPathname = disk_full_name,
                              .xRandomness = real_randomness,
                              .xSleep = real_sleep,
                              .xGetLastError = last_error,
                              .xCurrentTimeInt64 = real_time};
    disk.chance = seed;
    REQUIRE(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK);
}

/* ---- for the test ---- */

void power_cut_at(int64_t nth) {
    disk.is_off = false;
    disk.countdown = nth;
}

void power_slow_syncs(unsigned us) {
    disk.sync_us = us;
}

bool power_is_off(void) {
    pthread_mutex_lock(&disk.lock);
    bool is_off = disk.is_off;
    pthread_mutex_unlock(&disk.lock);
    return is_off;
}

void power_restore(void) {
    disk.countdown = 0;
    if (!disk.is_off) cut();
    disk.is_off = false;
    for (size_t i = 0; i < disk.n; i++) {
        struct disk_file *f = &disk.file[i];
        copy_image(&f->now, &f->after);
        copy_image(&f->durable, &f->after);
        forget_changes(f);
    }
}

void power_copy(const char *from, const char *to) {
    const struct disk_file *source = named(from);
    REQUIRE(source);
    size_t n = strlen(to);
    for (size_t i = 0; i < disk.n; i++) {
        struct disk_file *f = &disk.file[i];
        if (strncmp(f->name, to, n) != 0) continue;
        f->now.exists = f->durable.exists = false;
        f->now.bytes.n = f->durable.bytes.n = 0;
        forget_changes(f);
    }
    struct disk_file *f = named_or_new(to);
    copy_image(&f->now, &source->now);
    copy_image(&f->durable, &source->now);
}

void power_ignore_syncs_of(const char *end) {
    disk.ignored = end;
}

void power_figures_clear(void) {
    disk.figures = (struct power_figures){0};
}

struct power_figures power_figures(void) {
    return disk.figures;
}
