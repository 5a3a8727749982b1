/* A delivery with everything that belongs to it, as it is answered. */
#ifndef CANARY_APP_DELIVERY_VIEW_H
#define CANARY_APP_DELIVERY_VIEW_H

#include "base/ctx.h"
#include "domain/commitment.h"
#include "domain/delivery_view.h"

/* As known at instant `as_of` (c->now: everything): promises, failures, discrepancies and the commitment of
 * that moment. Allocated in c->arena. */
MUST enum err app_delivery_view(struct ctx *c, const struct delivery_row *row, int64_t as_of,
                                struct delivery_view *view_out);
/* The same as the answer to an event, with what had arrived when each event came: a copy gets the same. */
MUST enum err app_delivery_view_then(struct ctx *c, const struct delivery_row *row, int64_t as_of,
                                     struct delivery_view *view_out);
/* The same for whoever has a part of it in hand already. */
struct delivery_known {
    const struct field_event *event; /* with its confirmation: used when it is the one that stands */
    const struct confirmation *confirmation;
    struct list discrepancies;           /* struct discrepancy */
    const struct commitment *commitment; /* as it stands now; NULL: to be read */
    const struct list *lines;            /* of the delivery; NULL: to be read */
};
MUST enum err app_delivery_view_of(struct ctx *c, const struct delivery_row *row, int64_t as_of,
                                   const struct delivery_known *known, struct delivery_view *view_out);
/* A confirmation as it is answered, from its event, with the amendments that made the delivery's versions up
 * to this one (INT64_MAX: all). then: with the images that had arrived when each event came, here and below.
 */
MUST enum err app_confirmation_view(struct ctx *c, const struct field_event *event, int64_t version,
                                    bool then, struct confirmation *view_out);
/* The same of one that this unit has written: without amendments, and what it says is known. */
struct drop_said {
    struct drop_private kept;
    struct list lines; /* struct field_event_line */
};
MUST enum err app_confirmation_view_said(struct ctx *c, const struct field_event *event,
                                         const struct drop_said *said, struct confirmation *view_out);
/* What a confirmation or an amendment says, without amendments of it. */
MUST enum err app_statement_view(struct ctx *c, const struct field_event *event, bool then,
                                 struct confirmation *view_out);
/* A failure as it is answered, from its event. */
MUST enum err app_failure_view(struct ctx *c, const struct field_event *event, bool then,
                               struct failure *view_out);

#endif
