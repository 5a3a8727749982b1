/* The clock's own use case: finds what is overdue and missed, closes runs that are over, goes on
 * with recalls, sums days that are over. Nobody has to notice. */
#ifndef CANARY_APP_SWEEP_H
#define CANARY_APP_SWEEP_H

#include "base/ctx.h"
#include "base/shape.h"

struct sweep_receipt {
    int64_t at, looked, late, missed, runs_closed;
    int64_t recalled; /* wrong_lot opened of deliveries that a recall had left */
    int64_t no_proof; /* opened: no image came in time */
    int64_t more;     /* 1: `limit` was reached, or a recall or days to sum are left: sweep again */
};
extern const struct shape sweep_receipt_shape;

/* Judges at most `limit` commitments that are due to be looked at by c->now. One unit. */
MUST enum err app_sweep(struct ctx *c, int64_t limit, struct sweep_receipt *receipt_out);

#endif
