/* The log's past in blocks: every answer is the one it was, and what was changed behind our back is found
 * there, too. */
#include "app/app_audit.h"
#include "app/app_installation.h"
#include "app/app_log.h"
#include "app/app_verify.h"
#include "base/bytes.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/text.h"
#include "json/json.h"
#include "store/audit_block.h"
#include "world.h"

#define WEEK LIMIT_PACK_AFTER_MS

/* ---- a log of some length, about ten things, one event in nine with a reason ---- */

struct events {
    int64_t first, n;
};

static struct id thing(int64_t i) {
    struct id id = {{1, 2, 3}};
    id.b[15] = (uint8_t)(1 + i % 10);
    return id;
}

static enum err add_events(struct ctx *c, void *user) {
    const struct events *events = user;
    for (int64_t i = events->first; i < events->first + events->n; i++)
        TRY(app_audit(c, &(struct audit){.action = i % 2 ? "order.confirm" : "delivery.book",
                                         .entity = i % 2 ? "order" : "delivery",
                                         .id = thing(i),
                                         .version = i,
                                         .reason = i % 9 ? NULL : "asked for by phone"}));
    return OK;
}

static void lengthen(struct world *w, int64_t to) {
    int64_t size = world_count(w, "SELECT COALESCE(MAX(seq), 0) FROM audit_entry");
    CHECK_OK(w->c, db_unit(w->c, add_events, &(struct events){size + 1, to - size}));
}

static struct world *long_world(int64_t events) {
    struct world *w = world_make();
    lengthen(w, events);
    w->c->now += WEEK;
    return w;
}

static enum err pack(struct ctx *c, void *user) {
    return app_log_pack(c, AUDIT_BLOCK, user);
}

static enum err name(struct ctx *c, void *user) {
    return app_log_name(c, AUDIT_BLOCK, user);
}

static int64_t pack_all(struct world *w) {
    bool more = true;
    int64_t parts = 0;
    for (; more; parts++)
        CHECK_OK(w->c, db_unit(w->c, pack, &more));
    return parts;
}

static int64_t blocks(struct world *w) {
    return world_count(w, "SELECT COUNT(*) FROM audit_block");
}

static int64_t rows(struct world *w) {
    return world_count(w, "SELECT COUNT(*) FROM audit_entry");
}

/* ---- when ---- */

TEST(log_pack_waits_a_week) {
    struct world *w = world_make();
    bool more;
    lengthen(w, 700);
    w->c->now += WEEK - 1;
    CHECK_OK(w->c, db_unit(w->c, pack, &more));
    CHECK(!more && blocks(w) == 0);
    w->c->now++;
    CHECK_OK(w->c, db_unit(w->c, pack, &more));
    CHECK(more && blocks(w) == 1);
    CHECK_OK(w->c, db_unit(w->c, pack, &more));
    CHECK(!more && blocks(w) == 2 && rows(w) == 700 - 512);
    CHECK_INT(pack_all(w), 1);
    CHECK_INT(blocks(w), 2);
}

/* The next number is that of the last row and one. */
TEST(log_pack_leaves_the_last_event) {
    struct world *w = long_world(512);
    CHECK_INT(pack_all(w), 1);
    CHECK_INT(blocks(w), 1);
    lengthen(w, 513);
    pack_all(w);
    CHECK_INT(blocks(w), 2);
    CHECK_INT(rows(w), 1);
    lengthen(w, 515);
    CHECK_INT(world_count(w, "SELECT COALESCE(MAX(seq), 0) FROM audit_entry"), 515);
}

TEST(log_pack_is_whole_or_not_there) {
    struct world *w = long_world(300);
    bool more;
    world_fails_at_every_call(w, pack, &more);
    CHECK_INT(blocks(w), 1);
}

/* Events that are not what was hashed, or not all there, stay rows: the verification names them one by one.
 */
