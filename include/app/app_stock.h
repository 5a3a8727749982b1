/* A patient's stock: counts, cover, suggestions. */
#ifndef CANARY_APP_STOCK_H
#define CANARY_APP_STOCK_H

#include "base/ctx.h"
#include "domain/drop.h"
#include "domain/stock.h"

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

/* What a patient has of one product, but for what was used. kept: patient.stock; a product that is not in it
 * is looked for among the counts. ERR_NOT_FOUND without a fault: it was never counted. */
MUST enum err app_stock_now(struct ctx *c, struct id patient_id, struct blob kept, struct id product_id,
                            struct stock_now *now_out);
/* Thousandths of it that were used from its count on, on the days before `until`, by the prescriptions in
 * force on each. */
MUST enum err app_stock_used(struct ctx *c, struct id patient_id, const struct stock_now *now, int64_t until,
                             int64_t *milli_out);

#endif
