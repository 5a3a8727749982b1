#include "app/app_drop.h"
#include "app/app_audit.h"
#include "app/app_delivery_view.h"
#include "app/app_discrepancy.h"
#include "app/app_stock.h"
#include "app/drop_event.h"
#include "app/drop_judge.h"
#include "base/id.h"
#include "store/store_commitment.h"
#include "store/store_delivery.h"
#include "store/store_discrepancy.h"
#include "store/store_drop.h"
#include "store/store_order.h"

static const struct field ANSWER_FIELDS[] = {
    FIELD(struct drop_answer, K_OBJ, confirmation, .sub = &confirmation_shape),
    FIELD(struct drop_answer, K_OBJ, delivery, .sub = &delivery_view_shape),
    FIELD(struct drop_answer, K_LIST, discrepancies, .sub = &discrepancy_shape),
    FIELD(struct drop_answer, K_BOOL, replay, .flags = F_HIDDEN),
};
const struct shape drop_answer_shape = SHAPE("confirmation_recorded", struct drop_answer, ANSWER_FIELDS);

enum err app_drop_find(struct ctx *c, struct id delivery_id, struct delivery_row *delivery_out) {
    bool visible = c->actor.role == ROLE_MANAGER || c->actor.role == ROLE_DISPATCHER;
    enum err err = store_delivery_get(c, delivery_id, delivery_out);
    if (err == OK && c->actor.role == ROLE_DRIVER)
        TRY(store_drop_is_drivers(c, delivery_id, c->actor.user_id, &visible));
    if (err == ERR_NOT_FOUND || (err == OK && !visible))
        return FAIL(c, ERR_NOT_FOUND, "not-found", "there is no such thing here");
    return err;
}

/* ---- the answer, the same for the first time and for every copy ---- */

/* As found: whatever became of them since. */
static void as_found(struct list rows) {
    struct discrepancy *row = (struct discrepancy *)(uintptr_t)rows.at;
    for (size_t i = 0; i < rows.n; i++) {
        row[i].state = DISCREPANCY_OPEN;
        row[i].cause = row[i].reason = NULL;
        row[i].responsibility = row[i].kind == KIND_REFUSED ? BY_PATIENT : BY_UNDETERMINED;
        row[i].superseded_by = (struct id){{0}};
        row[i].version = 1;
    }
}

MUST static enum err answer(struct ctx *c, const struct delivery_row *now, const struct field_event *event,
                            struct drop_answer *answer_out) {
    struct confirmation *confirmation = arena_alloc(c->arena, sizeof *confirmation);
    struct delivery_view *view = arena_alloc(c->arena, sizeof *view);
    struct delivery_row row;
    if (!confirmation || !view) return FAIL(c, ERR_LIMIT, "request.too-large", "the answer is too large");
    TRY(drop_as_it_was(c, now, event, &row));
    TRY(store_discrepancy_of_event(c, event->id, &answer_out->discrepancies));
    as_found(answer_out->discrepancies);
    TRY(app_confirmation_view(c, event, confirmation));
    const struct delivery_known known = {event, confirmation, answer_out->discrepancies};
    TRY(app_delivery_view_of(c, &row, event->received_at, &known, view));
    answer_out->confirmation = confirmation;
    answer_out->delivery = view;
    return OK;
}

/* ---- what the drop changes ---- */

static bool order_closed(const struct drop_work *work) {
    return work->order.state == ORDER_CANCELLED || work->order.state == ORDER_SKIPPED;
}

/* Units count against the order whatever became of the delivery; a closed order wanted none of them. */
MUST static enum err apply_lines(struct ctx *c, struct drop_work *work, const struct verdict *verdict) {
    if (order_closed(work)) return OK;
    for (size_t i = 0; i < verdict->lines; i++) {
        const struct line_result *result = &verdict->line[i];
        if (result->accepted == 0 && result->refused == 0) continue;
        for (size_t k = 0; k < work->lines; k++) {
            struct order_line_row *line = &work->line[k];
            if (!id_equal(line->product_id, result->product_id)) continue;
            line->accepted += result->accepted;
            line->refused += result->refused;
            TRY(store_order_line_set(c, line));
        }
    }
    return OK;
}

MUST static enum err apply_delivery(struct ctx *c, struct drop_work *work, const struct verdict *verdict) {
    struct delivery_row *delivery = &work->delivery;
    work->was_cancelled = delivery->state == DELIVERY_CANCELLED;
    if (verdict->completes) {
        work->event.outcome = OUTCOME_DELIVERED;
        work->event.completed_at = completed_at(work->event.at, work->event.received_at, delivery->booked_at);
        delivery->state = DELIVERY_DELIVERED;
        delivery->reason = NULL;
        delivery->closed_by = NONE;
        delivery->event_id = work->event.id;
        delivery->completed_at = work->event.completed_at;
        return OK;
    }
    work->event.outcome = delivery_is_open(delivery->state) ? OUTCOME_FAILED : OUTCOME_KEPT;
    if (work->event.outcome == OUTCOME_KEPT) return OK;
    delivery->state = DELIVERY_FAILED;
    work->event.reason = verdict->failure_reason;
    delivery->reason = names_word(&failure_reason_names, verdict->failure_reason);
    return drop_give_back(c, delivery);
}

