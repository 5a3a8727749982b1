/* What a line of an order is suggested from, loaded once: prescription in force on the due date, last count,
 * what is on order. */
#ifndef CANARY_APP_ORDER_FACTS_H
#define CANARY_APP_ORDER_FACTS_H

#include "domain/order.h"
#include "domain/patient.h"

struct order_facts {
    struct list use;    /* struct prescription_line; none: not prescribed */
    struct list stock;  /* struct stock_row */
    struct list coming; /* struct stock_coming */
    int64_t safety_days;
};
MUST enum err order_facts_load(struct ctx *c, const struct order_row *order, const struct patient *patient,
                               struct order_facts *facts_out);
/* The line as it would be frozen now, with nothing ordered. on_order is what is outstanding of the patient's
 * other orders and what was accepted since the count: a delivery changes no suggestion. */
void order_facts_line(const struct order_facts *facts, const struct order_row *order,
                      const struct product *product, struct order_line_row *line_out);
/* One line per product of the prescription (struct order_line_row). */
MUST enum err order_facts_lines(struct ctx *c, const struct order_facts *facts, const struct order_row *order,
                                struct list *lines_out);

/* The depot's date by c->now. */
MUST enum err order_today(struct ctx *c, const struct order_row *order, int64_t *date_out);

#endif
