/* Who took the boxes, against who may. */
#ifndef CANARY_DOMAIN_RECEIVER_H
#define CANARY_DOMAIN_RECEIVER_H

#include "domain/reconcile.h"

/* known_out: the receiver is the patient, or a listed name with case and accents folded. ERR_LIMIT when the
 * arena is full. */
MUST enum err receiver_judge(struct arena *arena, const struct drop_facts *facts, bool *known_out);

#endif
