/* Recalls over the API. */
#ifndef CANARY_API_RECALL_H
#define CANARY_API_RECALL_H

#include "api/api.h"

api_step api_recall_find;
api_step api_recall_list;
api_step api_recall_add;
api_step api_recall_get;
api_step api_recall_affected;

extern const struct shape recall_query_shape;

#endif
