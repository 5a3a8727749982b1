/* Amendments: a driver or a manager puts a confirmation right. It appends; both versions stay readable. */
#ifndef CANARY_APP_AMEND_H
#define CANARY_APP_AMEND_H

#include "app/app_drop.h"
#include "domain/amendment.h"

/* A confirmation that the actor may amend, with its delivery. */
struct amend_found {
    struct field_event confirmation;
    struct delivery_row delivery;
};

/* A driver their own, a manager any. Otherwise ERR_NOT_FOUND "not-found". */
MUST enum err app_amend_find(struct ctx *c, struct id confirmation_id, struct amend_found *found_out);

/* States the confirmation anew: what is not stated is held as before. Judged as if it had been the first
 * statement: against what was outstanding when the confirmation came. The order's units, the delivery, the
 * commitment and the discrepancies follow; a discrepancy that is found again stays as people left it, one
 * that is not is void (reason "amended") and superseded by what is found instead. An amendment made before
 * the one that stands (a phone that comes back late) is kept and changes nothing. ERR_CONFLICT
 * "event.id-reused", ERR_NOT_FOUND for another person's event id, ERR_DENIED "amendment.time-needs-manager",
 * ERR_INVALID for what the body lacks. The answer's discrepancies are those that this amendment found. */
MUST enum err app_amend(struct ctx *c, const struct amend_found *found, const struct amendment_in *in,
                        struct drop_answer *answer_out);

#endif
