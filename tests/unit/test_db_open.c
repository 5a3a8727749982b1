/* Opening: who may, with which settings, beside whom. */
#include "db_things.h"
#include "base/clock.h"
#include "base/text.h"
#include "db/driver.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t number(struct ctx *c, const struct db_stmt *s) {
    int64_t value = NONE;
    CHECK_OK(c, db_value(c, s, NO_ARGS, &value));
    return value;
}

struct word {
    const char *journal_mode;
};
static const struct field WORD_FIELDS[] = {FIELD(struct word, K_TEXT, journal_mode)};
static const struct shape word_shape = SHAPE("word", struct word, WORD_FIELDS);

STMT(JOURNAL, "PRAGMA journal_mode", NULL);
STMT(SYNCHRONOUS, "PRAGMA synchronous", NULL);
STMT(FOREIGN_KEYS, "PRAGMA foreign_keys", NULL);
STMT(TRUSTED, "PRAGMA trusted_schema", NULL);
STMT(MMAP, "PRAGMA mmap_size", NULL);
STMT(JOURNAL_LIMIT, "PRAGMA journal_size_limit", NULL);
STMT(CACHE, "PRAGMA cache_size", NULL);
STMT(TEMP, "PRAGMA temp_store", NULL);

static void check_journal(struct ctx *c, const char *want) {
    struct word word;
    CHECK_OK(c, db_one(c, &JOURNAL, NO_ARGS, &word_shape, &word));
    CHECK_STR(word.journal_mode, want);
}

TEST(db_open_settings_of_the_writer) {
    struct ctx *c = check_ctx();
    things_file(c);
    check_journal(c, "wal");
    CHECK_INT(number(c, &SYNCHRONOUS), 2); /* FULL */
    CHECK_INT(number(c, &FOREIGN_KEYS), 1);
    CHECK_INT(number(c, &TRUSTED), 0);
    CHECK_INT(number(c, &MMAP), 0);
    CHECK_INT(number(c, &JOURNAL_LIMIT), 16 << 20);
    CHECK_INT(number(c, &CACHE), -64 * 1024);
    CHECK_INT(number(c, &TEMP), 2); /* memory */
    db_close(&c->db);
}

TEST(db_open_settings_of_a_reader) {
    struct ctx *c = check_ctx();
    struct ctx writer = *c;
    things_open(c, things_file(&writer), DB_READ);
    check_journal(c, "wal");
    CHECK_INT(number(c, &FOREIGN_KEYS), 1);
    CHECK_INT(number(c, &TRUSTED), 0);
    CHECK_INT(number(c, &MMAP), 0);
    CHECK_INT(number(c, &CACHE), -8 * 1024);
    db_close(&c->db);
    db_close(&writer.db);
}

TEST(db_open_is_defensive) {
    STMT(SCHEMA, "UPDATE sqlite_schema SET sql = ''", NULL);
    STMT(WRITABLE, "PRAGMA writable_schema = ON", NULL);
    struct ctx *c = check_ctx();
    things_file(c);
    CHECK_OK(c, db_exec(c, &WRITABLE, NO_ARGS, NULL));
    CHECK_INT(db_exec(c, &SCHEMA, NO_ARGS, NULL), ERR_INTERNAL);
    db_close(&c->db);
}

/* ---- what is there and what is not ---- */

static void check_open_fails(const char *path, enum db_mode mode, enum err err, const char *slug) {
    struct ctx *c = check_ctx();
    struct db *db = NULL;
    CHECK_INT(db_open(c, path, mode, &db), err);
    CHECK_STR(c->fault.slug, slug);
    CHECK(!db);
}

static const char *path_of(char buffer[200], const char *name) {
    snprintf(buffer, 200, "%s/%s", check_dir(), name);
    return buffer;
}

