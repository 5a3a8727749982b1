#include "app/app_drop.h"
#include "app/app_audit.h"
#include "app/app_delivery_view.h"
#include "app/app_stock.h"
#include "app/drop_answer.h"
#include "app/drop_apply.h"
#include "app/drop_judge.h"
#include "base/id.h"
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
    bool all = c->actor.role == ROLE_MANAGER || c->actor.role == ROLE_DISPATCHER;
    enum err err = ERR_NOT_FOUND;
    if (all) err = store_delivery_get(c, delivery_id, delivery_out);
    if (c->actor.role == ROLE_DRIVER)
        err = store_delivery_get_drivers(c, delivery_id, c->actor.user_id, delivery_out);
    if (err == ERR_NOT_FOUND) return FAIL(c, err, "not-found", "there is no such thing here");
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

enum err drop_answer(struct ctx *c, const struct delivery_row *now, const struct field_event *event,
                     struct drop_answer *answer_out) {
    struct field_event base = *event;
    struct confirmation *confirmation = arena_alloc(c->arena, sizeof *confirmation);
    struct delivery_view *view = arena_alloc(c->arena, sizeof *view);
    struct delivery_row row;
    if (!confirmation || !view) return FAIL(c, ERR_LIMIT, "request.too-large", "the answer is too large");
    if (event->kind == EVENT_AMENDMENT) TRY(store_event_get(c, event->amends, &base));
    TRY(drop_as_it_was(c, now, event, &row));
    TRY(store_discrepancy_of_event(c, event->id, &answer_out->discrepancies));
    as_found(answer_out->discrepancies);
    TRY(app_confirmation_view(c, &base, event->delivery_version, true, confirmation));
    const struct delivery_known known = {&base, confirmation, answer_out->discrepancies, NULL, NULL};
    TRY(app_delivery_view_of(c, &row, event->received_at, &known, view));
    answer_out->confirmation = confirmation;
    answer_out->delivery = view;
    return OK;
}

/* What one call has recorded, or found recorded. */
struct done {
    bool replay;
    struct drop_work work; /* of a replay the event alone */
    struct drop_said said;
    size_t findings;
};

MUST static enum err found_by_it(struct ctx *c, const struct done *done, struct list *found_out) {
    *found_out = (struct list){NULL, 0};
    if (!done->replay && done->findings == 0) return OK;
    TRY(store_discrepancy_of_event(c, done->work.event.id, found_out));
    as_found(*found_out);
    return OK;
}

/* Nothing that is in hand is read again. */
MUST static enum err answer_first(struct ctx *c, const struct done *done, struct drop_answer *answer_out) {
    const struct drop_work *work = &done->work;
    struct confirmation *confirmation = arena_alloc(c->arena, sizeof *confirmation);
    struct delivery_view *view = arena_alloc(c->arena, sizeof *view);
    if (!confirmation || !view) return FAIL(c, ERR_LIMIT, "request.too-large", "the answer is too large");
    TRY(found_by_it(c, done, &answer_out->discrepancies));
    TRY(app_confirmation_view_said(c, &work->event, &done->said, confirmation));
    const struct delivery_known known = {&work->event, confirmation, answer_out->discrepancies,
                                         &work->commitment, &work->sent};
    TRY(app_delivery_view_of(c, &work->delivery, work->event.received_at, &known, view));
    answer_out->confirmation = confirmation;
    answer_out->delivery = view;
    return OK;
}

/* ---- the use case ---- */

MUST static enum err record(struct ctx *c, struct done *done, const struct drop_in *in,
                            const struct report *report) {
    struct drop_work *work = &done->work;
    struct verdict verdict;
    struct field_event_line *line;
    struct id found;
    TRY(drop_judge(c, work, in, &line, &verdict));
    drop_apply_lines(work, &verdict);
    TRY(drop_apply_delivery(c, work, &verdict));
    TRY(drop_apply_order(c, work, &verdict));
    TRY(drop_work_write(c, work));
    TRY(drop_write_statement(c, work, report, line, in->lines.n));
    for (size_t i = 0; i < verdict.findings; i++)
        TRY(drop_open_finding(c, work, &verdict.finding[i], &found));
    TRY(drop_apply_commitment(c, work, &verdict));
    done->said.lines = (struct list){line, in->lines.n};
    done->findings = verdict.findings;
    if (!id_is_none(work->delivery.patient_id))
        TRY(app_stock_add(c, &work->stock, &work->event, done->said.lines));
    return app_audit(c, &(struct audit){.action = "delivery.confirm",
                                        .entity = "delivery",
                                        .id = work->delivery.id,
                                        .version = work->delivery.version,
                                        .reason = in->reason,
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

/* What can be refused is refused before the first write. */
MUST static enum err confirm(struct ctx *c, const struct delivery_row *found, const struct drop_in *in,
                             struct done *done) {
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
    struct drop_work *work = &done->work;
    TRY(drop_event_replay(c, found, &report, &work->event, &done->replay));
    if (done->replay) return OK;
    TRY(drop_check(c, in));
    TRY(drop_event_check(c, &report));
    TRY(first_confirmation(c, found));
    TRY(drop_event_begin(c, found, &report, &work->event));
    TRY(drop_work_load(c, found, work));
    work->dropped_at = completed_at(work->event.at, work->event.received_at, found->booked_at);
    drop_private_of(&report, &done->said.kept);
    return record(c, done, in, &report);
}

enum err app_drop_confirm(struct ctx *c, const struct delivery_row *found, const struct drop_in *in,
                          struct drop_answer *answer_out) {
    struct done done;
    TRY(confirm(c, found, in, &done));
    answer_out->replay = done.replay;
    return done.replay ? drop_answer(c, found, &done.work.event, answer_out)
                       : answer_first(c, &done, answer_out);
}

enum err app_drop_record(struct ctx *c, const struct delivery_row *found, const struct drop_in *in,
                         bool *replay_out, struct list *found_out) {
    struct done done;
    TRY(confirm(c, found, in, &done));
    *replay_out = done.replay;
    return found_by_it(c, &done, found_out);
}
