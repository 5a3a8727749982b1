#include "store/store_history.h"
#include "db/db.h"

enum { GET, ADD };
static const struct db_stmt S[] = {
    [GET] = {"history.get",
             "SELECT h.order_id, h.source, h.ref, h.order_ref, h.item, h.quantity, h.recorded_on, "
             "u.code AS customer, d.date AS promised_on, d.from_min, d.to_min, d.completed_at "
             "FROM history_line h JOIN delivery d ON d.order_id = h.order_id AND d.attempt = 1 "
             "JOIN customer u ON u.id = d.customer_id WHERE h.source = $1 AND h.ref = $2",
             NULL},
    [ADD] = {"history.add",
             "INSERT INTO history_line (order_id, source, ref, order_ref, item, quantity, recorded_on) "
             "VALUES ($1, $2, $3, $4, $5, $6, $7)",
             "order_id source ref order_ref item quantity recorded_on"},
};

enum err store_history_get(struct ctx *c, const char *source, const char *ref, struct history_row *row_out) {
    return db_one(c, &S[GET], ARGS(db_text(source), db_text(ref)), &history_row_shape, row_out);
}

enum err store_history_add(struct ctx *c, const struct history_row *row) {
    return db_exec_row(c, &S[ADD], &history_row_shape, row, NULL);
}
