/* A delivery as it is answered (contract, section 9). */
#ifndef CANARY_DOMAIN_DELIVERY_VIEW_H
#define CANARY_DOMAIN_DELIVERY_VIEW_H

#include "domain/delivery.h"
#include "domain/amendment.h"

/* {"from": "08:00", "to": "12:00"} */
struct span {
    int64_t from_min, to_min;
};
extern const struct shape span_shape;    /* as answered */
extern const struct shape span_in_shape; /* as a body's window: both required */

struct commitment_view {
    int64_t date;
    const struct span *window;
    int64_t cause; /* enum commitment_cause */
    int64_t cutoff_at;
};
extern const struct shape commitment_view_shape;

struct promise_view {
    int64_t date;
    const struct span *window;
    const char *timezone;
    int64_t starts_at, ends_at, requested_by;
    const char *reason;
    int64_t at;
    struct id by;
};
extern const struct shape promise_view_shape;

struct delivery_view {
    struct id id, order_id, patient_id, customer_id, depot_id;
    int64_t kind, attempt, date;
    const struct span *window;
    const struct commitment_view *commitment; /* NULL: a recovery */
    int64_t state, closed_by;
    const char *reason;
    int64_t timeliness, timeliness_window, completed_at, recovered_at; /* timeliness NONE: a recovery */
    struct id run_id;
    int64_t stop;
    struct list lines, promises; /* struct delivery_line_row, struct promise_view */
    const struct confirmation *confirmation;
    struct list failures, arrivals, discrepancies; /* struct failure, arrival, discrepancy */
    const struct quality *quality;                 /* NULL without a confirmation */
    int64_t version;
    bool then; /* no member: images as they were when each event came */
};
extern const struct shape delivery_view_shape;

#endif
