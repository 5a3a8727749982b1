/* What is kept of a patient's stock, and is only added to by a drop, is at any time what counts, drops,
 * amendments and prescriptions make of it from the beginning. */
#include "app/app_amend.h"
#include "app/app_drop.h"
#include "app/app_order.h"
#include "app/app_patient.h"
#include "app/app_stock.h"
#include "base/date.h"
#include "base/id.h"
#include "base/limits.h"
#include "domain/stock.h"
#include "store/store_drop.h"
#include "store/store_stock.h"
#include "world_order.h"

enum { SEQUENCES = 24, STEPS = 30, STOPS = 12 };

struct play {
    struct world *w;
    uint64_t random;
    struct {
        struct id order, delivery;
    } stop[STOPS];
    int stops;
    int64_t day;   /* of the last order */
    int64_t added; /* units that drops have added to what was kept */
};

/* splitmix64 (Steele, Lea, Flood 2014) */
static int64_t dice(struct play *p, int64_t sides) {
    uint64_t z = p->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (int64_t)((z ^ (z >> 31)) % (uint64_t)sides);
}

static struct stock_kept kept_of(struct world *w) {
    struct stock_kept kept;
    CHECK_OK(w->c, store_stock_kept(w->c, w->patient[0], &kept));
    return kept;
}

static int64_t units_kept(struct world *w) {
    struct stock_kept kept = kept_of(w);
    struct stock_now *now;
    size_t n;
    int64_t units = 0;
    if (!kept.stock.at) return 0;
    CHECK(stock_unpack(w->c->arena, kept.stock, &now, &n));
    for (size_t i = 0; i < n; i++)
        units += now[i].units;
    return units;
}

/* ---- what may happen ---- */

static void stop(struct play *p) {
    static const int64_t UNITS[] = {10, 8, 60};
    char due[DATE_TEXT_SIZE], date[DATE_TEXT_SIZE];
    int64_t today = p->w->c->now / DAY_MS + 1;
    if (p->stops == STOPS) return;
    while (date_weekday(today) > 5)
        today++;
    p->stop[p->stops].order = world_order(p->w, 0, date_format(++p->day, due), UNITS, 3);
    p->stop[p->stops].delivery =
        world_book(p->w, p->stop[p->stops].order, date_format(today, date), "08:00", "12:00");
    world_dispatch(p->w, p->stop[p->stops++].delivery, 0);
}

/* The driver's clock is up to three days behind, or ahead. */
static int64_t device_time(struct play *p) {
    return p->w->c->now + HOUR_MS - dice(p, 72) * HOUR_MS;
}

static void drop(struct play *p) {
    struct stated stated[4];
    struct drop_answer answer;
    char at[INSTANT_TEXT_SIZE];
    int64_t before = units_kept(p->w);
    size_t n = 1 + (size_t)dice(p, 4);
    if (p->stops == 0) return;
    for (size_t i = 0; i < n; i++)
        stated[i] =
            (struct stated){(int)dice(p, 5) - 1, dice(p, 9), dice(p, CONDITION_NOT_LOADED + 1), NULL, NULL};
    enum err err = world_drop(p->w, (struct id){{0}}, p->stop[dice(p, p->stops)].delivery, 0,
                              instant_format(device_time(p), at), stated, n, &answer);
    if (err == OK) p->added += units_kept(p->w) - before;
    CHECK(err == OK || err == ERR_STATE); /* it has a confirmation already */
}

struct amend {
    struct amend_found found;
    struct amendment_in in;
};

static enum err run_amend(struct ctx *c, void *user) {
    struct amend *amend = user;
    struct drop_answer answer;
    return app_amend(c, &amend->found, &amend->in, &answer);
}

