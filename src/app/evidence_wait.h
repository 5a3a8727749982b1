/* What events name and what has arrived, held against each other. */
#ifndef CANARY_APP_EVIDENCE_WAIT_H
#define CANARY_APP_EVIDENCE_WAIT_H

#include "base/ctx.h"
#include "domain/drop.h"

/* Writes what an event names (struct drop_evidence); finds images named for another delivery before; a
 * confirmation or amendment without a bypass whose images are not here waits for them. */
MUST enum err evidence_name(struct ctx *c, const struct field_event *event, struct list named);
/* After an amendment: when there is proof now, what the sweep found missing is resolved and nothing waits;
 * the reason says whether a bypass was stated or an image is here. The caller tallies and audits. */
MUST enum err evidence_settle(struct ctx *c, const struct field_event *amendment);
/* After an image was kept: those that waited for it wait no more; what the sweep had found is resolved,
 * tallied and audited as the system's, each. A person's own word stays. */
MUST enum err evidence_arrived(struct ctx *c, struct blob sha256);
/* Opens no_proof for at most `limit` confirmations whose time is over. */
MUST enum err evidence_sweep(struct ctx *c, int64_t limit, int64_t *opened_out, bool *left_out);

#endif
