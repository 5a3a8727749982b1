#include "seed.h"
#include "app/app_drop.h"
#include "app/app_evidence.h"
#include "base/crypto.h"
#include "base/image.h"
#include "base/date.h"
#include "base/id.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "base/zone.h"
#include "store/store_delivery.h"
#include "store/store_order.h"
#include <string.h>

/* ---- what will happen at a stop ---- */

double seed_trouble(const struct seed *s, const struct home *home, struct id driver_id) {
    double trouble = 1;
    if (home->customer == WORSE_CUSTOMER) trouble *= 2.8;
    if (id_equal(driver_id, s->depot[SYDNEY].driver[WORSE_DRIVER])) trouble *= 3;
    return trouble;
}

/* Phones without a network: most reports come at once, some hours later, a few the next day. */
static int64_t reported_at(struct seed *s, int64_t at, double trouble) {
    if (seed_chance(s, 0.002 * trouble)) return at + seed_between(s, 14, 30) * HOUR_MS;
    if (seed_chance(s, 0.012 * trouble)) return at + seed_between(s, 16, 240) * MINUTE_MS;
    return at + seed_between(s, 2, 50) * 1000;
}

void seed_stop_plan(struct seed *s, const struct delivery_row *delivery, struct id driver_id, int64_t at) {
    const struct home *home = seed_home_of(s, delivery->patient_id);
    double trouble = seed_trouble(s, home, driver_id);
    enum fate fate = FATE_DROP;
    if (seed_chance(s, 0.0008 * trouble))
        fate = FATE_SILENT;
    else if (seed_chance(s, 0.011))
        fate = FATE_FAIL;
    else if (seed_chance(s, 0.0155 * trouble))
        at = delivery->ends_at + seed_between(s, 3, 190) * MINUTE_MS;
    else if (seed_chance(s, 0.002) && delivery->starts_at - 30 * MINUTE_MS > s->c->now)
        at = delivery->starts_at - seed_between(s, 4, 28) * MINUTE_MS;
    if (fate == FATE_SILENT) return; /* never got there, and nobody says so */
    at += seed_between(s, 0, 59) * 1000;
    seed_push(s, (struct act){.at = reported_at(s, at, trouble),
                              .kind = ACT_STOP,
                              .id = delivery->id,
                              .home = home - s->home,
                              .value = fate,
                              .more = at,
                              .driver = driver_id});
}

/* ---- where, who, proof ---- */

static struct fix fix_near(struct seed *s, const struct home *home, int64_t metres) {
    return (struct fix){home->lat + seed_between(s, -metres, metres) * 90,
                        home->lon + seed_between(s, -metres, metres) * 107, seed_between(s, 4, 35)};
}

/* A grey pixel; 16 bytes of its own after the end make each another image. */
static const uint8_t PIXEL[] = {
    0x89, 'P',  'N',  'G',  '\r', '\n', 0x1a, '\n', 0,    0,    0,    13,  'I',  'H',  'D',  'R',  0,
    0,    0,    1,    0,    0,    0,    1,    8,    0,    0,    0,    0,   0x3a, 0x7e, 0x9b, 0x55, 0,
    0,    0,    10,   'I',  'D',  'A',  'T',  0x78, 0x9c, 0x63, 0x60, 0,   0,    0,    2,    0,    1,
    0x48, 0xaf, 0xa4, 0x71, 0,    0,    0,    0,    'I',  'E',  'N',  'D', 0xae, 0x42, 0x60, 0x82};
struct picture {
    uint8_t bytes[sizeof PIXEL + 16], digest[SHA256_SIZE];
};

static const char *take_picture(struct seed *s, struct picture *picture) {
    memcpy(picture->bytes, PIXEL, sizeof PIXEL);
    random_fill(picture->bytes + sizeof PIXEL, 16);
    sha256(picture->bytes, sizeof picture->bytes, picture->digest);
    return text_hex(s->c->arena, picture->digest, sizeof picture->digest);
}

/* Phones send what they named; a few never do. */
MUST static enum err send_picture(struct seed *s, const struct picture *picture, struct list named) {
    struct evidence evidence;
    bool is_new;
    if (named.n == 0 || seed_chance(s, 0.004)) return OK;
    const struct blob sha = {picture->digest, sizeof picture->digest};
    const struct blob image = {picture->bytes, sizeof picture->bytes};
    return app_evidence_put(s->c, sha, IMAGE_PNG, image, &evidence, &is_new);
}

