#include "domain/tally.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/log.h"
#include <stdlib.h>
#include <string.h>

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static int compare_names(const struct tally *a, const struct tally *b) {
    bool unknown_a = id_is_none(a->product_id), unknown_b = id_is_none(b->product_id);
    if (unknown_a != unknown_b) return unknown_a ? 1 : -1;
    return unknown_a ? strcmp(a->stated, b->stated) : id_compare(a->product_id, b->product_id);
}

static int compare_tallies(const void *a, const void *b) {
    return compare_names(a, b);
}

/* A product with an id is that product, however it was named. */
static struct tally key(struct id product_id, const char *stated) {
    bool unknown = id_is_none(product_id);
    return (struct tally){.product_id = product_id, .stated = !unknown ? NULL : stated ? stated : ""};
}

struct tally *tallies_find(const struct tallies *tallies, struct id product_id, const char *stated) {
    struct tally wanted = key(product_id, stated);
    for (size_t i = 0; i < tallies->n; i++)
        if (compare_names(&tallies->at[i], &wanted) == 0) return &tallies->at[i];
    return NULL;
}

static struct tally *find_or_add(struct tallies *tallies, struct id product_id, const char *stated) {
    struct tally *tally = tallies_find(tallies, product_id, stated);
    if (tally) return tally;
    tally = &tallies->at[tallies->n++];
    *tally = key(product_id, stated);
    return tally;
}

static void add_facts(struct tally *tally, bool critical, int64_t lot_tracked, int64_t shelf_life_min_days) {
    tally->critical |= critical;
    tally->lot_tracked |= lot_tracked == 1;
    tally->shelf_life_min_days = larger(tally->shelf_life_min_days, shelf_life_min_days);
}

static void add_promised(struct tallies *tallies, const struct promised_line *line, bool order_closed) {
    REQUIRE(!id_is_none(line->product_id));
    REQUIRE(line->authorised >= 0 && line->authorised <= LIMIT_UNITS);
    struct tally *tally = find_or_add(tallies, line->product_id, NULL);
    tally->ordered = !order_closed;
    tally->authorised += line->authorised;
    add_facts(tally, line->critical == 1, line->lot_tracked, line->shelf_life_min_days);
    tallies->promised = tallies->n;
}

/* The order's frozen facts win over today's catalogue. A line of zero units states nothing. */
static void add_stated(struct tallies *tallies, const struct stated_line *line) {
    REQUIRE(line->qty >= 0 && line->qty <= LIMIT_UNITS);
    REQUIRE(line->condition >= 0 && line->condition < CONDITIONS);
    if (line->qty == 0) return;
    struct tally *tally = find_or_add(tallies, line->product_id, line->stated);
    tally->units[line->condition] += line->qty;
    bool promised = (size_t)(tally - tallies->at) < tallies->promised;
    if (!promised) add_facts(tally, false, line->lot_tracked, line->shelf_life_min_days);
}

/* Not loaded leaves a gap that another item may have filled; damaged and refused units were the right item.
 */
static bool leaves_gap(const struct tally *tally) {
    const int64_t *units = tally->units;
    return tally->ordered &&
           tally->authorised > units[CONDITION_OK] + units[CONDITION_DAMAGED] + units[CONDITION_REFUSED];
}

static void mark_swapped(struct tallies *tallies) {
    bool gap = false;
    for (size_t i = 0; i < tallies->n; i++)
        gap |= leaves_gap(&tallies->at[i]);
    for (size_t i = 0; i < tallies->n; i++)
        tallies->at[i].swapped = gap && !tallies->at[i].ordered;
}

enum err tallies_build(struct arena *arena, const struct drop_facts *facts, struct tallies *tallies_out) {
    struct tallies tallies = {0};
    tallies.at = arena_array(arena, facts->promised_n + facts->stated_n + 1, sizeof *tallies.at);
    if (!tallies.at) return ERR_LIMIT;
    for (size_t i = 0; i < facts->promised_n; i++)
        add_promised(&tallies, &facts->promised[i], facts->order_closed);
    for (size_t i = 0; i < facts->stated_n; i++)
        add_stated(&tallies, &facts->stated[i]);
    qsort(tallies.at + tallies.promised, tallies.n - tallies.promised, sizeof *tallies.at, compare_tallies);
    mark_swapped(&tallies);
    *tallies_out = tallies;
    return OK;
}

int64_t tally_stated(const struct tally *tally) {
    int64_t units = 0;
    for (size_t i = 0; i < CONDITIONS; i++)
        units += tally->units[i];
    return units;
}

int64_t tally_unexplained(const struct tally *tally) {
    return tally->ordered ? larger(0, tally->authorised - tally_stated(tally)) : 0;
}
