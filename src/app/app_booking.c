#include "app/app_audit.h"
#include "app/app_delivery.h"
#include "app/drop_event.h"
#include "app/slot_check.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/zone.h"
#include "store/store_commitment.h"
#include "store/store_delivery.h"
#include "store/store_order.h"
#include "store/store_patient.h"
#include "store/store_slot.h"

static const struct field BOOKING_FIELDS[] = {
    FIELD(struct booking, K_ID, order_id, .flags = F_REQUIRED),
    FIELD(struct booking, K_DATE, date, .flags = F_REQUIRED),
    FIELD(struct booking, K_OBJ, window, .flags = F_REQUIRED, .sub = &span_in_shape),
    FIELD(struct booking, K_ENUM, requested_by, .names = &party_names, .doc = "us unless stated"),
    FIELD(struct booking, K_TEXT, reason, .max = LIMIT_NOTE, .flags = F_PERSONAL),
};
const struct shape booking_shape = SHAPE("delivery_new", struct booking, BOOKING_FIELDS);

static const struct field RESCHEDULE_FIELDS[] = {
    FIELD(struct reschedule, K_DATE, date, .flags = F_REQUIRED),
    FIELD(struct reschedule, K_OBJ, window, .flags = F_REQUIRED, .sub = &span_in_shape),
    FIELD(struct reschedule, K_ENUM, requested_by, .flags = F_REQUIRED, .names = &party_names),
    FIELD(struct reschedule, K_TEXT, reason, .flags = F_REQUIRED | F_PERSONAL, .max = LIMIT_NOTE),
};
const struct shape reschedule_shape = SHAPE("reschedule", struct reschedule, RESCHEDULE_FIELDS);

static const struct field WITHDRAWAL_FIELDS[] = {
    FIELD(struct withdrawal, K_ENUM, requested_by, .flags = F_REQUIRED, .names = &party_names),
    FIELD(struct withdrawal, K_TEXT, reason, .flags = F_REQUIRED | F_PERSONAL, .max = LIMIT_NOTE),
};
const struct shape withdrawal_shape = SHAPE("withdrawal", struct withdrawal, WITHDRAWAL_FIELDS);

/* Appends the promise of the delivery's current window. */
MUST static enum err add_promise(struct ctx *c, const struct delivery_row *delivery, const char *timezone,
                                 int64_t asked_by, const char *reason) {
    struct promise_row promise = {.delivery_id = delivery->id,
                                  .number = delivery->promises,
                                  .date = delivery->date,
                                  .from_min = delivery->from_min,
                                  .to_min = delivery->to_min,
                                  .timezone = timezone,
                                  .starts_at = delivery->starts_at,
                                  .ends_at = delivery->ends_at,
                                  .requested_by = asked_by,
                                  .at = c->now,
                                  .by_id = c->actor.user_id};
    const char *field = arena_printf(c->arena, "promise:%lld", (long long)promise.number);
    if (!field) return FAIL(c, ERR_LIMIT, "request.too-large", "the request is too large");
    TRY(app_personal(c, delivery->id, field, reason, &promise.private_digest, NULL));
    return store_promise_add(c, &promise);
}

static void set_window(struct delivery_row *delivery, const struct window *window) {
    delivery->date = window->date;
    delivery->from_min = window->from_min;
    delivery->to_min = window->to_min;
    delivery->starts_at = window->starts_at;
    delivery->ends_at = window->ends_at;
}

/* ---- booking ---- */

/* recovery: something was accepted before; retry: an attempt failed; else first. */
MUST static enum err kind_of(struct ctx *c, const struct order_row *order, const struct list *lines,
                             int64_t *kind_out) {
    struct list attempts;
    int64_t accepted = 0;
    for (size_t i = 0; i < lines->n; i++)
        accepted += ((const struct order_line_row *)lines->at)[i].accepted;
    *kind_out = accepted > 0 ? DELIVERY_RECOVERY : DELIVERY_FIRST;
    if (accepted > 0 || order->deliveries == 0) return OK;
    TRY(store_delivery_of_order(c, order->id, &attempts));
    for (size_t i = 0; i < attempts.n; i++)
        if (((const struct delivery_row *)attempts.at)[i].state == DELIVERY_FAILED)
            *kind_out = DELIVERY_RETRY;
    return OK;
}

