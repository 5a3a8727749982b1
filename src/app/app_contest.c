#include "app/app_contest.h"
#include "app/app_audit.h"
#include "app/fingerprint.h"
#include "app/app_discrepancy.h"
#include "base/id.h"
#include "base/text.h"
#include "domain/reconcile.h"
#include "json/json.h"
#include "store/store_drop.h"
#include <string.h>

MUST static enum err known(struct ctx *c, const struct contest_row *was, const struct fingerprint_of *of) {
    bool same;
    if (!id_equal(was->by_id, c->actor.user_id))
        return FAIL(c, ERR_NOT_FOUND, "not-found", "there is no such thing here");
    TRY(fingerprint_compare(c, of, was->fingerprint, was->id, "contest", was->private_digest, &same));
    if (same) return OK;
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
    struct blob salt;
    struct fingerprint_of of = {"", found->id, &contest_in_shape, in};
    enum err err = store_contest_get(c, in->id, contest);
    *replay_out = err == OK;
    if (err == OK) return known(c, contest, &of);
    if (err != ERR_NOT_FOUND) return err;
    *contest = (struct contest_row){.id = in->id,
                                    .delivery_id = found->id,
                                    .order_id = found->order_id,
                                    .at = in->at,
                                    .received_at = c->now,
                                    .what = in->what,
                                    .by_id = c->actor.user_id,
                                    .note = in->note};
    TRY(app_personal(c, contest->id, "contest", in->note, &contest->private_digest, &salt));
    TRY(fingerprint_make(c, &of, salt, &contest->fingerprint));
    TRY(store_contest_add(c, contest));
    TRY(open_contested(c, contest, &contest->discrepancy_id));
    return app_audit(c, &(struct audit){.action = "delivery.contest",
                                        .entity = "delivery",
                                        .id = found->id,
                                        .version = found->version,
                                        .change = app_change(c, &contest_shape, NULL, contest)});
}
