#include "domain/merkle.h"
#include "base/log.h"
#include <string.h>

void merkle_leaf(const void *bytes, size_t n, uint8_t hash_out[SHA256_SIZE]) {
    sha256_two("\x00", 1, bytes, n, hash_out);
}

void merkle_node(const uint8_t left[SHA256_SIZE], const uint8_t right[SHA256_SIZE],
                 uint8_t hash_out[SHA256_SIZE]) {
    uint8_t bytes[1 + 2 * SHA256_SIZE] = {1};
    memcpy(bytes + 1, left, SHA256_SIZE);
    memcpy(bytes + 1 + SHA256_SIZE, right, SHA256_SIZE);
    sha256(bytes, sizeof bytes, hash_out);
}

static bool same(const uint8_t a[SHA256_SIZE], const uint8_t b[SHA256_SIZE]) {
    return memcmp(a, b, SHA256_SIZE) == 0;
}

/* The largest power of two below n ≥ 2. */
static int64_t split(int64_t n) {
    int64_t k = 1;
    while (k < n - k)
        k *= 2;
    return k;
}

/* ---- roots and proofs ---- */

/* The hash over n leaves from `first` on, a multiple of the smallest power of two that is not below n, so
 * that each bit of n is one complete subtree; the last is the smallest. */
MUST static enum err range(struct ctx *c, const struct merkle_tree *tree, int64_t first, int64_t n,
                           uint8_t hash_out[SHA256_SIZE]) {
    int64_t end = first + n;
    bool begun = false;
    for (int64_t level = 0; n >> level > 0; level++) {
        uint8_t left[SHA256_SIZE];
        if ((n >> level & 1) == 0) continue;
        end -= INT64_C(1) << level;
        TRY(tree->subtree(c, tree->user, level, end >> level, left));
        if (begun)
            merkle_node(left, hash_out, hash_out);
        else
            memcpy(hash_out, left, SHA256_SIZE);
        begun = true;
    }
    return OK;
}

enum err merkle_root(struct ctx *c, const struct merkle_tree *tree, int64_t size,
                     uint8_t root_out[SHA256_SIZE]) {
    REQUIRE(size >= 0);
    if (size == 0) sha256("", 0, root_out);
    return range(c, tree, 0, size, root_out);
}

MUST static enum err push(struct ctx *c, const struct merkle_tree *tree, int64_t first, int64_t n,
                          struct merkle_path *path) {
    REQUIRE(path->n < MERKLE_PATH_MAX);
    return range(c, tree, first, n, path->hash[path->n++]);
}

/* Paths are found from the root down and told from the leaf up. */
static void reverse(struct merkle_path *path) {
    uint8_t hash[SHA256_SIZE];
    for (size_t i = 0, j = path->n; i + 1 < j; i++) {
        memcpy(hash, path->hash[i], sizeof hash);
        memcpy(path->hash[i], path->hash[--j], sizeof hash);
        memcpy(path->hash[j], hash, sizeof hash);
    }
}

enum err merkle_inclusion(struct ctx *c, const struct merkle_tree *tree, int64_t index, int64_t size,
                          struct merkle_path *path_out) {
    REQUIRE(index >= 0 && index < size);
    path_out->n = 0;
    for (int64_t first = 0, n = size; n > 1;) {
        int64_t k = split(n);
        bool left = index < first + k;
        TRY(left ? push(c, tree, first + k, n - k, path_out) : push(c, tree, first, k, path_out));
        first += left ? 0 : k;
        n = left ? k : n - k;
    }
    reverse(path_out);
    return OK;
}

enum err merkle_consistency(struct ctx *c, const struct merkle_tree *tree, int64_t from, int64_t to,
                            struct merkle_path *path_out) {
    REQUIRE(from >= 1 && from <= to);
    int64_t first = 0, n = to;
    path_out->n = 0;
    while (from != first + n) {
        int64_t k = split(n);
        bool left = from <= first + k;
        TRY(left ? push(c, tree, first + k, n - k, path_out) : push(c, tree, first, k, path_out));
        first += left ? 0 : k;
        n = left ? k : n - k;
    }
    if (first > 0) TRY(push(c, tree, first, n, path_out)); /* else: the verifier has it, the old root */
    reverse(path_out);
    return OK;
}

