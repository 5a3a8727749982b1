/* What drivers report: a drop or a failed attempt. The event's id is looked up before everything else, and a
 * true statement is never refused because it does not match the order. */
#ifndef CANARY_APP_DROP_H
#define CANARY_APP_DROP_H

#include "base/ctx.h"
#include "domain/delivery_view.h"

/* Section 6: {"confirmation", "delivery", "discrepancies"}. */
struct drop_answer {
    const struct confirmation *confirmation;
    const struct delivery_view *delivery;
    struct list discrepancies;
    int64_t replay; /* 1: this id was known: the verdict as first given */
};
extern const struct shape drop_answer_shape;

struct failure_answer {
    const struct failure *failure;
    const struct delivery_view *delivery;
    int64_t replay;
};
extern const struct shape failure_answer_shape;

/* The delivery, if the actor may report on it: a driver on what is or was a stop of theirs, a dispatcher or
 * manager on any. Otherwise ERR_NOT_FOUND "not-found". */
MUST enum err app_drop_find(struct ctx *c, struct id delivery_id, struct delivery_row *delivery_out);

/* Records the drop and judges it. ERR_CONFLICT "event.id-reused" (same id, other content), ERR_STATE
 * "delivery.already-confirmed" (another confirmation stands; the text names it), ERR_NOT_FOUND for another
 * driver's event id, ERR_INVALID for what the body lacks. */
MUST enum err app_drop_confirm(struct ctx *c, const struct delivery_row *found, const struct drop_in *in,
                               struct drop_answer *answer_out);
/* The same without the answer: for a batch, which tells only whether the id was known and what was found
 * (struct discrepancy). */
MUST enum err app_drop_record(struct ctx *c, const struct delivery_row *found, const struct drop_in *in,
                              bool *replay_out, struct list *found_out);
MUST enum err app_drop_fail(struct ctx *c, const struct delivery_row *found, const struct failure_in *in,
                            struct failure_answer *answer_out);
MUST enum err app_drop_fail_record(struct ctx *c, const struct delivery_row *found,
                                   const struct failure_in *in, bool *replay_out);

#endif
