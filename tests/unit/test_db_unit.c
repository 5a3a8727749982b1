/* Units of work: all or nothing, whatever fails. */
#include "db_things.h"
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static struct ctx *open_memory(void) {
    struct ctx *c = check_ctx();
    things_open(c, ":memory:", DB_WRITE);
    CHECK_OK(c, db_exec(c, &PAIR_TABLE, NO_ARGS, NULL));
    return c;
}

static enum err add_two(struct ctx *c, void *user) {
    (void)user;
    TRY(db_exec(c, &PAIR_ADD, ARGS(db_int(1), db_int(10)), NULL));
    return db_exec(c, &PAIR_ADD, ARGS(db_int(2), db_int(20)), NULL);
}

static enum err add_two_and_look(struct ctx *c, void *user) {
    struct list list;
    TRY(add_two(c, user));
    TRY(db_all(c, &PAIR_LIST, NO_ARGS, &pair_shape, &list));
    return list.n == 2 ? OK : FAIL(c, ERR_INTERNAL, "test.rows", "%zu rows", list.n);
}

static enum err add_and_fail(struct ctx *c, void *user) {
    TRY(add_two(c, user));
    CHECK(db_in_unit(c->db));
    return FAIL(c, ERR_STATE, "test.state", "on purpose");
}

static enum err add_and_find_nothing(struct ctx *c, void *user) {
    struct pair pair;
    TRY(add_two(c, user));
    return db_one(c, &PAIR_GET, ARGS(db_int(99)), &pair_shape, &pair) == ERR_NOT_FOUND ? OK : ERR_INTERNAL;
}

/* Goes on after a refusal, as a careless use case might. */
static enum err swallow(struct ctx *c, void *user) {
    TRY(add_two(c, user));
    if (db_exec(c, &PAIR_ADD, ARGS(db_int(1), db_int(1)), NULL) != OK) ctx_fault_clear(c);
    return OK;
}

static enum err swallow_and_go_on(struct ctx *c, void *user) {
    TRY(swallow(c, user));
    return db_exec(c, &PAIR_ADD, ARGS(db_int(3), db_int(30)), NULL);
}

TEST(db_unit_commits) {
    struct ctx *c = open_memory();
    CHECK(!db_in_unit(c->db));
    CHECK_OK(c, db_unit(c, add_two, NULL));
    CHECK(!db_in_unit(c->db));
    CHECK_INT(things_count(c), 2);
    db_close(&c->db);
}

TEST(db_unit_rolls_back) {
    struct ctx *c = open_memory();
    CHECK_INT(db_unit(c, add_and_fail, NULL), ERR_STATE);
    CHECK_STR(c->fault.slug, "test.state");
    CHECK(!db_in_unit(c->db));
    CHECK_INT(things_count(c), 0);
    db_close(&c->db);
}

TEST(db_unit_no_row_is_no_failure) {
    struct ctx *c = open_memory();
    CHECK_OK(c, db_unit(c, add_and_find_nothing, NULL));
    CHECK_INT(things_count(c), 2);
    db_close(&c->db);
}

TEST(db_unit_after_an_error_nothing_else_runs) {
    struct ctx *c = open_memory();
    CHECK_INT(db_unit(c, swallow, NULL), ERR_INTERNAL);
    CHECK_STR(c->fault.slug, "db.unit-broken");
    CHECK_INT(things_count(c), 0);
    ctx_fault_clear(c);
    CHECK_INT(db_unit(c, swallow_and_go_on, NULL), ERR_INTERNAL);
    CHECK_STR(c->fault.slug, "db.unit-broken");
    CHECK(!db_in_unit(c->db));
    CHECK_INT(things_count(c), 0);
    db_close(&c->db);
}

TEST(db_unit_fails_at_every_call) {
    int64_t nth = 1;
    for (enum err err = ERR_INTERNAL; err != OK; nth++) {
        struct ctx *c = open_memory();
        c->db = db_failing(c->db, nth, ERR_INTERNAL);
        err = db_unit(c, add_two_and_look, NULL);
        int64_t calls = db_failing_calls(c->db);
        CHECK(!db_in_unit(c->db));
        db_failing_set(c->db, 0, OK);
        CHECK_INT(things_count(c), err == OK ? 2 : 0);
        if (err == OK) CHECK_INT(calls, nth - 1);
        if (calls == 7) CHECK_INT(err, nth == 7 ? ERR_UNCERTAIN : OK); /* begin 1 1 3 steps commit */
        ctx_fault_clear(c);
        if (err != OK) CHECK_OK(c, db_unit(c, add_two_and_look, NULL)); /* the connection is as good as new */
        db_close(&c->db);
    }
    CHECK_INT(nth, 9);
}

