/* Runs over the API. */
#ifndef CANARY_API_RUN_H
#define CANARY_API_RUN_H

#include "api/api.h"

api_step api_run_find;
api_step api_run_list;
api_step api_run_add;
api_step api_run_get;
api_step api_run_set_stops;
api_step api_run_dispatch;
api_step api_driver_runs;

extern const struct shape run_query_shape, driver_query_shape;

#endif
