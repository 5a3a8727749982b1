#include "domain/reconcile.h"
#include "domain/place.h"
#include "domain/receiver.h"
#include "domain/tally.h"
#include <stdlib.h>
#include <string.h>

/* Findings are counted first and written second: `at` is NULL while counting. */
struct found {
    struct finding *at;
    size_t n;
};

static void add(struct found *found, const struct finding *finding) {
    if (found->at) found->at[found->n] = *finding;
    found->n++;
}

static void add_units(struct found *found, int64_t kind, const struct tally *tally, const char *lot,
                      int64_t expected, int64_t actual) {
    add(found, &(struct finding){.kind = kind,
                                 .severity = severity_of(kind, tally->critical, false),
                                 .responsibility = kind == KIND_REFUSED ? BY_PATIENT : BY_UNDETERMINED,
                                 .product_id = tally->product_id,
                                 .stated = tally->stated,
                                 .lot = lot,
                                 .expected = expected,
                                 .actual = actual});
}

static void add_document(struct found *found, int64_t kind) {
    add(found, &(struct finding){.kind = kind,
                                 .severity = severity_of(kind, false, false),
                                 .responsibility = BY_UNDETERMINED,
                                 .expected = NONE,
                                 .actual = NONE});
}

/* ---- units of a product: a rule finds something where expected and actual differ ---- */

struct gap {
    int64_t expected, actual;
};

static struct gap gap_short(const struct tally *tally) {
    int64_t accepted = tally->units[CONDITION_OK];
    int64_t missing = tally_stated(tally) > 0 ? tally_unexplained(tally) : 0;
    return (struct gap){accepted + missing, accepted};
}

static struct gap gap_not_delivered(const struct tally *tally) {
    return (struct gap){tally_stated(tally) == 0 ? tally_unexplained(tally) : 0, 0};
}

static struct gap gap_over(const struct tally *tally) {
    int64_t accepted = tally->units[CONDITION_OK];
    bool over = tally->ordered && accepted > tally->authorised;
    return (struct gap){over ? tally->authorised : accepted, accepted};
}

static struct gap gap_wrong_item(const struct tally *tally) {
    return (struct gap){0, tally->swapped ? tally->units[CONDITION_OK] : 0};
}

static struct gap gap_unordered(const struct tally *tally) {
    return (struct gap){0, tally->ordered || tally->swapped ? 0 : tally->units[CONDITION_OK]};
}

static struct gap gap_damaged(const struct tally *tally) {
    return (struct gap){tally->units[CONDITION_DAMAGED], 0};
}

static struct gap gap_refused(const struct tally *tally) {
    return (struct gap){tally->units[CONDITION_REFUSED], 0};
}

static struct gap gap_not_loaded(const struct tally *tally) {
    return (struct gap){tally->units[CONDITION_NOT_LOADED], 0};
}

static const struct {
    int64_t kind;
    struct gap (*gap)(const struct tally *tally);
} UNIT_RULES[] = {
    {KIND_SHORT, gap_short},           {KIND_NOT_DELIVERED, gap_not_delivered}, {KIND_OVER, gap_over},
    {KIND_WRONG_ITEM, gap_wrong_item}, {KIND_UNORDERED, gap_unordered},         {KIND_DAMAGED, gap_damaged},
    {KIND_REFUSED, gap_refused},       {KIND_NOT_LOADED, gap_not_loaded},
};

static void find_units(const struct tallies *tallies, struct found *found) {
    for (size_t rule = 0; rule < COUNT(UNIT_RULES); rule++)
        for (size_t i = 0; i < tallies->n; i++) {
            struct gap gap = UNIT_RULES[rule].gap(&tallies->at[i]);
            if (gap.expected != gap.actual)
                add_units(found, UNIT_RULES[rule].kind, &tallies->at[i], NULL, gap.expected, gap.actual);
        }
}

/* ---- lots: only what was handed over is judged ---- */

struct lot {
    const struct tally *tally;
    const struct stated_line *line;
    const char *name; /* NULL: none */
    int64_t date;     /* of the drop */
};

struct lots {
    struct lot *at;
    size_t n;
};

static int compare_lots(const void *left, const void *right) {
    const struct lot *a = left, *b = right;
    if (a->tally != b->tally) return a->tally < b->tally ? -1 : 1;
    if (!a->name || !b->name) return (a->name != NULL) - (b->name != NULL);
    return strcmp(a->name, b->name);
}

static enum err lots_build(struct arena *arena, const struct drop_facts *facts, const struct tallies *tallies,
                           struct lots *lots_out) {
    struct lots lots = {arena_array(arena, facts->stated_n + 1, sizeof *lots.at), 0};
    if (!lots.at) return ERR_LIMIT;
    for (size_t i = 0; i < facts->stated_n; i++) {
        const struct stated_line *line = &facts->stated[i];
        if (line->condition != CONDITION_OK || line->qty == 0) continue;
        const char *name = line->lot && *line->lot ? line->lot : NULL;
        const struct tally *tally = tallies_find(tallies, line->product_id, line->stated);
        lots.at[lots.n++] = (struct lot){tally, line, name, facts->date};
    }
    qsort(lots.at, lots.n, sizeof *lots.at, compare_lots);
    *lots_out = lots;
    return OK;
}

static bool is_expired(const struct lot *lot) {
    return lot->line->expiry != NONE && lot->line->expiry < lot->date;
}

