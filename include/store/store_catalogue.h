/* Depots, zones, closures, products, customers. Records come with their lists and objects filled. */
#ifndef CANARY_STORE_CATALOGUE_H
#define CANARY_STORE_CATALOGUE_H

#include "domain/catalogue.h"

/* What a list is narrowed by; a member that is not stated narrows nothing. */
struct catalogue_filter {
    struct id after;    /* the last id of the page before; no id: from the start */
    int64_t after_date; /* closures: the date of that one */
    int64_t limit;
    struct id depot_id, customer_id, zone_id;
    const char *code;
    int64_t from, to; /* closures: dates */
    int64_t active;   /* products */
    int64_t status;   /* patients: enum patient_status */
};

/* One record: ERR_NOT_FOUND without a fault when there is none. Lists: by id; closures by date and id. */
MUST enum err store_depot_get(struct ctx *c, struct id id, struct depot *depot_out);
MUST enum err store_depot_by_code(struct ctx *c, const char *code, struct depot *depot_out);
MUST enum err store_depot_list(struct ctx *c, const struct catalogue_filter *filter, struct list *depots_out);
MUST enum err store_depot_add(struct ctx *c, const struct depot *depot);
MUST enum err store_depot_set(struct ctx *c, const struct depot *depot);

MUST enum err store_zone_get(struct ctx *c, struct id id, struct zone *zone_out);
/* Without a depot: by the code alone, ERR_NOT_FOUND also when several depots have it. */
MUST enum err store_zone_by_code(struct ctx *c, struct id depot_id, const char *code, struct zone *zone_out);
MUST enum err store_zone_list(struct ctx *c, const struct catalogue_filter *filter, struct list *zones_out);
MUST enum err store_zone_add(struct ctx *c, const struct zone *zone);
MUST enum err store_zone_set(struct ctx *c, const struct zone *zone);
/* The depot of a zone, with the time zone its dates are read in. */
MUST enum err store_zone_depot(struct ctx *c, struct id zone_id, struct depot *depot_out);

MUST enum err store_closure_get(struct ctx *c, struct id id, struct closure *closure_out);
MUST enum err store_closure_on(struct ctx *c, struct id depot_id, int64_t date, struct closure *closure_out);
MUST enum err store_closure_list(struct ctx *c, const struct catalogue_filter *filter,
                                 struct list *closures_out);
MUST enum err store_closure_add(struct ctx *c, const struct closure *closure);
MUST enum err store_closure_set(struct ctx *c, const struct closure *closure);
MUST enum err store_closure_remove(struct ctx *c, struct id id);
/* The closed dates of a depot in from … to, sorted (int64_t). */
MUST enum err store_closure_dates(struct ctx *c, struct id depot_id, int64_t from, int64_t to,
                                  struct list *dates_out);
/* Ids of the depot's deliveries on that date that are scheduled or dispatched. */
MUST enum err store_closure_affected(struct ctx *c, struct id depot_id, int64_t date, struct list *ids_out);

MUST enum err store_product_get(struct ctx *c, struct id id, struct product *product_out);
MUST enum err store_product_by_code(struct ctx *c, const char *code, struct product *product_out);
/* The same number, with or without zeros in front (gs1_gtin14). */
MUST enum err store_product_by_gtin(struct ctx *c, const char *gtin, struct product *product_out);
MUST enum err store_product_list(struct ctx *c, const struct catalogue_filter *filter,
                                 struct list *products_out);
MUST enum err store_product_add(struct ctx *c, const struct product *product);
MUST enum err store_product_set(struct ctx *c, const struct product *product);

MUST enum err store_customer_get(struct ctx *c, struct id id, struct customer *customer_out);
MUST enum err store_customer_by_code(struct ctx *c, const char *code, struct customer *customer_out);
MUST enum err store_customer_list(struct ctx *c, const struct catalogue_filter *filter,
                                  struct list *customers_out);
MUST enum err store_customer_add(struct ctx *c, const struct customer *customer);
MUST enum err store_customer_set(struct ctx *c, const struct customer *customer);

#endif
