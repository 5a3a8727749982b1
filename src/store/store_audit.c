#include "store/store_audit.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/log.h"
#include "db/db.h"
#include "store/audit_block.h"
#include <inttypes.h>
#include <string.h>

#define ROW(kind_, ...) FIELD(struct audit_row, kind_, __VA_ARGS__)
static const struct field FIELDS[] = {
    ROW(K_INT, seq, .doc = "1, 2, 3 … without gaps"),
    ROW(K_INSTANT, at, .doc = "server time"),
    ROW(K_ID, actor_id, .doc = "null: the system itself"),
    ROW(K_ENUM, role, .names = &role_names),
    ROW(K_TEXT, action, .example = "\"order.confirm\""),
    ROW(K_TEXT, entity, .example = "\"order\""),
    ROW(K_ID, entity_id),
    ROW(K_INT, entity_version),
    ROW(K_TEXT, reason, .doc = "null when none was asked for, or when it was erased"),
    ROW(K_HEX, reason_digest, .flags = F_HIDDEN),
    ROW(K_ID, request_id),
    ROW(K_RAW, change,
        .doc = "members that changed and their new values; personal ones only say that they did",
        .example = "{\"state\":\"confirmed\"}"),
    ROW(K_HEX, rows, .flags = F_HIDDEN),
    ROW(K_HEX, leaf_hash, .doc = "SHA-256 of a zero byte and the event's canonical bytes"),
};
const struct shape audit_row_shape = SHAPE("audit_event", struct audit_row, FIELDS);

#define COLS                                                                                          \
    "seq, at, actor_id, role, action, entity, entity_id, entity_version, reason_digest, request_id, " \
    "change, rows, leaf_hash"
#define WITH_REASON                                                                                       \
    "SELECT a.seq, a.at, a.actor_id, a.role, a.action, a.entity, a.entity_id, a.entity_version, "         \
    "a.reason_digest, a.request_id, a.change, a.rows, a.leaf_hash, v.value AS reason FROM audit_event a " \
    "LEFT JOIN personal_value v ON v.owner = a.entity_id AND v.field = 'reason:' || CAST(a.seq AS TEXT) "

enum { NEXT, ADD, LIST, LIST_ENTITY, SEQ, LAST_OF, PERSONAL_ADD, PERSONAL_GET, PERSONAL_SALT };
static const struct db_stmt S[] = {
    [NEXT] = {"audit.next", "SELECT COALESCE(MAX(seq), 0) + 1 FROM audit_entry", NULL},
    [ADD] = {"audit.add",
             "INSERT INTO audit_entry (" COLS
             ") VALUES ($1, $2, $3, " AUDIT_NUMBER_OF("$4") ", " AUDIT_NUMBER_OF("$5") ", " AUDIT_NUMBER_OF(
                 "$6") ", $7, $8, $9, $10, $11, $12, $13)",
             "seq at actor_id role action entity entity_id entity_version reason_digest request_id change "
             "rows leaf_hash"},
    [LIST] = {"audit.list",
              WITH_REASON
              "WHERE a.seq > $1 AND (CAST($2 AS TEXT) IS NULL OR a.entity = $2) ORDER BY a.seq LIMIT $3",
              NULL},
    [LIST_ENTITY] = {"audit.list-entity",
                     WITH_REASON
                     "WHERE a.entity_id = $4 AND a.seq > $1 AND (CAST($2 AS TEXT) IS NULL OR a.entity = $2) "
                     "ORDER BY a.seq LIMIT $3",
                     NULL},
    [SEQ] = {"audit.seq",
             "SELECT MIN(seq) FROM audit_event WHERE entity_id = $1 AND entity_version = $2 AND action = $3",
             NULL},
    [LAST_OF] = {"audit.last-of", "SELECT COALESCE(MAX(seq), 0) FROM audit_entry WHERE entity_id = $1", NULL},
    [PERSONAL_ADD] = {"personal.add",
                      "INSERT INTO personal_value (owner, field, value, salt) VALUES ($1, $2, $3, $4)", NULL},
    [PERSONAL_GET] = {"personal.get", "SELECT value FROM personal_value WHERE owner = $1 AND field = $2",
                      NULL},
    [PERSONAL_SALT] = {"personal.salt", "SELECT salt FROM personal_value WHERE owner = $1 AND field = $2",
                       NULL},
};

