/* The database before the first drop. People and places come in through the use cases; orders and deliveries
 * as rows of the stores, with the audit events that their use cases would have made. */
#include "bench.h"
#include "app/app_audit.h"
#include "app/app_catalogue.h"
#include "base/crypto.h"
#include "app/app_patient.h"
#include "app/app_stock.h"
#include "app/app_user.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/id.h"
#include "base/zone.h"
#include "db/db.h"
#include "store/store_commitment.h"
#include "store/store_delivery.h"
#include "store/store_order.h"
#include "store/store_run.h"
#include "store/store_stock.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPOTS = 2, ZONES = 8, CUSTOMERS = 40, PRODUCTS = 25, UNIT = 2000 };

struct world {
    struct ctx *c;
    const char *timezone;
    struct window window;
    int64_t started, deliveries, patients, drivers;
    int64_t day; /* deliveries that are near each other in time and place: a run of every driver */
    struct id depot[DEPOTS], zone[ZONES], customer[CUSTOMERS], product[PRODUCTS];
    struct id *driver;
    struct id *patient, *order, *delivery, *run;
    struct id *first_order; /* of each patient; no id: has none */
    int64_t at, end;        /* of the unit that runs */
    enum err (*step)(struct world *w, int64_t i);
};

/* ---- units ---- */

static enum err run_steps(struct ctx *c, void *user) {
    struct world *w = user;
    (void)c;
    for (int64_t i = w->at; i < w->end; i++)
        TRY(w->step(w, i));
    return OK;
}

/* step(0) … step(n - 1), some in one transaction. */
static enum err each(struct world *w, int64_t n, enum err (*step)(struct world *w, int64_t i)) {
    w->step = step;
    for (w->at = 0; w->at < n; w->at = w->end) {
        w->end = w->at + UNIT < n ? w->at + UNIT : n;
        TRY(db_unit(w->c, run_steps, w));
        arena_reset(w->c->arena);
    }
    return OK;
}

static void *array(int64_t n, size_t size) {
    void *at = calloc((size_t)n, size);
    if (!at) bench_fail("no memory for %lld rows", (long long)n);
    return at;
}

static const char *code(struct world *w, const char *prefix, int64_t i) {
    const char *text = arena_printf(w->c->arena, "%s%05lld", prefix, (long long)i);
    if (!text) bench_fail("no memory");
    return text;
}

static enum err audit(struct world *w, const char *action, const char *entity, struct id id,
                      const char *change) {
    return app_audit(
        w->c, &(struct audit){.action = action, .entity = entity, .id = id, .version = 1, .change = change});
}

/* ---- people, places, products ---- */

static enum err add_depot(struct world *w, int64_t i) {
    struct depot *depot;
    TRY(app_catalogue_new(w->c, &noun_depot, (void **)&depot));
    depot->code = depot->name = code(w, "D", i);
    depot->timezone = w->timezone;
    TRY(app_catalogue_add(w->c, &noun_depot, depot));
    w->depot[i] = depot->id;
    return OK;
}

static enum err add_zone(struct world *w, int64_t i) {
    struct zone *zone;
    TRY(app_catalogue_new(w->c, &noun_zone, (void **)&zone));
    zone->depot_id = w->depot[i % DEPOTS];
    zone->code = zone->name = code(w, "Z", i);
    TRY(app_catalogue_add(w->c, &noun_zone, zone));
    w->zone[i] = zone->id;
    return OK;
}

static enum err add_customer(struct world *w, int64_t i) {
    struct customer *customer;
    TRY(app_catalogue_new(w->c, &noun_customer, (void **)&customer));
    customer->code = customer->name = code(w, "C", i);
    TRY(app_catalogue_add(w->c, &noun_customer, customer));
    w->customer[i] = customer->id;
    return OK;
}

