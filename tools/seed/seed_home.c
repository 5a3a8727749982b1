#include "seed.h"
#include "app/app_patient.h"
#include "base/date.h"
#include "base/id.h"
#include "base/log.h"
#include <stdlib.h>

/* Bags, sets and caps a day of the usual therapies, in thousandths; products by their place in the catalogue.
 */
static const struct {
    int weight;
    size_t lines;
    struct {
        int product;
        int64_t use;
    } line[HOME_LINES];
} REGIMEN[] = {
    {30, 6, {{0, 3000}, {9, 1000}, {15, 4000}, {19, 1000}, {20, 1000}, {23, 30}}},   /* by hand, 2 l */
    {15, 6, {{0, 2000}, {1, 1000}, {9, 1000}, {15, 4000}, {19, 1000}, {22, 1000}}},  /* stronger */
    {13, 5, {{3, 3000}, {10, 1000}, {15, 4000}, {19, 1000}, {21, 100}}},             /* 2.5 l */
    {6, 5, {{4, 2000}, {5, 1000}, {10, 1000}, {15, 4000}, {17, 33}}},                /* 2.5 l, strong */
    {20, 6, {{6, 2000}, {9, 1000}, {12, 1000}, {14, 1000}, {15, 1000}, {19, 1000}}}, /* by cycler */
    {10, 6, {{6, 2000}, {7, 1000}, {12, 1000}, {14, 1000}, {15, 1000}, {22, 1000}}}, /* large person */
    {3, 5, {{6, 1000}, {8, 500}, {12, 1000}, {14, 1000}, {16, 2000}}},               /* large and strong */
    {2, 5, {{6, 1000}, {13, 1000}, {14, 1000}, {15, 1000}, {20, 500}}},              /* a child */
    {1, 6, {{0, 2000}, {2, 500}, {11, 1000}, {15, 4000}, {18, 6}, {24, 33}}},        /* with amino acids */
};

static void choose_regimen(struct seed *s, struct home *home) {
    int weight[COUNT(REGIMEN)];
    for (size_t i = 0; i < COUNT(REGIMEN); i++)
        weight[i] = REGIMEN[i].weight;
    home->regimen = (int)seed_weighted(s, weight, COUNT(REGIMEN));
    home->lines = REGIMEN[home->regimen].lines;
    for (size_t i = 0; i < home->lines; i++) {
        home->product[i] = REGIMEN[home->regimen].line[i].product;
        home->use[i] = REGIMEN[home->regimen].line[i].use;
    }
}

/* ---- who they are ---- */

static const int CUSTOMER_WEIGHT[CUSTOMERS] = {16, 14, 13, 12, 12, 11, 12, 10, 32, 28, 22, 18};
static const int ZONE_WEIGHT[ZONES] = {26, 34, 18, 14, 8, 45, 38, 17};

static size_t choose_in_depot(struct seed *s, int depot, const int *weight, const int *depot_of, size_t n) {
    int of_depot[CUSTOMERS];
    for (size_t i = 0; i < n; i++)
        of_depot[i] = depot_of[i] == depot ? weight[i] : 0;
    return seed_weighted(s, of_depot, n);
}

static void choose_place(struct seed *s, struct home *home) {
    int depots[CUSTOMERS];
    home->depot = seed_chance(s, 0.66) ? SYDNEY : PERTH;
    for (int i = 0; i < ZONES; i++)
        depots[i] = s->zone[i].depot;
    home->zone = (int)choose_in_depot(s, home->depot, ZONE_WEIGHT, depots, ZONES);
    for (int i = 0; i < CUSTOMERS; i++)
        depots[i] = s->customer[i].depot;
    home->customer = (int)choose_in_depot(s, home->depot, CUSTOMER_WEIGHT, depots, CUSTOMERS);
    /* A zone is a patch some 20 km from the depot, each in its own direction. */
    static const int64_t EAST[ZONES] = {12, -14, 15, 4, 8, -2, 3, 21},
                         NORTH[ZONES] = {2, 4, 12, -19, 45, 16, -17, 3};
    home->lat = s->depot[home->depot].lat + NORTH[home->zone] * 90000 + seed_between(s, -700000, 700000);
    home->lon = s->depot[home->depot].lon + EAST[home->zone] * 107000 + seed_between(s, -800000, 800000);
}

/* Monthly for most, every 28 days for the rest; the first due date within the first cycle. */
static void choose_cycle(struct seed *s, struct home *home, int64_t first) {
    bool monthly = seed_chance(s, 0.7);
    home->cycle_days = monthly ? 0 : 28;
    home->anchor = first + seed_between(s, 0, monthly ? 30 : 27);
    while (!monthly && !seed_served_on(s, &s->zone[home->zone], home->anchor))
        home->anchor++;
}

