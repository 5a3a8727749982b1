#include "store/store_report.h"
#include "base/id.h"
#include "db/db.h"
#include "domain/words.h"
#include "each_day.h"

/* The state of each as of $3: the one it came into last, by then; it was found open. */
#define KINDS(of_period)                                                                                     \
    "SELECT x.kind, COUNT(*) AS n, COUNT(*) FILTER (WHERE x.state NOT IN ('resolved', 'void')) AS open, "    \
    "COUNT(*) FILTER (WHERE x.state = 'resolved') AS resolved, COUNT(*) FILTER (WHERE x.state = 'void') AS " \
    "voided FROM (SELECT d.kind, COALESCE((SELECT s.state FROM discrepancy_state s "                         \
    "WHERE s.discrepancy_id = d.id AND s.at <= $3 ORDER BY s.version DESC LIMIT 1), 'open') AS state "       \
    "FROM (SELECT m.order_id " of_period " AND m.known_from <= $3 AND m.known_until > $3) k "                \
    "JOIN discrepancy d ON d.order_id = k.order_id WHERE d.detected_at <= $3) x "                            \
    "GROUP BY x.kind ORDER BY x.kind"

enum { CUSTOMER, DEPOT, DRIVER, PRODUCT, LINES, KINDS_ALL, KINDS_CUSTOMER };
static const struct db_stmt S[] = {
    [CUSTOMER] = {"report.customer", "SELECT code, name FROM customer WHERE id = $1", NULL},
    [DEPOT] = {"report.depot", "SELECT code, name FROM depot WHERE id = $1", NULL},
    [DRIVER] = {"report.driver", "SELECT name FROM user_account WHERE id = $1", NULL},
    [PRODUCT] = {"report.product", "SELECT code, name FROM product WHERE id = $1", NULL},
    [LINES] = {"report.lines",
               "SELECT l.product_id, l.authorised, COALESCE((SELECT SUM(s.qty) FROM delivery d "
               "JOIN field_event e ON e.delivery_id = d.id JOIN field_event_line s ON s.own_id = e.own_id "
               "WHERE d.order_id = l.order_id AND d.kind <> 'recovery' AND e.received_at <= $2 "
               "AND e.outcome = 'delivered' " /* what a closed order got was wanted by nobody */
               "AND e.stands = 1 AND NOT EXISTS (SELECT 1 FROM field_event a WHERE a.amends = "
               "COALESCE(e.amends, e.id) "
               "AND a.stands = 1 AND a.received_at <= $2 AND a.delivery_version > e.delivery_version) "
               "AND s.product_id = l.product_id AND s.condition = 'ok'), 0) AS accepted "
               "FROM order_line l WHERE l.order_id = $1 ORDER BY l.product_id",
               NULL},
    [KINDS_ALL] = {"report.kinds", KINDS("FROM commitment m WHERE m.due_on BETWEEN $1 AND $2"), NULL},
    [KINDS_CUSTOMER] = {"report.kinds-customer", KINDS(FROM_EACH_DAY("$4")), NULL},
};

static const struct field NAMED_FIELDS[] = {FIELD(struct report_named, K_TEXT, code),
                                            FIELD(struct report_named, K_TEXT, name)};
static const struct shape named_shape = SHAPE("report_named", struct report_named, NAMED_FIELDS);
static const struct field LINE_FIELDS[] = {FIELD(struct report_line, K_ID, product_id),
                                           FIELD(struct report_line, K_INT, authorised),
                                           FIELD(struct report_line, K_INT, accepted)};
static const struct shape line_shape = SHAPE("report_line", struct report_line, LINE_FIELDS);
static const struct field KIND_FIELDS[] = {
    FIELD(struct report_kind, K_ENUM, kind, .names = &discrepancy_kind_names),
    FIELD(struct report_kind, K_INT, n), FIELD(struct report_kind, K_INT, open),
    FIELD(struct report_kind, K_INT, resolved), FIELD(struct report_kind, K_INT, voided)};
static const struct shape kind_shape = SHAPE("report_kind", struct report_kind, KIND_FIELDS);

enum err store_report_name(struct ctx *c, enum report_name of, struct id id, struct report_named *named_out) {
    static const int STATEMENT[] = {
        [NAME_CUSTOMER] = CUSTOMER, [NAME_DEPOT] = DEPOT, [NAME_DRIVER] = DRIVER, [NAME_PRODUCT] = PRODUCT};
    return db_one(c, &S[STATEMENT[of]], ARGS(db_id(&id)), &named_shape, named_out);
}

enum err store_report_lines(struct ctx *c, struct id order_id, int64_t as_of, struct list *lines_out) {
    return db_all(c, &S[LINES], ARGS(db_id(&order_id), db_int(as_of)), &line_shape, lines_out);
}

enum err store_report_kinds(struct ctx *c, int64_t from, int64_t to, struct id customer_id, int64_t as_of,
                            struct list *kinds_out) {
    const struct db_arg args[] = {db_int(from), db_int(to), db_int(as_of), db_id(&customer_id)};
    bool all = id_is_none(customer_id);
    return db_all(c, &S[all ? KINDS_ALL : KINDS_CUSTOMER], args, all ? 3 : 4, &kind_shape, kinds_out);
}
