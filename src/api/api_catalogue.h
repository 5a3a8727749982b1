/* Depots, zones, closures, products, customers, patients: one way for all, found by the route's answer. */
#ifndef CANARY_API_CATALOGUE_H
#define CANARY_API_CATALOGUE_H

#include "api/api.h"

extern const struct shape depot_query_shape, zone_query_shape, closure_query_shape, product_query_shape,
    patient_query_shape;

api_step api_catalogue_find, api_catalogue_get, api_catalogue_list, api_catalogue_add, api_catalogue_change;
api_step api_closure_remove;

#endif
