/* The pass that trusts nobody: it must be silent over honest rows, and name what was changed behind our back.
 */
#include "app/app_drop.h"
#include "app/app_sweep.h"
#include "app/app_verify.h"
#include "world_order.h"
#include <string.h>

static const int64_t UNITS[] = {120, 45, 150};

/* Two orders: one delivered short and swept, one missed. */
static struct world *history(void) {
    static const struct stated SHORT[] = {{0, 100, CONDITION_OK, NULL, NULL},
                                          {1, 45, CONDITION_OK, NULL, NULL},
                                          {2, 150, CONDITION_OK, NULL, NULL}};
    const struct id fresh = {{0}};
    struct world *w = world_make();
    struct drop_answer answer;
    struct sweep_receipt receipt;
    struct id delivered =
        world_book(w, world_order(w, 0, "2026-03-16", UNITS, 3), "2026-03-12", "08:00", "12:00");
    world_book(w, world_order(w, 1, "2026-03-16", UNITS, 3), "2026-03-12", "08:00", "12:00");
    world_dispatch(w, delivered, 0);
    world_at(w, "2026-03-11T22:00:00Z");
    CHECK_OK(w->c, world_drop(w, fresh, delivered, 0, "2026-03-11T22:00:00Z", SHORT, 3, &answer));
    world_at(w, "2026-03-20T00:00:00Z");
    CHECK_OK(w->c, app_sweep(w->c, 100, &receipt));
    return w;
}

static struct verify_result verify(struct world *w) {
    struct verify_result result;
    world_settle(w);
    CHECK_OK(w->c, app_verify(w->c, NULL, NULL, NULL, &result));
    return result;
}

TEST(verify_is_silent_over_honest_rows) {
    struct world *w = history();
    /* the test's orders come without an event of their own: this one check speaks of them */
    world_tamper(w,
                 "INSERT INTO audit_entry SELECT (SELECT MAX(seq) FROM audit_entry) + 1, at, actor_id, role, "
                 "action, entity, "
                 "(SELECT id FROM patient_order ORDER BY id LIMIT 1), entity_version, NULL, request_id, "
                 "change, NULL, leaf_hash "
                 "FROM audit_entry WHERE seq = 1");
    struct verify_result result = verify(w);
    CHECK_INT(result.bad_seq, result.events); /* only the forged one */
}

TEST(verify_names_the_first_bad_event) {
    static const char *const EDITS[] = {"UPDATE audit_entry SET change = change || ' ' WHERE seq = 3",
                                        "UPDATE audit_entry SET at = at + 1 WHERE seq = 3",
                                        "UPDATE audit_entry SET actor_id = entity_id WHERE seq = 3",
                                        "UPDATE audit_entry SET action = entity WHERE seq = 3",
                                        "UPDATE audit_entry SET entity_version = 9 WHERE seq = 3",
                                        "UPDATE audit_entry SET request_id = entity_id WHERE seq = 3",
                                        "UPDATE audit_entry SET leaf_hash = zeroblob(32) WHERE seq = 3",
                                        "DELETE FROM audit_entry WHERE seq = 3"};
    for (size_t i = 0; i < COUNT(EDITS); i++) {
        struct world *w = history();
        CHECK_INT(verify(w).bad_seq, NONE);
        world_tamper(w, "DROP TRIGGER audit_entry_no_update");
        world_tamper(w, "DROP TRIGGER audit_entry_no_delete");
        world_tamper(w, EDITS[i]);
        CHECK_INT(verify(w).bad_seq, 3);
    }
}

struct told {
    const char *wanted;
    bool is_told;
};

static void listen(void *user, const char *sentence) {
    struct told *told = user;
    told->is_told |= strstr(sentence, told->wanted) != NULL;
}

static bool is_told(struct world *w, const char *wanted) {
    struct told told = {wanted, false};
    struct verify_result result;
    world_settle(w);
    CHECK_OK(w->c, app_verify(w->c, listen, NULL, &told, &result));
    return told.is_told;
}

/* The sums of rows find every edit; these are the parts that do the work again and must find it, too. */
TEST(verify_finds_every_figure_that_was_changed) {
    static const char *const EDITS[][2] = {
        {"UPDATE order_line SET accepted = accepted + 1 WHERE accepted > 0",
         "accepted units are those stated ok"},
        {"UPDATE commitment SET completed_at = completed_at + 1", "completed by its first confirmation"},
        {"UPDATE commitment SET completed_at = NULL", "completed by its first confirmation"},
        {"UPDATE commitment SET units_accepted = units_accepted - 1 WHERE units_accepted > 0",
         "units are those its own deliveries brought"},
        {"UPDATE commitment SET lines_right = lines_right - 1 WHERE lines_right > 0", "those right that its"},
        {"UPDATE commitment SET units_authorised = units_authorised + 1", "those right that its"},
        {"UPDATE commitment SET faults = faults + 1", "counts the discrepancies that stand"},
        {"UPDATE commitment SET faults_line = faults_line - 1 WHERE faults_line > 0",
         "by what they are about"},
        {"UPDATE discrepancy SET state = 'void'", "counts the discrepancies that stand"},
        {"DELETE FROM found_second", "by the seconds that something was found in"},
        {"UPDATE found_second SET second = second + 1", "by the seconds that something was found in"},
        {"INSERT INTO found_second SELECT id, 1 FROM customer", "by the seconds that something was found in"},
        {"UPDATE delivery SET event_id = NULL WHERE state = 'delivered'", "confirmation by a named driver"},
        {"UPDATE delivery SET state = 'failed' WHERE state = 'delivered'",
         "failed by somebody who was there"},
        {"UPDATE patient_order SET state = 'delivered' WHERE state = 'part_delivered'",
         "else part delivered"},
        {"UPDATE patient_order SET state = 'confirmed' WHERE state = 'scheduled'",
         "while a delivery of it is open"},
        {"UPDATE slot_use SET stops = stops + 1", "stops are the deliveries that hold one"},
        {"DELETE FROM slot_use", "stops are the deliveries that hold one"},
        {"INSERT INTO slot_use SELECT zone_id, date + 400, from_min, to_min, 1 FROM slot_use",
         "stops are the deliveries that hold one"},
        {"UPDATE delivery SET holds = 0", "stops are the deliveries that hold one"},
        {"UPDATE day_use SET weight_g = weight_g - 1", "weight is that of the deliveries that hold"},
        {"DELETE FROM day_use", "weight is that of the deliveries that hold"},
        {"INSERT INTO day_use SELECT zone_id, date - 400, 1 FROM day_use",
         "weight is that of the deliveries that hold"},
        {"UPDATE personal_value SET value = value || ' ' WHERE field = 'drop'", "its private part is not"}};
    for (size_t i = 0; i < COUNT(EDITS); i++) {
        struct world *w = history();
        if (is_told(w, EDITS[i][1])) check_fail(__FILE__, __LINE__, "told before: %s", EDITS[i][0]);
        world_run(w, EDITS[i][0]);
        if (!is_told(w, EDITS[i][1])) check_fail(__FILE__, __LINE__, "not found: %s", EDITS[i][0]);
    }
}

