#include "app/fingerprint.h"
#include "app/app_audit.h"
#include "base/date.h"
#include "domain/contact.h"
#include "domain/stock.h"
#include "store/store_plan.h"
#include "volume.h"
#include <stdlib.h>

enum { TAG_CONTACT = 40, TAG_PRINT = 42 };

/* Windows and weight of the day that is being booked. */
struct booked_day {
    int64_t *stops, *weight; /* by zone and window; by zone */
};

struct year {
    struct volume_log *log;
    const struct volume *v;
    int64_t date;
    struct booked_day booked;
    int64_t deliveries;
    void (*progress)(void *user, int64_t deliveries);
    void *user;
};

/* Orders of a date: false when there are none. */
static bool has_day(const struct volume *v, int64_t due) {
    return due >= v->first_due && due < v->first_due + v->days + CYCLE_DAYS;
}

/* false: one of the first day's that there are not. */
static bool facts_at(const struct volume *v, int64_t due, int64_t place, struct facts *f) {
    int64_t i = (due - v->first_due) * v->day_orders + place;
    if (i < v->skipped) return false;
    volume_facts(v, i, f);
    return true;
}

/* ---- the plan ---- */

/* The first version, as it stands at the end. */
static void write_commitment(struct volume_log *log, const struct facts *f) {
    struct commitment row, later;
    bool closed = (f->fault == FAULT_LATE || f->fault == FAULT_MISSED) && f->last >= FOUND_LATE;
    volume_commitment(log->v, f, closed ? DISPATCHED : f->last, &row);
    if (closed) {
        volume_commitment(log->v, f, FOUND_LATE, &later);
        row.known_until = later.known_from;
        row.sweep_at = NONE;
    }
    volume_write(log, T_COMMITMENT, &row);
}

static void open_order(struct volume_log *log, const struct facts *f) {
    struct order_row opened, last;
    struct commitment fresh;
    volume_order(log->v, f, PLANNED, &opened);
    volume_order(log->v, f, f->last, &last);
    volume_commitment(log->v, f, PLANNED, &fresh);
    volume_now(log, T_ORDER, &opened);
    volume_write(log, T_ORDER, &last);
    volume_now(log, T_COMMITMENT, &fresh);
    write_commitment(log, f);
    volume_audit(log, &(struct volume_event){.at = f->planned_at,
                                             .role = ROLE_SYSTEM,
                                             .action = "order.plan",
                                             .entity = "order",
                                             .id = f->order,
                                             .version = 1,
                                             .change = app_change(&log->c, &order_row_shape, NULL, &opened)});
}

static void plan(struct year *y) {
    int64_t at = y->date * DAY_MS + y->v->day_orders, opened = 0;
    struct facts f;
    if (!has_day(y->v, y->date + PLAN_AHEAD)) return;
    for (int64_t place = 0; place < y->v->day_orders; place++) {
        if (!facts_at(y->v, y->date + PLAN_AHEAD, place, &f)) continue;
        open_order(y->log, &f);
        opened++;
    }
    const struct plan_receipt receipt = {.id = volume_id(at, 0),
                                         .through = y->date + PLAN_AHEAD,
                                         .at = at,
                                         .due = opened,
                                         .opened = opened,
                                         .active = y->v->patients,
                                         .none_due = 0};
    volume_put(y->log, T_PLAN_RECEIPT, &receipt);
    volume_audit(y->log, &(struct volume_event){
                             .at = at,
                             .role = ROLE_SYSTEM,
                             .action = "plan.run",
                             .entity = "plan",
                             .id = receipt.id,
                             .version = 1,
                             .change = app_change(&y->log->c, &plan_receipt_shape, NULL, &receipt)});
}

/* ---- the call ---- */

static void changed_order(struct volume_log *log, const struct facts *f, enum moment was, enum moment is) {
    struct order_row before, after;
    volume_order(log->v, f, was, &before);
    volume_order(log->v, f, is, &after);
    volume_was(log, T_ORDER, &before);
    volume_now(log, T_ORDER, &after);
}

static void changed_commitment(struct volume_log *log, const struct facts *f, enum moment was,
                               enum moment is) {
    struct commitment before, after;
    volume_commitment(log->v, f, was, &before);
    volume_commitment(log->v, f, is, &after);
    volume_was(log, T_COMMITMENT, &before);
    volume_now(log, T_COMMITMENT, &after);
}

static void audit_rep(struct volume_log *log, const struct facts *f, int64_t at, const char *action,
                      int64_t version, const char *change) {
    volume_audit(log, &(struct volume_event){.at = at,
                                             .role = ROLE_REP,
                                             .actor = log->v->rep[f->depot],
                                             .action = action,
                                             .entity = "order",
                                             .id = f->order,
                                             .version = version,
                                             .change = change});
}

