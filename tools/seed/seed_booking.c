#include "seed.h"
#include "app/app_delivery.h"
#include "base/date.h"
#include "store/store_delivery.h"
#include "store/store_order.h"

/* ---- a day with room ---- */

enum { DAYS = 21 };

struct days {
    int64_t date[DAYS];
    size_t n;
};

static struct days served_days(const struct seed *s, const struct home *home, int64_t from, int64_t to) {
    struct days days = {.n = 0};
    for (int64_t date = from; date <= to && days.n < DAYS; date++)
        if (seed_served_on(s, &s->zone[home->zone], date)) days.date[days.n++] = date;
    return days;
}

/* Which day is asked for first: mostly the last one, so that nobody stores more than they must. */
static size_t first_choice(struct seed *s, const struct days *days, bool earliest) {
    size_t i = earliest ? 0 : days->n - 1;
    while (!earliest && i > 0 && seed_chance(s, 0.4))
        i--;
    return i;
}

/* Every (day, window) once, in the order of preference: the n-th of them. */
static int64_t nth_window(const struct seed *s, const struct home *home, const struct days *days,
                          size_t first, bool forward, size_t n, struct span *span_out) {
    const struct demo_zone *zone = &s->zone[home->zone];
    size_t window = ((size_t)home->window + n) % zone->windows, step = n / zone->windows;
    size_t day = (first + (forward ? step : days->n - step)) % days->n;
    *span_out = (struct span){zone->window[window][0], zone->window[window][1]};
    return days->date[day];
}

struct booking_try {
    struct id order_id;
    struct booking in;
    struct delivery_row *delivery;
};

static enum err book(struct seed *s, void *user) {
    struct booking_try *try = user;
    struct order_row order;
    TRY(store_order_get(s->c, try->order_id, &order));
    return app_delivery_book(s->c, &order, &try->in, try->delivery);
}

enum err seed_book(struct seed *s, struct home *home, const struct wish *wish,
                   struct delivery_row *delivery_out, bool *done_out) {
    struct days days = served_days(s, home, wish->from, wish->to);
    struct span span;
    struct booking_try try = {
        wish->order_id, {wish->order_id, NONE, &span, wish->asked_by, wish->reason}, delivery_out};
    *done_out = false;
    if (days.n == 0) return OK;
    size_t first = first_choice(s, &days, wish->earliest);
    for (size_t n = 0; n < days.n * s->zone[home->zone].windows && !*done_out; n++) {
        try.in.date = nth_window(s, home, &days, first, wish->earliest, n, &span);
        TRY(seed_try(s, book, &try, done_out));
    }
    return OK;
}

/* ---- the booking of a confirmed order, and what becomes of it ---- */

static int64_t workday_before(const struct seed *s, const struct home *home, int64_t date) {
    do
        date--;
    while (!seed_open_on(&s->depot[home->depot], date));
    return date;
}

static void change_later(struct seed *s, const struct home *home, const struct delivery_row *delivery,
                         enum act_kind kind, int64_t party) {
    const struct demo_depot *depot = &s->depot[home->depot];
    int64_t first = seed_today(s, depot) + 1, last = workday_before(s, home, delivery->date);
    if (last < first) return;
    int64_t at = seed_office_time(s, depot, seed_between(s, first, last));
    seed_push(
        s, (struct act){.at = at, .kind = kind, .id = delivery->id, .home = home - s->home, .value = party});
}

/* Too late for the commitment to move: the evening before, or on the very morning. */
static void change_after_cutoff(struct seed *s, const struct home *home,
                                const struct delivery_row *delivery) {
    const struct demo_depot *depot = &s->depot[home->depot];
    bool evening = seed_chance(s, 0.6);
    int64_t at = evening ? seed_local(depot, delivery->date - 1, seed_between(s, 18 * 60 + 5, 20 * 60))
                         : seed_local(depot, delivery->date, seed_between(s, 6 * 60 + 45, 7 * 60 + 45));
    if (at <= s->c->now) return;
    seed_push(s, (struct act){.at = at,
                              .kind = ACT_RESCHEDULE,
                              .id = delivery->id,
                              .home = home - s->home,
                              .value = PARTY_PATIENT});
}

static void plan_changes(struct seed *s, const struct home *home, const struct delivery_row *delivery) {
    enum { NOTHING, BY_THEM, BY_CLINIC, BY_OURS, TOO_LATE, CALLED_OFF };
    static const int WEIGHT[] = {9443, 350, 60, 17, 40, 90};
    switch (seed_weighted(s, WEIGHT, COUNT(WEIGHT))) {
    case BY_THEM:
        change_later(s, home, delivery, ACT_RESCHEDULE, PARTY_PATIENT);
        break;
    case BY_CLINIC:
        change_later(s, home, delivery, ACT_RESCHEDULE, PARTY_CUSTOMER);
        break;
    case BY_OURS:
        change_later(s, home, delivery, ACT_RESCHEDULE, PARTY_US);
        break;
    case TOO_LATE:
        change_after_cutoff(s, home, delivery);
        break;
    case CALLED_OFF:
        change_later(s, home, delivery, ACT_CANCEL, PARTY_PATIENT);
        break;
    }
}

