/* How far ids went: kept with the rows that have them, and what a process begins behind. */
#include "base/date.h"
#include "db/driver.h"
#include "db/migrate.h"
#include "db_things.h"

STMT(UNTIL, "SELECT MAX(until) FROM id_writer", NULL);
STMT(ROWS, "SELECT COUNT(*) FROM id_writer WHERE number BETWEEN 0 AND 7 AND until = $1", NULL);
STMT(ALL_ROWS, "SELECT COUNT(*) FROM id_writer", NULL);
STMT(SET, "INSERT INTO id_writer (number, until) VALUES ($1, $2)", NULL);
STMT(EVENT,
     "INSERT INTO audit_entry (seq, at, role, action, entity, entity_id, entity_version, request_id, change, "
     "leaf_hash) VALUES ($1, $2, 7, 87, 24, x'00', 1, x'00', '{}', zeroblob(32))",
     NULL);

#define NOW INT64_C(1772409600000)

static struct ctx *open_new(struct ctx *c, const char *url, enum db_mode mode) {
    int64_t applied;
    c->now = NOW;
    things_open(c, url, mode);
    CHECK_OK(c, db_migrate(c, &applied));
    return c;
}

static struct ctx *begin(void) {
    struct ctx *c = open_new(check_ctx(), ":memory:", DB_WRITE);
    c->db = db_failing(c->db, 0, OK);
    CHECK_OK(c, db_ids_begin(c));
    return c;
}

static int64_t value(struct ctx *c, const struct db_stmt *s) {
    int64_t value;
    CHECK_OK(c, db_value(c, s, NO_ARGS, &value));
    return value;
}

static void write_ids(struct ctx *c, int64_t n) {
    CHECK_OK(c, db_unit(c, things_write_ids, &(struct id_writes){.ids = n}));
}

/* More ids than a second has, all of them at one instant: the next process has the same clock. */
TEST(db_ids_of_the_next_process_are_later) {
    struct ctx *c = check_ctx();
    const char *path = things_path(c, "t.db");
    open_new(c, path, DB_CREATE);
    db_close(&c->db);
    for (int i = 0; i < 3; i++) {
        struct id_writes writes = {path, NOW, 33000};
        CHECK_INT(things_child(things_id_process, &writes), 0);
    }
    int64_t n;
    STMT(WRITTEN, "SELECT COUNT(*) FROM idempotency", NULL);
    things_open(c, path, DB_READ);
    CHECK_OK(c, db_value(c, &WRITTEN, NO_ARGS, &n));
    CHECK_INT(n, 3 * 33000);
    db_close(&c->db);
}

TEST(db_ids_begin_behind_every_writer) {
    struct ctx *c = open_new(check_ctx(), ":memory:", DB_WRITE);
    int64_t until = id_latest() + DAY_MS;
    CHECK_OK(c, db_exec(c, &SET, ARGS(db_int(5), db_int(until)), NULL));
    CHECK_OK(c, db_exec(c, &SET, ARGS(db_int(6), db_int(1)), NULL));
    CHECK_OK(c, db_ids_begin(c));
    CHECK(id_instant(c->request_id) > until);
    CHECK(id_instant(id_new(NOW)) > until);
    db_close(&c->db);
}

TEST(db_ids_are_kept_with_the_unit_that_writes) {
    struct ctx *c = begin();
    CHECK_INT(value(c, &UNTIL), NONE);
    write_ids(c, 1);
    int64_t until = value(c, &UNTIL);
    CHECK(until >= id_latest());
    CHECK_INT(value(c, &ALL_ROWS), 1);
    write_ids(c, 1); /* before `until`: nothing is to be kept */
    CHECK_INT(value(c, &UNTIL), until);
    write_ids(c, 32 * (until - id_latest() + 2));
    CHECK(value(c, &UNTIL) > until && value(c, &UNTIL) >= id_latest());
    CHECK_INT(value(c, &ALL_ROWS), 1);
    db_close(&c->db);
}

static enum err only_read(struct ctx *c, void *user) {
    (void)user, (void)id_new(c->now);
    return value(c, &ALL_ROWS) == 0 ? OK : ERR_INTERNAL;
}

TEST(db_ids_of_a_unit_that_only_reads_are_not_kept) {
    struct ctx *c = begin();
    CHECK_OK(c, db_unit(c, only_read, NULL));
    CHECK_INT(value(c, &ALL_ROWS), 0);
    CHECK_INT(c->db->writes, 0);
    db_close(&c->db);
}

