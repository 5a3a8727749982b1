/* The log as a Merkle tree, and the keys that sign its heads. Use app/app_log.h and app/app_key.h. */
#ifndef CANARY_STORE_LOG_H
#define CANARY_STORE_LOG_H

#include "base/crypto.h"
#include "base/shape.h"

/* ---- leaves and stored subtrees ---- */

MUST enum err store_log_size(struct ctx *c, int64_t *size_out); /* the last sequence number; 0: no event */
/* Leaf hashes of `n` events from seq `first` on. CORRUPT when one is missing. */
MUST enum err store_log_leaves(struct ctx *c, int64_t first, int64_t n, uint8_t (*leaves_out)[SHA256_SIZE]);

struct log_node {
    int64_t level, number;
    struct blob hash;
};
/* ERR_NOT_FOUND without a fault when it is not stored. */
MUST enum err store_log_node_get(struct ctx *c, int64_t level, int64_t number, uint8_t hash_out[SHA256_SIZE]);
/* A subtree that is there already stays as it is. */
MUST enum err store_log_node_add(struct ctx *c, int64_t level, int64_t number,
                                 const uint8_t hash[SHA256_SIZE]);
MUST enum err store_log_nodes(struct ctx *c, int64_t *count_out);
/* The first stored subtree that needs more events than `size`; ERR_NOT_FOUND without a fault. */
MUST enum err store_log_node_beyond(struct ctx *c, int64_t size, struct log_node *node_out);

/* ---- keys ---- */

struct log_key {
    int64_t seq; /* of its audit event */
    struct id id;
    const char *key_id;
    struct blob public_key;
    int64_t made_at;
    const char *replaces; /* a key_id; NULL: the first */
};
extern const struct shape log_key_shape;

MUST enum err store_log_key_add(struct ctx *c, const struct log_key *key);
/* The one that signs. ERR_NOT_FOUND without a fault when there is none. */
MUST enum err store_log_key_newest(struct ctx *c, struct log_key *key_out);
MUST enum err store_log_keys(struct ctx *c, struct list *keys_out); /* oldest first */

#endif