static void fill_home(struct seed *s, struct home *home) {
    choose_place(s, home);
    choose_regimen(s, home);
    home->name = seed_person(s);
    if (seed_chance(s, 0.75)) {
        home->receiver = seed_person(s);
        home->relation = seed_relations[seed_between(s, 0, (int64_t)seed_relations_n - 1)];
    }
    home->window = (int)seed_between(s, 0, (int64_t)s->zone[home->zone].windows - 1);
    home->hard_to_reach = seed_chance(s, 0.013);
    home->status = PATIENT_ACTIVE;
}

static int by_joining(const void *a, const void *b) {
    const struct home *x = a, *y = b;
    return x->joined_at < y->joined_at ? -1 : x->joined_at > y->joined_at;
}

/* Most were there before history begins, brought over in one go; the others come in the course of time. */
static int64_t joining(struct seed *s, size_t i) {
    int64_t end = s->options.until - 20 * DAY_MS, begin = s->start * DAY_MS + 10 * DAY_MS;
    if (end <= begin || !seed_chance(s, 0.08)) return s->c->now + HOUR_MS + (int64_t)i * 7000;
    int64_t at = begin + seed_between(s, 0, (end - begin) / 1000) * 1000;
    at = at / DAY_MS * DAY_MS + DAY_MS / 8; /* 03:00 UTC: office hours in both places */
    return at + (int64_t)i * 1000;
}

enum err seed_homes(struct seed *s) {
    size_t n = (size_t)s->options.patients;
    s->home = arena_array(s->keep, n, sizeof *s->home);
    REQUIRE(s->home);
    for (size_t i = 0; i < n; i++)
        s->home[i].joined_at = joining(s, i);
    qsort(s->home, n, sizeof *s->home, by_joining);
    for (size_t i = 0; i < n; i++) {
        struct home *home = &s->home[i];
        int64_t day = home->joined_at / DAY_MS;
        fill_home(s, home);
        choose_cycle(s, home, day < s->start ? s->start : day + 16);
        seed_push(s, (struct act){.at = home->joined_at, .kind = ACT_JOIN, .home = (int64_t)i});
    }
    return OK;
}

/* ---- joining ---- */

MUST static enum err add_patient(struct seed *s, struct home *home, size_t number) {
    struct patient *patient;
    struct patient_receiver receiver = {home->receiver, home->relation};
    const struct location location = {home->lat, home->lon};
    const struct cycle cycle = {home->cycle_days ? home->cycle_days : 1,
                                home->cycle_days ? CYCLE_DAY : CYCLE_MONTH, home->anchor};
    TRY(app_catalogue_new(s->c, &noun_patient, (void **)&patient));
    patient->code = arena_printf(s->c->arena, "P-%04zu", 1001 + number);
    patient->customer_id = s->customer[home->customer].id;
    patient->zone_id = s->zone[home->zone].id;
    patient->name = home->name;
    patient->phone =
        arena_printf(s->c->arena, "(%s) 5550 %04zu", home->depot == SYDNEY ? "02" : "08", number % 10000);
    patient->address = seed_address(s, home->depot);
    patient->location = &location;
    patient->cycle = &cycle;
    if (home->receiver) patient->receivers = (struct list){&receiver, 1};
    if (seed_chance(s, 0.3))
        patient->access_notes = seed_access_notes[seed_between(s, 0, (int64_t)seed_access_notes_n - 1)];
    TRY(app_catalogue_add(s->c, &noun_patient, patient));
    home->id = patient->id;
    return OK;
}

MUST static enum err prescribe(struct seed *s, struct home *home, int64_t from) {
    struct prescription_line line[HOME_LINES];
    for (size_t i = 0; i < home->lines; i++)
        line[i] = (struct prescription_line){s->product[home->product[i]].id, home->use[i]};
    const struct prescription_in in = {from, {line, home->lines}};
    return app_prescription_put(s->c, home->id, &in, NULL);
}

/* Stock for the days up to the first order, and a reserve that is never quite the same. */
static void stock_up(struct seed *s, struct home *home, int64_t today) {
    for (size_t i = 0; i < home->lines; i++) {
        int64_t days = home->anchor - today + seed_between(s, 8, 20);
        int64_t box = s->product[home->product[i]].units_per_box * 1000;
        home->stock[i] = (home->use[i] * days + box - 1) / box * box;
    }
    home->stock_date = today;
}