TEST(db_open_what_is_not_there) {
    char path[200];
    path_of(path, "none.db");
    check_open_fails(path, DB_READ, ERR_NOT_FOUND, "db.absent");
    CHECK(access(path, F_OK) != 0);
    check_open_fails(path, DB_WRITE, ERR_NOT_FOUND, "db.absent");
    CHECK(access(path, F_OK) != 0);
    CHECK(access(path_of(path, "none.db.lock"), F_OK) != 0);
    check_open_fails(path_of(path, "."), DB_WRITE, ERR_CONFLICT, "db.exists"); /* a folder */
    check_open_fails(path_of(path, "no/folder.db"), DB_CREATE, ERR_NOT_FOUND, "db.absent");
    check_open_fails("mysql://localhost/canary", DB_WRITE, ERR_INVALID, "db.url");
    check_open_fails("postgresql://[/canary", DB_WRITE, ERR_INVALID, "db.url");
    check_open_fails("postgresql://none@%2Fnowhere/canary", DB_WRITE, ERR_NOT_FOUND, "db.absent");
}

TEST(db_create_leaves_what_is_there) {
    struct ctx *c = check_ctx();
    things_file(c);
    things_add(c, 1, 1);
    db_close(&c->db);
    char path[200];
    check_open_fails(path_of(path, "t.db"), DB_CREATE, ERR_CONFLICT, "db.exists");
    check_open_fails(path, DB_BULK, ERR_CONFLICT, "db.exists");
    c = check_ctx();
    things_open(c, path, DB_READ);
    CHECK_INT(things_count(c), 1);
    db_close(&c->db);
}

TEST(db_open_what_is_no_database) {
    char path[200];
    FILE *file = fopen(path_of(path, "text.db"), "w");
    CHECK(file);
    for (int i = 0; i < 1000; i++)
        fputs("this is no database\n", file);
    fclose(file);
    check_open_fails(path, DB_READ, ERR_CORRUPT, "db.corrupt");
    check_open_fails(path, DB_WRITE, ERR_CORRUPT, "db.corrupt");
}

/* A name that the library might take for a URI of its own. */
TEST(db_open_a_name_with_a_colon) {
    char path[200];
    struct ctx *c = check_ctx();
    things_open(c, path_of(path, "file:x?mode=memory"), DB_CREATE);
    CHECK_OK(c, db_exec(c, &PAIR_TABLE, NO_ARGS, NULL));
    db_close(&c->db);
    CHECK(access(path, F_OK) == 0);
}

/* ---- one writer ---- */

TEST(db_a_second_writer_is_refused) {
    char path[200], link[200];
    struct ctx *c = check_ctx();
    struct ctx first = *c;
    things_file(&first);
    path_of(path, "t.db");
    CHECK(symlink(path, path_of(link, "link.db")) == 0);
    struct db *second = NULL;
    CHECK_INT(db_open(c, path, DB_WRITE, &second), ERR_BUSY);
    CHECK_STR(c->fault.slug, "db.locked");
    CHECK(strstr(c->fault.detail, "a service is running on this database"));
    CHECK_INT(db_open(c, link, DB_WRITE, &second), ERR_BUSY); /* by any name */
    db_close(&first.db);
    things_open(c, path, DB_WRITE);
    things_add(c, 1, 1);
    db_close(&c->db);
}

static int open_as(const char *path, enum db_mode mode) {
    struct ctx c = {.arena = arena_create(1 << 20)};
    return (int)db_open(&c, path, mode, &c.db);
}

static int write_in_child(void *user) {
    return open_as(user, DB_WRITE);
}

static int read_in_child(void *user) {
    struct ctx c = {.arena = arena_create(1 << 20)};
    int64_t n = 0;
    if (db_open(&c, user, DB_READ, &c.db) != OK) return 100;
    if (db_value(&c, &PAIR_COUNT, NO_ARGS, &n) != OK) return 101;
    enum err err = db_exec(&c, &PAIR_ADD, ARGS(db_int(9), db_int(9)), NULL);
    db_close(&c.db);
    return err == OK ? 102 : (int)n;
}

