/* Many at once through the writer: the last slot, the plan, the copies of one drop. */
#include "app/app_delivery.h"
#include "app/app_drop.h"
#include "app/app_plan.h"
#include "base/date.h"
#include "base/id.h"
#include "base/log.h"
#include "base/text.h"
#include "json/json.h"
#include "store/store_delivery.h"
#include "store/store_order.h"
#include "world_order.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

enum { CROWD = 64, ROUNDS = 1000 };

/* One unit of work of one of the crowd, used again for the next. */
struct task {
    struct db_job job;
    struct ctx ctx;
    enum err (*work)(struct task *t);
    enum err err;
    sem_t done;
    struct id order_id, delivery_id;
    const struct span *window;
    const char *answer;
};

static enum err run_task(struct db_job *job, struct db *db) {
    struct task *t = (struct task *)job;
    t->ctx.db = db;
    return t->work(t);
}

static void done_task(struct db_job *job, enum err err) {
    struct task *t = (struct task *)job;
    t->err = err;
    sem_post(&t->done);
}

static void make_task(struct world *w, struct task *t) {
    *t = (struct task){.job = {.run = run_task, .done = done_task}, .ctx = *w->c};
    t->ctx.arena = arena_create((size_t)4 << 20);
    sem_init(&t->done, 0, 0);
}

static void end_task(struct task *t) {
    arena_destroy(&t->ctx.arena);
    sem_destroy(&t->done);
}

static void prepare(struct task *t, enum err (*work)(struct task *t)) {
    arena_reset(t->ctx.arena);
    ctx_fault_clear(&t->ctx);
    t->work = work;
    t->err = ERR_INTERNAL;
}

/* ---- the crowd: threads that all submit while the writer is held, so that they make one group ---- */

struct crowd {
    struct db_writer *writer;
    enum err (*work)(struct task *t);
    struct task task[CROWD], gate;
    pthread_t thread[CROWD];
    pthread_barrier_t go;
    sem_t submitted, entered, open;
    bool over; /* read after the barrier only */
};

struct member {
    struct crowd *crowd;
    struct task *task;
};

static void *be_one(void *user) {
    struct member *me = user;
    for (;;) {
        pthread_barrier_wait(&me->crowd->go);
        if (me->crowd->over) return NULL;
        prepare(me->task, me->crowd->work);
        REQUIRE(db_writer_submit(me->crowd->writer, &me->task->job));
        sem_post(&me->crowd->submitted);
        sem_wait(&me->task->done);
        sem_post(&me->crowd->submitted);
    }
}

static struct crowd *the_crowd;

static enum err wait_at_the_gate(struct task *t) {
    (void)t;
    sem_post(&the_crowd->entered);
    sem_wait(&the_crowd->open);
    return OK;
}

static void await_all(sem_t *sem) {
    for (int i = 0; i < CROWD; i++)
        sem_wait(sem);
}

static void play_round(struct crowd *crowd) {
    prepare(&crowd->gate, wait_at_the_gate);
    REQUIRE(db_writer_submit(crowd->writer, &crowd->gate.job));
    sem_wait(&crowd->entered);
    pthread_barrier_wait(&crowd->go);
    await_all(&crowd->submitted);
    sem_post(&crowd->open);
    sem_wait(&crowd->gate.done);
    await_all(&crowd->submitted);
}

/* After each round `after` sees what each got and says whether to go on; every check comes after the last
 * thread has gone. */
static void play(struct world *w, struct crowd *crowd, int64_t rounds,
                 bool (*after)(struct crowd *crowd, int64_t round, void *user), void *user) {
    static struct member member[CROWD];
    the_crowd = crowd;
    make_task(w, &crowd->gate);
    pthread_barrier_init(&crowd->go, NULL, CROWD + 1);
    sem_init(&crowd->submitted, 0, 0);
    sem_init(&crowd->entered, 0, 0);
    sem_init(&crowd->open, 0, 0);
    for (int i = 0; i < CROWD; i++) {
        member[i] = (struct member){crowd, &crowd->task[i]};
        REQUIRE(pthread_create(&crowd->thread[i], NULL, be_one, &member[i]) == 0);
    }
    for (int64_t round = 0; round < rounds && !crowd->over; round++) {
        play_round(crowd);
        crowd->over = !after(crowd, round, user);
    }
    crowd->over = true;
    pthread_barrier_wait(&crowd->go);
    for (int i = 0; i < CROWD; i++)
        pthread_join(crowd->thread[i], NULL);
    end_task(&crowd->gate);
}