static enum err add_product(struct world *w, int64_t i) {
    struct product *product;
    TRY(app_catalogue_new(w->c, &noun_product, (void **)&product));
    product->code = product->name = code(w, "P", i);
    product->base_unit = "bag";
    product->units_per_box = 4;
    product->box_weight_g = 11000;
    product->lot_tracked = i % 2;
    product->critical = i % 4 == 0;
    product->shelf_life_min_days = 90;
    TRY(app_catalogue_add(w->c, &noun_product, product));
    w->product[i] = product->id;
    return OK;
}

const char *bench_token(int device, char *text) {
    snprintf(text, 32, "bench-token-of-device-%04d", device);
    return text;
}

/* Device i is one of driver i modulo their number. */
static enum err add_session(struct world *w, int64_t device, struct id user_id) {
    char token[32];
    uint8_t hash[TOKEN_HASH_SIZE];
    bench_token((int)device, token);
    sha256(token, strlen(token), hash);
    return store_session_add(w->c, hash, user_id, w->started + DAY_MS);
}

static enum err add_device(struct world *w, int64_t i) {
    return i < w->drivers ? OK : add_session(w, i, w->driver[i % w->drivers]);
}

static enum err add_manager(struct world *w, int64_t i) {
    struct user user;
    (void)i;
    shape_clear(&user_shape, &user);
    user.email = "manager@canary.example";
    user.name = "Manager";
    user.role = ROLE_MANAGER;
    user.password_hash = "!"; /* of no password */
    TRY(app_user_add(w->c, &user));
    return add_session(w, BENCH_MANAGER, user.id);
}

static enum err add_driver(struct world *w, int64_t i) {
    struct user user;
    shape_clear(&user_shape, &user);
    user.email = arena_printf(w->c->arena, "driver-%04lld@canary.example", (long long)i);
    user.name = code(w, "Driver ", i);
    user.role = ROLE_DRIVER;
    user.password_hash = "!"; /* of no password */
    TRY(app_user_add(w->c, &user));
    w->driver[i] = user.id;
    return add_session(w, i, user.id);
}

/* ---- patients: six products in use, counted once ---- */

static struct id product_of(const struct world *w, int64_t patient, int line) {
    return w->product[(patient * 3 + line) % PRODUCTS];
}

static enum err prescribe(struct world *w, int64_t i) {
    struct prescription_line line[BENCH_LINES];
    for (int k = 0; k < BENCH_LINES; k++)
        line[k] = (struct prescription_line){product_of(w, i, k), 1000 + 500 * k};
    const struct prescription_in in = {w->window.date - 60, {line, BENCH_LINES}};
    return app_prescription_put(w->c, w->patient[i], &in, NULL);
}

static enum err add_patient(struct world *w, int64_t i) {
    struct patient *patient;
    struct location *location = arena_alloc(w->c->arena, sizeof *location);
    struct cycle *cycle = arena_alloc(w->c->arena, sizeof *cycle);
    const struct patient_receiver receiver = {"Robin Example", "partner"};
    TRY(app_catalogue_new(w->c, &noun_patient, (void **)&patient));
    if (!location || !cycle) bench_fail("no memory");
    *location = (struct location){-338000000 + i * 1000, 1512000000 - i * 1000};
    *cycle = (struct cycle){28, CYCLE_DAY, w->window.date + 60}; /* the daily plan has nothing to do */
    patient->code = code(w, "P-", i);
    patient->name = arena_printf(w->c->arena, "Patient Example %05lld", (long long)i);
    patient->phone = arena_printf(w->c->arena, "0491 57%04lld", (long long)(i % 10000));
    patient->address = arena_printf(w->c->arena, "%lld Example Street, Copperfield NSW 2999", (long long)i);
    patient->customer_id = w->customer[i % CUSTOMERS];
    patient->zone_id = w->zone[i % ZONES];
    patient->location = location;
    patient->cycle = cycle;
    patient->receivers = (struct list){&receiver, 1};
    TRY(app_catalogue_add(w->c, &noun_patient, patient));
    w->patient[i] = patient->id;
    return prescribe(w, i);
}

/* ---- which delivery is whose ---- */

/* The place of delivery i among the stops of its day: driver by driver. Ids are in the order of booking,
 * stops in the order of the road. */
