/* The units of a drop summed per product: over all its lines and lots, never over two products. */
#ifndef CANARY_DOMAIN_TALLY_H
#define CANARY_DOMAIN_TALLY_H

#include "domain/reconcile.h"

#define CONDITIONS (CONDITION_NOT_LOADED + 1)

struct tally {
    struct id product_id;
    const char *stated; /* how a product without an id was named */
    bool ordered;       /* on the order, and the order is not closed */
    bool swapped;       /* not ordered, while something ordered is missing */
    bool critical, lot_tracked;
    int64_t shelf_life_min_days;
    int64_t authorised;
    int64_t units[CONDITIONS];
};

/* First the promised products in their order, then the others: known ones by id, unknown ones by what was
 * stated. So the order of the stated lines leaves no trace. */
struct tallies {
    struct tally *at;
    size_t n, promised;
};

MUST enum err tallies_build(struct arena *arena, const struct drop_facts *facts, struct tallies *tallies_out);
/* The tally that a stated line was counted in; NULL when there is none. */
struct tally *tallies_find(const struct tallies *tallies, struct id product_id, const char *stated);

int64_t tally_stated(const struct tally *tally);
/* Ordered units that nobody accounted for. */
int64_t tally_unexplained(const struct tally *tally);

#endif
