#include "domain/delivery_view.h"
#include "base/err.h"
#include "domain/commitment.h"

static const struct field SPAN_FIELDS[] = {
    FIELD_AS(struct span, K_TIME, "from", from_min, .example = "\"08:00\""),
    FIELD_AS(struct span, K_TIME, "to", to_min, .example = "\"12:00\""),
};
const struct shape span_shape = SHAPE("window", struct span, SPAN_FIELDS);

static const struct field SPAN_IN_FIELDS[] = {
    FIELD_AS(struct span, K_TIME, "from", from_min, .flags = F_REQUIRED, .example = "\"08:00\""),
    FIELD_AS(struct span, K_TIME, "to", to_min, .flags = F_REQUIRED, .example = "\"12:00\"",
             .doc = "24:00 is allowed"),
};
const struct shape span_in_shape = SHAPE("window_new", struct span, SPAN_IN_FIELDS);

static const struct field COMMITMENT_FIELDS[] = {
    FIELD(struct commitment_view, K_DATE, date),
    FIELD(struct commitment_view, K_OBJ, window, .sub = &span_shape),
    FIELD(struct commitment_view, K_ENUM, cause, .names = &commitment_cause_names,
          .doc = "promised, or not_scheduled: nobody booked by the end of the due date"),
    FIELD(struct commitment_view, K_INSTANT, cutoff_at, .doc = "after it no wish moves the commitment"),
};
const struct shape commitment_view_shape = SHAPE("commitment", struct commitment_view, COMMITMENT_FIELDS);

#define PROMISE(kind_, ...) FIELD(struct promise_view, kind_, __VA_ARGS__)
static const struct field PROMISE_FIELDS[] = {
    PROMISE(K_DATE, date),
    PROMISE(K_OBJ, window, .sub = &span_shape),
    PROMISE(K_TEXT, timezone),
    PROMISE(K_INSTANT, starts_at),
    PROMISE(K_INSTANT, ends_at),
    PROMISE(K_ENUM, requested_by, .names = &party_names),
    PROMISE(K_TEXT, reason, .flags = F_PERSONAL),
    PROMISE(K_INSTANT, at),
    PROMISE(K_ID, by),
};
const struct shape promise_view_shape = SHAPE("promise", struct promise_view, PROMISE_FIELDS);

static const struct field LINE_FIELDS[] = {
    FIELD(struct delivery_line_row, K_ID, product_id),
    FIELD(struct delivery_line_row, K_INT, authorised, .doc = "base units this delivery has to bring"),
};
static const struct shape line_shape = SHAPE("delivery_line", struct delivery_line_row, LINE_FIELDS);

#define VIEW(kind_, ...) FIELD(struct delivery_view, kind_, __VA_ARGS__)
static const struct field VIEW_FIELDS[] = {
    VIEW(K_ID, id),
    VIEW(K_ID, order_id),
    VIEW(K_ID, patient_id),
    VIEW(K_ID, customer_id),
    VIEW(K_ID, depot_id),
    VIEW(K_ENUM, kind, .names = &delivery_kind_names),
    VIEW(K_INT, attempt),
    VIEW(K_DATE, date),
    VIEW(K_OBJ, window, .sub = &span_shape),
    VIEW(K_OBJ, commitment, .sub = &commitment_view_shape,
         .doc = "what every figure counts; null for a recovery"),
    VIEW(K_ENUM, state, .names = &delivery_state_names),
    VIEW(K_ENUM, closed_by, .names = &party_names),
    VIEW(K_TEXT, reason, .flags = F_PERSONAL),
    VIEW(K_ENUM, timeliness, .names = &timeliness_names),
    VIEW(K_ENUM, timeliness_window, .names = &timeliness_names,
         .doc = "the same of the delivery's own window"),
    VIEW(K_INSTANT, completed_at),
    VIEW(K_INSTANT, recovered_at, .doc = "a drop after the miss; the miss stands"),
    VIEW(K_ID, run_id),
    VIEW(K_INT, stop),
    VIEW(K_LIST, lines, .sub = &line_shape),
    VIEW(K_LIST, promises, .sub = &promise_view_shape),
    VIEW(K_OBJ, confirmation, .sub = &confirmation_shape,
         .doc = "the one that stands, or the last that completed nothing"),
    VIEW(K_LIST, failures, .sub = &failure_shape),
    VIEW(K_LIST, arrivals, .sub = &arrival_shape, .doc = "at the stop, by receipt"),
    VIEW(K_LIST, discrepancies, .sub = &discrepancy_shape),
    VIEW(K_OBJ, quality, .sub = &quality_shape),
    VIEW(K_INT, version),
};
const struct shape delivery_view_shape = SHAPE("delivery", struct delivery_view, VIEW_FIELDS);
