#include "app/app_delivery_view.h"
#include "base/date.h"
#include "base/id.h"
#include "domain/amendment.h"
#include "domain/commitment.h"
#include "json/json.h"
#include "store/store_audit.h"
#include "store/store_commitment.h"
#include "store/store_delivery.h"
#include "store/store_discrepancy.h"
#include "store/store_drop.h"
#include "store/store_evidence.h"
#include <string.h>

MUST static enum err room(struct ctx *c, size_t n, size_t size, void *out) {
    void *at = arena_array(c->arena, n ? n : 1, size);
    if (!at) return FAIL(c, ERR_LIMIT, "request.too-large", "the answer needs more memory than one may have");
    memcpy(out, &at, sizeof at);
    return OK;
}

MUST static enum err span_of(struct ctx *c, int64_t from_min, int64_t to_min, const struct span **span_out) {
    struct span *span;
    TRY(room(c, 1, sizeof *span, &span));
    *span = (struct span){from_min, to_min};
    *span_out = span;
    return OK;
}

/* ---- events ---- */

MUST static enum err private_part(struct ctx *c, const struct field_event *event,
                                  struct drop_private *private_out) {
    const char *value;
    shape_clear(&drop_private_shape, private_out);
    if (!event->private_digest.n) return OK;
    TRY(store_personal_get(c, event->own_id, "drop", &value));
    return value ? json_decode(c, value, strlen(value), &drop_private_shape, private_out) : OK;
}

MUST static enum err fix_of(struct ctx *c, const struct drop_private *kept, const struct fix **fix_out) {
    struct fix *fix;
    *fix_out = NULL;
    if (kept->lat == NONE) return OK;
    TRY(room(c, 1, sizeof *fix, &fix));
    *fix = (struct fix){kept->lat, kept->lon, kept->accuracy_m};
    *fix_out = fix;
    return OK;
}

MUST static enum err receiver_of(struct ctx *c, const struct drop_private *kept,
                                 const struct receiver **receiver_out) {
    struct receiver *receiver;
    *receiver_out = NULL;
    if (!kept->receiver && !kept->relation) return OK;
    TRY(room(c, 1, sizeof *receiver, &receiver));
    *receiver = (struct receiver){kept->receiver, kept->relation};
    *receiver_out = receiver;
    return OK;
}

MUST static enum err named_by(struct ctx *c, struct id own_id, bool then, struct list *evidence_out) {
    return (then ? store_event_evidence_then : store_event_evidence)(c, own_id, evidence_out);
}

/* Everything but lines and evidence. */
MUST static enum err begin_statement(struct ctx *c, const struct field_event *event,
                                     const struct drop_private *kept, struct confirmation *v) {
    bool behalf = !id_is_none(event->by_id);
    shape_clear(&confirmation_shape, v);
    v->id = event->id;
    v->delivery_id = event->delivery_id;
    v->at = event->at;
    v->bypass = event->bypass;
    v->note = kept->note;
    v->received_at = event->received_at;
    v->driver_id = event->driver_id;
    if (behalf) v->on_behalf_of = event->driver_id;
    v->reported_by = event->by_id;
    v->reason = kept->behalf_reason;
    v->synced_late = event->synced_late;
    v->clock_skew_s = event->clock_skew_s;
    v->completed_at = event->completed_at;
    TRY(receiver_of(c, kept, &v->received_by));
    return fix_of(c, kept, &v->location);
}

enum err app_statement_view(struct ctx *c, const struct field_event *event, bool then,
                            struct confirmation *view_out) {
    struct drop_private kept;
    TRY(private_part(c, event, &kept));
    TRY(begin_statement(c, event, &kept, view_out));
    TRY(store_event_lines(c, event->own_id, &view_out->lines));
    return named_by(c, event->own_id, then, &view_out->evidence);
}

enum err app_confirmation_view_said(struct ctx *c, const struct field_event *event,
                                    const struct drop_said *said, struct confirmation *view_out) {
    TRY(begin_statement(c, event, &said->kept, view_out));
    view_out->lines = said->lines;
    return named_by(c, event->own_id, true, &view_out->evidence);
}

MUST static enum err amendment_view(struct ctx *c, const struct field_event *event, bool then,
                                    struct amendment *view_out) {
    struct drop_private kept;
    struct amendment *v = view_out;
    TRY(private_part(c, event, &kept));
    shape_clear(&amendment_shape, v);
    v->id = event->id;
    v->at = event->at;
    v->received_at = event->received_at;
    v->amended_by = id_is_none(event->by_id) ? event->driver_id : event->by_id;
    v->reason = kept.reason;
    v->stands = event->stands;
    v->bypass = event->bypass;
    v->note = kept.note;
    v->dropped_at = event->dropped_at;
    v->completed_at = event->completed_at;
    v->outcome = event->outcome;
    v->synced_late = event->synced_late;
    v->clock_skew_s = event->clock_skew_s;
    TRY(receiver_of(c, &kept, &v->received_by));
    TRY(fix_of(c, &kept, &v->location));
    TRY(store_event_lines(c, event->own_id, &v->lines));
    return named_by(c, event->own_id, then, &v->evidence);
}

