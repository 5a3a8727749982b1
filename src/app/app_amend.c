#include "app/app_amend.h"
#include "app/amend_statement.h"
#include "app/app_audit.h"
#include "app/app_discrepancy.h"
#include "app/app_stock.h"
#include "app/drop_answer.h"
#include "app/drop_apply.h"
#include "app/drop_judge.h"
#include "app/evidence_wait.h"
#include "base/id.h"
#include "base/text.h"
#include "store/store_commitment.h"
#include "store/store_delivery.h"
#include "store/store_discrepancy.h"
#include "store/store_drop.h"
#include "store/store_order.h"

#define AMENDED "amended" /* the reason of what an amendment made void */

enum err app_amend_find(struct ctx *c, struct id confirmation_id, struct amend_found *found_out) {
    struct field_event *event = &found_out->confirmation;
    enum err err = store_event_get(c, confirmation_id, event);
    bool own = c->actor.role == ROLE_MANAGER || id_equal(event->driver_id, c->actor.user_id);
    if (err == ERR_NOT_FOUND || (err == OK && (!own || event->kind != EVENT_CONFIRMATION)))
        return FAIL(c, ERR_NOT_FOUND, "not-found", "there is no such thing here");
    if (err != OK) return err;
    return store_delivery_get(c, event->delivery_id, &found_out->delivery);
}

/* ---- what it may say ---- */

MUST static enum err check(struct ctx *c, const struct amend_found *found, const struct amendment_in *in) {
    if (in->dropped_at == NONE) return OK;
    if (c->actor.role != ROLE_MANAGER)
        return FAIL(c, ERR_DENIED, "amendment.time-needs-manager",
                    "The time of a drop is put right by a manager: leave dropped_at out, or ask one.");
    if (in->dropped_at > c->now || in->dropped_at < found->delivery.booked_at)
        ctx_fault_item(c, "/dropped_at", "must be between the booking of the delivery and now");
    return ctx_faults(c);
}

/* ---- what it changes ---- */

/* Units per product on the work's lines. */
static void add_units(struct drop_work *work, const struct list *units, int64_t sign) {
    for (size_t i = 0; i < units->n; i++) {
        const struct statement_units *of = (const struct statement_units *)units->at + i;
        for (size_t k = 0; k < work->lines; k++) {
            if (!id_equal(work->line[k].product_id, of->product_id)) continue;
            work->line[k].accepted += sign * of->accepted;
            work->line[k].refused += sign * of->refused;
        }
    }
}

/* As the order stood when the confirmation came: of its lines only what others had stated before. */
MUST static enum err judge_as_then(struct ctx *c, struct drop_work *work, const struct field_event *base,
                                   const struct drop_in *whole, struct field_event_line **lines_out,
                                   struct verdict *verdict_out) {
    struct drop_work then = *work;
    struct list before;
    then.line = (struct order_line_row *)(void *)arena_memdup(c->arena, (const char *)work->line,
                                                              work->lines * sizeof *work->line);
    if (work->lines && !then.line) return FAIL(c, ERR_LIMIT, "request.too-large", "the order is too large");
    for (size_t i = 0; i < then.lines; i++)
        then.line[i].accepted = then.line[i].refused = 0;
    TRY(store_statement_units_before(c, work->order.id, base, &before));
    add_units(&then, &before, 1);
    TRY(drop_judge(c, &then, whole, lines_out, verdict_out));
    work->event = then.event;
    return OK;
}

/* Takes back what the statement until now had brought, then adds what it brings from now on. */
MUST static enum err restate_lines(struct ctx *c, struct drop_work *work, const struct field_event *standing,
                                   const struct verdict *verdict) {
    struct list units;
    if (drop_order_closed(work)) return OK;
    TRY(store_statement_units(c, standing->own_id, &units));
    add_units(work, &units, -1);
    drop_apply_lines(work, verdict);
    return OK;
}

MUST static enum err restate_delivery(struct ctx *c, struct drop_work *work, const struct field_event *base,
                                      const struct verdict *verdict) {
    struct delivery_row *delivery = &work->delivery;
    bool own = id_equal(delivery->event_id, base->id);
    work->event.outcome = OUTCOME_KEPT;
    if (!own && !id_is_none(delivery->event_id)) return OK; /* another confirmation stands */
    if (own && !verdict->completes)                         /* nothing was handed over after all */
        return drop_fail_delivery(c, work, verdict->failure_reason);
    TRY(drop_apply_delivery(c, work, verdict));
    if (verdict->completes)
        delivery->event_id = base->id;
    else if (work->event.outcome == OUTCOME_KEPT && base->outcome == OUTCOME_FAILED)
        return drop_fail_delivery(c, work,
                                  verdict->failure_reason); /* as before, for the reason stated now */
    return OK;
}

/* ---- the discrepancies: found again, found instead, found no more ---- */

static bool same_finding(const struct discrepancy *row, const struct finding *finding) {
    return row->kind == finding->kind && id_equal(row->product_id, finding->product_id) &&
           text_equal(row->stated, finding->stated) && text_equal(row->lot, finding->lot);
}

/* What a person made void stays void when it is found again; what an amendment made void does not count. */
static bool still_counts(const struct discrepancy *row) {
    return row->state != DISCREPANCY_VOID || !text_equal(row->reason, AMENDED);
}

static bool found_again(const struct discrepancy *row, const struct finding *finding) {
    return still_counts(row) && same_finding(row, finding) && row->expected == finding->expected &&
           row->actual == finding->actual;
}

MUST static enum err set_aside(struct ctx *c, struct discrepancy *row, struct id by) {
    row->state = DISCREPANCY_VOID;
    row->closed_at = c->now;
    row->reason = AMENDED;
    row->superseded_by = by;
    return store_discrepancy_set(c, row);
}

