#include "app/app_log.h"
#include "app/app_audit.h"
#include "app/app_key.h"
#include "base/id.h"
#include "base/log.h"
#include "store/audit_block.h"
#include "store/store_log.h"
#include <inttypes.h>
#include <string.h>

#define BLOCK (1 << LOG_NODE_LEVEL)

_Static_assert(BLOCK == AUDIT_BLOCK, "a block has the events of one subtree");

MUST static enum err memory_out(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "the request needs more memory than one may have");
}

/* ---- leaves: beside their event while it stands as a row, computed where it was packed ---- */

MUST static enum err leaves_of_block(struct ctx *c, const struct audit_block *block, int64_t first, int64_t n,
                                     uint8_t (*leaves_out)[SHA256_SIZE]) {
    struct text canonical = text_in(c->arena);
    const struct audit_row *row = &block->row[(first - 1) % BLOCK];
    for (int64_t i = 0; i < n; i++)
        if (!app_audit_leaf(&canonical, &row[i], leaves_out[i])) return memory_out(c);
    return OK;
}

/* Of `n` events of one block. */
MUST static enum err leaves_of(struct ctx *c, int64_t first, int64_t n, uint8_t (*leaves_out)[SHA256_SIZE]) {
    struct audit_block block;
    int64_t blocks, number = (first - 1) / BLOCK;
    TRY(store_audit_blocks(c, &blocks));
    if (number >= blocks) return store_log_leaves(c, first, n, leaves_out);
    TRY(store_audit_block_from(c, number, NULL, (struct id){{0}}, &block));
    return leaves_of_block(c, &block, first, n, leaves_out);
}

/* ---- subtrees: the small ones from leaves, the large ones stored ---- */

MUST static enum err from_leaves(struct ctx *c, int64_t level, int64_t number,
                                 uint8_t hash_out[SHA256_SIZE]) {
    uint8_t leaves[BLOCK][SHA256_SIZE];
    struct merkle_fold fold = {0};
    int64_t n = INT64_C(1) << level;
    TRY(leaves_of(c, number * n + 1, n, leaves));
    for (int64_t i = 0; i < n; i++)
        merkle_fold_add(&fold, leaves[i]);
    memcpy(hash_out, fold.last[level], SHA256_SIZE);
    return OK;
}

/* The recursion goes only where nothing is stored, one level at a time. */
MUST static enum err subtree(struct ctx *c, void *user, int64_t level, int64_t number,
                             uint8_t hash_out[SHA256_SIZE]) {
    uint8_t left[SHA256_SIZE], right[SHA256_SIZE];
    if (level < LOG_NODE_LEVEL) return from_leaves(c, level, number, hash_out);
    enum err err = store_log_node_get(c, level, number, hash_out);
    if (err != ERR_NOT_FOUND) return err;
    if (level == LOG_NODE_LEVEL) return from_leaves(c, level, number, hash_out);
    TRY(subtree(c, user, level - 1, 2 * number, left));
    TRY(subtree(c, user, level - 1, 2 * number + 1, right));
    merkle_node(left, right, hash_out);
    return OK;
}

static const struct merkle_tree TREE = {subtree, NULL};

/* Adds the block that ends with event `seq`, and every subtree that is complete with it. */
MUST static enum err add_subtrees(struct ctx *c, int64_t seq, uint8_t hash[SHA256_SIZE]) {
    int64_t number = seq / BLOCK - 1;
    for (int64_t level = LOG_NODE_LEVEL;; level++, number /= 2) {
        uint8_t left[SHA256_SIZE];
        TRY(store_log_node_add(c, level, number, hash));
        if (number % 2 == 0) return OK;
        TRY(subtree(c, NULL, level, number - 1, left));
        merkle_node(left, hash, hash);
    }
}

MUST static enum err grow(struct ctx *c, int64_t seq, const uint8_t leaf[SHA256_SIZE]) {
    uint8_t leaves[BLOCK][SHA256_SIZE];
    struct merkle_fold fold = {0};
    TRY(store_log_leaves(c, seq - BLOCK + 1, BLOCK - 1, leaves));
    memcpy(leaves[BLOCK - 1], leaf, SHA256_SIZE);
    for (size_t i = 0; i < BLOCK; i++)
        merkle_fold_add(&fold, leaves[i]);
    return add_subtrees(c, seq, fold.last[LOG_NODE_LEVEL]);
}

/* A log with a gap has no more subtrees, but the drops of today are recorded all the same: the gap is for
 * canary audit verify to name. */
MUST static enum err unless_gap(struct ctx *c, enum err err, int64_t seq) {
    if (err != ERR_CORRUPT) return err;
    log_event(LOG_ERROR, "audit.gap", "before_seq=%" PRId64, seq);
    ctx_fault_clear(c);
    return OK;
}

