#include "app/app_audit.h"
#include "base/crypto.h"
#include "app/drop_event.h"
#include "app/evidence_wait.h"
#include "app/fingerprint.h"
#include "base/date.h"
#include "base/id.h"
#include "base/log.h"
#include "base/text.h"
#include "json/json.h"
#include "store/store_commitment.h"
#include "store/store_delivery.h"
#include "store/store_drop.h"
#include "store/store_order.h"
#include <string.h>

#define PRIVATE_FIELD "drop" /* of an event, in personal_value */

/* ---- who and which ---- */

static struct id reporting_driver(const struct ctx *c, const struct report *report) {
    return c->actor.role == ROLE_DRIVER ? c->actor.user_id : report->on_behalf_of;
}

/* A driver reports for themselves; anybody else for a named driver, and says why. */
MUST static enum err check_behalf(struct ctx *c, const struct report *report) {
    bool known = false, named = !id_is_none(report->on_behalf_of);
    const char *reason = report->kind == EVENT_CONFIRMATION ? "/reason" : "/behalf_reason";
    if (report->kind == EVENT_AMENDMENT) return OK; /* of a report that the driver made */
    if (c->actor.role == ROLE_DRIVER) {
        if (named && !id_equal(report->on_behalf_of, c->actor.user_id))
            ctx_fault_item(c, "/on_behalf_of", "a driver reports for themselves only");
        return ctx_faults(c);
    }
    if (named) TRY(store_drop_driver_known(c, report->on_behalf_of, &known));
    if (!known) ctx_fault_item(c, "/on_behalf_of", "must name the driver you report for");
    if (!report->behalf_reason) ctx_fault_item(c, reason, "must say why you report for the driver");
    return ctx_faults(c);
}

static struct fingerprint_of fingerprint_of(const struct delivery_row *found, const struct report *report) {
    return (struct fingerprint_of){names_word(&event_kind_names, report->kind), found->id, report->shape,
                                   report->body};
}

enum err drop_event_replay(struct ctx *c, const struct delivery_row *found, const struct report *report,
                           struct field_event *event_out, bool *replay_out) {
    struct fingerprint_of of = fingerprint_of(found, report);
    bool same;
    enum err err = store_event_get(c, report->id, event_out);
    *replay_out = false;
    if (err == ERR_NOT_FOUND) return OK;
    if (err != OK) return err;
    if (!id_equal(event_out->driver_id, reporting_driver(c, report)))
        return FAIL(c, ERR_NOT_FOUND, "not-found", "there is no such thing here");
    TRY(fingerprint_compare(c, &of, event_out->fingerprint, event_out->own_id, PRIVATE_FIELD,
                            event_out->private_digest, &same));
    if (event_out->kind != report->kind || !same)
        return FAIL(c, ERR_CONFLICT, "event.id-reused",
                    "this id was used for another report; what was recorded then stands, a new report needs "
                    "a new id");
    *replay_out = true;
    return OK;
}

/* ---- the event ---- */

void drop_private_of(const struct report *report, struct drop_private *private_out) {
    struct drop_private *kept = private_out;
    *kept = (struct drop_private){.lat = NONE,
                                  .lon = NONE,
                                  .accuracy_m = NONE,
                                  .note = report->note,
                                  .behalf_reason = report->behalf_reason,
                                  .reason = report->reason};
    if (report->receiver) {
        kept->receiver = report->receiver->name;
        kept->relation = report->receiver->relation;
    }
    if (report->location) {
        kept->lat = report->location->lat;
        kept->lon = report->location->lon;
        kept->accuracy_m = report->location->accuracy_m;
    }
}

MUST static enum err keep_private(struct ctx *c, const struct report *report, struct field_event *event,
                                  struct blob *salt_out) {
    struct drop_private kept;
    struct text text = text_in(c->arena);
    drop_private_of(report, &kept);
    json_object(&text, &drop_private_shape, &kept);
    if (text.failed) return FAIL(c, ERR_LIMIT, "request.too-large", "the report is too large");
    const char *value = text.n > 2 ? text.at : NULL; /* {}: nothing private was stated */
    return app_personal(c, event->own_id, PRIVATE_FIELD, value, &event->private_digest, salt_out);
}

enum err drop_evidence_check(struct ctx *c, struct list evidence) {
    uint8_t hash[SHA256_SIZE];
    for (size_t i = 0; i < evidence.n; i++)
        if (!text_unhex(((const struct drop_evidence *)evidence.at)[i].sha256, hash, sizeof hash))
            ctx_fault_item(c, arena_printf(c->arena, "/evidence/%zu/sha256", i), "must be 64 hex digits");
    return ctx_faults(c);
}

enum err drop_event_check(struct ctx *c, const struct report *report) {
    TRY(check_behalf(c, report));
    return drop_evidence_check(c, report->evidence);
}

