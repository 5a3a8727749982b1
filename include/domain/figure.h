/* Sums of what commitments count, by day and by month, of each customer, depot and driver: what a report
 * reads instead of the commitments. Only of days that are over everywhere, and there of what is settled. */
#ifndef CANARY_DOMAIN_FIGURE_H
#define CANARY_DOMAIN_FIGURE_H

#include "domain/kpi.h"

enum figure_whose { FIGURE_CUSTOMER, FIGURE_DEPOT, FIGURE_DRIVER, FIGURE_WHOSE };
enum figure_span { FIGURE_DAY, FIGURE_MONTH, FIGURE_SPANS };
extern const struct names figure_whose_names, figure_span_names;

/* Begins with its key: id, whose, span, begins (FIGURE_KEY bytes without padding). */
struct figure {
    struct id id; /* none: no driver */
    int64_t whose, span;
    int64_t begins; /* date: the day, or the first of the month */
    struct kpi kpi; /* by BASIS_COMMITMENT */
};
#define FIGURE_KEY offsetof(struct figure, kpi)

/* The last day that is over at `now` in a time zone; in all of them, if that one is unknown. */
int64_t figure_last_over(const char *timezone, int64_t now);

/* What it counts once its window has ended can not change with time alone: it is not due, something was
 * handed over, or this version was written when missed_after was over. */
bool figure_is_settled(const struct commitment *row);
/* The sum it belongs to; kpi: what it counts, zero unless it is settled. */
struct figure figure_of(const struct commitment *row, enum figure_whose whose, enum figure_span span);
bool figure_same_key(const struct figure *a, const struct figure *b);
bool figure_is_zero(const struct figure *figure);
/* Every member of `less` taken from `kpi`. */
void figure_subtract(struct kpi *kpi, const struct kpi *less);
/* How many commitments a sum is of: each is due, or excluded for one reason. */
int64_t figure_commitments(const struct kpi *kpi);
/* First date of the span that the date is in; the last one. */
int64_t figure_begins(enum figure_span span, int64_t date);
int64_t figure_ends(enum figure_span span, int64_t date);

/* ---- as bytes: each member of struct kpi in order, seven bits a byte, the lowest first ---- */

#define FIGURE_COUNTS (sizeof(struct kpi) / sizeof(int64_t))
#define FIGURE_BYTES (FIGURE_COUNTS * 10)
size_t figure_write(const struct kpi *kpi, uint8_t bytes_out[FIGURE_BYTES]);
/* false: they are not of that form. */
bool figure_read(struct blob bytes, struct kpi *kpi_out);

#endif
