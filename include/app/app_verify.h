/* The audit that audits: the log, the digests and the figures, recomputed from the raw rows. */
#ifndef CANARY_APP_VERIFY_H
#define CANARY_APP_VERIFY_H

#include "domain/log_head.h"

struct verify_result {
    int64_t events;   /* in the log */
    int64_t bad_seq;  /* the first event that is missing or was changed; NONE: none is known */
    int64_t bad_last; /* it is one from bad_seq to this: only a subtree tells */
    int64_t findings; /* all, the log's included */
};

/* Walks everything in one snapshot. Each finding is told to `tell` as one sentence (without personal values);
 * `progress` is called now and then with how many "events", then "rows", "checks" and "drops" are behind it.
 * Both may be NULL. What the database holds against all rules ends its part of the pass, and is a finding,
 * too. */
MUST enum err app_verify(struct ctx *c, void (*tell)(void *user, const char *sentence),
                         void (*progress)(void *user, const char *what, int64_t done), void *user,
                         struct verify_result *result_out);

struct verify_wish {
    void (*tell)(void *user, const char *sentence);
    void (*progress)(void *user, const char *what, int64_t done);
    void *user;
    bool log_only;               /* the log, its subtrees and keys; not what recomputes rows and figures */
    bool rows_only;              /* the log, and every row held against it; not what recomputes figures */
    const struct log_head *head; /* exported once; it must be signed with a key of the log, and the log must
                                    still begin with what it was signed for. NULL: none */
};
/* app_verify with choices. */
MUST enum err app_verify_as(struct ctx *c, const struct verify_wish *wish, struct verify_result *result_out);

#endif
