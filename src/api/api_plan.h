/* The plan over the API: run it, its receipts, and what it left out. */
#ifndef CANARY_API_PLAN_H
#define CANARY_API_PLAN_H

#include "api/api.h"

extern const struct shape receipt_query_shape, completeness_query_shape;

api_step api_plan, api_plan_receipts, api_report_completeness;

#endif