static int64_t place_of(const struct world *w, int64_t i) {
    return i / w->day * w->day + i % w->day * 1001 % w->day;
}

static int64_t driver_of(const struct world *w, int64_t i) {
    return place_of(w, i) % w->day / BENCH_STOPS;
}

static int64_t run_of(const struct world *w, int64_t i) {
    return place_of(w, i) / BENCH_STOPS;
}

/* Drivers and patients with even numbers belong to the first depot; the same patient comes again after all
 * others of the depot. */
static int64_t patient_of(const struct world *w, int64_t i) {
    return i * 7919 % (w->patients / 2) * 2 + driver_of(w, i) % 2;
}

/* Each order of a patient is due on another day. */
static int64_t due_of(const struct world *w, int64_t i) {
    return w->window.date + i / (w->patients / 2);
}

static int64_t booked_at(const struct world *w, int64_t i) {
    return w->started - 2 * DAY_MS + i;
}

static int64_t units_of(int line) {
    return 4 * (7 + line);
}

/* ---- orders ---- */

static void fill_order(const struct world *w, int64_t i, struct order_row *order) {
    int64_t patient = patient_of(w, i);
    shape_clear(&order_row_shape, order);
    order->id = w->order[i];
    order->kind = ORDER_CYCLE;
    order->patient_id = w->patient[patient];
    order->customer_id = w->customer[patient % CUSTOMERS];
    order->depot_id = w->depot[patient % DEPOTS];
    order->zone_id = w->zone[patient % ZONES];
    order->due_date = due_of(w, i);
    order->next_due = order->due_date + 28;
    order->call_due = order->due_date - 7;
    order->state = ORDER_OPEN;
    order->attempts = order->deliveries = 0;
    order->created_at = w->c->now;
    order->version = 1;
}

/* As it stands after its booking. */
static void book_order(const struct world *w, int64_t i, struct order_row *order) {
    order->state = ORDER_SCHEDULED;
    order->confirmed_at = booked_at(w, i);
    order->attempts = order->deliveries = 1;
    order->last_outcome = CONTACT_REACHED;
    order->version = 3;
}

static enum err add_lines(struct world *w, int64_t i) {
    for (int k = 0; k < BENCH_LINES; k++) {
        const struct order_line_row line = {.order_id = w->order[i],
                                            .product_id = product_of(w, patient_of(w, i), k),
                                            .prescribed = units_of(k),
                                            .on_hand = 10,
                                            .suggested = units_of(k),
                                            .ordered = units_of(k),
                                            .authorised = units_of(k),
                                            .units_per_box = 4,
                                            .box_weight_g = 11000,
                                            .lot_tracked = 1,
                                            .critical = 0,
                                            .shelf_life_min_days = 90};
        TRY(store_order_line_add(w->c, &line));
    }
    return OK;
}

static enum err add_commitment(struct world *w, int64_t i, const struct order_row *order) {
    struct commitment row;
    commitment_begin(&row, w->c->rules, w->timezone, order->due_date);
    row.order_id = order->id;
    row.kind = order->kind;
    row.patient_id = order->patient_id;
    row.customer_id = order->customer_id;
    row.depot_id = order->depot_id;
    commitment_promise(&row, w->c->rules, w->timezone, &w->window, PARTY_US, booked_at(w, i));
    row.delivery_id = w->delivery[i];
    row.driver_id = w->driver[driver_of(w, i)];
    row.lines = BENCH_LINES;
    row.units_authorised = 0;
    for (int k = 0; k < BENCH_LINES; k++)
        row.units_authorised += units_of(k);
    return store_commitment_add(w->c, &row);
}

