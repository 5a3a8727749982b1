#include "store/store_log.h"
#include "db/db.h"
#include <inttypes.h>
#include <string.h>

enum { SIZE, LEAVES, NODE_GET, NODE_ADD, NODES, NODE_BEYOND, KEY_ADD, KEY_NEWEST, KEYS };
#define KEY_COLS "seq, id, key_id, public_key, made_at, replaces"
static const struct db_stmt S[] = {
    [SIZE] = {"log.size", "SELECT COALESCE(MAX(seq), 0) FROM audit_entry", NULL},
    [LEAVES] = {"log.leaves",
                "SELECT seq AS number, leaf_hash AS hash FROM audit_entry WHERE seq >= $1 AND seq < $2 "
                "ORDER BY seq",
                NULL},
    [NODE_GET] = {"log.node-get", "SELECT hash FROM audit_node WHERE level = $1 AND number = $2", NULL},
    [NODE_ADD] = {"log.node-add",
                  "INSERT INTO audit_node (level, number, hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                  NULL},
    [NODES] = {"log.nodes", "SELECT COUNT(*) FROM audit_node", NULL},
    [NODE_BEYOND] = {"log.node-beyond",
                     "SELECT level, number, hash FROM audit_node WHERE number >= $1 / (CAST(1 AS BIGINT) << "
                     "CAST(level AS INTEGER)) "
                     "ORDER BY level, number LIMIT 1",
                     NULL},
    [KEY_ADD] = {"log.key-add", "INSERT INTO audit_key (" KEY_COLS ") VALUES ($1, $2, $3, $4, $5, $6)",
                 "seq id key_id public_key made_at replaces"},
    [KEY_NEWEST] = {"log.key-newest", "SELECT " KEY_COLS " FROM audit_key ORDER BY seq DESC LIMIT 1", NULL},
    [KEYS] = {"log.keys", "SELECT " KEY_COLS " FROM audit_key ORDER BY seq", NULL},
};

static const struct field NODE_FIELDS[] = {FIELD(struct log_node, K_INT, level),
                                           FIELD(struct log_node, K_INT, number),
                                           FIELD(struct log_node, K_HEX, hash)};
static const struct shape node_shape = SHAPE("audit_node", struct log_node, NODE_FIELDS);

#define KEY(kind_, ...) FIELD(struct log_key, kind_, __VA_ARGS__)
static const struct field KEY_FIELDS[] = {
    KEY(K_INT, seq),
    KEY(K_ID, id),
    KEY(K_TEXT, key_id, .doc = "first 8 bytes of SHA-256 of the public key"),
    KEY(K_HEX, public_key, .doc = "Ed25519"),
    KEY(K_INSTANT, made_at),
    KEY(K_TEXT, replaces, .doc = "the key before it"),
};
const struct shape log_key_shape = SHAPE("audit_key", struct log_key, KEY_FIELDS);

MUST static enum err copy_hash(struct ctx *c, struct blob hash, uint8_t hash_out[SHA256_SIZE]) {
    if (hash.n != SHA256_SIZE)
        return FAIL(c, ERR_CORRUPT, "db.corrupt", "a hash of the log has %zu bytes", hash.n);
    memcpy(hash_out, hash.at, SHA256_SIZE);
    return OK;
}

/* ---- leaves and stored subtrees ---- */

enum err store_log_size(struct ctx *c, int64_t *size_out) {
    return db_value(c, &S[SIZE], NO_ARGS, size_out);
}

struct leaves {
    int64_t next;
    uint8_t (*out)[SHA256_SIZE];
};

static enum err missing(struct ctx *c, int64_t seq) {
    return FAIL(c, ERR_CORRUPT, "db.corrupt", "audit event %" PRId64 " is missing", seq);
}

static enum err take_leaf(struct ctx *c, void *record, void *user) {
    struct leaves *leaves = user;
    const struct log_node *leaf = record;
    if (leaf->number != leaves->next) return missing(c, leaves->next);
    leaves->next++;
    return copy_hash(c, leaf->hash, *leaves->out++);
}

enum err store_log_leaves(struct ctx *c, int64_t first, int64_t n, uint8_t (*leaves_out)[SHA256_SIZE]) {
    struct leaves leaves = {first, leaves_out};
    struct log_node record;
    TRY(db_each(c, &S[LEAVES], ARGS(db_int(first), db_int(first + n)), &node_shape, &record, take_leaf,
                &leaves));
    return leaves.next == first + n ? OK : missing(c, leaves.next);
}

enum err store_log_node_get(struct ctx *c, int64_t level, int64_t number, uint8_t hash_out[SHA256_SIZE]) {
    struct log_node node;
    TRY(db_one(c, &S[NODE_GET], ARGS(db_int(level), db_int(number)), &node_shape, &node));
    return copy_hash(c, node.hash, hash_out);
}

enum err store_log_node_add(struct ctx *c, int64_t level, int64_t number, const uint8_t hash[SHA256_SIZE]) {
    return db_exec(c, &S[NODE_ADD], ARGS(db_int(level), db_int(number), db_blob(hash, SHA256_SIZE)), NULL);
}

enum err store_log_nodes(struct ctx *c, int64_t *count_out) {
    return db_value(c, &S[NODES], NO_ARGS, count_out);
}

enum err store_log_node_beyond(struct ctx *c, int64_t size, struct log_node *node_out) {
    return db_one(c, &S[NODE_BEYOND], ARGS(db_int(size)), &node_shape, node_out);
}

/* ---- keys ---- */

enum err store_log_key_add(struct ctx *c, const struct log_key *key) {
    return db_exec_row(c, &S[KEY_ADD], &log_key_shape, key, NULL);
}

enum err store_log_key_newest(struct ctx *c, struct log_key *key_out) {
    return db_one(c, &S[KEY_NEWEST], NO_ARGS, &log_key_shape, key_out);
}

enum err store_log_keys(struct ctx *c, struct list *keys_out) {
    return db_all(c, &S[KEYS], NO_ARGS, &log_key_shape, keys_out);
}