TEST(db_failing_counts_and_rearms) {
    struct ctx *c = open_memory();
    c->db = db_failing(c->db, 0, OK);
    things_add(c, 1, 1);
    CHECK_INT(db_failing_calls(c->db), 1);
    db_failing_set(c->db, 2, ERR_FULL);
    things_add(c, 2, 2);
    CHECK_INT(db_exec(c, &PAIR_ADD, ARGS(db_int(3), db_int(3)), NULL), ERR_FULL);
    ctx_fault_clear(c);
    things_add(c, 3, 3); /* once only */
    CHECK_INT(things_count(c), 3);
    db_close(&c->db);
}

TEST(db_unit_a_full_disk_at_commit_is_full) {
    struct ctx *c = open_memory();
    c->db = db_failing(c->db, 4, ERR_FULL);
    CHECK_INT(db_unit(c, add_two, NULL), ERR_FULL);
    CHECK(!db_in_unit(c->db));
    CHECK_OK(c, db_unit(c, add_two, NULL));
    db_close(&c->db);
}

/* The unit is repeated as a whole; after COMMIT failed nobody knows, and it is not. */
TEST(db_unit_busy_is_repeated) {
    for (int64_t nth = 1; nth <= 3; nth++) {
        struct ctx *c = open_memory();
        c->db = db_failing(c->db, nth, ERR_BUSY);
        CHECK_OK(c, db_unit(c, add_two, NULL));
        CHECK(!c->fault.slug);
        CHECK_INT(things_count(c), 2);
        db_close(&c->db);
    }
    struct ctx *c = open_memory();
    c->db = db_failing(c->db, 4, ERR_BUSY);
    CHECK_INT(db_unit(c, add_two, NULL), ERR_UNCERTAIN);
    CHECK_INT(c->fault.err, ERR_UNCERTAIN);
    CHECK_INT(things_count(c), 0);
    db_close(&c->db);
}

static enum err always_busy(struct ctx *c, void *user) {
    ++*(int *)user;
    TRY(add_two(c, NULL));
    return FAIL(c, ERR_BUSY, "test.busy", "again");
}

TEST(db_unit_repeats_are_bounded) {
    struct ctx *c = open_memory();
    int tries = 0;
    CHECK_INT(db_unit(c, always_busy, &tries), ERR_BUSY);
    CHECK_STR(c->fault.slug, "test.busy");
    CHECK(tries > 1 && tries <= 10);
    CHECK_INT(things_count(c), 0);
    db_close(&c->db);
}

TEST(db_savepoint_undoes_its_own_part) {
    struct ctx *c = open_memory();
    CHECK_OK(c, db_begin(c));
    things_add(c, 1, 1);
    CHECK_OK(c, db_savepoint(c));
    things_add(c, 2, 2);
    CHECK_INT(db_exec(c, &PAIR_ADD, ARGS(db_int(1), db_int(1)), NULL), ERR_CONFLICT);
    ctx_fault_clear(c);
    db_rollback_to(c);
    CHECK_OK(c, db_savepoint(c));
    things_add(c, 3, 3);
    CHECK_OK(c, db_release(c));
    CHECK_OK(c, db_commit(c));
    CHECK_INT(things_count(c), 2);
    db_close(&c->db);
}

static void begin_twice(void) {
    struct ctx *c = open_memory();
    CHECK_OK(c, db_begin(c));
    CHECK_OK(c, db_begin(c));
}

static void savepoint_twice(void) {
    struct ctx *c = open_memory();
    CHECK_OK(c, db_begin(c));
    CHECK_OK(c, db_savepoint(c));
    CHECK_OK(c, db_savepoint(c));
}

static void commit_without_begin(void) {
    struct ctx *c = open_memory();
    CHECK_OK(c, db_commit(c));
}

static enum err nested(struct ctx *c, void *user) {
    return db_unit(c, add_two, user);
}

static void unit_in_a_unit(void) {
    struct ctx *c = open_memory();
    CHECK_OK(c, db_unit(c, nested, NULL));
}

TEST(db_unit_misuse_aborts) {
    CHECK_DIES(begin_twice);
    CHECK_DIES(savepoint_twice);
    CHECK_DIES(commit_without_begin);
    CHECK_DIES(unit_in_a_unit);
}