static bool is_short_dated(const struct lot *lot) {
    int64_t expiry = lot->line->expiry;
    return expiry != NONE && !is_expired(lot) && expiry < lot->date + lot->tally->shelf_life_min_days;
}

static bool is_lot_missing(const struct lot *lot) {
    return lot->tally->lot_tracked && !lot->name;
}

static bool is_recalled(const struct lot *lot) {
    return lot->line->recalled == 1;
}

static const struct {
    int64_t kind;
    bool (*holds)(const struct lot *lot);
} LOT_RULES[] = {
    {KIND_EXPIRED, is_expired},
    {KIND_SHORT_DATED, is_short_dated},
    {KIND_LOT_MISSING, is_lot_missing},
    {KIND_WRONG_LOT, is_recalled},
};

static void find_lots(const struct lots *lots, struct found *found) {
    for (size_t rule = 0; rule < COUNT(LOT_RULES); rule++)
        for (size_t first = 0, i = 0; first < lots->n; first = i) {
            const struct lot *lot = &lots->at[first];
            int64_t units = 0;
            for (; i < lots->n && compare_lots(lot, &lots->at[i]) == 0; i++)
                if (LOT_RULES[rule].holds(&lots->at[i])) units += lots->at[i].line->qty;
            if (units > 0) add_units(found, LOT_RULES[rule].kind, lot->tally, lot->name, 0, units);
        }
}

/* ---- the verdict ---- */

static void find_documents(const struct drop_facts *facts, const struct verdict *verdict,
                           struct found *found) {
    if (verdict->place == PLACE_WRONG) add_document(found, KIND_WRONG_PLACE);
    if (verdict->receiver_known == 0) add_document(found, KIND_WRONG_RECIPIENT);
    if (facts->has_proof != 1) add_document(found, KIND_NO_PROOF);
}

static void find_all(const struct drop_facts *facts, const struct tallies *tallies, const struct lots *lots,
                     const struct verdict *verdict, struct found *found) {
    find_units(tallies, found);
    find_lots(lots, found);
    find_documents(facts, verdict, found);
}

/* ---- the lines ---- */

static void sum_line(const struct line_result *line, struct verdict *verdict) {
    verdict->units_ok += line->accepted;
    verdict->lines_right += line->accepted == line->authorised;
    verdict->units_authorised += line->authorised;
    verdict->units_right += line->accepted < line->authorised ? line->accepted : line->authorised;
}

/* A closed order wanted none of its products: what came all the same is unordered, and fills no line. */
static struct line_result line_of(const struct tally *tally) {
    struct line_result line = {.product_id = tally->product_id, .authorised = tally->authorised};
    if (!tally->ordered) return line;
    line.accepted = tally->units[CONDITION_OK];
    line.damaged = tally->units[CONDITION_DAMAGED];
    line.refused = tally->units[CONDITION_REFUSED];
    line.not_loaded = tally->units[CONDITION_NOT_LOADED];
    return line;
}

static enum err lines_build(struct arena *arena, const struct tallies *tallies, struct verdict *verdict) {
    verdict->line = arena_array(arena, tallies->promised + 1, sizeof *verdict->line);
    if (!verdict->line) return ERR_LIMIT;
    verdict->lines = tallies->promised;
    for (size_t i = 0; i < tallies->promised; i++) {
        verdict->line[i] = line_of(&tallies->at[i]);
        sum_line(&verdict->line[i], verdict);
    }
    return OK;
}

/* Why nothing was completed: refused or not loaded when every stated unit was so, else other. */
static int64_t failure_of(const struct tallies *tallies) {
    int64_t units[CONDITIONS] = {0}, all = 0;
    for (size_t i = 0; i < tallies->n; i++)
        for (int condition = 0; condition < CONDITIONS; condition++) {
            units[condition] += tallies->at[i].units[condition];
            all += tallies->at[i].units[condition];
        }
    if (all > 0 && units[CONDITION_REFUSED] == all) return FAILURE_REFUSED;
    if (all > 0 && units[CONDITION_NOT_LOADED] == all) return FAILURE_NOT_LOADED;
    return FAILURE_OTHER;
}

enum err reconcile(struct arena *arena, const struct rules *rules, const struct drop_facts *facts,
                   struct verdict *verdict_out) {
    struct verdict verdict = {.failure_reason = NONE};
    struct tallies tallies;
    struct lots lots;
    struct found found = {0};
    bool known;
    *verdict_out = (struct verdict){.failure_reason = NONE};
    TRY(tallies_build(arena, facts, &tallies));
    TRY(lots_build(arena, facts, &tallies, &lots));
    TRY(lines_build(arena, &tallies, &verdict));
    verdict.place = place_judge(rules, facts);
    TRY(receiver_judge(arena, facts, &known));
    verdict.receiver_known = known;
    verdict.completes = verdict.units_ok > 0;
    if (!verdict.completes) verdict.failure_reason = failure_of(&tallies);
    find_all(facts, &tallies, &lots, &verdict, &found);
    found.at = verdict.finding = arena_array(arena, found.n + 1, sizeof *found.at);
    if (!found.at) return ERR_LIMIT;
    verdict.findings = found.n;
    found.n = 0;
    find_all(facts, &tallies, &lots, &verdict, &found);
    *verdict_out = verdict;
    return OK;
}
