#include "store/store_evidence.h"
#include "db/db.h"

/* By the index (schema/0024_lean.sql), then by the whole name. */
#define IS_NAMED "v.sha256 = $1 AND SUBSTR(v.sha256, 1, 8) = SUBSTR($1, 1, 8)"
#define NAMED_BY                                                         \
    "SELECT COUNT(*) FROM (SELECT 1 AS one FROM field_event_evidence v " \
    "JOIN field_event e ON e.own_id = v.own_id "

enum {
    GET,
    ADD,
    IMAGE_ADD,
    IMAGE,
    OF_DRIVER,
    OF_CUSTOMER,
    AWAIT,
    UNAWAIT,
    UNAWAIT_ALL,
    SINCE,
    OVERDUE,
    PROVEN,
    CONFIRMATIONS,
    KNOWN,
    REUSE_ADD,
    REUSE_OF_EVENT,
    REUSE_OF_DELIVERY
};
static const struct db_stmt S[] = {
    [GET] = {"evidence.get",
             "SELECT sha256, id, type, bytes, received_at, by_id FROM evidence WHERE sha256 = $1", NULL},
    [ADD] = {"evidence.add",
             "INSERT INTO evidence (sha256, id, type, bytes, received_at, by_id) "
             "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (sha256) DO NOTHING",
             "sha256 id type bytes received_at by_id"},
    [IMAGE_ADD] = {"evidence.image-add", "INSERT INTO evidence_image (sha256, image) VALUES ($1, $2)", NULL},
    [IMAGE] = {"evidence.image", "SELECT image FROM evidence_image WHERE sha256 = $1", NULL},
    [OF_DRIVER] = {"evidence.of-driver",
                   NAMED_BY "JOIN run_stop s ON s.delivery_id = e.delivery_id "
                            "WHERE " IS_NAMED " AND s.driver_id = $2 LIMIT 1) x",
                   NULL},
    [OF_CUSTOMER] = {"evidence.of-customer",
                     NAMED_BY "JOIN delivery d ON d.id = e.delivery_id "
                              "WHERE " IS_NAMED " AND d.customer_id = $2 LIMIT 1) x",
                     NULL},
    [AWAIT] =
        {"evidence.await",
         "INSERT INTO evidence_awaited (event_id, since) VALUES ($1, $2) ON CONFLICT (event_id) DO NOTHING",
         NULL},
    [UNAWAIT] = {"evidence.unawait", "DELETE FROM evidence_awaited WHERE event_id = $1", NULL},
    [UNAWAIT_ALL] = {"evidence.unawait-all",
                     "DELETE FROM evidence_awaited WHERE event_id IN (SELECT COALESCE(e.amends, e.id) "
                     "FROM field_event_evidence v JOIN field_event e ON e.own_id = v.own_id WHERE " IS_NAMED
                     ")",
                     NULL},
    [SINCE] = {"evidence.since", "SELECT since FROM evidence_awaited WHERE event_id = $1", NULL},
    [OVERDUE] =
        {"evidence.overdue",
         "SELECT event_id AS id FROM evidence_awaited WHERE since <= $1 ORDER BY since, event_id LIMIT $2",
         NULL},
    [PROVEN] =
        {"evidence.proven",
         "SELECT COUNT(*) FROM (SELECT 1 AS one FROM field_event e WHERE (e.id = $1 OR e.amends = $1) "
         "AND ((e.bypass IS NOT NULL AND e.stands = 1) OR EXISTS (SELECT 1 FROM field_event_evidence v "
         "JOIN evidence g ON g.sha256 = v.sha256 WHERE v.own_id = e.own_id)) LIMIT 1) x",
         NULL},
    [CONFIRMATIONS] = {"evidence.confirmations",
                       "SELECT DISTINCT COALESCE(e.amends, e.id) AS id FROM field_event_evidence v "
                       "JOIN field_event e ON e.own_id = v.own_id WHERE " IS_NAMED " "
                       "AND e.kind IN ('confirmation', 'amendment') ORDER BY id",
                       NULL},
    [KNOWN] = {"evidence.known",
               "SELECT (SELECT COUNT(*) FROM evidence g WHERE g.sha256 = $1) AS arrived, "
               "(SELECT e.delivery_id FROM field_event_evidence v JOIN field_event e ON e.own_id = v.own_id "
               "WHERE " IS_NAMED
               " AND e.delivery_id <> $2 ORDER BY v.own_id, v.position LIMIT 1) AS other_id",
               NULL},
    [REUSE_ADD] = {"evidence.reuse-add",
                   "INSERT INTO evidence_reuse (event_id, position, delivery_id, other_id, at) "
                   "VALUES ($1, $2, $3, $4, $5)",
                   "event_id position delivery_id other_id at"},
    [REUSE_OF_EVENT] =
        {"evidence.reuse-of-event",
         "SELECT DISTINCT other_id AS id FROM evidence_reuse WHERE event_id = $1 ORDER BY other_id", NULL},
    [REUSE_OF_DELIVERY] =
        {"evidence.reuse-of-delivery",
         "SELECT other_id AS id FROM evidence_reuse WHERE delivery_id = $1 "
         "UNION SELECT delivery_id FROM evidence_reuse WHERE other_id = $1 ORDER BY 1 LIMIT 20",
         NULL},
};