static void amend(struct play *p) {
    struct ctx *c = p->w->c;
    struct field_event event;
    struct amend amend;
    struct drop_line line;
    if (p->stops == 0) return;
    if (store_event_last(c, p->stop[dice(p, p->stops)].delivery, INT64_MAX, &event) != OK) return;
    shape_clear(&amendment_in_shape, &amend.in);
    shape_clear(&drop_line_shape, &line);
    line.product_id = p->w->product[dice(p, 4)];
    line.qty = dice(p, 9);
    amend.in.id = id_new(c->now);
    amend.in.reason = "Counted again";
    if (dice(p, 2)) amend.in.lines = (struct list){&line, 1};
    world_act(p->w, ROLE_MANAGER, p->w->manager);
    CHECK_OK(c, app_amend_find(c, event.id, &amend.found));
    if (dice(p, 2))
        amend.in.dropped_at =
            amend.found.delivery.booked_at + dice(p, 10) * (c->now - amend.found.delivery.booked_at) / 10;
    CHECK_OK(c, db_unit(c, run_amend, &amend));
}

struct counting {
    struct order_row order;
    struct contact_in contact;
    struct count_in count;
};

static enum err run_count(struct ctx *c, void *user) {
    struct counting *counting = user;
    struct contact contact;
    bool replay;
    TRY(app_contact_add(c, &counting->order, &counting->contact, &contact, &replay));
    return app_count_put(c, &counting->order, &counting->count);
}

/* Of some of the products: of the others an earlier count holds. */
static void count(struct play *p) {
    struct ctx *c = p->w->c;
    struct stock_count_line line[4];
    struct counting counting = {.contact = {.id = id_new(c->now),
                                            .at = c->now,
                                            .channel = CONTACT_CALL,
                                            .outcome = CONTACT_REACHED,
                                            .identity_checked = 1,
                                            .last_delivery_ok = NONE,
                                            .what = NONE}};
    size_t n = 0;
    if (p->stops == 0) return;
    for (int i = 0; i < 4; i++)
        if (dice(p, 3)) line[n++] = (struct stock_count_line){p->w->product[i], dice(p, 30)};
    if (n == 0) return;
    counting.count.lines = (struct list){line, n};
    counting.order = world_order_row(p->w, p->stop[p->stops - 1].order);
    world_act(p->w, ROLE_REP, p->w->rep);
    enum err err = db_unit(c, run_count, &counting);
    CHECK(err == OK || err == ERR_STATE); /* the order is over */
}

static enum err run_prescribe(struct ctx *c, void *user) {
    struct play *p = user;
    struct prescription_line line[4];
    size_t n = 0;
    for (int i = 0; i < 4; i++)
        if (dice(p, 3)) line[n++] = (struct prescription_line){p->w->product[i], 500 * dice(p, 8)};
    const struct prescription_in in = {c->now / DAY_MS + dice(p, 60) - 30, {line, n}};
    return app_prescription_put(c, p->w->patient[0], &in, NULL);
}

static void prescribe(struct play *p) {
    world_act(p->w, ROLE_MANAGER, p->w->manager);
    CHECK_OK(p->w->c, db_unit(p->w->c, run_prescribe, p));
}

static void step(struct play *p) {
    static void (*const STEP[])(struct play * p) = {stop,  stop,  drop,  drop,     drop,
                                                    amend, count, count, prescribe};
    p->w->c->now += dice(p, 30) * HOUR_MS + 1;
    ctx_fault_clear(p->w->c);
    STEP[dice(p, COUNT(STEP))](p);
    ctx_fault_clear(p->w->c);
}

/* ---- what must hold ---- */

static int64_t run_sequence(int seed) {
    struct play p = {.w = world_make(), .random = (uint64_t)seed, .day = date_parse("2026-03-16")};
    for (int i = 0; i < STEPS; i++) {
        bool right = true;
        step(&p);
        struct stock_kept kept = kept_of(p.w);
        if (kept.stock.at) CHECK_OK(p.w->c, app_stock_is_right(p.w->c, &kept, &right));
        if (!right)
            check_fail(__FILE__, __LINE__, "sequence %d, step %d: what is kept is not right", seed, i);
    }
    return p.added;
}

TEST(stock_kept_is_what_all_that_happened_makes_of_it) {
    int64_t added = 0;
    for (int seed = 1; seed <= SEQUENCES; seed++)
        added += run_sequence(seed);
    CHECK(added > 100);
}