/* The children open by themselves: nothing is open here when they begin. */
struct beside {
    const char *path;
    int (*child)(void *user);
    int go[2], result[2];
};

static int child_beside(void *user) {
    struct beside *b = user;
    char byte = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody behind */
    if (read(b->go[0], &byte, 1) != 1) return 1;
    byte = (char)b->child((void *)(uintptr_t)b->path);
    return write(b->result[1], &byte, 1) == 1 ? 0 : 1;
}

static pid_t fork_beside(struct beside *b) {
    CHECK(pipe(b->go) == 0 && pipe(b->result) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) _exit(child_beside(b));
    return child;
}

static int ask_child(struct beside *b) {
    char answer = 0;
    CHECK(write(b->go[1], "g", 1) == 1);
    CHECK(read(b->result[0], &answer, 1) == 1);
    return answer;
}

TEST(db_another_process_reads_and_cannot_write) {
    char path[200];
    path_of(path, "t.db");
    struct beside reader = {.path = path, .child = read_in_child};
    struct beside writer = {.path = path, .child = write_in_child};
    fork_beside(&reader);
    fork_beside(&writer);
    struct ctx *c = check_ctx();
    things_file(c);
    things_add(c, 1, 1);
    things_add(c, 2, 2);
    CHECK_INT(ask_child(&reader), 2);
    CHECK_INT(ask_child(&writer), ERR_BUSY);
    CHECK_INT(things_count(c), 2);
    db_close(&c->db);
}

static int64_t bytes_of(const char *path) {
    struct stat stats;
    return stat(path, &stats) == 0 ? (int64_t)stats.st_size : -1;
}

static int crash_after_a_commit(void *user) {
    struct ctx c = {.arena = arena_create(1 << 20)};
    if (db_open(&c, user, DB_CREATE, &c.db) != OK) return 1;
    if (db_exec(&c, &PAIR_TABLE, NO_ARGS, NULL) != OK) return 1;
    if (db_exec(&c, &PAIR_ADD, ARGS(db_int(1), db_int(1)), NULL) != OK) return 1;
    _exit(7); /* leaves the WAL behind, and the lock to the kernel */
}

/* A reader that closes last after a crash would take the WAL with it if it could write. */
TEST(db_a_reader_leaves_the_wal_of_a_crash) {
    char path[200], wal[200];
    path_of(path, "t.db");
    path_of(wal, "t.db-wal");
    CHECK_INT(things_child(crash_after_a_commit, path), 7);
    int64_t before = bytes_of(wal);
    CHECK(before > 0);
    struct ctx *c = check_ctx();
    things_open(c, path, DB_READ);
    CHECK_INT(things_count(c), 1);
    db_close(&c->db);
    CHECK_INT(bytes_of(wal), before);
    things_open(c, path, DB_WRITE); /* and the next writer finds the lock free */
    CHECK_INT(things_count(c), 1);
    db_close(&c->db);
}

static enum err add_one(struct ctx *c, void *user) {
    (void)user;
    return db_exec(c, &PAIR_ADD, ARGS(db_int(1), db_int(1)), NULL);
}

TEST(db_a_reader_cannot_write) {
    struct ctx *c = check_ctx();
    struct ctx writer = *c;
    things_open(c, things_file(&writer), DB_READ);
    CHECK_INT(db_exec(c, &PAIR_ADD, ARGS(db_int(1), db_int(1)), NULL), ERR_INTERNAL);
    ctx_fault_clear(c);
    CHECK_INT(db_unit(c, add_one, NULL), ERR_INTERNAL);
    CHECK(!db_in_unit(c->db));
    CHECK_INT(things_count(c), 0);
    db_close(&c->db);
    db_close(&writer.db);
}

/* ---- the WAL ---- */