static struct crowd *gather(struct world *w, enum err (*work)(struct task *t)) {
    static struct crowd crowd;
    crowd = (struct crowd){.work = work};
    for (int i = 0; i < CROWD; i++)
        make_task(w, &crowd.task[i]);
    return &crowd;
}

static void disperse(struct crowd *crowd) {
    for (int i = 0; i < CROWD; i++)
        end_task(&crowd->task[i]);
}

/* ---- F28: the last slot ---- */

static const struct span MORNING = {480, 720}, NOON = {720, 960}; /* four stops each */
static const int64_t CAPS[] = {0, 0, 150};                        /* 3 boxes of 500 g */
enum { ORDERS = 8 * CROWD }; /* in turn, so that few have many cancelled attempts */
enum { MORNING_LEFT = 1, NOON_LEFT = 4, HELD_BEFORE = 3, BOX3_G = 1500 };

static enum err book(struct task *t) {
    const struct booking in = {.order_id = t->order_id,
                               .date = date_parse("2026-03-12"),
                               .window = t->window,
                               .requested_by = PARTY_US};
    struct order_row order;
    struct delivery_row row;
    TRY(store_order_get(&t->ctx, t->order_id, &order));
    TRY(app_delivery_book(&t->ctx, &order, &in, &row));
    t->delivery_id = row.id;
    return OK;
}

static enum err cancel(struct task *t) {
    const struct withdrawal in = {PARTY_US, "a test"};
    struct delivery_row row;
    TRY(store_delivery_get(&t->ctx, t->delivery_id, &row));
    return app_delivery_cancel(&t->ctx, &row, &in);
}

/* What the rounds must show, counted as they go and checked at the end. */
struct rush {
    struct world *w;
    struct id order[ORDERS];
    int64_t bad_winners, bad_losers, bad_taken, bad_given, bad_cancels;
};

enum { STOPS_USED, STOPS_HELD, WEIGHT_USED };
static const struct db_stmt SEEN[] = {
    [STOPS_USED] = {"test.stops", "SELECT stops FROM slot_use WHERE from_min = $1", NULL},
    [STOPS_HELD] = {"test.held", "SELECT COUNT(*) FROM delivery WHERE holds = 1 AND from_min = $1", NULL},
    [WEIGHT_USED] = {"test.weight", "SELECT SUM(weight_g) FROM day_use WHERE date > $1", NULL},
};

/* true when capacity counts exactly `in_window` stops of the window, and `in_all` loads of the day. */
static bool taken_is(struct rush *rush, const struct span *window, int64_t in_window, int64_t in_all) {
    int64_t seen[COUNT(SEEN)] = {0};
    for (size_t i = 0; i < COUNT(SEEN); i++)
        if (db_value(rush->w->c, &SEEN[i], ARGS(db_int(window->from_min)), &seen[i]) != OK) return false;
    return seen[STOPS_USED] == in_window && seen[STOPS_HELD] == in_window &&
           seen[WEIGHT_USED] == in_all * BOX3_G;
}

/* Those who won and whose number is a multiple of `nth` give back; a stop that was given back stays so. */
static void give_back(struct crowd *crowd, struct rush *rush, int nth) {
    bool sent[CROWD] = {false};
    for (int i = 0; i < CROWD; i += nth) {
        struct task *t = &crowd->task[i];
        if (id_is_none(t->delivery_id)) continue;
        prepare(t, cancel);
        sent[i] = db_writer_submit(crowd->writer, &t->job);
        REQUIRE(sent[i]);
    }
    for (int i = 0; i < CROWD; i++) {
        if (!sent[i]) continue;
        sem_wait(&crowd->task[i].done);
        rush->bad_cancels += crowd->task[i].err != OK;
    }
}

