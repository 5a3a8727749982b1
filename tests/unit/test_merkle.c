/* The vectors of RFC 6962's own tests, and what must hold for trees of every size. */
#include "base/text.h"
#include "check.h"
#include "domain/merkle.h"

#define LEAVES 300

static const char *const LEAF[] = {
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};

static const char *const ROOT[] = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                   "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                   "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                   "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                   "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                   "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                   "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                   "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                   "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

#define BC1A "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
#define CA85 "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
#define D37E "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
#define EBC5 "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
#define F083 "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"

/* Leaves of a tree, and subtrees straight from the definition: MTH(D) by halves. */
struct leaves {
    uint8_t hash[LEAVES][SHA256_SIZE];
    int64_t n; /* subtrees beyond must not be asked for */
};

static void defined(const struct leaves *leaves, int64_t first, int64_t n, uint8_t out[SHA256_SIZE]) {
    uint8_t left[SHA256_SIZE], right[SHA256_SIZE];
    int64_t k = 1;
    if (n == 0) sha256("", 0, out);
    if (n == 1) memcpy(out, leaves->hash[first], SHA256_SIZE);
    if (n < 2) return;
    while (2 * k < n)
        k *= 2;
    defined(leaves, first, k, left);
    defined(leaves, first + k, n - k, right);
    merkle_node(left, right, out);
}

static enum err subtree(struct ctx *c, void *user, int64_t level, int64_t number, uint8_t out[SHA256_SIZE]) {
    (void)c;
    const struct leaves *leaves = user;
    CHECK(level >= 0 && number >= 0 && (number + 1) << level <= leaves->n);
    defined(leaves, number << level, INT64_C(1) << level, out);
    return OK;
}

static struct merkle_tree tree_of(struct leaves *leaves) {
    return (struct merkle_tree){subtree, leaves};
}

/* `all` leaves, of which the tree has the first n. */
static struct leaves *vectors(struct ctx *c) {
    struct leaves *leaves = arena_alloc(c->arena, sizeof *leaves);
    uint8_t bytes[16];
    for (leaves->n = 0; leaves->n < (int64_t)COUNT(LEAF); leaves->n++) {
        size_t n = strlen(LEAF[leaves->n]) / 2;
        CHECK(text_unhex(LEAF[leaves->n], bytes, n));
        merkle_leaf(bytes, n, leaves->hash[leaves->n]);
    }
    return leaves;
}

static struct leaves *many(struct ctx *c) {
    struct leaves *leaves = arena_alloc(c->arena, sizeof *leaves);
    for (leaves->n = 0; leaves->n < LEAVES; leaves->n++)
        merkle_leaf(&leaves->n, sizeof leaves->n, leaves->hash[leaves->n]);
    return leaves;
}

static void check_path(struct ctx *c, const struct merkle_path *path, const char *const *want, size_t n) {
    CHECK_INT(path->n, n);
    for (size_t i = 0; i < n; i++)
        CHECK_STR(text_hex(c->arena, path->hash[i], SHA256_SIZE), want[i]);
}

TEST(merkle_roots_of_the_vectors) {
    struct ctx *c = check_ctx();
    struct leaves *leaves = vectors(c);
    struct merkle_fold fold = {0};
    struct merkle_tree tree = tree_of(leaves);
    uint8_t root[SHA256_SIZE];
    for (int64_t n = 0; n < (int64_t)COUNT(ROOT); n++) {
        leaves->n = n;
        CHECK_OK(c, merkle_root(c, &tree, n, root));
        CHECK_STR(text_hex(c->arena, root, sizeof root), ROOT[n]);
        merkle_fold_root(&fold, root);
        CHECK_STR(text_hex(c->arena, root, sizeof root), ROOT[n]);
        if (n < (int64_t)COUNT(LEAF)) merkle_fold_add(&fold, leaves->hash[n]);
    }
}

TEST(merkle_paths_of_the_vectors) {
    static const char *const IN_8[] = {BC1A, CA85, D37E}, *const FROM_6[] = {EBC5, CA85, D37E},
                             *const FROM_2[] = {F083, BC1A};
    static const int64_t LENGTH[][3] = {{3, 7, 4}, {4, 7, 1}, {6, 7, 3}};
    struct ctx *c = check_ctx();
    struct leaves *leaves = vectors(c);
    struct merkle_tree tree = tree_of(leaves);
    struct merkle_path path;
    CHECK_OK(c, merkle_inclusion(c, &tree, 5, 8, &path));
    check_path(c, &path, IN_8, COUNT(IN_8));
    CHECK_OK(c, merkle_consistency(c, &tree, 6, 8, &path));
    check_path(c, &path, FROM_6, COUNT(FROM_6));
    CHECK_OK(c, merkle_consistency(c, &tree, 2, 5, &path));
    check_path(c, &path, FROM_2, COUNT(FROM_2));
    for (size_t i = 0; i < COUNT(LENGTH); i++) {
        CHECK_OK(c, merkle_consistency(c, &tree, LENGTH[i][0], LENGTH[i][1], &path));
        CHECK_INT(path.n, LENGTH[i][2]);
    }
}

/* ---- every size ---- */

static void flip(uint8_t hash[SHA256_SIZE], unsigned bit) {
    hash[bit / 8 % SHA256_SIZE] ^= (uint8_t)(1u << bit % 8);
}

