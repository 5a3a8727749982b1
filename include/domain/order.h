/* The monthly patient order and its lines, as they are stored. */
#ifndef CANARY_DOMAIN_ORDER_H
#define CANARY_DOMAIN_ORDER_H

#include "base/shape.h"
#include "domain/words.h"

/* Members as the columns of patient_order; dates day numbers, instants ms. */
struct order_row {
    struct id id;
    int64_t kind; /* enum order_kind */
    struct id patient_id, customer_id, depot_id, zone_id;
    int64_t due_date, next_due, call_due;
    int64_t state;     /* enum order_state */
    int64_t closed_by; /* enum party, of a skip or cancellation */
    const char *reason, *to_address;
    int64_t to_lat, to_lon;
    int64_t confirmed_at, attempts;
    int64_t last_outcome; /* enum contact_outcome */
    int64_t deliveries, created_at, version;
};
extern const struct shape order_row_shape;

/* A line frozen at confirmation. Units. */
struct order_line_row {
    struct id order_id, product_id;
    int64_t prescribed, on_hand, suggested, ordered, authorised, accepted, refused;
    int64_t units_per_box, box_weight_g, lot_tracked, critical, shelf_life_min_days;
};
extern const struct shape order_line_row_shape;

/* max(0, authorised − accepted − refused). */
int64_t order_outstanding(const struct order_line_row *line);
/* The state after an attempt. `handed_over`: its drop completed it. Delivered when nothing is outstanding,
 * else part_delivered; confirmed when it was not handed over (failed, cancelled) and nothing was accepted
 * before. */
int64_t order_state_after(const struct order_line_row *lines, size_t n, bool handed_over);
/* confirmed and part_delivered can be booked. */
bool order_bookable(int64_t state);

#endif
