/* One attempt to reach the patient, and its outcome. */
#ifndef CANARY_DOMAIN_CONTACT_H
#define CANARY_DOMAIN_CONTACT_H

#include "base/ctx.h"
#include "base/shape.h"
#include "domain/words.h"

struct contact_in {
    struct id id;
    int64_t at;
    int64_t channel, outcome; /* enum contact_channel, contact_outcome */
    int64_t identity_checked; /* not stated: not checked */
    int64_t last_delivery_ok; /* NONE: not asked, or there was none */
    int64_t what;             /* contest_what_names: what was not right */
    const char *note;
};
extern const struct shape contact_in_shape;

/* As it is stored and as it is answered. */
struct contact {
    struct id id, order_id, patient_id;
    int64_t at, received_at, channel, outcome, identity_checked, last_delivery_ok, what;
    struct id by_id;
    struct blob fingerprint, private_digest;
    const char *note;     /* read from personal_value */
    struct id contest_id; /* answered: the contest that a "no" became */
};
extern const struct shape contact_shape;

/* Adds a fault item for each fault that the table of fields cannot see: nobody was identified or asked on a
 * voicemail, and a "no" must say what. */
void contact_judge(struct ctx *c, const struct contact_in *in);

#endif
