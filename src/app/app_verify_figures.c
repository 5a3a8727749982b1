/* The sums of reports: each is added up again from its commitments, month by month. */
#include "base/date.h"
#include "base/groups.h"
#include "base/id.h"
#include "base/limits.h"
#include "store/store_commitment.h"
#include "store/store_figure.h"
#include "verify_walk.h"
#include <inttypes.h>

struct figures {
    struct verify_walk *walk;
    struct groups sums;        /* struct figure, of one month; what the rows say is taken off again */
    struct figure_state state; /* as it stands */
    int64_t first;             /* day of a commitment */
    int64_t last, known_from;  /* of the commitments that were looked at: date, instant */
};

static void find_wrong(struct figures *figures, const struct figure *sum) {
    char id[ID_TEXT_SIZE], date[DATE_TEXT_SIZE];
    bool none = id_is_none(sum->id);
    verify_find(figures->walk,
                "table figure: the sum of the %s from %s of %s %s is not that of its commitments",
                names_word(&figure_span_names, sum->span), date_format(sum->begins, date),
                names_word(&figure_whose_names, sum->whose), none ? "-" : id_format(sum->id, id));
}

MUST static enum err add_up(struct ctx *c, struct figures *figures, const struct figure *part) {
    struct figure *sum = groups_at(c->arena, &figures->sums, part);
    if (!sum) return FAIL(c, ERR_LIMIT, "request.too-large", "a month has too many sums");
    kpi_sum(&sum->kpi, &part->kpi);
    return OK;
}

static enum err take_row(struct ctx *c, void *record, void *user) {
    const struct commitment *row = record;
    struct figures *figures = user;
    figures->last = row->due_on;
    if (row->known_from > figures->known_from) figures->known_from = row->known_from;
    if (!figure_is_settled(row)) return OK;
    for (enum figure_whose whose = 0; whose < FIGURE_WHOSE; whose++)
        for (enum figure_span span = 0; span < FIGURE_SPANS; span++) {
            struct figure part = figure_of(row, whose, span);
            TRY(add_up(c, figures, &part));
        }
    return OK;
}

static enum err take_off(struct ctx *c, void *record, void *user) {
    const struct figure *row = record;
    struct figures *figures = user;
    struct figure *sum = groups_find(&figures->sums, row);
    (void)c;
    if (!sum) {
        find_wrong(figures, row);
        return OK;
    }
    figure_subtract(&sum->kpi, &row->kpi);
    return OK;
}

MUST static enum err look_at_month(struct ctx *c, struct figures *figures, int64_t begins) {
    const struct id all = {{0}};
    int64_t end = figure_ends(FIGURE_MONTH, begins), through = figures->state.through;
    figures->sums = (struct groups){.key = FIGURE_KEY, .record = sizeof(struct figure)};
    TRY(store_commitment_each(c, begins, end < through ? end : through, KNOWN_FOREVER - 1, all, take_row,
                              figures));
    for (enum figure_whose whose = 0; whose < FIGURE_WHOSE; whose++)
        for (enum figure_span span = 0; span < FIGURE_SPANS; span++)
            TRY(store_figure_each(c, whose, span, begins, end, all, take_off, figures));
    for (size_t i = 0; i < figures->sums.slots; i++)
        if (figures->sums.slot[i] && !figure_is_zero(figures->sums.slot[i]))
            find_wrong(figures, figures->sums.slot[i]);
    return OK;
}

/* Each month in the same memory. */
static enum err look_at_months(struct ctx *apart, void *user) {
    struct figures *figures = user;
    for (int64_t begins = figure_begins(FIGURE_MONTH, figures->first); begins <= figures->state.through;
         begins = figure_ends(FIGURE_MONTH, begins) + 1) {
        arena_reset(apart->arena);
        TRY(look_at_month(apart, figures, begins));
    }
    return OK;
}

MUST static enum err look_outside(struct ctx *c, struct figures *figures) {
    int64_t rows, from = figure_begins(FIGURE_MONTH, figures->first), through = figures->state.through;
    TRY(store_figure_outside(c, from, through == NONE ? from - 1 : through, &rows));
    if (rows > 0)
        verify_find(figures->walk, "table figure: %" PRId64 " sums are of days that were not summed", rows);
    if (figures->last != figures->state.through || figures->known_from != figures->state.known_from)
        verify_find(figures->walk, "table figure_state: this is not how far the sums go");
    return OK;
}

enum err verify_figures(struct ctx *c, struct verify_walk *walk) {
    struct figures figures = {.walk = walk, .first = DATE_MAX, .last = NONE, .known_from = NONE};
    const struct figure_state nothing = {NONE, NONE};
    TRY(store_figure_state(c, &figures.state));
    enum err err = store_figure_next_day(c, &nothing, &figures.first);
    if (err != OK && err != ERR_NOT_FOUND) return err;
    TRY(ctx_apart(c, LIMIT_VERIFY_PAGE_BYTES, look_at_months, &figures));
    return look_outside(c, &figures);
}
