/* The audit log as a Merkle tree: its heads, and proofs for whoever holds one. */
#ifndef CANARY_APP_LOG_H
#define CANARY_APP_LOG_H

#include "domain/log_head.h"
#include "domain/merkle.h"

/* Complete subtrees of 2^LOG_NODE_LEVEL events and more are stored: 256 events a row, 5 rows of every 1,000
 * events in all, and a proof reads fewer than 1,000 leaves, whatever the size. */
#define LOG_NODE_LEVEL 8

/* Stores the subtrees that event `seq` completes, whose leaf is not in the database yet. Called by app_audit
 * alone, before it adds the event. */
MUST enum err app_log_grow(struct ctx *c, int64_t seq, const uint8_t leaf[SHA256_SIZE]);
/* Stores those that a log from before there were any lacks, with an event of its own when there were some.
 * nodes_out: how many. */
MUST enum err app_log_fill(struct ctx *c, int64_t *nodes_out);

/* Packs the oldest events that stand as rows and are LIMIT_PACK_AFTER_MS old (store/audit_block.h): blocks of
 * 256 events, until they are `limit` or more. *more_out: there are more of that age. Not one whose events are
 * not what was hashed, nor any behind it: those are for canary audit verify to name, and stay as they are. */
MUST enum err app_log_pack(struct ctx *c, int64_t limit, bool *more_out);
/* Says of blocks from before there was audit_noun which nouns they have, until those have `limit` events or
 * more. left_out: blocks. */
MUST enum err app_log_name(struct ctx *c, int64_t limit, int64_t *left_out);

/* The leaf hash of event `seq`; ERR_NOT_FOUND, without a fault, when there is none of this number. */
MUST enum err app_log_leaf(struct ctx *c, int64_t seq, struct blob *leaf_out);
/* struct audit_row: events as store_audit_list reads them, each with its leaf hash. */
MUST enum err app_log_events(struct ctx *c, const char *entity, struct id entity_id, int64_t after,
                             int64_t limit, struct list *events_out);

/* A subtree that is not stored is computed from what is. */
MUST enum err app_log_root(struct ctx *c, int64_t size, uint8_t root_out[SHA256_SIZE]);

/* The log as it stands, signed at c->now with the key in the file `key_path`. STATE, slug "log.no-key", with
 * what to do, when it is not there. */
MUST enum err app_log_head(struct ctx *c, const char *key_path, struct log_head *head_out);

struct log_proof {
    int64_t seq, size;
    struct blob leaf_hash;
    const char *canonical; /* what was hashed, behind a zero byte */
    struct blob root;      /* of `size` events */
    struct list path;      /* const char *: hashes in hexadecimal, the leaf's sibling first */
};
extern const struct shape log_proof_shape;

struct log_consistency {
    int64_t from, to;
    struct blob from_root, to_root;
    struct list path; /* as above */
};
extern const struct shape log_consistency_shape;

/* That event `seq` stands in the log of `size` events (NONE: as it is now). INVALID with every number that is
 * out of range as "?seq", "?size". */
MUST enum err app_log_proof(struct ctx *c, int64_t seq, int64_t size, struct log_proof *proof_out);
/* That the log of `from` events is the beginning of that of `to` (NONE: as it is now); "?from", "?to". */
MUST enum err app_log_consistency(struct ctx *c, int64_t from, int64_t to, struct log_consistency *proof_out);

#endif
