/* What the parts of the verification share: whom to tell, and what was found so far. */
#ifndef CANARY_APP_VERIFY_WALK_H
#define CANARY_APP_VERIFY_WALK_H

#include "app/app_verify.h"
#include "db/db_rows.h"
#include "store/audit_block.h"

/* Where packed events of an entity are, and of a noun, as the blocks have it: what audit_place and audit_noun
 * must say. */
struct verify_places {
    struct id entity[AUDIT_BLOCK]; /* of the block that is walked */
    uint64_t noun[AUDIT_BLOCK];    /* hashes of its nouns, each once */
    size_t n, nouns;
    int64_t unnamed; /* blocks up to this one may speak of any noun */
    uint64_t nouns_sum;
    int64_t rows;
    uint64_t sum; /* of a hash of each row: in whichever order they come */
    bool is_cut;  /* the log could not be read to its end */
};

struct verify_walk {
    struct arena *arena; /* of the sentences */
    void (*tell)(void *user, const char *sentence);
    void (*progress)(void *user, const char *what, int64_t done);
    void *user;
    const struct log_head *head; /* NULL: none */
    struct db_rows stated;       /* the sum of all rows, as the log says it */
    bool summed;                 /* an event had one: every later one must */
    bool is_cut;           /* a part could not be read to its end: what it would have added up is not known */
    int64_t drops, orders; /* judged, and counted, again so far */
    struct verify_places places;
    struct verify_result result;
};

/* Counts a finding and tells it: one sentence, without personal values. */
__attribute__((format(printf, 2, 3))) void verify_find(struct verify_walk *walk, const char *fmt, ...);
/* A finding about an order, a zone …: what should hold does not. Names its last audit event. */
MUST enum err verify_not_so(struct ctx *c, struct verify_walk *walk, const char *what, struct id id);
void verify_progress(const struct verify_walk *walk, const char *what, int64_t done);
/* Is this SHA-256(salt || value), or its first half? */
bool verify_is_digest(struct blob digest, struct blob salt, const char *value);

/* app_verify_log.c: the log alone. */
MUST enum err verify_log(struct ctx *c, struct verify_walk *walk);
/* app_verify_places.c: before the log is walked; an event out of a block, in order; then the tables. */
MUST enum err verify_places_begin(struct ctx *c, struct verify_walk *walk);
void verify_place_event(struct verify_walk *walk, const struct audit_row *row);
MUST enum err verify_places(struct ctx *c, struct verify_walk *walk);
/* app_verify_rows.c: what an event says about rows; then every row there is. */
void verify_rows_event(struct verify_walk *walk, const struct audit_row *row);
MUST enum err verify_rows(struct ctx *c, struct verify_walk *walk);
/* Calls `page` until it says that there is no more, each time with memory of its own; *after is no id at
 * first.
 */
typedef enum err verify_page(struct ctx *c, struct verify_walk *walk, struct id *after, bool *more_out);
MUST enum err verify_pages(struct ctx *c, struct verify_walk *walk, verify_page *page);

/* app_verify_drops.c: every discrepancy that reconciliation must have found, and none beside. */
MUST enum err verify_drops(struct ctx *c, struct verify_walk *walk);
/* app_verify_capacity.c: what bookings have taken. */
MUST enum err verify_capacity(struct ctx *c, struct verify_walk *walk);
/* app_verify_units.c: every order's units. */
MUST enum err verify_units(struct ctx *c, struct verify_walk *walk);
/* app_verify_figures.c: every sum that reports are made of, and none beside. */
MUST enum err verify_figures(struct ctx *c, struct verify_walk *walk);
/* app_verify_stock.c */
MUST enum err verify_stock(struct ctx *c, struct verify_walk *walk);
/* app_verify_plan.c: how far patients are planned. */
MUST enum err verify_plan(struct ctx *c, struct verify_walk *walk);

#endif