static void choose(struct crowd *crowd, const struct rush *rush, int64_t round) {
    for (int i = 0; i < CROWD; i++) {
        crowd->task[i].window = round % 2 ? &NOON : &MORNING;
        crowd->task[i].order_id = rush->order[(round * CROWD + i) % ORDERS];
        crowd->task[i].delivery_id = (struct id){{0}};
    }
}

static bool after_rush(struct crowd *crowd, int64_t round, void *user) {
    struct rush *rush = user;
    int64_t won = 0, lost = 0;
    bool noon = crowd->task[0].window == &NOON;
    int64_t left = noon ? NOON_LEFT : MORNING_LEFT, before = noon ? 0 : HELD_BEFORE;
    for (int i = 0; i < CROWD; i++) {
        const struct task *t = &crowd->task[i];
        won += t->err == OK;
        lost += t->err == ERR_STATE && text_equal(t->ctx.fault.slug, "slot.full");
    }
    rush->bad_winners += won != left;
    rush->bad_losers += won + lost != CROWD;
    rush->bad_taken += !taken_is(rush, crowd->task[0].window, before + left, HELD_BEFORE + left);
    give_back(crowd, rush, 1);
    if (round % 4 < 2) give_back(crowd, rush, 3);
    rush->bad_given += !taken_is(rush, crowd->task[0].window, before, HELD_BEFORE);
    choose(crowd, rush, round + 1);
    return rush->bad_winners + rush->bad_losers + rush->bad_taken + rush->bad_given + rush->bad_cancels == 0;
}

static struct id order_in_line(struct world *w, int i) {
    char due[DATE_TEXT_SIZE];
    return world_order(w, i % 3, date_format(date_parse("2026-03-20") + i / 3, due), CAPS, 3);
}

/* On a server each booking is many ways there and back. */
static int64_t rounds(void) {
    return getenv("CANARY_TEST_DB") ? ROUNDS / 5 : ROUNDS;
}

TEST(f28_capacity_the_last_slot_is_booked_once) {
    struct world *w = world_make_file();
    struct rush rush = {.w = w};
    struct crowd *crowd = gather(w, book);
    for (int i = 0; i < HELD_BEFORE; i++)
        world_book(w, order_in_line(w, ORDERS + i), "2026-03-12", "08:00", "12:00");
    for (int i = 0; i < ORDERS; i++)
        rush.order[i] = order_in_line(w, i);
    choose(crowd, &rush, 0);
    crowd->writer = world_start_writer(w);
    play(w, crowd, rounds(), after_rush, &rush);
    disperse(crowd);
    CHECK_INT(rush.bad_winners, 0);
    CHECK_INT(rush.bad_losers, 0);
    CHECK_INT(rush.bad_taken, 0);
    CHECK_INT(rush.bad_given, 0);
    CHECK_INT(rush.bad_cancels, 0);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM delivery WHERE state = 'cancelled'"),
              rounds() / 2 * (MORNING_LEFT + NOON_LEFT));
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE action = 'delivery.cancel'"),
              rounds() / 2 * (MORNING_LEFT + NOON_LEFT));
}

/* ---- F11: many plans at once ---- */

struct plans {
    int64_t opened, existing, bad;
};

static enum err plan(struct task *t) {
    struct plan_receipt receipt;
    TRY(app_plan(&t->ctx, date_parse("2026-06-30"), INT64_MAX, &receipt));
    t->answer = arena_printf(t->ctx.arena, "%lld %lld %lld", (long long)receipt.due,
                             (long long)receipt.opened, (long long)receipt.existing);
    return t->answer ? OK : ERR_LIMIT;
}

static bool after_plans(struct crowd *crowd, int64_t round, void *user) {
    struct plans *plans = user;
    (void)round;
    for (int i = 0; i < CROWD; i++) {
        long long due = 0, opened = 0, existing = 0;
        const struct task *t = &crowd->task[i];
        if (t->err == OK) sscanf(t->answer, "%lld %lld %lld", &due, &opened, &existing);
        plans->bad += t->err != OK || due != 16 || opened + existing != due;
        plans->opened += opened;
        plans->existing += existing;
    }
    return true;
}

