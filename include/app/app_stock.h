/* A patient's stock: counts, cover, suggestions. */
#ifndef CANARY_APP_STOCK_H
#define CANARY_APP_STOCK_H

#include "base/ctx.h"

/* Computes patient.cover_until again from the last count, what was accepted since and the prescriptions;
 * writes it when it differs. Call it in the unit that changed one of them. */
MUST enum err app_stock_refresh(struct ctx *c, struct id patient_id);

/* Thousandths of a product that the patient used on the days from <= day < until, by the prescriptions in
 * force on each. */
MUST enum err app_stock_used(struct ctx *c, struct id patient_id, struct id product_id, int64_t from,
                             int64_t until, int64_t *milli_out);

#endif
