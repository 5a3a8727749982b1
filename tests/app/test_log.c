/* The log as a tree: subtrees, roots, proofs, keys, heads; and what the verification says of each that was
 * changed behind our back. */
#include "app/app_audit.h"
#include "app/app_key.h"
#include "app/app_log.h"
#include "app/app_verify.h"
#include "base/id.h"
#include "base/text.h"
#include "store/store_audit.h"
#include "world.h"
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a log of some length ---- */

static enum err add_events(struct ctx *c, void *user) {
    for (int64_t left = *(const int64_t *)user; left > 0; left--)
        TRY(app_audit(
            c, &(struct audit){
                   .action = "log.fill", .entity = "audit_log", .id = id_new(c->now), .version = left}));
    return OK;
}

static void lengthen(struct world *w, int64_t to) {
    int64_t left = to - world_count(w, "SELECT COUNT(*) FROM audit_event");
    CHECK_OK(w->c, db_unit(w->c, add_events, &left));
}

static void unprotect(struct world *w) {
    static const char *const TABLES[] = {"audit_entry", "audit_node", "audit_key"};
    for (size_t i = 0; i < COUNT(TABLES); i++) {
        world_tamper(w, arena_printf(w->c->arena, "DROP TRIGGER %s_no_update", TABLES[i]));
        world_tamper(w, arena_printf(w->c->arena, "DROP TRIGGER %s_no_delete", TABLES[i]));
    }
}

/* The tree of all leaves, without a stored subtree. */
static const char *root_of_leaves(struct world *w, int64_t size) {
    struct list events;
    struct merkle_fold fold = {0};
    uint8_t root[SHA256_SIZE];
    CHECK_OK(w->c, app_log_events(w->c, NULL, (struct id){{0}}, 0, size + 1, &events));
    for (int64_t i = 0; i < size; i++)
        merkle_fold_add(&fold, ((const struct audit_row *)events.at)[i].leaf_hash.at);
    merkle_fold_root(&fold, root);
    return text_hex(w->c->arena, root, sizeof root);
}

static const char *root_by_subtrees(struct world *w, int64_t size) {
    uint8_t root[SHA256_SIZE];
    CHECK_OK(w->c, app_log_root(w->c, size, root));
    return text_hex(w->c->arena, root, sizeof root);
}

/* ---- stored subtrees ---- */

TEST(log_subtrees_come_with_the_event_that_completes_them) {
    static const int64_t STEPS[][2] = {{255, 0}, {256, 1},  {511, 1}, {512, 3},
                                       {768, 4}, {1024, 7}, {1100, 7}};
    struct world *w = world_make();
    for (size_t i = 0; i < COUNT(STEPS); i++) {
        lengthen(w, STEPS[i][0]);
        CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_node"), STEPS[i][1]);
        CHECK_STR(root_by_subtrees(w, STEPS[i][0]), root_of_leaves(w, STEPS[i][0]));
    }
    for (int64_t size = 0; size <= 1100; size += 37)
        CHECK_STR(root_by_subtrees(w, size), root_of_leaves(w, size));
}

static enum err add_one(struct ctx *c, void *user) {
    (void)user;
    int64_t one = 1;
    return add_events(c, &one);
}

TEST(log_a_subtree_is_whole_or_not_there) {
    struct world *w = world_make();
    lengthen(w, 511);
    world_fails_at_every_call(w, add_one, NULL);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_node"), 3);
}

static enum err fill(struct ctx *c, void *user) {
    return app_log_fill(c, user);
}

TEST(log_an_older_log_gets_its_subtrees) {
    struct world *w = world_make();
    int64_t nodes;
    lengthen(w, 1100);
    const char *root = root_of_leaves(w, 1100);
    CHECK_OK(w->c, db_unit(w->c, fill, &nodes));
    CHECK_INT(nodes, 0);
    CHECK_INT(world_count(w, "SELECT MAX(seq) FROM audit_event"), 1100);
    unprotect(w);
    world_tamper(w, "DELETE FROM audit_node WHERE level <> 8 OR number <> 1");
    CHECK_STR(root_by_subtrees(w, 1100), root); /* from what there is */
    CHECK_OK(w->c, db_unit(w->c, fill, &nodes));
    CHECK_INT(nodes, 6);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_node"), 7);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE action = 'log.fill' AND seq = 1101"), 1);
    CHECK_STR(root_by_subtrees(w, 1100), root);
}

