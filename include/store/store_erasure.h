/* Erasures, and what stands in the way of one. The words themselves: store_personal.h. */
#ifndef CANARY_STORE_ERASURE_H
#define CANARY_STORE_ERASURE_H

#include "base/ctx.h"
#include "domain/erasure.h"

/* The row, and the patient's erased_at with version + 1. */
MUST enum err store_erasure_add(struct ctx *c, const struct erasure *erasure);
MUST enum err store_erasure_get(struct ctx *c, struct id id, struct erasure *erasure_out);
/* Newest first, before (at, id); at NONE: from the start. */
MUST enum err store_erasure_list(struct ctx *c, int64_t before_at, struct id before_id, int64_t limit,
                                 struct list *erasures_out);
/* Those whose words may still stand in pages of the file, at most `limit` (struct erasure). */
MUST enum err store_erasure_unclean(struct ctx *c, int64_t limit, struct list *erasures_out);
/* Writes cleaned_at, with version + 1. */
MUST enum err store_erasure_set(struct ctx *c, struct erasure *erasure);

/* What is not over of the patient's, at most `limit` (struct obstacle). */
MUST enum err store_erasure_obstacles(struct ctx *c, struct id patient_id, int64_t limit,
                                      struct list *obstacles_out);
/* Date of the last delivery that was made or tried; NONE: there was none. */
MUST enum err store_erasure_last_delivery(struct ctx *c, struct id patient_id, int64_t *date_out);
/* Version of the patient's row. */
MUST enum err store_erasure_patient_version(struct ctx *c, struct id patient_id, int64_t *version_out);

#endif
