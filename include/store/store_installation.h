/* The one row about the database itself. */
#ifndef CANARY_STORE_INSTALLATION_H
#define CANARY_STORE_INSTALLATION_H

#include "base/ctx.h"
#include "domain/installation.h"

/* ERR_NOT_FOUND without a fault: this database has no epoch yet. */
MUST enum err store_installation_get(struct ctx *c, struct installation *out);
/* *added_out 0: there was one already. */
MUST enum err store_installation_add(struct ctx *c, const struct installation *row, int64_t *added_out);
/* Writes all of it; the version grows by one. */
MUST enum err store_installation_set(struct ctx *c, struct installation *row);
/* The trail's events, and the sequence number of its last one (0: none): the same where nothing is missing.
 */
MUST enum err store_installation_log(struct ctx *c, int64_t *events_out, int64_t *last_seq_out);

#endif
