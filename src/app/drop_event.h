/* What a drop and a failed attempt have in common: who reports, the id, the times, the private part. */
#ifndef CANARY_APP_DROP_EVENT_H
#define CANARY_APP_DROP_EVENT_H

#include "base/ctx.h"
#include "domain/commitment.h"
#include "domain/delivery.h"
#include "domain/drop.h"
#include "domain/order.h"
#include "store/store_stock.h"

/* The members that both bodies have. */
struct report {
    struct id id;
    int64_t kind; /* enum event_kind */
    int64_t at;
    struct id on_behalf_of;
    const char *behalf_reason, *note;
    const char *reason;              /* of an amendment */
    const struct receiver *receiver; /* NULL: none stated */
    const struct fix *location;
    struct list evidence; /* struct drop_evidence */
    const struct shape *shape;
    const void *body; /* for the fingerprint */
};

/* Everything that one event may change, loaded once and written once. */
struct drop_work {
    struct delivery_row delivery;
    struct order_row order;
    struct order_line_row *line;
    const struct order_line_row *line_before; /* as they read before this event */
    size_t lines;                             /* of both */
    struct commitment commitment;
    struct field_event event;
    struct list sent; /* struct delivery_line_row: what this attempt was sent out with; by drop_judge */
    struct stock_kept stock; /* of the patient, before this event; by drop_judge */
    int64_t dropped_at;      /* when the drop was made: what the figures use if it completes anything */
    bool was_cancelled;      /* the delivery, before this event */
    bool was_delivered;      /* the order, likewise */
    bool recoveries_changed; /* of the commitment, by this event */
};

/* The part of it that can be erased. */
void drop_private_of(const struct report *report, struct drop_private *private_out);
/* Looks the id up before anything else. OK with replay_out true: the same event again, in *event_out. */
MUST enum err drop_event_replay(struct ctx *c, const struct delivery_row *found, const struct report *report,
                                struct field_event *event_out, bool *replay_out);
/* Who reports for whom, and the hashes of its images: faults of the body. Writes nothing. */
MUST enum err drop_event_check(struct ctx *c, const struct report *report);
/* The event's times, driver and private part: everything but the verdict. Writes the private part: whatever
 * is to be refused is refused before. */
MUST enum err drop_event_begin(struct ctx *c, const struct delivery_row *found, const struct report *report,
                               struct field_event *event_out);
/* Hashes that are none are faults at /evidence/i/sha256. */
MUST enum err drop_evidence_check(struct ctx *c, struct list evidence);
/* Writes the event and its evidence. */
MUST enum err drop_event_write(struct ctx *c, const struct field_event *event, const struct report *report);

/* The delivery as it stood when the event had been taken, whatever came since: for the answer to a copy. */
MUST enum err drop_as_it_was(struct ctx *c, const struct delivery_row *now, const struct field_event *event,
                             struct delivery_row *row_out);

/* Loads delivery's order, lines and commitment into the work. */
MUST enum err drop_work_load(struct ctx *c, const struct delivery_row *found, struct drop_work *work_out);
/* Gives the stop and the weight back, once. */
MUST enum err drop_give_back(struct ctx *c, struct delivery_row *delivery);
/* Closes a dispatched run whose every stop has an outcome; no run: nothing. */
MUST enum err drop_run_close(struct ctx *c, struct id run_id);
/* Writes delivery, order and of its lines those that the order's state does not tell, closes the run when
 * this was its last stop. */
MUST enum err drop_work_write(struct ctx *c, struct drop_work *work);

#endif
