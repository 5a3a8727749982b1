/* Orders over the API: the worklist, orders, contacts, counts, confirming, skipping, cancelling; the
 * timeline. */
#ifndef CANARY_API_ORDER_H
#define CANARY_API_ORDER_H

#include "api/api.h"

extern const struct shape order_query_shape, worklist_query_shape, timeline_query_shape;

api_step api_order_find;
api_step api_order_list, api_order_add, api_order_get;
api_step api_order_contact, api_order_count, api_order_confirm, api_order_skip, api_order_cancel;
api_step api_worklist;
/* The patient, if the caller may see them: reps all, a customer's staff their own. */
api_step api_timeline_find;
api_step api_timeline;

#endif
