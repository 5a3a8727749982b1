/* PostgreSQL's driver: walks, limits, numbers, and connections that are lost. */
#include "db/driver.h"
#include "db/pg_ddl.h"
#include "db_things.h"
#include "world.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A database of the server's with the table `pair`; nothing of it is in the log. */
static struct world *with_pairs(int64_t n) {
    struct world *w = world_make();
    w->tampered = true;
    CHECK_OK(w->c, db_exec(w->c, &PAIR_TABLE, NO_ARGS, NULL));
    STMT(FILL, "INSERT INTO pair (id, value) SELECT i, i FROM generate_series(1, CAST($1 AS BIGINT)) AS i",
         NULL);
    CHECK_OK(w->c, db_exec(w->c, &FILL, ARGS(db_int(n)), NULL));
    return w;
}

/* ---- walks ---- */

static enum err look_again(struct ctx *c, void *record, void *user) {
    struct pair *pair = record, again;
    CHECK_OK(c, db_one(c, &PAIR_GET, ARGS(db_int(pair->id)), &pair_shape, &again));
    *(int64_t *)user += again.value;
    return OK;
}

static enum err walk(struct ctx *c, void *user) {
    struct pair pair;
    return db_each(c, &PAIR_LIST, NO_ARGS, &pair_shape, &pair, look_again, user);
}

TEST(pg_walks_take_pieces_and_let_others_run) {
    struct world *w = with_pairs(10000);
    int64_t alone = 0, in_unit = 0, in_snapshot = 0;
    CHECK_OK(w->c, walk(w->c, &alone));
    CHECK(!db_in_unit(w->c->db));
    CHECK_OK(w->c, db_unit(w->c, walk, &in_unit));
    CHECK_OK(w->c, db_snapshot(w->c, walk, &in_snapshot));
    CHECK_INT(alone, 50005000);
    CHECK_INT(in_unit, alone);
    CHECK_INT(in_snapshot, alone);
}

static enum err stop(struct ctx *c, void *record, void *user) {
    (void)record, (void)user;
    return FAIL(c, ERR_STATE, "test.state", "on purpose");
}

TEST(pg_walks_that_end_early_leave_nothing_open) {
    struct world *w = with_pairs(100);
    struct pair pair;
    for (int i = 0; i < 3; i++)
        CHECK_INT(db_each(w->c, &PAIR_LIST, NO_ARGS, &pair_shape, &pair, stop, NULL), ERR_STATE);
    things_add(w->c, 101, 1);
    CHECK_INT(things_count(w->c), 101);
}

/* ---- limits ---- */

TEST(pg_reads_that_take_too_long_are_ended) {
    STMT(SLEEP, "SELECT COUNT(*) FROM (SELECT pg_sleep(30)) AS x", NULL);
    struct world *w = with_pairs(1);
    int64_t n;
    db_set_read_limit_ms(w->c->db, 50);
    CHECK_INT(db_value(w->c, &SLEEP, NO_ARGS, &n), ERR_LIMIT);
    CHECK_STR(w->c->fault.slug, "read.too-long");
    ctx_fault_clear(w->c);
    CHECK_INT(things_count(w->c), 1);
}

TEST(pg_what_is_refused_is_a_conflict_and_the_unit_is_over) {
    struct world *w = with_pairs(1);
    CHECK_INT(db_exec(w->c, &PAIR_ADD, ARGS(db_int(2), db_int(-1)), NULL), ERR_CONFLICT);
    CHECK_STR(w->c->fault.slug, "db.constraint");
    ctx_fault_clear(w->c);
    int64_t changed;
    CHECK_OK(w->c, db_begin(w->c));
    CHECK_INT(db_exec(w->c, &PAIR_ADD, ARGS(db_int(1), db_int(1)), &changed), ERR_CONFLICT);
    CHECK_INT(db_commit(w->c), ERR_INTERNAL);
    ctx_fault_clear(w->c);
    CHECK_INT(things_count(w->c), 1);
}

/* A write whose count nobody asks for goes into the pipeline: what refuses it is told later, and undoes the
 * unit all the same. */
TEST(pg_what_is_refused_late_is_told_by_the_next_read_or_the_commit) {
    struct world *w = with_pairs(1);
    int64_t n;
    CHECK_OK(w->c, db_begin(w->c));
    CHECK_OK(w->c, db_exec(w->c, &PAIR_ADD, ARGS(db_int(1), db_int(1)), NULL));
    CHECK_INT(db_value(w->c, &PAIR_COUNT, NO_ARGS, &n), ERR_CONFLICT);
    CHECK_INT(db_commit(w->c), ERR_INTERNAL);
    ctx_fault_clear(w->c);
    CHECK_OK(w->c, db_begin(w->c));
    CHECK_OK(w->c, db_exec(w->c, &PAIR_ADD, ARGS(db_int(2), db_int(2)), NULL));
    CHECK_OK(w->c, db_exec(w->c, &PAIR_ADD, ARGS(db_int(1), db_int(1)), NULL));
    CHECK_INT(db_commit(w->c), ERR_CONFLICT);
    CHECK_STR(w->c->fault.slug, "db.constraint");
    ctx_fault_clear(w->c);
    CHECK_INT(things_count(w->c), 1);
}

