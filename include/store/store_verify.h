/* What an independent pass reads: the log with its private words, and rows that contradict the raw events.
 * The statements recompute in SQL what the use cases keep, and share no code with them. */
#ifndef CANARY_STORE_VERIFY_H
#define CANARY_STORE_VERIFY_H

#include "store/store_audit.h"

/* An event with the salt of its reason, when that was not erased. */
struct verify_event {
    struct audit_row row;
    struct blob salt;
};
/* All events, oldest first; those out of a block without leaf_hash. The context it is told in has memory of
 * its own, which does not last. */
typedef enum err store_verify_event(struct ctx *c, void *verify_event, void *user);
MUST enum err store_verify_events(struct ctx *c, store_verify_event *event, void *user);

/* Where events of an entity are said to be, in no order. */
struct verify_place {
    struct id entity_id;
    int64_t block;
};
MUST enum err store_verify_places(struct ctx *c,
                                  enum err (*row)(struct ctx *c, void *verify_place, void *user), void *user);

/* Where events of a noun are said to be, in no order; "": of any. */
struct verify_noun {
    const char *entity;
    int64_t block;
};
MUST enum err store_verify_nouns(struct ctx *c, enum err (*row)(struct ctx *c, void *verify_noun, void *user),
                                 void *user);

/* A row of an append-only table whose private part is kept: its digest must be that of salt and value. */
struct verify_private {
    const char *entity;
    struct id id;
    struct blob digest, salt;
    const char *value;
};
MUST enum err store_verify_private(struct ctx *c,
                                   enum err (*row)(struct ctx *c, void *verify_private, void *user),
                                   void *user);

/* Every image that is kept, with the hash it is kept under. */
struct verify_image {
    struct blob sha256, image;
};
MUST enum err store_verify_images(struct ctx *c,
                                  enum err (*row)(struct ctx *c, void *verify_image, void *user), void *user);

struct verify_contradiction {
    struct id id; /* of the order, or of what the check is about */
};
/* Checks are numbered 0 … n-1. */
size_t store_verify_checks(void);
const char *store_verify_check_name(size_t check);
/* At most 100 rows that contradict (struct verify_contradiction). */
MUST enum err store_verify_check(struct ctx *c, size_t check, struct list *rows_out);

#endif
