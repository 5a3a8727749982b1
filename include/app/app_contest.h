/* A customer's or patient's word that a delivery was not what the record says: kept, never changing the
 * record. */
#ifndef CANARY_APP_CONTEST_H
#define CANARY_APP_CONTEST_H

#include "base/ctx.h"
#include "domain/delivery.h"
#include "domain/drop.h"

/* Appends the contest and opens its discrepancy (kind contested, cause: what). The same id and content again:
 * *replay_out true and the same answer; other content: ERR_CONFLICT "event.id-reused"; somebody else's id:
 * ERR_NOT_FOUND. */
MUST enum err app_contest_add(struct ctx *c, const struct delivery_row *found, const struct contest_in *in,
                              struct contest_row *contest_out, bool *replay_out);

#endif
