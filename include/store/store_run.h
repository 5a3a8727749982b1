/* Runs and their stops. */
#ifndef CANARY_STORE_RUN_H
#define CANARY_STORE_RUN_H

#include "base/ctx.h"
#include "domain/run.h"

MUST enum err store_run_get(struct ctx *c, struct id id, struct run_row *run_out);
MUST enum err store_run_add(struct ctx *c, const struct run_row *run);
/* Writes driver, vehicle, state with version + 1. */
MUST enum err store_run_set(struct ctx *c, struct run_row *run);

struct run_filter {
    int64_t date; /* NONE: any */
    struct id depot_id, driver_id;
    int64_t after_date;
    struct id after_id;
    int64_t limit;
};
MUST enum err store_run_list(struct ctx *c, const struct run_filter *filter, struct list *runs_out);

MUST enum err store_run_stops(struct ctx *c, struct id run_id, struct list *stops_out); /* struct run_stop */
MUST enum err store_run_load(struct ctx *c, struct id run_id, struct list *lines_out);  /* struct load_line */
/* Remembers for ever that this driver had the delivery as a stop. */
MUST enum err store_run_stop_add(struct ctx *c, struct id delivery_id, struct id run_id, struct id driver_id);
/* 1 active depot / driver of that id. */
MUST enum err store_run_known(struct ctx *c, struct id depot_id, struct id driver_id, bool *depot_out,
                              bool *driver_out);

MUST enum err store_run_of_driver(struct ctx *c, struct id driver_id, int64_t date, struct list *runs_out);
MUST enum err store_run_doors(struct ctx *c, struct id run_id,
                              struct list *stops_out); /* struct driver_stop */
MUST enum err store_run_door_lines(struct ctx *c, struct id delivery_id, struct list *lines_out);

#endif