/* What is not kept yet, from before the column was there, is reckoned by the next drop. */
TEST(stock_that_is_not_kept_is_reckoned_by_the_next_drop) {
    struct play p = {.w = world_make(), .random = 7, .day = date_parse("2026-03-16")};
    bool right = false;
    stop(&p);
    for (int i = 0; i < 8 && kept_of(p.w).stock.n == 0; i++)
        count(&p);
    CHECK(kept_of(p.w).stock.n > 0);
    p.w->c->now += DAY_MS;
    world_run(p.w, "UPDATE patient SET stock = NULL");
    drop(&p);
    struct stock_kept kept = kept_of(p.w);
    CHECK(kept.stock.at && kept.stock.n > 0);
    CHECK_OK(p.w->c, app_stock_is_right(p.w->c, &kept, &right));
    CHECK(right);
}

TEST(stock_packed_and_unpacked_is_the_same) {
    struct arena *arena = check_ctx()->arena;
    const struct stock_now now[] = {{{{1, 2, 3}}, 20000, INT64_MAX, 5, 7, 1500},
                                    {id_new(INT64_C(1772409600000)), -1, INT64_MIN + 1, 10000000, 0, NONE}};
    struct stock_now *back;
    size_t n;
    struct blob packed = stock_pack(arena, now, 2);
    CHECK_INT(packed.n, 1 + 16 + 3 + 10 + 1 + 2 + 4 + 6 + 1 + 10 + 1 + 1);
    CHECK(stock_unpack(arena, packed, &back, &n));
    CHECK_INT(n, 2);
    for (size_t i = 0; i < n; i++) {
        CHECK(id_equal(back[i].product_id, now[i].product_id));
        CHECK_INT(back[i].date, now[i].date);
        CHECK_INT(back[i].at, now[i].at);
        CHECK_INT(back[i].counted, now[i].counted);
        CHECK_INT(back[i].units, now[i].units);
        CHECK_INT(back[i].use_per_day, now[i].use_per_day);
    }
    CHECK(!stock_unpack(arena, (struct blob){packed.at, packed.n - 1}, &back, &n));
    const struct stock_now beyond = {now[0].product_id, DATE_MAX + 1, 0, 5, 7, 1500};
    CHECK(!stock_unpack(arena, stock_pack(arena, &beyond, 1), &back, &n));
    CHECK(stock_unpack(arena, stock_pack(arena, now, 0), &back, &n));
    CHECK_INT(n, 0);
}

TEST(stock_count_packed_and_unpacked_is_the_same) {
    struct arena *arena = check_ctx()->arena;
    const struct stock_count_line line[] = {{id_new(INT64_C(1772409600000)), 0},
                                            {id_random(INT64_C(1772409600000)), 63},
                                            {id_new(INT64_C(1772409600000)), 64},
                                            {id_random(INT64_C(1772409600000)), LIMIT_UNITS}};
    struct list back;
    struct blob packed = stock_count_pack(arena, (struct list){line, 4});
    CHECK_INT(packed.n, (1 + 6) + (1 + 16) + (2 + 6) + (4 + 16));
    CHECK(stock_count_unpack(arena, packed, &back));
    CHECK_INT(back.n, 4);
    for (size_t i = 0; i < 4; i++) {
        const struct stock_count_line *same = (const struct stock_count_line *)back.at + i;
        CHECK(id_equal(same->product_id, line[i].product_id));
        CHECK_INT(same->on_hand, line[i].on_hand);
    }
    CHECK(!stock_count_unpack(arena, (struct blob){packed.at, packed.n - 1}, &back));
    CHECK(!stock_count_unpack(arena, (struct blob){packed.at, 1}, &back));
    CHECK(
        !stock_count_unpack(arena, (struct blob){(const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff", 7}, &back));
    CHECK(stock_count_unpack(arena, stock_count_pack(arena, (struct list){line, 0}), &back));
    CHECK_INT(back.n, 0);
}