struct image {
    struct blob image;
};
static const struct field IMAGE_FIELDS[] = {FIELD(struct image, K_HEX, image)};
static const struct shape image_shape = SHAPE("image", struct image, IMAGE_FIELDS);

static const struct field KNOWN_FIELDS[] = {FIELD(struct evidence_known, K_BOOL, arrived),
                                            FIELD(struct evidence_known, K_ID, other_id)};
static const struct shape known_shape = SHAPE("evidence_known", struct evidence_known, KNOWN_FIELDS);

static const struct field ID_FIELDS[] = {{.name = "id", .kind = K_ID}};
static const struct shape id_shape = {"id", sizeof(struct id), ID_FIELDS, 1};

static struct db_arg blob_arg(struct blob blob) {
    return db_blob(blob.at, blob.n);
}

enum err store_evidence_get(struct ctx *c, struct blob sha256, struct evidence *evidence_out) {
    return db_one(c, &S[GET], ARGS(blob_arg(sha256)), &evidence_shape, evidence_out);
}

enum err store_evidence_add(struct ctx *c, const struct evidence *evidence, struct blob image,
                            bool *new_out) {
    int64_t added;
    TRY(db_exec_row(c, &S[ADD], &evidence_shape, evidence, &added));
    *new_out = added == 1;
    if (!*new_out) return OK;
    return db_exec(c, &S[IMAGE_ADD], ARGS(blob_arg(evidence->sha256), blob_arg(image)), NULL);
}

enum err store_evidence_image(struct ctx *c, struct blob sha256, struct blob *image_out) {
    struct image row;
    TRY(db_one(c, &S[IMAGE], ARGS(blob_arg(sha256)), &image_shape, &row));
    *image_out = row.image;
    return OK;
}

MUST static enum err is_named(struct ctx *c, int statement, struct blob sha256, struct id by, bool *is_out) {
    int64_t n;
    TRY(db_value(c, &S[statement], ARGS(blob_arg(sha256), db_id(&by)), &n));
    *is_out = n > 0;
    return OK;
}

enum err store_evidence_of_driver(struct ctx *c, struct blob sha256, struct id driver_id, bool *is_out) {
    return is_named(c, OF_DRIVER, sha256, driver_id, is_out);
}

enum err store_evidence_of_customer(struct ctx *c, struct blob sha256, struct id customer_id, bool *is_out) {
    return is_named(c, OF_CUSTOMER, sha256, customer_id, is_out);
}

/* ---- waiting ---- */

enum err store_evidence_await(struct ctx *c, struct id confirmation_id, int64_t since) {
    return db_exec(c, &S[AWAIT], ARGS(db_id(&confirmation_id), db_int(since)), NULL);
}

enum err store_evidence_unawait(struct ctx *c, struct id confirmation_id) {
    return db_exec(c, &S[UNAWAIT], ARGS(db_id(&confirmation_id)), NULL);
}

enum err store_evidence_unawait_all(struct ctx *c, struct blob sha256) {
    return db_exec(c, &S[UNAWAIT_ALL], ARGS(blob_arg(sha256)), NULL);
}

enum err store_evidence_since(struct ctx *c, struct id confirmation_id, int64_t *since_out) {
    return db_value(c, &S[SINCE], ARGS(db_id(&confirmation_id)), since_out);
}

enum err store_evidence_overdue(struct ctx *c, int64_t before, int64_t limit, struct list *ids_out) {
    return db_all(c, &S[OVERDUE], ARGS(db_int(before), db_int(limit)), &id_shape, ids_out);
}

enum err store_evidence_proven(struct ctx *c, struct id confirmation_id, bool *is_out) {
    int64_t n;
    TRY(db_value(c, &S[PROVEN], ARGS(db_id(&confirmation_id)), &n));
    *is_out = n > 0;
    return OK;
}

enum err store_evidence_confirmations(struct ctx *c, struct blob sha256, struct list *ids_out) {
    return db_all(c, &S[CONFIRMATIONS], ARGS(blob_arg(sha256)), &id_shape, ids_out);
}

/* ---- used twice ---- */

enum err store_evidence_known(struct ctx *c, struct blob sha256, struct id delivery_id,
                              struct evidence_known *known_out) {
    return db_one(c, &S[KNOWN], ARGS(blob_arg(sha256), db_id(&delivery_id)), &known_shape, known_out);
}

enum err store_evidence_reuse_add(struct ctx *c, const struct evidence_reuse *reuse) {
    return db_exec_row(c, &S[REUSE_ADD], &evidence_reuse_shape, reuse, NULL);
}

enum err store_evidence_reuse_of_event(struct ctx *c, struct id event_id, struct list *ids_out) {
    return db_all(c, &S[REUSE_OF_EVENT], ARGS(db_id(&event_id)), &id_shape, ids_out);
}

enum err store_evidence_reuse_of_delivery(struct ctx *c, struct id delivery_id, struct list *ids_out) {
    return db_all(c, &S[REUSE_OF_DELIVERY], ARGS(db_id(&delivery_id)), &id_shape, ids_out);
}
