/* Lines of imported spreadsheets. */
#ifndef CANARY_STORE_HISTORY_H
#define CANARY_STORE_HISTORY_H

#include "base/ctx.h"
#include "domain/history.h"

/* The line as it was brought in, with the facts of its delivery; customer is the customer's code.
 * ERR_NOT_FOUND without a fault when there is none. */
MUST enum err store_history_get(struct ctx *c, const char *source, const char *ref,
                                struct history_row *row_out);
MUST enum err store_history_add(struct ctx *c, const struct history_row *row);

#endif
