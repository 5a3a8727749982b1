/* What an independent pass reads to count again, a day at a time, what bookings have taken of windows and
 * days. */
#ifndef CANARY_STORE_VERIFY_CAPACITY_H
#define CANARY_STORE_VERIFY_CAPACITY_H

#include "store/store_verify.h"

/* From the first to the last day that has a delivery or something taken; both NONE: there is none. */
struct verify_days {
    int64_t earliest, latest;
};
MUST enum err store_verify_days(struct ctx *c, struct verify_days *days_out);

/* Zones of which a window of the day has not as many stops taken as deliveries hold one (struct
 * verify_contradiction, one a window, at most 100). */
MUST enum err store_verify_stops(struct ctx *c, int64_t date, struct list *zones_out);
/* Zones of which the weight taken of the day is not that of the deliveries that hold a stop; likewise. */
MUST enum err store_verify_weight(struct ctx *c, int64_t date, struct list *zones_out);

#endif