TEST(db_wal_stays_small) {
    STMT(LARGE, "CREATE TABLE large (id INTEGER PRIMARY KEY, bytes BLOB) STRICT", NULL);
    STMT(CHANGE,
         "INSERT INTO large (id, bytes) VALUES (1, zeroblob($1)) ON CONFLICT DO UPDATE SET bytes = "
         "randomblob($1)",
         NULL);
    char wal[200];
    struct ctx *c = check_ctx();
    things_file(c);
    CHECK_OK(c, db_exec(c, &LARGE, NO_ARGS, NULL));
    for (int i = 0; i < 30; i++)
        CHECK_OK(c, db_exec(c, &CHANGE, ARGS(db_int(1000000)), NULL));
    CHECK(bytes_of(path_of(wal, "t.db-wal")) < (16 << 20));
    CHECK(c->db->driver->settle(c->db, true)); /* nothing is left to do */
    CHECK_INT(bytes_of(wal), 0);
    db_close(&c->db);
}

TEST(db_bulk_is_a_normal_file_afterwards) {
    char path[200];
    struct ctx *c = check_ctx();
    things_open(c, path_of(path, "bulk.db"), DB_BULK);
    check_journal(c, "memory");
    CHECK_INT(number(c, &SYNCHRONOUS), 0);
    CHECK_OK(c, db_exec(c, &PAIR_TABLE, NO_ARGS, NULL));
    things_add(c, 1, 1);
    db_close(&c->db);
    things_open(c, path, DB_READ);
    check_journal(c, "wal");
    CHECK_INT(things_count(c), 1);
    db_close(&c->db);
}

/* ---- the read limit ---- */

STMT(LONG,
     "WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 100000000) SELECT sum(n) "
     "FROM t",
     NULL);

static int64_t elapsed_ms(int64_t since_us) {
    return (clock_monotonic_us() - since_us) / 1000;
}

static enum err slow_row(struct ctx *c, void *record, void *user) {
    (void)record;
    ++*(int *)user;
    usleep(15000);
    int64_t n;
    return db_value(c, &PAIR_COUNT, NO_ARGS, &n); /* must not give the walk new time */
}

static enum err many_short_reads(struct ctx *c, void *user) {
    int64_t n;
    (void)user;
    for (int i = 0; i < 80; i++) {
        TRY(db_value(c, &PAIR_COUNT, NO_ARGS, &n));
        usleep(1000);
    }
    return OK;
}

static void check_too_long(struct ctx *c, enum err err) {
    CHECK_INT(err, ERR_LIMIT);
    CHECK_STR(c->fault.slug, "read.too-long");
    CHECK(!db_in_unit(c->db));
    ctx_fault_clear(c);
    CHECK(things_count(c) >= 0); /* the connection is as good as new */
}

TEST(db_reads_that_take_too_long) {
    struct ctx *c = check_ctx();
    struct ctx writer = *c;
    const char *path = things_file(&writer);
    for (int64_t i = 1; i <= 40; i++)
        things_add(&writer, i, i);
    things_open(c, path, DB_READ);
    db_set_read_limit_ms(c->db, 50);
    int64_t n, started_us = clock_monotonic_us();
    check_too_long(c, db_value(c, &LONG, NO_ARGS, &n));
    CHECK(elapsed_ms(started_us) >= 50 && elapsed_ms(started_us) < 1000);
    struct pair pair;
    int rows = 0;
    check_too_long(c, db_each(c, &PAIR_LIST, NO_ARGS, &pair_shape, &pair, slow_row, &rows));
    CHECK(rows < 40);
    check_too_long(c, db_snapshot(c, many_short_reads, NULL));
    CHECK_OK(c, many_short_reads(c, NULL)); /* each on its own is short */
    db_set_read_limit_ms(c->db, 0);
    CHECK_OK(c, db_snapshot(c, many_short_reads, NULL));
    db_close(&c->db);
    db_close(&writer.db);
}

TEST(db_close_of_nothing) {
    struct db *db = NULL;
    db_close(&db);
    CHECK(!db);
}
