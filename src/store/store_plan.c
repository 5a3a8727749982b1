#include "store/store_plan.h"
#include "base/date.h"
#include "db/db.h"
#include "domain/words.h"

#define RECEIPT_COLS "id, through, at, due, opened, existing, skipped, paused, missing, active, none_due"

enum { PATIENTS, ORDERS, SKIPS, PAUSES, REACHED, FORGET, TIMEZONES, RECEIPT_ADD, RECEIPTS };
static const struct db_stmt S[] = {
    [PATIENTS] =
        {"plan.patients",
         "SELECT p.id, p.customer_id, p.zone_id, z.depot_id, d.timezone, p.cycle_every, "
         "p.cycle_unit, p.cycle_anchor, p.status, p.status_from, p.active_from, r.through AS reach, "
         "COALESCE(r.paused, 0) AS paused, (SELECT COUNT(*) FROM patient_order s WHERE s.patient_id = p.id "
         "AND s.state = 'skipped' AND s.kind = 'cycle') AS skips FROM patient p "
         "JOIN zone z ON z.id = p.zone_id JOIN depot d ON d.id = z.depot_id "
         "LEFT JOIN plan_reach r ON r.patient_id = p.id AND r.cycle_every = p.cycle_every "
         "AND r.cycle_unit = p.cycle_unit AND r.cycle_anchor = p.cycle_anchor "
         "AND r.active_from = p.active_from "
         "WHERE (p.status = 'active' OR p.status_from > $1) AND p.id > $2 ORDER BY p.id LIMIT $3",
         NULL},
    [ORDERS] = {"plan.orders",
                "SELECT due_date, state FROM patient_order WHERE patient_id = $1 AND kind = 'cycle' "
                "AND due_date BETWEEN $2 AND $3 ORDER BY due_date",
                NULL},
    [SKIPS] = {"plan.skips",
               "SELECT due_date, state FROM patient_order WHERE patient_id = $1 AND state = 'skipped' "
               "AND kind = 'cycle' AND due_date BETWEEN $2 AND $3 ORDER BY due_date",
               NULL},
    [PAUSES] = {"plan.pauses",
                "SELECT from_date, to_date FROM pause WHERE patient_id = $1 AND removed_at IS NULL "
                "AND to_date >= $2 AND from_date <= $3 ORDER BY from_date, id",
                NULL},
    [REACHED] =
        {"plan.reached",
         "INSERT INTO plan_reach (patient_id, cycle_every, cycle_unit, cycle_anchor, active_from, "
         "through, paused) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (patient_id) DO UPDATE SET "
         "cycle_every = $2, cycle_unit = $3, cycle_anchor = $4, active_from = $5, through = $6, "
         "paused = $7",
         "id cycle_every cycle_unit cycle_anchor active_from reach paused"},
    [FORGET] = {"plan.forget", "DELETE FROM plan_reach WHERE patient_id = $1", NULL},
    [TIMEZONES] = {"plan.timezones", "SELECT DISTINCT timezone FROM depot ORDER BY timezone", NULL},
    [RECEIPT_ADD] = {"plan.receipt-add",
                     "INSERT INTO plan_receipt (" RECEIPT_COLS
                     ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                     "id through at due opened existing skipped paused missing active none_due"},
    [RECEIPTS] = {"plan.receipts",
                  "SELECT " RECEIPT_COLS
                  " FROM plan_receipt WHERE (at, id) < ($1, $2) ORDER BY at DESC, id DESC LIMIT $3",
                  NULL},
};

#define PATIENT(kind_, ...) FIELD(struct plan_patient, kind_, __VA_ARGS__)
static const struct field PATIENT_FIELDS[] = {
    PATIENT(K_ID, id),
    PATIENT(K_ID, customer_id),
    PATIENT(K_ID, zone_id),
    PATIENT(K_ID, depot_id),
    PATIENT(K_TEXT, timezone),
    PATIENT(K_INT, cycle_every),
    PATIENT(K_ENUM, cycle_unit, .names = &cycle_unit_names),
    PATIENT(K_DATE, cycle_anchor),
    PATIENT(K_ENUM, status, .names = &patient_status_names),
    PATIENT(K_DATE, status_from),
    PATIENT(K_DATE, active_from),
    PATIENT(K_DATE, reach),
    PATIENT(K_INT, paused),
    PATIENT(K_INT, skips),
};
static const struct shape patient_shape = SHAPE("plan_patient", struct plan_patient, PATIENT_FIELDS);

