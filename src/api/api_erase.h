/* Erasure over the API. */
#ifndef CANARY_API_ERASE_H
#define CANARY_API_ERASE_H

#include "api/api.h"

api_step api_patient_erase;
api_step api_erasure_list;

extern const struct shape erasure_query_shape;

#endif