static enum err open_order(struct world *w, int64_t i) {
    struct order_row opened, booked;
    w->c->now = w->started - 5 * DAY_MS + i;
    w->order[i] = id_new(w->c->now);
    w->delivery[i] = id_new(booked_at(w, i));
    fill_order(w, i, &opened);
    if (id_is_none(w->first_order[patient_of(w, i)])) w->first_order[patient_of(w, i)] = opened.id;
    booked = opened;
    book_order(w, i, &booked);
    bool added;
    TRY(store_order_add(w->c, &booked, &added));
    if (!added) bench_fail("a patient has two orders for one day");
    TRY(add_commitment(w, i, &booked));
    return audit(w, "order.plan", "order", w->order[i], app_change(w->c, &order_row_shape, NULL, &opened));
}

static enum err confirm_order(struct world *w, int64_t i) {
    struct order_row before, after;
    w->c->now = booked_at(w, i);
    fill_order(w, i, &before);
    after = before;
    book_order(w, i, &after);
    TRY(add_lines(w, i));
    return audit(w, "order.confirm", "order", w->order[i],
                 app_change(w->c, &order_row_shape, &before, &after));
}

/* The count that the patient's cover is reckoned from. */
static enum err count_stock(struct world *w, int64_t i) {
    struct stock_count_line line[BENCH_LINES];
    w->c->now = w->started - 3 * DAY_MS + i;
    if (id_is_none(w->first_order[i])) return OK;
    for (int k = 0; k < BENCH_LINES; k++)
        line[k] = (struct stock_count_line){product_of(w, i, k), 10};
    const struct stock_count count = {.id = id_new(w->c->now),
                                      .patient_id = w->patient[i],
                                      .order_id = w->first_order[i],
                                      .date = w->window.date - 3,
                                      .at = w->c->now,
                                      .by_id = w->driver[0],
                                      .lines = {line, BENCH_LINES}};
    TRY(store_stock_count_add(w->c, &count));
    TRY(app_stock_refresh(w->c, w->patient[i]));
    return audit(w, "order.count", "patient", w->patient[i], "{}");
}

/* ---- deliveries and runs ---- */

static enum err add_run(struct world *w, int64_t i) {
    w->c->now = w->started - DAY_MS + i;
    w->run[i] = id_new(w->c->now);
    const struct run_row run = {.id = w->run[i],
                                .depot_id = w->depot[i % w->drivers % DEPOTS],
                                .date = w->window.date,
                                .driver_id = w->driver[i % w->drivers],
                                .vehicle = "VAN 1",
                                .state = RUN_DISPATCHED,
                                .version = 2};
    TRY(store_run_add(w->c, &run));
    return audit(w, "run.dispatch", "run", w->run[i], app_change(w->c, &run_row_shape, NULL, &run));
}

static void fill_delivery(const struct world *w, int64_t i, struct delivery_row *delivery) {
    struct order_row order;
    fill_order(w, i, &order);
    shape_clear(&delivery_row_shape, delivery);
    delivery->id = w->delivery[i];
    delivery->order_id = order.id;
    delivery->attempt = 1;
    delivery->kind = DELIVERY_FIRST;
    delivery->patient_id = order.patient_id;
    delivery->customer_id = order.customer_id;
    delivery->depot_id = order.depot_id;
    delivery->zone_id = order.zone_id;
    delivery->date = w->window.date;
    delivery->from_min = w->window.from_min;
    delivery->to_min = w->window.to_min;
    delivery->starts_at = w->window.starts_at;
    delivery->ends_at = w->window.ends_at;
    delivery->state = DELIVERY_DISPATCHED;
    delivery->run_id = w->run[run_of(w, i)];
    delivery->stop = place_of(w, i) % BENCH_STOPS + 1;
    delivery->promises = delivery->holds = 1;
    delivery->weight_g = 300000;
    delivery->booked_at = booked_at(w, i);
    delivery->version = 3;
}

static enum err add_promise(struct world *w, const struct delivery_row *delivery) {
    const struct promise_row promise = {.delivery_id = delivery->id,
                                        .number = 1,
                                        .date = delivery->date,
                                        .from_min = delivery->from_min,
                                        .to_min = delivery->to_min,
                                        .timezone = w->timezone,
                                        .starts_at = delivery->starts_at,
                                        .ends_at = delivery->ends_at,
                                        .requested_by = PARTY_US,
                                        .at = delivery->booked_at,
                                        .by_id = w->driver[0]};
    return store_promise_add(w->c, &promise);
}