/* ---- nobody took it ---- */

static const struct {
    int weight;
    enum failure_reason reason;
} FAILURES[] = {{46, FAILURE_NOBODY_HOME},  {12, FAILURE_NO_ACCESS}, {6, FAILURE_REFUSED},
                {5, FAILURE_WRONG_ADDRESS}, {12, FAILURE_VEHICLE},   {9, FAILURE_NOT_LOADED},
                {4, FAILURE_WEATHER},       {6, FAILURE_OTHER}};

static int64_t choose_failure(struct seed *s) {
    int weight[COUNT(FAILURES)];
    for (size_t i = 0; i < COUNT(FAILURES); i++)
        weight[i] = FAILURES[i].weight;
    return FAILURES[seed_weighted(s, weight, COUNT(FAILURES))].reason;
}

/* Again today when there is time, mostly tomorrow, sometimes only when the patient is back. */
static void plan_retry(struct seed *s, const struct home *home, struct id order_id) {
    const struct demo_depot *depot = &s->depot[home->depot];
    int64_t minute = zone_minutes(depot->timezone, s->c->now);
    bool today = minute < 14 * 60 && seed_chance(s, 0.5);
    int64_t days = today ? 0 : seed_chance(s, 0.85) ? 1 : seed_between(s, 2, 4);
    int64_t at = today || minute < 17 * 60 ? seed_in(s, seed_between(s, 5, 30))
                                           : seed_office_time(s, depot, seed_today(s, depot) + 1);
    seed_push(
        s, (struct act){.at = at, .kind = ACT_RETRY, .id = order_id, .home = home - s->home, .value = days});
}

static enum err fail(struct seed *s, void *user) {
    const struct act *act = user;
    const struct home *home = &s->home[act->home];
    struct delivery_row delivery;
    struct failure_answer answer;
    struct fix fix = fix_near(s, home, 25);
    struct picture picture;
    const struct drop_evidence photo = {EVIDENCE_PHOTO, take_picture(s, &picture)};
    struct failure_in in;
    shape_clear(&failure_in_shape, &in);
    in.id = id_random(act->more);
    in.at = act->more;
    in.reason = choose_failure(s);
    in.location = &fix;
    if (seed_chance(s, 0.6)) in.evidence = (struct list){&photo, 1};
    TRY(app_drop_find(s->c, act->id, &delivery));
    TRY(app_drop_fail(s->c, &delivery, &in, &answer));
    return send_picture(s, &picture, in.evidence);
}

/* ---- the drop ---- */

enum { LINES_MAX = 3 * HOME_LINES };

struct handover {
    struct drop_line line[LINES_MAX];
    size_t lines;
    struct receiver receiver;
    struct fix fix;
    struct drop_evidence evidence;
    struct picture picture;
    bool no_receiver, no_fix;
    struct drop_in in;
};

/* A lot is a week's production of one product. */
static void stamp(struct seed *s, struct drop_line *line, int product, int64_t date, int64_t age) {
    int year, month, day;
    int64_t made = (date - age) / 7 * 7;
    date_split(made, &year, &month, &day);
    if (!s->product[product].lot_tracked) return;
    line->lot = arena_printf(s->c->arena, "%02d%c%02d%c%02d", year % 100, 'A' + month - 1, day, 'A' + product,
                             (product * 7 + month) % 90 + 10);
    line->expiry = date_add_months(date_of(year, month, 1), 19) - 1;
}

static struct drop_line *add_line(struct handover *h, struct id product_id, int64_t qty) {
    REQUIRE(h->lines < LINES_MAX);
    struct drop_line *line = &h->line[h->lines++];
    shape_clear(&drop_line_shape, line);
    line->product_id = product_id;
    line->qty = qty;
    line->condition = CONDITION_OK;
    return line;
}

