/* The audit that audits: the log, the digests and the figures, recomputed from the raw rows. */
#ifndef CANARY_APP_VERIFY_H
#define CANARY_APP_VERIFY_H

#include "base/ctx.h"

struct verify_result {
    int64_t events;   /* in the log */
    int64_t bad_seq;  /* the first event that is missing or was changed; NONE: the log is whole */
    int64_t findings; /* all, the log's included */
};

/* Walks everything in one snapshot. Each finding is told to `tell` as one sentence (without personal values);
 * `progress` is called now and then with the number of events walked. Both may be NULL. */
MUST enum err app_verify(struct ctx *c, void (*tell)(void *user, const char *sentence),
                         void (*progress)(void *user, int64_t events), void *user,
                         struct verify_result *result_out);

#endif
