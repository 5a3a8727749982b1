/* The writer: who hears what, when, and what is stored then. */
#include "db_things.h"
#include "base/limits.h"
#include "base/text.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct task {
    struct db_job job;
    struct ctx ctx;
    int64_t id;
    enum err (*work)(struct task *t);
    enum err err;
    int runs;
    sem_t *done, *entered, *gate;
    bool was_visible; /* to a reader, when done was called */
    struct ctx *reader;
};

static enum err work_add(struct task *t) {
    return db_exec(&t->ctx, &PAIR_ADD, ARGS(db_int(t->id), db_int(t->id)), NULL);
}

static enum err work_fail(struct task *t) {
    return FAIL(&t->ctx, ERR_STATE, "test.state", "on purpose");
}

static enum err work_add_then_fail(struct task *t) {
    TRY(work_add(t));
    return FAIL(&t->ctx, ERR_STATE, "test.state", "on purpose");
}

static enum err work_refused(struct task *t) {
    return db_exec(&t->ctx, &PAIR_ADD, ARGS(db_int(t->id), db_int(-1)), NULL);
}

/* The error is forgotten; the unit must not be. */
static enum err work_swallow(struct task *t) {
    if (work_add(t) == OK && work_refused(t) != OK) ctx_fault_clear(&t->ctx);
    return OK;
}

static enum err work_give_up_the_transaction(struct task *t) {
    STMT(TWICE, "INSERT OR ROLLBACK INTO pair (id, value) VALUES ($1, 1), ($1, 1)", NULL);
    return db_exec(&t->ctx, &TWICE, ARGS(db_int(t->id)), NULL);
}

static enum err work_wait(struct task *t) {
    sem_post(t->entered);
    sem_wait(t->gate);
    return OK;
}

static enum err run_task(struct db_job *job, struct db *db) {
    struct task *t = (struct task *)job;
    t->ctx.db = db;
    t->runs++;
    ctx_fault_clear(&t->ctx);
    return t->work(t);
}

static void done_task(struct db_job *job, enum err err) {
    struct task *t = (struct task *)job;
    t->err = err;
    struct pair pair;
    if (t->reader)
        t->was_visible = db_one(t->reader, &PAIR_GET, ARGS(db_int(t->id)), &pair_shape, &pair) == OK;
    sem_post(t->done);
}

static void set_up(struct task *t, int64_t id, enum err (*work)(struct task *t), sem_t *done) {
    *t = (struct task){.job = {.run = run_task, .done = done_task},
                       .id = id,
                       .work = work,
                       .err = ERR_INVALID,
                       .done = done};
    t->ctx.arena = arena_create(64 * 1024);
}

static void clear(struct task *tasks, size_t n) {
    for (size_t i = 0; i < n; i++)
        arena_destroy(&tasks[i].ctx.arena);
}

static void await(sem_t *done, size_t n) {
    for (size_t i = 0; i < n; i++)
        sem_wait(done);
}

static struct db_writer *start(struct ctx *c) {
    struct db_writer *writer = NULL;
    CHECK_OK(c, db_writer_start(c, c->db, &writer));
    c->db = NULL;
    return writer;
}

/* Holds the writer inside a group of its own while the others queue up behind. */
struct blocker {
    struct task task;
    sem_t entered, gate, done;
};

static void block_with(struct blocker *b, struct db_writer *writer, int64_t id,
                       enum err (*work)(struct task *t)) {
    sem_init(&b->entered, 0, 0);
    sem_init(&b->gate, 0, 0);
    sem_init(&b->done, 0, 0);
    set_up(&b->task, id, work, &b->done);
    b->task.gate = &b->gate;
    b->task.entered = &b->entered;
    CHECK(db_writer_submit(writer, &b->task.job));
    sem_wait(&b->entered);
}

static void block(struct blocker *b, struct db_writer *writer) {
    block_with(b, writer, 0, work_wait);
}

static void unblock(struct blocker *b) {
    sem_post(&b->gate);
    sem_wait(&b->done);
    arena_destroy(&b->task.ctx.arena);
}

/* ---- many threads ---- */

enum { THREADS = 64, EACH = 15 };

struct client {
    pthread_t thread;
    struct db_writer *writer;
    int64_t first;
    size_t succeeded;
};

static void *client_main(void *user) {
    struct client *client = user;
    sem_t done;
    sem_init(&done, 0, 0);
    for (int64_t i = 0; i < EACH; i++) {
        struct task t;
        set_up(&t, client->first + i, work_add, &done);
        if (db_writer_submit(client->writer, &t.job)) sem_wait(&done);
        client->succeeded += t.err == OK;
        clear(&t, 1);
    }
    sem_destroy(&done);
    return NULL;
}