/* Another attempt of this order that is still open has less to bring now, or nothing. */
MUST static enum err lower_open_attempt(struct ctx *c, struct drop_work *work, struct delivery_row *other) {
    struct list lines;
    int64_t left = 0;
    TRY(store_delivery_lines(c, other->id, &lines));
    for (size_t i = 0; i < lines.n; i++) {
        struct delivery_line_row line = ((const struct delivery_line_row *)lines.at)[i];
        int64_t outstanding = 0;
        for (size_t k = 0; k < work->lines; k++)
            if (id_equal(work->line[k].product_id, line.product_id))
                outstanding = order_outstanding(&work->line[k]);
        left += line.authorised < outstanding ? line.authorised : outstanding;
        if (line.authorised <= outstanding) continue;
        line.authorised = outstanding;
        TRY(store_delivery_line_set(c, &line));
    }
    if (left > 0) return OK;
    struct delivery_row before = *other;
    if (other->kind == DELIVERY_RECOVERY) {
        work->commitment.recoveries--;
        work->recoveries_changed = true;
    }
    other->state = DELIVERY_CANCELLED;
    other->closed_by = PARTY_US;
    other->reason = "already_delivered";
    TRY(drop_give_back(c, other));
    TRY(store_delivery_state_set(c, other));
    TRY(drop_run_close(c, other->run_id));
    return app_audit(c, &(struct audit){.action = "delivery.cancel",
                                        .entity = "delivery",
                                        .id = other->id,
                                        .version = other->version,
                                        .change = app_change(c, &delivery_row_shape, &before, other)});
}

MUST static enum err apply_order(struct ctx *c, struct drop_work *work, const struct verdict *verdict) {
    struct list attempts;
    bool open_left = false;
    if (work->order.deliveries > 1) {
        TRY(store_delivery_of_order(c, work->order.id, &attempts));
        for (size_t i = 0; i < attempts.n; i++) {
            struct delivery_row other = ((const struct delivery_row *)attempts.at)[i];
            if (id_equal(other.id, work->delivery.id) || !delivery_is_open(other.state)) continue;
            TRY(lower_open_attempt(c, work, &other));
            open_left |= delivery_is_open(other.state);
        }
    }
    if (order_closed(work)) return OK;
    if (open_left)
        work->order.state = ORDER_SCHEDULED;
    else if (work->event.outcome != OUTCOME_KEPT || work->order.state == ORDER_SCHEDULED)
        work->order.state = order_state_after(work->line, work->lines, verdict->completes);
    return OK;
}

MUST static enum err open_findings(struct ctx *c, const struct drop_work *work,
                                   const struct verdict *verdict) {
    for (size_t i = 0; i < verdict->findings; i++) {
        const struct finding *finding = &verdict->finding[i];
        struct discrepancy found;
        shape_clear(&discrepancy_shape, &found);
        found.delivery_id = work->delivery.id;
        found.driver_id = work->event.driver_id;
        found.kind = finding->kind;
        found.severity = finding->severity;
        found.responsibility = finding->responsibility;
        found.product_id = finding->product_id;
        found.stated = finding->stated;
        found.lot = finding->lot;
        found.expected = finding->expected;
        found.actual = finding->actual;
        found.source = SOURCE_RECONCILIATION;
        found.event_id = work->event.id;
        TRY(app_discrepancy_open(c, &work->commitment, &found));
    }
    return OK;
}

/* Lines and units of the commitment: what its own deliveries brought, never a recovery. */
MUST static enum err count_units(struct ctx *c, struct drop_work *work) {
    struct commitment *row = &work->commitment;
    row->lines = row->lines_right = row->units_authorised = row->units_accepted = 0;
    for (size_t i = 0; i < work->lines; i++) {
        const struct order_line_row *line = &work->line[i];
        int64_t recovered = 0;
        if (work->order.deliveries > 1)
            TRY(store_drop_recovered(c, row->order_id, line->product_id, &recovered));
        int64_t accepted = line->accepted - recovered;
        row->lines++;
        row->lines_right += accepted == line->authorised;
        row->units_authorised += line->authorised;
        row->units_accepted += accepted < line->authorised ? accepted : line->authorised;
    }
    return OK;
}

