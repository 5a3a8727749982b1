/* What must hold of every reconciliation, tried on a few thousand drops made by a seeded generator. */
#include "base/date.h"
#include "base/id.h"
#include "check.h"
#include "domain/reconcile.h"
#include <stdlib.h>

#define CASES 4000
#define PRODUCTS 6
#define LINES 14

struct made {
    struct promised_line promised[PRODUCTS];
    struct stated_line stated[LINES];
    struct drop_facts facts;
};

static uint64_t seed;

/* xorshift64*: the same cases on every machine. */
static int64_t below(int64_t n) {
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (int64_t)((seed * UINT64_C(2685821657736338717)) >> 33) % n;
}

static struct id product(int64_t n) {
    struct id id = {{0}};
    id.b[15] = (uint8_t)(n + 1);
    return id;
}

static void promise_all(struct made *m) {
    m->facts = (struct drop_facts){.promised = m->promised,
                                   .stated = m->stated,
                                   .date = date_of(2026, 3, 12),
                                   .home = {-338731000, 1512065000},
                                   .fix = {-338731000, 1512065000},
                                   .accuracy_m = 8,
                                   .has_receiver = 1,
                                   .receiver_name = "P",
                                   .relation = "patient",
                                   .has_proof = 1};
    m->facts.promised_n = (size_t)(1 + below(4));
    for (size_t i = 0; i < m->facts.promised_n; i++)
        m->promised[i] =
            (struct promised_line){product((int64_t)i), 1 + below(40), below(2), below(2), below(2) * 90};
}

static struct stated_line state(struct id id, int64_t qty, int64_t condition) {
    return (struct stated_line){
        .product_id = id, .qty = qty, .condition = condition, .lot = "L1", .expiry = date_of(2028, 1, 1)};
}

/* Everything as authorised, some of it in two lots. */
static void deliver_all(struct made *m) {
    m->facts.stated_n = 0;
    for (size_t i = 0; i < m->facts.promised_n; i++) {
        int64_t part = m->promised[i].authorised > 1 ? below(m->promised[i].authorised) : 0;
        if (part > 0) m->stated[m->facts.stated_n++] = state(m->promised[i].product_id, part, CONDITION_OK);
        m->stated[m->facts.stated_n] =
            state(m->promised[i].product_id, m->promised[i].authorised - part, CONDITION_OK);
        m->stated[m->facts.stated_n++].lot = "L2";
    }
}

/* Any mixture: products on and off the order, unknown ones, zero quantities, every condition, with and
 * without lots. */
static void deliver_anything(struct made *m) {
    static const char *const LOTS[] = {"L1", "L2", "", NULL};
    m->facts.stated_n = (size_t)below(LINES);
    for (size_t i = 0; i < m->facts.stated_n; i++) {
        struct stated_line line = state(product(below(PRODUCTS)), below(30), below(4));
        line.lot = LOTS[below(4)];
        line.expiry = m->facts.date + below(200) - 50;
        line.recalled = below(10) == 0 && line.lot && *line.lot;
        if (below(8) == 0) line.product_id = (struct id){{0}};
        line.stated = id_is_none(line.product_id) ? "X-1" : NULL;
        m->stated[i] = line;
    }
}

static struct verdict judge(struct ctx *c, const struct made *m) {
    struct verdict verdict;
    struct drop_facts facts = m->facts;
    facts.promised = m->promised; /* made may have been copied */
    facts.stated = m->stated;
    CHECK_INT(reconcile(c->arena, c->rules, &facts, &verdict), OK);
    return verdict;
}

static bool same_finding(const struct finding *a, const struct finding *b) {
    return a->kind == b->kind && a->severity == b->severity && a->responsibility == b->responsibility &&
           id_equal(a->product_id, b->product_id) && a->expected == b->expected && a->actual == b->actual &&
           strcmp(a->stated ? a->stated : "", b->stated ? b->stated : "") == 0 &&
           strcmp(a->lot ? a->lot : "", b->lot ? b->lot : "") == 0;
}

static void shuffle(struct made *m) {
    for (size_t i = m->facts.stated_n; i > 1; i--) {
        size_t k = (size_t)below((int64_t)i);
        struct stated_line line = m->stated[i - 1];
        m->stated[i - 1] = m->stated[k];
        m->stated[k] = line;
    }
}