MUST static enum err add_lines(struct ctx *c, struct id delivery_id, const struct list *lines) {
    int64_t left = 0;
    for (size_t i = 0; i < lines->n; i++) {
        const struct order_line_row *line = (const struct order_line_row *)lines->at + i;
        const struct delivery_line_row row = {delivery_id, line->product_id, order_outstanding(line)};
        left += row.authorised;
        if (row.authorised != line->authorised) TRY(store_delivery_line_set(c, &row));
    }
    if (left > 0) return OK;
    return FAIL(c, ERR_STATE, "order.nothing-left", "nothing is outstanding of this order");
}

/* A new window may lie inside an absence that was recorded before, or outside of it again. */
MUST static enum err follow_patient(struct ctx *c, struct commitment *row) {
    struct patient patient;
    if (id_is_none(row->patient_id)) return OK;
    TRY(store_patient_get(c, row->patient_id, &patient));
    commitment_patient_status(row, patient.status, patient.status_from, false, c->now);
    return OK;
}

MUST static enum err commit_booking(struct ctx *c, const struct delivery_row *delivery,
                                    const struct slot_choice *choice, int64_t asked_by) {
    struct commitment row;
    TRY(store_commitment_get(c, delivery->order_id, &row));
    if (delivery->kind == DELIVERY_RECOVERY) {
        row.recoveries++;
        return store_commitment_set(c, &row);
    }
    commitment_promise(&row, c->rules, choice->timezone, &choice->window, asked_by, c->now);
    TRY(follow_patient(c, &row));
    row.delivery_id = delivery->id;
    row.driver_id = (struct id){{0}};
    return store_commitment_set(c, &row);
}

MUST static enum err write_booking(struct ctx *c, struct order_row *order, const struct list *lines,
                                   const struct delivery_row *delivery) {
    TRY(store_delivery_add(c, delivery));
    TRY(add_lines(c, delivery->id, lines));
    order->state = ORDER_SCHEDULED;
    order->deliveries = delivery->attempt;
    return store_order_set(c, order);
}

enum err app_delivery_book(struct ctx *c, struct order_row *order, const struct booking *in,
                           struct delivery_row *delivery_out) {
    struct delivery_row *delivery = delivery_out;
    struct slot_choice choice;
    struct list lines;
    int64_t asked_by = in->requested_by == NONE ? PARTY_US : in->requested_by;
    TRY(slot_check(c, order->zone_id, in->date, in->window, &choice)); /* 422 goes before 409 */
    if (!order_bookable(order->state))
        return FAIL(c, ERR_STATE, "order.not-bookable",
                    "only a confirmed order, or the rest of one, can be booked");
    TRY(store_order_lines(c, order->id, &lines));
    shape_clear(&delivery_row_shape, delivery);
    delivery->id = id_new(c->now);
    delivery->order_id = order->id;
    delivery->attempt = order->deliveries + 1;
    delivery->patient_id = order->patient_id;
    delivery->customer_id = order->customer_id;
    delivery->depot_id = choice.depot_id;
    delivery->zone_id = choice.zone_id;
    delivery->state = DELIVERY_SCHEDULED;
    delivery->promises = delivery->holds = delivery->version = 1;
    delivery->booked_at = c->now;
    set_window(delivery, &choice.window);
    TRY(kind_of(c, order, &lines, &delivery->kind));
    TRY(slot_weight(c, order->id, &delivery->weight_g));
    TRY(slot_take(c, &choice, delivery->weight_g));
    TRY(write_booking(c, order, &lines, delivery));
    TRY(add_promise(c, delivery, choice.timezone, asked_by, in->reason));
    TRY(commit_booking(c, delivery, &choice, asked_by));
    return app_audit(c, &(struct audit){.action = "delivery.book",
                                        .entity = "delivery",
                                        .id = delivery->id,
                                        .version = delivery->version,
                                        .reason = in->reason,
                                        .change = app_change(c, &delivery_row_shape, NULL, delivery)});
}

