/* Adding and changing what orders are made from. One way for every noun: the API's handlers and the
 * imports know a resource by its row here. */
#ifndef CANARY_APP_CATALOGUE_H
#define CANARY_APP_CATALOGUE_H

#include "store/store_catalogue.h"

/* Records begin with struct head. */
struct noun {
    const char *name;          /* "depot": the audit's entity */
    const struct shape *shape; /* input, output and change */
    enum err (*get)(struct ctx *c, struct id id, void *record_out);
    enum err (*list)(struct ctx *c, const struct catalogue_filter *filter, struct list *records_out);
    /* Fills defaults and judges, before anything is written; before is NULL for a new record. */
    enum err (*check)(struct ctx *c, const void *before, void *record);
    enum err (*put)(struct ctx *c, const void *before, const void *record);
    /* The record that stands for the same thing (a code; a depot's date): ERR_NOT_FOUND without a fault. */
    enum err (*same)(struct ctx *c, const void *record, void *found_out);
};
extern const struct noun noun_depot, noun_zone, noun_closure, noun_product, noun_customer;

/* A fresh record in the arena, every member not stated. */
MUST enum err app_catalogue_new(struct ctx *c, const struct noun *noun, void **record_out);
/* ERR_NOT_FOUND with the fault "not-found". */
MUST enum err app_catalogue_get(struct ctx *c, const struct noun *noun, struct id id, void **record_out);
/* Faults: request.invalid, code.taken, gtin.taken, closure.exists. Makes id and version. Nothing is written
 * when the record is refused. */
MUST enum err app_catalogue_add(struct ctx *c, const struct noun *noun, void *record);
/* before: as it was loaded; after: the same with members changed. Makes the next version; when nothing
 * differs, nothing is written and *changed_out (may be NULL) is false. */
MUST enum err app_catalogue_set(struct ctx *c, const struct noun *noun, const void *before, void *after,
                                bool *changed_out);

MUST enum err app_closure_remove(struct ctx *c, struct id id);

#endif
