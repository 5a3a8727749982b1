#include "plan_walk.h"
#include "app/app_plan.h"
#include "base/date.h"
#include "base/id.h"
#include "domain/plan.h"
#include "store/store_plan.h"

#define SCRATCH (64 * 1024 * 1024) /* of one patient: 20,000 orders to open, which nobody has */

/* Memory of one patient at a time, so that the length of the walk does not show in it. */
struct walking {
    struct plan_walk *walk;
    struct ctx scratch;
    int64_t patients, opened_before;
    struct list pauses; /* struct plan_span: of this patient … */
    bool has_pauses;    /* … once a pair asked for them */
};

static int64_t later(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* The order due on that date, NULL when there is none; *at moves on. */
static const struct plan_order *order_on(const struct list *orders, size_t *at, int64_t date) {
    const struct plan_order *order = orders->at;
    while (*at < orders->n && order[*at].due_date < date)
        ++*at;
    return *at < orders->n && order[*at].due_date == date ? &order[*at] : NULL;
}

/* Asked for only where an order is not there. */
MUST static enum err load_pauses(struct walking *w, struct id patient_id, int64_t date) {
    if (w->has_pauses) return OK;
    w->has_pauses = true;
    return store_plan_pauses(&w->scratch, patient_id, date, w->walk->through, &w->pauses);
}

MUST static enum err one_pair(struct walking *w, const struct plan_patient *patient, int64_t date,
                              const struct plan_order *order) {
    struct plan_receipt *count = &w->walk->count;
    count->due++;
    if (!order) TRY(load_pauses(w, patient->id, date));
    switch (
        plan_fate(date, order != NULL, order && order->state == ORDER_SKIPPED, w->pauses.at, w->pauses.n)) {
    case PLAN_EXISTING:
        count->existing++;
        return OK;
    case PLAN_SKIPPED:
        count->skipped++;
        return OK;
    case PLAN_PAUSED:
        count->paused++;
        return OK;
    default:
        return w->walk->lacking(&w->scratch, patient, date, count, w->walk->user);
    }
}

/* ---- what is remembered ---- */

/* Orders that stand on due dates of the cycle; those of an earlier cycle may not. */
MUST static enum err count_skips(struct ctx *c, const struct plan_patient *patient, const struct cycle *cycle,
                                 int64_t from, int64_t *skips_out) {
    struct list orders = {0};
    *skips_out = 0;
    if (patient->skips > 0) TRY(store_plan_skips(c, patient->id, from, patient->reach, &orders));
    const struct plan_order *order = orders.at;
    for (size_t i = 0; i < orders.n; i++)
        *skips_out += cycle_date(cycle, cycle_index(cycle, order[i].due_date)) == order[i].due_date;
    return OK;
}

/* Counts the pairs up to the patient's reach without looking at one; *index: of the first behind it. */
MUST static enum err believe(struct walking *w, const struct plan_patient *patient, const struct cycle *cycle,
                             int64_t *index) {
    struct plan_receipt *count = &w->walk->count;
    int64_t skips, first = *index;
    TRY(count_skips(&w->scratch, patient, cycle, cycle_date(cycle, first), &skips));
    *index = cycle_index(cycle, patient->reach + 1);
    count->due += *index - first;
    count->paused += patient->paused;
    count->skipped += skips;
    count->existing += *index - first - patient->paused - skips;
    return OK;
}

/* ---- a patient ---- */

/* A patient who will be admitted or end is planned up to the day before. */
static int64_t last_day(const struct plan_walk *walk, const struct plan_patient *patient) {
    if (walk->checks) return patient->reach;
    if (patient->status == PATIENT_ACTIVE || patient->status_from > walk->through) return walk->through;
    return patient->status_from - 1;
}

/* Looks at every due date from the index'th on; reached: the last before the first that is missing. */
MUST static enum err look(struct walking *w, const struct cycle *cycle, int64_t index, int64_t through,
                          struct plan_patient *reached) {
    const struct plan_receipt *count = &w->walk->count;
    int64_t missing = count->missing, date = cycle_date(cycle, index);
    struct list orders;
    size_t at = 0;
    if (date > through) return OK;
    TRY(store_plan_orders(&w->scratch, reached->id, date, through, &orders));
    for (; date <= through; date = cycle_date(cycle, ++index)) {
        int64_t paused = count->paused;
        TRY(one_pair(w, reached, date, order_on(&orders, &at, date)));
        if (count->missing > missing) continue;
        reached->reach = date;
        reached->paused += count->paused - paused;
    }
    return OK;
}

/* What a shorter plan found says nothing about the days behind it. */
MUST static enum err keep(struct walking *w, const struct plan_patient *patient, int64_t through,
                          const struct plan_patient *reached) {
    if (!w->walk->reached || through < patient->reach) return OK;
    if (reached->reach == patient->reach && reached->paused == patient->paused) return OK;
    return w->walk->reached(&w->scratch, reached, w->walk->user);
}

MUST static enum err pairs(struct walking *w, const struct plan_patient *patient) {
    const struct cycle cycle = {patient->cycle_every, patient->cycle_unit, patient->cycle_anchor};
    struct plan_patient reached = *patient;
    int64_t from = later(later(cycle.anchor, patient->active_from), w->walk->from);
    int64_t through = last_day(w->walk, patient), index = cycle_index(&cycle, from);
    bool is_none = cycle_date(&cycle, index) > through;
    w->walk->count.none_due += is_none;
    if (is_none) return OK;
    if (w->walk->believes && patient->reach != NONE && patient->reach <= through) {
        TRY(believe(w, patient, &cycle, &index));
    } else {
        reached.reach = NONE;
        reached.paused = 0;
    }
    TRY(look(w, &cycle, index, through, &reached));
    return keep(w, patient, through, &reached);
}

MUST static enum err one_patient(struct ctx *c, void *record, void *user) {
    struct walking *w = user;
    struct plan_walk *walk = w->walk;
    const struct plan_patient *patient = record;
    const struct fault *fault = &w->scratch.fault;
    if (walk->count.opened - w->opened_before >= walk->most) return OK;
    w->patients++;
    walk->count.active++;
    walk->after = patient->id;
    w->has_pauses = false;
    w->pauses = (struct list){NULL, 0};
    arena_reset(w->scratch.arena);
    enum err err = pairs(w, patient);
    if (err == OK || fault->err == OK) return err;
    return ctx_fail(c, err, fault->slug, fault->file, fault->line, "%s", fault->detail);
}

enum err plan_walk(struct ctx *c, struct plan_walk *walk) {
    struct walking w = {.walk = walk, .scratch = *c, .opened_before = walk->count.opened};
    int64_t today;
    TRY(app_plan_today(c, &today));
    w.scratch.arena = arena_create(SCRATCH);
    if (!w.scratch.arena) return FAIL(c, ERR_BUSY, "busy", "no memory for the plan: try again");
    enum err err = store_plan_patients(c, today, walk->after, walk->patients, one_patient, &w);
    arena_destroy(&w.scratch.arena);
    walk->patients = w.patients;
    return err;
}