static void call(struct volume_log *log, const struct facts *f) {
    uint8_t print[FINGERPRINT_SIZE];
    struct contact contact;
    shape_clear(&contact_shape, &contact);
    volume_random_bytes(log->v, f->i, TAG_PRINT, print, sizeof print);
    contact.id = volume_device_id(log->v, f->called_at, f->i, TAG_CONTACT);
    contact.order_id = f->order;
    contact.patient_id = log->v->patient[f->patient];
    contact.at = contact.received_at = f->called_at;
    contact.channel = CONTACT_CALL;
    contact.outcome = CONTACT_REACHED;
    contact.identity_checked = contact.last_delivery_ok = 1;
    contact.by_id = log->v->rep[f->depot];
    contact.fingerprint = (struct blob){print, sizeof print};
    volume_put(log, T_CONTACT, &contact);
    changed_order(log, f, PLANNED, CONTACTED);
    audit_rep(log, f, f->called_at, "order.contact", 2, app_change(&log->c, &contact_shape, NULL, &contact));
}

static void count_stock(struct volume_log *log, const struct facts *f) {
    struct stock_count_line line[LINES];
    struct stock_count count = {.id = volume_id(f->counted_at, f->i),
                                .patient_id = log->v->patient[f->patient],
                                .order_id = f->order,
                                .date = f->due - CALL_AHEAD,
                                .at = f->counted_at,
                                .by_id = log->v->rep[f->depot],
                                .lines = {line, LINES}};
    for (int k = 0; k < LINES; k++)
        line[k] = (struct stock_count_line){volume_product(log->v, f->patient, k), volume_counted(k)};
    count.counted = stock_count_pack(log->arena, count.lines);
    if (!count.counted.at) volume_fail("no memory");
    volume_put(log, T_COUNT, &count);
    audit_rep(log, f, f->counted_at, "order.count", 2, app_change(&log->c, &stock_count_shape, NULL, &count));
}

static void confirm(struct volume_log *log, const struct facts *f) {
    struct order_line_row line[LINES], last;
    for (int k = 0; k < LINES; k++) {
        volume_order_line(log->v, f, CONFIRMED, k, &line[k]);
        volume_order_line(log->v, f, f->last, k, &last);
        volume_now(log, T_ORDER_LINE, &line[k]);
        volume_write(log, T_ORDER_LINE, &last);
    }
    changed_order(log, f, CONTACTED, CONFIRMED);
    changed_commitment(log, f, CONTACTED, CONFIRMED);
    audit_rep(log, f, f->confirmed_at, "order.confirm", 3,
              arena_printf(log->c.arena, "{\"state\":\"confirmed\",\"lines\":%d}", LINES));
}

/* ---- the booking ---- */

static void take_slot(struct year *y, const struct facts *f, int64_t weight_g) {
    int64_t *stops = &y->booked.stops[f->zone * WINDOWS + f->window], *weight = &y->booked.weight[f->zone];
    struct slot_use slot = {y->v->zone[f->zone], f->due, f->from_min, f->to_min, *stops};
    struct day_use day = {y->v->zone[f->zone], f->due, *weight};
    if (slot.stops > 0) volume_was(y->log, T_SLOT_USE, &slot);
    if (day.weight_g > 0) volume_was(y->log, T_DAY_USE, &day);
    slot.stops = ++*stops;
    day.weight_g = *weight += weight_g;
    volume_now(y->log, T_SLOT_USE, &slot);
    volume_now(y->log, T_DAY_USE, &day);
}

static void write_slots(struct year *y, int64_t due) {
    for (int64_t i = 0; i < y->v->depots * ZONES; i++) {
        struct day_use day = {y->v->zone[i], due, y->booked.weight[i]};
        if (day.weight_g > 0) volume_write(y->log, T_DAY_USE, &day);
        y->booked.weight[i] = 0;
        for (int64_t k = 0; k < WINDOWS; k++) {
            int64_t *stops = &y->booked.stops[i * WINDOWS + k];
            struct slot_use slot = {y->v->zone[i], due, (8 + 4 * k) * 60, (12 + 4 * k) * 60, *stops};
            if (slot.stops > 0) volume_write(y->log, T_SLOT_USE, &slot);
            *stops = 0;
        }
    }
}

static void promise(struct volume_log *log, const struct facts *f) {
    const struct promise_row row = {.delivery_id = f->delivery,
                                    .number = 1,
                                    .date = f->due,
                                    .from_min = f->from_min,
                                    .to_min = f->to_min,
                                    .timezone = volume_timezone,
                                    .starts_at = f->starts_at,
                                    .ends_at = f->ends_at,
                                    .requested_by = PARTY_US,
                                    .at = f->booked_at,
                                    .by_id = log->v->rep[f->depot]};
    volume_put(log, T_PROMISE, &row);
}

