/* CSV files over the API. */
#ifndef CANARY_API_IMPORT_H
#define CANARY_API_IMPORT_H

#include "api/api.h"

extern const struct shape import_query_shape;
api_step api_import;

#endif