static const struct field ORDER_FIELDS[] = {
    FIELD(struct plan_order, K_DATE, due_date),
    FIELD(struct plan_order, K_ENUM, state, .names = &order_state_names),
};
static const struct shape order_shape = SHAPE("plan_order", struct plan_order, ORDER_FIELDS);

static const struct field PAUSE_FIELDS[] = {
    FIELD_AS(struct plan_span, K_DATE, "from_date", from),
    FIELD_AS(struct plan_span, K_DATE, "to_date", to),
};
static const struct shape pause_shape = SHAPE("plan_pause", struct plan_span, PAUSE_FIELDS);

static const struct field TIMEZONE_FIELDS[] = {FIELD(struct timezone_row, K_TEXT, timezone)};
static const struct shape timezone_shape = SHAPE("timezone", struct timezone_row, TIMEZONE_FIELDS);

#define RECEIPT(kind_, ...) FIELD(struct plan_receipt, kind_, __VA_ARGS__)
static const struct field RECEIPT_FIELDS[] = {
    RECEIPT(K_ID, id, .doc = "of the receipt"),
    RECEIPT(K_DATE, through, .doc = "the last due date that was looked at", .example = "\"2026-04-06\""),
    RECEIPT(K_INSTANT, at, .doc = "when it was planned"),
    RECEIPT(K_INT, due, .doc = "pairs of active patient and due date: the sum of the next five",
            .example = "12"),
    RECEIPT(K_INT, opened, .doc = "orders made by this plan", .example = "3"),
    RECEIPT(K_INT, existing, .doc = "orders that were there", .example = "7"),
    RECEIPT(K_INT, skipped, .doc = "orders that were skipped", .example = "1"),
    RECEIPT(K_INT, paused, .doc = "pairs inside a pause", .example = "1"),
    RECEIPT(K_INT, missing, .doc = "pairs left without an order: plan again", .example = "0"),
    RECEIPT(K_INT, active, .doc = "active patients", .example = "10"),
    RECEIPT(K_INT, none_due, .doc = "of those, the ones without any due date up to then", .example = "1"),
};
const struct shape plan_receipt_shape = SHAPE("plan_receipt", struct plan_receipt, RECEIPT_FIELDS);

enum err store_plan_patients(struct ctx *c, int64_t today, struct id after, int64_t limit,
                             enum err (*row)(struct ctx *c, void *plan_patient, void *user), void *user) {
    struct plan_patient patient;
    return db_each(c, &S[PATIENTS], ARGS(db_int(today), db_place(&after), db_int(limit)), &patient_shape,
                   &patient, row, user);
}

enum err store_plan_orders(struct ctx *c, struct id patient_id, int64_t from, int64_t to,
                           struct list *orders_out) {
    return db_all(c, &S[ORDERS], ARGS(db_id(&patient_id), db_int(from), db_int(to)), &order_shape,
                  orders_out);
}

enum err store_plan_skips(struct ctx *c, struct id patient_id, int64_t from, int64_t to,
                          struct list *orders_out) {
    return db_all(c, &S[SKIPS], ARGS(db_id(&patient_id), db_int(from), db_int(to)), &order_shape, orders_out);
}

enum err store_plan_reached(struct ctx *c, const struct plan_patient *patient) {
    return db_exec_row(c, &S[REACHED], &patient_shape, patient, NULL);
}

enum err store_plan_forget(struct ctx *c, struct id patient_id) {
    return db_exec(c, &S[FORGET], ARGS(db_id(&patient_id)), NULL);
}

enum err store_plan_pauses(struct ctx *c, struct id patient_id, int64_t from, int64_t to,
                           struct list *pauses_out) {
    return db_all(c, &S[PAUSES], ARGS(db_id(&patient_id), db_int(from), db_int(to)), &pause_shape,
                  pauses_out);
}

enum err store_plan_timezones(struct ctx *c, struct list *timezones_out) {
    return db_all(c, &S[TIMEZONES], NO_ARGS, &timezone_shape, timezones_out);
}

enum err store_plan_receipt_add(struct ctx *c, const struct plan_receipt *receipt) {
    return db_exec_row(c, &S[RECEIPT_ADD], &plan_receipt_shape, receipt, NULL);
}

enum err store_plan_receipts(struct ctx *c, int64_t before_at, struct id before_id, int64_t limit,
                             struct list *receipts_out) {
    int64_t before = before_at == NONE ? INT64_MAX : before_at;
    return db_all(c, &S[RECEIPTS], ARGS(db_int(before), db_place(&before_id), db_int(limit)),
                  &plan_receipt_shape, receipts_out);
}
