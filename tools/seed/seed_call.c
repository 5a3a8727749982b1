/* The month of one order, up to its booking: call, count, confirm. */
#include "seed.h"
#include "app/app_order.h"
#include "base/date.h"
#include "base/id.h"
#include "base/log.h"
#include "base/zone.h"
#include "store/store_stock.h"
#include "store/store_order.h"

enum { CALLS_MAX = 7 };

static void next_step(struct seed *s, const struct act *act, enum act_kind kind, int64_t minutes,
                      int64_t value) {
    seed_push(s,
              (struct act){
                  .at = seed_in(s, minutes), .kind = kind, .id = act->id, .home = act->home, .value = value});
}

/* ---- the call ---- */

static int64_t answer_of(struct seed *s, const struct home *home) {
    static const struct {
        int weight;
        int64_t outcome;
    } ELSE[] = {{58, CONTACT_NO_ANSWER}, {38, CONTACT_VOICEMAIL}, {4, CONTACT_WRONG_NUMBER}};
    int weight[COUNT(ELSE)];
    if (seed_chance(s, home->hard_to_reach ? 0.35 : 0.76))
        return seed_chance(s, 0.004) ? CONTACT_DECLINED : CONTACT_REACHED;
    for (size_t i = 0; i < COUNT(ELSE); i++)
        weight[i] = ELSE[i].weight;
    return ELSE[seed_weighted(s, weight, COUNT(ELSE))].outcome;
}

static const struct {
    int weight;
    int64_t what;
    const char *note;
} COMPLAINTS[] = {{40, KIND_SHORT, "Counted one box fewer"},
                  {25, KIND_DAMAGED, "One bag was leaking"},
                  {20, KIND_LATE, "Waited for hours"},
                  {15, KIND_COUNT, "Driver was in a hurry"}};

/* The script asks whether the last delivery was right; whoever had none has nothing to say. */
static void ask_about_last(struct seed *s, const struct home *home, struct contact_in *in) {
    int weight[COUNT(COMPLAINTS)];
    if (id_is_none(home->delivery)) return;
    in->last_delivery_ok = !seed_chance(s, 0.004 * seed_trouble(s, home, (struct id){{0}}));
    if (in->last_delivery_ok) return;
    for (size_t i = 0; i < COUNT(COMPLAINTS); i++)
        weight[i] = COMPLAINTS[i].weight;
    size_t i = seed_weighted(s, weight, COUNT(COMPLAINTS));
    in->what = COMPLAINTS[i].what;
    in->note = COMPLAINTS[i].note;
}

struct call_try {
    const struct act *act;
    int64_t outcome;
};

static enum err call(struct seed *s, void *user) {
    const struct call_try *try = user;
    struct order_row order;
    struct contact contact;
    struct contact_in in;
    bool replay;
    shape_clear(&contact_in_shape, &in);
    in.id = id_random(s->c->now);
    in.at = s->c->now;
    in.channel = CONTACT_CALL;
    in.outcome = try->outcome;
    in.identity_checked = try->outcome == CONTACT_REACHED;
    if (in.identity_checked) ask_about_last(s, &s->home[try->act->home], &in);
    TRY(app_order_get(s->c, try->act->id, &order));
    return app_contact_add(s->c, &order, &in, &contact, &replay);
}

/* Another try some hours later or on the next days. */
static void call_again(struct seed *s, const struct act *act) {
    const struct demo_depot *depot = &s->depot[s->home[act->home].depot];
    int64_t at = seed_in(s, seed_between(s, 100, 200));
    if (act->value >= CALLS_MAX) return;
    if (zone_minutes(depot->timezone, at) > 17 * 60 || seed_chance(s, 0.6))
        at = seed_office_time(s, depot, seed_today(s, depot) + 1);
    seed_push(s, (struct act){
                     .at = at, .kind = ACT_CALL, .id = act->id, .home = act->home, .value = act->value + 1});
}

/* value: which attempt it is. */
enum err seed_act_call(struct seed *s, const struct act *act) {
    struct home *home = &s->home[act->home];
    struct call_try try = {act, answer_of(s, home)};
    struct order_row order;
    bool done;
    TRY(app_order_get(s->c, act->id, &order));
    if (order.state != ORDER_OPEN) return OK;
    home->order = act->id;
    seed_as_rep(s, home);
    if (home->status != PATIENT_ACTIVE) {
        next_step(s, act, ACT_LEAVE_OUT, 1, PARTY_CUSTOMER);
        return OK;
    }
    TRY(seed_try(s, call, &try, &done));
    s->tally.calls += done;
    if (done && try.outcome == CONTACT_REACHED)
        next_step(s, act, ACT_COUNT, seed_between(s, 2, 5), 0);
    else if (done && try.outcome == CONTACT_DECLINED)
        next_step(s, act, ACT_LEAVE_OUT, 1, PARTY_PATIENT);
    else
        call_again(s, act);
    return OK;
}

/* ---- the count ---- */

static enum err count(struct seed *s, void *user) {
    const struct act *act = user;
    struct home *home = &s->home[act->home];
    struct stock_count_line line[HOME_LINES];
    struct order_row order;
    int64_t today = seed_today(s, &s->depot[home->depot]);
    for (size_t i = 0; i < home->lines; i++) {
        const struct demo_product *product = &s->product[home->product[i]];
        int64_t units = seed_stock(home, i, today);
        bool miscounted = seed_chance(s, 0.02) && units >= product->units_per_box;
        shape_clear(&stock_count_line_shape, &line[i]);
        line[i].product_id = product->id;
        line[i].on_hand = units - (miscounted ? product->units_per_box : 0);
    }
    const struct count_in in = {{line, home->lines}};
    TRY(app_order_get(s->c, act->id, &order));
    return app_count_put(s->c, &order, &in);
}

