/* Due dates of a cycle, and which of them become orders. */
#ifndef CANARY_DOMAIN_PLAN_H
#define CANARY_DOMAIN_PLAN_H

#include "base/value.h"
#include "domain/words.h"

/* Every `every` days or months from `anchor` on. */
struct cycle {
    int64_t every, unit, anchor;
};

/* The n-th due date (n = 0: the anchor); months clamp to the month's end from the anchor's day. */
int64_t cycle_date(const struct cycle *cycle, int64_t n);
/* The smallest n >= 0 with cycle_date(n) >= date. */
int64_t cycle_index(const struct cycle *cycle, int64_t date);
/* The first due date after `date` (which need not be one): for cycle_days of any order. */
int64_t cycle_next(const struct cycle *cycle, int64_t date);

enum plan_fate { PLAN_OPEN, PLAN_EXISTING, PLAN_SKIPPED, PLAN_PAUSED };

struct plan_span {
    int64_t from, to; /* dates, both inclusive */
};

/* What becomes of one due date: an order that exists (skipped_by 1: it was skipped), a pause, or a new order.
 */
int64_t plan_fate(int64_t due_date, bool exists, bool skipped, const struct plan_span *pause, size_t pauses);

#endif
