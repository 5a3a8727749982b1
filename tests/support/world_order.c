#include "world_order.h"
#include "app/app_delivery.h"
#include "app/app_drop.h"
#include "app/app_run.h"
#include "base/date.h"
#include "base/id.h"
#include "db/db.h"
#include "store/store_commitment.h"
#include "store/store_delivery.h"
#include "store/store_order.h"

static const struct { int customer, depot; } OF[] = {{0, SYDNEY}, {0, SYDNEY}, {1, SYDNEY}, {0, PERTH}};
static const char *const TIMEZONE[] = {"Australia/Sydney", "Australia/Perth"};
static const struct {
    int64_t box, weight, lot, critical, shelf;
} PRODUCT[] = {{5, 12000, 1, 1, 90}, {4, 11000, 1, 0, 0}, {60, 500, 0, 0, 0}, {30, 4000, 0, 0, 0}};

static void add_commitment(struct world *w, const struct order_row *order, int patient, int64_t lines,
                           int64_t units) {
    struct commitment row;
    commitment_begin(&row, w->c->rules, TIMEZONE[OF[patient].depot], order->due_date);
    row.order_id = order->id;
    row.kind = order->kind;
    row.patient_id = order->patient_id;
    row.customer_id = order->customer_id;
    row.depot_id = order->depot_id;
    row.lines = lines;
    row.units_authorised = units;
    CHECK_OK(w->c, store_commitment_add(w->c, &row));
}

struct id world_order(struct world *w, int patient, const char *due_date, const int64_t *authorised,
                      size_t n) {
    struct order_row order;
    bool added;
    int64_t lines = 0, units = 0;
    shape_clear(&order_row_shape, &order);
    order.id = id_new(w->c->now);
    order.kind = ORDER_CYCLE;
    order.patient_id = w->patient[patient];
    order.customer_id = w->customer[OF[patient].customer];
    order.depot_id = w->depot[OF[patient].depot];
    order.zone_id = w->zone[OF[patient].depot];
    order.due_date = date_parse(due_date);
    order.next_due = date_add_months(order.due_date, 1);
    order.call_due = order.due_date - 7;
    order.state = ORDER_CONFIRMED;
    order.confirmed_at = order.created_at = w->c->now;
    order.attempts = order.deliveries = 0;
    order.version = 1;
    CHECK_OK(w->c, store_order_add(w->c, &order, &added));
    CHECK(added);
    for (size_t i = 0; i < n; i++) {
        if (authorised[i] == 0) continue;
        const struct order_line_row line = {order.id,
                                            w->product[i],
                                            authorised[i],
                                            0,
                                            authorised[i],
                                            authorised[i],
                                            authorised[i],
                                            0,
                                            0,
                                            PRODUCT[i].box,
                                            PRODUCT[i].weight,
                                            PRODUCT[i].lot,
                                            PRODUCT[i].critical,
                                            PRODUCT[i].shelf};
        CHECK_OK(w->c, store_order_line_add(w->c, &line));
        lines++;
        units += authorised[i];
    }
    add_commitment(w, &order, patient, lines, units);
    return order.id;
}

struct order_row world_order_row(struct world *w, struct id order_id) {
    struct order_row order;
    CHECK_OK(w->c, store_order_get(w->c, order_id, &order));
    return order;
}

int64_t world_accepted(struct world *w) {
    return world_count(w, "SELECT SUM(" ORDER_LINE_ACCEPTED
                          ") FROM patient_order o JOIN order_line l ON l.order_id = o.id");
}

struct delivery_row world_delivery(struct world *w, struct id delivery_id) {
    struct delivery_row row;
    CHECK_OK(w->c, store_delivery_get(w->c, delivery_id, &row));
    return row;
}

struct commitment world_commitment(struct world *w, struct id order_id) {
    struct commitment row;
    CHECK_OK(w->c, store_commitment_get(w->c, order_id, &row));
    return row;
}

struct id world_book(struct world *w, struct id order_id, const char *date, const char *from,
                     const char *to) {
    struct order_row order = world_order_row(w, order_id);
    struct delivery_row row;
    const struct span span = {time_parse(from), time_parse(to)};
    const struct booking in = {
        .order_id = order_id, .date = date_parse(date), .window = &span, .requested_by = NONE};
    CHECK_OK(w->c, app_delivery_book(w->c, &order, &in, &row));
    return row.id;
}

struct id world_dispatch(struct world *w, struct id delivery_id, int driver) {
    struct delivery_row row = world_delivery(w, delivery_id);
    struct run_row run = {
        .depot_id = row.depot_id, .date = row.date, .driver_id = w->driver[driver], .vehicle = "Van"};
    const struct stops_in stops = {{&delivery_id, 1}};
    CHECK_OK(w->c, app_run_add(w->c, &run));
    CHECK_OK(w->c, app_run_set_stops(w->c, &run, &stops));
    CHECK_OK(w->c, app_run_dispatch(w->c, &run));
    return run.id;
}

static struct drop_line line_of(struct world *w, const struct stated *stated) {
    struct drop_line line;
    shape_clear(&drop_line_shape, &line);
    if (stated->product < 0)
        line.code = "NO-SUCH-CODE";
    else
        line.product_id = w->product[stated->product];
    line.qty = stated->qty;
    line.condition = stated->condition;
    line.scanned = 1;
    line.lot = stated->lot ? stated->lot : stated->product >= 0 && PRODUCT[stated->product].lot ? "L1" : NULL;
    if (line.lot && !*line.lot) line.lot = NULL;
    line.expiry = stated->expiry ? date_parse(stated->expiry) : NONE;
    return line;
}

enum err world_drop(struct world *w, struct id id, struct id delivery_id, int driver, const char *at,
                    const struct stated *stated, size_t n, struct drop_answer *answer_out) {
    static const struct receiver PATIENT = {"Zoë Marker", "patient"};
    static const struct fix HOME = {-338731000, 1512065000, 8};
    static const struct drop_evidence SIGNED = {
        EVIDENCE_SIGNATURE, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"};
    struct drop_line *line = arena_array(w->c->arena, n + 1, sizeof *line);
    struct delivery_row row;
    struct drop_in in;
    struct actor before = w->c->actor;
    shape_clear(&drop_in_shape, &in);
    for (size_t i = 0; i < n; i++)
        line[i] = line_of(w, &stated[i]);
    in.id = id_is_none(id) ? id_new(w->c->now) : id;
    in.at = instant_parse(at);
    in.received_by = &PATIENT;
    in.location = &HOME;
    in.lines = (struct list){line, n};
    in.evidence = (struct list){&SIGNED, 1};
    ctx_fault_clear(w->c);
    world_act(w, ROLE_DRIVER, w->driver[driver]);
    enum err err = app_drop_find(w->c, delivery_id, &row);
    if (err == OK) err = app_drop_confirm(w->c, &row, &in, answer_out);
    w->c->actor = before;
    return err;
}

int64_t world_found(struct world *w, struct id order_id, const char *kind) {
    static const struct db_stmt S = {
        "test.found",
        "SELECT COUNT(*) FROM discrepancy WHERE order_id = $1 AND state <> 'void' "
        "AND (CAST($2 AS TEXT) = '' OR kind = $2)",
        NULL};
    int64_t n = 0;
    CHECK_OK(w->c, db_value(w->c, &S, ARGS(db_id(&order_id), db_text(kind)), &n));
    return n;
}
