/* Offers, bookings, and every change of a window. Capacity is taken atomically and given back once. */
#ifndef CANARY_APP_DELIVERY_H
#define CANARY_APP_DELIVERY_H

#include "base/ctx.h"
#include "domain/commitment.h"
#include "domain/delivery_view.h"
#include "domain/order.h"
#include "store/store_delivery.h"

struct slot {
    int64_t date;
    const struct span *window;
    int64_t stops_left, weight_left_g;
};
extern const struct shape slot_shape;

/* The windows from … to (dates; at most 62 days; NONE: today, and 28 days on) on which the order's zone is
 * served, its depot open, the window still ahead, and stops and weight left for what is outstanding. */
MUST enum err app_slot_list(struct ctx *c, const struct order_row *order, int64_t from, int64_t to,
                            struct list *slots_out);

struct booking {
    struct id order_id;
    int64_t date;
    const struct span *window;
    int64_t requested_by; /* enum party; us when not stated */
    const char *reason;
};
extern const struct shape booking_shape;

/* Books the rest of an order: kind first, retry (after a failed attempt) or recovery (something was accepted
 * before). ERR_STATE "order.not-bookable", "slot.full"; ERR_INVALID "slot.not-served", "slot.closed",
 * "slot.past". */
MUST enum err app_delivery_book(struct ctx *c, struct order_row *order, const struct booking *in,
                                struct delivery_row *delivery_out);

struct reschedule {
    int64_t date;
    const struct span *window;
    int64_t requested_by;
    const char *reason;
};
extern const struct shape reschedule_shape;

/* Appends a promise; the commitment follows by its own rules. Leaves its run when the date changes or it was
 * dispatched. ERR_STATE "delivery.not-open". */
MUST enum err app_delivery_reschedule(struct ctx *c, struct delivery_row *delivery,
                                      const struct reschedule *in);

struct withdrawal {
    int64_t requested_by;
    const char *reason;
};
extern const struct shape withdrawal_shape;

/* Idempotent: what is cancelled stays as it is. ERR_STATE "delivery.not-open" when it has an outcome. */
MUST enum err app_delivery_cancel(struct ctx *c, struct delivery_row *delivery, const struct withdrawal *in);

/* By (date, id). timeliness is judged by the clock as each row is read. (struct delivery_row) */
MUST enum err app_delivery_list(struct ctx *c, const struct delivery_filter *filter, struct list *rows_out);

#endif