enum err seed_act_count(struct seed *s, const struct act *act) {
    struct act copy = *act;
    bool done;
    seed_as_rep(s, &s->home[act->home]);
    TRY(seed_try(s, count, &copy, &done));
    if (done) next_step(s, act, ACT_CONFIRM, seed_between(s, 1, 4), 0);
    return OK;
}

/* ---- the confirmation ---- */

struct wants {
    struct confirm_line line[2 * HOME_LINES];
    size_t lines;
    bool unusual;
};

static int64_t box_of(const struct seed *s, struct id product_id) {
    return s->product[seed_product(s, product_id)].units_per_box;
}

/* What was suggested, mostly; a box less where the cupboard is small. */
static void want_line(struct seed *s, struct wants *wants, const struct order_line_view *line) {
    if (line->suggested == NONE || line->suggested <= 0 || wants->lines == COUNT(wants->line)) return;
    int64_t box = box_of(s, line->product_id), ordered = line->suggested;
    if (ordered > box && seed_chance(s, 0.03)) ordered -= box;
    wants->line[wants->lines++] = (struct confirm_line){line->product_id, ordered, NONE};
}

/* A journey or a visit: more than a rep may confirm. Or the depot is short of something. */
static void want_something_special(struct seed *s, struct wants *wants) {
    struct confirm_line *line = &wants->line[seed_between(s, 0, (int64_t)wants->lines - 1)];
    int64_t box = box_of(s, line->product_id);
    wants->unusual = seed_chance(s, 0.006);
    if (wants->unusual) line->ordered += box * (2 + line->ordered / box / 3);
    if (seed_chance(s, 0.008) && line->ordered > 2 * box)
        line->authorised = line->ordered - box * seed_between(s, 1, 2);
}

struct confirm_try {
    const struct act *act;
    struct order_row order;
    struct wants wants;
};

static enum err confirm(struct seed *s, void *user) {
    struct confirm_try *try = user;
    const struct confirm_in in = {{try->wants.line, try->wants.lines},
                                  try->wants.unusual ? "Away for some weeks, wants a reserve" : NULL};
    return app_order_confirm(s->c, &try->order, &in);
}

enum err seed_act_confirm(struct seed *s, const struct act *act) {
    const struct home *home = &s->home[act->home];
    struct confirm_try try = {.act = act};
    struct order_view view;
    bool done;
    seed_as_rep(s, home);
    TRY(app_order_get(s->c, act->id, &try.order));
    if (try.order.state != ORDER_OPEN) return OK;
    TRY(app_order_view(s->c, &try.order, &view));
    for (size_t i = 0; i < view.lines.n; i++)
        want_line(s, &try.wants, (const struct order_line_view *)view.lines.at + i);
    if (try.wants.lines == 0) {
        next_step(s, act, ACT_LEAVE_OUT, 1, PARTY_PATIENT);
        return OK;
    }
    want_something_special(s, &try.wants);
    if (try.wants.unusual) seed_as(s, ROLE_MANAGER, s->manager[0]);
    TRY(seed_try(s, confirm, &try, &done));
    if (done) next_step(s, act, ACT_BOOK, seed_between(s, 1, 3), try.order.due_date);
    return OK;
}

/* ---- not this month ---- */

static const char *const WHY_NOT[] = {
    [PARTY_PATIENT] = "Enough stock for now",
    [PARTY_CUSTOMER] = "Therapy is interrupted",
    [PARTY_US] = "Product is on back order",
};

static enum err leave_out(struct seed *s, void *user) {
    const struct act *act = user;
    const struct withdrawal in = {act->value, WHY_NOT[act->value]};
    struct order_row order;
    TRY(app_order_get(s->c, act->id, &order));
    if (order.state == ORDER_OPEN || order.state == ORDER_CONFIRMED) return app_order_skip(s->c, &order, &in);
    return order.state == ORDER_SCHEDULED ? app_order_cancel(s->c, &order, &in) : OK;
}

/* value: at whose wish (enum party). */
enum err seed_act_leave_out(struct seed *s, const struct act *act) {
    struct act copy = *act;
    bool done;
    if (id_is_none(act->id)) return OK;
    seed_as_rep(s, &s->home[act->home]);
    return seed_try(s, leave_out, &copy, &done);
}

/* ---- out of the cycle: something happened to the stock ---- */

static enum err add_order(struct seed *s, void *user) {
    const struct order_in *in = user;
    struct order_row order;
    TRY(app_order_add(s->c, in, &order));
    seed_home_of(s, in->patient_id)->order = order.id;
    return OK;
}

enum err seed_act_emergency(struct seed *s, const struct act *act) {
    struct home *home = &s->home[act->home];
    int64_t today = seed_today(s, &s->depot[home->depot]);
    struct order_in in = {home->id, today + 3, ORDER_EMERGENCY, "Water in the cellar, boxes are spoilt",
                          NULL};
    bool done;
    if (home->status != PATIENT_ACTIVE) return OK;
    (void)seed_stock(home, 0, today);
    home->stock[0] /= 4;
    home->stock[home->lines - 1] /= 4;
    seed_as_rep(s, home);
    TRY(seed_try(s, add_order, &in, &done));
    if (done)
        seed_push(
            s, (struct act){
                   .at = seed_in(s, 1), .kind = ACT_CALL, .id = home->order, .home = act->home, .value = 1});
    return OK;
}
