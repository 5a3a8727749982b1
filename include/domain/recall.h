/* A lot of a product that must not be used, the deliveries that brought it, and how much of it may be left.
 */
#ifndef CANARY_DOMAIN_RECALL_H
#define CANARY_DOMAIN_RECALL_H

#include "domain/order_view.h"

struct recall_in {
    struct id product_id;
    const char *lot, *reason;
};
extern const struct shape recall_in_shape;

struct recall {
    struct id id, product_id;
    const char *code, *product; /* of the product, as it is called now */
    const char *lot, *reason;
    int64_t at;
    struct id by_id;
    struct blob private_digest;
    int64_t deliveries, homes, units; /* handed over of the lot, by what is recorded now */
    int64_t left_out;                 /* deliveries whose discrepancy the clock has still to open */
    int64_t version;
};
extern const struct shape recall_shape;

/* A lot that must not leave the depot with a run. */
struct recalled_lot {
    struct id product_id;
    const char *code, *lot;
};
extern const struct shape recalled_lot_shape;

/* What is known of the stock of one product in one home, for what may be left of a lot. */
struct recall_facts {
    int64_t units;      /* of the lot, handed over by one delivery */
    int64_t came_at;    /* when it did */
    int64_t counted_at; /* instant of the last count of the product; NONE: never counted */
    int64_t counted;    /* units by that count */
    int64_t units_then; /* those, and units of the product, of any lot, accepted after it */
    int64_t used_milli; /* thousandths used since, by the prescriptions in force */
};

/* Nobody knows from which box a patient takes: whatever is at home may be of the lot, up to what came of it.
 * Never less than there is, as far as the count can be believed:
 *   at most     = units, or counted if less and the product was counted after the lot came;
 *   likely left = the least of that and ceil(units_then − used), at least 0; NONE without a count. */
int64_t recall_at_most(const struct recall_facts *facts);
int64_t recall_likely_left(const struct recall_facts *facts);

/* One delivery that handed over units of the lot. */
struct recall_home {
    struct id delivery_id, order_id;
    const struct work_patient *patient;
    struct id customer_id;
    const char *customer_code, *customer;
    int64_t date;      /* civil date of the depot on which it came */
    int64_t handed_at; /* instant */
    int64_t units, likely_left, at_most, counted_at;
    struct id discrepancy_id; /* no id: not opened yet */
    /* as read */
    struct id patient_id;
    const char *patient_code, *name, *phone, *timezone;
    struct blob stock; /* domain/stock.h */
    int64_t status, status_from;
};
extern const struct shape recall_home_shape;

#endif
