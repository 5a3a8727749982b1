/* The sums that reports are made of: see domain/figure.h. store_commitment keeps them right. */
#ifndef CANARY_STORE_FIGURE_H
#define CANARY_STORE_FIGURE_H

#include "base/ctx.h"
#include "domain/figure.h"

struct figure_state {
    int64_t through;    /* date: the last day that is summed; NONE: no day is */
    int64_t known_from; /* instant: the latest version that is in the sums, or open */
};

MUST enum err store_figure_state(struct ctx *c, struct figure_state *state_out);
MUST enum err store_figure_state_set(struct ctx *c, const struct figure_state *state);
/* The first day after state->through on which commitments are due. ERR_NOT_FOUND: there is none. */
MUST enum err store_figure_next_day(struct ctx *c, const struct figure_state *state, int64_t *date_out);

/* Adds its counts to the sum of that key; a sum of no commitments has no row. */
MUST enum err store_figure_add(struct ctx *c, const struct figure *change);
/* The order's commitment is of a summed day and not settled. */
MUST enum err store_figure_open_add(struct ctx *c, struct id order_id);
/* What the sums have to know when one commitment takes the place of another of its order, or is its first
 * (`was` NULL): of days that are not summed nothing. */
MUST enum err store_figure_replace(struct ctx *c, const struct commitment *was, const struct commitment *is);

/* Every sum that begins in from … to, of one id or all (no id), through one record (struct figure). */
MUST enum err store_figure_each(struct ctx *c, enum figure_whose whose, enum figure_span span, int64_t from,
                                int64_t to, struct id id,
                                enum err (*row)(struct ctx *c, void *figure, void *user), void *user);
/* Sums that begin before `from` or after `to`. */
MUST enum err store_figure_outside(struct ctx *c, int64_t from, int64_t to, int64_t *rows_out);

#endif
