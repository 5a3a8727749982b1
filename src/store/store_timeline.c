#include "store/store_timeline.h"
#include "db/db.h"

/* The branch with every column typed stands first: PostgreSQL takes the types from there. */
#define BRANCHES                                                                                          \
    "SELECT p.at AS at, 'promise' AS type, d.id AS id, d.order_id AS order_id, d.id AS delivery_id, "     \
    "p.number AS number FROM patient_order o JOIN delivery d ON d.order_id = o.id "                       \
    "JOIN promise p ON p.delivery_id = d.id WHERE o.patient_id = $1 "                                     \
    "UNION ALL SELECT COALESCE(e.completed_at, e.at), CASE WHEN e.kind = 'confirmation' THEN 'drop' "     \
    "ELSE 'failure' END, e.id, d.order_id, d.id, 0 FROM patient_order o JOIN delivery d ON d.order_id = " \
    "o.id "                                                                                               \
    "JOIN field_event e ON e.delivery_id = d.id WHERE o.patient_id = $1 AND e.kind <> 'arrival' "         \
    "UNION ALL SELECT created_at, 'order', id, id, NULL, 0 FROM patient_order WHERE patient_id = $1 "     \
    "UNION ALL SELECT k.at, 'contact', k.id, k.order_id, NULL, 0 FROM patient_order o "                   \
    "JOIN contact k ON k.order_id = o.id WHERE o.patient_id = $1 "                                        \
    "UNION ALL SELECT at, 'count', id, order_id, NULL, 0 FROM stock_count WHERE patient_id = $1 "         \
    "UNION ALL SELECT x.detected_at, 'discrepancy', x.id, x.order_id, x.delivery_id, 0 "                  \
    "FROM patient_order o JOIN discrepancy x ON x.order_id = o.id WHERE o.patient_id = $1 "               \
    "UNION ALL SELECT at, 'erasure', id, NULL, NULL, 0 FROM erasure WHERE patient_id = $1"

static const struct db_stmt S[] = {
    {"timeline.keys",
     "SELECT at, type, id, order_id, delivery_id, number FROM (" BRANCHES
     ") AS t WHERE (at, id) < ($2, $3) ORDER BY at DESC, id DESC, number DESC LIMIT $4",
     NULL},
};

const struct names timeline_type_names = {(const char *const[]){"order", "contact", "count", "promise",
                                                                "drop", "failure", "discrepancy", "erasure"},
                                          8};

#define KEY(kind_, ...) FIELD(struct timeline_key, kind_, __VA_ARGS__)
static const struct field FIELDS[] = {
    KEY(K_INSTANT, at),     KEY(K_ENUM, type, .names = &timeline_type_names),
    KEY(K_ID, id),          KEY(K_ID, order_id),
    KEY(K_ID, delivery_id), KEY(K_INT, number),
};
static const struct shape shape = SHAPE("timeline_key", struct timeline_key, FIELDS);

enum err store_timeline(struct ctx *c, struct id patient_id, int64_t before_at, struct id before_id,
                        int64_t limit, struct list *keys_out) {
    int64_t before = before_at == NONE ? INT64_MAX : before_at;
    return db_all(c, &S[0], ARGS(db_id(&patient_id), db_int(before), db_place(&before_id), db_int(limit)),
                  &shape, keys_out);
}
