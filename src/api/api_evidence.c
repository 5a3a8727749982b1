#include "api_evidence.h"
#include "app/app_evidence.h"
#include "base/crypto.h"
#include "base/image.h"
#include "base/text.h"
#include <string.h>
#include <strings.h>

MUST static enum err full(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
}

/* The hash of the path; what is none names nothing. */
MUST static enum err read_hash(struct ctx *c, const struct api_call *call, struct blob *sha256_out) {
    uint8_t *hash = arena_alloc(c->arena, SHA256_SIZE);
    if (!hash) return full(c);
    if (strlen(call->word) != 2 * (size_t)SHA256_SIZE || !text_unhex(call->word, hash, SHA256_SIZE))
        return FAIL(c, ERR_NOT_FOUND, "not-found", "There is nothing here that you may see.");
    *sha256_out = (struct blob){hash, SHA256_SIZE};
    return OK;
}

enum err api_evidence_named(struct ctx *c, struct api_call *call) {
    struct blob *sha256 = arena_alloc(c->arena, sizeof *sha256);
    if (!sha256) return full(c);
    TRY(read_hash(c, call, sha256));
    call->found = sha256;
    return OK;
}

enum err api_evidence_find(struct ctx *c, struct api_call *call) {
    struct evidence *evidence = arena_alloc(c->arena, sizeof *evidence);
    struct blob sha256;
    if (!evidence) return full(c);
    TRY(read_hash(c, call, &sha256));
    TRY(app_evidence_find(c, sha256, evidence));
    call->found = evidence;
    return OK;
}

static struct blob body_of(const struct api_call *call) {
    return (struct blob){(const uint8_t *)call->request->body, call->request->body_size};
}

/* Without a socket nobody hashed what arrived. */
MUST static enum err digest_of(struct ctx *c, const struct api_call *call, struct blob *digest_out) {
    uint8_t *digest = arena_alloc(c->arena, SHA256_SIZE);
    if (!digest) return full(c);
    if (call->request->body_sha256)
        memcpy(digest, call->request->body_sha256, SHA256_SIZE);
    else
        sha256(call->request->body, call->request->body_size, digest);
    *digest_out = (struct blob){digest, SHA256_SIZE};
    return OK;
}

/* Content-Type without its parameters, in the letters that types are written with. */
static const char *type_word(const struct api_call *call) {
    const char *type = call->request->content_type;
    size_t n = type ? strcspn(type, "; \t") : 0;
    for (size_t i = 0; i < image_type_names.n; i++)
        if (strlen(image_type_names.word[i]) == n && strncasecmp(image_type_names.word[i], type, n) == 0)
            return image_type_names.word[i];
    return NULL;
}

enum err api_evidence_prepare(struct ctx *c, struct api_call *call) {
    int64_t *type = arena_alloc(c->arena, sizeof *type);
    struct blob digest;
    if (!type) return full(c);
    TRY(digest_of(c, call, &digest));
    TRY(app_evidence_check(c, *(const struct blob *)call->found, digest, body_of(call), type_word(call),
                           type));
    call->prepared = type;
    return OK;
}

enum err api_evidence_put(struct ctx *c, struct api_call *call) {
    struct evidence evidence;
    bool is_new;
    TRY(app_evidence_put(c, *(const struct blob *)call->found, *(const int64_t *)call->prepared,
                         body_of(call), &evidence, &is_new));
    return api_answer(c, call, is_new ? 201 : 200, &evidence);
}

enum err api_evidence_get(struct ctx *c, struct api_call *call) {
    static const char *const SUFFIX[] = {[IMAGE_PNG] = "png", [IMAGE_JPEG] = "jpg"};
    const struct evidence *evidence = call->found;
    struct blob image;
    TRY(app_evidence_image(c, evidence, &image));
    const char *name =
        arena_printf(c->arena, "%s.%s", text_hex(c->arena, evidence->sha256.at, evidence->sha256.n),
                     SUFFIX[evidence->type]);
    return api_answer_file(c, call, names_word(&image_type_names, evidence->type), image, name);
}
