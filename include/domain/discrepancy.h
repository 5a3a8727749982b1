/* One typed difference between what was promised and what happened, as it is stored and as it is answered. */
#ifndef CANARY_DOMAIN_DISCREPANCY_H
#define CANARY_DOMAIN_DISCREPANCY_H

#include "base/shape.h"
#include "domain/words.h"

struct discrepancy {
    struct id id, delivery_id, order_id, patient_id, customer_id, depot_id, driver_id;
    int64_t kind; /* enum discrepancy_kind */
    struct id product_id;
    const char *stated, *lot;
    int64_t expected, actual;
    int64_t severity, source, state, responsibility; /* their enums */
    const char *cause, *reason;
    int64_t detected_at, closed_at, rule_version;
    struct id event_id, contest_id, superseded_by;
    int64_t version;
};
extern const struct shape discrepancy_shape; /* JSON: section 9; internals hidden */

#endif
