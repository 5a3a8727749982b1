#include "store/store_erasure.h"
#include "db/db.h"

#define COLS "id, patient_id, at, reason, by_id, erased, cleaned_at, version"

enum { ADD, ON_PATIENT, GET, LIST, UNCLEAN, SET, OBSTACLES, LAST_DELIVERY, PATIENT_VERSION };
static const struct db_stmt S[] = {
    [ADD] = {"erasure.add", "INSERT INTO erasure (" COLS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
             "id patient_id at reason by_id erased cleaned_at version"},
    [ON_PATIENT] = {"erasure.on-patient",
                    "UPDATE patient SET erased_at = $2, version = version + 1 WHERE id = $1", NULL},
    [GET] = {"erasure.get", "SELECT " COLS " FROM erasure WHERE id = $1", NULL},
    [LIST] = {"erasure.list",
              "SELECT " COLS " FROM erasure WHERE (at, id) < ($1, $2) ORDER BY at DESC, id DESC LIMIT $3",
              NULL},
    [UNCLEAN] = {"erasure.unclean",
                 "SELECT " COLS " FROM erasure WHERE cleaned_at IS NULL ORDER BY id LIMIT $1", NULL},
    [SET] = {"erasure.set", "UPDATE erasure SET cleaned_at = $2, version = $3 WHERE id = $1",
             "id cleaned_at version"},
    [OBSTACLES] =
        {"erasure.obstacles",
         "SELECT 'orders' AS kind, id, due_date AS date FROM patient_order WHERE patient_id = $1 "
         "AND state IN ('open', 'confirmed', 'scheduled') UNION ALL "
         "SELECT 'deliveries', d.id, d.date FROM patient_order o JOIN delivery d ON d.order_id = o.id "
         "WHERE o.patient_id = $1 AND d.state IN ('scheduled', 'dispatched') UNION ALL "
         "SELECT 'discrepancies', x.id, NULL FROM patient_order o JOIN discrepancy x ON x.order_id = o.id "
         "AND x.state = 'disputed' WHERE o.patient_id = $1 ORDER BY 1 DESC, 2 LIMIT $2",
         NULL},
    [LAST_DELIVERY] = {"erasure.last-delivery",
                       "SELECT MAX(d.date) FROM patient_order o JOIN delivery d ON d.order_id = o.id "
                       "WHERE o.patient_id = $1 AND d.state IN ('delivered', 'failed')",
                       NULL},
    [PATIENT_VERSION] = {"erasure.patient-version", "SELECT version FROM patient WHERE id = $1", NULL},
};

static const struct field OBSTACLE_FIELDS[] = {
    FIELD(struct obstacle, K_ENUM, kind, .names = &obstacle_kind_names),
    FIELD(struct obstacle, K_ID, id),
    FIELD(struct obstacle, K_DATE, date),
};
static const struct shape obstacle_shape = SHAPE("obstacle", struct obstacle, OBSTACLE_FIELDS);

enum err store_erasure_add(struct ctx *c, const struct erasure *erasure) {
    TRY(db_exec_row(c, &S[ADD], &erasure_shape, erasure, NULL));
    return db_exec(c, &S[ON_PATIENT], ARGS(db_id(&erasure->patient_id), db_int(erasure->at)), NULL);
}

enum err store_erasure_get(struct ctx *c, struct id id, struct erasure *erasure_out) {
    return db_one(c, &S[GET], ARGS(db_id(&id)), &erasure_shape, erasure_out);
}

enum err store_erasure_list(struct ctx *c, int64_t before_at, struct id before_id, int64_t limit,
                            struct list *erasures_out) {
    int64_t before = before_at == NONE ? INT64_MAX : before_at;
    return db_all(c, &S[LIST], ARGS(db_int(before), db_place(&before_id), db_int(limit)), &erasure_shape,
                  erasures_out);
}

enum err store_erasure_unclean(struct ctx *c, int64_t limit, struct list *erasures_out) {
    return db_all(c, &S[UNCLEAN], ARGS(db_int(limit)), &erasure_shape, erasures_out);
}

enum err store_erasure_set(struct ctx *c, struct erasure *erasure) {
    erasure->version++;
    return db_exec_row(c, &S[SET], &erasure_shape, erasure, NULL);
}

enum err store_erasure_obstacles(struct ctx *c, struct id patient_id, int64_t limit,
                                 struct list *obstacles_out) {
    return db_all(c, &S[OBSTACLES], ARGS(db_id(&patient_id), db_int(limit)), &obstacle_shape, obstacles_out);
}

enum err store_erasure_last_delivery(struct ctx *c, struct id patient_id, int64_t *date_out) {
    return db_value(c, &S[LAST_DELIVERY], ARGS(db_id(&patient_id)), date_out);
}

enum err store_erasure_patient_version(struct ctx *c, struct id patient_id, int64_t *version_out) {
    return db_value(c, &S[PATIENT_VERSION], ARGS(db_id(&patient_id)), version_out);
}
