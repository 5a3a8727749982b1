/* A window chosen for an order: is it one of the zone's, ahead, and is there room? */
#ifndef CANARY_APP_SLOT_CHECK_H
#define CANARY_APP_SLOT_CHECK_H

#include "base/ctx.h"
#include "domain/commitment.h"
#include "domain/delivery_view.h"

struct slot_choice {
    struct window window;
    const char *timezone;
    struct id zone_id, depot_id;
    int64_t stops_max, weight_max_g;
};

MUST enum err slot_check(struct ctx *c, struct id zone_id, int64_t date, const struct span *span,
                         struct slot_choice *choice_out);
/* One stop of the window and the weight of the day, or ERR_STATE "slot.full". */
MUST enum err slot_take(struct ctx *c, const struct slot_choice *choice, int64_t weight_g);
/* Weight in grams of what is outstanding of an order, packed in boxes. */
MUST enum err slot_weight(struct ctx *c, struct id order_id, int64_t *weight_out);

#endif