TEST(db_writer_many_threads) {
    struct ctx *c = check_ctx();
    const char *path = things_file(c);
    struct db_writer *writer = start(c);
    static struct client clients[THREADS];
    for (int64_t i = 0; i < THREADS; i++) {
        clients[i] = (struct client){.writer = writer, .first = i * EACH};
        pthread_create(&clients[i].thread, NULL, client_main, &clients[i]);
    }
    size_t succeeded = 0;
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(clients[i].thread, NULL);
        succeeded += clients[i].succeeded;
    }
    CHECK_INT(succeeded, THREADS * EACH);
    struct db_writer_stats stats;
    db_writer_stats(writer, &stats);
    CHECK_INT(stats.jobs, THREADS * EACH);
    CHECK(stats.groups >= 1 && stats.groups < stats.jobs); /* some shared a commit */
    CHECK(stats.group_us_sum > 0);
    CHECK_INT(db_writer_waiting(writer), 0);
    db_writer_stop(&writer);
    CHECK(!writer);
    things_open(c, path, DB_READ);
    CHECK_INT(things_count(c), THREADS * EACH);
    db_close(&c->db);
}

/* ---- groups ---- */

TEST(db_writer_groups_are_bounded) {
    enum { N = 2 * LIMIT_GROUP };
    static struct task tasks[N];
    struct ctx *c = check_ctx();
    things_file(c);
    struct db_writer *writer = start(c);
    struct blocker b;
    sem_t done;
    sem_init(&done, 0, 0);
    block(&b, writer);
    for (size_t i = 0; i < N; i++) {
        set_up(&tasks[i], (int64_t)i, work_add, &done);
        CHECK(db_writer_submit(writer, &tasks[i].job));
    }
    CHECK_INT(db_writer_waiting(writer), N + 1);
    unblock(&b);
    await(&done, N);
    struct db_writer_stats stats;
    db_writer_stats(writer, &stats);
    CHECK_INT(stats.groups, 3); /* the blocker, 64, 64 */
    CHECK_INT(stats.jobs, N + 1);
    for (size_t i = 0; i < N; i++)
        CHECK_INT(tasks[i].err, OK);
    db_writer_stop(&writer);
    clear(tasks, N);
}

/* ---- heavy jobs ---- */

struct order {
    int64_t id[8], groups[8]; /* who ran, and how many groups had by then */
    size_t n;
    struct db_writer *writer;
};

struct heavy_task {
    struct task task;
    struct order *order;
};

static enum err run_heavy(struct db_job *job, struct db *db) {
    struct heavy_task *t = (struct heavy_task *)job;
    struct db_writer_stats stats;
    struct order *order = t->order;
    db_writer_stats(order->writer, &stats);
    order->groups[order->n] = stats.groups;
    order->id[order->n++] = t->task.id;
    return run_task(job, db);
}

/* Two heavy ones came first; they are too heavy for one group, and the light ones go between them. */
TEST(db_writer_light_jobs_wait_for_one_heavy_at_most) {
    struct ctx *c = check_ctx();
    things_file(c);
    struct order order = {.writer = start(c)};
    struct blocker blocker;
    struct heavy_task t[5];
    sem_t done;
    sem_init(&done, 0, 0);
    block(&blocker, order.writer);
    for (size_t i = 0; i < COUNT(t); i++) {
        set_up(&t[i].task, (int64_t)i + 1, work_add, &done);
        t[i].task.job.run = run_heavy;
        t[i].task.job.weight = i < 2 ? LIMIT_GROUP_BYTES : 0;
        t[i].order = &order;
        CHECK(db_writer_submit(order.writer, &t[i].task.job));
    }
    unblock(&blocker);
    await(&done, COUNT(t));
    static const int64_t ORDER[] = {1, 3, 4, 5, 2}, GROUPS[] = {1, 2, 2, 2, 3};
    for (size_t i = 0; i < COUNT(t); i++) {
        CHECK_OK(&t[i].task.ctx, t[i].task.err);
        CHECK_INT(order.id[i], ORDER[i]);
        CHECK_INT(order.groups[i], GROUPS[i]);
        arena_destroy(&t[i].task.ctx.arena);
    }
    db_writer_stop(&order.writer);
}

