#include "store/store_audit.h"
#include "base/id.h"
#include "db/db.h"

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
#define NUMBER_OF(word) "(SELECT number FROM audit_word WHERE word = " word ")"
#define WITH_REASON                                                                                       \
    "SELECT a.seq, a.at, a.actor_id, a.role, a.action, a.entity, a.entity_id, a.entity_version, "         \
    "a.reason_digest, a.request_id, a.change, a.rows, a.leaf_hash, v.value AS reason FROM audit_event a " \
    "LEFT JOIN personal_value v ON v.owner = a.entity_id AND v.field = 'reason:' || CAST(a.seq AS TEXT) "

enum { NEXT, ADD, LIST, LIST_ENTITY, EACH, SEQ, PERSONAL_ADD, PERSONAL_GET, PERSONAL_SALT };
static const struct db_stmt S[] = {
    [NEXT] = {"audit.next", "SELECT COALESCE(MAX(seq), 0) + 1 FROM audit_entry", NULL},
    [ADD] = {"audit.add",
             "INSERT INTO audit_entry (" COLS ") VALUES ($1, $2, $3, " NUMBER_OF("$4") ", " NUMBER_OF(
                 "$5") ", " NUMBER_OF("$6") ", $7, $8, $9, $10, $11, $12, $13)",
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
    [EACH] = {"audit.each", "SELECT " COLS " FROM audit_event WHERE seq > $1 ORDER BY seq", NULL},
    [SEQ] = {"audit.seq",
             "SELECT MIN(seq) FROM audit_event WHERE entity_id = $1 AND entity_version = $2 AND action = $3",
             NULL},
    [PERSONAL_ADD] =
        {"personal.add",
         "INSERT INTO personal_value (owner, field, subject, value, salt) VALUES ($1, $2, $3, $4, $5)", NULL},
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

enum err store_audit_list(struct ctx *c, const char *entity, struct id entity_id, int64_t after,
                          int64_t limit, struct list *rows_out) {
    if (id_is_none(entity_id))
        return db_all(c, &S[LIST], ARGS(db_int(after), db_text(entity), db_int(limit)), &audit_row_shape,
                      rows_out);
    return db_all(c, &S[LIST_ENTITY], ARGS(db_int(after), db_text(entity), db_int(limit), db_id(&entity_id)),
                  &audit_row_shape, rows_out);
}

enum err store_audit_seq(struct ctx *c, struct id entity_id, int64_t version, const char *action,
                         int64_t *seq_out) {
    return db_value(c, &S[SEQ], ARGS(db_id(&entity_id), db_int(version), db_text(action)), seq_out);
}

enum err store_audit_each(struct ctx *c, int64_t after,
                          enum err (*row)(struct ctx *c, void *audit_row, void *user), void *user) {
    struct audit_row record;
    return db_each(c, &S[EACH], ARGS(db_int(after)), &audit_row_shape, &record, row, user);
}

enum err store_personal_add(struct ctx *c, struct id owner, const char *field, struct id subject,
                            const char *value, const uint8_t salt[16]) {
    return db_exec(c, &S[PERSONAL_ADD],
                   ARGS(db_id(&owner), db_text(field), db_id(&subject), db_text(value), db_blob(salt, 16)),
                   NULL);
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
