/* A new order comes into the world with its commitment and its audit event. */
#ifndef CANARY_APP_ORDER_OPEN_H
#define CANARY_APP_ORDER_OPEN_H

#include "app/app_audit.h"
#include "domain/order.h"

/* Clears the row and fills what every order is born with: id, state, dates, counters. The caller adds
 * patient, customer, depot and zone. */
void order_fill(const struct ctx *c, struct order_row *order, int64_t kind, int64_t due_date,
                int64_t next_due);
/* Writes order, commitment (in the depot's zone of time) and event. *added_out false: the patient has an
 * order of that date and kind already, and nothing was written. */
MUST enum err order_open(struct ctx *c, const struct order_row *order, const char *timezone,
                         const char *action, bool *added_out);

#endif
