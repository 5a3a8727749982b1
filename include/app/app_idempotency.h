/* The first answer to a POST that creates, kept in the unit that created, for the same caller and key. */
#ifndef CANARY_APP_IDEMPOTENCY_H
#define CANARY_APP_IDEMPOTENCY_H

#include "store/store_idempotency.h"

/* The answer kept under c->actor and key. ERR_NOT_FOUND without a fault when the key is new; INVALID with
 * slug "idempotency.other-body" when it was used for a request with another fingerprint (SHA-256). */
MUST enum err app_idempotency_find(struct ctx *c, const char *key, const uint8_t fingerprint[32],
                                   struct idempotency *first_out);
/* Keeps the answer. BUSY when another server has just kept one under the key: repeating finds it. */
MUST enum err app_idempotency_keep(struct ctx *c, const struct idempotency *first);

#endif
