/* What the service says about itself. */
#ifndef CANARY_API_SYSTEM_H
#define CANARY_API_SYSTEM_H

#include "api/api.h"

extern const struct shape health_shape;

api_step api_healthz, api_readyz, api_installation, api_metrics, api_openapi_json;

#endif
