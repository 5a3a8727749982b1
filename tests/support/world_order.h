/* Orders, bookings and runs of the test world, each made by its use case, in one line. */
#ifndef CANARY_TESTS_WORLD_ORDER_H
#define CANARY_TESTS_WORLD_ORDER_H

#include "domain/commitment.h"
#include "domain/delivery_view.h"
#include "domain/order.h"
#include "world.h"

/* A confirmed order of a patient, due on a date, of `authorised` units of products 0 … n-1 (0: not on it). */
struct id world_order(struct world *w, int patient, const char *due_date, const int64_t *authorised,
                      size_t n);
/* Books it: date and window "08:00"-"12:00". */
struct id world_book(struct world *w, struct id order_id, const char *date, const char *from, const char *to);
/* A dispatched run of driver `driver` with this one stop. */
struct id world_dispatch(struct world *w, struct id delivery_id, int driver);
struct commitment world_commitment(struct world *w, struct id order_id);
struct delivery_row world_delivery(struct world *w, struct id delivery_id);
struct order_row world_order_row(struct world *w, struct id order_id);

/* A stated line. */
struct stated {
    int product; /* of the world; -1: an unknown code */
    int64_t qty;
    int64_t condition;
    const char *lot; /* NULL: "L1" for lot-tracked products, none otherwise; "": none */
    const char *expiry;
};
struct drop_answer;
/* The driver's drop at an RFC 3339 instant of the device, received now (world_at), at the home, by the
 * patient, signed. Answers the use case's error; `id` no id: a new one. */
enum err world_drop(struct world *w, struct id id, struct id delivery_id, int driver, const char *at,
                    const struct stated *stated, size_t n, struct drop_answer *answer_out);
/* Units accepted on all orders' lines, as they read. */
int64_t world_accepted(struct world *w);
/* Number of discrepancies of an order of a kind that are not void; -1 as kind: all. */
int64_t world_found(struct world *w, struct id order_id, const char *kind);

#endif