static void book(struct year *y, const struct facts *f) {
    struct delivery_row booked, last;
    volume_delivery(y->v, f, BOOKED, &booked);
    volume_delivery(y->v, f, f->last, &last);
    volume_now(y->log, T_DELIVERY, &booked);
    volume_write(y->log, T_DELIVERY, &last);
    promise(y->log, f);
    take_slot(y, f, booked.weight_g);
    changed_order(y->log, f, CONFIRMED, BOOKED);
    changed_commitment(y->log, f, CONFIRMED, BOOKED);
    volume_audit(
        y->log, &(struct volume_event){.at = f->booked_at,
                                       .role = ROLE_REP,
                                       .actor = y->v->rep[f->depot],
                                       .action = "delivery.book",
                                       .entity = "delivery",
                                       .id = f->delivery,
                                       .version = 1,
                                       .change = app_change(&y->log->c, &delivery_row_shape, NULL, &booked)});
    y->deliveries++;
}

static void serve(struct year *y, const struct facts *f) {
    call(y->log, f);
    count_stock(y->log, f);
    confirm(y->log, f);
    book(y, f);
}

/* ---- runs ---- */

/* Stops of a run, in its order. */
static size_t stops_of(const struct volume *v, int64_t due, int64_t depot, int64_t run,
                       struct facts stop_out[STOPS]) {
    int64_t first = (due - v->first_due) % CYCLE_DAYS * v->day_orders % v->depots;
    int64_t place = (depot - first + v->depots) % v->depots + run * STOPS * v->depots;
    size_t n = 0;
    for (int k = 0; k < STOPS && place < v->day_orders; k++, place += v->depots)
        n += facts_at(v, due, place, &stop_out[n]);
    return n;
}

static bool has_missed(const struct facts *stop, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (stop[i].fault == FAULT_MISSED) return true;
    return false;
}

static void audit_run(struct volume_log *log, int64_t at, int64_t role, struct id actor, const char *action,
                      const struct run_row *run, const char *change) {
    volume_audit(log, &(struct volume_event){.at = at,
                                             .role = role,
                                             .actor = actor,
                                             .action = action,
                                             .entity = "run",
                                             .id = run->id,
                                             .version = run->version,
                                             .change = change});
}

static void changed_run(struct volume_log *log, int64_t due, int64_t depot, int64_t run, int64_t version,
                        struct run_row *after_out) {
    struct run_row before;
    volume_run(log->v, due, depot, run, version - 1, &before);
    volume_run(log->v, due, depot, run, version, after_out);
    volume_was(log, T_RUN, &before);
    volume_now(log, T_RUN, after_out);
}

static void changed_delivery(struct volume_log *log, const struct facts *f, enum moment was, enum moment is) {
    struct delivery_row before, after;
    volume_delivery(log->v, f, was, &before);
    volume_delivery(log->v, f, is, &after);
    volume_was(log, T_DELIVERY, &before);
    volume_now(log, T_DELIVERY, &after);
}

/* A run with a stop that nobody has reached stays open until that is over. */
static int64_t last_version(const struct volume *v, int64_t due, const struct facts *stop, size_t n) {
    if (due >= v->today) return 3;
    return due == v->today - 1 && has_missed(stop, n) ? 3 : 4;
}

static void add_run(struct volume_log *log, int64_t due, int64_t depot, int64_t run, const struct facts *stop,
                    size_t n) {
    int64_t at = (due - 1) * DAY_MS + 17 * HOUR_MS + 30 * MINUTE_MS + depot;
    struct run_row planned, last;
    volume_run(log->v, due, depot, run, 1, &planned);
    volume_run(log->v, due, depot, run, last_version(log->v, due, stop, n), &last);
    volume_now(log, T_RUN, &planned);
    volume_write(log, T_RUN, &last);
    audit_run(log, at, ROLE_DISPATCHER, log->v->dispatcher[depot], "run.add", &planned,
              app_change(&log->c, &run_row_shape, NULL, &planned));
}

struct stops_set {
    struct list delivery_ids;
};
static const struct field STOPS_SET_FIELDS[] = {FIELD(struct stops_set, K_IDS, delivery_ids)};
static const struct shape stops_set_shape = SHAPE("stops_set", struct stops_set, STOPS_SET_FIELDS);