enum err app_log_grow(struct ctx *c, int64_t seq, const uint8_t leaf[SHA256_SIZE]) {
    return seq % BLOCK == 0 ? unless_gap(c, grow(c, seq, leaf), seq) : OK;
}

static int64_t nodes_of(int64_t size) {
    int64_t nodes = 0;
    for (int64_t level = LOG_NODE_LEVEL; size >> level > 0; level++)
        nodes += size >> level;
    return nodes;
}

MUST static enum err fill(struct ctx *c, int64_t size) {
    for (int64_t seq = BLOCK; seq <= size; seq += BLOCK) {
        uint8_t hash[SHA256_SIZE];
        TRY(from_leaves(c, LOG_NODE_LEVEL, seq / BLOCK - 1, hash));
        TRY(add_subtrees(c, seq, hash));
    }
    return OK;
}

enum err app_log_fill(struct ctx *c, int64_t *nodes_out) {
    int64_t size, there, after;
    TRY(store_log_size(c, &size));
    TRY(store_log_nodes(c, &there));
    *nodes_out = 0;
    if (there >= nodes_of(size)) return OK;
    TRY(unless_gap(c, fill(c, size), size));
    TRY(store_log_nodes(c, &after));
    *nodes_out = after - there;
    if (*nodes_out == 0) return OK;
    const char *change = arena_printf(c->arena, "{\"subtrees\":%" PRId64 "}", *nodes_out);
    return app_audit(c, &(struct audit){.action = "log.fill",
                                        .entity = "audit_log",
                                        .id = id_new(c->now),
                                        .version = 1,
                                        .change = change});
}

/* ---- heads ---- */

MUST static enum err keep(struct ctx *c, const void *bytes, size_t n, struct blob *blob_out) {
    const void *kept = arena_memdup(c->arena, bytes, n);
    *blob_out = (struct blob){kept, n};
    return kept ? OK : memory_out(c);
}

enum err app_log_root(struct ctx *c, int64_t size, uint8_t root_out[SHA256_SIZE]) {
    return merkle_root(c, &TREE, size, root_out);
}

MUST static enum err root_of(struct ctx *c, int64_t size, struct blob *root_out) {
    uint8_t root[SHA256_SIZE];
    TRY(app_log_root(c, size, root));
    return keep(c, root, sizeof root, root_out);
}

enum err app_log_head(struct ctx *c, const char *key_path, struct log_head *head_out) {
    struct log_signer signer;
    *head_out = (struct log_head){.time = c->now};
    TRY(store_log_size(c, &head_out->size));
    TRY(root_of(c, head_out->size, &head_out->root));
    TRY(app_key_load(c, key_path, &signer));
    head_out->key_id = signer.key.key_id;
    head_out->public_key = signer.key.public_key;
    enum err err = log_head_sign(c->arena, head_out, signer.seed);
    secret_wipe(signer.seed, sizeof signer.seed);
    return err == OK ? OK : memory_out(c);
}

/* ---- proofs ---- */

#define PROOF(kind_, ...) FIELD(struct log_proof, kind_, __VA_ARGS__)
static const struct field PROOF_FIELDS[] = {
    PROOF(K_INT, seq, .doc = "of the event: leaf seq - 1 of the tree"),
    PROOF(K_INT, size, .doc = "of the log that the proof is for"),
    PROOF(K_HEX, leaf_hash, .doc = "SHA-256 of a zero byte and the canonical bytes"),
    PROOF(K_TEXT, canonical, .doc = "the event's canonical bytes: its columns, one a line"),
    PROOF(K_HEX, root, .doc = "Merkle root of that size: the one of a signed head"),
    PROOF(K_TEXTS, path, .doc = "inclusion path of RFC 9162, the leaf's sibling first"),
};
const struct shape log_proof_shape = SHAPE("log_proof", struct log_proof, PROOF_FIELDS);

#define CONSISTENCY(kind_, ...) FIELD(struct log_consistency, kind_, __VA_ARGS__)
static const struct field CONSISTENCY_FIELDS[] = {
    CONSISTENCY(K_INT, from, .doc = "events in the older log"),
    CONSISTENCY(K_INT, to, .doc = "events in the newer one"),
    CONSISTENCY(K_HEX, from_root, .doc = "Merkle root of the older"),
    CONSISTENCY(K_HEX, to_root, .doc = "Merkle root of the newer"),
    CONSISTENCY(K_TEXTS, path, .doc = "consistency proof of RFC 9162; empty when they are as many"),
};
const struct shape log_consistency_shape =
    SHAPE("log_consistency", struct log_consistency, CONSISTENCY_FIELDS);

