/* What the parts of the verification share: whom to tell, and what was found so far. */
#ifndef CANARY_APP_VERIFY_WALK_H
#define CANARY_APP_VERIFY_WALK_H

#include "app/app_verify.h"

struct verify_walk {
    void (*tell)(void *user, const char *sentence);
    void (*progress)(void *user, int64_t events);
    void *user;
    const struct log_head *head; /* NULL: none */
    struct verify_result result;
};

/* Counts a finding and tells it: one sentence, without personal values. */
__attribute__((format(printf, 3, 4))) void verify_find(struct ctx *c, struct verify_walk *walk,
                                                       const char *fmt, ...);
/* Is this SHA-256(salt || value)? */
bool verify_is_digest(struct blob digest, struct blob salt, const char *value);

/* app_verify_log.c: the log alone. */
MUST enum err verify_log(struct ctx *c, struct verify_walk *walk);

#endif