TEST(log_an_older_log_gets_its_subtrees_or_none) {
    struct world *w = world_make();
    int64_t nodes;
    lengthen(w, 260);
    unprotect(w);
    world_tamper(w, "DELETE FROM audit_node");
    world_fails_at_every_call(w, fill, &nodes);
    CHECK_INT(nodes, 1);
}

/* Drops are recorded though the log has a gap: only the subtree over it is not. */
TEST(log_a_gap_stops_no_event) {
    struct world *w = world_make();
    int64_t nodes;
    lengthen(w, 300);
    unprotect(w);
    world_tamper(w, "DELETE FROM audit_entry WHERE seq = 290");
    int64_t more = 300;
    CHECK_OK(w->c, db_unit(w->c, add_events, &more));
    CHECK_INT(world_count(w, "SELECT MAX(seq) FROM audit_event"), 600);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_node"), 1);
    CHECK_OK(w->c, db_unit(w->c, fill, &nodes));
    CHECK_INT(nodes, 0);
}

/* ---- proofs ---- */

static struct merkle_path path_of(struct list texts) {
    struct merkle_path path = {.n = texts.n};
    const char *const *text = texts.at;
    for (size_t i = 0; i < texts.n; i++)
        CHECK(text_unhex(text[i], path.hash[i], SHA256_SIZE));
    return path;
}

TEST(log_every_proof_verifies) {
    static const int64_t SIZES[] = {1, 2, 255, 256, 257, 512, 700};
    struct world *w = world_make();
    lengthen(w, 700);
    for (size_t i = 0; i < COUNT(SIZES); i++)
        for (int64_t seq = 1; seq <= SIZES[i]; seq += 83) {
            struct log_proof proof;
            struct log_consistency older;
            CHECK_OK(w->c, app_log_proof(w->c, seq, SIZES[i], &proof));
            struct merkle_path path = path_of(proof.path);
            uint8_t leaf[SHA256_SIZE];
            CHECK_STR(text_hex(w->c->arena, proof.root.at, SHA256_SIZE), root_of_leaves(w, SIZES[i]));
            merkle_leaf(proof.canonical, strlen(proof.canonical), leaf);
            CHECK(memcmp(leaf, proof.leaf_hash.at, sizeof leaf) == 0);
            CHECK(merkle_included(leaf, seq - 1, SIZES[i], proof.root.at, &path));
            CHECK_OK(w->c, app_log_consistency(w->c, seq, SIZES[i], &older));
            path = path_of(older.path);
            CHECK(memcmp(older.to_root.at, proof.root.at, SHA256_SIZE) == 0);
            CHECK(merkle_consistent(seq, older.from_root.at, SIZES[i], older.to_root.at, &path));
        }
}

static void check_items(struct world *w, enum err err, const char *first, const char *second) {
    const struct fault_item *item = w->c->fault.first;
    CHECK_INT(err, ERR_INVALID);
    CHECK(item);
    CHECK_STR(item->pointer, first);
    CHECK_STR(item->next ? item->next->pointer : NULL, second);
    ctx_fault_clear(w->c);
}

TEST(log_proofs_name_every_number_out_of_range) {
    struct world *w = world_make();
    struct log_proof proof;
    struct log_consistency older;
    lengthen(w, 9);
    check_items(w, app_log_proof(w->c, 0, 9, &proof), "?seq", NULL);
    check_items(w, app_log_proof(w->c, 6, 5, &proof), "?seq", NULL);
    check_items(w, app_log_proof(w->c, 9, 10, &proof), "?size", NULL);
    check_items(w, app_log_proof(w->c, 10, 10, &proof), "?size", "?seq");
    check_items(w, app_log_consistency(w->c, 0, 9, &older), "?from", NULL);
    check_items(w, app_log_consistency(w->c, 6, 5, &older), "?from", NULL);
    check_items(w, app_log_consistency(w->c, 11, 10, &older), "?to", "?from");
    CHECK_OK(w->c, app_log_proof(w->c, 9, NONE, &proof)); /* all of now */
    CHECK_INT(proof.size, 9);
    CHECK_OK(w->c, app_log_consistency(w->c, 9, NONE, &older));
    CHECK_INT(older.path.n, 0);
}