static enum err write_and_fail(struct ctx *c, void *user) {
    TRY(things_write_ids(c, user));
    return FAIL(c, ERR_STATE, "test.state", "on purpose");
}

TEST(db_ids_that_were_rolled_back_are_not_kept) {
    struct ctx *c = begin();
    CHECK_INT(db_unit(c, write_and_fail, &(struct id_writes){.ids = 1}), ERR_STATE);
    CHECK_INT(value(c, &ALL_ROWS), 0);
    write_ids(c, 1);
    CHECK(value(c, &UNTIL) >= id_latest());
    db_close(&c->db);
}

/* Begin, the row, what is kept, commit: whatever fails, the next unit keeps it. */
TEST(db_ids_are_kept_by_the_unit_after_one_that_failed) {
    static const enum err ERR[] = {ERR_FULL, ERR_UNCERTAIN};
    for (int64_t nth = 1; nth <= 4; nth++)
        for (size_t i = 0; i < COUNT(ERR); i++) {
            struct ctx *c = begin();
            db_failing_set(c->db, nth, ERR[i]);
            CHECK_INT(db_unit(c, things_write_ids, &(struct id_writes){.ids = 1}), ERR[i]);
            ctx_fault_clear(c);
            CHECK_INT(value(c, &ALL_ROWS), 0);
            write_ids(c, 1);
            CHECK(value(c, &UNTIL) >= id_latest());
            db_close(&c->db);
        }
}

/* A connection that was made anew: the number is another, or was another process's meanwhile. */
TEST(db_ids_are_read_again_when_the_number_was_told) {
    struct ctx *c = begin();
    int64_t until = id_latest() + DAY_MS;
    CHECK_OK(c, db_exec(c, &SET, ARGS(db_int(id_writer()), db_int(until)), NULL));
    write_ids(c, 1);
    CHECK(id_latest() <= until);
    CHECK_INT(value(c, &UNTIL), id_latest() + 100);
    CHECK_OK(c, db_begin(c));
    db_rollback(c);
    int64_t calls = db_failing_calls(c->db);
    CHECK_OK(c, db_begin(c));
    db_rollback(c);
    CHECK_INT(db_failing_calls(c->db) - calls, 1); /* not without need */
    until = id_latest() + DAY_MS;
    STMT(RAISE, "UPDATE id_writer SET until = $1", NULL);
    CHECK_OK(c, db_exec(c, &RAISE, ARGS(db_int(until)), NULL));
    id_set_writer(id_writer());
    db_failing_set(c->db, 2, ERR_BUSY);
    CHECK_INT(db_begin(c), ERR_BUSY);
    CHECK(!db_in_unit(c->db));
    ctx_fault_clear(c);
    write_ids(c, 1);
    CHECK(id_latest() > until);
    CHECK(value(c, &UNTIL) > until);
    db_close(&c->db);
}

/* A log from before there was this table: its last event tells, if it can. */
TEST(db_ids_of_an_older_database) {
    static const struct {
        int64_t events, at, rows;
    } CASE[] = {{0, 0, 0}, {2, NOW, 8}, {2, -5, 0}, {2, INT64_MAX, 0}};
    size_t before = 0;
    while (db_migrations[before].number < 25)
        before++;
    for (size_t i = 0; i < COUNT(CASE); i++) {
        struct ctx *c = check_ctx();
        int64_t applied, n;
        things_open(c, ":memory:", DB_WRITE);
        CHECK_OK(c, migrate_files(c, db_migrations, before, &applied));
        for (int64_t seq = 1; seq <= CASE[i].events; seq++)
            CHECK_OK(c, db_exec(c, &EVENT, ARGS(db_int(seq), db_int(seq == 1 ? 1 : CASE[i].at)), NULL));
        CHECK_OK(c, db_migrate(c, &applied));
        CHECK_INT(value(c, &ALL_ROWS), CASE[i].rows);
        CHECK_OK(c, db_value(c, &ROWS, ARGS(db_int(CASE[i].rows ? CASE[i].at + 1000 : 0)), &n));
        CHECK_INT(n, CASE[i].rows);
        CHECK_OK(c, db_ids_begin(c));
        db_close(&c->db);
    }
}