MUST static enum err keep_path(struct ctx *c, const struct merkle_path *path, struct list *texts_out) {
    const char **texts = arena_array(c->arena, path->n + 1, sizeof *texts);
    for (size_t i = 0; texts && i < path->n; i++) {
        texts[i] = text_hex(c->arena, path->hash[i], SHA256_SIZE);
        if (!texts[i]) return memory_out(c);
    }
    *texts_out = (struct list){texts, path->n};
    return texts ? OK : memory_out(c);
}

MUST static enum err add_leaf(struct ctx *c, struct text *canonical, struct audit_row *event) {
    uint8_t leaf[SHA256_SIZE];
    if (event->leaf_hash.at) return OK;
    if (!app_audit_leaf(canonical, event, leaf)) return memory_out(c);
    return keep(c, leaf, sizeof leaf, &event->leaf_hash);
}

enum err app_log_events(struct ctx *c, const char *entity, struct id entity_id, int64_t after, int64_t limit,
                        struct list *events_out) {
    struct text canonical = text_in(c->arena);
    TRY(store_audit_list(c, entity, entity_id, after, limit, events_out));
    struct audit_row *event = arena_array(c->arena, events_out->n + 1, sizeof *event);
    if (!event) return memory_out(c);
    if (events_out->n) memcpy(event, events_out->at, events_out->n * sizeof *event);
    for (size_t i = 0; i < events_out->n; i++)
        TRY(add_leaf(c, &canonical, &event[i]));
    events_out->at = event;
    return OK;
}

enum err app_log_leaf(struct ctx *c, int64_t seq, struct blob *leaf_out) {
    struct list events;
    TRY(app_log_events(c, NULL, (struct id){{0}}, seq - 1, 1, &events));
    const struct audit_row *event = events.at;
    if (events.n != 1 || event->seq != seq) return ERR_NOT_FOUND;
    *leaf_out = event->leaf_hash;
    return OK;
}

MUST static enum err add_event(struct ctx *c, struct log_proof *proof) {
    struct list events;
    struct text canonical = text_in(c->arena);
    uint8_t leaf[SHA256_SIZE];
    TRY(app_log_events(c, NULL, (struct id){{0}}, proof->seq - 1, 1, &events));
    const struct audit_row *row = events.at;
    if (events.n != 1 || row->seq != proof->seq)
        return FAIL(c, ERR_CORRUPT, "db.corrupt", "audit event %" PRId64 " is missing", proof->seq);
    if (!app_audit_leaf(&canonical, row, leaf)) return memory_out(c);
    proof->canonical = canonical.at;
    proof->leaf_hash = row->leaf_hash;
    return OK;
}

static void judge_range(struct ctx *c, const char *name, int64_t value, int64_t least, int64_t most,
                        const char *why) {
    if (value >= least && value <= most) return;
    ctx_fault_item(c, name, "must be from %" PRId64 " to %" PRId64 ": %s", least, most, why);
}

#define AS_LONG "the log has that many events"

enum err app_log_proof(struct ctx *c, int64_t seq, int64_t size, struct log_proof *proof_out) {
    struct merkle_path path;
    int64_t now;
    TRY(store_log_size(c, &now));
    *proof_out = (struct log_proof){.seq = seq, .size = size == NONE ? now : size};
    bool fits = proof_out->size >= 1 && proof_out->size <= now;
    if (!fits) judge_range(c, "?size", proof_out->size, 1, now, AS_LONG);
    judge_range(c, "?seq", seq, 1, fits ? proof_out->size : now, "the event stands in a log of that size");
    TRY(ctx_faults(c));
    TRY(add_event(c, proof_out));
    TRY(root_of(c, proof_out->size, &proof_out->root));
    TRY(merkle_inclusion(c, &TREE, seq - 1, proof_out->size, &path));
    return keep_path(c, &path, &proof_out->path);
}

enum err app_log_consistency(struct ctx *c, int64_t from, int64_t to, struct log_consistency *proof_out) {
    struct merkle_path path;
    int64_t now;
    TRY(store_log_size(c, &now));
    *proof_out = (struct log_consistency){.from = from, .to = to == NONE ? now : to};
    bool fits = proof_out->to >= 1 && proof_out->to <= now;
    if (!fits) judge_range(c, "?to", proof_out->to, 1, now, AS_LONG);
    judge_range(c, "?from", from, 1, fits ? proof_out->to : now,
                "the older log is not longer than the newer");
    TRY(ctx_faults(c));
    TRY(root_of(c, from, &proof_out->from_root));
    TRY(root_of(c, proof_out->to, &proof_out->to_root));
    TRY(merkle_consistency(c, &TREE, from, proof_out->to, &path));
    return keep_path(c, &path, &proof_out->path);
}