/* A recovery is counted while it is not cancelled: one that came all the same counts again. */
MUST static enum err recover(struct ctx *c, struct drop_work *work) {
    bool again = work->was_cancelled && work->event.outcome == OUTCOME_DELIVERED;
    work->commitment.recoveries += again;
    return again || work->recoveries_changed ? store_commitment_set(c, &work->commitment) : OK;
}

/* The commitment goes with its latest attempt. A report for an older one takes it only when it completes,
 * and the later one brought nothing. */
MUST static enum err is_latest(struct ctx *c, const struct drop_work *work, bool *latest_out) {
    struct delivery_row standing;
    struct id id = work->commitment.delivery_id;
    *latest_out = true;
    if (id_is_none(id) || id_equal(id, work->delivery.id)) return OK;
    TRY(store_delivery_get(c, id, &standing));
    bool later = standing.attempt > work->delivery.attempt;
    bool happened = standing.state == DELIVERY_DELIVERED || delivery_is_open(standing.state);
    *latest_out = !later || (work->event.outcome == OUTCOME_DELIVERED && !happened);
    return OK;
}

MUST static enum err apply_commitment(struct ctx *c, struct drop_work *work, const struct verdict *verdict) {
    struct commitment *row = &work->commitment;
    bool changed, latest;
    if (work->delivery.kind == DELIVERY_RECOVERY) return recover(c, work);
    TRY(is_latest(c, work, &latest));
    if (latest) row->delivery_id = work->delivery.id;
    if (latest) row->driver_id = work->event.driver_id;
    if (verdict->completes) {
        bool first = row->completed_at == NONE || work->event.completed_at < row->completed_at;
        row->handed_over = 1;
        if (first) row->completed_at = work->event.completed_at;
        if (first) row->received_at = c->now;
    } else if (work->event.outcome == OUTCOME_FAILED) {
        row->fixed = 1;
    }
    TRY(count_units(c, work));
    if (verdict->findings > 0 || row->faults > 0) TRY(app_discrepancy_tally(c, row));
    TRY(app_timing_judge(c, row, &changed));
    return work->recoveries_changed ? store_commitment_set(c, row) : store_commitment_facts_set(c, row);
}

MUST static enum err record(struct ctx *c, struct drop_work *work, const struct drop_in *in,
                            const struct report *report) {
    struct verdict verdict;
    struct field_event_line *line;
    TRY(drop_judge(c, work, in, &line, &verdict));
    TRY(apply_lines(c, work, &verdict));
    TRY(apply_delivery(c, work, &verdict));
    TRY(apply_order(c, work, &verdict));
    TRY(drop_work_write(c, work));
    work->event.delivery_version = work->delivery.version;
    TRY(drop_event_write(c, &work->event, report));
    for (size_t i = 0; i < in->lines.n; i++)
        TRY(store_event_line_add(c, &line[i]));
    TRY(open_findings(c, work, &verdict));
    TRY(apply_commitment(c, work, &verdict));
    return app_audit(c, &(struct audit){.action = "delivery.confirm",
                                        .entity = "delivery",
                                        .id = work->delivery.id,
                                        .version = work->delivery.version,
                                        .reason = in->reason,
                                        .subject = work->delivery.patient_id,
                                        .change = app_change(c, &field_event_shape, NULL, &work->event)});
}

/* A second confirmation of a delivered stop is refused; the text names the one that stands. */
MUST static enum err first_confirmation(struct ctx *c, const struct delivery_row *found) {
    char first[ID_TEXT_SIZE];
    if (id_is_none(found->event_id)) return OK;
    return FAIL(
        c, ERR_STATE, "delivery.already-confirmed",
        "confirmation %s stands for this delivery; what it got wrong is put right by an amendment to it",
        id_format(found->event_id, first));
}

enum err app_drop_confirm(struct ctx *c, const struct delivery_row *found, const struct drop_in *in,
                          struct drop_answer *answer_out) {
    const struct report report = {.id = in->id,
                                  .kind = EVENT_CONFIRMATION,
                                  .at = in->at,
                                  .note = in->note,
                                  .on_behalf_of = in->on_behalf_of,
                                  .behalf_reason = in->reason,
                                  .receiver = in->received_by,
                                  .location = in->location,
                                  .evidence = in->evidence,
                                  .shape = &drop_in_shape,
                                  .body = in};
    struct drop_work work;
    bool replay;
    TRY(drop_event_replay(c, found, &report, &work.event, &replay));
    answer_out->replay = replay;
    if (replay) return answer(c, found, &work.event, answer_out);
    TRY(drop_check(c, in));
    TRY(drop_event_begin(c, found, &report, &work.event));
    TRY(first_confirmation(c, found));
    TRY(drop_work_load(c, found, &work));
    TRY(record(c, &work, in, &report));
    if (!id_is_none(found->patient_id)) TRY(app_stock_refresh(c, found->patient_id));
    return answer(c, &work.delivery, &work.event, answer_out);
}