enum err store_audit_next(struct ctx *c, int64_t *seq_out) {
    return db_value(c, &S[NEXT], NO_ARGS, seq_out);
}

enum err store_audit_add(struct ctx *c, const struct audit_row *row) {
    return db_exec_row(c, &S[ADD], &audit_row_shape, row, NULL);
}

/* ---- events of blocks, which come before all that stand as rows ---- */

struct wish {
    const char *entity;
    struct id entity_id;
    int64_t after, limit;
};

struct found {
    struct audit_row *row;
    size_t n;
};

MUST static enum err memory_out(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "the request needs more memory than one may have");
}

static bool is_wished(const struct audit_row *row, const struct wish *wish) {
    return row->seq > wish->after && (!wish->entity || strcmp(row->entity, wish->entity) == 0) &&
           (id_is_none(wish->entity_id) || id_equal(row->entity_id, wish->entity_id));
}

/* Out of the block's memory. */
MUST static enum err keep(struct ctx *c, const struct audit_row *row, struct found *found) {
    struct audit_row *kept = &found->row[found->n++];
    *kept = *row;
    kept->action = arena_strdup(c->arena, row->action);
    kept->entity = arena_strdup(c->arena, row->entity);
    kept->change = arena_strdup(c->arena, row->change);
    kept->rows.at = (const uint8_t *)arena_memdup(c->arena, row->rows.at, row->rows.n);
    kept->reason_digest.at =
        (const uint8_t *)arena_memdup(c->arena, row->reason_digest.at, row->reason_digest.n);
    bool is_kept = kept->action && kept->entity && kept->change && !kept->rows.at == !row->rows.at &&
                   !kept->reason_digest.at == !row->reason_digest.at;
    if (!is_kept) return memory_out(c);
    if (!row->reason_digest.at) return OK;
    const char *field = arena_printf(c->arena, "reason:%" PRId64, row->seq);
    return !field ? memory_out(c) : store_personal_get(c, row->entity_id, field, &kept->reason);
}

MUST static enum err keep_wished(struct ctx *c, const struct audit_block *block, const struct wish *wish,
                                 struct found *found) {
    for (size_t i = 0; i < AUDIT_BLOCK && (int64_t)found->n < wish->limit; i++)
        if (is_wished(&block->row[i], wish)) TRY(keep(c, &block->row[i], found));
    return OK;
}

struct search {
    struct ctx *c; /* whose memory keeps what is found */
    const struct wish *wish;
    struct found *found;
};

static enum err search_blocks(struct ctx *apart, void *user) {
    const struct search *search = user;
    const struct wish *wish = search->wish;
    struct audit_block block = {.number = wish->after / AUDIT_BLOCK - 1};
    while ((int64_t)search->found->n < wish->limit) {
        arena_reset(apart->arena);
        enum err err = store_audit_block_from(apart, block.number + 1, wish->entity, wish->entity_id, &block);
        if (err == ERR_NOT_FOUND) return OK;
        TRY(err);
        TRY(keep_wished(search->c, &block, wish, search->found));
    }
    return OK;
}

MUST static enum err from_blocks(struct ctx *c, const struct wish *wish, struct found *found) {
    struct search search = {c, wish, found};
    found->row = arena_array(c->arena, (size_t)wish->limit, sizeof *found->row);
    return found->row ? ctx_apart(c, LIMIT_ARENA_BLOCK, search_blocks, &search) : memory_out(c);
}

/* ---- events, wherever they stand ---- */

MUST static enum err from_rows(struct ctx *c, const struct wish *wish, int64_t limit, struct list *rows_out) {
    struct db_arg after = db_int(wish->after), entity = db_text(wish->entity);
    if (id_is_none(wish->entity_id))
        return db_all(c, &S[LIST], ARGS(after, entity, db_int(limit)), &audit_row_shape, rows_out);
    return db_all(c, &S[LIST_ENTITY], ARGS(after, entity, db_int(limit), db_id(&wish->entity_id)),
                  &audit_row_shape, rows_out);
}

