/* SQLite's file, from opening to closing. Every setting below is there because the library's default, or
 * somebody's build of it, loses data or answers wrongly. */
#include "db/db_sqlite.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/lock.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS 1000 /* recovery by another process, or the last reader's close */
/* 8 MiB of WAL: half of what it may have when idle. With twice as many drops come up to a tenth faster, and
 * the slowest of them wait nearly twice as long. */
#define CHECKPOINT_PAGES 2000
#define COPY_PAGES 2048 /* between two words about a copy's progress: 8 MiB */

/* ---- checkpoints: the writer's alone, and never inside a COMMIT, whose answer would be theirs ---- */

static int note_wal_pages(void *user, sqlite3 *handle, const char *schema, int pages) {
    (void)handle, (void)schema;
    struct sqlite *q = user;
    if (pages < q->copied_pages) q->copied_pages = 0; /* the WAL began again */
    q->wal_pages = pages;
    return SQLITE_OK;
}

static void checkpoint(struct sqlite *q, int how) {
    int pages = 0, copied = 0;
    sqlite3_busy_timeout(q->handle, 0); /* a reader in the way: next time */
    int code = sqlite3_wal_checkpoint_v2(q->handle, NULL, how, &pages, &copied);
    sqlite3_busy_timeout(q->handle, BUSY_MS);
    sqlite_end_after_fsync_error(code);
    if (code != SQLITE_OK && code != SQLITE_BUSY) {
        log_event(LOG_WARN, "db.checkpoint-failed", "code=%d", code);
        return;
    }
    q->copied_pages = copied;
    if (code == SQLITE_OK && how == SQLITE_CHECKPOINT_TRUNCATE) q->wal_pages = q->copied_pages = 0;
}

/* Beside work the copy's sync is left to sqlite_sync, where somebody calls it: it takes longer than the copy.
 */
static void checkpoint_beside_work(struct sqlite *q) {
    bool is_left = q->wal && q->db.syncs_later;
    if (is_left) db_sqlite_wal_leave(q->wal, WAL_LEAVES_COPY);
    checkpoint(q, SQLITE_CHECKPOINT_PASSIVE);
    if (is_left) db_sqlite_wal_leave(q->wal, WAL_LEAVES_NOTHING);
    q->db.wants_sync = is_left;
}

bool sqlite_settle(struct db *db, bool idle) {
    struct sqlite *q = sqlite_of(db);
    if (idle && q->wal_pages > 0) checkpoint(q, SQLITE_CHECKPOINT_TRUNCATE);
    if (!idle && q->wal_pages - q->copied_pages >= db->settle_pages) checkpoint_beside_work(q);
    return q->wal_pages == 0;
}

void sqlite_sync(struct db *db) {
    const struct sqlite *q = sqlite_of(db);
    int code = q->wal ? db_sqlite_wal_sync(q->wal) : SQLITE_OK;
    if (code != SQLITE_OK) sqlite_end_process(code);
}

/* ---- the file written anew ---- */

static bool is_memory(const struct sqlite *q) {
    return strcmp(q->path, ":memory:") == 0;
}

/* The copy is a file beside the database: /tmp may be small, or somebody else's. */
static int vacuum(struct sqlite *q) {
    const char *end = strrchr(q->path, '/');
    bool on_disk = !is_memory(q) && end;
    if (on_disk) sqlite3_temp_directory = sqlite3_mprintf("%.*s", (int)(end - q->path), q->path);
    int code =
        sqlite3_exec(q->handle, on_disk ? "PRAGMA temp_store = FILE; VACUUM" : "VACUUM", NULL, NULL, NULL);
    int back = sqlite3_exec(q->handle, "PRAGMA temp_store = MEMORY", NULL, NULL, NULL);
    sqlite3_free(sqlite3_temp_directory);
    sqlite3_temp_directory = NULL;
    return code == SQLITE_OK ? back : code;
}

static enum err file_bytes(struct ctx *c, struct sqlite *q, int64_t *bytes_out) {
    struct stat file = {0};
    *bytes_out = 0;
    if (is_memory(q)) return OK;
    if (stat(q->path, &file) != 0) return sqlite_failed(c, q, "rewrite", SQLITE_IOERR);
    *bytes_out = file.st_size;
    return OK;
}

enum err sqlite_rewrite(struct ctx *c, struct db *db, int64_t most_bytes) {
    struct sqlite *q = sqlite_of(db);
    int64_t bytes, began_us = clock_monotonic_us();
    TRY(file_bytes(c, q, &bytes));
    if (most_bytes > 0 && bytes > most_bytes)
        return FAIL(c, ERR_LIMIT, "db.too-big",
                    "a file of %lld bytes is not written anew beside a service: stop it for that",
                    (long long)bytes);
    int code = vacuum(q);
    if (code != SQLITE_OK) return sqlite_failed(c, q, "rewrite", code);
    log_event(LOG_INFO, "db.rewritten", "bytes=%lld ms=%lld", (long long)bytes,
              (long long)((clock_monotonic_us() - began_us) / 1000));
    return OK;
}