MUST static enum err compare_findings(struct ctx *c, const struct drop_work *work,
                                      const struct field_event *base, const struct verdict *verdict) {
    struct list rows;
    TRY(store_discrepancy_of_statement(c, base->id, &rows));
    struct discrepancy *row = (struct discrepancy *)(uintptr_t)rows.at;
    bool *again = arena_array(c->arena, rows.n + 1, sizeof *again);
    struct id *instead = arena_array(c->arena, rows.n + 1, sizeof *instead);
    if (!again || !instead) return FAIL(c, ERR_LIMIT, "request.too-large", "the report is too large");
    for (size_t i = 0; i < verdict->findings; i++) {
        const struct finding *finding = &verdict->finding[i];
        struct id id = {{0}};
        size_t match = rows.n;
        for (size_t k = 0; k < rows.n; k++)
            if (found_again(&row[k], finding)) match = k;
        again[match] = true; /* again[rows.n]: nobody's */
        if (match == rows.n) TRY(drop_open_finding(c, work, finding, &id));
        for (size_t k = 0; k < rows.n; k++)
            if (match == rows.n && same_finding(&row[k], finding)) instead[k] = id;
    }
    for (size_t k = 0; k < rows.n; k++)
        if (!again[k] && row[k].state != DISCREPANCY_VOID) TRY(set_aside(c, &row[k], instead[k]));
    return OK;
}

/* ---- the commitment ---- */

MUST static enum err restate_commitment(struct ctx *c, struct drop_work *work) {
    struct commitment *row = &work->commitment;
    int64_t first;
    bool changed;
    if (work->delivery.kind == DELIVERY_RECOVERY) return drop_recover(c, work);
    TRY(store_statement_first(c, row->order_id, &first));
    if (first != row->completed_at) row->received_at = first == NONE ? NONE : c->now;
    row->completed_at = first;
    row->handed_over = first != NONE;
    if (work->event.outcome == OUTCOME_FAILED) row->fixed = 1;
    TRY(drop_count_units(c, work));
    TRY(app_discrepancy_tally(c, row));
    TRY(app_timing_judge(c, row, BY_AMENDMENT, &changed));
    return store_commitment_set(c, row);
}

/* ---- the use case ---- */

MUST static enum err audit(struct ctx *c, const struct drop_work *work, const struct amendment_in *in) {
    return app_audit(c, &(struct audit){.action = "delivery.amend",
                                        .entity = "delivery",
                                        .id = work->delivery.id,
                                        .version = work->delivery.version,
                                        .reason = in->reason,
                                        .change = app_change(c, &field_event_shape, NULL, &work->event)});
}

/* Older than what stands: kept with all that it says, and nothing follows from it. */
MUST static enum err keep(struct ctx *c, struct drop_work *work, const struct statement *statement,
                          const struct report *report, const struct amendment_in *in) {
    struct field_event_line *line;
    struct verdict verdict;
    TRY(judge_as_then(c, work, &statement->base, &statement->whole, &line, &verdict));
    amend_keep_scans(statement, line);
    work->event.outcome = OUTCOME_KEPT;
    work->event.stands = 0;
    TRY(store_delivery_set(c, &work->delivery)); /* it has one event more: another version */
    TRY(drop_write_statement(c, work, report, line, statement->whole.lines.n));
    return audit(c, work, in);
}

MUST static enum err restate(struct ctx *c, struct drop_work *work, const struct statement *statement,
                             const struct report *report, const struct amendment_in *in) {
    struct field_event_line *line;
    struct verdict verdict;
    TRY(judge_as_then(c, work, &statement->base, &statement->whole, &line, &verdict));
    amend_keep_scans(statement, line);
    TRY(restate_lines(c, work, &statement->standing, &verdict));
    TRY(restate_delivery(c, work, &statement->base, &verdict));
    if (verdict.completes) work->event.completed_at = work->dropped_at;
    TRY(drop_apply_order(c, work, &verdict));
    TRY(drop_work_write(c, work));
    TRY(drop_write_statement(c, work, report, line, statement->whole.lines.n));
    TRY(compare_findings(c, work, &statement->base, &verdict));
    TRY(evidence_settle(c, &work->event));
    TRY(restate_commitment(c, work));
    if (!id_is_none(work->delivery.patient_id)) TRY(app_stock_refresh(c, work->delivery.patient_id));
    return audit(c, work, in);
}

enum err app_amend(struct ctx *c, const struct amend_found *found, const struct amendment_in *in,
                   struct drop_answer *answer_out) {
    struct statement statement;
    struct drop_work work;
    struct report report = amend_report(c, &found->confirmation, in);
    bool replay;
    TRY(drop_event_replay(c, &found->delivery, &report, &work.event, &replay));
    answer_out->replay = replay;
    if (replay) return drop_answer(c, &found->delivery, &work.event, answer_out);
    TRY(check(c, found, in));
    TRY(drop_evidence_check(c, in->evidence));
    TRY(amend_statement(c, found, in, &statement));
    TRY(drop_check(c, &statement.whole));
    report.receiver = statement.whole.received_by;
    report.location = statement.whole.location;
    report.note = statement.whole.note;
    report.evidence = statement.whole.evidence;
    TRY(drop_event_check(c, &report));
    TRY(drop_event_begin(c, &found->delivery, &report, &work.event));
    work.event.amends = found->confirmation.id;
    work.event.dropped_at = statement.put_right;
    TRY(drop_work_load(c, &found->delivery, &work));
    work.dropped_at = statement.dropped_at;
    TRY(amendment_stands(report.at, statement.standing_at) ? restate(c, &work, &statement, &report, in)
                                                           : keep(c, &work, &statement, &report, in));
    return drop_answer(c, &work.delivery, &work.event, answer_out);
}
