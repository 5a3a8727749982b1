#include "seed.h"
#include "app/app_catalogue.h"
#include "app/app_contest.h"
#include "app/app_discrepancy.h"
#include "base/date.h"
#include "base/id.h"
#include "base/log.h"
#include "store/store_delivery.h"
#include "store/store_discrepancy.h"

enum { PAGE = 500 };

/* ---- managers look at what was found the day before ---- */

/* more: the first instant of what is new; until now. */
enum err seed_act_review(struct seed *s, const struct act *act) {
    const struct discrepancy_filter filter = {.kind = NONE,
                                              .state = DISCREPANCY_OPEN,
                                              .severity = NONE,
                                              .from = act->more,
                                              .to = act->at,
                                              .before_at = NONE,
                                              .limit = PAGE};
    struct list rows;
    TRY(store_discrepancy_list(s->c, &filter, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        const struct discrepancy *row = (const struct discrepancy *)rows.at + i;
        if (!seed_chance(s, 0.85)) continue;
        int64_t day = seed_today(s, &s->depot[SYDNEY]) + seed_between(s, 0, 9);
        seed_push(s, (struct act){.at = seed_office_time(s, &s->depot[SYDNEY], day),
                                  .kind = ACT_JUDGE,
                                  .id = row->id});
    }
    return OK;
}

static const char *const SETTLED[] = {
    "Talked to the driver and the depot, stock corrected",
    "Patient informed, second delivery arranged",
    "Credited to the clinic",
    "Picking checked against the load sheet, cause found",
};
static const char *const MISTAKEN[] = {
    "Recounted with the patient: everything was there",
    "Photo shows the boxes at the right door",
    "Entered twice by mistake",
};

static enum err resolve(struct seed *s, void *user) {
    return app_discrepancy_resolve(s->c, user, SETTLED[seed_between(s, 0, (int64_t)COUNT(SETTLED) - 1)]);
}

static enum err put_aside(struct seed *s, void *user) {
    return app_discrepancy_void(s->c, user, MISTAKEN[seed_between(s, 0, (int64_t)COUNT(MISTAKEN) - 1)]);
}

static const struct {
    int weight;
    int64_t who;
    const char *cause;
} CAUSES[] = {{30, BY_PROVIDER, "picking"},    {12, BY_PROVIDER, "capacity"},
              {28, BY_CARRIER, "driver"},      {10, BY_CARRIER, "vehicle"},
              {12, BY_PATIENT, "not_at_home"}, {4, BY_CUSTOMER, "late_change"},
              {4, BY_FORCE_MAJEURE, "weather"}};

static enum err attribute(struct seed *s, void *user) {
    struct discrepancy *found = user;
    int weight[COUNT(CAUSES)];
    for (size_t i = 0; i < COUNT(CAUSES); i++)
        weight[i] = CAUSES[i].weight;
    size_t i = seed_weighted(s, weight, COUNT(CAUSES));
    const struct discrepancy_change change = {DISCREPANCY_ACKNOWLEDGED, CAUSES[i].who, CAUSES[i].cause,
                                              found->version};
    return app_discrepancy_change(s->c, found, &change);
}

/* Most are attributed first and settled some days later. A timing record is never put aside: the clock saw
 * it. */
enum err seed_act_judge(struct seed *s, const struct act *act) {
    struct discrepancy found;
    bool done;
    TRY(store_discrepancy_get(s->c, act->id, &found));
    if (found.state != DISCREPANCY_OPEN && found.state != DISCREPANCY_ACKNOWLEDGED) return OK;
    seed_as(s, ROLE_MANAGER, s->manager[seed_between(s, 0, 1)]);
    bool first = found.state == DISCREPANCY_OPEN, of_clock = found.kind <= KIND_EARLY;
    if (first && !of_clock && seed_chance(s, 0.03)) return seed_try(s, put_aside, &found, &done);
    if (!first || seed_chance(s, 0.35)) return seed_try(s, resolve, &found, &done);
    TRY(seed_try(s, attribute, &found, &done));
    int64_t day = seed_today(s, &s->depot[SYDNEY]) + seed_between(s, 1, 12);
    if (seed_chance(s, 0.8))
        seed_push(s, (struct act){.at = seed_office_time(s, &s->depot[SYDNEY], day),
                                  .kind = ACT_JUDGE,
                                  .id = act->id});
    return OK;
}

/* ---- a clinic says that it was not as recorded ---- */

static const struct {
    int weight;
    int64_t what;
    const char *note;
} CONTESTS[] = {{34, KIND_SHORT, "One box fewer than on the note"},
                {18, KIND_DAMAGED, "A box at the bottom was wet"},
                {14, KIND_LATE, "The van came after the window"},
                {14, KIND_WRONG_ITEM, "The bags have another strength"},
                {8, KIND_NOT_DELIVERED, "The caps never came"},
                {5, KIND_MISSED, "Nobody was here that day"},
                {7, KIND_COUNT, "Boxes were left in the rain"}};

struct contest_try {
    struct id delivery_id;
    struct contest_in in;
};

static enum err contest(struct seed *s, void *user) {
    struct contest_try *try = user;
    struct delivery_row delivery;
    struct contest_row row;
    bool replay;
    TRY(store_delivery_get(s->c, try->delivery_id, &delivery));
    return app_contest_add(s->c, &delivery, &try->in, &row, &replay);
}

enum err seed_act_contest(struct seed *s, const struct act *act) {
    int weight[COUNT(CONTESTS)];
    bool done;
    for (size_t i = 0; i < COUNT(CONTESTS); i++)
        weight[i] = CONTESTS[i].weight;
    size_t i = seed_weighted(s, weight, COUNT(CONTESTS));
    const struct demo_customer *customer = &s->customer[s->home[act->home].customer];
    struct contest_try try = {act->id, {id_random(act->at), act->at, CONTESTS[i].what, CONTESTS[i].note}};
    seed_as(s, ROLE_CUSTOMER, customer->staff);
    s->c->actor.customer_id = customer->id;
    return seed_try(s, contest, &try, &done);
}

/* ---- a storm closes a depot for a day, with everything booked already ---- */

/* value: the depot; more: the date. */
enum err seed_act_storm(struct seed *s, const struct act *act) {
    struct demo_depot *depot = &s->depot[act->value];
    struct closure *closure;
    if (!seed_open_on(depot, act->more)) return OK;
    seed_as(s, ROLE_MANAGER, s->manager[0]);
    TRY(app_catalogue_new(s->c, &noun_closure, (void **)&closure));
    closure->depot_id = depot->id;
    closure->date = act->more;
    closure->reason = "Storm: roads are closed";
    TRY(app_catalogue_add(s->c, &noun_closure, closure));
    seed_close(depot, act->more);
    for (size_t i = 0; i < closure->affected.n; i++) {
        struct delivery_row delivery;
        TRY(store_delivery_get(s->c, ((const struct id *)closure->affected.at)[i], &delivery));
        seed_push(s, (struct act){.at = seed_in(s, 2 + (int64_t)i),
                                  .kind = ACT_RESCHEDULE,
                                  .id = delivery.id,
                                  .home = seed_home_of(s, delivery.patient_id) - s->home,
                                  .value = PARTY_US});
    }
    return OK;
}