enum err store_audit_list(struct ctx *c, const char *entity, struct id entity_id, int64_t after,
                          int64_t limit, struct list *rows_out) {
    const struct wish wish = {entity, entity_id, after, limit};
    struct found found = {NULL, 0};
    TRY(from_blocks(c, &wish, &found));
    TRY(from_rows(c, &wish, limit - (int64_t)found.n, rows_out));
    if (found.n == 0) return OK;
    if (rows_out->n) memcpy(&found.row[found.n], rows_out->at, rows_out->n * sizeof *found.row);
    *rows_out = (struct list){found.row, found.n + rows_out->n};
    return OK;
}

/* Of an entity, in blocks: the first event that `action` made of that version; without an action the last. */
MUST static enum err seq_in_blocks(struct ctx *c, struct id entity_id, int64_t version, const char *action,
                                   int64_t *seq_out) {
    struct list rows = {NULL, 0};
    int64_t after = 0;
    do {
        TRY(store_audit_list(c, NULL, entity_id, after, LIMIT_PAGE_DEFAULT, &rows));
        for (size_t i = 0; i < rows.n; i++) {
            const struct audit_row *row = (const struct audit_row *)rows.at + i;
            bool is_it = action && row->entity_version == version && strcmp(row->action, action) == 0;
            if (is_it || !action) *seq_out = row->seq;
            if (is_it) return OK;
            after = row->seq;
        }
    } while (rows.n == LIMIT_PAGE_DEFAULT);
    return OK;
}

/* Most that is asked for happened lately. */
enum err store_audit_seq(struct ctx *c, struct id entity_id, int64_t version, const char *action,
                         int64_t *seq_out) {
    TRY(db_value(c, &S[SEQ], ARGS(db_id(&entity_id), db_int(version), db_text(action)), seq_out));
    return *seq_out == NONE ? seq_in_blocks(c, entity_id, version, action, seq_out) : OK;
}

enum err store_audit_last_of(struct ctx *c, struct id entity_id, int64_t *seq_out) {
    TRY(db_value(c, &S[LAST_OF], ARGS(db_id(&entity_id)), seq_out));
    return *seq_out == 0 ? seq_in_blocks(c, entity_id, NONE, NULL, seq_out) : OK;
}

enum err store_personal_add(struct ctx *c, struct id owner, const char *field, const char *value,
                            const uint8_t salt[16]) {
    return db_exec(c, &S[PERSONAL_ADD],
                   ARGS(db_id(&owner), db_text(field), db_text(value), db_blob(salt, 16)), NULL);
}

struct one_text {
    const char *value;
};
static const struct field ONE_TEXT_FIELDS[] = {FIELD(struct one_text, K_TEXT, value)};
static const struct shape one_text_shape = SHAPE("value", struct one_text, ONE_TEXT_FIELDS);

enum err store_personal_get(struct ctx *c, struct id owner, const char *field, const char **value_out) {
    struct one_text found;
    *value_out = NULL;
    enum err err = db_one(c, &S[PERSONAL_GET], ARGS(db_id(&owner), db_text(field)), &one_text_shape, &found);
    if (err == ERR_NOT_FOUND) return OK;
    if (err == OK) *value_out = found.value;
    return err;
}

struct one_salt {
    struct blob salt;
};
static const struct field ONE_SALT_FIELDS[] = {FIELD(struct one_salt, K_HEX, salt)};
static const struct shape one_salt_shape = SHAPE("salt", struct one_salt, ONE_SALT_FIELDS);

enum err store_personal_salt_of(struct ctx *c, struct id owner, const char *field, struct blob *salt_out) {
    struct one_salt row;
    TRY(db_one(c, &S[PERSONAL_SALT], ARGS(db_id(&owner), db_text(field)), &one_salt_shape, &row));
    *salt_out = row.salt;
    return OK;
}