/* Runs the tasks as one group; returns the rows stored. Ids count from 1. */
static int64_t run_as_group(struct ctx *c, struct task *tasks, size_t n) {
    const char *path = things_path(c, "t.db");
    struct db_writer *writer = start(c);
    struct blocker b;
    sem_t done;
    sem_init(&done, 0, 0);
    block(&b, writer);
    for (size_t i = 0; i < n; i++) {
        tasks[i].done = &done;
        CHECK(db_writer_submit(writer, &tasks[i].job));
    }
    unblock(&b);
    await(&done, n);
    db_writer_stop(&writer);
    things_open(c, path, DB_READ);
    int64_t stored = things_count(c);
    db_close(&c->db);
    return stored;
}

TEST(db_writer_an_error_undoes_its_job_alone) {
    struct task tasks[6];
    struct ctx *c = check_ctx();
    things_file(c);
    enum err (*const work[])(struct task *) = {work_add,     work_add_then_fail, work_add,
                                               work_refused, work_swallow,       work_add};
    static const enum err WANT[] = {OK, ERR_STATE, OK, ERR_CONFLICT, ERR_INTERNAL, OK};
    for (size_t i = 0; i < 6; i++)
        set_up(&tasks[i], (int64_t)i + 1, work[i], NULL);
    CHECK_INT(run_as_group(c, tasks, 6), 3);
    for (size_t i = 0; i < 6; i++)
        CHECK_INT(tasks[i].err, WANT[i]);
    clear(tasks, 6);
}

TEST(db_writer_a_job_alone_is_undone_too) {
    struct task task;
    struct ctx *c = check_ctx();
    things_file(c);
    set_up(&task, 1, work_add_then_fail, NULL);
    CHECK_INT(run_as_group(c, &task, 1), 0);
    CHECK_INT(task.err, ERR_STATE);
    clear(&task, 1);
}

/* Some errors end the whole transaction in the database: nobody may hear of success. */
TEST(db_writer_a_transaction_that_is_lost) {
    struct task tasks[3];
    struct ctx *c = check_ctx();
    things_file(c);
    set_up(&tasks[0], 1, work_add, NULL);
    set_up(&tasks[1], 2, work_give_up_the_transaction, NULL);
    set_up(&tasks[2], 3, work_add, NULL);
    CHECK_INT(run_as_group(c, tasks, 3), 0);
    for (size_t i = 0; i < 3; i++)
        CHECK_INT(tasks[i].err, ERR_CONFLICT);
    clear(tasks, 3);
}

/* ---- jobs that need no savepoint ---- */

static void check_plain(enum err (*const work[4])(struct task *), const enum err want[4], int64_t stored,
                        int runs) {
    struct task tasks[4];
    struct ctx *c = check_ctx();
    const char *path = things_file(c);
    for (size_t i = 0; i < 4; i++) {
        set_up(&tasks[i], (int64_t)i + 1, work[i], NULL);
        tasks[i].job.is_plain = true;
    }
    CHECK_INT(run_as_group(c, tasks, 4), stored);
    for (size_t i = 0; i < 4; i++)
        CHECK_INT(tasks[i].err, want[i]);
    CHECK_INT(tasks[0].runs, runs);
    clear(tasks, 4);
    unlink(path);
}

TEST(db_writer_plain_jobs_may_fail_before_they_write) {
    check_plain((enum err(*const[])(struct task *)){work_add, work_fail, work_add, work_fail},
                (const enum err[]){OK, ERR_STATE, OK, ERR_STATE}, 2, 1);
}

/* Then the others are run again, each in its savepoint, and are stored all the same. */
TEST(db_writer_plain_jobs_that_fail_later_are_undone_alone) {
    check_plain((enum err(*const[])(struct task *)){work_add, work_add_then_fail, work_add, work_fail},
                (const enum err[]){OK, ERR_STATE, OK, ERR_STATE}, 2, 2);
    check_plain((enum err(*const[])(struct task *)){work_add, work_refused, work_add, work_add},
                (const enum err[]){OK, ERR_CONFLICT, OK, OK}, 3, 2);
    check_plain((enum err(*const[])(struct task *)){work_add, work_swallow, work_add, work_add},
                (const enum err[]){OK, ERR_INTERNAL, OK, OK}, 3, 2);
}

TEST(db_writer_plain_jobs_and_a_transaction_that_is_lost) {
    check_plain(
        (enum err(*const[])(struct task *)){work_add, work_give_up_the_transaction, work_add, work_add},
        (const enum err[]){ERR_CONFLICT, ERR_CONFLICT, ERR_CONFLICT, ERR_CONFLICT}, 0, 2);
}

