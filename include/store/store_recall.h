/* Recalls, and who was handed what.
 *
 * A lot is compared without its case and its spaces: drivers type lots by hand, a scanner does not, and a
 * home that is missed because of a space is worse than one that is called in vain. It is kept as it was
 * stated. */
#ifndef CANARY_STORE_RECALL_H
#define CANARY_STORE_RECALL_H

#include "base/ctx.h"
#include "domain/recall.h"

/* SQL: what is the same of two writings of a lot; the indexes of schema/0007 are made of these very words. */
#define LOT_FOLDED(lot) "UPPER(REPLACE(" lot ", ' ', ''))"

/* With what was handed over of the lot, summed. ERR_NOT_FOUND without a fault when there is none. */
MUST enum err store_recall_get(struct ctx *c, struct id id, struct recall *recall_out);
/* The recall of this lot, however it is written. ERR_NOT_FOUND without a fault. */
MUST enum err store_recall_of_lot(struct ctx *c, struct id product_id, const char *lot,
                                  struct recall *recall_out);
/* Newest first, before (at, id); at NONE: from the start. */
MUST enum err store_recall_list(struct ctx *c, int64_t before_at, struct id before_id, int64_t limit,
                                struct list *recalls_out);
MUST enum err store_recall_add(struct ctx *c, const struct recall *recall);
/* Writes left_out, with version + 1. */
MUST enum err store_recall_set(struct ctx *c, struct recall *recall);
/* The oldest recall with something left to open; ERR_NOT_FOUND without a fault when there is none. */
MUST enum err store_recall_next(struct ctx *c, struct recall *recall_out);

/* A delivery that handed over units of the lot and has no wrong_lot of it, whatever became of one. */
struct recall_unopened {
    struct id delivery_id, order_id;
    struct id event_id;     /* the confirmation that stands, else the last: an amendment judges it again */
    struct id driver_id;    /* of the one that stands; no id: none does */
    int64_t units, version; /* of the delivery */
};
MUST enum err store_recall_unopened(struct ctx *c, const struct recall *recall, int64_t limit,
                                    struct list *rows_out);
MUST enum err store_recall_unopened_count(struct ctx *c, const struct recall *recall, int64_t *n_out);

/* One query: every delivery after `after` that handed over units of the lot, by id (struct recall_home, its
 * members "as read"), with what is known of the stock there. */
MUST enum err store_recall_homes(struct ctx *c, const struct recall *recall, struct id after, int64_t limit,
                                 struct list *homes_out);
/* Lots under recall of the products that the stops of a run bring (struct recalled_lot). */
MUST enum err store_recall_of_run(struct ctx *c, struct id run_id, struct list *lots_out);

#endif
