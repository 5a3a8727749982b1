/* A patient's stock: counts, cover, suggestions. */
#ifndef CANARY_APP_STOCK_H
#define CANARY_APP_STOCK_H

#include "base/ctx.h"

/* Computes patient.cover_until again from the last count, what was accepted since and the prescriptions;
 * writes it when it differs. Call it in the unit that changed one of them. */
MUST enum err app_stock_refresh(struct ctx *c, struct id patient_id);

#endif