enum err app_confirmation_view(struct ctx *c, const struct field_event *event, int64_t version, bool then,
                               struct confirmation *view_out) {
    struct list events;
    struct amendment *amendment;
    TRY(app_statement_view(c, event, then, view_out));
    TRY(store_event_amendments(c, event->id, version, &events));
    TRY(room(c, events.n, sizeof *amendment, &amendment));
    for (size_t i = 0; i < events.n; i++)
        TRY(amendment_view(c, (const struct field_event *)events.at + i, then, &amendment[i]));
    view_out->amendments = (struct list){amendment, events.n};
    return OK;
}

enum err app_failure_view(struct ctx *c, const struct field_event *event, bool then,
                          struct failure *view_out) {
    struct drop_private kept;
    struct failure *v = view_out;
    TRY(private_part(c, event, &kept));
    shape_clear(&failure_shape, v);
    v->id = event->id;
    v->delivery_id = event->delivery_id;
    v->at = event->at;
    v->reason = event->reason;
    v->note = kept.note;
    v->received_at = event->received_at;
    v->driver_id = event->driver_id;
    if (!id_is_none(event->by_id)) v->on_behalf_of = event->driver_id;
    v->reported_by = event->by_id;
    v->behalf_reason = kept.behalf_reason;
    v->synced_late = event->synced_late;
    v->clock_skew_s = event->clock_skew_s;
    v->distance_m = event->distance_m;
    v->accuracy_m = event->accuracy_m;
    TRY(fix_of(c, &kept, &v->location));
    return named_by(c, event->own_id, then, &v->evidence);
}

/* ---- the delivery ---- */

MUST static enum err add_promises(struct ctx *c, struct delivery_view *v, int64_t as_of) {
    struct list rows;
    struct promise_view *promise;
    TRY(store_promises(c, v->id, &rows));
    TRY(room(c, rows.n, sizeof *promise, &promise));
    v->promises.at = promise;
    for (size_t i = 0; i < rows.n; i++) {
        const struct promise_row *row = (const struct promise_row *)rows.at + i;
        if (row->at > as_of) continue;
        struct promise_view *p = &promise[v->promises.n++];
        *p = (struct promise_view){.date = row->date,
                                   .timezone = row->timezone,
                                   .starts_at = row->starts_at,
                                   .ends_at = row->ends_at,
                                   .requested_by = row->requested_by,
                                   .reason = row->reason,
                                   .at = row->at,
                                   .by = row->by_id};
        TRY(span_of(c, row->from_min, row->to_min, &p->window));
    }
    return OK;
}

MUST static enum err arrival_view(struct ctx *c, const struct field_event *event, struct arrival *v) {
    struct drop_private kept;
    TRY(private_part(c, event, &kept));
    *v = (struct arrival){.id = event->id,
                          .delivery_id = event->delivery_id,
                          .driver_id = event->driver_id,
                          .at = event->at,
                          .received_at = event->received_at,
                          .distance_m = event->distance_m,
                          .accuracy_m = event->accuracy_m,
                          .note = kept.note,
                          .synced_late = event->synced_late,
                          .clock_skew_s = event->clock_skew_s};
    return fix_of(c, &kept, &v->location);
}

/* Events are ordered by the version that each made: a phone that comes back sends several in one millisecond.
 */
MUST static enum err add_visits(struct ctx *c, struct delivery_view *v) {
    struct list events;
    struct failure *failure;
    struct arrival *arrival;
    TRY(store_event_visits(c, v->id, v->version, &events));
    TRY(room(c, events.n, sizeof *failure, &failure));
    TRY(room(c, events.n, sizeof *arrival, &arrival));
    v->failures.at = failure;
    v->arrivals.at = arrival;
    for (size_t i = 0; i < events.n; i++) {
        const struct field_event *event = (const struct field_event *)events.at + i;
        if (event->kind == EVENT_FAILURE)
            TRY(app_failure_view(c, event, v->then, &failure[v->failures.n++]));
        else
            TRY(arrival_view(c, event, &arrival[v->arrivals.n++]));
    }
    return OK;
}

/* Was it found by then? In the same millisecond: by no later event. */
MUST static enum err found_by(struct ctx *c, const struct delivery_view *v, const struct discrepancy *row,
                              int64_t as_of, bool *found_out) {
    struct field_event event;
    *found_out = row->detected_at <= as_of;
    if (row->detected_at != as_of || id_is_none(row->event_id)) return OK;
    TRY(store_event_get(c, row->event_id, &event));
    *found_out = !id_equal(event.delivery_id, v->id) || event.delivery_version <= v->version;
    return OK;
}

