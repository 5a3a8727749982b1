/* Images: taken by the hash that a field event names, shown to those who may see a delivery that names it. */
#ifndef CANARY_APP_EVIDENCE_H
#define CANARY_APP_EVIDENCE_H

#include "base/ctx.h"
#include "domain/evidence.h"

/* Is this the image it is called: SHA-256 `digest` of its bytes, and the media type `type_word`? Touches no
 * database. All that is wrong is told at once: ERR_INVALID, "evidence.refused". */
MUST enum err app_evidence_check(struct ctx *c, struct blob sha256, struct blob digest, struct blob image,
                                 const char *type_word, int64_t *type_out);
/* Keeps the image, once: new_out false when it was here, then nothing is written. */
MUST enum err app_evidence_put(struct ctx *c, struct blob sha256, int64_t type, struct blob image,
                               struct evidence *evidence_out, bool *new_out);
/* The image, if the actor may see a delivery that names it, or sent it; else like one that nobody has. */
MUST enum err app_evidence_find(struct ctx *c, struct blob sha256, struct evidence *evidence_out);
MUST enum err app_evidence_image(struct ctx *c, const struct evidence *evidence, struct blob *image_out);

#endif
