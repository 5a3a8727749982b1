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

#endif
