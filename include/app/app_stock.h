/* A patient's stock: counts, cover, suggestions. */
#ifndef CANARY_APP_STOCK_H
#define CANARY_APP_STOCK_H

#include "base/ctx.h"
#include "domain/drop.h"

/* Computes what is kept of a patient's stock (patient.stock, cover_until) again from the last counts, what
 * was accepted since and the prescriptions; writes it when it differs. Call it in the unit that changed one
 * of them. */
MUST enum err app_stock_refresh(struct ctx *c, struct id patient_id);
struct stock_kept;
/* The same after a confirmation that was written in this unit and is no amendment: adds its lines (struct
 * field_event_line) to what was kept before, and so does not grow with the patient's years. */
MUST enum err app_stock_add(struct ctx *c, const struct stock_kept *before, const struct field_event *event,
                            struct list lines);
/* Is what is kept what the counts, the drops and the prescriptions make of it? */
MUST enum err app_stock_is_right(struct ctx *c, const struct stock_kept *kept, bool *right_out);

/* Thousandths of a product that the patient used on the days from <= day < until, by the prescriptions in
 * force on each. */
MUST enum err app_stock_used(struct ctx *c, struct id patient_id, struct id product_id, int64_t from,
                             int64_t until, int64_t *milli_out);

#endif
