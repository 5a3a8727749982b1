/* The kinds of import and what they are made of. */
#ifndef CANARY_APP_IMPORT_KINDS_H
#define CANARY_APP_IMPORT_KINDS_H

#include "app/app_catalogue.h"
#include "app/app_import.h"

/* A column: a member of the noun's shape by the same name, or read by a function of its own, which names
 * what is wrong as fault items whose pointer is the column. */
struct import_column {
    const char *name;
    enum err (*read)(struct ctx *c, const struct import *import, const struct csv_row *row, const char *cell,
                     void *record);
};

struct import_catalogue {
    const struct noun *noun;
    const char *key; /* columns that say which record a row is about */
    const struct import_column *column;
    size_t n;
};

extern const struct import_catalogue import_depots, import_zones, import_closures, import_products,
    import_customers, import_patients;

enum err import_catalogue_run(struct ctx *c, struct import *import, const struct import_kind *kind);
enum err import_prescriptions_run(struct ctx *c, struct import *import, const struct import_kind *kind);
enum err import_history_run(struct ctx *c, struct import *import, const struct import_kind *kind);

#endif
