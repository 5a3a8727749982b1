/* The audit trail and the erasable values beside it. Use app/app_audit.h, which hashes. */
#ifndef CANARY_STORE_AUDIT_H
#define CANARY_STORE_AUDIT_H

#include "base/ctx.h"
#include "base/shape.h"

struct audit_row {
    int64_t seq, at;
    struct id actor_id;
    int64_t role; /* enum role */
    const char *action, *entity;
    struct id entity_id;
    int64_t entity_version;
    struct blob reason_digest;
    struct id request_id;
    const char *change; /* JSON */
    struct blob rows;   /* what the unit wrote (db/db_rows.h); none: from before there were sums */
    struct blob leaf_hash;
    const char *reason; /* joined from personal_value */
};
extern const struct shape audit_row_shape; /* JSON: section 9 "audit event" */

/* SQL: the number that the log has for a word; null for one that is none. */
#define AUDIT_NUMBER_OF(word) "(SELECT number FROM audit_word WHERE word = " word ")"

MUST enum err store_audit_next(struct ctx *c, int64_t *seq_out); /* last + 1 */
MUST enum err store_audit_add(struct ctx *c, const struct audit_row *row);
/* Events after `after`, of one entity or word of entity (both may be absent), oldest first; those out of a
 * block without leaf_hash. limit: at least 1. */
MUST enum err store_audit_list(struct ctx *c, const char *entity, struct id entity_id, int64_t after,
                               int64_t limit, struct list *rows_out);
/* The sequence number of what an action made of an entity, by its version after it; NONE: there is no such
 * event. */
MUST enum err store_audit_seq(struct ctx *c, struct id entity_id, int64_t version, const char *action,
                              int64_t *seq_out);
/* The number of the last event about it; 0: there is none. */
MUST enum err store_audit_last_of(struct ctx *c, struct id entity_id, int64_t *seq_out);

MUST enum err store_personal_add(struct ctx *c, struct id owner, const char *field, const char *value,
                                 const uint8_t salt[16]);
/* NULL in *value_out when it was erased or never was. */
MUST enum err store_personal_get(struct ctx *c, struct id owner, const char *field, const char **value_out);
/* ERR_NOT_FOUND without a fault when it was erased or never was. */
MUST enum err store_personal_salt_of(struct ctx *c, struct id owner, const char *field,
                                     struct blob *salt_out);

#endif