/* One other among them, and all have their savepoint. */
TEST(db_writer_plain_jobs_beside_another) {
    struct task tasks[3];
    struct ctx *c = check_ctx();
    things_file(c);
    for (size_t i = 0; i < 3; i++) {
        set_up(&tasks[i], (int64_t)i + 1, i == 1 ? work_add_then_fail : work_add, NULL);
        tasks[i].job.is_plain = i != 1;
    }
    CHECK_INT(run_as_group(c, tasks, 3), 2);
    for (size_t i = 0; i < 3; i++)
        CHECK_INT(tasks[i].runs, 1);
    clear(tasks, 3);
}

/* ---- a call fails ---- */

static enum err work_arm(struct task *t) {
    TRY(work_wait(t));
    db_failing_set(t->ctx.db, t->id, ERR_INTERNAL);
    return OK;
}

/* The group of three whose nth call fails. Calls: begin, three times savepoint, step, release,
 * commit; the first one is the commit of the group before. */
static int64_t run_failing_group(struct ctx *c, int64_t nth, bool plain, enum err err_out[3]) {
    struct task tasks[3];
    struct blocker arm;
    sem_t done;
    sem_init(&done, 0, 0);
    const char *path = things_file(c);
    c->db = db_failing(c->db, 0, OK);
    struct db_writer *writer = start(c);
    block_with(&arm, writer, 1 + nth, work_arm);
    for (size_t i = 0; i < 3; i++) {
        set_up(&tasks[i], (int64_t)i + 1, work_add, &done);
        tasks[i].job.is_plain = plain;
        CHECK(db_writer_submit(writer, &tasks[i].job));
    }
    unblock(&arm);
    await(&done, 3);
    db_writer_stop(&writer);
    for (size_t i = 0; i < 3; i++)
        err_out[i] = tasks[i].err;
    things_open(c, path, DB_READ);
    int64_t stored = things_count(c);
    db_close(&c->db);
    clear(tasks, 3);
    unlink(path);
    return stored;
}

TEST(db_writer_fails_at_every_call) {
    enum { CALLS = 11 };
    for (int64_t nth = 1; nth <= CALLS + 1; nth++) {
        struct ctx *c = check_ctx();
        enum err err[3];
        int64_t stored = run_failing_group(c, nth, false, err);
        int64_t succeeded = (err[0] == OK) + (err[1] == OK) + (err[2] == OK);
        CHECK_INT(stored, succeeded);
        bool whole = nth == 1 || nth == CALLS || (nth - 2) % 3 == 0; /* begin, commit, savepoint */
        CHECK_INT(succeeded, nth > CALLS ? 3 : whole ? 0 : 2);
        for (size_t i = 0; i < 3 && nth == CALLS; i++)
            CHECK_INT(err[i], ERR_UNCERTAIN);
    }
}

/* Calls: begin, three times step, commit. A step that fails has them all run again. */
TEST(db_writer_plain_jobs_fail_at_every_call) {
    enum { CALLS = 5 };
    for (int64_t nth = 1; nth <= CALLS + 1; nth++) {
        struct ctx *c = check_ctx();
        enum err err[3];
        int64_t stored = run_failing_group(c, nth, true, err);
        int64_t succeeded = (err[0] == OK) + (err[1] == OK) + (err[2] == OK);
        CHECK_INT(stored, succeeded);
        CHECK_INT(succeeded, nth == 1 || nth == CALLS ? 0 : 3);
        for (size_t i = 0; i < 3 && nth == CALLS; i++)
            CHECK_INT(err[i], ERR_UNCERTAIN);
    }
}

/* ---- order of things ---- */

TEST(db_writer_done_comes_after_the_commit) {
    struct task task;
    struct ctx *c = check_ctx();
    const char *path = things_file(c);
    struct db_writer *writer = start(c);
    things_open(c, path, DB_READ);
    sem_t done;
    sem_init(&done, 0, 0);
    set_up(&task, 1, work_add, &done);
    task.reader = c;
    CHECK(db_writer_submit(writer, &task.job));
    sem_wait(&done);
    CHECK(task.was_visible);
    db_writer_stop(&writer);
    db_close(&c->db);
    clear(&task, 1);
}

