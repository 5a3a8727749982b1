#include "domain/contact.h"
#include "base/limits.h"

#define IN(kind_, ...) FIELD(struct contact_in, kind_, __VA_ARGS__)
static const struct field IN_FIELDS[] = {
    IN(K_ID, id, .flags = F_REQUIRED, .doc = "made by the client: a repeat is the same contact"),
    IN(K_INSTANT, at, .flags = F_REQUIRED, .doc = "when it was tried"),
    IN(K_ENUM, channel, .flags = F_REQUIRED, .names = &contact_channel_names, .doc = "how"),
    IN(K_ENUM, outcome, .flags = F_REQUIRED, .names = &contact_outcome_names,
       .doc = "a voicemail is not reached"),
    IN(K_BOOL, identity_checked,
       .doc = "needs outcome reached; before stock is discussed; false unless told"),
    IN(K_BOOL, last_delivery_ok, .doc = "what was answered to: was the last delivery right? null: not asked"),
    IN(K_ENUM, what, .names = &contest_what_names,
       .doc = "needed with last_delivery_ok false: what was not right", .example = "\"short\""),
    IN(K_TEXT, note, .flags = F_PERSONAL, .max = LIMIT_NOTE, .doc = "in the rep's own words",
       .example = "\"Rings back at noon\""),
};
const struct shape contact_in_shape = SHAPE("contact_new", struct contact_in, IN_FIELDS);

#define CONTACT(kind_, ...) FIELD(struct contact, kind_, __VA_ARGS__)
static const struct field FIELDS[] = {
    CONTACT(K_ID, id, .doc = "of the contact"),
    CONTACT(K_ID, order_id, .flags = F_KEPT, .doc = "the order it was about"),
    CONTACT(K_ID, patient_id, .flags = F_HIDDEN | F_KEPT),
    CONTACT(K_INSTANT, at, .flags = F_KEPT, .doc = "when it was tried"),
    CONTACT(K_INSTANT, received_at, .flags = F_KEPT, .doc = "when it was recorded"),
    CONTACT(K_ENUM, channel, .flags = F_KEPT, .names = &contact_channel_names, .doc = "how"),
    CONTACT(K_ENUM, outcome, .names = &contact_outcome_names, .doc = "what came of it"),
    CONTACT(K_BOOL, identity_checked, .flags = F_KEPT, .doc = "true: the patient was who they should be"),
    CONTACT(K_BOOL, last_delivery_ok, .flags = F_KEPT, .doc = "null: not asked"),
    CONTACT(K_ENUM, what, .flags = F_KEPT, .names = &contest_what_names, .doc = "what was not right",
            .example = "\"short\""),
    CONTACT(K_ID, by_id, .flags = F_KEPT, .doc = "who tried"),
    CONTACT(K_HEX, fingerprint, .flags = F_HIDDEN | F_KEPT),
    CONTACT(K_HEX, private_digest, .flags = F_HIDDEN | F_KEPT),
    CONTACT(K_TEXT, note, .flags = F_PERSONAL | F_KEPT, .doc = "null for who may not read it",
            .example = "\"Rings back at noon\""),
    CONTACT(K_ID, contest_id, .doc = "the contest that a \"no\" became"),
};
const struct shape contact_shape = SHAPE("contact", struct contact, FIELDS);

void contact_judge(struct ctx *c, const struct contact_in *in) {
    bool reached = in->outcome == CONTACT_REACHED, wrong = in->last_delivery_ok == 0;
    if (!reached && in->identity_checked == 1)
        ctx_fault_item(c, "/identity_checked", "needs the outcome reached");
    if (!reached && in->last_delivery_ok != NONE)
        ctx_fault_item(c, "/last_delivery_ok", "needs the outcome reached");
    if (wrong && in->what == NONE) ctx_fault_item(c, "/what", "is needed: what was not right?");
    if (!wrong && in->what != NONE) ctx_fault_item(c, "/what", "goes with last_delivery_ok false only");
}
