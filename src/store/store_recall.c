#include "store/store_recall.h"
#include "base/id.h"
#include "db/db.h"
#include "store/store_delivery.h"

#define SAME_LOT(lot) LOT_FOLDED(lot) " = " LOT_FOLDED("CAST($2 AS TEXT)")
#define KEPT_OF_LOT "lot IS NOT NULL AND condition = 'ok' AND qty > 0 AND " SAME_LOT("lot")

/* Units handed over of the lot ($1 product, $2 lot), a row a line. A product that the catalogue did not know
 * when it was stated is known by its code or GTIN now. */
#define LINES                                                                                       \
    "(SELECT own_id, qty FROM field_event_line WHERE product_id = $1 AND " KEPT_OF_LOT              \
    " UNION ALL SELECT own_id, qty FROM field_event_line WHERE product_id IS NULL AND " KEPT_OF_LOT \
    " AND stated IN (SELECT code FROM product WHERE id = $1 UNION ALL "                             \
    "SELECT gtin FROM product WHERE id = $1 AND gtin IS NOT NULL))"

#define CAME "COALESCE(e.completed_at, CASE WHEN e.at < e.received_at THEN e.at ELSE e.received_at END)"

/* The drops of them, as they are held to have been now. */
#define HANDED LINES " l JOIN statement e ON e.own_id = l.own_id "

/* Deliveries of them without a wrong_lot of this lot: a void one counts, a manager has looked at it. */
#define UNOPENED                                                                                             \
    HANDED "JOIN delivery d ON d.id = e.delivery_id LEFT JOIN field_event f ON f.id = d.event_id WHERE NOT " \
           "EXISTS (SELECT 1 FROM "                                                                          \
           "discrepancy x WHERE x.order_id = d.order_id AND x.delivery_id = d.id AND x.kind = 'wrong_lot' "  \
           "AND x.product_id = $1 "                                                                          \
           "AND " SAME_LOT("x.lot") ") "

#define COLS                                                                          \
    "r.id, r.product_id, p.code, p.name AS product, r.lot, v.value AS reason, r.at, " \
    "r.by_id, r.private_digest, r.left_out, r.version"
#define FROM                                                \
    " FROM recall r JOIN product p ON p.id = r.product_id " \
    "LEFT JOIN personal_value v ON v.owner = r.id AND v.field = 'recall' "

enum { GET, OF_LOT, LIST, ADD, SET, NEXT, TOTALS, UNOPENED_LIST, UNOPENED_COUNT, HOMES, OF_RUN };
static const struct db_stmt S[] = {
    [GET] = {"recall.get", "SELECT " COLS FROM "WHERE r.id = $1", NULL},
    [OF_LOT] = {"recall.of-lot", "SELECT " COLS FROM "WHERE r.product_id = $1 AND " SAME_LOT("r.lot"), NULL},
    [LIST] = {"recall.list",
              "SELECT " COLS FROM "WHERE (r.at, r.id) < ($1, $2) ORDER BY r.at DESC, r.id DESC LIMIT $3",
              NULL},
    [ADD] = {"recall.add",
             "INSERT INTO recall (id, product_id, lot, at, by_id, private_digest, left_out, version) "
             "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
             "id product_id lot at by_id private_digest left_out version"},
    [SET] = {"recall.set", "UPDATE recall SET left_out = $2, version = $3 WHERE id = $1",
             "id left_out version"},
    [NEXT] = {"recall.next", "SELECT " COLS FROM "WHERE r.left_out > 0 ORDER BY r.id LIMIT 1", NULL},
    [TOTALS] = {"recall.totals",
                "SELECT COUNT(DISTINCT d.id) AS deliveries, COUNT(DISTINCT d.patient_id) AS homes, "
                "COALESCE(SUM(l.qty), 0) AS units FROM " HANDED "JOIN delivery d ON d.id = e.delivery_id",
                NULL},
    [UNOPENED_LIST] = {"recall.unopened",
                       "SELECT d.id AS delivery_id, d.order_id, COALESCE(d.event_id, (SELECT "
                       "k.confirmation_id FROM statement k WHERE k.delivery_id = d.id "
                       "ORDER BY k.delivery_version DESC LIMIT 1)) AS event_id, f.driver_id, d.version, "
                       "SUM(l.qty) AS units FROM " UNOPENED
                       "GROUP BY d.id, d.order_id, d.event_id, f.driver_id, d.version "
                       "ORDER BY d.id LIMIT $3",
                       NULL},
    [UNOPENED_COUNT] = {"recall.unopened-count", "SELECT COUNT(DISTINCT d.id) FROM " UNOPENED, NULL},
    [HOMES] =
        {"recall.homes",
         "WITH hit AS (SELECT e.delivery_id AS delivery_id, MIN(" CAME ") AS handed_at, "
         "SUM(l.qty) AS units FROM " HANDED "WHERE e.delivery_id > $3 GROUP BY e.delivery_id "
         "ORDER BY e.delivery_id LIMIT $4) "
         "SELECT h.delivery_id, d.order_id, d.patient_id, p.code AS patient_code, p.name, p.phone, "
         "d.customer_id, k.code AS customer_code, k.name AS customer, h.handed_at, z.timezone, h.units, "
         "p.status, p.status_from, p.stock, "
         "(SELECT x.id FROM discrepancy x WHERE x.order_id = d.order_id AND x.delivery_id = d.id AND x.kind "
         "= 'wrong_lot' "
         "AND x.product_id = $1 AND " SAME_LOT(
             "x.lot") " ORDER BY x.detected_at DESC, x.id DESC LIMIT 1) "
                      "AS discrepancy_id "
                      "FROM hit h JOIN delivery d ON d.id = h.delivery_id JOIN customer k ON k.id = "
                      "d.customer_id "
                      "JOIN depot z ON z.id = d.depot_id LEFT JOIN patient p ON p.id = d.patient_id "
                      "ORDER BY h.delivery_id",
         NULL},
    [OF_RUN] = {"recall.of-run",
                "SELECT DISTINCT r.product_id, p.code, r.lot FROM delivery d " DELIVERY_LINES
                "JOIN recall r ON r.product_id = o.product_id "
                "JOIN product p ON p.id = r.product_id "
                "WHERE d.run_id = $1 AND " DELIVERY_BRINGS " > 0 ORDER BY p.code, r.lot",
                NULL},
};

