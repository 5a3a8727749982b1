/* Images and what waits for them. */
#ifndef CANARY_STORE_EVIDENCE_H
#define CANARY_STORE_EVIDENCE_H

#include "base/ctx.h"
#include "domain/evidence.h"

/* What is known of an image; ERR_NOT_FOUND when it has not arrived. */
MUST enum err store_evidence_get(struct ctx *c, struct blob sha256, struct evidence *evidence_out);
/* new_out false: somebody was quicker, and nothing was written. */
MUST enum err store_evidence_add(struct ctx *c, const struct evidence *evidence, struct blob image,
                                 bool *new_out);
/* The bytes, in the arena; ERR_NOT_FOUND when they never came or were erased. */
MUST enum err store_evidence_image(struct ctx *c, struct blob sha256, struct blob *image_out);
/* Does an event of a delivery on a run of this driver, past or present, name it? */
MUST enum err store_evidence_of_driver(struct ctx *c, struct blob sha256, struct id driver_id, bool *is_out);
/* Does an event of a delivery of this customer name it? */
MUST enum err store_evidence_of_customer(struct ctx *c, struct blob sha256, struct id customer_id,
                                         bool *is_out);

#endif
