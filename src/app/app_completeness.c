#include "app/app_plan.h"
#include "base/limits.h"
#include "plan_walk.h"
#include <string.h>

static const struct field PAIR_FIELDS[] = {
    FIELD(struct plan_pair, K_ID, patient_id, .doc = "the patient"),
    FIELD(struct plan_pair, K_DATE, due_date, .doc = "the date without an order",
          .example = "\"2026-04-16\""),
};
static const struct shape pair_shape = SHAPE("plan_pair", struct plan_pair, PAIR_FIELDS);

#define MEMBER(kind_, ...) FIELD(struct completeness, kind_, __VA_ARGS__)
static const struct field FIELDS[] = {
    MEMBER(K_DATE, from, .doc = "first due date", .example = "\"2026-03-01\""),
    MEMBER(K_DATE, to, .doc = "last due date", .example = "\"2026-03-31\""),
    MEMBER(K_INT, due, .doc = "pairs of active patient and due date: the sum of the next five",
           .example = "12"),
    MEMBER(K_INT, opened, .doc = "always 0: a report opens nothing", .example = "0"),
    MEMBER(K_INT, existing, .doc = "orders that are there", .example = "9"),
    MEMBER(K_INT, skipped, .doc = "orders that were skipped", .example = "1"),
    MEMBER(K_INT, paused, .doc = "pairs inside a pause", .example = "1"),
    MEMBER(K_INT, missing, .doc = "pairs without an order", .example = "1"),
    MEMBER(K_INT, active, .doc = "active patients", .example = "10"),
    MEMBER(K_INT, none_due, .doc = "of those, the ones without any due date in the period", .example = "1"),
    MEMBER(K_LIST, missing_pairs, .sub = &pair_shape, .doc = "every missing pair, by patient and date"),
};
const struct shape completeness_shape = SHAPE("completeness", struct completeness, FIELDS);

/* Pairs that outlive the patient they were found at. */
struct named {
    struct ctx *c;
    struct plan_pair *pair;
    size_t n, cap;
};

MUST static enum err grow(struct named *named) {
    size_t cap = named->cap ? 2 * named->cap : 64;
    struct plan_pair *pair = arena_array(named->c->arena, cap, sizeof *pair);
    if (!pair)
        return FAIL(named->c, ERR_LIMIT, "request.too-large",
                    "too much is missing to name: ask for fewer days");
    if (named->n) memcpy(pair, named->pair, named->n * sizeof *pair);
    named->pair = pair;
    named->cap = cap;
    return OK;
}

MUST static enum err name_one(struct ctx *c, const struct plan_patient *patient, int64_t due_date,
                              struct plan_receipt *count, void *user) {
    struct named *named = user;
    (void)c;
    if (named->n == named->cap) TRY(grow(named));
    named->pair[named->n++] = (struct plan_pair){patient->id, due_date};
    count->missing++;
    return OK;
}

enum err app_completeness(struct ctx *c, int64_t from, int64_t to, struct completeness *report_out) {
    struct named named = {.c = c};
    struct plan_walk walk = {.from = from,
                             .through = to,
                             .lacking = name_one,
                             .user = &named,
                             .patients = INT64_MAX,
                             .most = INT64_MAX};
    if (to < from) ctx_fault_item(c, "?to", "must not be before from");
    if (to - from > LIMIT_REPORT_DAYS)
        ctx_fault_item(c, "?to", "must be at most %d days after from", LIMIT_REPORT_DAYS);
    TRY(ctx_faults(c));
    TRY(plan_walk(c, &walk));
    *report_out = (struct completeness){.from = from,
                                        .to = to,
                                        .due = walk.count.due,
                                        .opened = walk.count.opened,
                                        .existing = walk.count.existing,
                                        .skipped = walk.count.skipped,
                                        .paused = walk.count.paused,
                                        .missing = walk.count.missing,
                                        .active = walk.count.active,
                                        .none_due = walk.count.none_due,
                                        .missing_pairs = {named.pair, named.n}};
    return OK;
}