/* ---- keys and heads ---- */

static const char *key_path(struct world *w) {
    return arena_printf(w->c->arena, "%s/canary.db.key", check_dir());
}

static struct log_head head_of(struct world *w, const char *path) {
    struct log_head head;
    CHECK_OK(w->c, app_log_head(w->c, path, &head));
    return head;
}

static struct log_key rotate(struct world *w, const char *path) {
    struct log_key key;
    CHECK_OK(w->c, app_key_rotate(w->c, path, &key));
    return key;
}

static void check_no_key(struct world *w, const char *path, const char *word) {
    struct log_head head;
    CHECK_INT(app_log_head(w->c, path, &head), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "log.no-key");
    if (!strstr(w->c->fault.detail, word)) CHECK_STR(w->c->fault.detail, word);
    ctx_fault_clear(w->c);
}

TEST(log_a_head_is_signed_by_the_key_that_it_names) {
    struct world *w = world_make();
    const char *path = key_path(w);
    check_no_key(w, path, "rotate-key makes one");
    struct log_key key = rotate(w, path);
    struct log_head head = head_of(w, path);
    CHECK_INT(head.size, 1);
    CHECK_STR(head.key_id, key.key_id);
    CHECK_STR(log_head_bytes(w->c->arena, &head),
              arena_printf(w->c->arena, "canary-head-1\n1\n%s\n2026-03-02T00:00:00.000Z\n%s",
                           root_of_leaves(w, 1), key.key_id));
    CHECK(log_head_is_signed(w->c->arena, &head, key.public_key.at));
    head.size++;
    CHECK(!log_head_is_signed(w->c->arena, &head, key.public_key.at));
}

TEST(log_a_key_file_that_is_not_there_is_named) {
    struct world *w = world_make();
    const char *path = key_path(w), *away = arena_printf(w->c->arena, "%s.away", path);
    struct stat stat_of;
    struct log_key key = rotate(w, path);
    CHECK(stat(path, &stat_of) == 0);
    CHECK_INT(stat_of.st_mode & 0777, 0600);
    CHECK(chmod(path, 0640) == 0);
    check_no_key(w, path, "chmod 600");
    CHECK(chmod(path, 0600) == 0 && rename(path, away) == 0);
    check_no_key(w, path, key.key_id);
    check_no_key(w, path, "there is no file");
    CHECK(truncate(away, 40) == 0 && rename(away, path) == 0);
    check_no_key(w, path, "is not a key file");
    struct log_key next = rotate(w, path); /* lost for good: the next one */
    CHECK_STR(next.replaces, key.key_id);
    CHECK_STR(head_of(w, path).key_id, next.key_id);
}

/* A key that stands where the first of this database would: somebody's, and not to be written over. */
TEST(log_the_key_of_another_database_is_kept) {
    struct world *w = world_make();
    const char *path = key_path(w);
    struct log_key key;
    rotate(w, path);
    unprotect(w);
    world_tamper(w, "DELETE FROM audit_key");
    CHECK_INT(app_key_rotate(w->c, path, &key), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "log.key-file");
}

struct public_part {
    uint8_t key[SIGN_PUBLIC_SIZE];
    struct log_key made;
};

static enum err add_key(struct ctx *c, void *user) {
    struct public_part *part = user;
    return app_key_add(c, part->key, &part->made);
}

TEST(log_a_key_and_its_event_are_one_unit) {
    struct world *w = world_make();
    struct public_part part = {.key = {1}};
    rotate(w, key_path(w));
    world_fails_at_every_call(w, add_key, &part);
    CHECK_INT(part.made.seq, world_count(w, "SELECT MAX(seq) FROM audit_event WHERE action = 'audit.key'"));
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_key"), 2);
}

