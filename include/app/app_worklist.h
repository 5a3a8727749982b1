/* Whom to call next. */
#ifndef CANARY_APP_WORKLIST_H
#define CANARY_APP_WORKLIST_H

#include "domain/order_view.h"

struct worklist_filter {
    int64_t date;       /* NONE: today, where it is latest */
    struct id depot_id; /* no id: all */
    int64_t after_rank; /* cursor; NONE: from the start */
    struct id after_id;
    int64_t limit;
};
/* Open orders with call_due on or before the date, most urgent first: days of cover on that date, then
 * need_by, then fewest attempts, then id. Cover that nobody knows is not safe: it ranks like none, so that
 * need_by decides among the two. *more_out tells whether there is a next page, which begins after *rank_out
 * and the id of the last item (struct work_item). */
MUST enum err app_worklist(struct ctx *c, const struct worklist_filter *filter, struct list *items_out,
                           int64_t *rank_out, bool *more_out);

/* Of the orders whose day to call has come, up to `most` more are kept so that the list finds them by cover;
 * the others it finds without. *left_out > 0: there are more. Writes no event: it says nothing that is not
 * known. */
MUST enum err app_to_call(struct ctx *c, int64_t most, int64_t *left_out);

#define NEED_BY_DAYS 62 /* a zone that is not served for two months has no last served day */

/* The last served, open day on or before the cover ends; the due date without a count. `closed`: n dates,
 * sorted. NONE when the zone was not served in the NEED_BY_DAYS before. */
int64_t need_by(int64_t weekdays, const int64_t *closed, size_t n, int64_t cover_until, int64_t due_date);

#endif
