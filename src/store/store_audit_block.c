#include "base/id.h"
#include "base/log.h"
#include "db/db.h"
#include "store/audit_block.h"
#include <inttypes.h>
#include <string.h>

#define FIRST_WITH(entity) \
    "(SELECT block FROM audit_noun WHERE entity = " entity " AND block >= $1 ORDER BY block LIMIT 1)"

enum { BLOCKS, ROWS, ADD, PLACE, NOUN, FORGET, FROM, FROM_OF, FROM_NOUN, UNNAMED, NAMED };
static const struct db_stmt S[] = {
    [BLOCKS] = {"audit-block.count", "SELECT COALESCE(MAX(number), -1) + 1 FROM audit_block", NULL},
    [ROWS] =
        {"audit-block.rows",
         "SELECT seq, at, actor_id, role, action, entity, entity_id, entity_version, reason_digest, "
         "request_id, change, rows, leaf_hash FROM audit_event WHERE seq >= $1 AND seq < $2 ORDER BY seq",
         NULL},
    [ADD] = {"audit-block.add", "INSERT INTO audit_block (number, packed) VALUES ($1, $2)", NULL},
    [PLACE] = {"audit-block.place",
               "INSERT INTO audit_place (entity_id, block) VALUES ($1, $2) ON CONFLICT DO NOTHING", NULL},
    [NOUN] = {"audit-block.noun",
              "INSERT INTO audit_noun (entity, block) VALUES (" AUDIT_NUMBER_OF("$1") ", $2)", NULL},
    [FORGET] = {"audit-block.forget", "DELETE FROM audit_entry WHERE seq >= $1 AND seq < $2", NULL},
    [FROM] = {"audit-block.from",
              "SELECT number, packed FROM audit_block WHERE number >= $1 ORDER BY number LIMIT 1", NULL},
    [FROM_OF] = {"audit-block.from-of",
                 "SELECT b.number, b.packed FROM audit_place p JOIN audit_block b ON b.number = p.block "
                 "WHERE p.entity_id = $2 AND p.block >= $1 ORDER BY p.block LIMIT 1",
                 NULL},
    [UNNAMED] = {"audit-block.unnamed", "SELECT COALESCE(MAX(block), -1) FROM audit_noun WHERE entity = 0",
                 NULL},
    [NAMED] = {"audit-block.named", "DELETE FROM audit_noun WHERE entity = 0 AND block = $1", NULL},
    [FROM_NOUN] =
        {"audit-block.from-noun",
         "SELECT number, packed FROM audit_block WHERE number = (SELECT MIN(block) FROM (SELECT " FIRST_WITH(
             "0") " AS block UNION ALL SELECT " FIRST_WITH(AUDIT_NUMBER_OF("$2")) ") first)",
         NULL},
};

enum err store_audit_blocks(struct ctx *c, int64_t *count_out) {
    return db_value(c, &S[BLOCKS], NO_ARGS, count_out);
}

enum err store_audit_block_rows(struct ctx *c, int64_t number, struct list *rows_out) {
    int64_t first = number * AUDIT_BLOCK + 1;
    return db_all(c, &S[ROWS], ARGS(db_int(first), db_int(first + AUDIT_BLOCK)), &audit_row_shape, rows_out);
}

MUST static enum err add_places(struct ctx *c, int64_t number, const struct audit_row *rows) {
    for (size_t i = 0; i < AUDIT_BLOCK; i++) /* most of a request's events are about one thing */
        if (i == 0 || !id_equal(rows[i].entity_id, rows[i - 1].entity_id))
            TRY(db_exec(c, &S[PLACE], ARGS(db_id(&rows[i].entity_id), db_int(number)), NULL));
    return OK;
}

static bool is_new_noun(const struct audit_row *rows, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (strcmp(rows[k].entity, rows[i].entity) == 0) return false;
    return true;
}

MUST static enum err add_nouns(struct ctx *c, int64_t number, const struct audit_row *rows) {
    for (size_t i = 0; i < AUDIT_BLOCK; i++)
        if (is_new_noun(rows, i))
            TRY(db_exec(c, &S[NOUN], ARGS(db_text(rows[i].entity), db_int(number)), NULL));
    return OK;
}

enum err store_audit_unnamed(struct ctx *c, int64_t *last_out) {
    return db_value(c, &S[UNNAMED], NO_ARGS, last_out);
}

enum err store_audit_block_name(struct ctx *c, const struct audit_block *block) {
    TRY(add_nouns(c, block->number, block->row));
    return db_exec(c, &S[NAMED], ARGS(db_int(block->number)), NULL);
}

enum err store_audit_block_add(struct ctx *c, int64_t number, const struct audit_row *rows) {
    int64_t first = number * AUDIT_BLOCK + 1;
    struct blob packed = audit_block_pack(c->arena, rows);
    if (!packed.at) return FAIL(c, ERR_CORRUPT, "db.corrupt", "block %" PRId64 " cannot be packed", number);
    TRY(db_exec(c, &S[ADD], ARGS(db_int(number), db_blob(packed.at, packed.n)), NULL));
    TRY(add_places(c, number, rows));
    TRY(add_nouns(c, number, rows));
    return db_exec(c, &S[FORGET], ARGS(db_int(first), db_int(first + AUDIT_BLOCK)), NULL);
}

struct packed {
    int64_t number;
    struct blob packed;
};

enum err store_audit_block_from(struct ctx *c, int64_t number, const char *entity, struct id entity_id,
                                struct audit_block *block_out) {
    static const struct field FIELDS[] = {FIELD(struct packed, K_INT, number),
                                          FIELD(struct packed, K_HEX, packed)};
    static const struct shape shape = SHAPE("audit_block", struct packed, FIELDS);
    struct packed row;
    if (!id_is_none(entity_id))
        TRY(db_one(c, &S[FROM_OF], ARGS(db_int(number), db_id(&entity_id)), &shape, &row));
    else if (entity)
        TRY(db_one(c, &S[FROM_NOUN], ARGS(db_int(number), db_text(entity)), &shape, &row));
    else
        TRY(db_one(c, &S[FROM], ARGS(db_int(number)), &shape, &row));
    *block_out = (struct audit_block){row.number, audit_block_unpack(c->arena, row.number, row.packed)};
    if (block_out->row) return OK;
    return FAIL(c, ERR_CORRUPT, "db.corrupt", "block %" PRId64 " of the log cannot be read", row.number);
}
