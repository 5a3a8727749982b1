/* The table idempotency: answers already given, by caller and key. */
#ifndef CANARY_STORE_IDEMPOTENCY_H
#define CANARY_STORE_IDEMPOTENCY_H

#include "base/ctx.h"
#include "base/shape.h"

struct idempotency {
    struct id actor_id;
    const char *key;
    struct blob fingerprint; /* SHA-256 of method, path, query and body */
    int64_t status;
    const char *etag; /* may be NULL */
    const char *body;
    int64_t at;
};

/* ERR_NOT_FOUND without a fault when there is none. */
MUST enum err store_idempotency_get(struct ctx *c, struct id actor_id, const char *key,
                                    struct idempotency *first_out);
/* *added_out: 1, or 0 when there is one already. */
MUST enum err store_idempotency_add(struct ctx *c, const struct idempotency *first, int64_t *added_out);

/* Takes out every answer that mentions the id: a key that is repeated after that is a new request. */
MUST enum err store_idempotency_erase(struct ctx *c, struct id mentioned, int64_t *erased_out);

#endif
