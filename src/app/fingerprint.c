#include "app/fingerprint.h"
#include "base/crypto.h"
#include "base/text.h"
#include "json/json.h"
#include "store/store_audit.h"
#include <string.h>

enum err fingerprint_make(struct ctx *c, const struct fingerprint_of *of, struct blob salt,
                          struct blob *fingerprint_out) {
    uint8_t *digest = arena_alloc(c->arena, SHA256_SIZE);
    struct text text = text_in(c->arena);
    text_str(&text, of->word);
    text_add(&text, (const char *)of->about.b, sizeof of->about.b);
    json_object(&text, of->shape, of->body);
    if (text.failed || !digest) return FAIL(c, ERR_LIMIT, "request.too-large", "the request is too large");
    sha256_two(salt.at, salt.n, text.at, text.n, digest);
    *fingerprint_out = (struct blob){digest, FINGERPRINT_SIZE};
    return OK;
}

MUST static enum err is_made_with(struct ctx *c, const struct fingerprint_of *of, struct blob salt,
                                  struct blob kept, bool *is_out) {
    struct blob print = {NULL, 0};
    TRY(fingerprint_make(c, of, salt, &print));
    *is_out = kept.n >= print.n && memcmp(kept.at, print.at, print.n) == 0;
    return OK;
}

/* With the salt that is kept; then without one, as the first releases did. */
enum err fingerprint_compare(struct ctx *c, const struct fingerprint_of *of, struct blob kept,
                             struct id owner, const char *field, struct blob digest, bool *same_out) {
    struct blob salt;
    const struct blob none = {NULL, 0};
    if (digest.n == 0) return is_made_with(c, of, none, kept, same_out);
    enum err err = store_personal_salt_of(c, owner, field, &salt);
    *same_out = err == ERR_NOT_FOUND; /* erased */
    if (*same_out) return OK;
    TRY(err);
    TRY(is_made_with(c, of, salt, kept, same_out));
    return *same_out ? OK : is_made_with(c, of, none, kept, same_out);
}
