/* The sums that reports are made of: days are added when they are over, and read instead of their
 * commitments. */
#ifndef CANARY_APP_FIGURE_H
#define CANARY_APP_FIGURE_H

#include "base/ctx.h"
#include "store/store_figure.h"

/* Sums the next days that are over, one after the other until `limit` commitments were looked at: a day at
 * least. In the caller's unit. more_out: other days are over too. Nothing of it is told in the log: it says
 * nothing that commitments do not. */
MUST enum err app_figure_sum(struct ctx *c, int64_t limit, bool *more_out);

/* What a report asks for. */
struct figure_wish {
    int64_t from, to, as_of;
    struct id customer_id; /* none: all */
    unsigned groups;       /* GROUP_BIT of domain/report.h */
    int64_t basis;         /* enum kpi_basis */
};
struct figure_reader {
    enum err (*sum)(struct ctx *c, void *figure, void *user);     /* struct figure, begins in the period */
    enum err (*row)(struct ctx *c, void *commitment, void *user); /* a commitment that no sum told has */
    void *user;
};
/* Tells every commitment that is due in the period as known at as_of, as a part of a sum wherever there is
 * one that has all of its groups, else by itself. */
MUST enum err app_figure_read(struct ctx *c, const struct figure_wish *wish,
                              const struct figure_reader *reader);

#endif
