#include "domain/tally.h"
#include "base/limits.h"
#include "check.h"

static struct id product(uint8_t n) {
    struct id id = {{0}};
    id.b[15] = n;
    return id;
}

static struct promised_line promised(uint8_t n, int64_t authorised) {
    return (struct promised_line){.product_id = product(n), .authorised = authorised};
}

static struct stated_line stated(uint8_t n, int64_t qty, int64_t condition) {
    return (struct stated_line){.product_id = product(n), .qty = qty, .condition = condition, .expiry = NONE};
}

static struct tallies build(const struct promised_line *p, size_t p_n, const struct stated_line *s,
                            size_t s_n) {
    struct drop_facts facts = {.promised = p, .promised_n = p_n, .stated = s, .stated_n = s_n};
    struct tallies tallies;
    CHECK_INT(tallies_build(check_ctx()->arena, &facts, &tallies), OK);
    return tallies;
}

/* Promised products as promised, then known ones by id, then unknown ones by what was stated. */
TEST(tally_order_of_products) {
    const struct promised_line p[] = {promised(7, 10), promised(2, 10)};
    struct stated_line s[] = {
        {.stated = "X-2", .qty = 1}, stated(9, 1, CONDITION_OK), {.stated = "X-1", .qty = 1},
        stated(3, 1, CONDITION_OK),  stated(2, 1, CONDITION_OK), {.qty = 1},
    };
    static const uint8_t ID[] = {7, 2, 3, 9, 0, 0, 0};
    static const char *const STATED[] = {NULL, NULL, NULL, NULL, "", "X-1", "X-2"};
    struct tallies tallies = build(p, COUNT(p), s, COUNT(s));
    CHECK_INT(tallies.n, COUNT(ID));
    CHECK_INT(tallies.promised, 2);
    for (size_t i = 0; i < tallies.n; i++) {
        CHECK_INT(tallies.at[i].product_id.b[15], ID[i]);
        CHECK_STR(tallies.at[i].stated, STATED[i]);
        CHECK(tallies_find(&tallies, product(ID[i]), STATED[i]) == &tallies.at[i]);
    }
    CHECK(!tallies_find(&tallies, product(8), NULL));
    CHECK(!tallies_find(&tallies, product(0), "X-3"));
}

/* A known product that was named by its code is that product. */
TEST(tally_a_known_product_has_one_name) {
    const struct promised_line p[] = {promised(1, 10)};
    struct stated_line s[] = {stated(1, 4, CONDITION_OK), stated(1, 6, CONDITION_OK)};
    s[0].stated = "BAG";
    struct tallies tallies = build(p, 1, s, 2);
    CHECK_INT(tallies.n, 1);
    CHECK_INT(tallies.at[0].units[CONDITION_OK], 10);
}

TEST(tally_unexplained_is_never_negative) {
    const struct promised_line p[] = {promised(1, 10)};
    const struct stated_line s[] = {stated(1, 8, CONDITION_OK), stated(1, 3, CONDITION_REFUSED),
                                    stated(2, 5, CONDITION_OK)};
    struct tallies tallies = build(p, 1, s, 3);
    CHECK_INT(tally_stated(&tallies.at[0]), 11);
    CHECK_INT(tally_unexplained(&tallies.at[0]), 0);
    CHECK_INT(tally_unexplained(&tallies.at[1]), 0);
    tallies = build(p, 1, s, 1);
    CHECK_INT(tally_unexplained(&tallies.at[0]), 2);
}

TEST(tally_the_largest_quantities) {
    const struct promised_line p[] = {promised(1, LIMIT_UNITS)};
    const struct stated_line s[] = {stated(1, LIMIT_UNITS, CONDITION_OK),
                                    stated(1, LIMIT_UNITS, CONDITION_OK)};
    struct tallies tallies = build(p, 1, s, 2);
    CHECK_INT(tallies.at[0].units[CONDITION_OK], 2 * (int64_t)LIMIT_UNITS);
}