/* ---- what is queued ---- */

static enum err queue_pair(struct world *w, struct db_prepared *p, int64_t id) {
    const struct db_driver *driver = w->c->db->driver;
    const struct db_arg arg[] = {db_int(id), db_int(id)};
    for (int i = 0; i < 2; i++)
        CHECK_OK(w->c, driver->bind(w->c, w->c->db, p, i + 1, &arg[i]));
    enum err err = driver->step(w->c, w->c->db, &PAIR_ADD, p);
    driver->reset(w->c->db, p);
    return err;
}

TEST(pg_what_was_queued_is_done_or_told) {
    struct world *w = with_pairs(1);
    struct db_prepared p;
    CHECK_OK(w->c, w->c->db->driver->prepare(w->c, w->c->db, &PAIR_ADD, &p));
    p.once = p.queues = true;
    CHECK_OK(w->c, db_begin(w->c));
    for (int64_t id = 2; id <= 1000; id++)
        CHECK_INT(queue_pair(w, &p, id), ERR_NOT_FOUND);
    CHECK_INT(things_count(w->c), 1000);
    CHECK_OK(w->c, db_commit(w->c));
    CHECK_OK(w->c, db_begin(w->c));
    CHECK_INT(queue_pair(w, &p, 1001), ERR_NOT_FOUND);
    CHECK_INT(queue_pair(w, &p, 1), ERR_NOT_FOUND); /* is there already */
    CHECK_INT(queue_pair(w, &p, 1002), ERR_NOT_FOUND);
    int64_t n;
    CHECK_INT(db_value(w->c, &PAIR_COUNT, NO_ARGS, &n), ERR_CONFLICT);
    db_rollback(w->c);
    ctx_fault_clear(w->c);
    CHECK_OK(w->c, db_begin(w->c));
    CHECK_INT(queue_pair(w, &p, 1), ERR_NOT_FOUND);
    db_rollback(w->c); /* unheard */
    CHECK_INT(things_count(w->c), 1000);
    w->c->db->driver->finalize(w->c->db, &p);
}

/* ---- numbers ---- */

struct real {
    double value;
};
static const struct field REAL_FIELDS[] = {FIELD(struct real, K_REAL, value)};
static const struct shape real_shape = SHAPE("real", struct real, REAL_FIELDS);

static void check_whole(struct world *w, const char *sql, int64_t want) {
    CHECK_INT(world_count(w, arena_printf(w->c->arena, "SELECT CAST(%s AS NUMERIC)", sql)), want);
}

static void check_real(struct world *w, const char *sql, double want) {
    struct real real;
    const struct db_stmt *s = world_statement(w->c, arena_printf(w->c->arena, "SELECT %s AS value", sql));
    CHECK_OK(w->c, db_one(w->c, s, NO_ARGS, &real_shape, &real));
    CHECK(fabs(real.value - want) <= 1e-12 * fabs(want));
}

TEST(pg_numbers_of_any_kind) {
    struct world *w = with_pairs(3);
    check_whole(w, "0", 0);
    check_whole(w, "-1", -1);
    check_whole(w, "10000", 10000);
    check_whole(w, "120000000", 120000000);
    check_whole(w, "9223372036854775807", INT64_MAX);
    check_whole(w, "-9223372036854775807", -INT64_MAX);
    CHECK_INT(world_count(w, "SELECT SUM(value) FROM pair"), 6);
    CHECK_INT(world_count(w, "SELECT 2147483647"), INT32_MAX);
    check_real(w, "CAST(1.5 AS NUMERIC)", 1.5);
    check_real(w, "CAST(-0.00012345 AS NUMERIC)", -0.00012345);
    check_real(w, "CAST(2.25 AS DOUBLE PRECISION)", 2.25);
    check_real(w, "(SELECT AVG(value) FROM pair)", 2);
}

/* ---- lost connections ---- */

/* From another connection, as an administrator would. */
static void end_connection(struct world *w) {
    struct db *ours = w->c->db;
    static struct db *other;
    int64_t pid = world_count(w, "SELECT pg_backend_pid()");
    CHECK_OK(w->c, db_open(w->c, getenv("CANARY_TEST_DB"), DB_WRITE, &other));
    w->c->db = other;
    world_count(w, arena_printf(w->c->arena,
                                "SELECT CASE WHEN pg_terminate_backend(%lld, 5000) THEN 1 ELSE 0 END",
                                (long long)pid));
    db_close(&other);
    w->c->db = ours;
}

TEST(pg_a_connection_lost_in_a_unit_is_busy_and_made_anew) {
    struct world *w = with_pairs(1);
    int64_t changed;
    CHECK_OK(w->c, db_begin(w->c));
    things_add(w->c, 2, 2);
    end_connection(w);
    CHECK_INT(db_exec(w->c, &PAIR_ADD, ARGS(db_int(3), db_int(3)), &changed), ERR_BUSY);
    ctx_fault_clear(w->c);
    CHECK_INT(db_exec(w->c, &PAIR_ADD, ARGS(db_int(3), db_int(3)), NULL),
              ERR_INTERNAL); /* the unit is broken */
    db_rollback(w->c);
    ctx_fault_clear(w->c);
    CHECK_INT(things_count(w->c), 1);
    CHECK_OK(w->c, db_begin(w->c));
    things_add(w->c, 2, 2);
    CHECK_OK(w->c, db_commit(w->c));
    CHECK_INT(things_count(w->c), 2);
}