/* The discrepancies found by `as_of`. Those of the order alone (a miss nobody had booked) come with its
 * latest attempt, as the contract attaches them. */
MUST static enum err add_discrepancies(struct ctx *c, struct delivery_view *v, int64_t as_of) {
    struct list rows;
    struct discrepancy *kept;
    TRY(store_discrepancy_of_delivery(c, v->id, &rows));
    TRY(room(c, rows.n, sizeof *kept, &kept));
    v->discrepancies.at = kept;
    for (size_t i = 0; i < rows.n; i++) {
        const struct discrepancy *row = (const struct discrepancy *)rows.at + i;
        bool found;
        TRY(found_by(c, v, row, as_of, &found));
        if (found) kept[v->discrepancies.n++] = *row;
    }
    return OK;
}

/* Right after the event it is awaited; later it is while the time lasts. */
MUST static enum err proof_of(struct ctx *c, const struct delivery_view *v, const struct field_event *event,
                              const struct list *evidence, int64_t *state_out) {
    int64_t since;
    *state_out = PROOF_PRESENT;
    if (event->bypass != NONE) return OK;
    for (size_t i = 0; i < evidence->n; i++)
        if (((const struct field_event_evidence *)evidence->at)[i].arrived == 1) return OK;
    *state_out = evidence->n > 0 && v->then ? PROOF_AWAITED : PROOF_MISSING;
    if (evidence->n == 0 || v->then) return OK;
    enum err err = store_evidence_since(c, id_is_none(event->amends) ? event->id : event->amends, &since);
    if (err == OK && c->now < since + c->rules->evidence_wait_ms) *state_out = PROOF_AWAITED;
    return err == ERR_NOT_FOUND ? OK : err;
}

/* The other delivery is for those who may see every one. */
MUST static enum err reuse_of(struct ctx *c, const struct delivery_view *v, const struct field_event *event,
                              struct quality *quality) {
    quality->photo_reused = NONE;
    quality->reused_with = (struct list){NULL, 0};
    if (c->actor.role == ROLE_DRIVER || c->actor.role == ROLE_CUSTOMER) return OK;
    TRY(v->then ? store_evidence_reuse_of_event(c, event->id, &quality->reused_with)
                : store_evidence_reuse_of_delivery(c, v->id, &quality->reused_with));
    quality->photo_reused = quality->reused_with.n > 0;
    return OK;
}

/* Of what is held by then: the confirmation, or the last amendment that stands. */
MUST static enum err set_quality(struct ctx *c, struct delivery_view *v, const struct field_event *event,
                                 const struct list *lines, const struct list *evidence) {
    struct quality *quality;
    TRY(room(c, 1, sizeof *quality, &quality));
    *quality = (struct quality){.place = event->place,
                                .distance_m = event->distance_m,
                                .accuracy_m = event->accuracy_m,
                                .bypass = event->bypass,
                                .receiver = event->receiver_known,
                                .lines = (int64_t)lines->n};
    for (size_t i = 0; i < lines->n; i++)
        quality->scanned += ((const struct field_event_line *)lines->at)[i].scanned;
    quality->typed = quality->lines - quality->scanned;
    TRY(proof_of(c, v, event, evidence, &quality->proof_state));
    quality->proof = quality->proof_state != PROOF_MISSING;
    TRY(reuse_of(c, v, event, quality));
    v->quality = quality;
    return OK;
}

MUST static enum err set_confirmation(struct ctx *c, struct delivery_view *v, const struct field_event *event,
                                      const struct confirmation *confirmation) {
    struct field_event standing;
    v->confirmation = confirmation;
    for (size_t i = confirmation->amendments.n; i-- > 0;) {
        const struct amendment *amendment = (const struct amendment *)confirmation->amendments.at + i;
        if (!amendment->stands) continue;
        TRY(store_event_get(c, amendment->id, &standing));
        return set_quality(c, v, &standing, &amendment->lines, &amendment->evidence);
    }
    return set_quality(c, v, event, &confirmation->lines, &confirmation->evidence);
}

/* The one that stands; else the last of those that completed nothing: what a driver stated is shown. */
MUST static enum err shown_event(struct ctx *c, const struct delivery_row *row,
                                 struct field_event *event_out) {
    if (!id_is_none(row->event_id)) return store_event_get(c, row->event_id, event_out);
    if (delivery_is_open(row->state)) return ERR_NOT_FOUND;
    return store_event_last(c, row->id, row->version, event_out);
}

