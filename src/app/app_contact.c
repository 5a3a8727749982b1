#include "app/app_audit.h"
#include "app/app_contest.h"
#include "app/fingerprint.h"
#include "app/app_order.h"
#include "base/id.h"
#include "base/text.h"
#include "json/json.h"
#include "store/store_contact.h"
#include "store/store_order.h"
#include <string.h>

MUST static enum err known(struct ctx *c, const struct contact *was, const struct fingerprint_of *of) {
    bool same;
    if (!id_equal(was->by_id, c->actor.user_id))
        return FAIL(c, ERR_NOT_FOUND, "not-found", "There is nothing here that you may see.");
    TRY(fingerprint_compare(c, of, was->fingerprint, was->id, "note", was->private_digest, &same));
    if (same) return OK;
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
                           const struct fingerprint_of *of, struct contact *contact) {
    struct blob salt;
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
                                .note = in->note};
    TRY(app_personal(c, contact->id, "note", in->note, &contact->private_digest, &salt));
    TRY(fingerprint_make(c, of, salt, &contact->fingerprint));
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
    struct fingerprint_of of = {"", order->id, &contact_in_shape, in};
    enum err err = store_contact_get(c, in->id, contact_out);
    *replay_out = err == OK;
    if (err == OK) return known(c, contact_out, &of);
    if (err != ERR_NOT_FOUND) return err;
    contact_judge(c, in);
    TRY(ctx_faults(c));
    if (id_is_none(order->patient_id))
        return FAIL(c, ERR_STATE, "order.no-patient",
                    "this order was brought in from a spreadsheet: nobody to call");
    TRY(write(c, order, in, &of, contact_out));
    if (in->last_delivery_ok != 0) return OK;
    contact_out->contest_id = in->id;
    return contest(c, order, in);
}