/* ---- checking proofs ---- */

/* A place on two ways up: of a leaf (or of the old tree's last one) and of the last leaf. */
struct climb {
    int64_t at, last;
};

static void up(struct climb *climb) {
    climb->at >>= 1;
    climb->last >>= 1;
}

/* Does the next hash stand to the left? Then also skips the levels on which this subtree has no sibling. */
static bool joins_left(struct climb *climb) {
    if ((climb->at & 1) == 0 && climb->at != climb->last) return false;
    while (climb->at != 0 && (climb->at & 1) == 0)
        up(climb);
    return true;
}

bool merkle_included(const uint8_t leaf[SHA256_SIZE], int64_t index, int64_t size,
                     const uint8_t root[SHA256_SIZE], const struct merkle_path *path) {
    struct climb climb = {index, size - 1};
    uint8_t hash[SHA256_SIZE];
    if (index < 0 || index >= size) return false;
    memcpy(hash, leaf, sizeof hash);
    for (size_t i = 0; i < path->n; i++) {
        if (climb.last == 0) return false;
        if (joins_left(&climb))
            merkle_node(path->hash[i], hash, hash);
        else
            merkle_node(hash, path->hash[i], hash);
        up(&climb);
    }
    return climb.last == 0 && same(hash, root);
}

bool merkle_consistent(int64_t from, const uint8_t from_root[SHA256_SIZE], int64_t to,
                       const uint8_t to_root[SHA256_SIZE], const struct merkle_path *path) {
    struct climb climb = {from - 1, to - 1};
    uint8_t old[SHA256_SIZE], new[SHA256_SIZE];
    if (from < 1 || from > to) return false;
    if (from == to) return path->n == 0 && same(from_root, to_root);
    bool power = (from & (from - 1)) == 0; /* then the path begins with the old root, which is left out */
    if (!power && path->n == 0) return false;
    while (climb.at & 1)
        up(&climb);
    memcpy(old, power ? from_root : path->hash[0], sizeof old);
    memcpy(new, old, sizeof new);
    for (size_t i = power ? 0 : 1; i < path->n; i++) {
        if (climb.last == 0) return false;
        if (joins_left(&climb)) {
            merkle_node(path->hash[i], old, old);
            merkle_node(path->hash[i], new, new);
        } else {
            merkle_node(new, path->hash[i], new);
        }
        up(&climb);
    }
    return climb.last == 0 && same(old, from_root) && same(new, to_root);
}

/* ---- one leaf after the other ---- */

int64_t merkle_fold_add(struct merkle_fold *fold, const uint8_t leaf[SHA256_SIZE]) {
    uint8_t hash[SHA256_SIZE], left[SHA256_SIZE];
    int64_t level = 0;
    memcpy(hash, leaf, sizeof hash);
    for (; fold->size >> level & 1;
         level++) { /* a bit of the size: a subtree that waits for its right half */
        memcpy(left, fold->last[level], sizeof left);
        memcpy(fold->last[level], hash, sizeof hash);
        merkle_node(left, hash, hash);
    }
    REQUIRE(level < MERKLE_LEVELS);
    memcpy(fold->last[level], hash, sizeof hash);
    fold->size++;
    return level;
}

void merkle_fold_root(const struct merkle_fold *fold, uint8_t root_out[SHA256_SIZE]) {
    bool begun = false;
    if (fold->size == 0) sha256("", 0, root_out);
    for (int64_t level = 0; fold->size >> level > 0; level++) {
        if ((fold->size >> level & 1) == 0) continue;
        if (begun)
            merkle_node(fold->last[level], root_out, root_out);
        else
            memcpy(root_out, fold->last[level], SHA256_SIZE);
        begun = true;
    }
}
