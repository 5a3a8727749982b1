/* A disk that fails: the system calls through which SQLite writes are ours here, and fail on demand. */
#include "db_things.h"
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int sync_error, write_error, syncs;

int fdatasync(int fd) {
    atomic_fetch_add(&syncs, 1);
    errno = sync_error;
    return sync_error ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd) {
    atomic_fetch_add(&syncs, 1);
    errno = sync_error;
    return sync_error ? -1 : (int)syscall(SYS_fsync, fd);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) {
    errno = write_error;
    return write_error ? -1 : (ssize_t)syscall(SYS_pwrite64, fd, bytes, n, at);
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

/* Fails with `error` while the disk does, and is as good as new afterwards. */
static void check_write_error(int error, enum err want) {
    struct ctx *c = check_ctx();
    const char *path = things_file(c);
    int64_t id = 1;
    CHECK_OK(c, db_unit(c, add, &id));
    id = 2;
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
    write_error = ENOSPC;
    enum err by_value = db_value(c, &ADD, ARGS(db_int(2)), &id);
    enum err by_record = db_one(c, &ADD, ARGS(db_int(3)), &pair_shape, &pair);
    write_error = 0;
    CHECK_INT(by_value, ERR_FULL);
    CHECK_INT(by_record, ERR_FULL);
    CHECK_INT(things_count(c), 1);
    db_close(&c->db);
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
