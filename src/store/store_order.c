#include "store/store_order.h"
#include "db/db.h"

#define COLS                                                                                                 \
    "id, kind, patient_id, customer_id, depot_id, zone_id, due_date, next_due, call_due, state, closed_by, " \
    "reason, to_address, to_lat, to_lon, confirmed_at, attempts, last_outcome, deliveries, created_at, "     \
    "version"
#define LINE_COLS                                                                                    \
    "order_id, product_id, prescribed, on_hand, suggested, ordered, authorised, accepted, refused, " \
    "units_per_box, box_weight_g, lot_tracked, critical, shelf_life_min_days"

enum { GET, ADD, SET, LINES, LINE_ADD, LINE_SET };
static const struct db_stmt S[] = {
    [GET] = {"order.get", "SELECT " COLS " FROM patient_order WHERE id = $1", NULL},
    [ADD] =
        {"order.add",
         "INSERT INTO patient_order (" COLS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
         "$13, $14, $15, $16, $17, $18, $19, $20, $21) ON CONFLICT DO NOTHING",
         "id kind patient_id customer_id depot_id zone_id due_date next_due call_due state closed_by reason "
         "to_address to_lat to_lon confirmed_at attempts last_outcome deliveries created_at version"},
    [SET] = {"order.set",
             "UPDATE patient_order SET state = $2, closed_by = $3, reason = $4, confirmed_at = $5, attempts "
             "= $6, "
             "last_outcome = $7, deliveries = $8, version = $9 WHERE id = $1",
             "id state closed_by reason confirmed_at attempts last_outcome deliveries version"},
    [LINES] = {"order.lines", "SELECT " LINE_COLS " FROM order_line WHERE order_id = $1 ORDER BY product_id",
               NULL},
    [LINE_ADD] = {"order.line-add",
                  "INSERT INTO order_line (" LINE_COLS
                  ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
                  "$12, $13, $14)",
                  "order_id product_id prescribed on_hand suggested ordered authorised accepted refused "
                  "units_per_box box_weight_g lot_tracked critical shelf_life_min_days"},
    [LINE_SET] = {"order.line-set",
                  "UPDATE order_line SET accepted = $3, refused = $4 WHERE order_id = $1 AND product_id = $2",
                  "order_id product_id accepted refused"},
};

enum err store_order_get(struct ctx *c, struct id id, struct order_row *order_out) {
    return db_one(c, &S[GET], ARGS(db_id(&id)), &order_row_shape, order_out);
}

enum err store_order_lines(struct ctx *c, struct id order_id, struct list *lines_out) {
    return db_all(c, &S[LINES], ARGS(db_id(&order_id)), &order_line_row_shape, lines_out);
}

enum err store_order_add(struct ctx *c, const struct order_row *order, bool *added_out) {
    int64_t changed;
    TRY(db_exec_row(c, &S[ADD], &order_row_shape, order, &changed));
    *added_out = changed == 1;
    return OK;
}

enum err store_order_set(struct ctx *c, struct order_row *order) {
    order->version++;
    return db_exec_row(c, &S[SET], &order_row_shape, order, NULL);
}

enum err store_order_line_add(struct ctx *c, const struct order_line_row *line) {
    return db_exec_row(c, &S[LINE_ADD], &order_line_row_shape, line, NULL);
}

enum err store_order_line_set(struct ctx *c, const struct order_line_row *line) {
    return db_exec_row(c, &S[LINE_SET], &order_line_row_shape, line, NULL);
}
