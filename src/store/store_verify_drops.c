#include "store/store_verify_drops.h"
#include "db/db.h"
#include "store/store_recall.h"

/* Events of other drops of the same order. */
#define OTHERS                                                                                      \
    "FROM delivery k JOIN field_event w ON w.delivery_id = k.id WHERE k.order_id = d.order_id AND " \
    "COALESCE(w.amends, w.id) <> s.confirmation_id AND "

enum { DROPS, LINES, PROMISED, RECORDED };
static const struct db_stmt S[] = {
    [DROPS] =
        {"verify.drops",
         "SELECT s.id, s.own_id, s.confirmation_id, s.delivery_id, d.order_id, s.received_at, b.received_at "
         "AS "
         "confirmed_at, "
         "e.place, e.receiver_known, e.bypass, "
         "(SELECT COUNT(*) FROM field_event_evidence v WHERE v.own_id = s.own_id) AS images, "
         "COALESCE(e.dropped_at, CASE WHEN b.at > b.received_at OR b.at < d.booked_at THEN b.received_at "
         "ELSE b.at END) AS dropped_at, z.timezone, (SELECT p.timezone FROM promise p "
         "WHERE p.delivery_id = d.id ORDER BY p.number DESC LIMIT 1) AS promised_zone, "
         "CASE WHEN o.state IN ('cancelled', 'skipped') THEN 1 ELSE 0 END AS closed, "
         "(SELECT COUNT(*) " OTHERS "w.kind = 'confirmation') AS others, "
         "CASE WHEN EXISTS (SELECT 1 " OTHERS "(w.kind = 'amendment' "
         "OR (w.kind = 'confirmation' AND w.received_at = b.received_at))) THEN 1 ELSE 0 END AS entangled "
         "FROM statement s JOIN field_event e ON e.own_id = s.own_id JOIN field_event b ON b.id = "
         "s.confirmation_id "
         "JOIN delivery d ON d.id = s.delivery_id JOIN patient_order o ON o.id = d.order_id "
         "JOIN depot z ON z.id = o.depot_id WHERE s.own_id > $1 ORDER BY s.own_id LIMIT $2",
         NULL},
    [LINES] =
        {"verify.drop-lines",
         "SELECT l.product_id, CASE WHEN l.product_id IS NULL THEN COALESCE(l.stated, '') END AS stated, "
         "l.qty, COALESCE(l.lot, '') AS lot, l.expiry, l.condition, "
         "CASE WHEN o.product_id IS NULL THEN 0 ELSE 1 END AS on_order, o.lot_tracked, "
         "o.shelf_life_min_days, CASE WHEN l.lot IS NOT NULL AND EXISTS (SELECT 1 FROM recall r "
         "WHERE r.product_id = l.product_id AND " LOT_FOLDED("r.lot") " = " LOT_FOLDED(
             "l.lot") " AND r.at <= $3) THEN 1 ELSE 0 END AS recalled "
                      "FROM field_event_line l LEFT JOIN order_line o ON o.order_id = $2 "
                      "AND o.product_id = l.product_id WHERE l.own_id = $1 ORDER BY l.position",
         NULL},
    [PROMISED] = {"verify.drop-promised",
                  "SELECT o.product_id, o.authorised, COALESCE(dl.authorised, o.authorised) AS sent, "
                  "CASE WHEN CAST($5 AS BIGINT) > 0 THEN COALESCE((SELECT SUM(l.qty) FROM delivery d "
                  "JOIN statement s ON s.delivery_id = d.id JOIN field_event b ON b.id = s.confirmation_id "
                  "JOIN field_event_line l ON l.own_id = s.own_id AND l.product_id = o.product_id "
                  "AND l.condition IN ('ok', 'refused') WHERE d.order_id = o.order_id "
                  "AND (b.received_at, b.id) < ($3, $4)), 0) ELSE 0 END AS before "
                  "FROM order_line o LEFT JOIN delivery_line dl ON dl.delivery_id = $2 "
                  "AND dl.product_id = o.product_id WHERE o.order_id = $1 ORDER BY o.product_id",
                  NULL},
    [RECORDED] =
        {"verify.drop-recorded",
         "SELECT x.id, x.kind, x.product_id, x.stated, COALESCE(x.lot, '') AS lot, x.expected, x.actual, "
         "x.state FROM discrepancy x WHERE x.event_id IN (SELECT a.id FROM field_event a "
         "WHERE a.id = $1 OR a.amends = $1) AND x.source IN ('reconciliation', 'recall') "
         "AND NOT (x.state = 'void' AND COALESCE(x.reason, '') = 'amended') ORDER BY x.id",
         NULL},
};