TEST(reconcile_order_of_lines_does_not_matter) {
    struct ctx *c = check_ctx();
    struct made m;
    seed = 1;
    for (int i = 0; i < CASES; i++) {
        promise_all(&m);
        deliver_anything(&m);
        struct verdict before = judge(c, &m);
        shuffle(&m);
        struct verdict after = judge(c, &m);
        CHECK_INT(after.findings, before.findings);
        for (size_t k = 0; k < before.findings; k++)
            CHECK(same_finding(&before.finding[k], &after.finding[k]));
        arena_reset(c->arena);
    }
}

TEST(reconcile_as_authorised_finds_nothing) {
    struct ctx *c = check_ctx();
    struct made m;
    seed = 2;
    for (int i = 0; i < CASES; i++) {
        promise_all(&m);
        deliver_all(&m);
        shuffle(&m);
        struct verdict verdict = judge(c, &m);
        CHECK_INT(verdict.findings, 0);
        CHECK_INT(verdict.lines_right, m.facts.promised_n);
        CHECK_INT(verdict.completes, 1);
        arena_reset(c->arena);
    }
}

/* One change of quantity, condition or product, or a required lot taken away. */
static bool change_one(struct made *m) {
    struct stated_line *line = &m->stated[below((int64_t)m->facts.stated_n)];
    switch (below(4)) {
    case 0:
        line->qty += line->qty > 0 && below(2) ? -1 : 1;
        return true;
    case 1:
        line->condition = 1 + below(3);
        return true;
    case 2:
        line->product_id = product(PRODUCTS + below(3));
        return true;
    default:
        line->lot = below(2) ? "" : NULL;
    }
    for (size_t i = 0; i < m->facts.promised_n; i++)
        if (id_equal(m->promised[i].product_id, line->product_id)) return m->promised[i].lot_tracked;
    return false;
}

TEST(reconcile_any_single_change_is_found) {
    struct ctx *c = check_ctx();
    struct made m;
    seed = 3;
    for (int i = 0; i < CASES; i++) {
        promise_all(&m);
        deliver_all(&m);
        if (!change_one(&m)) continue;
        CHECK(judge(c, &m).findings >= 1);
        arena_reset(c->arena);
    }
}

static bool same_subject(const struct finding *a, const struct finding *b) {
    return a->kind == b->kind && id_equal(a->product_id, b->product_id) &&
           strcmp(a->stated ? a->stated : "", b->stated ? b->stated : "") == 0 &&
           strcmp(a->lot ? a->lot : "", b->lot ? b->lot : "") == 0;
}

TEST(reconcile_one_record_per_kind_product_and_lot) {
    struct ctx *c = check_ctx();
    struct made m;
    seed = 4;
    for (int i = 0; i < CASES; i++) {
        promise_all(&m);
        deliver_anything(&m);
        struct verdict verdict = judge(c, &m);
        for (size_t a = 0; a < verdict.findings; a++)
            for (size_t b = a + 1; b < verdict.findings; b++)
                CHECK(!same_subject(&verdict.finding[a], &verdict.finding[b]));
        arena_reset(c->arena);
    }
}

static int64_t found(const struct verdict *verdict, int64_t kind, struct id id) {
    for (size_t i = 0; i < verdict->findings; i++) {
        const struct finding *f = &verdict->finding[i];
        if (f->kind == kind && id_equal(f->product_id, id)) return f->actual - f->expected;
    }
    return 0;
}

/* F16 and no netting: of each product, actual − expected of its findings adds up to what was accepted −
 * authorised. */
TEST(reconcile_units_are_conserved_product_by_product) {
    struct ctx *c = check_ctx();
    struct made m;
    seed = 5;
    for (int i = 0; i < CASES; i++) {
        promise_all(&m);
        deliver_anything(&m);
        struct verdict verdict = judge(c, &m);
        for (size_t k = 0; k < verdict.lines; k++) {
            const struct line_result *line = &verdict.line[k];
            int64_t explained = line->damaged + line->refused + line->not_loaded;
            int64_t missing = line->authorised - line->accepted - explained;
            int64_t over = line->accepted > line->authorised ? line->accepted - line->authorised : 0;
            int64_t kinds = found(&verdict, KIND_SHORT, line->product_id) +
                            found(&verdict, KIND_NOT_DELIVERED, line->product_id);
            CHECK_INT(kinds, missing > 0 ? -missing : 0);
            CHECK_INT(found(&verdict, KIND_OVER, line->product_id), over);
            CHECK_INT(found(&verdict, KIND_DAMAGED, line->product_id), -line->damaged);
            CHECK_INT(found(&verdict, KIND_REFUSED, line->product_id), -line->refused);
            CHECK_INT(found(&verdict, KIND_NOT_LOADED, line->product_id), -line->not_loaded);
        }
        arena_reset(c->arena);
    }
}