static void refuses_flips_of_inclusion(const uint8_t *leaf, int64_t index, int64_t size, uint8_t *root,
                                       struct merkle_path *path) {
    unsigned bit = (unsigned)(index * 7 + size) % 256;
    for (size_t i = 0; i < path->n; i++) {
        flip(path->hash[i], bit);
        CHECK(!merkle_included(leaf, index, size, root, path));
        flip(path->hash[i], bit);
    }
    flip(root, bit);
    CHECK(!merkle_included(leaf, index, size, root, path));
    flip(root, bit);
    CHECK(!merkle_included(leaf, size - 1 - index, size, root, path) || index == size - 1 - index);
    if (path->n > 0) {
        path->n--;
        CHECK(!merkle_included(leaf, index, size, root, path));
        path->n++;
    }
    memcpy(path->hash[path->n++], leaf, SHA256_SIZE);
    CHECK(!merkle_included(leaf, index, size, root, path));
}

TEST(merkle_every_leaf_is_proved_and_no_flipped_bit) {
    struct ctx *c = check_ctx();
    struct leaves *leaves = many(c);
    struct merkle_tree tree = tree_of(leaves);
    for (int64_t size = 1; size <= LEAVES; size += size < 40 ? 1 : 37) {
        uint8_t root[SHA256_SIZE];
        leaves->n = size;
        defined(leaves, 0, size, root);
        for (int64_t index = 0; index < size; index += size < 40 ? 1 : 11) {
            struct merkle_path path;
            CHECK_OK(c, merkle_inclusion(c, &tree, index, size, &path));
            CHECK(merkle_included(leaves->hash[index], index, size, root, &path));
            refuses_flips_of_inclusion(leaves->hash[index], index, size, root, &path);
        }
    }
}

static void refuses_flips_of_consistency(int64_t from, uint8_t *from_root, int64_t to, uint8_t *to_root,
                                         struct merkle_path *path) {
    unsigned bit = (unsigned)(from * 5 + to) % 256;
    for (size_t i = 0; i < path->n; i++) {
        flip(path->hash[i], bit);
        CHECK(!merkle_consistent(from, from_root, to, to_root, path));
        flip(path->hash[i], bit);
    }
    flip(from_root, bit);
    CHECK(!merkle_consistent(from, from_root, to, to_root, path));
    flip(from_root, bit);
    flip(to_root, bit);
    CHECK(!merkle_consistent(from, from_root, to, to_root, path));
    flip(to_root, bit);
    memcpy(path->hash[path->n++], to_root, SHA256_SIZE);
    CHECK(!merkle_consistent(from, from_root, to, to_root, path));
    path->n -= path->n > 1 ? 2 : 1;
    if (from != to) CHECK(!merkle_consistent(from, from_root, to, to_root, path));
}

TEST(merkle_every_beginning_is_proved_and_no_flipped_bit) {
    struct ctx *c = check_ctx();
    struct leaves *leaves = many(c);
    struct merkle_tree tree = tree_of(leaves);
    for (int64_t to = 1; to <= LEAVES; to += to < 40 ? 1 : 37) {
        uint8_t from_root[SHA256_SIZE], to_root[SHA256_SIZE];
        leaves->n = to;
        defined(leaves, 0, to, to_root);
        for (int64_t from = 1; from <= to; from += to < 40 ? 1 : 13) {
            struct merkle_path path;
            defined(leaves, 0, from, from_root);
            CHECK_OK(c, merkle_consistency(c, &tree, from, to, &path));
            CHECK(merkle_consistent(from, from_root, to, to_root, &path));
            refuses_flips_of_consistency(from, from_root, to, to_root, &path);
        }
    }
}

TEST(merkle_numbers_out_of_range_prove_nothing) {
    struct ctx *c = check_ctx();
    struct leaves *leaves = vectors(c);
    const struct merkle_path none = {0};
    const uint8_t *leaf = leaves->hash[0];
    CHECK(merkle_included(leaf, 0, 1, leaf, &none));
    CHECK(!merkle_included(leaf, 1, 1, leaf, &none));
    CHECK(!merkle_included(leaf, -1, 1, leaf, &none));
    CHECK(!merkle_included(leaf, 0, 0, leaf, &none));
    CHECK(merkle_consistent(3, leaf, 3, leaf, &none));
    CHECK(!merkle_consistent(0, leaf, 3, leaf, &none));
    CHECK(!merkle_consistent(4, leaf, 3, leaf, &none));
    CHECK(!merkle_consistent(3, leaf, 4, leaf, &none));
    CHECK(!merkle_consistent(2, leaf, 3, leaf, &none));
}

TEST(merkle_a_fold_knows_every_root_and_every_subtree) {
    struct ctx *c = check_ctx();
    struct leaves *leaves = many(c);
    struct merkle_fold fold = {0};
    uint8_t root[SHA256_SIZE], want[SHA256_SIZE];
    for (int64_t size = 1; size <= LEAVES; size++) {
        int64_t level = merkle_fold_add(&fold, leaves->hash[size - 1]);
        CHECK_INT(level, __builtin_ctzll((unsigned long long)size));
        for (; level >= 0; level--) {
            defined(leaves, size - (INT64_C(1) << level), INT64_C(1) << level, want);
            CHECK(memcmp(fold.last[level], want, sizeof want) == 0);
        }
        merkle_fold_root(&fold, root);
        defined(leaves, 0, size, want);
        CHECK(memcmp(root, want, sizeof want) == 0);
    }
}