TEST(log_pack_stops_before_what_was_changed) {
    static const char *const EDITS[] = {"UPDATE audit_entry SET change = '{}' || ' ' WHERE seq = 300",
                                        "DELETE FROM audit_entry WHERE seq = 300",
                                        "UPDATE audit_entry SET leaf_hash = zeroblob(32) WHERE seq = 512",
                                        "DELETE FROM audit_node WHERE number = 1",
                                        "UPDATE audit_node SET hash = zeroblob(32) WHERE number = 1",
                                        "UPDATE audit_entry SET action = 12345 WHERE seq = 257"};
    for (size_t i = 0; i < COUNT(EDITS); i++) {
        struct world *w = long_world(800);
        world_tamper(w, "DROP TRIGGER audit_entry_no_update");
        world_tamper(w, "DROP TRIGGER audit_entry_no_delete");
        world_tamper(w, "DROP TRIGGER audit_node_no_update");
        world_tamper(w, "DROP TRIGGER audit_node_no_delete");
        world_tamper(w, EDITS[i]);
        CHECK_INT(pack_all(w), 2);
        CHECK_INT(blocks(w), 1);
    }
}

/* ---- what it says ---- */

static const char *list(struct world *w, const char *entity, struct id id, int64_t after, int64_t limit) {
    struct list events;
    struct text out = text_in(w->c->arena);
    CHECK_OK(w->c, app_log_events(w->c, entity, id, after, limit, &events));
    for (size_t i = 0; i < events.n; i++)
        json_object(&out, &audit_row_shape, (const struct audit_row *)events.at + i);
    CHECK(!out.failed);
    return out.n ? out.at : "";
}

/* Everything that is asked of a log, as one text. */
static const char *answers(struct world *w) {
    static const int64_t AFTER[] = {0, 1, 255, 256, 257, 511, 512, 600, 800, 900};
    struct arena *arena = w->c->arena;
    struct text out = text_in(arena);
    int64_t size = world_count(w, "SELECT COALESCE(MAX(seq), 0) FROM audit_entry"), seq;
    for (size_t i = 0; i < COUNT(AFTER); i++)
        for (int64_t limit = 1; limit < 400; limit = 5 * limit + 50) {
            text_str(&out, list(w, NULL, (struct id){{0}}, AFTER[i], limit));
            text_str(&out, list(w, "delivery", (struct id){{0}}, AFTER[i], limit));
            text_str(&out, list(w, "order", thing(3), AFTER[i], limit));
            text_str(&out, list(w, NULL, thing(4), AFTER[i], limit));
        }
    for (int64_t i = 1; i <= size; i += 37) {
        struct log_proof proof;
        struct log_consistency older;
        CHECK_OK(w->c, app_log_proof(w->c, i, size, &proof));
        CHECK_OK(w->c, app_log_consistency(w->c, i, size, &older));
        json_object(&out, &log_proof_shape, &proof);
        json_object(&out, &log_consistency_shape, &older);
        CHECK_OK(w->c, store_audit_seq(w->c, thing(i), i, "order.confirm", &seq));
        text_printf(&out, " %lld", (long long)seq);
        CHECK_OK(w->c, store_audit_last_of(w->c, thing(i), &seq));
        text_printf(&out, " %lld\n", (long long)seq);
    }
    CHECK(!out.failed);
    return out.at;
}

static int64_t findings(struct world *w) {
    struct verify_result result;
    CHECK_OK(w->c, app_verify(w->c, NULL, NULL, NULL, &result));
    CHECK_INT(result.events, world_count(w, "SELECT COALESCE(MAX(seq), 0) FROM audit_entry"));
    return result.findings;
}

TEST(log_pack_changes_no_answer) {
    struct world *w = long_world(900);
    const char *before = answers(w);
    CHECK(strstr(before, "asked for by phone") != NULL);
    CHECK_INT(findings(w), 0);
    CHECK_INT(pack_all(w), 3);
    CHECK_INT(rows(w), 900 - 768);
    CHECK_STR(answers(w), before);
    CHECK_INT(findings(w), 0);
}

