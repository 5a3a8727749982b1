/* Images that field events name: what is known of one. */
#ifndef CANARY_DOMAIN_EVIDENCE_H
#define CANARY_DOMAIN_EVIDENCE_H

#include "base/shape.h"

struct evidence {
    struct blob sha256;
    struct id id;  /* for the trail */
    int64_t type;  /* enum image_type */
    int64_t bytes; /* how many */
    int64_t received_at;
    struct id by_id;
};
extern const struct shape evidence_shape;

/* An image that an event names, and an event of another delivery had named before. */
struct evidence_reuse {
    struct id event_id;
    int64_t position; /* in the event's evidence */
    struct id delivery_id, other_id;
    int64_t at;
};
extern const struct shape evidence_reuse_shape;

#endif