/* ---- another window ---- */

MUST static enum err still_open(struct ctx *c, const struct delivery_row *delivery) {
    if (delivery_is_open(delivery->state)) return OK;
    return FAIL(c, ERR_STATE, "delivery.not-open",
                "this delivery has an outcome; book the rest of its order instead");
}

/* A stop of another day, or one that was on the road, is nobody's stop until a dispatcher plans it again. */
static void leave_run(struct delivery_row *delivery, int64_t date_before) {
    if (delivery->date == date_before && delivery->state == DELIVERY_SCHEDULED) return;
    delivery->state = DELIVERY_SCHEDULED;
    delivery->run_id = (struct id){{0}};
    delivery->stop = NONE;
}

enum err app_delivery_reschedule(struct ctx *c, struct delivery_row *delivery, const struct reschedule *in) {
    const struct delivery_row before = *delivery;
    struct slot_choice choice;
    struct commitment row;
    TRY(slot_check(c, delivery->zone_id, in->date, in->window, &choice));
    TRY(still_open(c, delivery));
    TRY(drop_give_back(c, delivery));
    TRY(slot_take(c, &choice, delivery->weight_g));
    delivery->holds = 1;
    delivery->promises++;
    set_window(delivery, &choice.window);
    leave_run(delivery, before.date);
    TRY(store_delivery_set(c, delivery));
    if (id_is_none(delivery->run_id)) TRY(drop_run_close(c, before.run_id));
    TRY(add_promise(c, delivery, choice.timezone, in->requested_by, in->reason));
    if (delivery->kind != DELIVERY_RECOVERY) {
        TRY(store_commitment_get(c, delivery->order_id, &row));
        commitment_promise(&row, c->rules, choice.timezone, &choice.window, in->requested_by, c->now);
        TRY(follow_patient(c, &row));
        if (id_is_none(delivery->run_id)) row.driver_id = delivery->run_id;
        TRY(store_commitment_set(c, &row));
    }
    return app_audit(c, &(struct audit){.action = "delivery.reschedule",
                                        .entity = "delivery",
                                        .id = delivery->id,
                                        .version = delivery->version,
                                        .reason = in->reason,
                                        .change = app_change(c, &delivery_row_shape, &before, delivery)});
}

/* ---- no window at all ---- */

MUST static enum err release(struct ctx *c, const struct delivery_row *delivery,
                             const struct order_row *order, int64_t asked_by) {
    struct commitment row;
    struct zone_facts zone;
    TRY(store_commitment_get(c, delivery->order_id, &row));
    TRY(store_slot_zone(c, delivery->zone_id, &zone));
    if (delivery->kind == DELIVERY_RECOVERY)
        row.recoveries--;
    else
        commitment_release(&row, c->rules, zone.timezone, order->due_date, asked_by, c->now);
    return store_commitment_set(c, &row);
}

enum err app_delivery_cancel(struct ctx *c, struct delivery_row *delivery, const struct withdrawal *in) {
    const struct delivery_row before = *delivery;
    struct order_row order;
    struct list lines;
    if (delivery->state == DELIVERY_CANCELLED) return OK;
    TRY(still_open(c, delivery));
    TRY(store_order_get(c, delivery->order_id, &order));
    TRY(store_order_lines(c, order.id, &lines));
    TRY(drop_give_back(c, delivery));
    delivery->state = DELIVERY_CANCELLED;
    delivery->closed_by = in->requested_by;
    delivery->reason = in->reason;
    TRY(store_delivery_set(c, delivery));
    TRY(drop_run_close(c, delivery->run_id));
    order.state = order_state_after(lines.at, lines.n, false);
    TRY(store_order_set(c, &order));
    TRY(release(c, delivery, &order, in->requested_by));
    return app_audit(c, &(struct audit){.action = "delivery.cancel",
                                        .entity = "delivery",
                                        .id = delivery->id,
                                        .version = delivery->version,
                                        .reason = in->reason,
                                        .change = app_change(c, &delivery_row_shape, &before, delivery)});
}
