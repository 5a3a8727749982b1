#include "app/drop_apply.h"
#include "app/app_audit.h"
#include "app/app_discrepancy.h"
#include "base/id.h"
#include "store/store_commitment.h"
#include "store/store_delivery.h"
#include "store/store_drop.h"
#include "store/store_order.h"

/* ---- what the drop changes ---- */

bool drop_order_closed(const struct drop_work *work) {
    return work->order.state == ORDER_CANCELLED || work->order.state == ORDER_SKIPPED;
}

/* Units count against the order whatever became of the delivery; a closed order wanted none of them. */
void drop_apply_lines(struct drop_work *work, const struct verdict *verdict) {
    if (drop_order_closed(work)) return;
    for (size_t i = 0; i < verdict->lines; i++) {
        const struct line_result *result = &verdict->line[i];
        for (size_t k = 0; k < work->lines; k++) {
            struct order_line_row *line = &work->line[k];
            if (!id_equal(line->product_id, result->product_id)) continue;
            line->accepted += result->accepted;
            line->refused += result->refused;
        }
    }
}

enum err drop_fail_delivery(struct ctx *c, struct drop_work *work, int64_t reason) {
    struct delivery_row *delivery = &work->delivery;
    work->event.outcome = OUTCOME_FAILED;
    work->event.reason = reason;
    delivery->state = DELIVERY_FAILED;
    delivery->reason = names_word(&failure_reason_names, reason);
    delivery->event_id = (struct id){{0}};
    delivery->completed_at = NONE;
    return drop_give_back(c, delivery);
}

enum err drop_apply_delivery(struct ctx *c, struct drop_work *work, const struct verdict *verdict) {
    struct delivery_row *delivery = &work->delivery;
    work->was_cancelled = delivery->state == DELIVERY_CANCELLED;
    if (verdict->completes) {
        work->event.outcome = OUTCOME_DELIVERED;
        work->event.completed_at = work->dropped_at;
        delivery->state = DELIVERY_DELIVERED;
        delivery->reason = NULL;
        delivery->closed_by = NONE;
        delivery->event_id = work->event.id;
        delivery->completed_at = work->event.completed_at;
        return OK;
    }
    work->event.outcome = OUTCOME_KEPT;
    return delivery_is_open(delivery->state) ? drop_fail_delivery(c, work, verdict->failure_reason) : OK;
}

/* Another attempt of this order that is still open has less to bring now, or nothing. */
MUST static enum err lower_open_attempt(struct ctx *c, struct drop_work *work, struct delivery_row *other) {
    struct list lines;
    int64_t left = 0;
    TRY(store_delivery_lines_of(c, other->id, work->line, work->lines, &lines));
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

enum err drop_apply_order(struct ctx *c, struct drop_work *work, const struct verdict *verdict) {
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
    if (drop_order_closed(work)) return OK;
    bool has_come = work->order.state == ORDER_DELIVERED || work->order.state == ORDER_PART_DELIVERED;
    bool is_kept = work->event.outcome == OUTCOME_KEPT;
    if (open_left)
        work->order.state = ORDER_SCHEDULED;
    else if (!is_kept || has_come || work->order.state == ORDER_SCHEDULED) /* its lines may be others now */
        work->order.state =
            order_state_after(work->line, work->lines, verdict->completes || (is_kept && has_come));
    return OK;
}

enum err drop_write_statement(struct ctx *c, struct drop_work *work, const struct report *report,
                              const struct field_event_line *line, size_t lines) {
    work->event.delivery_version = work->delivery.version;
    TRY(drop_event_write(c, &work->event, report));
    for (size_t i = 0; i < lines; i++)
        TRY(store_event_line_add(c, &line[i]));
    return OK;
}

enum err drop_open_finding(struct ctx *c, const struct drop_work *work, const struct finding *finding,
                           struct id *id_out) {
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
    *id_out = found.id;
    return OK;
}

/* Lines and units of the commitment: what its own deliveries brought, never a recovery. */
enum err drop_count_units(struct ctx *c, struct drop_work *work) {
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
enum err drop_recover(struct ctx *c, struct drop_work *work) {
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

enum err drop_apply_commitment(struct ctx *c, struct drop_work *work, const struct verdict *verdict) {
    struct commitment *row = &work->commitment;
    bool changed, latest;
    if (work->delivery.kind == DELIVERY_RECOVERY) return drop_recover(c, work);
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
    TRY(drop_count_units(c, work));
    if (verdict->findings > 0 || row->faults > 0) TRY(app_discrepancy_tally(c, row));
    TRY(app_timing_judge(c, row, BY_WITNESS, &changed));
    return work->recoveries_changed ? store_commitment_set(c, row) : store_commitment_facts_set(c, row);
}
