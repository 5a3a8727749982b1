/* Reconciliation: what was promised against what the driver states, per product, never netted. */
#ifndef CANARY_DOMAIN_RECONCILE_H
#define CANARY_DOMAIN_RECONCILE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/rules.h"
#include "base/shape.h"
#include "domain/words.h"

#define RECONCILE_RULE_VERSION 1

/* A product on the delivery, with the facts frozen at confirmation. */
struct promised_line {
    struct id product_id;
    int64_t authorised; /* units */
    int64_t critical, lot_tracked, shelf_life_min_days;
};

/* One stated line. A product that the catalogue does not know has no id and its code in `stated`. */
struct stated_line {
    struct id product_id;
    const char *stated;
    int64_t qty;
    const char *lot;                          /* NULL or "": none */
    int64_t expiry;                           /* last usable date, NONE: not stated */
    int64_t condition;                        /* enum condition */
    int64_t recalled;                         /* 1: this lot is under recall */
    int64_t lot_tracked, shelf_life_min_days; /* of a product not on the order; from the catalogue */
};

struct point {
    int64_t lat, lon; /* 1e-7 degrees; NONE: unknown */
};

struct drop_facts {
    const struct promised_line *promised;
    size_t promised_n;
    const struct stated_line *stated;
    size_t stated_n;
    int64_t date;                         /* civil date of the depot on which the drop was made */
    struct point home, fix;               /* home: of the patient or deliver_to */
    int64_t accuracy_m;                   /* of the fix; NONE counts as 0 */
    int64_t has_receiver;                 /* 1: a receiver was stated */
    const char *receiver_name, *relation; /* may be NULL */
    const char *const *listed;            /* names that may receive, besides the patient */
    size_t listed_n;
    int64_t has_proof; /* a signature or photo is named, or a coded bypass */
    bool order_closed; /* order cancelled or skipped: everything is unordered, nothing is missing */
};

/* One finding. `product_id` or `stated` for product kinds, `lot` for lot kinds; expected and actual NONE when
 * the kind has none. */
struct finding {
    int64_t kind, severity, responsibility;
    struct id product_id;
    const char *stated, *lot;
    int64_t expected, actual;
};

/* Of a closed order all but `authorised` are 0: what came is unordered and fills no line. */
struct line_result {
    struct id product_id;
    int64_t authorised, accepted, damaged, refused, not_loaded; /* units over all its lines and lots */
};

struct verdict {
    struct finding
        *finding; /* in the order of the kinds, then of the products promised, then stated, then lot */
    size_t findings;
    struct line_result *line; /* one per promised product */
    size_t lines;
    int64_t units_ok;                      /* of products on the order */
    int64_t lines_right;                   /* accepted = authorised */
    int64_t units_authorised, units_right; /* sum of min(accepted, authorised) */
    int64_t completes;                     /* 1: some unit of an ordered product is ok */
    int64_t failure_reason;                /* when it does not: refused, not_loaded or other */
    int64_t place;                         /* enum place */
    int64_t receiver_known;                /* 1: the patient or a listed name */
};

/* Judges a drop by section 4 of the contract. Pure; allocates the verdict in `arena` (NULL member finding and
 * err ERR_LIMIT when it is full). Lines may repeat a product and come in any order: the findings are the
 * same. */
MUST enum err reconcile(struct arena *arena, const struct rules *rules, const struct drop_facts *facts,
                        struct verdict *verdict_out);

/* Distance over the ground in metres between two points (haversine, mean earth radius 6,371,008.8 m, IUGG).
 */
double place_distance_m(struct point a, struct point b);
/* true for kinds about lines (they break in_full): short … wrong_lot; documents are wrong_place,
 * wrong_recipient, no_proof. */
bool kind_is_line(int64_t kind);
bool kind_is_document(int64_t kind);
/* Default severity of a discrepancy kind (section 4). `critical`: the product, or any product on a missed
 * delivery, is critical; `low_cover`: cover < 3 days. */
int64_t severity_of(int64_t kind, bool critical, bool low_cover);

#endif
