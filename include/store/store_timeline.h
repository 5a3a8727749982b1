/* What happened to a patient, as keys in the order of time. */
#ifndef CANARY_STORE_TIMELINE_H
#define CANARY_STORE_TIMELINE_H

#include "base/ctx.h"
#include "base/shape.h"

enum timeline_type {
    TIMELINE_ORDER,
    TIMELINE_CONTACT,
    TIMELINE_COUNT,
    TIMELINE_PROMISE,
    TIMELINE_DROP,
    TIMELINE_FAILURE,
    TIMELINE_DISCREPANCY,
    TIMELINE_ERASURE
};
extern const struct names timeline_type_names;

struct timeline_key {
    int64_t at, type; /* enum timeline_type */
    struct id id;     /* of the thing; of a promise: its delivery's */
    struct id order_id, delivery_id;
    int64_t number; /* of a promise */
};
/* The newest first, before (before_at, before_id); NONE: from the start (struct timeline_key). */
MUST enum err store_timeline(struct ctx *c, struct id patient_id, int64_t before_at, struct id before_id,
                             int64_t limit, struct list *keys_out);

#endif
