#include "domain/delivery.h"
#include "base/err.h"

#define ROW(kind_, ...) FIELD(struct delivery_row, kind_, __VA_ARGS__)
static const struct field ROW_FIELDS[] = {
    ROW(K_ID, id, .flags = F_KEPT),
    ROW(K_ID, order_id, .flags = F_KEPT),
    ROW(K_INT, attempt, .flags = F_KEPT),
    ROW(K_ENUM, kind, .flags = F_KEPT, .names = &delivery_kind_names),
    ROW(K_ID, patient_id, .flags = F_KEPT),
    ROW(K_ID, customer_id, .flags = F_KEPT),
    ROW(K_ID, depot_id, .flags = F_KEPT),
    ROW(K_ID, zone_id, .flags = F_KEPT),
    ROW(K_DATE, date, .flags = F_KEPT),
    ROW(K_TIME, from_min, .flags = F_KEPT),
    ROW(K_TIME, to_min, .flags = F_KEPT),
    ROW(K_INSTANT, starts_at, .flags = F_KEPT),
    ROW(K_INSTANT, ends_at, .flags = F_KEPT),
    ROW(K_ENUM, state, .names = &delivery_state_names),
    ROW(K_ENUM, closed_by, .names = &party_names),
    ROW(K_TEXT, reason, .flags = F_PERSONAL),
    ROW(K_ID, run_id),
    ROW(K_INT, stop),
    ROW(K_INT, promises, .flags = F_KEPT),
    ROW(K_INT, weight_g, .flags = F_KEPT),
    ROW(K_BOOL, holds, .flags = F_KEPT),
    ROW(K_ID, event_id),
    ROW(K_INSTANT, completed_at),
    ROW(K_INSTANT, booked_at, .flags = F_KEPT),
    ROW(K_INT, version, .flags = F_KEPT),
};
const struct shape delivery_row_shape = SHAPE("delivery_row", struct delivery_row, ROW_FIELDS);

#define LINE(kind_, ...) FIELD(struct delivery_line_row, kind_, __VA_ARGS__)
static const struct field LINE_FIELDS[] = {
    LINE(K_ID, delivery_id),
    LINE(K_ID, product_id),
    LINE(K_INT, authorised),
};
const struct shape delivery_line_row_shape =
    SHAPE("delivery_line_row", struct delivery_line_row, LINE_FIELDS);

#define PROMISE(kind_, ...) FIELD(struct promise_row, kind_, __VA_ARGS__)
static const struct field PROMISE_FIELDS[] = {
    PROMISE(K_ID, delivery_id),
    PROMISE(K_INT, number),
    PROMISE(K_DATE, date),
    PROMISE(K_TIME, from_min),
    PROMISE(K_TIME, to_min),
    PROMISE(K_TEXT, timezone),
    PROMISE(K_INSTANT, starts_at),
    PROMISE(K_INSTANT, ends_at),
    PROMISE(K_ENUM, requested_by, .names = &party_names),
    PROMISE(K_INSTANT, at),
    PROMISE(K_ID, by_id),
    PROMISE(K_HEX, private_digest),
    PROMISE(K_TEXT, reason, .flags = F_PERSONAL),
};
const struct shape promise_row_shape = SHAPE("promise_row", struct promise_row, PROMISE_FIELDS);

bool delivery_is_open(int64_t state) {
    return state == DELIVERY_SCHEDULED || state == DELIVERY_DISPATCHED;
}
