/* Reconciliation, done again: section 4 of the contract, kind by kind, from the lines that drivers stated;
 * then held against the discrepancies that were recorded. It shares no rule with domain/reconcile.c, and is
 * written to be read beside the contract's table.
 *
 * What can no longer be known is not judged: what an order was when it is closed now, what came before when
 * another drop of the order was amended since, on which date a drop was made when the depot's zone was
 * edited, and what the catalogue said of a product that was not on the order. */
#include "base/id.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/zone.h"
#include "store/store_verify_drops.h"
#include "verify_walk.h"
#include <inttypes.h>
#include <string.h>

#define PAGE 200

/* All that was stated of a product, beside what was promised of it. */
struct pile {
    struct id product_id;
    const char *stated; /* of one without an id */
    bool on_order;
    int64_t promised, stated_units, ok, damaged, refused, not_loaded;
};

/* A discrepancy that must be recorded. */
struct due {
    int64_t kind;
    struct id product_id;
    const char *stated, *lot;
    int64_t expected, actual;
    bool is_recorded;
};

struct look {
    struct ctx *c; /* its arena holds one page */
    const struct verify_drop *drop;
    struct list lines, promised, recorded;
    struct pile *pile;
    size_t piles;
    struct due *due;
    size_t dues;
};

/* ---- piles ---- */

