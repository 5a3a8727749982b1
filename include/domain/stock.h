/* A count of a patient's stock. */
#ifndef CANARY_DOMAIN_STOCK_H
#define CANARY_DOMAIN_STOCK_H

#include "base/arena.h"
#include "base/shape.h"

struct stock_count {
    struct id id, patient_id, order_id;
    int64_t date, at; /* civil date of the depot, instant */
    struct id by_id;
    struct list lines;   /* struct stock_count_line */
    struct blob counted; /* the same, as the database has it */
};
extern const struct shape stock_count_shape;

struct stock_count_line {
    struct id product_id;
    int64_t on_hand; /* units */
};
extern const struct shape stock_count_line_shape;

/* The lines as one column: of each twice the units, and 1 more where the id is kept whole, in seven bits a
 * byte, the lowest first; then the id as the database has it, 6 or 16 bytes. at NULL: no memory. */
struct blob stock_count_pack(struct arena *arena, struct list lines);
/* false: these are no such bytes, or there is no memory. */
bool stock_count_unpack(struct arena *arena, struct blob counted, struct list *lines_out);

/* What a patient has of one product, but for what is used: the last count of it, and what came since. */
struct stock_now {
    struct id product_id;
    int64_t date, at;    /* of the count: civil date of the depot, instant */
    int64_t counted;     /* by it, in units */
    int64_t units;       /* those and what came since */
    int64_t use_per_day; /* thousandths, on every day from that date on; NONE: it changes, ask the
                            prescriptions */
};

/* All products of a patient as one column: of each what was counted and the id as above, then date, instant,
 * units and use (-1: it changes) as bytes_add_signed has them. at NULL: no memory. */
struct blob stock_pack(struct arena *arena, const struct stock_now *now, size_t n);
/* false: these are no such bytes, or there is no memory. */
bool stock_unpack(struct arena *arena, struct blob packed, struct stock_now **now_out, size_t *n_out);

#endif