enum err drop_event_begin(struct ctx *c, const struct delivery_row *found, const struct report *report,
                          struct field_event *event_out) {
    struct field_event *event = event_out;
    struct fingerprint_of of = fingerprint_of(found, report);
    struct blob salt;
    shape_clear(&field_event_shape, event);
    event->id = report->id;
    event->own_id = id_new(c->now);
    event->kind = report->kind;
    event->delivery_id = found->id;
    event->driver_id = reporting_driver(c, report);
    if (c->actor.role != ROLE_DRIVER) event->by_id = c->actor.user_id;
    event->at = report->at;
    event->received_at = c->now;
    event->synced_late = c->now - report->at > c->rules->synced_late_ms;
    event->clock_skew_s = report->at > c->now ? (report->at - c->now) / 1000 : 0;
    event->receiver_known = 0;
    event->place = PLACE_UNKNOWN;
    event->stands = 1;
    TRY(keep_private(c, report, event, &salt));
    return fingerprint_make(c, &of, salt, &event->fingerprint);
}

/* As the last event by then left it that changed its state: delivered by a statement, or failed. */
static void set_outcome(const struct field_event *last, struct delivery_row *row) {
    bool delivered = last->outcome == OUTCOME_DELIVERED;
    bool amended = !id_is_none(last->amends);
    row->state = delivered ? DELIVERY_DELIVERED : DELIVERY_FAILED;
    row->reason = delivered ? NULL : names_word(&failure_reason_names, last->reason);
    row->event_id = delivered ? (amended ? last->amends : last->id) : (struct id){{0}};
    row->completed_at = last->completed_at;
    row->closed_by = NONE;
}

enum err drop_as_it_was(struct ctx *c, const struct delivery_row *now, const struct field_event *event,
                        struct delivery_row *row_out) {
    struct field_event last;
    *row_out = *now;
    row_out->version = event->delivery_version;
    if (now->version == event->delivery_version) return OK;
    enum err err = store_event_effective(c, now->id, event->delivery_version, &last);
    if (err == OK) set_outcome(&last, row_out);
    if (err != ERR_NOT_FOUND) return err;
    if (id_is_none(now->event_id)) return OK;
    row_out->state = DELIVERY_CANCELLED; /* a drop came since to what was cancelled then */
    row_out->event_id = (struct id){{0}};
    row_out->completed_at = NONE;
    return OK;
}

enum err drop_event_write(struct ctx *c, const struct field_event *event, const struct report *report) {
    TRY(store_event_add(c, event));
    return evidence_name(c, event, report->evidence);
}

/* ---- what it changes ---- */

enum err drop_work_load(struct ctx *c, const struct delivery_row *found, struct drop_work *work_out) {
    struct list lines;
    work_out->delivery = *found;
    work_out->recoveries_changed = work_out->was_cancelled = false;
    TRY(store_order_get(c, found->order_id, &work_out->order));
    TRY(store_order_lines(c, found->order_id, &lines));
    work_out->lines = lines.n;
    work_out->line_before = lines.at;
    work_out->was_delivered = work_out->order.state == ORDER_DELIVERED;
    work_out->line =
        (struct order_line_row *)arena_memdup(c->arena, lines.at, lines.n * sizeof *work_out->line);
    if (lines.n && !work_out->line) return FAIL(c, ERR_LIMIT, "request.too-large", "the order is too large");
    return store_commitment_get(c, found->order_id, &work_out->commitment);
}

enum err drop_give_back(struct ctx *c, struct delivery_row *delivery) {
    if (!delivery->holds) return OK;
    delivery->holds = 0;
    return store_slot_give(c, delivery->zone_id, delivery->date, delivery->from_min, delivery->to_min,
                           delivery->weight_g);
}

enum err drop_run_close(struct ctx *c, struct id run_id) {
    bool closed = false;
    if (id_is_none(run_id)) return OK;
    TRY(store_run_close_if_done(c, run_id, &closed));
    if (!closed) return OK;
    int64_t version;
    TRY(store_run_close(c, run_id, &version));
    return app_audit(c, &(struct audit){.action = "run.close",
                                        .entity = "run",
                                        .id = run_id,
                                        .version = version,
                                        .change = "{\"state\":\"closed\"}"});
}

/* Most orders come as they were authorised, which their state says (ORDER_LINE_ACCEPTED): such a drop writes
 * no line. A line as authorised may have nothing noted, so it is written when the order is not delivered any
 * more. */
static bool is_line_told(const struct drop_work *work, size_t i) {
    const struct order_line_row *line = &work->line[i], *before = &work->line_before[i];
    bool is_same = line->accepted == before->accepted && line->refused == before->refused;
    bool had_nothing = before->accepted == 0 && before->refused == 0;
    bool is_as_authorised = line->accepted == line->authorised && line->refused == 0;
    if (is_as_authorised && work->order.state == ORDER_DELIVERED) return is_same || had_nothing;
    return is_same && !(is_as_authorised && work->was_delivered);
}

enum err drop_work_write(struct ctx *c, struct drop_work *work) {
    TRY(store_delivery_state_set(c, &work->delivery));
    TRY(store_order_set(c, &work->order));
    for (size_t i = 0; i < work->lines; i++)
        if (!is_line_told(work, i)) TRY(store_order_line_set(c, &work->line[i]));
    return drop_run_close(c, work->delivery.run_id);
}