/* ---- opening ---- */

enum {
    WRITER = 1 << 0,
    READER = 1 << 1,
    BULK = 1 << 2,
    MEMORY = 1 << 3,
    ON_DISK = WRITER | READER | BULK,
    ALL = ON_DISK | MEMORY
};

/* Set, then read back: a pragma that is misspelt or refused says nothing. */
static const struct {
    unsigned where;
    const char *set, *ask, *want;
} SETTINGS[] = {
    {WRITER, "PRAGMA journal_mode = WAL", "PRAGMA journal_mode", "wal"},
    /* FULL: with NORMAL a power cut loses acknowledged commits. */
    {WRITER, "PRAGMA synchronous = FULL", "PRAGMA synchronous", "2"},
    {BULK, "PRAGMA journal_mode = MEMORY", "PRAGMA journal_mode", "memory"},
    {BULK, "PRAGMA synchronous = OFF", "PRAGMA synchronous", "0"},
    {WRITER | BULK | MEMORY, "PRAGMA cache_size = -65536", "PRAGMA cache_size", "-65536"}, /* 64 MiB */
    {READER, "PRAGMA cache_size = -8192", "PRAGMA cache_size", "-8192"},
    /* An I/O error in mapped memory is a SIGBUS. */
    {ON_DISK, "PRAGMA mmap_size = 0", "PRAGMA mmap_size", "0"},
    {WRITER, "PRAGMA journal_size_limit = 16777216", "PRAGMA journal_size_limit", "16777216"},
    /* Journals of savepoints and sorts stay out of /tmp. */
    {ALL, "PRAGMA temp_store = MEMORY", "PRAGMA temp_store", "2"},
    /* What is deleted is overwritten, not only given up. */
    {WRITER | BULK | MEMORY, "PRAGMA secure_delete = ON", "PRAGMA secure_delete", "1"},
    /* So that REPLACE fires the triggers that refuse to delete what is append-only. */
    {ALL, "PRAGMA recursive_triggers = ON", "PRAGMA recursive_triggers", "1"},
};

