#include "app/app_contest.h"
#include "app/app_audit.h"
#include "base/crypto.h"
#include "app/app_discrepancy.h"
#include "base/id.h"
#include "base/text.h"
#include "domain/reconcile.h"
#include "json/json.h"
#include "store/store_drop.h"
#include <string.h>

MUST static enum err fingerprint(struct ctx *c, const struct delivery_row *found, const struct contest_in *in,
                                 struct blob *print_out) {
    struct text text = text_in(c->arena);
    uint8_t *digest = arena_alloc(c->arena, SHA256_SIZE);
    text_add(&text, (const char *)found->id.b, sizeof found->id.b);
    json_object(&text, &contest_in_shape, in);
    if (text.failed || !digest) return FAIL(c, ERR_LIMIT, "request.too-large", "the contest is too large");
    sha256(text.at, text.n, digest);
    *print_out = (struct blob){digest, SHA256_SIZE};
    return OK;
}

MUST static enum err known(struct ctx *c, const struct contest_row *was, struct blob print) {
    if (!id_equal(was->by_id, c->actor.user_id))
        return FAIL(c, ERR_NOT_FOUND, "not-found", "there is no such thing here");
    if (memcmp(was->fingerprint.at, print.at, SHA256_SIZE) == 0) return OK;
    return FAIL(
        c, ERR_CONFLICT, "event.id-reused",
        "this id was used for another contest; what was recorded then stands, a new contest needs a new id");
}

MUST static enum err open_contested(struct ctx *c, const struct contest_row *contest, struct id *id_out) {
    struct discrepancy found;
    shape_clear(&discrepancy_shape, &found);
    found.delivery_id = contest->delivery_id;
    found.kind = KIND_CONTESTED;
    found.severity = severity_of(KIND_CONTESTED, false, false);
    found.source = SOURCE_CUSTOMER;
    found.cause = names_word(&contest_what_names, contest->what);
    found.contest_id = contest->id;
    TRY(app_discrepancy_open_for(c, contest->order_id, &found));
    *id_out = found.id;
    return OK;
}

enum err app_contest_add(struct ctx *c, const struct delivery_row *found, const struct contest_in *in,
                         struct contest_row *contest_out, bool *replay_out) {
    struct contest_row *contest = contest_out;
    struct blob print = {NULL, 0};
    TRY(fingerprint(c, found, in, &print));
    enum err err = store_contest_get(c, in->id, contest);
    *replay_out = err == OK;
    if (err == OK) return known(c, contest, print);
    if (err != ERR_NOT_FOUND) return err;
    *contest = (struct contest_row){.id = in->id,
                                    .delivery_id = found->id,
                                    .order_id = found->order_id,
                                    .at = in->at,
                                    .received_at = c->now,
                                    .what = in->what,
                                    .by_id = c->actor.user_id,
                                    .fingerprint = print,
                                    .note = in->note};
    TRY(app_personal(c, contest->id, "contest", found->patient_id, in->note, &contest->private_digest));
    TRY(store_contest_add(c, contest));
    TRY(open_contested(c, contest, &contest->discrepancy_id));
    return app_audit(c, &(struct audit){.action = "delivery.contest",
                                        .entity = "delivery",
                                        .id = found->id,
                                        .version = found->version,
                                        .change = app_change(c, &contest_shape, NULL, contest)});
}
