/* Runs: planned, dispatched, driven. */
#ifndef CANARY_APP_RUN_H
#define CANARY_APP_RUN_H

#include "base/ctx.h"
#include "domain/run.h"
#include "store/store_run.h"

/* `run`: the body; id, state and version are filled. */
MUST enum err app_run_add(struct ctx *c, struct run_row *run);

struct stops_in {
    struct list delivery_ids; /* struct id, in the order of the stops */
};
extern const struct shape stops_in_shape;

/* Sets the stops, in this order. Each must be open (or have its outcome on this run already), of the run's
 * depot and date, and on no other open run: ERR_STATE "run.stop-…" naming every one that is not. What has an
 * outcome stays on the run. Of a dispatched run each stop added or removed is audited for itself. */
MUST enum err app_run_set_stops(struct ctx *c, struct run_row *run, const struct stops_in *in);
/* planned → dispatched, with all its stops. ERR_STATE "run.not-planned", "run.no-stops". */
MUST enum err app_run_dispatch(struct ctx *c, struct run_row *run);
MUST enum err app_run_view(struct ctx *c, const struct run_row *run, struct run_view *view_out);
/* The actor's own dispatched and closed runs of a date. */
MUST enum err app_run_of_driver(struct ctx *c, int64_t date, struct list *runs_out); /* struct driver_run */

#endif
