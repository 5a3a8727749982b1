/* What a repeat of an id is held against: half of SHA-256 of what it is about and of its body, written again
 * from what was decoded, so that white space and the order of members make no other body.
 *
 * A body may name people, and a guessed name could be tried on its hash. So the hash begins with the salt of
 * the private part that is kept beside the row; what holds no private part begins with its body. Once the
 * part was erased nobody can tell another body any more, and a repeat is taken for what it says it is. */
#ifndef CANARY_APP_FINGERPRINT_H
#define CANARY_APP_FINGERPRINT_H

#include "base/ctx.h"
#include "base/shape.h"

#define FINGERPRINT_SIZE \
    16 /* bytes: nobody gains by another body under an id of their own; older rows have 32 */

struct fingerprint_of {
    const char *word; /* the kind of thing, "" where the id says it */
    struct id about;  /* the delivery or order */
    const struct shape *shape;
    const void *body;
};

/* salt: of the private part, as app_personal gave it; empty when there is none. In the arena. */
MUST enum err fingerprint_make(struct ctx *c, const struct fingerprint_of *of, struct blob salt,
                               struct blob *fingerprint_out);
/* Is it the body that was recorded? kept: the fingerprint of then; owner, field: where its private part
 * stands in personal_value; digest: of that part, empty when there was none. */
MUST enum err fingerprint_compare(struct ctx *c, const struct fingerprint_of *of, struct blob kept,
                                  struct id owner, const char *field, struct blob digest, bool *same_out);

#endif
