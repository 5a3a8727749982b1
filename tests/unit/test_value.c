#include "check.h"
#include "base/rules.h"
#include "base/value.h"

static const char *const WORD[] = {"open", "closed"};
static const struct names WORDS = {WORD, COUNT(WORD)};

TEST(value_names) {
    CHECK_INT(names_value(&WORDS, "open"), 0);
    CHECK_INT(names_value(&WORDS, "closed"), 1);
    CHECK_INT(names_value(&WORDS, "Open"), NONE);
    CHECK_INT(names_value(&WORDS, ""), NONE);
    CHECK_INT(names_value(&WORDS, NULL), NONE);
    CHECK_STR(names_word(&WORDS, 1), "closed");
    CHECK_STR(names_word(&WORDS, NONE), NULL);
}

static void word_of_2(void) {
    (void)names_word(&WORDS, 2);
}
static void word_below_0(void) {
    (void)names_word(&WORDS, -1);
}

TEST(value_names_of_no_value) {
    CHECK_DIES(word_of_2);
    CHECK_DIES(word_below_0);
}

TEST(value_names_in_place) {
    struct names names = NAMES("a", "b", "c");
    CHECK_INT(names.n, 3);
    CHECK_INT(names_value(&names, "c"), 2);
}

/* The contract's numbers, section by section. */
TEST(value_rules_default) {
    const struct rules *rules = &rules_default;
    CHECK_INT(rules->early_tolerance_ms, 0);
    CHECK_INT(rules->late_tolerance_ms, 0);
    CHECK_INT(rules->grace_ms, INT64_C(86400000));
    CHECK_INT(rules->cutoff_min, 1080);
    CHECK_INT(rules->plan_days, 35);
    CHECK_INT(rules->call_lead_days, 7);
    CHECK_INT(rules->confirm_permille, 200);
    CHECK_INT(rules->confirm_boxes, 1);
    CHECK_INT(rules->low_cover_days, 3);
    CHECK_INT(rules->place_m, 250);
    CHECK_INT(rules->place_accuracy_m, 250);
    CHECK_INT(rules->synced_late_ms, 900000);
    CHECK_INT(rules->session_ms, 43200000);
    CHECK_INT(rules->small_n, 20);
}