#define DROP(kind_, ...) FIELD(struct verify_drop, kind_, __VA_ARGS__)
static const struct field DROP_FIELDS[] = {
    DROP(K_ID, id),
    DROP(K_ID, own_id),
    DROP(K_ID, confirmation_id),
    DROP(K_ID, delivery_id),
    DROP(K_ID, order_id),
    DROP(K_INT, others),
    DROP(K_INSTANT, received_at),
    DROP(K_INSTANT, confirmed_at),
    DROP(K_INSTANT, dropped_at),
    DROP(K_ENUM, place, .names = &place_names),
    DROP(K_BOOL, receiver_known),
    DROP(K_ENUM, bypass, .names = &bypass_names),
    DROP(K_INT, images),
    DROP(K_TEXT, timezone),
    DROP(K_TEXT, promised_zone),
    DROP(K_BOOL, closed),
    DROP(K_BOOL, entangled),
};
static const struct shape drop_shape = SHAPE("verify_drop", struct verify_drop, DROP_FIELDS);

#define LINE(kind_, ...) FIELD(struct verify_line, kind_, __VA_ARGS__)
static const struct field LINE_FIELDS[] = {
    LINE(K_ID, product_id), LINE(K_TEXT, stated),
    LINE(K_INT, qty),       LINE(K_TEXT, lot),
    LINE(K_DATE, expiry),   LINE(K_ENUM, condition, .names = &condition_names),
    LINE(K_BOOL, on_order), LINE(K_BOOL, lot_tracked),
    LINE(K_BOOL, recalled), LINE(K_INT, shelf_life_min_days),
};
static const struct shape line_shape = SHAPE("verify_line", struct verify_line, LINE_FIELDS);

#define PROMISE(kind_, ...) FIELD(struct verify_promised, kind_, __VA_ARGS__)
static const struct field PROMISED_FIELDS[] = {PROMISE(K_ID, product_id), PROMISE(K_INT, authorised),
                                               PROMISE(K_INT, sent), PROMISE(K_INT, before)};
static const struct shape promised_shape = SHAPE("verify_promised", struct verify_promised, PROMISED_FIELDS);

#define FOUND(kind_, ...) FIELD(struct verify_recorded, kind_, __VA_ARGS__)
static const struct field RECORDED_FIELDS[] = {
    FOUND(K_ID, id),         FOUND(K_ENUM, kind, .names = &discrepancy_kind_names),
    FOUND(K_ID, product_id), FOUND(K_TEXT, stated),
    FOUND(K_TEXT, lot),      FOUND(K_INT, expected),
    FOUND(K_INT, actual),    FOUND(K_ENUM, state, .names = &discrepancy_state_names),
};
static const struct shape recorded_shape = SHAPE("verify_recorded", struct verify_recorded, RECORDED_FIELDS);

enum err store_verify_drops(struct ctx *c, struct id after, int64_t limit, struct list *drops_out) {
    return db_all(c, &S[DROPS], ARGS(db_place(&after), db_int(limit)), &drop_shape, drops_out);
}

enum err store_verify_lines(struct ctx *c, const struct verify_drop *drop, struct list *lines_out) {
    return db_all(c, &S[LINES], ARGS(db_id(&drop->own_id), db_id(&drop->order_id), db_int(drop->received_at)),
                  &line_shape, lines_out);
}

enum err store_verify_promised(struct ctx *c, const struct verify_drop *drop, struct list *promised_out) {
    return db_all(c, &S[PROMISED],
                  ARGS(db_id(&drop->order_id), db_id(&drop->delivery_id), db_int(drop->confirmed_at),
                       db_id(&drop->confirmation_id), db_int(drop->others)),
                  &promised_shape, promised_out);
}

enum err store_verify_recorded(struct ctx *c, const struct verify_drop *drop, struct list *recorded_out) {
    return db_all(c, &S[RECORDED], ARGS(db_id(&drop->confirmation_id)), &recorded_shape, recorded_out);
}
