/* A run: one driver, one depot, one date; its stops in order, and what has to be loaded. */
#ifndef CANARY_DOMAIN_RUN_H
#define CANARY_DOMAIN_RUN_H

#include "domain/delivery_view.h"
#include "domain/recall.h"

struct run_row {
    struct id id, depot_id;
    int64_t date;
    struct id driver_id;
    const char *vehicle;
    int64_t state; /* enum run_state */
    int64_t version;
};
extern const struct shape run_row_shape; /* also the body of a new run */

/* A stop as a dispatcher sees it. */
struct run_stop {
    int64_t stop;
    struct id delivery_id, patient_id;
    const struct span *window;
    int64_t state;            /* enum delivery_state */
    int64_t from_min, to_min; /* as read; answered in window */
};
extern const struct shape run_stop_shape;

/* Per product: units, whole boxes for each home, grams. */
struct load_line {
    struct id product_id;
    const char *code, *name;
    int64_t units, boxes, weight_g;
};
extern const struct shape load_line_shape;

struct run_view {
    struct id id, depot_id;
    int64_t date;
    struct id driver_id;
    const char *vehicle;
    int64_t state;
    struct list stops, load;
    struct list recalled_lots; /* struct recalled_lot */
    int64_t version;
};
extern const struct shape run_view_shape;

/* What a driver needs at the door, and nothing clinical. */
struct driver_line {
    struct id product_id;
    const char *code, *name, *base_unit;
    int64_t units, units_per_box, lot_tracked;
};
extern const struct shape driver_line_shape;

struct driver_stop {
    int64_t stop;
    struct id delivery_id, order_id, patient_id;
    const char *name, *address, *phone, *access_notes;
    const struct fix *location; /* of the home or of deliver_to */
    const struct span *window;
    int64_t starts_at, ends_at;
    int64_t state;                      /* enum delivery_state */
    struct list lines;                  /* struct driver_line */
    int64_t from_min, to_min, lat, lon; /* as read */
};
extern const struct shape driver_stop_shape;

struct driver_run {
    struct id id, depot_id;
    int64_t date;
    const char *vehicle;
    int64_t state;
    struct list stops;
    struct list recalled_lots; /* struct recalled_lot */
};
extern const struct shape driver_run_shape;

#endif
