/* Deliveries over the API: offers, bookings, changes of a window, contests. */
#ifndef CANARY_API_DELIVERY_H
#define CANARY_API_DELIVERY_H

#include "api/api.h"

/* A delivery the caller may see: reps, dispatchers and managers all; a driver own stops; a customer own
 * patients'. */
api_step api_delivery_find;
/* An order by the path's id, for its slots. */
api_step api_slot_find;

api_step api_slot_list;
api_step api_delivery_add;
api_step api_delivery_list;
api_step api_delivery_get;
api_step api_delivery_reschedule;
api_step api_delivery_cancel;
api_step api_delivery_contest;

extern const struct shape slot_query_shape, delivery_query_shape;

#endif
