/* A driver's arrival at a stop: a fact with two times and a place, beside the drop. */
#ifndef CANARY_APP_ARRIVE_H
#define CANARY_APP_ARRIVE_H

#include "base/ctx.h"
#include "domain/amendment.h"
#include "domain/delivery.h"

/* `found` by app_drop_find. Records it once: a copy gives the same event with *replay_out true. ERR_CONFLICT
 * "event.id-reused", ERR_NOT_FOUND for another driver's event id. */
MUST enum err app_arrive(struct ctx *c, const struct delivery_row *found, const struct arrival_in *in,
                         struct field_event *event_out, bool *replay_out);

#endif