TEST(tally_full_arena_is_said) {
    const struct promised_line p[] = {promised(1, 10), promised(2, 10), promised(3, 10)};
    struct drop_facts facts = {.promised = p, .promised_n = COUNT(p)};
    struct arena *small = arena_create(64);
    struct verdict verdict;
    struct tallies tallies;
    enum err tally = tallies_build(small, &facts, &tallies);
    enum err judged = reconcile(small, check_ctx()->rules, &facts, &verdict);
    arena_destroy(&small);
    CHECK_INT(tally, ERR_LIMIT);
    CHECK_INT(judged, ERR_LIMIT);
}

/* Whichever allocation is the one that fails, the error is said and no half a verdict stays. */
TEST(tally_full_arena_leaves_no_half_verdict) {
    const struct promised_line p[] = {promised(1, 10), promised(2, 10)};
    const struct stated_line s[] = {stated(1, 8, CONDITION_OK), stated(3, 3, CONDITION_OK)};
    struct drop_facts facts = {.promised = p, .promised_n = COUNT(p), .stated = s, .stated_n = COUNT(s)};
    enum err err = ERR_LIMIT;
    size_t cap = 0;
    for (; err != OK && cap < 65536; cap += 16) {
        struct verdict verdict = {.finding = &(struct finding){0}, .findings = 1};
        struct arena *small = arena_create(cap);
        err = reconcile(small, &rules_default, &facts, &verdict);
        bool whole = verdict.finding != NULL && verdict.findings > 0;
        arena_destroy(&small);
        CHECK(err == OK || err == ERR_LIMIT);
        CHECK_INT(whole, err == OK);
    }
    CHECK_INT(err, OK);
    CHECK(cap > 1024);
}

TEST(tally_of_no_lines_at_all) {
    struct verdict verdict;
    struct ctx *c = check_ctx();
    CHECK_INT(reconcile(c->arena, c->rules, &(struct drop_facts){.has_proof = 1}, &verdict), OK);
    CHECK_INT(verdict.lines, 0);
    CHECK_INT(verdict.completes, 0);
    CHECK_INT(verdict.failure_reason, FAILURE_OTHER);
    CHECK_INT(verdict.findings, 1);
    CHECK_INT(verdict.finding[0].kind, KIND_WRONG_RECIPIENT);
}

/* ---- what the callers must have checked ---- */

static void promise_nothing_known(void) {
    const struct promised_line p[] = {promised(0, 10)};
    build(p, 1, NULL, 0);
}

static void promise_less_than_nothing(void) {
    const struct promised_line p[] = {promised(1, -1)};
    build(p, 1, NULL, 0);
}

static void promise_too_much(void) {
    const struct promised_line p[] = {promised(1, LIMIT_UNITS + 1)};
    build(p, 1, NULL, 0);
}

static void state_less_than_nothing(void) {
    const struct stated_line s[] = {stated(1, -1, CONDITION_OK)};
    build(NULL, 0, s, 1);
}

static void state_too_much(void) {
    const struct stated_line s[] = {stated(1, LIMIT_UNITS + 1, CONDITION_OK)};
    build(NULL, 0, s, 1);
}

static void state_no_condition(void) {
    const struct stated_line s[] = {stated(1, 1, NONE)};
    build(NULL, 0, s, 1);
}

static void state_another_condition(void) {
    const struct stated_line s[] = {stated(1, 1, CONDITION_NOT_LOADED + 1)};
    build(NULL, 0, s, 1);
}

TEST(tally_of_unchecked_facts_is_our_mistake) {
    CHECK_DIES(promise_nothing_known);
    CHECK_DIES(promise_less_than_nothing);
    CHECK_DIES(promise_too_much);
    CHECK_DIES(state_less_than_nothing);
    CHECK_DIES(state_too_much);
    CHECK_DIES(state_no_condition);
    CHECK_DIES(state_another_condition);
}
