/* What an independent pass reads of every drop that is held: its raw lines, what it was sent out with, and
 * the discrepancies that were recorded of it. */
#ifndef CANARY_STORE_VERIFY_DROPS_H
#define CANARY_STORE_VERIFY_DROPS_H

#include "base/ctx.h"
#include "domain/words.h"

/* A confirmation as it is held now: as it came, or as its last amendment that stands has it. */
struct verify_drop {
    struct id id, own_id, confirmation_id, delivery_id, order_id;
    int64_t others;                                /* confirmations of other drops of the order */
    int64_t received_at, confirmed_at, dropped_at; /* the statement; its confirmation; when it was made */
    int64_t place, receiver_known, bypass, images; /* images: that it names */
    const char *timezone, *promised_zone;          /* of the depot today, and when the window was promised */
    int64_t closed;    /* 1: the order is cancelled or skipped; nobody can tell whether it was so then */
    int64_t entangled; /* 1: another drop of the order was amended, or came in the same millisecond */
};
/* In the order of their own ids, those greater than `after`; ids of zeros: from the first. */
MUST enum err store_verify_drops(struct ctx *c, struct id after, int64_t limit, struct list *drops_out);

struct verify_line {
    struct id product_id;
    const char *stated; /* of a product without an id, else NULL */
    int64_t qty;
    const char *lot;                                                       /* "": none */
    int64_t expiry, condition, on_order, lot_tracked, shelf_life_min_days; /* the last two as ordered */
    int64_t recalled; /* 1: its lot was under recall when the statement came */
};
MUST enum err store_verify_lines(struct ctx *c, const struct verify_drop *drop, struct list *lines_out);

/* A line of the order: what it may be in all, what this delivery has of it, what earlier drops brought. */
struct verify_promised {
    struct id product_id;
    int64_t authorised, sent, before;
};
MUST enum err store_verify_promised(struct ctx *c, const struct verify_drop *drop, struct list *promised_out);

/* Found by reconciliation or a recall, and not set aside by an amendment. lot "": none. */
struct verify_recorded {
    struct id id;
    int64_t kind;
    struct id product_id;
    const char *stated, *lot;
    int64_t expected, actual, state;
};
MUST enum err store_verify_recorded(struct ctx *c, const struct verify_drop *drop, struct list *recorded_out);

#endif
