/* What an offer or a booking depends on: the zone's week, its windows, closures, and what is taken. */
#ifndef CANARY_STORE_SLOT_H
#define CANARY_STORE_SLOT_H

#include "base/ctx.h"
#include "base/shape.h"

struct zone_facts {
    struct id id, depot_id;
    int64_t weekdays; /* bit 0 = Monday */
    int64_t weight_max_g;
    const char *timezone;
};
MUST enum err store_slot_zone(struct ctx *c, struct id zone_id, struct zone_facts *facts_out);

struct depot_zone {
    const char *timezone;
};
MUST enum err store_slot_depot_zone(struct ctx *c, struct id depot_id, struct depot_zone *zone_out);

struct zone_window_row {
    int64_t from_min, to_min, stops_max;
};
MUST enum err store_slot_windows(struct ctx *c, struct id zone_id, struct list *windows_out);

struct date_row {
    int64_t date;
};
/* Dates from … to on which the depot is closed, sorted (struct date_row). */
MUST enum err store_slot_closures(struct ctx *c, struct id depot_id, int64_t from, int64_t to,
                                  struct list *dates_out);

struct slot_use_row {
    int64_t date, from_min, to_min, stops;
};
struct day_use_row {
    int64_t date, weight_g;
};
MUST enum err store_slot_stops(struct ctx *c, struct id zone_id, int64_t from, int64_t to,
                               struct list *rows_out);
MUST enum err store_slot_weights(struct ctx *c, struct id zone_id, int64_t from, int64_t to,
                                 struct list *rows_out);

#endif