static void state_line(struct seed *s, struct handover *h, const struct delivery_line_row *row,
                       int64_t date) {
    int product = seed_product(s, row->product_id);
    int64_t box = s->product[product].units_per_box, qty = row->authorised;
    if (qty >= 4 * box && seed_chance(s, 0.08)) { /* two lots */
        struct drop_line *old = add_line(h, row->product_id, box);
        stamp(s, old, product, date, 70);
        old->scanned = 1;
        qty -= box;
    }
    struct drop_line *line = add_line(h, row->product_id, qty);
    stamp(s, line, product, date, 40);
    line->scanned = seed_chance(s, 0.94);
}

/* ---- what goes wrong with it: one thing at a time ---- */

struct wrong {
    struct seed *s;
    const struct home *home;
    struct handover *h;
    int64_t date;
};

static struct drop_line *some_line(struct wrong *w) {
    return &w->h->line[seed_between(w->s, 0, (int64_t)w->h->lines - 1)];
}

/* Takes one or two boxes out of a line; the line after it says what became of them. */
static int64_t take_out(struct wrong *w, struct drop_line *line) {
    int64_t box = w->s->product[seed_product(w->s, line->product_id)].units_per_box;
    int64_t units = box * seed_between(w->s, 1, 2);
    if (units > line->qty) units = line->qty;
    line->qty -= units;
    return units;
}

static void go_short(struct wrong *w) {
    (void)take_out(w, some_line(w));
}

static void go_otherwise(struct wrong *w, int64_t condition) {
    struct drop_line *line = some_line(w), kept = *line;
    int64_t units = take_out(w, line);
    *add_line(w->h, kept.product_id, units) = kept;
    w->h->line[w->h->lines - 1].qty = units;
    w->h->line[w->h->lines - 1].condition = condition;
}

static void go_damaged(struct wrong *w) {
    go_otherwise(w, CONDITION_DAMAGED);
}

static void go_refused(struct wrong *w) {
    go_otherwise(w, CONDITION_REFUSED);
}

static void go_not_loaded(struct wrong *w) {
    go_otherwise(w, CONDITION_NOT_LOADED);
}

static void go_missing(struct wrong *w) {
    if (w->h->lines > 1) *some_line(w) = w->h->line[--w->h->lines];
}

static void go_over(struct wrong *w) {
    struct drop_line *line = some_line(w);
    line->qty += w->s->product[seed_product(w->s, line->product_id)].units_per_box;
}

static void go_wrong(struct wrong *w) {
    struct drop_line *line = some_line(w);
    int other = (seed_product(w->s, line->product_id) + 1) % PRODUCTS;
    int64_t units = take_out(w, line);
    stamp(w->s, add_line(w->h, w->s->product[other].id, units), other, w->date, 40);
}

static void go_old(struct wrong *w) {
    struct drop_line *line = some_line(w);
    if (line->lot) line->expiry = w->date + seed_between(w->s, -4, 50);
}

static void go_without_lot(struct wrong *w) {
    some_line(w)->lot = NULL;
}

static void go_elsewhere(struct wrong *w) {
    w->h->fix.lat += 90 * seed_between(w->s, 600, 2500);
}

static void go_to_stranger(struct wrong *w) {
    w->h->receiver = (struct receiver){seed_person(w->s), "neighbour"};
}

static void go_without_proof(struct wrong *w) {
    w->h->in.evidence = (struct list){NULL, 0};
    w->h->in.bypass = NONE;
}

static const struct {
    int weight;
    void (*go)(struct wrong *w);
} WRONG[] = {{20, go_short},      {20, go_damaged},  {4, go_refused},     {10, go_not_loaded},
             {7, go_missing},     {5, go_over},      {9, go_wrong},       {5, go_old},
             {4, go_without_lot}, {3, go_elsewhere}, {5, go_to_stranger}, {8, go_without_proof}};

static void go_wrong_somehow(struct seed *s, const struct home *home, struct handover *h, int64_t date) {
    struct wrong wrong = {s, home, h, date};
    int weight[COUNT(WRONG)];
    for (size_t i = 0; i < COUNT(WRONG); i++)
        weight[i] = WRONG[i].weight;
    WRONG[seed_weighted(s, weight, COUNT(WRONG))].go(&wrong);
}

/* ---- the driver's statement ---- */