TEST(db_writer_stop_finishes_what_was_taken) {
    enum { N = 150 };
    static struct task tasks[N];
    struct ctx *c = check_ctx();
    const char *path = things_file(c);
    struct db_writer *writer = start(c);
    sem_t done;
    sem_init(&done, 0, 0);
    for (size_t i = 0; i < N; i++) {
        set_up(&tasks[i], (int64_t)i, work_add, &done);
        CHECK(db_writer_submit(writer, &tasks[i].job));
    }
    db_writer_stop(&writer);
    for (size_t i = 0; i < N; i++)
        CHECK_INT(tasks[i].err, OK);
    things_open(c, path, DB_WRITE); /* the lock is free again */
    CHECK_INT(things_count(c), N);
    db_close(&c->db);
    clear(tasks, N);
}

static enum err run_nothing(struct db_job *job, struct db *db) {
    (void)job, (void)db;
    return OK;
}

static void done_nothing(struct db_job *job, enum err err) {
    (void)job, (void)err;
}

TEST(db_writer_queue_is_bounded) {
    static struct db_job jobs[LIMIT_QUEUE];
    struct ctx *c = check_ctx();
    things_file(c);
    struct db_writer *writer = start(c);
    struct blocker b;
    block(&b, writer);
    for (size_t i = 0; i < LIMIT_QUEUE; i++) {
        jobs[i] = (struct db_job){.run = run_nothing, .done = done_nothing};
        CHECK_INT(db_writer_submit(writer, &jobs[i]), i + 1 < LIMIT_QUEUE); /* the blocker is one, too */
    }
    CHECK_INT(db_writer_waiting(writer), LIMIT_QUEUE);
    unblock(&b);
    db_writer_stop(&writer);
}

/* ---- the disk ---- */

static enum err work_fill(struct task *t) {
    STMT(BLOB_ADD, "INSERT INTO large (bytes) VALUES (zeroblob(1000000))", NULL);
    return db_exec(&t->ctx, &BLOB_ADD, NO_ARGS, NULL);
}

static enum err work_make_room(struct task *t) {
    STMT(LARGER, "PRAGMA max_page_count = 1000000", NULL);
    return db_exec(&t->ctx, &LARGER, NO_ARGS, NULL);
}

static enum err run_one(struct db_writer *writer, enum err (*work)(struct task *t), int64_t id) {
    struct task task;
    sem_t done;
    sem_init(&done, 0, 0);
    set_up(&task, id, work, &done);
    CHECK(db_writer_submit(writer, &task.job));
    sem_wait(&done);
    clear(&task, 1);
    return task.err;
}

TEST(db_writer_recovers_from_a_full_disk) {
    STMT(LARGE, "CREATE TABLE large (bytes BLOB) STRICT", NULL);
    STMT(SMALL, "PRAGMA max_page_count = 20", NULL);
    struct ctx *c = check_ctx();
    const char *path = things_file(c);
    CHECK_OK(c, db_exec(c, &LARGE, NO_ARGS, NULL));
    CHECK_OK(c, db_exec(c, &SMALL, NO_ARGS, NULL));
    struct db_writer *writer = start(c);
    CHECK_INT(run_one(writer, work_add, 1), OK);
    CHECK_INT(run_one(writer, work_fill, 0), ERR_FULL);
    CHECK_INT(run_one(writer, work_add, 2), OK);
    CHECK_INT(run_one(writer, work_make_room, 0), OK);
    CHECK_INT(run_one(writer, work_fill, 0), OK);
    db_writer_stop(&writer);
    things_open(c, path, DB_READ);
    CHECK_INT(things_count(c), 2);
    db_close(&c->db);
}

static int64_t file_size(const char *path) {
    struct stat stats;
    return stat(path, &stats) == 0 ? (int64_t)stats.st_size : -1;
}

/* A reader holds the WAL for longer than the writer waits before it settles. */
static enum err be_in_the_way(struct ctx *c, void *user) {
    int64_t n;
    (void)user;
    TRY(db_value(c, &PAIR_COUNT, NO_ARGS, &n));
    usleep(700000);
    return OK;
}

TEST(db_writer_empties_the_wal_when_idle) {
    struct ctx *c = check_ctx();
    const char *path = things_file(c);
    const char *wal = arena_printf(c->arena, "%s-wal", path);
    struct db_writer *writer = start(c);
    CHECK_INT(run_one(writer, work_add, 1), OK);
    things_open(c, path, DB_READ);
    CHECK_OK(c, db_snapshot(c, be_in_the_way, NULL));
    CHECK(file_size(wal) > 0);
    for (int i = 0; i < 300 && file_size(wal) != 0; i++)
        usleep(10000);
    CHECK_INT(file_size(wal), 0);
    CHECK_INT(run_one(writer, work_add, 2), OK);
    CHECK(file_size(wal) > 0);
    db_close(&c->db);
    db_writer_stop(&writer);
}
