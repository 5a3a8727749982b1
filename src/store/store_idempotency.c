#include "store/store_idempotency.h"
#include "base/id.h"
#include "db/db.h"

static const struct field FIELDS[] = {
    FIELD(struct idempotency, K_ID, actor_id),     FIELD(struct idempotency, K_TEXT, key),
    FIELD(struct idempotency, K_HEX, fingerprint), FIELD(struct idempotency, K_INT, status),
    FIELD(struct idempotency, K_TEXT, etag),       FIELD(struct idempotency, K_TEXT, body),
    FIELD(struct idempotency, K_INSTANT, at),
};
static const struct shape SHAPE_IDEMPOTENCY = SHAPE("idempotency", struct idempotency, FIELDS);

enum { GET, ADD, ERASE };

static const struct db_stmt S[] = {
    [GET] = {.name = "idempotency.get",
             .sql = "SELECT actor_id, key, fingerprint, status, etag, body, at FROM idempotency "
                    "WHERE actor_id = $1 AND key = $2"},
    [ADD] = {.name = "idempotency.add",
             .sql = "INSERT INTO idempotency (actor_id, key, fingerprint, status, etag, body, at) "
                    "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
             .params = "actor_id key fingerprint status etag body at"},
    [ERASE] = {.name = "idempotency.erase",
               .sql = "DELETE FROM idempotency WHERE REPLACE(body, CAST($1 AS TEXT), '') <> body"},
};

enum err store_idempotency_get(struct ctx *c, struct id actor_id, const char *key,
                               struct idempotency *first_out) {
    return db_one(c, &S[GET], ARGS(db_id(&actor_id), db_text(key)), &SHAPE_IDEMPOTENCY, first_out);
}

enum err store_idempotency_add(struct ctx *c, const struct idempotency *first, int64_t *added_out) {
    return db_exec_row(c, &S[ADD], &SHAPE_IDEMPOTENCY, first, added_out);
}

enum err store_idempotency_erase(struct ctx *c, struct id mentioned, int64_t *erased_out) {
    char text[ID_TEXT_SIZE];
    return db_exec(c, &S[ERASE], ARGS(db_text(id_format(mentioned, text))), erased_out);
}