#define NOT_OPENED(kind_, ...) FIELD(struct recall_unopened, kind_, __VA_ARGS__)
static const struct field UNOPENED_FIELDS[] = {
    NOT_OPENED(K_ID, delivery_id), NOT_OPENED(K_ID, order_id), NOT_OPENED(K_ID, driver_id),
    NOT_OPENED(K_ID, event_id),    NOT_OPENED(K_INT, units),   NOT_OPENED(K_INT, version),
};
static const struct shape unopened_shape = SHAPE("recall_unopened", struct recall_unopened, UNOPENED_FIELDS);

#define TOTAL(kind_, ...) FIELD(struct recall, kind_, __VA_ARGS__)
static const struct field TOTAL_FIELDS[] = {
    TOTAL(K_INT, deliveries),
    TOTAL(K_INT, homes),
    TOTAL(K_INT, units, .max = INT64_MAX),
};
static const struct shape totals_shape = SHAPE("recall_totals", struct recall, TOTAL_FIELDS);

MUST static enum err add_totals(struct ctx *c, struct recall *recall) {
    struct recall totals;
    TRY(db_one(c, &S[TOTALS], ARGS(db_id(&recall->product_id), db_text(recall->lot)), &totals_shape,
               &totals));
    recall->deliveries = totals.deliveries;
    recall->homes = totals.homes;
    recall->units = totals.units;
    return OK;
}

enum err store_recall_get(struct ctx *c, struct id id, struct recall *recall_out) {
    TRY(db_one(c, &S[GET], ARGS(db_id(&id)), &recall_shape, recall_out));
    return add_totals(c, recall_out);
}

enum err store_recall_of_lot(struct ctx *c, struct id product_id, const char *lot,
                             struct recall *recall_out) {
    return db_one(c, &S[OF_LOT], ARGS(db_id(&product_id), db_text(lot)), &recall_shape, recall_out);
}

enum err store_recall_list(struct ctx *c, int64_t before_at, struct id before_id, int64_t limit,
                           struct list *recalls_out) {
    int64_t before = before_at == NONE ? INT64_MAX : before_at;
    TRY(db_all(c, &S[LIST], ARGS(db_int(before), db_place(&before_id), db_int(limit)), &recall_shape,
               recalls_out));
    struct recall *recall = (struct recall *)(uintptr_t)recalls_out->at;
    for (size_t i = 0; i < recalls_out->n; i++)
        TRY(add_totals(c, &recall[i]));
    return OK;
}

enum err store_recall_add(struct ctx *c, const struct recall *recall) {
    return db_exec_row(c, &S[ADD], &recall_shape, recall, NULL);
}

enum err store_recall_set(struct ctx *c, struct recall *recall) {
    recall->version++;
    return db_exec_row(c, &S[SET], &recall_shape, recall, NULL);
}

enum err store_recall_next(struct ctx *c, struct recall *recall_out) {
    return db_one(c, &S[NEXT], NO_ARGS, &recall_shape, recall_out);
}

enum err store_recall_unopened(struct ctx *c, const struct recall *recall, int64_t limit,
                               struct list *rows_out) {
    return db_all(c, &S[UNOPENED_LIST], ARGS(db_id(&recall->product_id), db_text(recall->lot), db_int(limit)),
                  &unopened_shape, rows_out);
}

enum err store_recall_unopened_count(struct ctx *c, const struct recall *recall, int64_t *n_out) {
    return db_value(c, &S[UNOPENED_COUNT], ARGS(db_id(&recall->product_id), db_text(recall->lot)), n_out);
}

enum err store_recall_homes(struct ctx *c, const struct recall *recall, struct id after, int64_t limit,
                            struct list *homes_out) {
    return db_all(c, &S[HOMES],
                  ARGS(db_id(&recall->product_id), db_text(recall->lot), db_place(&after), db_int(limit)),
                  &recall_home_shape, homes_out);
}

enum err store_recall_of_run(struct ctx *c, struct id run_id, struct list *lots_out) {
    return db_all(c, &S[OF_RUN], ARGS(db_id(&run_id)), &recalled_lot_shape, lots_out);
}
