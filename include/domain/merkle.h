/* Merkle trees over SHA-256 as RFC 9162 section 2.1 (the same as RFC 6962) defines them: leaf H(00 ‖ bytes),
 * node H(01 ‖ left ‖ right), split at the largest power of two below the number of leaves. Pure: where hashes
 * of complete subtrees come from is the caller's. */
#ifndef CANARY_DOMAIN_MERKLE_H
#define CANARY_DOMAIN_MERKLE_H

#include "base/crypto.h"

#define MERKLE_LEVELS 62 /* a tree of 2^62 leaves: more than a sequence number can count */
#define MERKLE_PATH_MAX (2 * MERKLE_LEVELS)

void merkle_leaf(const void *bytes, size_t n, uint8_t hash_out[SHA256_SIZE]);
void merkle_node(const uint8_t left[SHA256_SIZE], const uint8_t right[SHA256_SIZE],
                 uint8_t hash_out[SHA256_SIZE]);

/* Where the hashes come from: the complete subtree of 2^level leaves that begins with leaf number × 2^level
 * (leaves count from 0). Asked only for subtrees inside the size that a function below is given. */
struct merkle_tree {
    enum err (*subtree)(struct ctx *c, void *user, int64_t level, int64_t number,
                        uint8_t hash_out[SHA256_SIZE]);
    void *user;
};

struct merkle_path {
    size_t n;
    uint8_t hash[MERKLE_PATH_MAX][SHA256_SIZE];
};

/* The root over the first `size` leaves; H("") of none. */
MUST enum err merkle_root(struct ctx *c, const struct merkle_tree *tree, int64_t size,
                          uint8_t root_out[SHA256_SIZE]);
/* PATH of section 2.1.3.1 of leaf `index` in the first `size` leaves, the leaf's sibling first;
 * 0 ≤ index < size. */
MUST enum err merkle_inclusion(struct ctx *c, const struct merkle_tree *tree, int64_t index, int64_t size,
                               struct merkle_path *path_out);
/* PROOF of section 2.1.4.1 that the first `from` leaves are the beginning of the first `to`;
 * 1 ≤ from ≤ to; empty when they are as many. */
MUST enum err merkle_consistency(struct ctx *c, const struct merkle_tree *tree, int64_t from, int64_t to,
                                 struct merkle_path *path_out);

/* Sections 2.1.3.2 and 2.1.4.2: what somebody does who has only the hashes. Any numbers may be given. */
bool merkle_included(const uint8_t leaf[SHA256_SIZE], int64_t index, int64_t size,
                     const uint8_t root[SHA256_SIZE], const struct merkle_path *path);
bool merkle_consistent(int64_t from, const uint8_t from_root[SHA256_SIZE], int64_t to,
                       const uint8_t to_root[SHA256_SIZE], const struct merkle_path *path);

/* A tree that is fed its leaves one by one and keeps only what the next ones need. Begins as {0}. */
struct merkle_fold {
    int64_t size;
    uint8_t last[MERKLE_LEVELS][SHA256_SIZE]; /* by level: the newest complete subtree */
};
/* Adds a leaf's hash; gives the level of the largest subtree that it completes: those of all lower levels are
 * complete, too, and stand in `last`. */
int64_t merkle_fold_add(struct merkle_fold *fold, const uint8_t leaf[SHA256_SIZE]);
void merkle_fold_root(const struct merkle_fold *fold, uint8_t root_out[SHA256_SIZE]);

#endif
