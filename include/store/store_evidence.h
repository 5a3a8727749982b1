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

/* ---- confirmations that wait for an image (an amendment's images are its confirmation's) ---- */

/* Waits since then, if it does not wait already. */
MUST enum err store_evidence_await(struct ctx *c, struct id confirmation_id, int64_t since);
MUST enum err store_evidence_unawait(struct ctx *c, struct id confirmation_id);
/* Of all that name this image. */
MUST enum err store_evidence_unawait_all(struct ctx *c, struct blob sha256);
/* Since when it waits; ERR_NOT_FOUND when it does not. */
MUST enum err store_evidence_since(struct ctx *c, struct id confirmation_id, int64_t *since_out);
/* Those that wait since `before` or longer, the longest first (struct id). */
MUST enum err store_evidence_overdue(struct ctx *c, int64_t before, int64_t limit, struct list *ids_out);
/* Has one of its images arrived, or is there a coded bypass? */
MUST enum err store_evidence_proven(struct ctx *c, struct id confirmation_id, bool *is_out);
/* Confirmations that name this image, themselves or in an amendment (struct id). */
MUST enum err store_evidence_confirmations(struct ctx *c, struct blob sha256, struct list *ids_out);

/* ---- images named for two deliveries ---- */

/* Of an image that is named for a delivery: is it here, and for which other delivery was it named before (no
 * id: none)? */
struct evidence_known {
    int64_t arrived;
    struct id other_id;
};
MUST enum err store_evidence_known(struct ctx *c, struct blob sha256, struct id delivery_id,
                                   struct evidence_known *known_out);
MUST enum err store_evidence_reuse_add(struct ctx *c, const struct evidence_reuse *reuse);
/* Deliveries that this event shares an image with, as found when it came (struct id). */
MUST enum err store_evidence_reuse_of_event(struct ctx *c, struct id event_id, struct list *ids_out);
/* Deliveries that this one shares an image with, whichever came first; at most 20 (struct id). */
MUST enum err store_evidence_reuse_of_delivery(struct ctx *c, struct id delivery_id, struct list *ids_out);

#endif