TEST(pg_a_connection_lost_at_the_commit_is_uncertain) {
    struct world *w = with_pairs(1);
    CHECK_OK(w->c, db_begin(w->c));
    things_add(w->c, 2, 2);
    end_connection(w);
    CHECK_INT(db_commit(w->c), ERR_UNCERTAIN);
    CHECK_STR(w->c->fault.slug, "db.uncertain");
    CHECK(!db_in_unit(w->c->db));
    ctx_fault_clear(w->c);
    CHECK_INT(things_count(w->c), 1);
}

TEST(pg_a_connection_lost_in_a_savepoint_takes_the_group_with_it) {
    struct world *w = with_pairs(1);
    CHECK_OK(w->c, db_begin(w->c));
    CHECK_OK(w->c, db_savepoint(w->c));
    end_connection(w);
    CHECK_INT(db_exec(w->c, &PAIR_ADD, ARGS(db_int(3), db_int(3)), NULL), ERR_BUSY);
    db_rollback_to(w->c);
    CHECK(!db_in_unit(w->c->db));
    ctx_fault_clear(w->c);
    CHECK_INT(things_count(w->c), 1);
}

/* ---- the numbers of writers ---- */

/* On a connection of its own, which keeps the lock of number 0: the one that is made anew gets another. */
static void end_connection_and_take_its_number(struct world *w, struct db *other) {
    struct db *ours = w->c->db;
    int64_t pid = world_count(w, "SELECT pg_backend_pid()");
    w->c->db = other;
    world_count(w, arena_printf(w->c->arena,
                                "SELECT CASE WHEN pg_terminate_backend(%lld, 5000) THEN 1 ELSE 0 END",
                                (long long)pid));
    CHECK_INT(world_count(w, "SELECT CASE WHEN pg_try_advisory_lock(1128485, 0) THEN 1 ELSE 0 END"), 1);
    w->c->db = ours;
}

/* Another process had number 1 and the same clock; it is gone, and we get its number in the midst of our
 * work. */
TEST(pg_a_number_that_another_process_gave_back) {
    struct world *w = world_make();
    struct id_writes theirs = {world_url(), w->c->now, 1000}, ours = {.ids = 1000};
    struct db *other;
    w->tampered = true;
    CHECK_OK(w->c, db_ids_begin(w->c));
    CHECK_INT(id_writer(), 0);
    CHECK_INT(things_child(things_id_process, &theirs), 0);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM id_writer WHERE number = 1"), 1);
    CHECK_OK(w->c, db_open(w->c, world_url(), DB_READ, &other));
    end_connection_and_take_its_number(w, other);
    CHECK_OK(w->c, db_unit(w->c, things_write_ids, &ours));
    CHECK_INT(id_writer(), 1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM idempotency"), 2000);
    CHECK(world_count(w, "SELECT until FROM id_writer WHERE number = 1") >= id_latest());
    db_close(&other);
}

/* One after the other, each with the number and the clock of the one before, and more ids than a second has.
 */
TEST(pg_ids_of_the_next_process_are_later) {
    struct world *w = world_make();
    struct id_writes writes = {world_url(), w->c->now, 33000};
    w->tampered = true;
    for (int i = 0; i < 2; i++)
        CHECK_INT(things_child(things_id_process, &writes), 0);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM idempotency"), 66000);
}

/* ---- the schema's words ---- */

TEST(pg_the_words_of_the_schema) {
    struct ctx *c = check_ctx();
    CHECK_STR(
        pg_ddl(c->arena, "x",
               "CREATE TABLE t (id BLOB PRIMARY KEY, n INTEGER REFERENCES u (id), s TEXT CHECK (s = 'BLOB')) "
               "STRICT, WITHOUT ROWID; -- an INTEGER\n"),
        "CREATE TABLE t (id BYTEA PRIMARY KEY, n BIGINT REFERENCES u (id) DEFERRABLE, s TEXT CHECK (s = "
        "'BLOB')) "
        "; -- an INTEGER\n");
    CHECK_STR(
        pg_ddl(c->arena, "x",
               "CREATE TRIGGER a BEFORE UPDATE OF b ON t\nBEGIN SELECT RAISE(ABORT, 'no; END;'); END;"),
        "CREATE TRIGGER a BEFORE UPDATE OF b ON t\nFOR EACH ROW EXECUTE FUNCTION canary_refuse('no; END;');");
    CHECK_STR(pg_ddl(c->arena, "x", "SELECT x'', x'0aff', 'x', max'x'"),
              "SELECT CAST('\\x' AS BYTEA), CAST('\\x0aff' AS BYTEA), 'x', max'x'");
}
