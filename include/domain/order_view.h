/* An order as it comes in and as it is answered (contract, section 9). */
#ifndef CANARY_DOMAIN_ORDER_VIEW_H
#define CANARY_DOMAIN_ORDER_VIEW_H

#include "domain/contact.h"
#include "domain/delivery_view.h"
#include "domain/location.h"
#include "domain/order.h"

/* Another place than the home: that zone's depot and clock apply. */
struct deliver_to {
    const char *address;
    const struct location *location; /* without it a drop's place is not judged */
    struct id zone_id;
};
extern const struct shape deliver_to_shape;

/* Open orders: computed now from the prescription in force on the due date and the last count. Confirmed
 * ones: as frozen. Units; NONE: nothing was counted, ordered, … yet. */
struct order_line_view {
    struct id product_id;
    int64_t prescribed, on_hand, suggested, ordered, authorised, accepted, outstanding;
};
extern const struct shape order_line_view_shape;

struct order_view {
    struct id id;
    int64_t kind; /* enum order_kind */
    struct id patient_id, customer_id, depot_id;
    int64_t due_date, next_due, call_due, need_by;
    int64_t state, closed_by; /* enum order_state, party */
    const char *reason;
    const struct deliver_to *deliver_to; /* NULL: home */
    int64_t cover_days;
    const struct commitment_view *commitment;
    int64_t timeliness; /* enum timeliness; NONE when it is excluded */
    int64_t excluded;   /* enum excluded */
    int64_t attempts, last_outcome, confirmed_at;
    struct list lines, contacts, deliveries; /* struct order_line_view, contact, id */
    int64_t version;
};
extern const struct shape order_view_shape;

/* An order outside the cycle. */
struct order_in {
    struct id patient_id;
    int64_t due_date;
    int64_t kind; /* of order_in_kind_names: + ORDER_EMERGENCY */
    const char *reason;
    const struct deliver_to *deliver_to;
};
extern const struct shape order_in_shape;
extern const struct names order_in_kind_names;

struct confirm_line {
    struct id product_id;
    int64_t ordered, authorised; /* authorised NONE: all of it */
};
struct confirm_in {
    struct list lines;
    const char *reason;
};
extern const struct shape confirm_in_shape;

struct count_in {
    struct list lines; /* struct stock_count_line */
};
extern const struct shape count_in_shape;

/* A row of the worklist. */
struct work_patient {
    struct id id;
    const char *code, *name, *phone;
};
struct work_item {
    struct id id; /* of the order */
    int64_t kind;
    struct id customer_id, depot_id;
    const struct work_patient *patient;
    int64_t due_date, call_due, need_by, cover_days, attempts, last_outcome;
};
extern const struct shape work_patient_shape, work_item_shape;

#endif