static enum err begin(struct ctx *c, void *user) {
    (void)user;
    return app_installation_begin(c);
}

/* The note names the last event by its leaf; by the time it is looked at that event may stand in a block. */
TEST(log_pack_and_a_backup_of_before) {
    struct world *w = world_make();
    struct backup_note note;
    struct blob leaf;
    CHECK_OK(w->c, db_unit(w->c, begin, NULL));
    lengthen(w, 200);
    CHECK_OK(w->c, app_backup_describe(w->c, &note));
    lengthen(w, 300);
    w->c->now += WEEK;
    pack_all(w);
    CHECK_INT(blocks(w), 1);
    CHECK_OK(w->c, app_log_leaf(w->c, note.seq, &leaf));
    CHECK(memcmp(leaf.at, note.leaf_hash.at, SHA256_SIZE) == 0);
    CHECK_INT(app_log_leaf(w->c, 301, &leaf), ERR_NOT_FOUND);
    CHECK_OK(w->c, app_backup_describe(w->c, &note)); /* as many events as the last one's number */
    CHECK_INT(note.seq, 300);
}

/* ---- what was changed behind our back ---- */

static void tell(void *user, const char *sentence) {
    struct text *told = user;
    text_printf(told, "%s\n", sentence);
}

static void check_says(struct world *w, const char *said) {
    struct text told = text_in(w->c->arena);
    struct verify_result result;
    CHECK_OK(w->c, app_verify(w->c, tell, NULL, &told, &result));
    CHECK(result.findings > 0);
    if (!strstr(told.at, said)) CHECK_STR(told.at, said);
}

static void unprotect(struct world *w) {
    world_tamper(w, "DROP TRIGGER audit_block_no_update");
    world_tamper(w, "DROP TRIGGER audit_block_no_delete");
    world_tamper(w, "DROP TRIGGER audit_place_no_delete");
    world_tamper(w, "DROP TRIGGER audit_noun_no_delete");
}

static enum err forge(struct ctx *c, void *user) {
    static const struct db_stmt SET = {"test.forge", "UPDATE audit_block SET packed = $1 WHERE number = 1",
                                       NULL};
    const struct blob *packed = user;
    return db_exec(c, &SET, ARGS(db_blob(packed->at, packed->n)), NULL);
}

TEST(log_pack_forged_event_is_found) {
    struct world *w = long_world(800);
    struct audit_block block;
    struct audit_row forged[AUDIT_BLOCK];
    pack_all(w);
    unprotect(w);
    CHECK_OK(w->c, store_audit_block_from(w->c, 1, NULL, (struct id){{0}}, &block));
    memcpy(forged, block.row, sizeof forged);
    forged[17].change = "{\"state\":\"delivered\"}";
    struct blob packed = audit_block_pack(w->c->arena, forged);
    CHECK_OK(w->c, db_unit(w->c, forge, &packed));
    w->tampered = true;
    check_says(w, "one of the audit events 257 to 512, or the stored subtree over them, was changed");
}

TEST(log_pack_damage_is_found) {
    static const struct {
        const char *sql, *said;
    } EDITS[] = {
        {"UPDATE audit_block SET packed = x'00' WHERE number = 1", "audit event 257 cannot be read"},
        {"DELETE FROM audit_block WHERE number = 1", "audit event 257 is missing"},
        {"DELETE FROM audit_place WHERE block = 1", "table audit_place does not say where"},
        {"INSERT INTO audit_place (entity_id, block) SELECT entity_id, 99 FROM audit_place WHERE block = 1",
         "table audit_place does not say where"},
        {"DELETE FROM audit_noun WHERE block = 1", "table audit_noun does not say where"},
        {"INSERT INTO audit_noun (entity, block) VALUES (20, 1)", "table audit_noun does not say where"},
        {"INSERT INTO audit_noun (entity, block) VALUES (0, 0)", "table audit_noun does not say where"},
        {"UPDATE personal_value SET value = 'never said' WHERE field = 'reason:405'",
         "audit event 405 has another reason"},
    };
    for (size_t i = 0; i < COUNT(EDITS); i++) {
        struct world *w = long_world(800);
        pack_all(w);
        unprotect(w);
        world_tamper(w, EDITS[i].sql);
        check_says(w, EDITS[i].said);
    }
}

