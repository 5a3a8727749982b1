#include "app/app_evidence.h"
#include "app/app_audit.h"
#include "app/evidence_wait.h"
#include "base/id.h"
#include "base/image.h"
#include "base/text.h"
#include "store/store_evidence.h"
#include <string.h>

enum err app_evidence_check(struct ctx *c, struct blob sha256, struct blob digest, struct blob image,
                            const char *type_word, int64_t *type_out) {
    const char *found;
    TRY(image_sniff(c, image.at, image.n, type_out, &found));
    if (digest.n != sha256.n || memcmp(digest.at, sha256.at, sha256.n) != 0)
        ctx_fault_item(c, "", "the SHA-256 of these bytes is %s, the address names %s",
                       text_hex(c->arena, digest.at, digest.n), text_hex(c->arena, sha256.at, sha256.n));
    if (*type_out == NONE)
        ctx_fault_item(c, "", "these bytes are %s; an image is image/png or image/jpeg", found);
    else if (!type_word || !text_equal(found, type_word))
        ctx_fault_item(c, "", "these bytes are %s, Content-Type says %s", found,
                       names_value(&image_type_names, type_word) == NONE ? "something else" : type_word);
    if (!c->fault.first) return OK;
    return FAIL(c, ERR_INVALID, "evidence.refused", "%s",
                "The image was not kept: errors says why. Send it again whole, under its own hash.");
}

enum err app_evidence_put(struct ctx *c, struct blob sha256, int64_t type, struct blob image,
                          struct evidence *evidence_out, bool *new_out) {
    *new_out = false;
    enum err err = store_evidence_get(c, sha256, evidence_out);
    if (err != ERR_NOT_FOUND) return err;
    *evidence_out = (struct evidence){.sha256 = sha256,
                                      .id = id_new(c->now),
                                      .type = type,
                                      .bytes = (int64_t)image.n,
                                      .received_at = c->now,
                                      .by_id = c->actor.user_id};
    TRY(store_evidence_add(c, evidence_out, image, new_out));
    if (!*new_out) return store_evidence_get(c, sha256, evidence_out);
    TRY(store_evidence_unawait_all(c, sha256));
    TRY(app_audit(c, &(struct audit){.action = "evidence.put",
                                     .entity = "evidence",
                                     .id = evidence_out->id,
                                     .version = 1,
                                     .change = app_change(c, &evidence_shape, NULL, evidence_out)}));
    return evidence_arrived(c, sha256);
}

MUST static enum err may_see(struct ctx *c, const struct evidence *evidence, bool *may_out) {
    *may_out = c->actor.role == ROLE_MANAGER || c->actor.role == ROLE_REP || c->actor.role == ROLE_DISPATCHER;
    if (c->actor.role == ROLE_CUSTOMER)
        return store_evidence_of_customer(c, evidence->sha256, c->actor.customer_id, may_out);
    if (c->actor.role != ROLE_DRIVER) return OK;
    *may_out = id_equal(evidence->by_id, c->actor.user_id);
    return *may_out ? OK : store_evidence_of_driver(c, evidence->sha256, c->actor.user_id, may_out);
}

enum err app_evidence_find(struct ctx *c, struct blob sha256, struct evidence *evidence_out) {
    bool may = false;
    enum err err = store_evidence_get(c, sha256, evidence_out);
    if (err == OK) TRY(may_see(c, evidence_out, &may));
    if (err != OK && err != ERR_NOT_FOUND) return err;
    return may ? OK : FAIL(c, ERR_NOT_FOUND, "not-found", "there is no such thing here");
}

enum err app_evidence_image(struct ctx *c, const struct evidence *evidence, struct blob *image_out) {
    enum err err = store_evidence_image(c, evidence->sha256, image_out);
    if (err != ERR_NOT_FOUND) return err;
    return FAIL(c, ERR_NOT_FOUND, "not-found", "the image was erased");
}
