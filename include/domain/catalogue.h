/* Depots, zones, closures, products, customers: one struct and one shape each, as input, as output and
 * as database record. Each begins with its id and version (struct head). */
#ifndef CANARY_DOMAIN_CATALOGUE_H
#define CANARY_DOMAIN_CATALOGUE_H

#include "domain/location.h"

struct head {
    struct id id;
    int64_t version;
};

struct depot {
    struct id id;
    int64_t version;
    const char *code, *name, *timezone, *address;
    const struct location *location;
    int64_t lat, lon;
};
extern const struct shape depot_shape;

struct zone_window {
    int64_t from_min, to_min, stops_max;
};
extern const struct shape zone_window_shape;     /* JSON: from, to, stops_max */
extern const struct shape zone_window_row_shape; /* columns */

struct zone {
    struct id id;
    int64_t version;
    struct id depot_id;
    const char *code, *name;
    struct list weekdays; /* int64_t 1 = Monday … 7 = Sunday */
    int64_t weekday_mask; /* the same as bits, 1 = Monday: the column weekdays */
    struct list windows;  /* struct zone_window, by start */
    int64_t weight_max_g;
};
extern const struct shape zone_shape;

#define ZONE_STOPS_DEFAULT 10
#define ZONE_WEIGHT_DEFAULT_G 1000000 /* what one van may carry */
#define ZONE_WEEKDAYS_DEFAULT 31      /* Monday to Friday */

struct closure {
    struct id id;
    int64_t version;
    struct id depot_id;
    int64_t date;
    const char *reason;
    struct list affected; /* struct id: open deliveries booked on that date, answered by POST */
};
extern const struct shape closure_shape;

struct product {
    struct id id;
    int64_t version;
    const char *code, *gtin, *name, *base_unit;
    int64_t units_per_box, box_weight_g, lot_tracked, critical, shelf_life_min_days, active;
};
extern const struct shape product_shape;

struct customer_contact {
    const char *name, *email, *phone;
};
struct customer {
    struct id id;
    int64_t version;
    const char *code, *name;
    const struct customer_contact *contact;
    const char *contact_name, *contact_email, *contact_phone;
};
extern const struct shape customer_shape;

/* Judges: fill the documented defaults of what is not stated, then add a fault item for each fault that
 * the table of fields cannot see. They look at nothing but the record. */
void depot_judge(struct ctx *c, struct depot *depot);
void zone_judge(struct ctx *c, struct zone *zone); /* sorts the windows, fills weekday_mask */
void closure_judge(struct ctx *c, struct closure *closure);
void product_judge(struct ctx *c, struct product *product);
/* weekdays from weekday_mask. */
MUST enum err zone_open(struct ctx *c, struct zone *zone);

#endif
