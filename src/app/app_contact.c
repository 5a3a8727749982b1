#include "app/app_audit.h"
#include "app/app_contest.h"
#include "base/crypto.h"
#include "app/app_order.h"
#include "base/id.h"
#include "base/text.h"
#include "json/json.h"
#include "store/store_contact.h"
#include "store/store_order.h"
#include <string.h>

MUST static enum err fingerprint(struct ctx *c, const struct order_row *order, const struct contact_in *in,
                                 struct blob *print_out) {
    struct text text = text_in(c->arena);
    uint8_t *digest = arena_alloc(c->arena, SHA256_SIZE);
    text_add(&text, (const char *)order->id.b, sizeof order->id.b);
    json_object(&text, &contact_in_shape, in);
    if (text.failed || !digest) return FAIL(c, ERR_LIMIT, "request.too-large", "the contact is too large");
    sha256(text.at, text.n, digest);
    *print_out = (struct blob){digest, SHA256_SIZE};
    return OK;
}

MUST static enum err known(struct ctx *c, const struct contact *was, struct blob print) {
    if (!id_equal(was->by_id, c->actor.user_id))
        return FAIL(c, ERR_NOT_FOUND, "not-found", "There is nothing here that you may see.");
    if (memcmp(was->fingerprint.at, print.at, SHA256_SIZE) == 0) return OK;
    return FAIL(
        c, ERR_CONFLICT, "event.id-reused",
        "this id was used for another contact; what was recorded then stands, a new contact needs a new id");
}

/* The "no" of the script, as the patient's word against the record. The note is kept once, with the contact:
 * both have the same id. */
MUST static enum err contest(struct ctx *c, const struct order_row *order, const struct contact_in *in) {
    const struct contest_in no = {.id = in->id, .at = in->at, .what = in->what};
    struct last_delivery last;
    struct delivery_row delivery;
    struct contest_row row;
    bool replay;
    enum err err = store_contact_last_delivery(c, order->patient_id, &last);
    if (err == ERR_NOT_FOUND)
        return FAIL(
            c, ERR_STATE, "contact.no-delivery",
            "nothing was delivered to this patient yet: leave last_delivery_ok null and say it in the note");
    TRY(err);
    TRY(store_delivery_get(c, last.id, &delivery));
    return app_contest_add(c, &delivery, &no, &row, &replay);
}

MUST static enum err write(struct ctx *c, struct order_row *order, const struct contact_in *in,
                           struct blob print, struct contact *contact) {
    *contact = (struct contact){.id = in->id,
                                .order_id = order->id,
                                .patient_id = order->patient_id,
                                .at = in->at,
                                .received_at = c->now,
                                .channel = in->channel,
                                .outcome = in->outcome,
                                .identity_checked = in->identity_checked == 1,
                                .last_delivery_ok = in->last_delivery_ok,
                                .what = in->what,
                                .by_id = c->actor.user_id,
                                .fingerprint = print,
                                .note = in->note};
    TRY(app_personal(c, contact->id, "note", order->patient_id, in->note, &contact->private_digest));
    TRY(store_contact_add(c, contact));
    order->attempts++;
    order->last_outcome = in->outcome;
    TRY(store_order_set(c, order));
    return app_audit(c, &(struct audit){.action = "order.contact",
                                        .entity = "order",
                                        .id = order->id,
                                        .version = order->version,
                                        .change = app_change(c, &contact_shape, NULL, contact)});
}

enum err app_contact_add(struct ctx *c, struct order_row *order, const struct contact_in *in,
                         struct contact *contact_out, bool *replay_out) {
    struct blob print = {NULL, 0};
    TRY(fingerprint(c, order, in, &print));
    enum err err = store_contact_get(c, in->id, contact_out);
    *replay_out = err == OK;
    if (err == OK) return known(c, contact_out, print);
    if (err != ERR_NOT_FOUND) return err;
    contact_judge(c, in);
    TRY(ctx_faults(c));
    if (id_is_none(order->patient_id))
        return FAIL(c, ERR_STATE, "order.no-patient",
                    "this order was brought in from a spreadsheet: nobody to call");
    TRY(write(c, order, in, print, contact_out));
    if (in->last_delivery_ok != 0) return OK;
    contact_out->contest_id = in->id;
    return contest(c, order, in);
}
