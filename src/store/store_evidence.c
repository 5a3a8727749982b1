#include "store/store_evidence.h"
#include "db/db.h"

#define NAMED_BY                                                         \
    "SELECT COUNT(*) FROM (SELECT 1 AS one FROM field_event_evidence v " \
    "JOIN field_event e ON e.id = v.event_id "

enum { GET, ADD, IMAGE_ADD, IMAGE, OF_DRIVER, OF_CUSTOMER };
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
                            "WHERE v.sha256 = $1 AND s.driver_id = $2 LIMIT 1) x",
                   NULL},
    [OF_CUSTOMER] = {"evidence.of-customer",
                     NAMED_BY "JOIN delivery d ON d.id = e.delivery_id "
                              "WHERE v.sha256 = $1 AND d.customer_id = $2 LIMIT 1) x",
                     NULL},
};

struct image {
    struct blob image;
};
static const struct field IMAGE_FIELDS[] = {FIELD(struct image, K_HEX, image)};
static const struct shape image_shape = SHAPE("image", struct image, IMAGE_FIELDS);

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
