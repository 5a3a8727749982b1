/* Copies: one moment of a database that others go on writing, and the look that finds damage. */
#include "base/file.h"
#include "db_things.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

STMT(BIG_TABLE, "CREATE TABLE big (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT", NULL);
STMT(BIG_ADD, "INSERT INTO big (id, bytes) VALUES ($1, zeroblob(1000000))", NULL);
STMT(BIG_COUNT, "SELECT count(*) FROM big", NULL);
STMT(BIG_REMOVE, "DELETE FROM big WHERE id <= 10", NULL);

enum { BIG = 20 }; /* megabytes: some steps of a copy */

/* The writer, at work between two steps. */
struct meanwhile {
    struct ctx c;
    int told;
};

static void write_meanwhile(void *user, const char *what, int64_t done, int64_t of) {
    struct meanwhile *writer = user;
    CHECK_STR(what, "copying");
    CHECK(done <= of);
    if (writer->told > 50) return; /* a copy that never holds a moment must end, too */
    things_add(&writer->c, 100 + writer->told, 1);
    if (writer->told++ == 0) CHECK_OK(&writer->c, db_exec(&writer->c, &BIG_REMOVE, NO_ARGS, NULL));
}

static int64_t count_big(struct ctx *c) {
    int64_t n;
    CHECK_OK(c, db_value(c, &BIG_COUNT, NO_ARGS, &n));
    return n;
}

static struct meanwhile the_writer;

static void close_writer(void) {
    if (the_writer.c.db) db_close(&the_writer.c.db);
}

/* A database with big rows and one pair; its writer is the_writer. */
static const char *make(struct ctx *c) {
    const char *path = things_file(c);
    the_writer = (struct meanwhile){.c = *c};
    check_at_end(close_writer);
    c->db = NULL;
    CHECK_OK(&the_writer.c, db_exec(&the_writer.c, &BIG_TABLE, NO_ARGS, NULL));
    for (int64_t id = 1; id <= BIG; id++)
        CHECK_OK(&the_writer.c, db_exec(&the_writer.c, &BIG_ADD, ARGS(db_int(id)), NULL));
    things_add(&the_writer.c, 1, 1);
    return path;
}

TEST(db_backup_is_one_moment_of_a_database_being_written) {
    struct ctx *c = check_ctx();
    const char *path = make(c), *copy = things_path(c, "copy.db");
    const struct progress progress = {write_meanwhile, &the_writer, "copying"};
    things_open(c, path, DB_READ);
    CHECK_OK(c, db_backup(c, copy, &progress));
    CHECK(the_writer.told > 2);
    CHECK_INT(count_big(c), BIG - 10); /* the snapshot is let go */
    db_close(&c->db);
    things_open(c, copy, DB_READ);
    CHECK_INT(count_big(c), BIG);
    CHECK_INT(things_count(c), 1);
    CHECK_OK(c, db_check(c));
    db_close(&c->db);
    CHECK(file_size(arena_printf(c->arena, "%s-wal", copy)) == NONE); /* it is alone */
}

TEST(db_backup_says_where_it_cannot_write) {
    struct ctx *c = check_ctx();
    const char *path = make(c);
    things_open(c, path, DB_READ);
    CHECK(db_backup(c, things_path(c, "nowhere/copy.db"), NULL) != OK);
    CHECK(c->fault.detail && strstr(c->fault.detail, "nowhere"));
    CHECK_INT(count_big(c), BIG); /* and the connection is as it was */
    db_close(&c->db);
}

static void change_byte(const char *path, off_t at) {
    char byte = 0;
    int fd = open(path, O_RDWR);
    CHECK(fd >= 0 && pread(fd, &byte, 1, at) == 1);
    byte ^= 0x10;
    CHECK(pwrite(fd, &byte, 1, at) == 1);
    close(fd);
}

TEST(db_check_finds_a_damaged_page) {
    struct ctx *c = check_ctx();
    const char *path = make(c), *copy = things_path(c, "copy.db");
    things_open(c, path, DB_READ);
    CHECK_OK(c, db_backup(c, copy, NULL));
    db_close(&c->db);
    change_byte(copy, 4096 + 3); /* the number of cells of the first table's page */
    things_open(c, copy, DB_READ);
    CHECK_INT(db_check(c), ERR_CORRUPT);
    CHECK_STR(c->fault.slug, "db.corrupt");
    db_close(&c->db);
}

TEST(db_backup_and_check_can_fail_on_purpose) {
    struct ctx *c = check_ctx();
    const char *path = make(c);
    things_open(c, path, DB_READ);
    c->db = db_failing(c->db, 1, ERR_FULL);
    CHECK_STR(db_file(c->db), file_real(c->arena, path));
    CHECK_INT(db_backup(c, things_path(c, "copy.db"), NULL), ERR_FULL);
    CHECK(file_size(things_path(c, "copy.db")) == NONE);
    db_failing_set(c->db, 1, ERR_CORRUPT);
    CHECK_INT(db_check(c), ERR_CORRUPT);
    db_close(&c->db);
}

TEST(db_hold_is_the_writers_place) {
    struct ctx *c = check_ctx();
    const char *path = make(c), *file;
    int hold = -1, other = -1;
    CHECK_INT(db_hold(c, path, &file, &hold), ERR_BUSY);
    CHECK_STR(c->fault.slug, "db.locked");
    ctx_fault_clear(c);
    db_close(&the_writer.c.db);
    CHECK_OK(c, db_hold(c, path, &file, &hold));
    CHECK_STR(file, file_real(c->arena, path));
    CHECK_INT(db_hold(c, path, &file, &other), ERR_BUSY);
    ctx_fault_clear(c);
    CHECK_INT(db_open(c, path, DB_WRITE, &c->db), ERR_BUSY);
    ctx_fault_clear(c);
    db_let_go(&hold);
    db_let_go(&other);
    things_open(c, path, DB_WRITE);
    db_close(&c->db);
    CHECK_INT(db_hold(c, things_path(c, "nowhere/t.db"), &file, &hold), ERR_NOT_FOUND);
    ctx_fault_clear(c);
    CHECK_INT(db_hold(c, "postgresql://host/db", &file, &hold), ERR_INVALID);
    things_open(c, ":memory:", DB_WRITE);
    CHECK(db_file(c->db) == NULL);
    db_close(&c->db);
}
