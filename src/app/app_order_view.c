#include "app/app_order.h"
#include "app/app_worklist.h"
#include "base/id.h"
#include "domain/suggest.h"
#include "order_facts.h"
#include "store/store_commitment.h"
#include "store/store_contact.h"
#include "store/store_order.h"
#include "store/store_patient.h"
#include "store/store_slot.h"

enum err app_order_get(struct ctx *c, struct id id, struct order_row *order_out) {
    enum err err = store_order_get(c, id, order_out);
    if (err != ERR_NOT_FOUND) return err;
    return FAIL(c, ERR_NOT_FOUND, "not-found", "There is nothing here that you may see.");
}

MUST static enum err room(struct ctx *c, void *at) {
    return at ? OK
              : FAIL(c, ERR_LIMIT, "request.too-large", "the answer needs more memory than one may have");
}

/* ---- lines ---- */

static struct order_line_view suggested(const struct order_line_row *line) {
    return (struct order_line_view){.product_id = line->product_id,
                                    .prescribed = line->prescribed,
                                    .on_hand = line->on_hand,
                                    .suggested = line->suggested,
                                    .ordered = NONE,
                                    .authorised = NONE,
                                    .accepted = NONE,
                                    .outstanding = NONE};
}

static struct order_line_view frozen(const struct order_line_row *line) {
    struct order_line_view view = suggested(line);
    view.ordered = line->ordered;
    view.authorised = line->authorised;
    view.accepted = line->accepted;
    view.outstanding = order_outstanding(line);
    return view;
}

MUST static enum err add_lines(struct ctx *c, const struct order_row *order, const struct patient *patient,
                               struct order_view *v) {
    struct order_facts facts;
    struct list lines;
    bool open = order->state == ORDER_OPEN;
    if (open) TRY(order_facts_load(c, order, patient, &facts));
    if (open) TRY(order_facts_lines(c, &facts, order, &lines));
    if (!open) TRY(store_order_lines(c, order->id, &lines));
    struct order_line_view *line = arena_array(c->arena, lines.n + 1, sizeof *line);
    TRY(room(c, line));
    for (size_t i = 0; i < lines.n; i++) {
        const struct order_line_row *row = (const struct order_line_row *)lines.at + i;
        line[i] = open ? suggested(row) : frozen(row);
    }
    v->lines = (struct list){line, lines.n};
    return OK;
}

/* ---- cover ---- */

static bool over(int64_t state) {
    return state == ORDER_DELIVERED || state == ORDER_SKIPPED || state == ORDER_CANCELLED;
}

MUST static enum err add_cover(struct ctx *c, const struct order_row *order, const struct patient *patient,
                               struct order_view *v) {
    struct zone_facts zone;
    struct list closed;
    int64_t today, until = patient->cover_until;
    TRY(order_today(c, order, &today));
    v->cover_days = cover_days(until, today);
    v->need_by = order->due_date;
    if (over(order->state)) v->need_by = NONE;
    if (over(order->state) || until == NONE) return OK;
    TRY(store_slot_zone(c, order->zone_id, &zone));
    TRY(store_closure_dates(c, zone.depot_id, until - NEED_BY_DAYS, until, &closed));
    v->need_by = need_by(zone.weekdays, closed.at, closed.n, until, order->due_date);
    return OK;
}

MUST static enum err add_patient(struct ctx *c, const struct order_row *order, struct order_view *v) {
    struct patient patient;
    if (id_is_none(order->patient_id)) return add_lines(c, order, NULL, v); /* imported history */
    TRY(store_patient_get(c, order->patient_id, &patient));
    TRY(add_cover(c, order, &patient, v));
    return add_lines(c, order, &patient, v);
}

/* ---- commitment, contacts, deliveries ---- */

MUST static enum err add_commitment(struct ctx *c, struct order_view *v) {
    struct commitment row;
    struct commitment_view *view = arena_alloc(c->arena, sizeof *view);
    struct span *span = arena_alloc(c->arena, sizeof *span);
    TRY(room(c, view));
    TRY(room(c, span));
    TRY(store_commitment_get(c, v->id, &row));
    *span = (struct span){row.from_min, row.to_min};
    *view = (struct commitment_view){
        .date = row.date, .window = span, .cause = row.cause, .cutoff_at = row.cutoff_at};
    v->commitment = view;
    v->excluded = row.excluded;
    if (row.excluded == NONE) v->timeliness = commitment_timeliness(&row, c->now);
    return OK;
}

static bool may_read_notes(const struct ctx *c) {
    return c->actor.role != ROLE_DISPATCHER;
}

MUST static enum err add_contacts(struct ctx *c, struct order_view *v) {
    TRY(store_contact_of_order(c, v->id, &v->contacts));
    struct contact *contact = (struct contact *)v->contacts.at;
    for (size_t i = 0; i < v->contacts.n && !may_read_notes(c); i++)
        contact[i].note = NULL;
    return OK;
}

MUST static enum err add_deliveries(struct ctx *c, struct order_view *v) {
    struct list rows;
    TRY(store_delivery_of_order(c, v->id, &rows));
    struct id *id = arena_array(c->arena, rows.n + 1, sizeof *id);
    TRY(room(c, id));
    for (size_t i = 0; i < rows.n; i++)
        id[i] = ((const struct delivery_row *)rows.at)[i].id;
    v->deliveries = (struct list){id, rows.n};
    return OK;
}

MUST static enum err add_deliver_to(struct ctx *c, const struct order_row *order, struct order_view *v) {
    if (!order->to_address) return OK;
    struct deliver_to *to = arena_alloc(c->arena, sizeof *to);
    struct location *location = arena_alloc(c->arena, sizeof *location);
    TRY(room(c, to));
    TRY(room(c, location));
    *location = (struct location){order->to_lat, order->to_lon};
    *to = (struct deliver_to){order->to_address, order->to_lat == NONE ? NULL : location, order->zone_id};
    v->deliver_to = to;
    return OK;
}

enum err app_order_view(struct ctx *c, const struct order_row *order, struct order_view *view_out) {
    struct order_view *v = view_out;
    shape_clear(&order_view_shape, v);
    v->id = order->id;
    v->kind = order->kind;
    v->patient_id = order->patient_id;
    v->customer_id = order->customer_id;
    v->depot_id = order->depot_id;
    v->due_date = order->due_date;
    v->next_due = order->next_due;
    v->call_due = order->call_due;
    v->state = order->state;
    v->closed_by = order->closed_by;
    v->reason = order->reason;
    v->attempts = order->attempts;
    v->last_outcome = order->last_outcome;
    v->confirmed_at = order->confirmed_at;
    v->version = order->version;
    TRY(add_deliver_to(c, order, v));
    TRY(add_patient(c, order, v));
    TRY(add_commitment(c, v));
    TRY(add_contacts(c, v));
    return add_deliveries(c, v);
}
