#include "domain/receiver.h"
#include "check.h"

static bool known(const char *name, const char *relation, const char *const *listed, size_t n) {
    struct drop_facts facts = {
        .has_receiver = 1, .receiver_name = name, .relation = relation, .listed = listed, .listed_n = n};
    bool found = false;
    CHECK_INT(receiver_judge(check_ctx()->arena, &facts, &found), OK);
    return found;
}

static bool matches(const char *name, const char *listed) {
    return known(name, "neighbour", &listed, 1);
}

TEST(receiver_patient_needs_no_list) {
    CHECK(known("Somebody", "patient", NULL, 0));
    CHECK(known(NULL, "patient", NULL, 0));
    CHECK(!known("Somebody", "partner", NULL, 0));
    CHECK(!known("Somebody", NULL, NULL, 0));
    CHECK(!known("patient", NULL, NULL, 0));
}

TEST(receiver_none_stated_is_unknown) {
    static const char *const LISTED[] = {"A. Neighbour"};
    struct drop_facts facts = {.has_receiver = 0,
                               .receiver_name = "A. Neighbour",
                               .relation = "patient",
                               .listed = LISTED,
                               .listed_n = 1};
    bool found = true;
    CHECK_INT(receiver_judge(check_ctx()->arena, &facts, &found), OK);
    CHECK(!found);
}

TEST(receiver_names_are_folded) {
    CHECK(matches("Zoë Ångström", "zoe angstrom"));
    CHECK(matches("ZOE ANGSTROM", "Zoë Ångström"));
    CHECK(matches("Zoe\xcc\x88", "Zo\xc3\xab")); /* the mark apart, and in the letter */
    CHECK(matches("STRASSE", "Straße"));
    CHECK(matches("Ελένη", "ελενη"));
    CHECK(matches("  A.\t Neighbour ", "A. Neighbour"));
}

TEST(receiver_names_are_whole) {
    CHECK(!matches("Neighbour", "A. Neighbour"));
    CHECK(!matches("A. Neighbour", "Neighbour"));
    CHECK(!matches("A. Neighbours", "A. Neighbour"));
    CHECK(!matches("ANeighbour", "A Neighbour"));
}

TEST(receiver_no_name_matches_nobody) {
    static const char *const EMPTY[] = {"", " ", NULL};
    CHECK(!known(NULL, "neighbour", EMPTY, COUNT(EMPTY)));
    CHECK(!known("", "neighbour", EMPTY, COUNT(EMPTY)));
    CHECK(!known("  ", "neighbour", EMPTY, COUNT(EMPTY)));
    CHECK(!matches("\xff", "\xff"));
    CHECK(!matches("\xcc\x81", "\xcc\x80")); /* nothing but marks */
}

TEST(receiver_any_of_the_list) {
    static const char *const LISTED[] = {NULL, "\xff", "A. Neighbour", "B. Partner"};
    CHECK(known("a. neighbour", "neighbour", LISTED, COUNT(LISTED)));
    CHECK(known("b. partner", NULL, LISTED, COUNT(LISTED)));
    CHECK(!known("b. partner", "partner", LISTED, 3));
}

TEST(receiver_full_arena_is_said) {
    static const char *const LISTED[] = {"A. Neighbour"};
    struct arena *small = arena_create(8);
    struct drop_facts facts = {
        .has_receiver = 1, .receiver_name = "A. Neighbour", .listed = LISTED, .listed_n = 1};
    bool found;
    enum err err = receiver_judge(small, &facts, &found);
    arena_destroy(&small);
    CHECK_INT(err, ERR_LIMIT);
}