MUST static enum err add_confirmation(struct ctx *c, struct delivery_view *v,
                                      const struct delivery_row *row) {
    struct field_event event;
    struct confirmation *confirmation;
    enum err err = shown_event(c, row, &event);
    if (err == ERR_NOT_FOUND) return OK;
    if (err != OK) return err;
    TRY(room(c, 1, sizeof *confirmation, &confirmation));
    TRY(app_confirmation_view(c, &event, row->version, v->then, confirmation));
    return set_confirmation(c, v, &event, confirmation);
}

static int64_t own_timeliness(const struct ctx *c, const struct delivery_row *row, int64_t as_of) {
    struct commitment own = {.now_early_before = row->starts_at - c->rules->early_tolerance_ms,
                             .now_late_after = row->ends_at + c->rules->late_tolerance_ms,
                             .now_missed_after = row->ends_at + c->rules->grace_ms,
                             .completed_at = row->completed_at};
    return commitment_timeliness_now(&own, as_of);
}

MUST static enum err add_commitment(struct ctx *c, struct delivery_view *v, int64_t as_of,
                                    const struct delivery_known *known) {
    struct commitment row;
    struct commitment_view *view;
    if (v->kind == DELIVERY_RECOVERY) return OK;
    if (known && known->commitment)
        row = *known->commitment;
    else
        TRY(store_commitment_as_of(c, v->order_id, as_of, &row));
    /* A row whose window is ahead is changed in place: its drop may have come later than as_of, or in the
     * same millisecond. */
    bool by_later_drop = row.received_at > as_of || (row.received_at == as_of && v->completed_at == NONE &&
                                                     id_equal(row.delivery_id, v->id));
    if (by_later_drop) row.completed_at = NONE;
    bool undone_since =
        v->completed_at != NONE && (row.completed_at == NONE || v->completed_at < row.completed_at);
    if (undone_since) row.completed_at = v->completed_at; /* by an amendment: an own delivery completes it */
    TRY(room(c, 1, sizeof *view, &view));
    *view = (struct commitment_view){.date = row.date, .cause = row.cause, .cutoff_at = row.cutoff_at};
    TRY(span_of(c, row.from_min, row.to_min, &view->window));
    v->commitment = view;
    v->timeliness = commitment_timeliness(&row, as_of);
    v->recovered_at = commitment_recovered_at(&row);
    return OK;
}

MUST static enum err add_lines(struct ctx *c, struct delivery_view *v, const struct delivery_known *known) {
    if (!known || !known->lines) return store_delivery_lines(c, v->id, &v->lines);
    v->lines = *known->lines;
    return OK;
}

/* known: NULL, or what need not be read. */
MUST static enum err begin_view(struct ctx *c, const struct delivery_row *row, int64_t as_of, bool then,
                                const struct delivery_known *known, struct delivery_view *v) {
    shape_clear(&delivery_view_shape, v);
    v->then = then;
    v->id = row->id;
    v->order_id = row->order_id;
    v->patient_id = row->patient_id;
    v->customer_id = row->customer_id;
    v->depot_id = row->depot_id;
    v->kind = row->kind;
    v->attempt = row->attempt;
    v->date = row->date;
    v->state = row->state;
    v->closed_by = row->closed_by;
    v->reason = row->reason;
    v->completed_at = row->completed_at;
    v->timeliness_window = own_timeliness(c, row, as_of);
    v->run_id = row->run_id;
    v->stop = row->stop;
    v->version = row->version;
    TRY(span_of(c, row->from_min, row->to_min, &v->window));
    TRY(add_commitment(c, v, as_of, known));
    TRY(add_lines(c, v, known));
    TRY(add_promises(c, v, as_of));
    return add_visits(c, v);
}

enum err app_delivery_view(struct ctx *c, const struct delivery_row *row, int64_t as_of,
                           struct delivery_view *view_out) {
    TRY(begin_view(c, row, as_of, false, NULL, view_out));
    TRY(add_confirmation(c, view_out, row));
    return add_discrepancies(c, view_out, as_of);
}

enum err app_delivery_view_then(struct ctx *c, const struct delivery_row *row, int64_t as_of,
                                struct delivery_view *view_out) {
    TRY(begin_view(c, row, as_of, true, NULL, view_out));
    TRY(add_confirmation(c, view_out, row));
    return add_discrepancies(c, view_out, as_of);
}

enum err app_delivery_view_of(struct ctx *c, const struct delivery_row *row, int64_t as_of,
                              const struct delivery_known *known, struct delivery_view *view_out) {
    TRY(begin_view(c, row, as_of, true, known, view_out));
    view_out->discrepancies = known->discrepancies;
    if (!id_equal(row->event_id, known->event->id)) return add_confirmation(c, view_out, row);
    return set_confirmation(c, view_out, known->event, known->confirmation);
}