static void state_people(struct seed *s, const struct home *home, struct handover *h) {
    bool patient = !home->receiver || seed_chance(s, 0.7);
    h->receiver = patient ? (struct receiver){home->name, "patient"}
                          : (struct receiver){home->receiver, home->relation};
    h->fix = fix_near(s, home, 30);
    h->no_fix = seed_chance(s, 0.02);
    h->evidence = (struct drop_evidence){seed_chance(s, 0.85) ? EVIDENCE_SIGNATURE : EVIDENCE_PHOTO,
                                         take_picture(s, &h->picture)};
    h->in.evidence = (struct list){&h->evidence, 1};
    if (!seed_chance(s, 0.015)) return;
    h->in.evidence = (struct list){NULL, 0};
    h->in.bypass = seed_chance(s, 0.5) ? BYPASS_INFECTION_RISK : BYPASS_RECEIVER_DECLINED;
}

MUST static enum err state(struct seed *s, const struct act *act, const struct delivery_row *delivery,
                           struct handover *h) {
    struct home *home = &s->home[act->home];
    struct list lines;
    TRY(store_delivery_lines(s->c, delivery->id, &lines));
    int64_t date = act->more / DAY_MS;
    h->lines = 0;
    for (size_t i = 0; i < lines.n; i++)
        state_line(s, h, (const struct delivery_line_row *)lines.at + i, date);
    state_people(s, home, h);
    double trouble = seed_trouble(s, home, act->driver);
    if (h->lines > 0 && seed_chance(s, 0.0155 * trouble)) go_wrong_somehow(s, home, h, date);
    h->in.received_by = &h->receiver;
    if (!h->no_fix) h->in.location = &h->fix;
    h->in.lines = (struct list){h->line, h->lines};
    return OK;
}

static enum err drop(struct seed *s, void *user) {
    const struct act *act = user;
    struct home *home = &s->home[act->home];
    struct delivery_row delivery;
    struct drop_answer answer;
    struct handover h;
    shape_clear(&drop_in_shape, &h.in);
    h.in.id = id_random(act->more);
    h.in.at = act->more;
    TRY(app_drop_find(s->c, act->id, &delivery));
    TRY(state(s, act, &delivery, &h));
    TRY(app_drop_confirm(s->c, &delivery, &h.in, &answer));
    TRY(send_picture(s, &h.picture, h.in.evidence));
    (void)seed_stock(home, 0, seed_today(s, &s->depot[home->depot]));
    for (size_t i = 0; i < h.lines; i++)
        if (h.line[i].condition == CONDITION_OK) seed_stock_add(s, home, h.line[i].product_id, h.line[i].qty);
    return OK;
}

/* ---- what follows ---- */

MUST static enum err follow_up(struct seed *s, const struct act *act, struct id order_id) {
    const struct home *home = &s->home[act->home];
    const struct demo_depot *depot = &s->depot[home->depot];
    struct order_row order;
    int64_t today = seed_today(s, depot);
    TRY(store_order_get(s->c, order_id, &order));
    if (order.state == ORDER_PART_DELIVERED && seed_chance(s, 0.7))
        seed_push(s, (struct act){.at = seed_office_time(s, depot, today + 1),
                                  .kind = ACT_RETRY,
                                  .id = order_id,
                                  .home = act->home,
                                  .value = 1});
    if (order.state == ORDER_CONFIRMED) plan_retry(s, home, order_id);
    if (seed_chance(s, 0.0035 * seed_trouble(s, home, act->driver)))
        seed_push(s, (struct act){.at = seed_office_time(s, depot, today + seed_between(s, 1, 6)),
                                  .kind = ACT_CONTEST,
                                  .id = act->id,
                                  .home = act->home});
    return OK;
}

/* value: enum fate; more: device time. */
enum err seed_act_stop(struct seed *s, const struct act *act) {
    struct delivery_row delivery;
    struct act copy = *act;
    bool done;
    TRY(store_delivery_get(s->c, act->id, &delivery));
    if (!delivery_is_open(delivery.state)) return OK;
    seed_as(s, ROLE_DRIVER, act->driver);
    TRY(seed_try(s, act->value == FATE_FAIL ? fail : drop, &copy, &done));
    if (!done) return OK;
    s->tally.drops += act->value == FATE_DROP;
    s->tally.failures += act->value == FATE_FAIL;
    return follow_up(s, act, delivery.order_id);
}