static void set_stops(struct volume_log *log, int64_t due, int64_t depot, int64_t run,
                      const struct facts *stop, size_t n) {
    int64_t at = (due - 1) * DAY_MS + 17 * HOUR_MS + 31 * MINUTE_MS + depot;
    struct run_row row;
    struct id id[STOPS];
    const struct stops_set set = {{id, n}};
    for (size_t i = 0; i < n; i++) {
        const struct driver_stop_row stood = {stop[i].delivery, stop[i].run_id, stop[i].driver};
        id[i] = stop[i].delivery;
        volume_put(log, T_RUN_STOP, &stood);
        changed_delivery(log, &stop[i], BOOKED, ON_RUN);
        changed_commitment(log, &stop[i], BOOKED, ON_RUN);
    }
    changed_run(log, due, depot, run, 2, &row);
    audit_run(log, at, ROLE_DISPATCHER, log->v->dispatcher[depot], "run.set-stops", &row,
              app_change(&log->c, &stops_set_shape, NULL, &set));
}

static void make_run(struct year *y, int64_t due, int64_t depot, int64_t run, const struct facts *stop,
                     size_t n) {
    add_run(y->log, due, depot, run, stop, n);
    set_stops(y->log, due, depot, run, stop, n);
}

static void dispatch_run(struct year *y, int64_t due, int64_t depot, int64_t run, const struct facts *stop,
                         size_t n) {
    struct run_row row;
    for (size_t i = 0; i < n; i++)
        changed_delivery(y->log, &stop[i], ON_RUN, DISPATCHED);
    changed_run(y->log, due, depot, run, 3, &row);
    audit_run(y->log, due * DAY_MS + 6 * HOUR_MS + 15 * MINUTE_MS + depot, ROLE_DISPATCHER,
              y->v->dispatcher[depot], "run.dispatch", &row, "{\"state\":\"dispatched\"}");
}

static void close_run(struct year *y, int64_t due, int64_t depot, int64_t run, const struct facts *stop,
                      size_t n) {
    struct run_row row;
    bool tomorrow = has_missed(stop, n);
    if (tomorrow != (due < y->date)) return;
    changed_run(y->log, due, depot, run, 4, &row);
    audit_run(y->log, y->date * DAY_MS + 19 * HOUR_MS + depot, ROLE_DRIVER, row.driver_id, "run.close", &row,
              "{\"state\":\"closed\"}");
}

static void each_run(struct year *y, int64_t due,
                     void (*act)(struct year *y, int64_t due, int64_t depot, int64_t run,
                                 const struct facts *stop, size_t n)) {
    struct facts stop[STOPS];
    if (!has_day(y->v, due)) return;
    for (int64_t depot = 0; depot < y->v->depots; depot++)
        for (int64_t run = 0; run * STOPS * y->v->depots < y->v->day_orders; run++) {
            size_t n = stops_of(y->v, due, depot, run, stop);
            if (n > 0) act(y, due, depot, run, stop, n);
        }
}

/* ---- a day ---- */

/* Calls and drops go on beside each other. */
static void work(struct year *y) {
    struct facts f;
    bool calls = has_day(y->v, y->date + CALL_AHEAD), drops = has_day(y->v, y->date);
    for (int64_t at = 0; at < y->v->day_orders; at++) {
        if (calls && facts_at(y->v, y->date + CALL_AHEAD, volume_called(y->v, at), &f)) serve(y, &f);
        if (drops && facts_at(y->v, y->date, at, &f)) volume_drop(y->log, &f);
    }
    if (calls) write_slots(y, y->date + CALL_AHEAD);
    y->progress(y->user, y->deliveries);
}

static void each_fault(struct year *y, int64_t due, bool missed,
                       void (*act)(struct volume_log *log, const struct facts *f)) {
    struct facts f;
    if (!has_day(y->v, due)) return;
    for (int64_t place = 0; place < y->v->day_orders; place++)
        if (facts_at(y->v, due, place, &f) && (missed ? f.fault == FAULT_MISSED : f.fault != FAULT_NONE))
            act(y->log, &f);
}

static void live_day(struct year *y) {
    plan(y);
    each_run(y, y->date, dispatch_run);
    if (y->date == y->v->today) return; /* it is seven in the morning */
    each_fault(y, y->date - 3, false, volume_review);
    work(y);
    each_fault(y, y->date - 1, true, volume_miss);
    each_run(y, y->date - 1, close_run);
    each_run(y, y->date, close_run);
    each_run(y, y->date + 1, make_run);
}

void volume_history(struct volume_log *log, void (*progress)(void *user, int64_t deliveries), void *user) {
    const struct volume *v = log->v;
    struct year y = {.log = log, .v = v, .progress = progress, .user = user};
    y.booked.stops = calloc((size_t)(v->depots * ZONES * WINDOWS), sizeof *y.booked.stops);
    y.booked.weight = calloc((size_t)(v->depots * ZONES), sizeof *y.booked.weight);
    if (!y.booked.stops || !y.booked.weight) volume_fail("no memory");
    for (y.date = v->first_due - PLAN_AHEAD; y.date <= v->today; y.date++)
        live_day(&y);
    free(y.booked.stops);
    free(y.booked.weight);
}
