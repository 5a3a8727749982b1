#include "app/app_discrepancy.h"
#include "base/id.h"
#include "domain/reconcile.h"
#include "domain/suggest.h"
#include "store/store_discrepancy.h"
#include "store/store_drop.h"

/* The timing discrepancy that the facts call for at this instant. */
static int64_t wanted(const struct commitment *row, int64_t now) {
    if (row->excluded != NONE) return SWEPT_NONE;
    return commitment_standing(commitment_timeliness(row, now));
}

MUST static enum err severity(struct ctx *c, const struct commitment *row, int64_t kind,
                              int64_t *severity_out) {
    struct miss_facts facts = {0, NONE};
    if (kind == KIND_MISSED) TRY(store_miss_facts(c, row->order_id, &facts));
    int64_t cover = cover_days(facts.cover_until, row->due_on);
    *severity_out = severity_of(kind, facts.critical == 1, cover != NONE && cover < c->rules->low_cover_days);
    return OK;
}

MUST static enum err open_timing(struct ctx *c, const struct commitment *row, int64_t kind,
                                 struct discrepancy *found_out) {
    shape_clear(&discrepancy_shape, found_out);
    found_out->kind = kind;
    found_out->source = SOURCE_SWEEP;
    if (row->cause == CAUSE_NOT_SCHEDULED) found_out->cause = "not_scheduled";
    TRY(severity(c, row, kind, &found_out->severity));
    return app_discrepancy_open(c, row, found_out);
}

/* The timing discrepancy that stands; ERR_NOT_FOUND when none does. */
MUST static enum err standing(struct ctx *c, const struct commitment *row, int64_t kind,
                              struct discrepancy *found_out) {
    struct list rows;
    TRY(store_discrepancy_of_order(c, row->order_id, &rows));
    for (size_t i = rows.n; i-- > 0;) {
        const struct discrepancy *found = (const struct discrepancy *)rows.at + i;
        if (found->kind != kind || found->state == DISCREPANCY_VOID) continue;
        *found_out = *found;
        return OK;
    }
    return ERR_NOT_FOUND;
}

/* Late became missed: the new record supersedes the old one, which stays. Anything else was disproved. */
MUST static enum err set_aside(struct ctx *c, struct commitment *row, int64_t kind, bool superseded,
                               enum disproof disproof, struct id by) {
    static const char *const DISPROVED[] = {[BY_WITNESS] = "witnessed_later", [BY_AMENDMENT] = "amended"};
    struct discrepancy old;
    enum err err = standing(c, row, kind, &old);
    if (err == ERR_NOT_FOUND) return OK; /* a manager voided it before */
    if (err != OK) return err;
    old.state = DISCREPANCY_VOID;
    old.closed_at = c->now;
    old.superseded_by = by;
    old.reason = superseded ? "superseded" : row->excluded != NONE ? "not_due" : DISPROVED[disproof];
    if (!superseded && row->excluded == NONE) row->reversals += disproof == BY_WITNESS;
    return store_discrepancy_set(c, &old);
}

enum err app_timing_judge(struct ctx *c, struct commitment *row, enum disproof by, bool *changed_out) {
    static const int64_t KIND[] = {
        [SWEPT_EARLY] = KIND_EARLY, [SWEPT_LATE] = KIND_LATE, [SWEPT_MISSED] = KIND_MISSED};
    int64_t want = wanted(row, c->now), was = row->swept;
    struct discrepancy opened = {.kind = NONE};
    *changed_out = want != was;
    if (want == was) return OK;
    row->swept = want;
    if (want != SWEPT_NONE) TRY(open_timing(c, row, KIND[want], &opened));
    if (was == SWEPT_NONE) {
        app_discrepancy_tally_one(row, &opened);
        return OK;
    }
    TRY(set_aside(c, row, KIND[was], was == SWEPT_LATE && want == SWEPT_MISSED, by, opened.id));
    return app_discrepancy_tally(c, row);
}
