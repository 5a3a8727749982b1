/* A disk that fails: the system calls through which SQLite writes are ours here, and fail on demand. */
#include "db_things.h"
#include "db/driver.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int sync_error, write_error, syncs, writes;
static atomic_int good_writes;                              /* before those that fail with write_error */
static pthread_mutex_t syncing = PTHREAD_MUTEX_INITIALIZER; /* held: a sync takes until it is not */
static atomic_bool is_told_once, is_lost_page_told;
static _Atomic pthread_t teller; /* the thread that hears of it, if it asks within a second */
static atomic_int read_anew;

/* As Linux does it: of two syncs at the same time one is told of a page that was lost, and no other. */
static int sync_of_a_lost_page(void) {
    for (int i = 0; i < 1000 && !is_lost_page_told && !pthread_equal(pthread_self(), teller); i++)
        usleep(1000);
    errno = EIO;
    return atomic_exchange(&is_lost_page_told, true) ? 0 : -1;
}

int fdatasync(int fd) {
    pthread_mutex_lock(&syncing);
    pthread_mutex_unlock(&syncing);
    atomic_fetch_add(&syncs, 1);
    if (is_told_once) return sync_of_a_lost_page();
    errno = sync_error;
    return sync_error ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int posix_fadvise(int fd, off_t at, off_t n, int advice) {
    (void)fd, (void)at, (void)n;
    if (advice == POSIX_FADV_DONTNEED) atomic_fetch_add(&read_anew, 1);
    return 0;
}

int fsync(int fd) {
    atomic_fetch_add(&syncs, 1);
    errno = sync_error;
    return sync_error ? -1 : (int)syscall(SYS_fsync, fd);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) {
    atomic_fetch_add(&writes, 1);
    bool is_bad = write_error && atomic_fetch_sub(&good_writes, 1) <= 0;
    errno = is_bad ? write_error : 0;
    return is_bad ? -1 : (ssize_t)syscall(SYS_pwrite64, fd, bytes, n, at);
}

static enum err add(struct ctx *c, void *user) {
    return db_exec(c, &PAIR_ADD, ARGS(db_int(*(int64_t *)user), db_int(1)), NULL);
}

/* Without synchronous = FULL this is 0, and a power cut takes what was acknowledged. */
TEST(db_disk_every_commit_is_synced) {
    struct ctx *c = check_ctx();
    things_file(c);
    for (int64_t id = 1; id <= 5; id++) {
        int before = syncs;
        CHECK_OK(c, db_unit(c, add, &id));
        CHECK(syncs > before);
    }
    db_close(&c->db);
}

TEST(db_disk_a_bulk_file_is_synced_at_its_close) {
    struct ctx *c = check_ctx();
    things_open(c, things_path(c, "bulk.db"), DB_BULK);
    CHECK_OK(c, db_exec(c, &PAIR_TABLE, NO_ARGS, NULL));
    for (int64_t id = 1; id <= 5; id++)
        CHECK_OK(c, db_unit(c, add, &id));
    int before = syncs;
    db_close(&c->db);
    CHECK(syncs >= before + 2); /* the file, and the folder that names it */
}

static void be_quiet(void) {
    if (!freopen("/dev/null", "w", stderr)) _exit(3);
    sync_error = EIO;
}

static int commit_without_sync(void *user) {
    struct ctx *c = user;
    int64_t id = 2;
    CHECK_OK(c, db_open(c, things_path(c, "t.db"), DB_WRITE, &c->db));
    be_quiet();
    return db_unit(c, add, &id) == OK ? 1 : 2;
}

static enum err run_add(struct db_job *job, struct db *db) {
    struct ctx c = {.arena = arena_create(1 << 16), .db = db};
    int64_t id = 2;
    (void)job;
    enum err err = add(&c, &id);
    arena_destroy(&c.arena);
    return err;
}

static void done_exit(struct db_job *job, enum err err) {
    (void)job;
    _exit(err == OK ? 1 : 2); /* an answer, whichever, is wrong */
}

static int group_without_sync(void *user) {
    struct ctx *c = user;
    struct db_writer *writer;
    struct db_job job = {.run = run_add, .done = done_exit};
    CHECK_OK(c, db_open(c, things_path(c, "t.db"), DB_WRITE, &c->db));
    CHECK_OK(c, db_writer_start(c, c->db, &writer));
    be_quiet();
    CHECK(db_writer_submit(writer, &job));
    db_writer_stop(&writer);
    return 4;
}

TEST(db_disk_an_fsync_error_ends_the_process) {
    struct ctx *c = check_ctx();
    things_file(c);
    things_add(c, 1, 1);
    db_close(&c->db);
    CHECK_INT(things_child(commit_without_sync, c), 128 + SIGABRT);
    CHECK_INT(things_child(group_without_sync, c), 128 + SIGABRT);
    things_open(c, things_path(c, "t.db"), DB_WRITE); /* the restart */
    CHECK(things_count(c) >= 1);
    db_close(&c->db);
}

/* ---- a page that was lost, of which one thread hears ---- */

/* A log that nobody reads. */
static void be_unheard(void) {
    int ends[2];
    if (pipe(ends) != 0 || dup2(ends[1], STDERR_FILENO) < 0) _exit(3);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    while (write(ends[1], "full", 1) == 1)
        continue;
    fcntl(ends[1], F_SETFL, 0);
}

static enum err run_large(struct db_job *job, struct db *db) {
    STMT(LARGE, "INSERT INTO large (bytes) VALUES (randomblob(100000))", NULL);
    struct ctx c = {.arena = arena_create(1 << 16), .db = db};
    (void)job;
    enum err err = db_exec(&c, &LARGE, NO_ARGS, NULL);
    arena_destroy(&c.arena);
    teller = pthread_self(); /* the writer: its checkpoint syncs the WAL beside the syncer */
    is_told_once = true;
    return err;
}

static int group_with_a_lost_page(void *user) {
    STMT(TABLE, "CREATE TABLE large (id INTEGER PRIMARY KEY, bytes BLOB)", NULL);
    struct ctx *c = user;
    struct db_writer *writer;
    struct db_job job = {.run = run_large, .done = done_exit};
    CHECK_OK(c, db_open(c, things_path(c, "t.db"), DB_WRITE, &c->db));
    CHECK_OK(c, db_exec(c, &TABLE, NO_ARGS, NULL));
    c->db->settle_pages = 1;
    CHECK_OK(c, db_writer_start(c, c->db, &writer));
    signal(SIGALRM, SIG_DFL); /* the tests' own watch */
    be_unheard();
    CHECK(db_writer_submit(writer, &job));
    db_writer_stop(&writer);
    return 4;
}

/* Nobody is told of success because another thread was told of the failure, not even while that one waits to
 * write its last words. */
TEST(db_disk_a_lost_page_is_lost_for_all_threads) {
    struct ctx *c = check_ctx();
    things_file(c);
    db_close(&c->db);
    CHECK_INT(things_child(group_with_a_lost_page, c), 128 + SIGALRM);
}

/* ---- what is left to the syncer ---- */

/* A checkpoint beside work copies, and its sync is left; what cuts the WAL off waits for that. */
TEST(db_disk_frames_stay_until_their_copy_is_synced) {
    struct ctx *c = check_ctx();
    int64_t id = 1;
    things_file(c);
    const struct db_driver *driver = c->db->driver;
    c->db->syncs_later = true;
    int before = syncs;
    CHECK_OK(c, db_unit(c, add, &id));
    CHECK_INT(syncs, before);
    CHECK(!c->db->wants_sync);
    c->db->settle_pages = 1;
    CHECK(!driver->settle(c->db, false));
    CHECK_INT(syncs, before + 1); /* the WAL, before its frames are copied */
    CHECK(c->db->wants_sync);
    CHECK(driver->settle(c->db, true));
    CHECK_INT(syncs, before + 2); /* the file */
    driver->sync(c->db);
    CHECK_INT(syncs, before + 3); /* the commit's own was left, too */
    driver->sync(c->db);
    CHECK_INT(syncs, before + 3);
    db_close(&c->db);
}

static int add_and_die(void *user) {
    struct ctx *c = user;
    int64_t id = 2;
    CHECK_OK(c, db_open(c, things_path(c, "t.db"), DB_WRITE, &c->db));
    CHECK_OK(c, db_unit(c, add, &id));
    _exit(42);
}

/* What a process that died has left in the kernel's memory is no proof of what is on the disk. */
TEST(db_disk_a_log_that_was_left_is_synced_and_read_anew) {
    struct ctx *c = check_ctx();
    const char *path = things_file(c);
    things_add(c, 1, 1);
    db_close(&c->db);
    CHECK_INT(things_child(add_and_die, c), 42);
    int before = syncs, anew = read_anew;
    things_open(c, path, DB_WRITE);
    CHECK(syncs >= before + 2); /* the WAL, and the file */
    CHECK_INT(read_anew, anew + 1);
    CHECK_INT(things_count(c), 2);
    db_close(&c->db);
}

static enum err count_things(struct ctx *c, void *user) {
    *(int64_t *)user = things_count(c);
    return OK;
}

/* Of a writer's group that is not on the disk yet nobody beside it tells before it is. */
TEST(db_disk_what_another_process_reads_is_on_the_disk_first) {
    struct ctx *c = check_ctx();
    const char *path = things_file(c);
    struct db *writer = c->db;
    int64_t id = 1, n = 0;
    writer->syncs_later = true;
    CHECK_OK(c, db_unit(c, add, &id));
    things_open(c, path, DB_READ);
    int before = syncs;
    CHECK_OK(c, db_snapshot(c, count_things, &n)); /* of our own: db_writer_after */
    CHECK_INT(syncs, before);
    db_keep_seen(c->db);
    CHECK_OK(c, db_snapshot(c, count_things, &n));
    CHECK_INT(n, 1);
    CHECK_INT(syncs, before + 1);
    n = 0;
    sync_error = EIO;
    CHECK_INT(db_snapshot(c, count_things, &n), ERR_UNCERTAIN);
    sync_error = 0;
    CHECK_STR(c->fault.slug, "db.io");
    CHECK_INT(n, 0);
    ctx_fault_clear(c);
    CHECK_OK(c, db_snapshot(c, count_things, &n));
    db_close(&c->db);
    db_close(&writer);
}

/* ---- what the writer tells, and when ---- */

struct told {
    struct db_job job;
    int64_t id;
    atomic_bool is_told;
};

static enum err run_told(struct db_job *job, struct db *db) {
    struct ctx c = {.arena = arena_create(1 << 16), .db = db};
    enum err err = add(&c, &((struct told *)job)->id);
    arena_destroy(&c.arena);
    return err;
}

static void done_told(struct db_job *job, enum err err) {
    CHECK_INT(err, OK);
    atomic_store(&((struct told *)job)->is_told, true);
}

/* As many rows as can be seen by others, once they are `want` or two seconds are over. */
static int64_t seen(struct ctx *c, int64_t want) {
    for (int i = 0; i < 400 && things_count(c) < want; i++)
        usleep(5000);
    return things_count(c);
}

static bool comes_true(const atomic_bool *is_told) {
    for (int i = 0; i < 400 && !atomic_load(is_told); i++)
        usleep(5000);
    return atomic_load(is_told);
}

enum { RING = 8, JOBS = RING + 2 };

/* While a sync takes its time the writer goes on, and nobody hears of what is not on the disk: not those who
 * wrote it, nor those who read it. At some point it waits for the disk. */
TEST(db_disk_nobody_hears_before_the_sync) {
    struct ctx *c = check_ctx();
    const char *path = things_file(c);
    struct db_writer *writer;
    struct told told[JOBS] = {0}, read = {.job.done = done_told}, early = read;
    CHECK_OK(c, db_writer_start(c, c->db, &writer));
    things_open(c, path, DB_READ);
    db_writer_after(writer, &early.job);
    CHECK(early.is_told); /* there is nothing to wait for */
    pthread_mutex_lock(&syncing);
    for (int64_t i = 0; i < JOBS; i++) {
        told[i] = (struct told){.job = {.run = run_told, .done = done_told}, .id = i + 1};
        CHECK(db_writer_submit(writer, &told[i].job));
        if (i < RING) CHECK_INT(seen(c, i + 1), i + 1); /* one by one, each a group */
    }
    db_writer_after(writer, &read.job);
    usleep(100000);
    CHECK_INT(things_count(c), RING);
    for (int i = 0; i < JOBS; i++)
        CHECK(!told[i].is_told);
    CHECK(!read.is_told);
    pthread_mutex_unlock(&syncing);
    for (int i = 0; i < JOBS; i++)
        CHECK(comes_true(&told[i].is_told));
    CHECK(comes_true(&read.is_told));
    CHECK_INT(things_count(c), JOBS);
    db_close(&c->db);
    db_writer_stop(&writer);
}

/* ---- writes that fail ---- */

/* Fails with `error` while the disk does, and is as good as new afterwards. */
static void check_write_error(int error, enum err want) {
    struct ctx *c = check_ctx();
    const char *path = things_file(c);
    int64_t id = 1;
    CHECK_OK(c, db_unit(c, add, &id));
    id = 2;
    good_writes = 0;
    write_error = error;
    enum err err = db_unit(c, add, &id);
    write_error = 0;
    CHECK_INT(err, want);
    CHECK_INT(c->fault.err, want);
    CHECK(!db_in_unit(c->db));
    CHECK_INT(things_count(c), 1);
    ctx_fault_clear(c);
    CHECK_OK(c, db_unit(c, add, &id));
    db_close(&c->db);
    things_open(c, path, DB_READ);
    CHECK_INT(things_count(c), 2);
    db_close(&c->db);
}

TEST(db_disk_full_is_full_and_recovers) {
    check_write_error(ENOSPC, ERR_FULL);
}

TEST(db_disk_a_write_error_is_uncertain) {
    check_write_error(EIO, ERR_UNCERTAIN);
}

/* The commit comes after the row: its error is the answer, whoever asked for one row only. */
TEST(db_disk_a_row_of_returning_is_not_an_answer) {
    STMT(ADD, "INSERT INTO pair (id, value) VALUES ($1, $1) RETURNING id, value", NULL);
    struct ctx *c = check_ctx();
    struct pair pair = {0};
    int64_t id;
    things_file(c);
    things_add(c, 1, 1);
    good_writes = 0;
    write_error = ENOSPC;
    enum err by_value = db_value(c, &ADD, ARGS(db_int(2)), &id);
    enum err by_record = db_one(c, &ADD, ARGS(db_int(3)), &pair_shape, &pair);
    write_error = 0;
    CHECK_INT(by_value, ERR_FULL);
    CHECK_INT(by_record, ERR_FULL);
    CHECK_INT(things_count(c), 1);
    db_close(&c->db);
}

/* ---- the frames of a commit, gathered ---- */

enum { MANY = 40000 }; /* rows: some 120 pages */

STMT(PAIR_RAISE, "UPDATE pair SET value = value + 1 WHERE id = $1", NULL);

/* Some of them once more at the end, the last ones first: where the cache is small they are read again from
 * the WAL, or before they have got there. */
static enum err add_many(struct ctx *c, void *user) {
    int64_t first = *(int64_t *)user;
    for (int64_t i = 0; i < MANY; i++)
        TRY(db_exec(c, &PAIR_ADD, ARGS(db_int(first + i), db_int(1)), NULL));
    for (int64_t i = MANY - 1; i >= 0; i -= 100)
        TRY(db_exec(c, &PAIR_RAISE, ARGS(db_int(first + i)), NULL));
    return OK;
}

/* SQLite makes two calls a page of it. */
TEST(db_disk_a_commit_is_written_by_few_calls) {
    struct ctx *c = check_ctx();
    int64_t first = 1;
    things_file(c);
    int before = writes;
    CHECK_OK(c, db_unit(c, add_many, &first));
    CHECK(writes - before < 20);
    CHECK_INT(things_count(c), MANY);
    db_close(&c->db);
}

static void check_rows(struct ctx *c, const char *path, int64_t want) {
    struct db *db = c->db;
    things_open(c, path, DB_WRITE);
    CHECK_OK(c, db_check(c));
    CHECK_INT(things_count(c), want);
    db_close(&c->db);
    c->db = db;
}

/* What stands on the disk now, as a restart after a power cut would find it. */
static const char *copied(struct ctx *c, const char *path) {
    const char *to = things_path(c, "copy.db");
    CHECK_INT(system(arena_printf(c->arena, "rm -f %s*; cp %s %s; cp %s-wal %s-wal", to, path, to, path, to)),
              0);
    return to;
}

/* With a page cache of ten pages SQLite writes frames before the commit, reads them again, and writes some
 * anew. */
STMT(SMALL_CACHE, "PRAGMA cache_size = 10", NULL);

static void check_failing_writes(int error, enum err want, bool is_small) {
    struct ctx *c = check_ctx();
    const char *path = things_file(c);
    int64_t kept = 0, first = 1, sum;
    if (is_small) CHECK_OK(c, db_exec(c, &SMALL_CACHE, NO_ARGS, NULL));
    enum err err = want;
    for (int good = 0; err != OK; good++) {
        first = kept + 1;
        good_writes = good;
        write_error = error;
        err = db_unit(c, add_many, &first);
        write_error = 0;
        if (err != OK) CHECK_INT(err, want);
        if (err == ERR_FULL) check_rows(c, copied(c, path), kept);
        ctx_fault_clear(c);
        if (err == OK) break;
        CHECK_INT(things_count(c), kept);
        first = kept + 1;
        CHECK_OK(c, db_unit(c, add, &first)); /* good again, at once */
        kept++;
        check_rows(c, copied(c, path), kept);
    }
    CHECK(kept >= 4); /* there were several calls that could fail */
    CHECK_INT(things_count(c), kept + MANY);
    CHECK_OK(c, db_value(c, &PAIR_SUM, NO_ARGS, &sum));
    CHECK_INT(sum, kept + MANY + MANY / 100);
    db_close(&c->db);
    CHECK_INT(unlink(path), 0);
}

TEST(db_disk_each_write_of_a_commit_may_fail) {
    check_failing_writes(ENOSPC, ERR_FULL, false);
    check_failing_writes(EIO, ERR_UNCERTAIN, false);
}

TEST(db_disk_each_write_of_a_commit_that_spills_may_fail) {
    check_failing_writes(ENOSPC, ERR_FULL, true);
    check_failing_writes(EIO, ERR_UNCERTAIN, true);
}

static int out_of_memory(void *user) {
    STMT(LIMIT, "PRAGMA hard_heap_limit = 2000000", NULL);
    STMT(LARGE, "SELECT length(hex(zeroblob(5000000)))", NULL);
    struct ctx *c = user;
    int64_t n;
    things_file(c);
    if (db_exec(c, &LIMIT, NO_ARGS, NULL) != OK) return 1;
    if (db_value(c, &LARGE, NO_ARGS, &n) != ERR_LIMIT) return 2;
    if (strcmp(c->fault.slug, "db.memory") != 0) return 3;
    ctx_fault_clear(c);
    things_add(c, 1, 1);
    return 42;
}

TEST(db_memory_that_is_out_is_a_limit) {
    CHECK_INT(things_child(out_of_memory, check_ctx()), 42);
}
