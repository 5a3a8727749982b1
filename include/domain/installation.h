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

/* A backup, as it is known at its own end and in the note that it leaves beside the database for the service.
 */
struct backup_note {
    struct blob sha256; /* of the file before the note; empty in the note beside the database */
    struct id epoch;
    int64_t seq;           /* the last audit event in it */
    struct blob leaf_hash; /* that event's: no other database has it, whatever its epoch says */
    int64_t at;
    int64_t schema;
};
extern const struct shape backup_note_shape;

#endif
