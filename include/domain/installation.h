/* Which database this is, and how much of it a backup holds: what a device compares before it forgets. */
#ifndef CANARY_DOMAIN_INSTALLATION_H
#define CANARY_DOMAIN_INSTALLATION_H

#include "base/shape.h"

struct installation {
    struct id epoch; /* another one after each restore */
    int64_t epoch_began_at;
    struct id restored_epoch; /* the epoch whose backup this was made of; no id: none */
    int64_t restored_seq;     /* the last audit event in that backup; NONE: none */
    int64_t backed_up_seq;    /* of this epoch: a backup holds the audit events up to this one; 0: none */
    int64_t backed_up_at;
    int64_t version;
};
extern const struct shape installation_shape;

#endif
