/* What a rep needs while the patient is on the line: everything that happened, newest first. */
#ifndef CANARY_APP_TIMELINE_H
#define CANARY_APP_TIMELINE_H

#include "domain/contact.h"
#include "domain/delivery_view.h"
#include "domain/erasure.h"
#include "domain/stock.h"
#include "store/store_timeline.h"

struct timeline_order {
    int64_t kind, due_date, state, closed_by;
    const char *reason;
};

/* One of the objects is set: the one that `type` names. */
struct timeline_item {
    int64_t at, type; /* enum timeline_type */
    struct id id, order_id, delivery_id;
    const struct timeline_order *order;
    const struct contact *contact;
    const struct stock_count *count;
    const struct promise_view *promise;
    const struct confirmation *drop;
    const struct failure *failure;
    const struct discrepancy *discrepancy;
    const struct erasure *erasure;
};
extern const struct shape timeline_item_shape;

/* At most `limit` items before the cursor (NONE: from the start), or a few more: what has the same instant
 * and id is not parted. *more_out: there is a next page, after the last item's (at, id). */
MUST enum err app_timeline(struct ctx *c, struct id patient_id, int64_t before_at, struct id before_id,
                           int64_t limit, struct list *items_out, bool *more_out);

#endif
