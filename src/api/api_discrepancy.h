/* Discrepancies and the sweep over the API. */
#ifndef CANARY_API_DISCREPANCY_H
#define CANARY_API_DISCREPANCY_H

#include "api/api.h"

api_step api_discrepancy_find;
api_step api_discrepancy_list;
api_step api_discrepancy_get;
api_step api_discrepancy_change_find; /* found as the members that PATCH may change */
api_step api_discrepancy_change;
api_step api_discrepancy_resolve;
api_step api_discrepancy_void;
api_step api_sweep;

extern const struct shape discrepancy_query_shape;

#endif