/* What life brings them: each becomes an act of its own, if there is time for it. */
static void plan_life(struct seed *s, const struct home *home, int64_t index) {
    static const struct {
        double share;
        enum act_kind kind;
        int64_t value;
    } LIFE[] = {{0.05, ACT_STATUS, PATIENT_ADMITTED},
                {0.025, ACT_STATUS, PATIENT_ENDED},
                {0.06, ACT_PRESCRIBE, 0},
                {0.05, ACT_EMERGENCY, 0}};
    int64_t first = seed_today(s, &s->depot[home->depot]) + 30, last = s->options.until / DAY_MS;
    for (size_t i = 0; i < COUNT(LIFE); i++) {
        if (!seed_chance(s, LIFE[i].share) || last <= first) continue;
        int64_t at = seed_office_time(s, &s->depot[home->depot], seed_between(s, first, last));
        seed_push(s, (struct act){.at = at, .kind = LIFE[i].kind, .home = index, .value = LIFE[i].value});
    }
}

enum err seed_act_join(struct seed *s, const struct act *act) {
    struct home *home = &s->home[act->home];
    int64_t today = seed_today(s, &s->depot[home->depot]);
    seed_as_rep(s, home);
    TRY(add_patient(s, home, (size_t)act->home));
    TRY(prescribe(s, home, today));
    stock_up(s, home, today);
    s->homes++;
    plan_life(s, home, act->home);
    return OK;
}

/* ---- what they have ---- */

static int by_id(const void *key, const void *home) {
    return id_compare(*(const struct id *)key, ((const struct home *)home)->id);
}

struct home *seed_home_of(struct seed *s, struct id patient_id) {
    struct home *home = bsearch(&patient_id, s->home, s->homes, sizeof *home, by_id);
    REQUIRE(home);
    return home;
}

int seed_product(const struct seed *s, struct id id) {
    int i = 0;
    while (i < PRODUCTS && !id_equal(s->product[i].id, id))
        i++;
    REQUIRE(i < PRODUCTS);
    return i;
}

int64_t seed_stock(struct home *home, size_t line, int64_t date) {
    for (; home->stock_date < date; home->stock_date++)
        for (size_t i = 0; i < home->lines; i++)
            home->stock[i] = home->stock[i] > home->use[i] ? home->stock[i] - home->use[i] : 0;
    return home->stock[line] / 1000;
}

void seed_stock_add(struct seed *s, struct home *home, struct id product_id, int64_t units) {
    for (size_t i = 0; i < home->lines; i++)
        if (id_equal(s->product[home->product[i]].id, product_id)) home->stock[i] += 1000 * units;
}

/* ---- what changes ---- */

/* The doctor prescribes one bag a day more or less of the main solution. */
enum err seed_act_prescribe(struct seed *s, const struct act *act) {
    struct home *home = &s->home[act->home];
    int64_t today = seed_today(s, &s->depot[home->depot]);
    if (home->status != PATIENT_ACTIVE) return OK;
    (void)seed_stock(home, 0, today);
    home->use[0] += home->use[0] <= 1000 || seed_chance(s, 0.6) ? 1000 : -1000;
    seed_as_rep(s, home);
    return prescribe(s, home, today);
}

struct status_try {
    struct home *home;
    int64_t status;
};

/* Out from tomorrow: what is due today is on the van already. In again from today. */
static enum err set_status(struct seed *s, void *user) {
    const struct status_try *try = user;
    struct patient before, after;
    TRY(app_patient_get(s->c, try->home->id, &before));
    after = before;
    after.status = try->status;
    after.status_from = seed_today(s, &s->depot[try->home->depot]) + (try->status != PATIENT_ACTIVE);
    TRY(app_catalogue_set(s->c, &noun_patient, &before, &after, NULL));
    try->home->status = try->status;
    return OK;
}

/* In hospital nobody needs a box: what was booked is called off, and after some weeks life goes on. */
enum err seed_act_status(struct seed *s, const struct act *act) {
    struct home *home = &s->home[act->home];
    struct status_try try = {home, act->value};
    int64_t today = seed_today(s, &s->depot[home->depot]);
    bool done;
    if (home->status == PATIENT_ENDED || home->status == act->value) return OK;
    seed_as_rep(s, home);
    TRY(seed_try(s, set_status, &try, &done));
    if (!done) return OK;
    seed_push(s, (struct act){.at = seed_in(s, 3),
                              .kind = ACT_LEAVE_OUT,
                              .home = act->home,
                              .id = home->order,
                              .value = PARTY_CUSTOMER});
    if (act->value != PATIENT_ADMITTED) return OK;
    int64_t back = seed_office_time(s, &s->depot[home->depot], today + seed_between(s, 6, 24));
    seed_push(s, (struct act){.at = back, .kind = ACT_STATUS, .home = act->home, .value = PATIENT_ACTIVE});
    return OK;
}
