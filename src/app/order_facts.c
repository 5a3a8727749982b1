#include "order_facts.h"
#include "base/id.h"
#include "base/zone.h"
#include "domain/suggest.h"
#include "store/store_patient.h"
#include "store/store_slot.h"
#include "store/store_stock.h"
#include <string.h>

enum err order_facts_load(struct ctx *c, const struct order_row *order, const struct patient *patient,
                          struct order_facts *facts_out) {
    struct prescription prescription;
    struct list uses;
    *facts_out = (struct order_facts){.safety_days = patient->safety_days};
    enum err err = store_prescription_on(c, patient->id, order->due_date, &prescription);
    if (err == OK) facts_out->use = prescription.lines;
    if (err != OK && err != ERR_NOT_FOUND) return err;
    TRY(store_stock_use(c, patient->id, &uses));
    TRY(store_stock_last(c, patient->id, &uses, &facts_out->stock));
    return store_stock_coming(c, patient->id, order->id, &facts_out->coming);
}

/* The record of the list whose id at its beginning is that product's; NULL when there is none. */
static const void *of_product(const struct list *list, size_t size, struct id product_id) {
    for (size_t i = 0; i < list->n; i++) {
        const char *record = (const char *)list->at + i * size;
        if (memcmp(record, &product_id, sizeof product_id) == 0) return record;
    }
    return NULL;
}
_Static_assert(offsetof(struct prescription_line, product_id) == 0, "found by its first member");
_Static_assert(offsetof(struct stock_row, product_id) == 0, "found by its first member");
_Static_assert(offsetof(struct stock_coming, product_id) == 0, "found by its first member");

void order_facts_line(const struct order_facts *facts, const struct order_row *order,
                      const struct product *product, struct order_line_row *line_out) {
    const struct prescription_line *use = of_product(&facts->use, sizeof *use, product->id);
    const struct stock_row *stock = of_product(&facts->stock, sizeof *stock, product->id);
    const struct stock_coming *coming = of_product(&facts->coming, sizeof *coming, product->id);
    const struct suggest_facts suggest = {
        .use_per_day = use ? use->use_per_day : NONE,
        .units_per_box = product->units_per_box,
        .due_date = order->due_date,
        .next_due = order->next_due,
        .count_date = stock ? stock->date : NONE,
        .safety_days = facts->safety_days,
        .on_hand = stock ? stock->on_hand : NONE,
        .on_order = (coming ? coming->units : 0) + (stock ? stock->accepted : 0),
    };
    *line_out = (struct order_line_row){
        .order_id = order->id,
        .product_id = product->id,
        .prescribed = suggest_prescribed(&suggest),
        .on_hand = suggest.on_hand,
        .suggested = suggest_units(&suggest),
        .units_per_box = product->units_per_box,
        .box_weight_g = product->box_weight_g,
        .lot_tracked = product->lot_tracked,
        .critical = product->critical,
        .shelf_life_min_days = product->shelf_life_min_days,
    };
}

enum err order_facts_lines(struct ctx *c, const struct order_facts *facts, const struct order_row *order,
                           struct list *lines_out) {
    struct order_line_row *line = arena_array(c->arena, facts->use.n + 1, sizeof *line);
    struct product product;
    if (!line)
        return FAIL(c, ERR_LIMIT, "request.too-large", "the order has more lines than one request may");
    for (size_t i = 0; i < facts->use.n; i++) {
        TRY(store_product_get(c, ((const struct prescription_line *)facts->use.at)[i].product_id, &product));
        order_facts_line(facts, order, &product, &line[i]);
    }
    *lines_out = (struct list){line, facts->use.n};
    return OK;
}

enum err order_today(struct ctx *c, const struct order_row *order, int64_t *date_out) {
    struct depot_zone zone;
    TRY(store_slot_depot_zone(c, order->depot_id, &zone));
    *date_out = zone_date(zone.timezone, c->now);
    return OK;
}
