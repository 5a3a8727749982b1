#include "app/app_figure.h"
#include "base/date.h"
#include "base/groups.h"
#include "base/id.h"
#include "domain/report.h"
#include "store/store_commitment.h"
#include "store/store_plan.h"

/* ---- a day that is over ---- */

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* At `instant`, wherever there is a depot. One that is added later, or moves to another zone, may have it
 * still before it: then it is over no more, and reports read its commitments again. */
MUST static enum err last_over(struct ctx *c, int64_t instant, int64_t *date_out) {
    struct list zones;
    TRY(store_plan_timezones(c, &zones));
    *date_out = DATE_MAX;
    for (size_t i = 0; i < zones.n; i++) {
        const struct timezone_row *zone = (const struct timezone_row *)zones.at + i;
        *date_out = least(*date_out, figure_last_over(zone->timezone, instant));
    }
    return OK;
}

struct day {
    struct groups figures;
    struct figure_state state;
    int64_t rows;
};

static enum err sum_row(struct ctx *c, void *record, void *user) {
    const struct commitment *row = record;
    struct day *day = user;
    day->rows++;
    if (row->known_from > day->state.known_from) day->state.known_from = row->known_from;
    if (!figure_is_settled(row)) return store_figure_open_add(c, row->order_id);
    for (enum figure_whose whose = 0; whose < FIGURE_WHOSE; whose++) {
        struct figure part = figure_of(row, whose, FIGURE_DAY), *sum;
        sum = groups_at(c->arena, &day->figures, &part);
        if (!sum) return FAIL(c, ERR_LIMIT, "request.too-large", "a day has too many sums");
        kpi_sum(&sum->kpi, &part.kpi);
    }
    return OK;
}

MUST static enum err add_sums(struct ctx *c, const struct groups *figures) {
    for (size_t i = 0; i < figures->slots; i++) {
        if (!figures->slot[i]) continue;
        struct figure sum = *(const struct figure *)figures->slot[i];
        TRY(store_figure_add(c, &sum));
        sum.span = FIGURE_MONTH;
        sum.begins = figure_begins(FIGURE_MONTH, sum.begins);
        TRY(store_figure_add(c, &sum));
    }
    return OK;
}

MUST static enum err sum_day(struct ctx *c, int64_t date, struct figure_state *state, int64_t *rows) {
    const struct id all = {{0}};
    struct day day = {.figures = {.key = FIGURE_KEY, .record = sizeof(struct figure)}, .state = *state};
    TRY(store_commitment_each(c, date, date, KNOWN_FOREVER - 1, all, sum_row, &day));
    TRY(add_sums(c, &day.figures));
    day.state.through = date;
    *state = day.state;
    *rows += day.rows;
    return store_figure_state_set(c, state);
}

enum err app_figure_sum(struct ctx *c, int64_t limit, bool *more_out) {
    struct figure_state state;
    int64_t rows = 0, date, last;
    *more_out = false;
    TRY(store_figure_state(c, &state));
    TRY(last_over(c, c->now, &last));
    while (true) {
        enum err err = store_figure_next_day(c, &state, &date);
        if (err == ERR_NOT_FOUND) return OK;
        TRY(err);
        if (date > last) return OK;
        *more_out = rows >= limit;
        if (*more_out) return OK;
        TRY(sum_day(c, date, &state, &rows));
    }
}

/* ---- a report ---- */

/* The one kind of sum that tells all that is asked for apart; FIGURE_WHOSE: there is none. */
static enum figure_whose whose_of(const struct figure_wish *wish) {
    unsigned asked = wish->groups & ~GROUP_BIT(GROUP_MONTH); /* every sum is of one month */
    if (wish->basis != BASIS_COMMITMENT) return FIGURE_WHOSE;
    if (!id_is_none(wish->customer_id)) asked |= GROUP_BIT(GROUP_CUSTOMER);
    if (asked == 0 || asked == GROUP_BIT(GROUP_CUSTOMER)) return FIGURE_CUSTOMER;
    if (asked == GROUP_BIT(GROUP_DEPOT)) return FIGURE_DEPOT;
    return asked == GROUP_BIT(GROUP_DRIVER) ? FIGURE_DRIVER : FIGURE_WHOSE;
}

struct part {
    enum figure_span span;
    int64_t from, to;
};

/* Whole months as months: from the first one that begins in the period to the last that ends in it, or whose
 * days after it no sum has. The days before and after them as days. */
static void part_period(int64_t from, int64_t to, int64_t through, struct part part_out[3]) {
    int64_t first = figure_begins(FIGURE_MONTH, from);
    if (first < from) first = figure_ends(FIGURE_MONTH, from) + 1;
    bool ends = to == through || to == figure_ends(FIGURE_MONTH, to);
    int64_t last = ends ? to : figure_begins(FIGURE_MONTH, to) - 1;
    if (last < first) last = first - 1;
    part_out[0] = (struct part){FIGURE_DAY, from, least(first - 1, to)};
    part_out[1] = (struct part){FIGURE_MONTH, first, last};
    part_out[2] = (struct part){FIGURE_DAY, last + 1, to};
}

MUST static enum err read_sums(struct ctx *c, const struct figure_wish *wish, enum figure_whose whose,
                               int64_t to, int64_t through, const struct figure_reader *reader) {
    struct part part[3];
    part_period(wish->from, to, through, part);
    for (size_t i = 0; i < COUNT(part); i++) {
        if (part[i].from > part[i].to) continue;
        TRY(store_figure_each(c, whose, part[i].span, part[i].from, part[i].to, wish->customer_id,
                              reader->sum, reader->user));
    }
    return store_commitment_open(c, wish->from, to, wish->customer_id, reader->row, reader->user);
}

/* Sums hold what is known now: as of an instant before the last change of one they answer nothing. */
enum err app_figure_read(struct ctx *c, const struct figure_wish *wish, const struct figure_reader *reader) {
    struct figure_state state;
    int64_t from = wish->from;
    enum figure_whose whose = whose_of(wish);
    TRY(store_figure_state(c, &state));
    if (whose != FIGURE_WHOSE && state.through != NONE && state.known_from <= wish->as_of) {
        int64_t to;
        TRY(last_over(c, wish->as_of, &to));
        to = least(to, least(wish->to, state.through));
        if (from <= to) {
            TRY(read_sums(c, wish, whose, to, state.through, reader));
            from = to + 1;
        }
    }
    if (from > wish->to) return OK;
    return store_commitment_each(c, from, wish->to, wish->as_of, wish->customer_id, reader->row,
                                 reader->user);
}
