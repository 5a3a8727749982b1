/* An attempt to hand over, its promises, and what the driver stated, as they are stored. */
#ifndef CANARY_DOMAIN_DELIVERY_H
#define CANARY_DOMAIN_DELIVERY_H

#include "base/shape.h"
#include "domain/words.h"

/* Members as the columns of delivery. */
struct delivery_row {
    struct id id, order_id;
    int64_t attempt;
    int64_t kind; /* enum delivery_kind */
    struct id patient_id, customer_id, depot_id, zone_id;
    int64_t date, from_min, to_min, starts_at, ends_at;
    int64_t state;     /* enum delivery_state */
    int64_t closed_by; /* enum party */
    const char *reason;
    struct id run_id;
    int64_t stop, promises, weight_g, holds;
    struct id event_id;
    int64_t completed_at, booked_at, version;
};
extern const struct shape delivery_row_shape;

struct delivery_line_row {
    struct id delivery_id, product_id;
    int64_t authorised;
};
extern const struct shape delivery_line_row_shape;

struct promise_row {
    struct id delivery_id;
    int64_t number, date, from_min, to_min;
    const char *timezone;
    int64_t starts_at, ends_at;
    int64_t requested_by; /* enum party */
    int64_t at;
    struct id by_id;
    struct blob private_digest;
    const char *reason; /* read from personal_value; never written here */
};
extern const struct shape promise_row_shape;

/* scheduled or dispatched. */
bool delivery_is_open(int64_t state);

#endif