static enum err recall(struct ctx *c, void *user) {
    (void)user;
    return app_audit(
        c, &(struct audit){.action = "recall.add", .entity = "recall", .id = thing(1), .version = 1});
}

static int64_t block_of_recall(struct world *w, int64_t from) {
    struct audit_block block;
    enum err err = store_audit_block_from(w->c, from, "recall", (struct id){{0}}, &block);
    if (err == ERR_NOT_FOUND) return NONE;
    CHECK_OK(w->c, err);
    return block.number;
}

/* Who asks for a rare noun waits for the blocks that speak of it, not for all; those from before there was
 * audit_noun are all looked through. */
TEST(log_pack_finds_the_blocks_of_a_noun) {
    struct world *w = long_world(600);
    CHECK_OK(w->c, db_unit(w->c, recall, NULL));
    lengthen(w, 900);
    w->c->now += WEEK;
    CHECK_INT(pack_all(w), 3);
    CHECK_INT(block_of_recall(w, 0), 2);
    CHECK_INT(block_of_recall(w, 3), NONE);
    const char *before = answers(w), *recalls = list(w, "recall", (struct id){{0}}, 0, 10);
    CHECK(strstr(recalls, "\"seq\":601,") != NULL);
    unprotect(w);
    world_tamper(w, "DELETE FROM audit_noun");
    world_tamper(w, "INSERT INTO audit_noun (entity, block) SELECT 0, number FROM audit_block");
    CHECK_INT(block_of_recall(w, 0), 0);
    CHECK_STR(list(w, "recall", (struct id){{0}}, 0, 10), recalls);
    CHECK_STR(answers(w), before);
    CHECK_INT(findings(w), 0);
    lengthen(w, 1300);
    w->c->now += WEEK;
    CHECK_INT(pack_all(w), 2);
    for (int left = 3; left > 0; left--) { /* the old blocks, one by one */
        int64_t unnamed;
        CHECK_INT(block_of_recall(w, 0), 0);
        CHECK_OK(w->c, db_unit(w->c, name, &unnamed));
        CHECK_INT(unnamed, left - 1);
        CHECK_INT(findings(w), 0);
    }
    CHECK_INT(block_of_recall(w, 0), 2);
    CHECK_INT(block_of_recall(w, 3), NONE);
    CHECK_INT(findings(w), 0);
}

TEST(log_pack_only_what_a_block_has_may_go) {
    static const char *const REFUSED[] = {
        "DELETE FROM audit_entry WHERE seq = 600",
        "UPDATE audit_entry SET at = 5 WHERE seq = 600",
        "UPDATE audit_block SET packed = x'00' WHERE number = 1",
        "DELETE FROM audit_block WHERE number = 0",
        "UPDATE audit_place SET block = 5 WHERE block = 1",
        "DELETE FROM audit_place WHERE block = 1",
        "UPDATE audit_noun SET block = 5 WHERE block = 1",
        "DELETE FROM audit_noun WHERE block = 1",
    };
    struct world *w = long_world(800);
    bool more;
    CHECK_OK(w->c, db_unit(w->c, pack, &more));
    CHECK_OK(w->c, db_unit(w->c, pack, &more));
    for (size_t i = 0; i < COUNT(REFUSED); i++) {
        CHECK_INT(db_exec(w->c, world_statement(w->c, REFUSED[i]), NO_ARGS, NULL), ERR_CONFLICT);
        ctx_fault_clear(w->c);
    }
}
