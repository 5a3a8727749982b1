/* Field events (drops and failed attempts), contests, and the facts a drop is judged by. */
#ifndef CANARY_STORE_DROP_H
#define CANARY_STORE_DROP_H

#include "base/ctx.h"
#include "domain/delivery.h"
#include "domain/drop.h"

MUST enum err store_event_get(struct ctx *c, struct id id, struct field_event *event_out);
MUST enum err store_event_add(struct ctx *c, const struct field_event *event);
MUST enum err store_event_line_add(struct ctx *c, const struct field_event_line *line);
MUST enum err store_event_evidence_add(struct ctx *c, const struct field_event_evidence *evidence);
/* Lines and images are found by the event's own_id. */
MUST enum err store_event_lines(struct ctx *c, struct id own_id, struct list *lines_out);
/* What an event names: with what has arrived by now, or by then, when the event came. */
MUST enum err store_event_evidence(struct ctx *c, struct id own_id, struct list *evidence_out);
MUST enum err store_event_evidence_then(struct ctx *c, struct id own_id, struct list *evidence_out);
/* The last confirmation that made the delivery's versions up to this one. */
MUST enum err store_event_last(struct ctx *c, struct id delivery_id, int64_t version,
                               struct field_event *event_out);
/* Failed attempts and arrivals at the stop that made the delivery's versions up to this one, as they came
 * (struct field_event). */
MUST enum err store_event_visits(struct ctx *c, struct id delivery_id, int64_t version,
                                 struct list *events_out);
/* The last event up to that version that made it delivered or failed. */
MUST enum err store_event_effective(struct ctx *c, struct id delivery_id, int64_t version,
                                    struct field_event *event_out);
/* Amendments of a confirmation that made the delivery's versions up to this one, in the order in which they
 * came. */
MUST enum err store_event_amendments(struct ctx *c, struct id confirmation_id, int64_t version,
                                     struct list *events_out);

/* ---- what is held of the drops now: the view `statement` ---- */

/* The last amendment of a confirmation that stands, up to that version of the delivery. ERR_NOT_FOUND: none
 * does. */
MUST enum err store_statement_standing(struct ctx *c, struct id confirmation_id, int64_t version,
                                       struct field_event *event_out);
/* Units of each product of one event (struct statement_units). */
struct statement_units {
    struct id product_id;
    int64_t accepted, refused;
};
MUST enum err store_statement_units(struct ctx *c, struct id own_id, struct list *units_out);
/* The same of all statements of an order whose confirmations came before this one. */
MUST enum err store_statement_units_before(struct ctx *c, struct id order_id,
                                           const struct field_event *confirmation, struct list *units_out);
/* When the order was first handed over, by deliveries that are no recovery; NONE: never. */
MUST enum err store_statement_first(struct ctx *c, struct id order_id, int64_t *at_out);

/* The catalogue's product for a stated id, code or GTIN (the others absent): ERR_NOT_FOUND when unknown. A
 * GTIN is the same number with or without zeros in front (gs1_gtin14). */
struct drop_product {
    struct id id;
    const char *gtin;
    int64_t lot_tracked, shelf_life_min_days;
};
MUST enum err store_drop_product(struct ctx *c, struct id id, const char *code, const char *gtin,
                                 struct drop_product *product_out);
/* ERR_NOT_FOUND when that lot is not under recall, however it is written (store_recall.h). */
MUST enum err store_drop_recalled(struct ctx *c, struct id product_id, const char *lot);
/* Ids of the products of an order of which some lot is under recall: mostly none. */
MUST enum err store_drop_recalled_products(struct ctx *c, struct id order_id, struct list *ids_out);

/* Where the patient lives, what is kept of the stock (store_stock.h), the depot's zone of time. */
struct drop_home {
    int64_t lat, lon, cover_until;
    struct blob stock; /* at NULL: nothing is kept */
    const char *timezone;
};
MUST enum err store_drop_home(struct ctx *c, struct id order_id, struct drop_home *home_out);
/* Folded nowhere: names as entered (const char * in struct drop_name). */
struct drop_name {
    const char *name;
};
MUST enum err store_drop_receivers(struct ctx *c, struct id patient_id, struct list *names_out);

/* true when the driver has, or had, the delivery as a stop of a run. */
MUST enum err store_drop_is_drivers(struct ctx *c, struct id delivery_id, struct id driver_id, bool *is_out);
MUST enum err store_drop_driver_known(struct ctx *c, struct id driver_id, bool *known_out);
/* Units of a product accepted by recoveries of an order. */
MUST enum err store_drop_recovered(struct ctx *c, struct id order_id, struct id product_id,
                                   int64_t *units_out);
/* Closes a dispatched run whose every stop has an outcome: closed_out true when it did. */
MUST enum err store_run_close_if_done(struct ctx *c, struct id run_id, bool *closed_out);

/* What the sweep needs of an order to judge a miss: is a critical product on it (frozen lines, or before
 * confirmation the prescription), and when does the cover run out (NONE: unknown). */
struct miss_facts {
    int64_t critical, cover_until;
};
MUST enum err store_miss_facts(struct ctx *c, struct id order_id, struct miss_facts *facts_out);
/* Dispatched runs whose last window ended before `before`; ids (struct run_id_row). */
struct run_id_row {
    struct id id;
};
MUST enum err store_run_overdue(struct ctx *c, int64_t before, struct list *ids_out);
MUST enum err store_run_close(struct ctx *c, struct id run_id, int64_t *version_out);

MUST enum err store_contest_get(struct ctx *c, struct id id, struct contest_row *contest_out);
MUST enum err store_contest_add(struct ctx *c, const struct contest_row *contest);

#endif
