/* Contacts, with their notes. */
#ifndef CANARY_STORE_CONTACT_H
#define CANARY_STORE_CONTACT_H

#include "domain/contact.h"

/* ERR_NOT_FOUND without a fault when there is none. */
MUST enum err store_contact_get(struct ctx *c, struct id id, struct contact *contact_out);
MUST enum err store_contact_add(struct ctx *c, const struct contact *contact);
/* Oldest first (struct contact). */
MUST enum err store_contact_of_order(struct ctx *c, struct id order_id, struct list *contacts_out);
/* 1: somebody reached the patient about this order and checked who it was. */
MUST enum err store_contact_identified(struct ctx *c, struct id order_id, int64_t *identified_out);
/* The patient's last delivery that was handed over; if none was, the last that was tried. ERR_NOT_FOUND
 * without a fault when there is neither. */
struct last_delivery {
    struct id id;
};
MUST enum err store_contact_last_delivery(struct ctx *c, struct id patient_id,
                                          struct last_delivery *delivery_out);

#endif