TEST(f11_capacity_parallel_plans_make_one_order_a_date) {
    struct world *w = world_make_file();
    struct plans plans = {0};
    struct crowd *crowd = gather(w, plan);
    crowd->writer = world_start_writer(w);
    play(w, crowd, 2, after_plans, &plans);
    disperse(crowd);
    CHECK_INT(plans.bad, 0);
    CHECK_INT(plans.opened, 16); /* four patients, March to June */
    CHECK_INT(plans.existing, 2 * CROWD * 16 - 16);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient_order"), 16);
    CHECK_INT(
        world_count(
            w, "SELECT COUNT(*) FROM (SELECT DISTINCT patient_id, due_date, kind FROM patient_order) AS x"),
        16);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM commitment"), 16);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM plan_receipt"), 2 * CROWD);
}

/* ---- P2: many copies of one drop ---- */

struct copies {
    struct world *w;
    struct id event_id;
    const char *first;
    int64_t bad, answers, repeats;
};

static struct copies *the_copies;

static enum err drop(struct task *t) {
    static const struct receiver PATIENT = {"Zoë Marker", "patient"};
    struct drop_line line;
    struct drop_in in;
    struct drop_answer answer;
    struct delivery_row row;
    struct text text = text_in(t->ctx.arena);
    shape_clear(&drop_line_shape, &line);
    shape_clear(&drop_in_shape, &in);
    line.product_id = the_copies->w->product[2];
    line.qty = 149;
    in.id = the_copies->event_id;
    in.at = instant_parse("2026-03-11T22:00:00Z");
    in.received_by = &PATIENT;
    in.lines = (struct list){&line, 1};
    t->ctx.now = instant_parse("2026-03-11T22:00:05Z") + (int64_t)(t - the_crowd->task) * 1000;
    t->ctx.actor = (struct actor){.user_id = the_copies->w->driver[0], .role = ROLE_DRIVER};
    TRY(app_drop_find(&t->ctx, t->delivery_id, &row));
    TRY(app_drop_confirm(&t->ctx, &row, &in, &answer));
    json_object(&text, &drop_answer_shape, &answer);
    t->answer = text.failed ? NULL : text.at;
    t->window = answer.replay ? &NOON : NULL;
    return OK;
}

static bool after_drops(struct crowd *crowd, int64_t round, void *user) {
    struct copies *copies = user;
    (void)round;
    for (int i = 0; i < CROWD; i++) {
        const struct task *t = &crowd->task[i];
        copies->bad += t->err != OK || !t->answer;
        if (t->err != OK || !t->answer) continue;
        copies->repeats += t->window != NULL;
        if (!copies->first) copies->first = arena_strdup(copies->w->c->arena, t->answer);
        copies->answers += text_equal(copies->first, t->answer);
    }
    return true;
}

TEST(capacity_copies_of_one_drop_make_one_event) {
    struct world *w = world_make_file();
    struct copies copies = {.w = w, .event_id = id_new(w->c->now)};
    struct crowd *crowd = gather(w, drop);
    struct id delivery =
        world_book(w, world_order(w, 0, "2026-03-16", CAPS, 3), "2026-03-12", "08:00", "12:00");
    world_dispatch(w, delivery, 0);
    the_copies = &copies;
    for (int i = 0; i < CROWD; i++) {
        crowd->task[i].delivery_id = delivery;
        crowd->task[i].job.is_plain = true;
    }
    crowd->writer = world_start_writer(w);
    play(w, crowd, 3, after_drops, &copies);
    disperse(crowd);
    CHECK_INT(copies.bad, 0);
    CHECK_INT(copies.answers, 3 * CROWD);
    CHECK_INT(copies.repeats, 3 * CROWD - 1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM field_event"), 1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM field_event_line"), 1);
    CHECK_INT(world_count(w, "SELECT accepted FROM order_line"), 149);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE action = 'delivery.confirm'"), 1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM discrepancy WHERE kind = 'short'"), 1);
    CHECK_INT(world_count(w, "SELECT units_accepted FROM commitment WHERE known_until = 9223372036854775807"),
              149);
}