/* Room that a failure gives back. */
static enum err take_slot(struct world *w, const struct delivery_row *delivery) {
    bool taken;
    TRY(store_slot_take(w->c, delivery->zone_id, delivery->date, delivery->from_min, delivery->to_min,
                        delivery->weight_g, INT32_MAX, INT64_MAX / 2, &taken));
    if (!taken) bench_fail("a window is full");
    return OK;
}

static enum err book_delivery(struct world *w, int64_t i) {
    struct delivery_row delivery;
    w->c->now = booked_at(w, i);
    fill_delivery(w, i, &delivery);
    TRY(store_delivery_add(w->c, &delivery));
    TRY(take_slot(w, &delivery));
    TRY(add_promise(w, &delivery));
    TRY(store_run_stop_add(w->c, delivery.id, delivery.run_id, w->driver[driver_of(w, i)]));
    return audit(w, "delivery.book", "delivery", delivery.id,
                 app_change(w->c, &delivery_row_shape, NULL, &delivery));
}

/* ---- all of it ---- */

/* A zone of time in which it is neither just after midnight nor late in the evening: the window is today. */
static void choose_today(struct world *w) {
    static const char *const ZONE[] = {"Australia/Sydney", "Europe/Berlin", "America/New_York"};
    for (size_t i = 0; i < COUNT(ZONE); i++) {
        int64_t minutes = zone_minutes(ZONE[i], w->started);
        w->timezone = ZONE[i];
        if (minutes >= 60 && minutes < 20 * 60) break;
    }
    w->window = window_in_zone(w->timezone, zone_date(w->timezone, w->started), 0, 1440);
}

static enum err fill(struct world *w) {
    const struct {
        int64_t n;
        enum err (*step)(struct world *w, int64_t i);
    } FIXED[] = {{DEPOTS, add_depot},     {ZONES, add_zone},        {CUSTOMERS, add_customer},
                 {PRODUCTS, add_product}, {w->drivers, add_driver}, {BENCH_CONNECTIONS, add_device},
                 {1, add_manager}};
    for (size_t i = 0; i < COUNT(FIXED); i++)
        TRY(each(w, FIXED[i].n, FIXED[i].step));
    TRY(each(w, w->patients, add_patient));
    TRY(each(w, w->deliveries, open_order));
    TRY(each(w, w->deliveries, confirm_order));
    TRY(each(w, w->patients, count_stock));
    TRY(each(w, (w->deliveries + w->day - 1) / w->day * w->drivers, add_run));
    return each(w, w->deliveries, book_delivery);
}

enum err bench_world(struct ctx *c, const char *path, int64_t n, int64_t drivers) {
    struct clock clock = clock_system();
    struct world w = {.c = c,
                      .started = clock_now(&clock),
                      .deliveries = n,
                      .drivers = drivers,
                      .day = drivers * BENCH_STOPS};
    int64_t applied;
    w.patients = n / BENCH_ORDERS / 2 * 2 + 2;
    w.patient = array(w.patients, sizeof *w.patient);
    w.first_order = array(w.patients, sizeof *w.first_order);
    w.order = array(n, sizeof *w.order);
    w.delivery = array(n, sizeof *w.delivery);
    w.run = array(n / BENCH_STOPS + w.day, sizeof *w.run);
    w.driver = array(drivers, sizeof *w.driver);
    choose_today(&w);
    c->now = w.started - 6 * DAY_MS; /* none of it is packed while the bench runs */
    TRY(db_open(c, path, DB_BULK, &c->db));
    enum err err = db_migrate(c, &applied);
    if (err == OK) err = db_ids_begin(c);
    if (err == OK) err = fill(&w);
    db_close(&c->db);
    free(w.patient);
    free(w.first_order);
    free(w.order);
    free(w.delivery);
    free(w.run);
    free(w.driver);
    return err;
}