/* ---- snapshots ---- */

struct beside {
    struct ctx *reader, *writer;
    int64_t before, after;
};

static enum err look_twice(struct ctx *c, void *user) {
    struct beside *b = user;
    TRY(db_value(c, &PAIR_SUM, NO_ARGS, &b->before));
    TRY(db_unit(b->writer, add_two, NULL));
    return db_value(c, &PAIR_SUM, NO_ARGS, &b->after);
}

TEST(db_snapshot_is_consistent) {
    struct ctx *c = check_ctx();
    struct ctx writer = *c;
    const char *path = things_file(&writer);
    things_add(&writer, 7, 70);
    things_open(c, path, DB_READ);
    struct beside b = {c, &writer, 0, 0};
    CHECK_OK(c, db_snapshot(c, look_twice, &b));
    CHECK_INT(b.before, 70);
    CHECK_INT(b.after, 70);
    CHECK(!db_in_unit(c->db));
    CHECK_INT(things_count(c), 3); /* and the next read is fresh */
    db_close(&c->db);
    db_close(&writer.db);
}

TEST(db_snapshot_keeps_no_change) {
    struct ctx *c = open_memory();
    CHECK_OK(c, db_snapshot(c, add_two, NULL));
    CHECK_INT(things_count(c), 0);
    db_close(&c->db);
}

/* Sums of transfers never show half of one. */
struct reader_thread {
    pthread_t thread;
    const char *path;
    _Atomic int stop;
    int64_t reads, wrong;
    enum err err;
};

static void *reader_main(void *user) {
    struct reader_thread *r = user;
    struct ctx c = {.arena = arena_create(1 << 20)};
    r->err = db_open(&c, r->path, DB_READ, &c.db);
    while (r->err == OK && !r->stop) {
        int64_t sum = 0;
        r->err = db_value(&c, &PAIR_SUM, NO_ARGS, &sum);
        r->wrong += sum != 100;
        r->reads++;
    }
    db_close(&c.db);
    arena_destroy(&c.arena);
    return NULL;
}

static enum err transfer(struct ctx *c, void *user) {
    STMT(MOVE, "UPDATE pair SET value = value + $2 WHERE id = $1", NULL);
    int64_t amount = *(int64_t *)user;
    TRY(db_exec(c, &MOVE, ARGS(db_int(1), db_int(amount)), NULL));
    return db_exec(c, &MOVE, ARGS(db_int(2), db_int(-amount)), NULL);
}

TEST(db_reader_beside_a_writer) {
    struct ctx *c = check_ctx();
    struct reader_thread r = {.path = things_file(c)};
    things_add(c, 1, 50);
    things_add(c, 2, 50);
    pthread_create(&r.thread, NULL, reader_main, &r);
    for (int64_t i = 0; i < 100; i++) {
        int64_t amount = i % 2 ? 5 : -5;
        CHECK_OK(c, db_unit(c, transfer, &amount));
    }
    r.stop = 1;
    pthread_join(r.thread, NULL);
    CHECK_INT(r.err, OK);
    CHECK_INT(r.wrong, 0);
    CHECK(r.reads > 0);
    db_close(&c->db);
}

/* ---- a database that somebody else holds ---- */

struct holder {
    pthread_t thread;
    struct ctx ctx;
    int64_t ms;
};

static void *holder_main(void *user) {
    struct holder *h = user;
    usleep((useconds_t)h->ms * 1000);
    db_rollback(&h->ctx);
    return NULL;
}

/* Only by deleting the lock file can a second writer come this far. */
TEST(db_unit_waits_for_a_busy_database) {
    struct ctx *c = check_ctx();
    struct holder h = {.ctx = *c, .ms = 1300}; /* longer than one attempt waits */
    const char *path = things_file(&h.ctx);
    unlink(arena_printf(c->arena, "%s.lock", path));
    things_open(c, path, DB_WRITE);
    CHECK_OK(&h.ctx, db_begin(&h.ctx));
    pthread_create(&h.thread, NULL, holder_main, &h);
    CHECK_INT(db_begin(c), ERR_BUSY);
    CHECK_STR(c->fault.slug, "db.busy");
    ctx_fault_clear(c);
    CHECK_OK(c, db_unit(c, add_two, NULL));
    pthread_join(h.thread, NULL);
    CHECK_INT(things_count(c), 2);
    db_close(&c->db);
    db_close(&h.ctx.db);
}