TEST(verify_an_erased_value_is_no_finding) {
    struct world *w = history();
    int64_t before = verify(w).findings;
    world_run(w, "DELETE FROM personal_value");
    CHECK_INT(verify(w).findings, before);
}

/* ---- reconciliation, done again ---- */

/* One drop with a discrepancy of nearly every kind that lines can have. */
static struct world *mixed_drop(void) {
    static const struct stated MIXED[] = {
        {0, 100, CONDITION_OK, "L1", "2026-03-01"}, {0, 5, CONDITION_OK, "", NULL},
        {0, 4, CONDITION_DAMAGED, NULL, NULL},      {0, 3, CONDITION_REFUSED, NULL, NULL},
        {0, 2, CONDITION_NOT_LOADED, NULL, NULL},   {1, 50, CONDITION_OK, NULL, NULL},
        {-1, 7, CONDITION_OK, NULL, NULL}};
    const struct id fresh = {{0}};
    struct world *w = world_make();
    struct drop_answer answer;
    struct id delivery =
        world_book(w, world_order(w, 0, "2026-03-16", UNITS, 3), "2026-03-12", "08:00", "12:00");
    world_dispatch(w, delivery, 0);
    world_at(w, "2026-03-11T22:00:00Z");
    CHECK_OK(w->c, world_drop(w, fresh, delivery, 0, "2026-03-11T22:00:00Z", MIXED, COUNT(MIXED), &answer));
    return w;
}

static const char *const MIXED_KINDS[] = {"short",   "not_delivered", "over",    "wrong_item", "damaged",
                                          "refused", "not_loaded",    "expired", "lot_missing"};

TEST(verify_follows_every_kind_from_the_lines) {
    struct world *w = mixed_drop();
    CHECK(!is_told(w, "calls for"));
    CHECK(!is_told(w, "does not follow"));
    for (size_t i = 0; i < COUNT(MIXED_KINDS); i++)
        if (world_count(w, arena_printf(w->c->arena, "SELECT COUNT(*) FROM discrepancy WHERE kind = '%s'",
                                        MIXED_KINDS[i])) != 1)
            check_fail(__FILE__, __LINE__, "no %s in the drop", MIXED_KINDS[i]);
}

TEST(verify_misses_every_kind_that_is_not_recorded) {
    for (size_t i = 0; i < COUNT(MIXED_KINDS); i++) {
        struct world *w = mixed_drop();
        struct arena *arena = w->c->arena;
        world_run(w, arena_printf(arena, "UPDATE discrepancy SET expected = expected + 1 WHERE kind = '%s'",
                                  MIXED_KINDS[i]));
        if (!is_told(w, arena_printf(arena, "calls for a discrepancy %s,", MIXED_KINDS[i])))
            check_fail(__FILE__, __LINE__, "not missed: %s", MIXED_KINDS[i]);
        if (strcmp(MIXED_KINDS[i], "lot_missing") != 0 &&
            !is_told(w, arena_printf(arena, "(%s) does not follow", MIXED_KINDS[i])))
            check_fail(__FILE__, __LINE__, "not unfounded: %s", MIXED_KINDS[i]);
    }
}

TEST(verify_misses_papers_that_nobody_asked_for) {
    static const char *const EDITS[][2] = {
        {"UPDATE field_event SET place = 'wrong'", "calls for a discrepancy wrong_place,"},
        {"UPDATE field_event SET receiver_known = 0", "calls for a discrepancy wrong_recipient,"},
        {"DELETE FROM field_event_evidence", "calls for a discrepancy no_proof,"},
        {"UPDATE commitment SET swept = 'late'", "by its own window"},
        {"UPDATE commitment SET swept = 'missed'", "what the commitment says, once"}};
    for (size_t i = 0; i < COUNT(EDITS); i++) {
        struct world *w = mixed_drop();
        world_tamper(w, "DROP TRIGGER field_event_no_update");
        world_tamper(w, "DROP TRIGGER field_event_evidence_no_delete");
        CHECK(!is_told(w, EDITS[i][1]));
        world_tamper(w, EDITS[i][0]);
        if (!is_told(w, EDITS[i][1])) check_fail(__FILE__, __LINE__, "not told: %s", EDITS[i][0]);
    }
}