/* Whatever call of a rotation fails, one of the two files holds the key that the database names. */
TEST(log_a_rotation_cut_short_loses_no_key) {
    struct world *w = world_make();
    const char *path = key_path(w), *second = arena_printf(w->c->arena, "%s.new", path);
    const enum err ERRORS[] = {ERR_INTERNAL, ERR_UNCERTAIN};
    for (size_t i = 0; i < COUNT(ERRORS); i++) {
        struct log_key before = rotate(w, path), key;
        enum err err = ERR_INTERNAL;
        int64_t nth = 0;
        while (err != OK) {
            ctx_fault_clear(w->c);
            db_failing_set(w->c->db, ++nth, ERRORS[i]);
            err = app_key_rotate(w->c, path, &key);
            db_failing_set(w->c->db, 0, ERR_INTERNAL);
            ctx_fault_clear(w->c);
            CHECK_STR(head_of(w, path).key_id, err == OK ? key.key_id : before.key_id);
            CHECK(err != OK || access(second, F_OK) != 0);
        }
        CHECK(nth > 4);
    }
}

TEST(log_a_rotation_cut_short_behind_its_commit_is_brought_to_its_end) {
    struct world *w = world_make();
    const char *path = key_path(w), *second = arena_printf(w->c->arena, "%s.new", path),
               *old = arena_printf(w->c->arena, "%s.old", path);
    rotate(w, path);
    CHECK(link(path, old) == 0);
    struct log_key key = rotate(w, path);
    CHECK(rename(path, second) == 0 && rename(old, path) == 0); /* as it was before the last step */
    CHECK_STR(head_of(w, path).key_id, key.key_id);
    struct log_key next = rotate(w, path);
    CHECK_STR(next.replaces, key.key_id);
    CHECK_STR(head_of(w, path).key_id, next.key_id);
    CHECK(access(second, F_OK) != 0);
}

/* ---- what the verification says ---- */

static void tell(void *user, const char *sentence) {
    text_printf(user, "%s\n", sentence);
}

static const char *verify(struct world *w, const struct log_head *head, struct verify_result *result_out) {
    struct text said = text_in(w->c->arena);
    const struct verify_wish wish = {.tell = tell, .user = &said, .log_only = true, .head = head};
    text_str(&said, "");
    CHECK_OK(w->c, app_verify_as(w->c, &wish, result_out));
    return said.at;
}

static void check_silent(struct world *w, const struct log_head *head) {
    struct verify_result result;
    CHECK_STR(verify(w, head, &result), "");
    CHECK_INT(result.findings, 0);
    CHECK_INT(result.bad_seq, NONE);
}

static void check_says(struct world *w, const struct log_head *head, const char *word) {
    struct verify_result result;
    const char *said = verify(w, head, &result);
    CHECK(result.findings > 0);
    if (!strstr(said, word)) CHECK_STR(said, word);
}

static struct world *long_log(struct log_head *head_out, const char **path_out) {
    struct world *w = world_make();
    *path_out = key_path(w);
    unlink(*path_out); /* of the world before */
    rotate(w, *path_out);
    lengthen(w, 700);
    *head_out = head_of(w, *path_out);
    return w;
}

TEST(log_verify_is_silent_over_a_whole_log_and_every_head_of_it) {
    struct log_head head, first, later;
    const char *path;
    struct world *w = long_log(&head, &path);
    first = head;
    check_silent(w, NULL);
    check_silent(w, &head);
    rotate(w, path);
    lengthen(w, 800);
    later = head_of(w, path);
    check_silent(w, &first); /* signed with a key that was replaced since */
    check_silent(w, &later);
}