static struct pile *pile_of(struct look *look, struct id product_id, const char *stated) {
    for (size_t i = 0; i < look->piles; i++)
        if (id_equal(look->pile[i].product_id, product_id) && text_equal(look->pile[i].stated, stated))
            return &look->pile[i];
    struct pile *pile = &look->pile[look->piles++];
    *pile = (struct pile){.product_id = product_id, .stated = stated};
    return pile;
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static void pile_up(struct look *look) {
    const struct verify_promised *promised = look->promised.at;
    const struct verify_line *line = look->lines.at;
    for (size_t i = 0; i < look->promised.n; i++) {
        struct pile *pile = pile_of(look, promised[i].product_id, NULL);
        int64_t left = promised[i].authorised - promised[i].before;
        pile->on_order = true;
        pile->promised = left > 0 ? least(promised[i].sent, left) : 0;
    }
    for (size_t i = 0; i < look->lines.n; i++) {
        if (line[i].qty == 0) continue;
        struct pile *pile = pile_of(look, line[i].product_id, line[i].stated);
        int64_t *const of[] = {[CONDITION_OK] = &pile->ok,
                               [CONDITION_DAMAGED] = &pile->damaged,
                               [CONDITION_REFUSED] = &pile->refused,
                               [CONDITION_NOT_LOADED] = &pile->not_loaded};
        *of[line[i].condition] += line[i].qty;
        pile->stated_units += line[i].qty;
    }
}

/* ---- what must be recorded ---- */

static void must(struct look *look, int64_t kind, const struct pile *pile, int64_t expected, int64_t actual) {
    look->due[look->dues++] = (struct due){.kind = kind,
                                           .product_id = pile->product_id,
                                           .stated = pile->stated,
                                           .lot = "",
                                           .expected = expected,
                                           .actual = actual};
}

static bool is_judged_by_order(const struct look *look) {
    return look->drop->closed != 1 && look->drop->entangled != 1;
}

static void units_of_order(struct look *look, const struct pile *pile) {
    int64_t missing = pile->promised - pile->stated_units;
    if (missing > 0 && pile->stated_units > 0) must(look, KIND_SHORT, pile, pile->ok + missing, pile->ok);
    if (missing > 0 && pile->stated_units == 0) must(look, KIND_NOT_DELIVERED, pile, pile->promised, 0);
    if (pile->ok > pile->promised) must(look, KIND_OVER, pile, pile->promised, pile->ok);
}

/* Is some product of the order missing, other than by damage or refusal? */
static bool has_gap(const struct look *look) {
    for (size_t i = 0; i < look->piles; i++) {
        const struct pile *pile = &look->pile[i];
        if (pile->on_order && pile->promised > pile->ok + pile->damaged + pile->refused) return true;
    }
    return false;
}

static void units(struct look *look) {
    bool judged = is_judged_by_order(look), gap = has_gap(look);
    for (size_t i = 0; i < look->piles; i++) {
        const struct pile *pile = &look->pile[i];
        if (judged && pile->on_order) units_of_order(look, pile);
        if (judged && !pile->on_order && pile->ok > 0)
            must(look, gap ? KIND_WRONG_ITEM : KIND_UNORDERED, pile, 0, pile->ok);
        if (pile->damaged > 0) must(look, KIND_DAMAGED, pile, pile->damaged, 0);
        if (pile->refused > 0) must(look, KIND_REFUSED, pile, pile->refused, 0);
        if (pile->not_loaded > 0) must(look, KIND_NOT_LOADED, pile, pile->not_loaded, 0);
    }
}

static bool knows_date(const struct look *look) {
    return look->drop->promised_zone && strcmp(look->drop->promised_zone, look->drop->timezone) == 0;
}

static int64_t days_left(const struct look *look, const struct verify_line *line) {
    return line->expiry - zone_date(look->drop->timezone, look->drop->dropped_at);
}

static bool is_of_lot_kind(const struct look *look, const struct verify_line *line, int64_t kind) {
    bool dated = line->expiry != NONE && knows_date(look);
    switch (kind) {
    case KIND_EXPIRED:
        return dated && days_left(look, line) < 0;
    case KIND_SHORT_DATED:
        return dated && line->on_order && days_left(look, line) >= 0 &&
               days_left(look, line) < line->shelf_life_min_days;
    case KIND_LOT_MISSING:
        return line->on_order && line->lot_tracked == 1 && !*line->lot;
    default:
        return kind == KIND_WRONG_LOT && line->recalled == 1;
    }
}

static struct due *due_of_lot(struct look *look, int64_t kind, const struct verify_line *line) {
    for (size_t i = 0; i < look->dues; i++) {
        struct due *due = &look->due[i];
        if (due->kind == kind && id_equal(due->product_id, line->product_id) &&
            text_equal(due->stated, line->stated) && strcmp(due->lot, line->lot) == 0)
            return due;
    }
    struct due *due = &look->due[look->dues++];
    *due =
        (struct due){.kind = kind, .product_id = line->product_id, .stated = line->stated, .lot = line->lot};
    return due;
}

static const int64_t LOT_KINDS[] = {KIND_EXPIRED, KIND_SHORT_DATED, KIND_LOT_MISSING, KIND_WRONG_LOT};

static void lots(struct look *look) {
    const struct verify_line *line = look->lines.at;
    for (size_t i = 0; i < look->lines.n; i++)
        for (size_t k = 0; k < COUNT(LOT_KINDS); k++)
            if (line[i].condition == CONDITION_OK && line[i].qty > 0 &&
                is_of_lot_kind(look, &line[i], LOT_KINDS[k]))
                due_of_lot(look, LOT_KINDS[k], &line[i])->actual += line[i].qty;
}

static void documents(struct look *look) {
    const struct pile none = {0};
    const struct verify_drop *drop = look->drop;
    if (drop->place == PLACE_WRONG) must(look, KIND_WRONG_PLACE, &none, NONE, NONE);
    if (drop->receiver_known != 1) must(look, KIND_WRONG_RECIPIENT, &none, NONE, NONE);
    if (drop->images == 0 && drop->bypass == NONE) must(look, KIND_NO_PROOF, &none, NONE, NONE);
}

/* ---- what is recorded ---- */

/* A recall found the lot over all its lines, however they were written: its units are its own. */
static bool is_same(const struct due *due, const struct verify_recorded *row) {
    if (due->kind != row->kind || !id_equal(due->product_id, row->product_id) ||
        !text_equal(due->stated, row->stated))
        return false;
    if (due->kind == KIND_WRONG_LOT) return true;
    return strcmp(due->lot, row->lot) == 0 && due->expected == row->expected && due->actual == row->actual;
}

/* Was everything known that the kind is judged by? */
static bool is_judged(const struct look *look, const struct verify_recorded *row) {
    switch (row->kind) {
    case KIND_SHORT:
    case KIND_NOT_DELIVERED:
    case KIND_OVER:
    case KIND_WRONG_ITEM:
    case KIND_UNORDERED:
        return is_judged_by_order(look);
    case KIND_EXPIRED:
        return knows_date(look);
    case KIND_SHORT_DATED:
    case KIND_LOT_MISSING:
    case KIND_WRONG_LOT:
        return false; /* the catalogue of then, and recalls of later, may have said so */
    default:
        return true;
    }
}

MUST static enum err tell(struct look *look, struct verify_walk *walk, const char *what) {
    char delivery[ID_TEXT_SIZE];
    int64_t seq;
    TRY(store_audit_last_of(look->c, look->drop->delivery_id, &seq));
    verify_find(walk, "delivery %s: %s (the delivery's last audit event is %" PRId64 ")",
                id_format(look->drop->delivery_id, delivery), what ? what : "a discrepancy is wrong", seq);
    return OK;
}

static const char *missing(const struct look *look, const struct due *due) {
    char id[ID_TEXT_SIZE];
    return arena_printf(
        look->c->arena, "confirmation %s calls for a discrepancy %s, and none like it is recorded",
        id_format(look->drop->confirmation_id, id), names_word(&discrepancy_kind_names, due->kind));
}

static const char *unfounded(const struct look *look, const struct verify_recorded *row) {
    char id[ID_TEXT_SIZE];
    return arena_printf(look->c->arena, "its discrepancy %s (%s) does not follow from what was stated",
                        id_format(row->id, id), names_word(&discrepancy_kind_names, row->kind));
}

MUST static enum err compare(struct look *look, struct verify_walk *walk) {
    const struct verify_recorded *row = look->recorded.at;
    for (size_t k = 0; k < look->recorded.n; k++) {
        bool founded = false;
        for (size_t i = 0; i < look->dues; i++) {
            if (!is_same(&look->due[i], &row[k])) continue;
            founded = look->due[i].is_recorded = true;
        }
        if (!founded && row[k].state != DISCREPANCY_VOID && is_judged(look, &row[k]))
            TRY(tell(look, walk, unfounded(look, &row[k])));
    }
    for (size_t i = 0; i < look->dues; i++)
        if (!look->due[i].is_recorded) TRY(tell(look, walk, missing(look, &look->due[i])));
    return OK;
}

/* ---- the walk ---- */

MUST static enum err look_at(struct ctx *c, struct verify_walk *walk, const struct verify_drop *drop) {
    struct look look = {.c = c, .drop = drop};
    TRY(store_verify_lines(c, drop, &look.lines));
    TRY(store_verify_promised(c, drop, &look.promised));
    TRY(store_verify_recorded(c, drop, &look.recorded));
    size_t most = look.lines.n + look.promised.n;
    look.pile = arena_array(c->arena, most + 1, sizeof *look.pile);
    /* a pile is of at most five kinds, a line of as many as there are of lots, and three are of papers */
    look.due = arena_array(c->arena, 5 * most + COUNT(LOT_KINDS) * look.lines.n + 3, sizeof *look.due);
    if (!look.pile || !look.due) return FAIL(c, ERR_LIMIT, "request.too-large", "no memory");
    pile_up(&look);
    units(&look);
    lots(&look);
    documents(&look);
    return compare(&look, walk);
}

MUST static enum err look_at_page(struct ctx *c, struct verify_walk *walk, struct id *after, bool *more_out) {
    struct list drops;
    TRY(store_verify_drops(c, *after, PAGE, &drops));
    const struct verify_drop *drop = drops.at;
    for (size_t i = 0; i < drops.n; i++)
        TRY(look_at(c, walk, &drop[i]));
    if (drops.n > 0) *after = drop[drops.n - 1].own_id;
    walk->drops += (int64_t)drops.n;
    verify_progress(walk, "drops", walk->drops);
    *more_out = drops.n == PAGE;
    return OK;
}

enum err verify_drops(struct ctx *c, struct verify_walk *walk) {
    return verify_pages(c, walk, look_at_page);
}
