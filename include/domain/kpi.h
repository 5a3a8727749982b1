/* The figures of section 5, counted from commitment rows, and nothing else. */
#ifndef CANARY_DOMAIN_KPI_H
#define CANARY_DOMAIN_KPI_H

#include "domain/commitment.h"

enum kpi_basis { BASIS_COMMITMENT, BASIS_WINDOW };
extern const struct names kpi_basis_names;

/* Counts over the commitments of one group. */
struct kpi {
    int64_t due;
    int64_t pending, early, on_time, late, missed; /* sum to due */
    int64_t in_full, otif, perfect, inaccurate;    /* of due that are stated */
    int64_t lines, lines_right, units_authorised, units_accepted;
    int64_t recoveries, reversals;
    int64_t due_stated; /* denominator of in_full, otif, perfect, inaccurate: due − not_stated */
    int64_t not_stated;
    int64_t excluded[EXCLUDED_OVERRIDDEN + 1]; /* not due, by reason */
    /* net: without those not otif whose every failure is attributed to patient, customer or force majeure */
    int64_t net_due, net_due_stated, net_on_time, net_missed, net_late, net_early, net_in_full, net_otif,
        net_perfect, net_inaccurate;
    /* experienced: contested commitments counted as the customer says: missed, not_delivered are neither on
     * time nor in full, late and early not on time, kinds about lines not in full, all others not perfect */
    int64_t experienced_on_time, experienced_in_full, experienced_otif, experienced_perfect;
};

/* The civil date that decides the period: due_on with either basis, because a commitment is due when its own
 * window ended, and a reschedule by us must not take it out of the denominator; BASIS_WINDOW only classes it
 * by the current window, which may still be ahead (pending). It is due as of `as_of` when its window has
 * ended by then and it is not excluded. */
int64_t kpi_period_date(const struct commitment *row, int64_t basis);
bool kpi_is_due(const struct commitment *row, int64_t basis, int64_t as_of);
/* Adds one commitment whose period date is in the period: to the counts, or to excluded, or to nothing (not
 * ended yet). */
void kpi_add(struct kpi *kpi, const struct commitment *row, int64_t basis, int64_t as_of);
/* What both take away together when the customer is believed (values of commitment.contested): the one that
 * takes all of it, else not_delivered. */
int64_t kpi_contest_join(int64_t a, int64_t b);
/* Adds b's counts into a: totals. */
void kpi_sum(struct kpi *a, const struct kpi *b);

struct kpi_rate {
    double value, low, high; /* NAN: null. low and high only when 0 < n < small_n (Wilson 95 %) */
    int64_t n;
};

/* value = numerator / n; n = 0: NAN. */
struct kpi_rate kpi_rate(int64_t numerator, int64_t n, int64_t small_n);
/* Wilson score interval, z = 1.959964 (Wilson 1927; values in the tests from statistics literature). */
void kpi_wilson(int64_t numerator, int64_t n, double *low_out, double *high_out);

#endif