/* All edits but one are found without a head; the end cut off clean is found by the head alone. */
TEST(log_verify_finds_what_was_changed_behind_our_back) {
    static const struct {
        const char *sql;
        int64_t bad_seq, bad_last;
        const char *said;
    } EDITS[] = {
        {"UPDATE audit_entry SET change = '{\"a\":1}' WHERE seq = 300", 300, 300,
         "audit event 300 is not what"},
        {"UPDATE audit_entry SET leaf_hash = zeroblob(32) WHERE seq = 300", 300, 300,
         "audit event 300 is not what"},
        {"DELETE FROM audit_entry WHERE seq = 300", 300, 300, "audit event 300 is missing"},
        {"UPDATE audit_node SET hash = zeroblob(32) WHERE level = 8 AND number = 1", 257, 512,
         "one of the audit events 257 to 512, or the stored"},
        {"UPDATE audit_node SET hash = zeroblob(32) WHERE level = 9", 1, 512,
         "events 1 to 512, or the stored"},
        {"UPDATE audit_entry SET role = action WHERE seq = 300", 300, 300, "audit event 300 cannot be read"},
        {"UPDATE audit_entry SET role = 999 WHERE seq = 300", 300, 300, "audit event 300 is not what"},
        {"UPDATE audit_entry SET action = 999 WHERE seq = 300", 300, 300, "audit event 300 is not what"},
        {"UPDATE audit_word SET word = 'log.empty' WHERE word = 'log.fill'", 2, 2,
         "audit event 2 is not what"},
        {"DELETE FROM audit_node WHERE level = 9", NONE, NONE, "events 1 to 512 is missing"},
        {"DELETE FROM audit_entry WHERE seq > 400", NONE, NONE, "reaches to audit event 512"},
        {"DELETE FROM audit_key", NONE, NONE, "the key of audit event 1 is missing"},
        {"UPDATE audit_key SET public_key = zeroblob(32)", NONE, NONE, "is not what its row says"},
        {"UPDATE audit_key SET made_at = 5", NONE, NONE, "is not the one that it names"},
        {"INSERT INTO audit_key SELECT 9, randomblob(16), '0123456789abcdef', zeroblob(32), 5, key_id FROM "
         "audit_key",
         NONE, NONE, "key 0123456789abcdef has no event"},
    };
    for (size_t i = 0; i < COUNT(EDITS); i++) {
        struct log_head head;
        const char *path;
        struct verify_result result;
        struct world *w = long_log(&head, &path);
        unprotect(w);
        check_silent(w, NULL);
        world_tamper(w, EDITS[i].sql);
        check_says(w, NULL, EDITS[i].said);
        verify(w, NULL, &result);
        CHECK_INT(result.bad_seq, EDITS[i].bad_seq);
        CHECK_INT(result.bad_last, EDITS[i].bad_last);
    }
}

TEST(log_verify_finds_a_cut_end_by_the_head_alone) {
    struct log_head head;
    const char *path;
    struct world *w = long_log(&head, &path);
    unprotect(w);
    world_tamper(w, "DELETE FROM audit_entry WHERE seq > 500");
    world_tamper(w, "DELETE FROM audit_node WHERE (number + 1) << CAST(level AS INTEGER) > 500");
    check_silent(w, NULL);
    check_says(w, &head, "the log ends with audit event 500, and had 700");
    check_says(w, &head, "the last 200 were deleted");
    lengthen(w, 700); /* as long again, and another history */
    check_silent(w, NULL);
    check_says(w, &head, "history was rewritten");
}

TEST(log_verify_finds_a_head_that_is_not_ours) {
    struct log_head head, forged;
    const char *path;
    uint8_t seed[SIGN_SEED_SIZE] = {7}, public_key[SIGN_PUBLIC_SIZE];
    char id[LOG_KEY_ID_SIZE];
    struct world *w = long_log(&head, &path);
    forged = head;
    forged.size = 699;
    check_says(w, &forged, "its signature is wrong");
    sign_public(seed, public_key);
    forged = head;
    forged.key_id = log_key_id(public_key, id);
    forged.public_key = (struct blob){public_key, sizeof public_key};
    CHECK_OK(w->c, log_head_sign(w->c->arena, &forged, seed));
    check_says(w, &forged, "which this log never had");
}

/* Somebody who stole a key that was replaced since cannot speak for the log of today. */
TEST(log_verify_finds_a_head_of_a_key_that_was_replaced) {
    struct log_head head;
    const char *path;
    struct log_signer old;
    struct world *w = long_log(&head, &path);
    CHECK_OK(w->c, app_key_load(w->c, path, &old));
    rotate(w, path);
    struct log_head stolen = head_of(w, path);
    stolen.key_id = old.key.key_id;
    CHECK_OK(w->c, log_head_sign(w->c->arena, &stolen, old.seed));
    check_says(w, &stolen, "which was not in use at that size");
}