/* value: the last day wished for. Without room up to then any later day will do. */
enum err seed_act_book(struct seed *s, const struct act *act) {
    struct home *home = &s->home[act->home];
    int64_t today = seed_today(s, &s->depot[home->depot]);
    int64_t due = act->value > today ? act->value : today + 1;
    struct wish wish = {act->id, due - 4 > today ? due - 4 : today + 1, due, false, PARTY_US, NULL};
    struct delivery_row delivery;
    bool done;
    seed_as_rep(s, home);
    TRY(seed_book(s, home, &wish, &delivery, &done));
    wish.from = due + 1;
    wish.to = due + 8;
    wish.earliest = true;
    if (!done) TRY(seed_book(s, home, &wish, &delivery, &done));
    if (!done) return OK;
    home->delivery = delivery.id;
    plan_changes(s, home, &delivery);
    return OK;
}

/* ---- another window ---- */

static const char *const WHY_MOVED[][3] = {
    [PARTY_PATIENT] = {"Appointment at the clinic that day", "Family is visiting",
                       "Not at home in the morning"},
    [PARTY_CUSTOMER] = {"Training at the clinic", "The clinic changes the therapy first", "Clinic visit"},
    [PARTY_US] = {"Van in the workshop", "Driver is ill", "The day is over capacity"},
};

struct reschedule_try {
    struct id delivery_id;
    struct reschedule in;
};

static enum err reschedule(struct seed *s, void *user) {
    struct reschedule_try *try = user;
    struct delivery_row delivery;
    TRY(store_delivery_get(s->c, try->delivery_id, &delivery));
    return app_delivery_reschedule(s->c, &delivery, &try->in);
}

MUST static enum err move_to(struct seed *s, const struct home *home, struct id delivery_id,
                             const struct days *days, int64_t party, bool *done_out) {
    struct span span;
    struct reschedule_try try = {delivery_id, {NONE, &span, party, WHY_MOVED[party][seed_between(s, 0, 2)]}};
    size_t first = (size_t)seed_between(s, 0, (int64_t)days->n - 1);
    *done_out = false;
    for (size_t n = 0; n < days->n * s->zone[home->zone].windows && !*done_out; n++) {
        try.in.date = nth_window(s, home, days, first, true, n, &span);
        TRY(seed_try(s, reschedule, &try, done_out));
    }
    return OK;
}

/* Patients move by days in either direction; we mostly to the next day. */
enum err seed_act_reschedule(struct seed *s, const struct act *act) {
    struct home *home = &s->home[act->home];
    struct delivery_row delivery;
    int64_t today = seed_today(s, &s->depot[home->depot]);
    bool done;
    TRY(store_delivery_get(s->c, act->id, &delivery));
    if (!delivery_is_open(delivery.state)) return OK;
    bool ours = act->value == PARTY_US;
    int64_t from = ours ? delivery.date + 1 : delivery.date - 2;
    if (from <= today) from = today + 1;
    struct days days = served_days(s, home, from, (from > delivery.date ? from : delivery.date) + 7);
    if (ours && days.n > 1) days.n = 1;
    for (size_t i = 0; i < days.n; i++)
        if (days.date[i] == delivery.date) days.date[i] = days.date[--days.n];
    if (days.n == 0) return OK;
    if (ours)
        seed_as_dispatcher(s, home->depot);
    else
        seed_as_rep(s, home);
    return move_to(s, home, delivery.id, &days, act->value, &done);
}

/* ---- called off ---- */

static const char *const WHY_OFF[] = {
    [PARTY_PATIENT] = "Enough stock for now",
    [PARTY_CUSTOMER] = "Admitted to hospital",
    [PARTY_US] = "Product is on back order",
};

static enum err cancel(struct seed *s, void *user) {
    const struct act *act = user;
    struct delivery_row delivery;
    const struct withdrawal in = {act->value, WHY_OFF[act->value]};
    TRY(store_delivery_get(s->c, act->id, &delivery));
    return app_delivery_cancel(s->c, &delivery, &in);
}

enum err seed_act_cancel(struct seed *s, const struct act *act) {
    struct home *home = &s->home[act->home];
    struct delivery_row delivery;
    struct act again = *act;
    bool done;
    TRY(store_delivery_get(s->c, act->id, &delivery));
    if (delivery.state != DELIVERY_SCHEDULED) return OK;
    seed_as_rep(s, home);
    TRY(seed_try(s, cancel, &again, &done));
    if (!done || home->status != PATIENT_ACTIVE) return OK;
    again.kind = seed_chance(s, 0.75) ? ACT_BOOK : ACT_LEAVE_OUT;
    again.at = seed_office_time(s, &s->depot[home->depot], seed_today(s, &s->depot[home->depot]) + 1);
    again.id = delivery.order_id;
    again.value = again.kind == ACT_BOOK ? delivery.date + 2 : PARTY_PATIENT;
    seed_push(s, again);
    return OK;
}

/* ---- another attempt ---- */

/* value: days from now at the earliest; 0: today, behind the run of the attempt before. */
enum err seed_act_retry(struct seed *s, const struct act *act) {
    struct home *home = &s->home[act->home];
    struct list attempts;
    struct delivery_row delivery;
    int64_t from = seed_today(s, &s->depot[home->depot]) + act->value;
    struct wish wish = {act->id, from, from + 7, true, PARTY_US, "Second attempt agreed on the phone"};
    bool done;
    if (home->status != PATIENT_ACTIVE) return OK;
    seed_as_dispatcher(s, home->depot);
    TRY(store_delivery_of_order(s->c, act->id, &attempts));
    TRY(seed_book(s, home, &wish, &delivery, &done));
    if (!done || attempts.n == 0) return OK;
    home->delivery = delivery.id;
    if (delivery.date != seed_today(s, &s->depot[home->depot])) return OK;
    return seed_send_after(s, &delivery, ((const struct delivery_row *)attempts.at)[attempts.n - 1].run_id,
                           &done);
}
