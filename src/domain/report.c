#include "domain/report.h"
#include "base/arena.h"
#include "base/err.h"

const char report_definitions[] =
    "{\"due\":\"commitments whose window ended in the period (civil date of the depot) and not after as_of, "
    "without "
    "those excluded; attempted or not\","
    "\"on_time\":\"completed between the window's start and end, tolerances included\","
    "\"early\":\"completed before the window's start\","
    "\"late\":\"not completed by the window's end, and completed, or still awaited, within the grace\","
    "\"missed\":\"not completed by the end of the grace, for whatever cause; a later drop does not undo it\","
    "\"in_full\":\"every line accepted as authorised, no line discrepancy that is not void\","
    "\"otif\":\"on time and in full\","
    "\"perfect\":\"otif, undamaged, right place and receiver, proof present (SCOR RL.1.1)\","
    "\"inaccurate\":\"handed over with a line or document discrepancy that is not void\","
    "\"line_fill\":\"lines right / lines\","
    "\"unit_fill\":\"units accepted, at most those authorised / units authorised\","
    "\"net\":\"without commitments whose every failure is attributed to patient, customer or force majeure\","
    "\"experienced\":\"contested commitments counted as the customer says\","
    "\"canary_gap\":\"recorded minus experienced\","
    "\"rates\":\"value = figure / n; null when n is 0; Wilson 95 % interval below n = 20\"}";

static bool add_rate(struct arena *arena, int64_t numerator, int64_t n, int64_t small_n,
                     const struct report_rate **rate_out) {
    struct report_rate *rate = arena_alloc(arena, sizeof *rate);
    struct kpi_rate from = kpi_rate(numerator, n, small_n);
    if (!rate) return false;
    *rate = (struct report_rate){from.value, from.low, from.high, from.n};
    *rate_out = rate;
    return true;
}

/* A row's numerators, each with its denominator, in the order of struct report_rates. */
struct ratio {
    int64_t numerator, n;
};

static const struct report_rates *rates_of(struct arena *arena, const struct ratio *ratio, size_t n,
                                           int64_t small_n) {
    struct report_rates *rates = arena_alloc(arena, sizeof *rates);
    if (!rates) return NULL;
    const struct report_rate **slot[] = {
        &rates->on_time, &rates->early,   &rates->late,       &rates->missed,    &rates->in_full,
        &rates->otif,    &rates->perfect, &rates->inaccurate, &rates->line_fill, &rates->unit_fill};
    for (size_t i = 0; i < n; i++)
        if (!add_rate(arena, ratio[i].numerator, ratio[i].n, small_n, slot[i])) return NULL;
    return rates;
}

static const struct report_rates *gross_rates(struct arena *arena, const struct kpi *k, int64_t small_n) {
    const struct ratio ratio[] = {{k->on_time, k->due},        {k->early, k->due},
                                  {k->late, k->due},           {k->missed, k->due},
                                  {k->in_full, k->due_stated}, {k->otif, k->due_stated},
                                  {k->perfect, k->due_stated}, {k->inaccurate, k->due_stated},
                                  {k->lines_right, k->lines},  {k->units_accepted, k->units_authorised}};
    return rates_of(arena, ratio, COUNT(ratio), small_n);
}

static const struct report_rates *net_rates(struct arena *arena, const struct kpi *k, int64_t small_n) {
    const struct ratio ratio[] = {
        {k->net_on_time, k->net_due},        {k->net_early, k->net_due},
        {k->net_late, k->net_due},           {k->net_missed, k->net_due},
        {k->net_in_full, k->net_due_stated}, {k->net_otif, k->net_due_stated},
        {k->net_perfect, k->net_due_stated}, {k->net_inaccurate, k->net_due_stated}};
    return rates_of(arena, ratio, COUNT(ratio), small_n);
}

/* What the source does not state is unknown, never 0. */
static int64_t stated(const struct kpi *k, int64_t figure) {
    return k->due_stated == 0 && k->not_stated > 0 ? NONE : figure;
}

static bool add_net(struct arena *arena, const struct kpi *k, int64_t small_n, struct report_row *row) {
    struct report_net *net = arena_alloc(arena, sizeof *net);
    if (!net) return false;
    *net = (struct report_net){.due = k->net_due,
                               .on_time = k->net_on_time,
                               .early = k->net_early,
                               .late = k->net_late,
                               .missed = k->net_missed,
                               .in_full = stated(k, k->net_in_full),
                               .otif = stated(k, k->net_otif),
                               .perfect = stated(k, k->net_perfect),
                               .inaccurate = stated(k, k->net_inaccurate),
                               .rates = net_rates(arena, k, small_n)};
    row->net = net;
    return net->rates != NULL;
}

static bool add_experienced(struct arena *arena, const struct kpi *k, struct report_row *row) {
    struct report_experienced *felt = arena_alloc(arena, sizeof *felt),
                              *gap = arena_alloc(arena, sizeof *gap);
    if (!felt || !gap) return false;
    *felt = (struct report_experienced){k->experienced_on_time, stated(k, k->experienced_in_full),
                                        stated(k, k->experienced_otif), stated(k, k->experienced_perfect)};
    *gap = (struct report_experienced){
        k->on_time - k->experienced_on_time, stated(k, k->in_full - k->experienced_in_full),
        stated(k, k->otif - k->experienced_otif), stated(k, k->perfect - k->experienced_perfect)};
    row->experienced = felt;
    row->canary_gap = gap;
    return true;
}

static bool add_excluded(struct arena *arena, const struct kpi *k, struct report_row *row) {
    struct report_excluded *out = arena_alloc(arena, sizeof *out);
    if (!out) return false;
    *out = (struct report_excluded){k->excluded[EXCLUDED_CANCELLED],
                                    k->excluded[EXCLUDED_SKIPPED],
                                    k->excluded[EXCLUDED_PAUSED],
                                    k->excluded[EXCLUDED_ENDED],
                                    k->excluded[EXCLUDED_ADMITTED],
                                    k->excluded[EXCLUDED_OVERRIDDEN],
                                    k->not_stated};
    row->excluded = out;
    return true;
}

bool report_fill(struct arena *arena, const struct kpi *k, int64_t small_n, struct report_row *row) {
    row->due = k->due;
    row->on_time = k->on_time;
    row->early = k->early;
    row->late = k->late;
    row->missed = k->missed;
    row->pending = k->pending;
    row->in_full = stated(k, k->in_full);
    row->otif = stated(k, k->otif);
    row->perfect = stated(k, k->perfect);
    row->inaccurate = stated(k, k->inaccurate);
    row->lines = stated(k, k->lines);
    row->lines_right = stated(k, k->lines_right);
    row->units_authorised = stated(k, k->units_authorised);
    row->units_accepted = stated(k, k->units_accepted);
    row->recoveries = k->recoveries;
    row->reversals = k->reversals;
    row->rates = gross_rates(arena, k, small_n);
    return row->rates && add_net(arena, k, small_n, row) && add_experienced(arena, k, row) &&
           add_excluded(arena, k, row);
}
