#include "app/app_idempotency.h"
#include <string.h>

enum err app_idempotency_find(struct ctx *c, const char *key, const uint8_t fingerprint[32],
                              struct idempotency *first_out) {
    struct idempotency first;
    TRY(store_idempotency_get(c, c->actor.user_id, key, &first));
    if (first.fingerprint.n != 32 || memcmp(first.fingerprint.at, fingerprint, 32) != 0)
        return FAIL(c, ERR_INVALID, "idempotency.other-body", "A new request needs a new key.");
    *first_out = first;
    return OK;
}

enum err app_idempotency_keep(struct ctx *c, const struct idempotency *first) {
    struct idempotency row = *first;
    int64_t added;
    row.actor_id = c->actor.user_id;
    row.at = c->now;
    TRY(store_idempotency_add(c, &row, &added));
    if (added == 0)
        return FAIL(c, ERR_BUSY, "busy", "The same key is being used just now: repeat the request.");
    return OK;
}
