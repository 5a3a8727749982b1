#include "volume.h"

enum { WEIGHT_G = 300000 };

/* ---- orders ---- */

static int64_t order_state(const struct facts *f, enum moment moment) {
    bool left_out = f->fault == FAULT_SHORT || f->fault == FAULT_DAMAGED;
    if (moment < CONFIRMED) return ORDER_OPEN;
    if (moment == CONFIRMED) return ORDER_CONFIRMED;
    if (moment < DROPPED) return ORDER_SCHEDULED;
    return left_out ? ORDER_PART_DELIVERED : ORDER_DELIVERED;
}

void volume_order(const struct volume *v, const struct facts *f, enum moment moment, struct order_row *row) {
    shape_clear(&order_row_shape, row);
    row->id = f->order;
    row->kind = ORDER_CYCLE;
    row->patient_id = v->patient[f->patient];
    row->customer_id = v->customer[f->customer];
    row->depot_id = v->depot[f->depot];
    row->zone_id = v->zone[f->zone];
    row->due_date = f->due;
    row->next_due = f->due + CYCLE_DAYS;
    row->call_due = f->due - rules_default.call_lead_days;
    row->state = order_state(f, moment);
    row->attempts = moment >= CONTACTED;
    if (moment >= CONTACTED) row->last_outcome = CONTACT_REACHED;
    if (moment >= CONFIRMED) row->confirmed_at = f->confirmed_at;
    row->deliveries = moment >= BOOKED;
    row->created_at = f->planned_at;
    row->version =
        1 + (moment >= CONTACTED) + (moment >= CONFIRMED) + (moment >= BOOKED) + (moment == DROPPED);
}

/* The first line is the one that lacks units, the second the one that has broken ones. */
int64_t volume_accepted(const struct facts *f, int line) {
    if (f->fault == FAULT_SHORT && line == 0) return volume_units(line) - 4;
    if (f->fault == FAULT_DAMAGED && line == 1) return volume_units(line) - 2;
    return volume_units(line);
}

void volume_order_line(const struct volume *v, const struct facts *f, enum moment moment, int line,
                       struct order_line_row *row) {
    int64_t units = volume_units(line);
    *row = (struct order_line_row){
        .order_id = f->order,
        .product_id = volume_product(v, f->patient, line),
        .prescribed = units,
        .on_hand = volume_counted(line),
        .suggested = units,
        .ordered = units,
        .authorised = units,
        .accepted = order_state(f, moment) == ORDER_PART_DELIVERED ? volume_accepted(f, line) : 0,
        .refused = 0,
        .units_per_box = 4,
        .box_weight_g = 11000,
        .lot_tracked = 1,
        .critical = 0,
        .shelf_life_min_days = 90};
}

/* ---- deliveries and runs ---- */

static int64_t delivery_state(enum moment moment) {
    if (moment < DISPATCHED) return DELIVERY_SCHEDULED;
    return moment == DROPPED ? DELIVERY_DELIVERED : DELIVERY_DISPATCHED;
}

static void set_delivery_times(const struct facts *f, struct delivery_row *row) {
    row->date = f->due;
    row->from_min = f->from_min;
    row->to_min = f->to_min;
    row->starts_at = f->starts_at;
    row->ends_at = f->ends_at;
    row->booked_at = f->booked_at;
}

void volume_delivery(const struct volume *v, const struct facts *f, enum moment moment,
                     struct delivery_row *row) {
    shape_clear(&delivery_row_shape, row);
    row->id = f->delivery;
    row->order_id = f->order;
    row->attempt = 1;
    row->kind = DELIVERY_FIRST;
    row->patient_id = v->patient[f->patient];
    row->customer_id = v->customer[f->customer];
    row->depot_id = v->depot[f->depot];
    row->zone_id = v->zone[f->zone];
    set_delivery_times(f, row);
    row->state = delivery_state(moment);
    row->promises = row->holds = 1;
    row->weight_g = WEIGHT_G;
    if (moment >= ON_RUN) row->run_id = f->run_id;
    if (moment >= ON_RUN) row->stop = f->stop;
    if (moment == DROPPED) row->event_id = f->event;
    if (moment == DROPPED) row->completed_at = f->dropped_at;
    row->version = 1 + (moment >= ON_RUN) + (moment >= DISPATCHED) + (moment == DROPPED);
}

void volume_run(const struct volume *v, int64_t due, int64_t depot, int64_t run, int64_t version,
                struct run_row *row) {
    static const int64_t STATE[] = {0, RUN_PLANNED, RUN_PLANNED, RUN_DISPATCHED, RUN_CLOSED};
    *row = (struct run_row){.id = volume_run_id(due, depot, run),
                            .depot_id = v->depot[depot],
                            .date = due,
                            .driver_id = volume_run_driver(v, due, depot, run),
                            .vehicle = "VAN-01",
                            .state = STATE[version],
                            .version = version};
}

/* ---- commitments ---- */

static void set_found(const struct facts *f, enum moment moment, struct commitment *row) {
    if (f->fault != FAULT_LATE && f->fault != FAULT_MISSED) return;
    if (moment < FOUND_LATE) return;
    row->version = 2;
    row->known_from = f->late_at;
    row->swept = SWEPT_LATE;
    row->faults = 1;
    if (moment < FOUND_MISSED || f->fault == FAULT_LATE) return;
    row->version = 3;
    row->known_from = f->missed_at;
    row->swept = SWEPT_MISSED;
}

static void set_dropped(const struct facts *f, struct commitment *row) {
    row->completed_at = f->dropped_at;
    row->received_at = f->received_at;
    row->handed_over = 1;
    row->lines_right = row->units_accepted = 0;
    for (int line = 0; line < LINES; line++) {
        row->lines_right += volume_accepted(f, line) == volume_units(line);
        row->units_accepted += volume_accepted(f, line);
    }
    row->faults_line = f->fault == FAULT_SHORT || f->fault == FAULT_DAMAGED;
    row->faults_damage = f->fault == FAULT_DAMAGED;
    row->faults_proof = f->fault == FAULT_NO_PROOF;
    row->faults = f->fault != FAULT_NONE;
    if (row->version > 1) {
        row->version++;
        row->known_from = f->received_at;
    }
}

static void set_confirmed(struct commitment *row) {
    row->lines = LINES;
    row->units_authorised = 0;
    for (int line = 0; line < LINES; line++)
        row->units_authorised += volume_units(line);
}

void volume_commitment(const struct volume *v, const struct facts *f, enum moment moment,
                       struct commitment *row) {
    *row = moment >= BOOKED ? v->booked[f->day * WINDOWS + f->window] : v->unbooked[f->day];
    row->order_id = f->order;
    row->kind = ORDER_CYCLE;
    row->patient_id = v->patient[f->patient];
    row->customer_id = v->customer[f->customer];
    row->depot_id = v->depot[f->depot];
    row->known_from = f->planned_at;
    if (moment >= CONFIRMED) set_confirmed(row);
    if (moment >= BOOKED) row->delivery_id = f->delivery;
    if (moment >= ON_RUN) row->driver_id = f->driver;
    set_found(f, moment, row);
    if (moment == DROPPED) set_dropped(f, row);
    row->sweep_at = commitment_sweep_at(row);
}