static const struct {
    const char *name;
    int option, value;
} CONFIG[] = {
    {"foreign keys", SQLITE_DBCONFIG_ENABLE_FKEY, 1},
    {"triggers", SQLITE_DBCONFIG_ENABLE_TRIGGER, 1},
    {"defensive", SQLITE_DBCONFIG_DEFENSIVE, 1},
    {"trusted schema", SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
    {"double-quoted strings in queries", SQLITE_DBCONFIG_DQS_DML, 0},
    {"double-quoted strings in the schema", SQLITE_DBCONFIG_DQS_DDL, 0},
    {"extensions", SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
};

static enum err refused(struct ctx *c, const char *what) {
    return FAIL(c, ERR_INTERNAL, "db.setting", "the database library does not accept \"%s\"", what);
}

static enum err configure(struct ctx *c, struct sqlite *q) {
    for (size_t i = 0; i < COUNT(CONFIG); i++) {
        int got = -1;
        int code = sqlite3_db_config(q->handle, CONFIG[i].option, CONFIG[i].value, &got);
        if (code != SQLITE_OK || got != CONFIG[i].value) return refused(c, CONFIG[i].name);
    }
    return OK;
}

static int compare_answer(void *want, int columns, char **values, char **names) {
    (void)columns, (void)names;
    return !values[0] || strcmp(values[0], want) != 0;
}

static enum err apply_setting(struct ctx *c, struct sqlite *q, size_t i) {
    int code = sqlite3_exec(q->handle, SETTINGS[i].set, NULL, NULL, NULL);
    if (code != SQLITE_OK) return sqlite_failed(c, q, q->path, code);
    code =
        sqlite3_exec(q->handle, SETTINGS[i].ask, compare_answer, (void *)(uintptr_t)SETTINGS[i].want, NULL);
    if (code == SQLITE_ABORT) return refused(c, SETTINGS[i].set);
    return code == SQLITE_OK ? OK : sqlite_failed(c, q, SETTINGS[i].ask, code);
}

static unsigned place_of(const struct sqlite *q) {
    static const unsigned PLACE[] = {
        [DB_READ] = READER, [DB_WRITE] = WRITER, [DB_CREATE] = WRITER, [DB_BULK] = BULK};
    return is_memory(q) ? MEMORY : PLACE[q->mode];
}

static enum err apply_settings(struct ctx *c, struct sqlite *q) {
    unsigned place = place_of(q);
    for (size_t i = 0; i < COUNT(SETTINGS); i++)
        if (SETTINGS[i].where & place) TRY(apply_setting(c, q, i));
    sqlite3_wal_hook(q->handle, note_wal_pages, q); /* instead of the automatic checkpoint */
    if (place == READER) return OK;
    return sqlite_watch_rows(c, q);
}

/* A WAL has no locks that closing another descriptor of it would drop. */
static enum err sync_wal(struct ctx *c, struct sqlite *q, bool is_read_anew) {
    const char *path = arena_printf(c->arena, "%s-wal", q->path);
    if (!path) return sqlite_failed(c, q, q->path, SQLITE_NOMEM);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return OK; /* there is none */
    bool is_synced = fdatasync(fd) == 0;
    if (is_read_anew) posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
    return is_synced ? OK : FAIL(c, ERR_UNCERTAIN, "db.io", "%s cannot be brought to the disk", path);
}

/* What a process before this one wrote and nobody synced may be in the kernel's memory alone, and what the
 * kernel could not write stays there as if it were on the disk. So the log is written, and then read from the
 * disk, before anybody builds on it. */
static enum err take_from_disk(struct ctx *c, struct sqlite *q) {
    sqlite3_file *file = NULL;
    TRY(sync_wal(c, q, true));
    int code = sqlite3_file_control(q->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (code == SQLITE_OK && file && file->pMethods) code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
    return code == SQLITE_OK ? OK : sqlite_failed(c, q, q->path, code);
}

/* Read-only for real: a reader that only promises not to write still checkpoints when it closes
 * last, and two that checkpoint can lose commits. */
static enum err open_handle(struct ctx *c, struct sqlite *q) {
    unsigned place = place_of(q);
    int flags = place == READER ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (q->mode == DB_CREATE || q->mode == DB_BULK) flags |= SQLITE_OPEN_CREATE;
    flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const char *layer = place == WRITER ? db_sqlite_wal_layer() : NULL;
    int code = sqlite3_open_v2(q->path, &q->handle, flags, layer);
    if (code != SQLITE_OK) return sqlite_failed(c, q, q->path, code);
    sqlite3_busy_timeout(q->handle, BUSY_MS);
    if (place == WRITER) TRY(take_from_disk(c, q));
    TRY(configure(c, q));
    if (place == READER) sqlite3_db_config(q->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    TRY(apply_settings(c, q));
    q->wal = db_sqlite_wal_of(q->handle);
    return sqlite_prepare_undoing(c, q);
}

static enum err check_presence(struct ctx *c, const struct sqlite *q) {
    struct stat file;
    bool is_there = stat(q->path, &file) == 0;
    bool is_new = q->mode == DB_CREATE || q->mode == DB_BULK;
    if (is_there && S_ISDIR(file.st_mode))
        return FAIL(c, ERR_CONFLICT, "db.exists", "%s is a folder, not a database", q->path);
    if (is_there && is_new)
        return FAIL(c, ERR_CONFLICT, "db.exists", "%s exists already; it is left as it is", q->path);
    if (!is_there && !is_new)
        return FAIL(c, ERR_NOT_FOUND, "db.absent",
                    "there is no database %s: name another with --db, or make it with canary init", q->path);
    return OK;
}

enum err sqlite_open_file(struct ctx *c, struct sqlite *q) {
    q->db.settle_pages = CHECKPOINT_PAGES;
    if (place_of(q) == MEMORY) return open_handle(c, q);
    TRY(check_presence(c, q)); /* first: what is not there gets no lock file either */
    if (q->mode != DB_READ) TRY(lock_take(c, q->path, &q->lock));
    TRY(check_presence(c, q)); /* and again: another may have made it before the lock was ours */
    return open_handle(c, q);
}

/* ---- copies ---- */

/* The first value of what a pragma says, as text; "" when it says nothing. */
static enum err ask(struct ctx *c, struct sqlite *q, const char *pragma, const char **answer_out) {
    const struct db_stmt s = {pragma, pragma, NULL};
    sqlite3_stmt *stmt;
    TRY(sqlite_compile(c, q, &s, &stmt));
    int code = sqlite3_step(stmt);
    const char *answer = code == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : "";
    *answer_out = arena_strdup(c->arena, answer ? answer : "");
    enum err err = code == SQLITE_ROW || code == SQLITE_DONE ? OK : sqlite_failed(c, q, pragma, code);
    if (err == OK && !*answer_out) err = sqlite_failed(c, q, pragma, SQLITE_NOMEM);
    sqlite3_finalize(stmt);
    return err;
}

MUST static enum err ask_number(struct ctx *c, struct sqlite *q, const char *pragma, int64_t *number_out) {
    const char *answer;
    TRY(ask(c, q, pragma, &answer));
    *number_out = strtoll(answer, NULL, 10);
    return OK;
}

/* Page by page, and only this connection's snapshot, which is held meanwhile: what others write is in their
 * WAL. */
static int copy_pages(struct sqlite *q, sqlite3 *to, const struct progress *progress, int64_t page_bytes) {
    sqlite3_backup *copy = sqlite3_backup_init(to, "main", q->handle, "main");
    if (!copy) return sqlite3_errcode(to);
    int code;
    do {
        code = sqlite3_backup_step(copy, COPY_PAGES);
        int64_t of = sqlite3_backup_pagecount(copy), left = sqlite3_backup_remaining(copy);
        progress_tell(progress, (of - left) * page_bytes, of * page_bytes);
    } while (code == SQLITE_OK);
    int end = sqlite3_backup_finish(copy);
    return code == SQLITE_DONE ? end : code;
}

static int copy_into(struct sqlite *q, sqlite3 *to, const struct progress *progress, int64_t page_bytes) {
    /* Whoever asked syncs the file, or throws it away. */
    int code = sqlite3_exec(to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL, NULL);
    if (code == SQLITE_OK) code = copy_pages(q, to, progress, page_bytes);
    /* Alone: it is to be opened where nothing can be written beside it. */
    return code == SQLITE_OK ? sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) : code;
}

/* Frames that others add meanwhile may come along; this snapshot's were there before. */
enum err sqlite_keep_snapshot(struct ctx *c, struct sqlite *q) {
    int64_t tables;
    TRY(ask_number(c, q, "SELECT COUNT(*) FROM sqlite_schema", &tables)); /* from here on it is held */
    return sync_wal(c, q, false);
}

static enum err copy_snapshot(struct ctx *c, struct sqlite *q, const char *path,
                              const struct progress *progress) {
    struct sqlite to = {0};
    int64_t page_bytes;
    TRY(ask_number(c, q, "PRAGMA page_size", &page_bytes));
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(path, &to.handle, flags, NULL);
    if (code == SQLITE_OK) code = copy_into(q, to.handle, progress, page_bytes);
    enum err err = code == SQLITE_OK ? OK : sqlite_failed(c, &to, path, code);
    sqlite3_close(to.handle);
    return err;
}

/* The library's backup rather than VACUUM INTO: it holds the snapshot a quarter of the time (1.0 s
 * against 3.9 s for 800 MB), so that the WAL grows a quarter as much. Free pages come along; what was
 * erased is in none of them, because an erasure writes the whole file anew. */
enum err sqlite_backup(struct ctx *c, struct db *db, const char *path, const struct progress *progress) {
    struct sqlite *q = sqlite_of(db);
    TRY(sqlite_begin_kept(c, q));
    enum err err = copy_snapshot(c, q, path, progress);
    sqlite3_exec(q->handle, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

enum err sqlite_check(struct ctx *c, struct db *db) {
    struct sqlite *q = sqlite_of(db);
    const char *said;
    TRY(ask(c, q, "PRAGMA integrity_check(1)", &said));
    if (strcmp(said, "ok") != 0)
        return FAIL(c, ERR_CORRUPT, "db.corrupt", "%s is damaged: %s", q->path, said);
    TRY(ask(c, q, "PRAGMA foreign_key_check", &said));
    if (*said)
        return FAIL(c, ERR_CORRUPT, "db.corrupt",
                    "%s is damaged: a row of %s names another that is not there", q->path, said);
    return OK;
}

const char *sqlite_file(struct db *db) {
    return place_of(sqlite_of(db)) == MEMORY ? NULL : sqlite_of(db)->path;
}

/* ---- closing ---- */

/* The change of journal mode is a transaction of its own, and its fsync covers the whole file. */
static void make_bulk_durable(struct sqlite *q) {
    int code =
        sqlite3_exec(q->handle, "PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    if (code != SQLITE_OK) {
        log_event(LOG_ERROR, "db.bulk-not-durable", "code=%d", code);
        abort();
    }
    if (!file_sync_folder(q->path)) sqlite_end_after_fsync_error(SQLITE_IOERR_DIR_FSYNC);
}

void sqlite_close_file(struct sqlite *q) {
    sqlite_sync(&q->db); /* what was left: the library deletes the WAL */
    if (q->is_ready && place_of(q) == BULK) make_bulk_durable(q);
    int code = sqlite3_close(q->handle);
    REQUIRE(code == SQLITE_OK);
    if (q->lock >= 0) close(q->lock);
}
