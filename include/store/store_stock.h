/* A patient's stock: what was counted, what was accepted since, what is used a day. */
#ifndef CANARY_STORE_STOCK_H
#define CANARY_STORE_STOCK_H

#include "base/ctx.h"
#include "domain/stock.h"

/* One line of one version of the prescription. A version without lines is one row without a product. */
struct stock_use_row {
    struct id prescription_id;
    int64_t effective_from;
    struct id product_id;
    int64_t use_per_day; /* thousandths */
};
/* Every version, in the order in which they take effect: of equal dates the last one holds. The lines of a
 * version come in any order. */
MUST enum err store_stock_use(struct ctx *c, struct id patient_id, struct list *rows_out);

/* The last count of one product, and the units of it accepted after that count. */
struct stock_row {
    struct id product_id;
    int64_t date, at; /* of the count: civil date of the depot, instant */
    int64_t on_hand, accepted;
};
/* One row per product that was ever prescribed to the patient and counted, by product (struct stock_row).
 * `uses`: what store_stock_use has answered of this patient. */
MUST enum err store_stock_last(struct ctx *c, struct id patient_id, const struct list *uses,
                               struct list *rows_out);
/* The same of one product, prescribed or not. ERR_NOT_FOUND without a fault: it was never counted. */
MUST enum err store_stock_of_product(struct ctx *c, struct id patient_id, struct id product_id,
                                     struct stock_row *row_out);

/* What is kept of a patient's stock, as stock_pack made it. */
struct stock_kept {
    struct id patient_id;
    struct blob stock; /* at NULL: nothing is kept */
    int64_t cover_until;
};
MUST enum err store_stock_kept(struct ctx *c, struct id patient_id, struct stock_kept *kept_out);
/* Writes it when it differs; no new version of the patient. */
MUST enum err store_stock_keep(struct ctx *c, const struct stock_kept *kept);
/* Patients of whom something is kept, by id, at most `limit` of them (struct stock_kept). */
MUST enum err store_stock_all_kept(struct ctx *c, struct id after, int64_t limit, struct list *rows_out);

/* The count with its lines; `counted` is made of them. */
MUST enum err store_stock_count_add(struct ctx *c, const struct stock_count *count);
/* ERR_NOT_FOUND without a fault when there is none. */
MUST enum err store_stock_count_get(struct ctx *c, struct id id, struct stock_count *count_out);
/* The instant of the patient's last count; NONE: never counted. */
MUST enum err store_stock_counted_at(struct ctx *c, struct id patient_id, int64_t *at_out);

/* Units of a product outstanding of the patient's orders other than `order_id`. */
struct stock_coming {
    struct id product_id;
    int64_t units;
};
MUST enum err store_stock_coming(struct ctx *c, struct id patient_id, struct id order_id,
                                 struct list *rows_out);

#endif
