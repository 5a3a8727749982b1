/* Past deliveries from a spreadsheet, a kind of import: each line its own order, delivery, promise and
 * commitment, its timing judged like any other's. */
#ifndef CANARY_APP_IMPORT_HISTORY_H
#define CANARY_APP_IMPORT_HISTORY_H

#include "base/ctx.h"
#include "domain/history.h"

/* Reads and judges a mapping file: JSON of history_map_shape, all its faults at once. */
MUST enum err app_history_map(struct ctx *c, const char *bytes, size_t n, struct history_map *map_out);

#endif
