/* Recalls of lots: who has it, how much is likely left, and a discrepancy for each delivery that brought it.
 */
#ifndef CANARY_APP_RECALL_H
#define CANARY_APP_RECALL_H

#include "base/ctx.h"
#include "domain/recall.h"

/* Recalls a lot from now on: later drops of it are judged wrong_lot when they come in (app_drop.h), whenever
 * they were made. Opens the wrong_lot (source recall) of at most LIMIT_RECALL_GROUP deliveries in this unit,
 * so that drops do not wait; left_out of the rest are opened by app_recall_open. ERR_INVALID for an unknown
 * product; ERR_STATE "recall.exists", naming the one that stands. */
MUST enum err app_recall_add(struct ctx *c, const struct recall_in *in, struct recall *recall_out);

/* The clock's part: the next group of the oldest recall that has something left. opened_out: how many
 * discrepancies; left_out: 1 when there is more to do. One unit. */
MUST enum err app_recall_open(struct ctx *c, int64_t *opened_out, int64_t *left_out);

/* NOT_FOUND "not-found". */
MUST enum err app_recall_get(struct ctx *c, struct id id, struct recall *recall_out);

/* Deliveries after `after` that handed over units of the lot, by id, at most `limit` (struct recall_home):
 * the oldest first, for ids grow with time. What is left is told as domain/recall.h defines it, today at the
 * depot; a patient who is admitted or ended uses nothing from then on. */
MUST enum err app_recall_affected(struct ctx *c, const struct recall *recall, struct id after, int64_t limit,
                                  struct list *homes_out);

#endif
