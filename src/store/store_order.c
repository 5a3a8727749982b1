#include "store/store_order.h"
#include "base/date.h"
#include "base/id.h"
#include "db/db.h"
#include "store/store_personal.h"
#include "store/store_to_call.h"

#define COLS                                                                                                 \
    "id, kind, patient_id, customer_id, depot_id, zone_id, due_date, next_due, call_due, state, closed_by, " \
    "reason, to_address, to_lat, to_lon, confirmed_at, attempts, last_outcome, deliveries, created_at, "     \
    "version"
#define LINE_COLS(accepted)                                                                \
    "order_id, product_id, prescribed, on_hand, suggested, ordered, authorised, " accepted \
    ", refused, units_per_box, box_weight_g, lot_tracked, critical, shelf_life_min_days"

/* $1 … $6 of every list; $7 the id that it is narrowed to. */
#define FILTER                                                                                  \
    "state = COALESCE($1, state) AND due_date BETWEEN $2 AND $3 AND (due_date, id) > ($4, $5) " \
    "ORDER BY due_date, id LIMIT $6"

enum { GET, ADD, SET, LINES, LINE_ADD, LINE_SET, LIST, LIST_PATIENT, LIST_CUSTOMER, OPEN };
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
    [LINES] = {"order.lines",
               "SELECT " LINE_COLS(ORDER_LINE_ACCEPTED
                                   " AS accepted") " FROM patient_order o JOIN order_line l ON l.order_id = "
                                                   "o.id WHERE o.id = $1 ORDER BY l.product_id",
               NULL},
    [LINE_ADD] = {"order.line-add",
                  "INSERT INTO order_line (" LINE_COLS(
                      "accepted") ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
                                  "$12, $13, $14)",
                  "order_id product_id prescribed on_hand suggested ordered authorised accepted refused "
                  "units_per_box box_weight_g lot_tracked critical shelf_life_min_days"},
    [LINE_SET] = {"order.line-set",
                  "UPDATE order_line SET accepted = $3, refused = $4 WHERE order_id = $1 AND product_id = $2",
                  "order_id product_id accepted refused"},
    [LIST] = {"order.list", "SELECT " COLS " FROM patient_order WHERE " FILTER, NULL},
    [LIST_PATIENT] = {"order.list-patient",
                      "SELECT " COLS " FROM patient_order WHERE patient_id = $7 AND "
                      "customer_id = COALESCE($8, customer_id) AND " FILTER,
                      NULL},
    [LIST_CUSTOMER] = {"order.list-customer",
                       "SELECT " COLS " FROM patient_order WHERE customer_id = $7 AND " FILTER, NULL},
    [OPEN] =
        {"order.open",
         "SELECT o.id, o.depot_id, o.zone_id, o.due_date, o.attempts, p.cover_until FROM patient_order o "
         "JOIN patient p ON p.id = o.patient_id WHERE o.state = 'open' AND o.call_due <= $1 "
         "AND (o.call_due, o.id) > ($3, $4) AND o.depot_id = COALESCE($2, o.depot_id) AND o.zone_id IS NOT "
         "NULL ORDER BY o.call_due, o.id",
         NULL},
};

#define OPENED(kind_, ...) FIELD(struct open_order, kind_, __VA_ARGS__)
static const struct field OPEN_FIELDS[] = {
    OPENED(K_ID, id),         OPENED(K_ID, depot_id),  OPENED(K_ID, zone_id),
    OPENED(K_DATE, due_date), OPENED(K_INT, attempts), OPENED(K_DATE, cover_until),
};
const struct shape open_order_shape = SHAPE("open_order", struct open_order, OPEN_FIELDS);

enum err store_order_get(struct ctx *c, struct id id, struct order_row *order_out) {
    return db_one(c, &S[GET], ARGS(db_id(&id)), &order_row_shape, order_out);
}

enum err store_order_lines(struct ctx *c, struct id order_id, struct list *lines_out) {
    return db_all(c, &S[LINES], ARGS(db_id(&order_id)), &order_line_row_shape, lines_out);
}

static enum err salt(struct ctx *c, const struct order_row *order) {
    bool personal = order->reason || order->to_address || order->to_lat != NONE;
    return personal ? store_personal_salt(c, PERSONAL_ORDER, order->id) : OK;
}

enum err store_order_add(struct ctx *c, const struct order_row *order, bool *added_out) {
    int64_t changed;
    TRY(db_exec_row(c, &S[ADD], &order_row_shape, order, &changed));
    *added_out = changed == 1;
    if (!*added_out) return OK;
    TRY(store_to_call_opened(c, order));
    return salt(c, order);
}

enum err store_order_set(struct ctx *c, struct order_row *order) {
    order->version++;
    bool left_open =
        order->state == ORDER_CONFIRMED || order->state == ORDER_SKIPPED || order->state == ORDER_CANCELLED;
    TRY(db_exec_row(c, &S[SET], &order_row_shape, order, NULL));
    if (left_open) TRY(store_to_call_closed(c, order->id));
    return salt(c, order);
}

enum err store_order_line_add(struct ctx *c, const struct order_line_row *line) {
    return db_exec_row(c, &S[LINE_ADD], &order_line_row_shape, line, NULL);
}

enum err store_order_line_set(struct ctx *c, const struct order_line_row *line) {
    return db_exec_row(c, &S[LINE_SET], &order_line_row_shape, line, NULL);
}

static int64_t or_else(int64_t value, int64_t otherwise) {
    return value == NONE ? otherwise : value;
}

/* A page begins at its cursor's date, so that the index is not walked from the start each time. */
enum err store_order_list(struct ctx *c, const struct order_filter *f, struct list *orders_out) {
    bool of_patient = !id_is_none(f->patient_id), of_customer = !id_is_none(f->customer_id);
    const struct db_arg args[] = {
        db_word(&order_state_names, f->state),
        db_int(f->after_date > f->due_from ? f->after_date : or_else(f->due_from, DATE_MIN)),
        db_int(or_else(f->due_to, DATE_MAX)),
        db_int(or_else(f->after_date, DATE_MIN - 1)),
        db_place(&f->after_id),
        db_int(f->limit),
        db_id(of_patient ? &f->patient_id : &f->customer_id),
        db_id(&f->customer_id),
    };
    int which = of_patient ? LIST_PATIENT : of_customer ? LIST_CUSTOMER : LIST;
    size_t n = COUNT(args) - (of_patient ? 0 : of_customer ? 1 : 2);
    return db_all(c, &S[which], args, n, &order_row_shape, orders_out);
}

enum err store_order_open(struct ctx *c, int64_t date, struct id depot_id, int64_t after_due,
                          struct id after_id, enum err (*row)(struct ctx *c, void *open_order, void *user),
                          void *user) {
    struct open_order order;
    int64_t from = after_due == NONE ? DATE_MIN - 1 : after_due;
    return db_each(c, &S[OPEN], ARGS(db_int(date), db_id(&depot_id), db_int(from), db_place(&after_id)),
                   &open_order_shape, &order, row, user);
}
