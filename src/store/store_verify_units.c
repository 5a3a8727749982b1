#include "store/store_verify_units.h"
#include "db/db.h"
#include "store/store_order.h"

enum { ORDERS, LINES, STATED };
static const struct db_stmt S[] = {
    [ORDERS] =
        {"verify.orders",
         "SELECT o.id AS order_id, CASE WHEN o.state IN ('skipped', 'cancelled') THEN 1 ELSE 0 END AS "
         "is_closed, "
         "CASE WHEN o.kind = 'history' THEN 1 ELSE 0 END AS is_history, "
         "COALESCE(m.handed_over, 0) AS is_handed_over, "
         "CASE WHEN m.completed_at IS NULL THEN 0 ELSE 1 END AS is_completed, COALESCE(m.lines, 0) AS lines, "
         "COALESCE(m.lines_right, 0) AS lines_right, COALESCE(m.units_authorised, 0) AS units_authorised, "
         "COALESCE(m.units_accepted, 0) AS units_accepted FROM patient_order o "
         "LEFT JOIN commitment m ON m.order_id = o.id AND m.known_until = 9223372036854775807 "
         "WHERE o.id > $1 ORDER BY o.id LIMIT $2",
         NULL},
    [LINES] = {"verify.order-lines",
               "SELECT l.order_id, l.product_id, l.authorised, " ORDER_LINE_ACCEPTED " AS accepted "
               "FROM order_line l JOIN patient_order o ON o.id = l.order_id "
               "WHERE l.order_id > $1 AND l.order_id <= $2 ORDER BY l.order_id, l.product_id",
               NULL},
    [STATED] = {"verify.stated",
                "SELECT d.order_id, s.product_id, SUM(s.qty) AS units, "
                "SUM(CASE WHEN d.kind = 'recovery' THEN 0 ELSE s.qty END) AS own "
                "FROM delivery d JOIN statement e ON e.delivery_id = d.id "
                "JOIN field_event_line s ON s.own_id = e.own_id WHERE d.order_id > $1 AND d.order_id <= $2 "
                "AND e.completed_at IS NOT NULL AND s.condition = 'ok' AND s.product_id IS NOT NULL "
                "GROUP BY d.order_id, s.product_id ORDER BY d.order_id, s.product_id",
                NULL},
};

#define ORDER(kind_, ...) FIELD(struct verify_order, kind_, __VA_ARGS__)
static const struct field ORDER_FIELDS[] = {
    ORDER(K_ID, order_id),
    ORDER(K_BOOL, is_closed),
    ORDER(K_BOOL, is_history),
    ORDER(K_BOOL, is_handed_over),
    ORDER(K_BOOL, is_completed),
    ORDER(K_INT, lines),
    ORDER(K_INT, lines_right),
    ORDER(K_INT, units_authorised, .max = INT64_MAX),
    ORDER(K_INT, units_accepted, .max = INT64_MAX),
};
static const struct shape order_shape = SHAPE("verify_order", struct verify_order, ORDER_FIELDS);

#define LINE(kind_, ...) FIELD(struct verify_order_line, kind_, __VA_ARGS__)
static const struct field LINE_FIELDS[] = {LINE(K_ID, order_id), LINE(K_ID, product_id),
                                           LINE(K_INT, authorised), LINE(K_INT, accepted, .max = INT64_MAX)};
static const struct shape line_shape = SHAPE("verify_order_line", struct verify_order_line, LINE_FIELDS);

#define UNITS(kind_, ...) FIELD(struct verify_stated, kind_, __VA_ARGS__)
static const struct field STATED_FIELDS[] = {UNITS(K_ID, order_id), UNITS(K_ID, product_id),
                                             UNITS(K_INT, units, .max = INT64_MAX),
                                             UNITS(K_INT, own, .max = INT64_MAX)};
static const struct shape stated_shape = SHAPE("verify_stated", struct verify_stated, STATED_FIELDS);

enum err store_verify_orders(struct ctx *c, struct id after, int64_t limit, struct list *orders_out) {
    return db_all(c, &S[ORDERS], ARGS(db_place(&after), db_int(limit)), &order_shape, orders_out);
}

enum err store_verify_order_lines(struct ctx *c, struct id after, struct id last, struct list *lines_out) {
    return db_all(c, &S[LINES], ARGS(db_place(&after), db_id(&last)), &line_shape, lines_out);
}

enum err store_verify_stated(struct ctx *c, struct id after, struct id last, struct list *stated_out) {
    return db_all(c, &S[STATED], ARGS(db_place(&after), db_id(&last)), &stated_shape, stated_out);
}
