#include "app/app_audit.h"
#include "app/app_delivery_view.h"
#include "app/app_drop.h"
#include "app/drop_apply.h"
#include "app/drop_judge.h"
#include "base/id.h"
#include "store/store_commitment.h"
#include "store/store_delivery.h"
#include "store/store_drop.h"

static const struct field ANSWER_FIELDS[] = {
    FIELD(struct failure_answer, K_OBJ, failure, .sub = &failure_shape),
    FIELD(struct failure_answer, K_OBJ, delivery, .sub = &delivery_view_shape),
    FIELD(struct failure_answer, K_BOOL, replay, .flags = F_HIDDEN),
};
const struct shape failure_answer_shape = SHAPE("failure_recorded", struct failure_answer, ANSWER_FIELDS);

/* The answer of that moment, from the rows: a repeat gives the same. */
MUST static enum err answer(struct ctx *c, const struct delivery_row *now, const struct field_event *event,
                            struct failure_answer *answer_out) {
    struct failure *failure = arena_alloc(c->arena, sizeof *failure);
    struct delivery_view *view = arena_alloc(c->arena, sizeof *view);
    struct delivery_row row;
    if (!failure || !view) return FAIL(c, ERR_LIMIT, "request.too-large", "the answer is too large");
    TRY(drop_as_it_was(c, now, event, &row));
    TRY(app_failure_view(c, event, true, failure));
    TRY(app_delivery_view_then(c, &row, event->received_at, view));
    answer_out->failure = failure;
    answer_out->delivery = view;
    return OK;
}

/* A failure never overrides a confirmation, nor reopens what was cancelled: then it is kept, and changes
 * nothing. */
MUST static enum err apply(struct ctx *c, struct drop_work *work, const struct failure_in *in) {
    struct commitment *row = &work->commitment;
    work->event.outcome = OUTCOME_KEPT;
    work->event.reason = in->reason;
    if (!delivery_is_open(work->delivery.state)) /* it has one event more: another version */
        return store_delivery_set(c, &work->delivery);
    TRY(drop_fail_delivery(c, work, in->reason));
    work->order.state = order_state_after(work->line, work->lines, false);
    TRY(drop_work_write(c, work));
    if (work->delivery.kind == DELIVERY_RECOVERY) return OK;
    row->fixed = 1;
    row->delivery_id = work->delivery.id;
    row->driver_id = work->event.driver_id;
    return store_commitment_facts_set(c, row);
}

MUST static enum err record(struct ctx *c, const struct delivery_row *found, const struct failure_in *in,
                            struct drop_work *work, bool *replay_out) {
    const struct report report = {.id = in->id,
                                  .kind = EVENT_FAILURE,
                                  .at = in->at,
                                  .note = in->note,
                                  .on_behalf_of = in->on_behalf_of,
                                  .behalf_reason = in->behalf_reason,
                                  .location = in->location,
                                  .evidence = in->evidence,
                                  .shape = &failure_in_shape,
                                  .body = in};
    work->delivery = *found;
    TRY(drop_event_replay(c, found, &report, &work->event, replay_out));
    if (*replay_out) return OK;
    TRY(drop_event_check(c, &report));
    TRY(drop_event_begin(c, found, &report, &work->event));
    TRY(drop_measure(c, found->order_id, in->location, &work->event));
    TRY(drop_work_load(c, found, work));
    TRY(apply(c, work, in));
    work->event.delivery_version = work->delivery.version;
    TRY(drop_event_write(c, &work->event, &report));
    return app_audit(c, &(struct audit){.action = "delivery.fail",
                                        .entity = "delivery",
                                        .id = found->id,
                                        .version = work->delivery.version,
                                        .reason = in->behalf_reason,
                                        .change = app_change(c, &field_event_shape, NULL, &work->event)});
}

enum err app_drop_fail(struct ctx *c, const struct delivery_row *found, const struct failure_in *in,
                       struct failure_answer *answer_out) {
    struct drop_work work;
    bool replay;
    TRY(record(c, found, in, &work, &replay));
    answer_out->replay = replay;
    return answer(c, &work.delivery, &work.event, answer_out);
}

enum err app_drop_fail_record(struct ctx *c, const struct delivery_row *found, const struct failure_in *in,
                              bool *replay_out) {
    struct drop_work work;
    return record(c, found, in, &work, replay_out);
}
