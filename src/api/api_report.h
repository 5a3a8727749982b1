/* Reports over the API. */
#ifndef CANARY_API_REPORT_H
#define CANARY_API_REPORT_H

#include "api/api.h"

api_step api_report_delivery_errors;
api_step api_report_drivers;

#endif
