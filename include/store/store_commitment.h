/* The one row per order that figures are made of, and its earlier versions. */
#ifndef CANARY_STORE_COMMITMENT_H
#define CANARY_STORE_COMMITMENT_H

#include "base/ctx.h"
#include "domain/commitment.h"

/* The current version. */
MUST enum err store_commitment_get(struct ctx *c, struct id order_id, struct commitment *row_out);
/* The version that was known at `instant` (the last with known_from <= instant). */
MUST enum err store_commitment_as_of(struct ctx *c, struct id order_id, int64_t instant,
                                     struct commitment *row_out);
/* The first version; known_from = c->now; sweep_at is computed. Here and below the sums of a day that has any
 * (store_figure.h) change with it. */
MUST enum err store_commitment_add(struct ctx *c, struct commitment *row);
/* Writes the row; sweep_at is computed (also in *row). While its window is still ahead of c->now the version
 * is changed in place; afterwards it is closed at c->now and the next one is added (version and known_from in
 * *row), so that a report as of an earlier instant still finds what was known then. */
MUST enum err store_commitment_set(struct ctx *c, struct commitment *row);
/* The same of a row whose customer, depot, windows, exclusion and recoveries are as they were read: what a
 * drop, a failed attempt or the clock's verdict changes. The indexes of those need not be written. */
MUST enum err store_commitment_facts_set(struct ctx *c, struct commitment *row);
/* Current rows the sweep has to look at by `now`, oldest first, at most `limit` (struct commitment). */
MUST enum err store_commitment_due(struct ctx *c, int64_t now, int64_t limit, struct list *rows_out);
/* Every row whose due_on is in from … to and whose window had ended at as_of, as known then, of one customer
 * or all (no id), through one record, which has only the members that figures are counted from. */
MUST enum err store_commitment_each(struct ctx *c, int64_t from, int64_t to, int64_t as_of,
                                    struct id customer_id,
                                    enum err (*row)(struct ctx *c, void *commitment, void *user), void *user);
/* The same, current, of those that no sum has though their day is summed: what the clock may still change. */
MUST enum err store_commitment_open(struct ctx *c, int64_t from, int64_t to, struct id customer_id,
                                    enum err (*row)(struct ctx *c, void *commitment, void *user), void *user);
/* The same as known at as_of of those whose facts may have arrived after the period: known since its last day
 * began, earliest anywhere. Of imported history only what changed since: it is all brought in late. */
MUST enum err store_commitment_restated(struct ctx *c, int64_t from, int64_t to, int64_t as_of,
                                        struct id customer_id,
                                        enum err (*row)(struct ctx *c, void *commitment, void *user),
                                        void *user);

#endif
