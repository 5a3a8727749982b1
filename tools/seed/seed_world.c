#include "seed.h"
#include "app/app_catalogue.h"
#include "app/app_user.h"
#include "base/date.h"
#include "base/log.h"
#include "base/zone.h"
#include <stdlib.h>

/* password_hash of the demo's password. Written down, because its salt would be another one each time. */
static const char PASSWORD_HASH[] =
    "$argon2id$v=19$m=65536,t=2,p=1$2Rv+2ORBnVmSWQXHikZ/hQ$QumdMe/kCTFm2Ox/JkuEADl40k3lc1ACqw9Evhmq2Jg";

/* ---- products: what peritoneal dialysis at home is made of ---- */

static const struct {
    const char *code, *name, *unit;
    int64_t box, weight_g, lot, critical, shelf_days;
} PRODUCT[PRODUCTS] = {
    {"PD15-2000", "PD solution 1.5 % glucose, 2 l twin bag", "bag", 5, 11800, 1, 1, 90},
    {"PD23-2000", "PD solution 2.3 % glucose, 2 l twin bag", "bag", 5, 11800, 1, 1, 90},
    {"PD43-2000", "PD solution 4.3 % glucose, 2 l twin bag", "bag", 5, 11900, 1, 1, 90},
    {"PD15-2500", "PD solution 1.5 % glucose, 2.5 l twin bag", "bag", 4, 11600, 1, 1, 90},
    {"PD23-2500", "PD solution 2.3 % glucose, 2.5 l twin bag", "bag", 4, 11600, 1, 1, 90},
    {"PD43-2500", "PD solution 4.3 % glucose, 2.5 l twin bag", "bag", 4, 11700, 1, 1, 90},
    {"PD15-5000", "PD solution 1.5 % glucose, 5 l cycler bag", "bag", 2, 11200, 1, 1, 90},
    {"PD23-5000", "PD solution 2.3 % glucose, 5 l cycler bag", "bag", 2, 11200, 1, 1, 90},
    {"PD43-5000", "PD solution 4.3 % glucose, 5 l cycler bag", "bag", 2, 11300, 1, 1, 90},
    {"ICO-2000", "Icodextrin solution 7.5 %, 2 l bag", "bag", 5, 11800, 1, 1, 60},
    {"ICO-2500", "Icodextrin solution 7.5 %, 2.5 l bag", "bag", 4, 11600, 1, 1, 60},
    {"AMI-2000", "Amino acid solution 1.1 %, 2 l bag", "bag", 5, 11800, 1, 0, 60},
    {"CYC-SET", "Cycler set, four prongs", "set", 30, 9200, 1, 1, 180},
    {"CYC-SET-S", "Cycler set, low fill volume", "set", 30, 8900, 1, 1, 180},
    {"DRAIN-15", "Drain bag, 15 l", "bag", 20, 5400, 0, 0, 0},
    {"CAP-IOD", "Disconnect cap with povidone-iodine", "cap", 60, 620, 1, 1, 180},
    {"SHIELD", "Connection shield", "shield", 60, 580, 1, 0, 180},
    {"CLAMP", "Outlet port clamp", "clamp", 12, 310, 0, 0, 0},
    {"TRANSFER", "Transfer set, twist clamp", "set", 6, 480, 1, 0, 180},
    {"MASK", "Face mask, ear loops", "mask", 50, 290, 0, 0, 0},
    {"GAUZE", "Sterile gauze, pack of 5", "pack", 50, 640, 1, 0, 180},
    {"TAPE", "Fixation tape, 2.5 cm", "roll", 12, 420, 0, 0, 0},
    {"DRESS", "Exit-site dressing", "dressing", 50, 560, 1, 0, 180},
    {"HANDGEL", "Hand disinfectant, 500 ml", "bottle", 12, 6300, 1, 0, 120},
    {"WIPES", "Surface wipes, tub of 100", "tub", 6, 3100, 0, 0, 0},
};

/* GS1 keeps the prefix 04 for use inside one company: no product in the world has such a number. */
static const char *gtin(struct seed *s, int i) {
    char *digits = arena_printf(s->keep, "004931005%04d", 17 * (i + 1));
    int sum = 0;
    for (int k = 0; k < 13; k++)
        sum += (digits[k] - '0') * (k % 2 ? 1 : 3);
    return arena_printf(s->keep, "%s%d", digits, (10 - sum % 10) % 10);
}

MUST static enum err add_products(struct seed *s) {
    for (int i = 0; i < PRODUCTS; i++) {
        struct product *product;
        TRY(app_catalogue_new(s->c, &noun_product, (void **)&product));
        product->code = PRODUCT[i].code;
        product->gtin = gtin(s, i);
        product->name = PRODUCT[i].name;
        product->base_unit = PRODUCT[i].unit;
        product->units_per_box = PRODUCT[i].box;
        product->box_weight_g = PRODUCT[i].weight_g;
        product->lot_tracked = PRODUCT[i].lot;
        product->critical = PRODUCT[i].critical;
        product->shelf_life_min_days = PRODUCT[i].shelf_days;
        TRY(app_catalogue_add(s->c, &noun_product, product));
        s->product[i] = (struct demo_product){product->id, PRODUCT[i].box, PRODUCT[i].lot};
    }
    return OK;
}

/* ---- depots and zones ---- */

static const struct {
    const char *code, *name, *timezone, *address;
    int64_t lat, lon;
} DEPOT[DEPOTS] = {
    {"SYD", "Sydney", "Australia/Sydney", "4 Larkford Road, Copperfield NSW 2999", -338390000, 1509480000},
    {"PER", "Perth", "Australia/Perth", "19 Silverholt Way, Sandmere WA 6999", -319610000, 1159790000},
};

#define HALF_DAYS     \
    {                 \
        {480, 720}, { \
            720, 960  \
        }             \
    }
#define THIRDS                    \
    {                             \
        {480, 660}, {660, 840}, { \
            840, 1020             \
        }                         \
    }
static const struct {
    const char *code, *name;
    int depot;
    int64_t weekdays, share; /* of the depot's patients, in % */
    size_t windows;
    int64_t window[3][2];
} ZONE[ZONES] = {
    {"IW", "Inner West", SYDNEY, 31, 26, 2, HALF_DAYS},
    {"WS", "Western Sydney", SYDNEY, 31, 34, 2, HALF_DAYS},
    {"NS", "North Shore", SYDNEY, 21, 18, 3, THIRDS},
    {"SI", "South", SYDNEY, 10, 14, 2, HALF_DAYS},
    {"CC", "Central Coast", SYDNEY, 20, 8, 2, HALF_DAYS},
    {"PN", "Perth North", PERTH, 31, 45, 2, HALF_DAYS},
    {"PS", "Perth South", PERTH, 31, 38, 2, HALF_DAYS},
    {"PH", "Perth Hills", PERTH, 10, 17, 3, THIRDS},
};

MUST static enum err add_depots(struct seed *s) {
    for (int i = 0; i < DEPOTS; i++) {
        struct depot *depot;
        struct location *location = arena_alloc(s->c->arena, sizeof *location);
        REQUIRE(location);
        *location = (struct location){DEPOT[i].lat, DEPOT[i].lon};
        TRY(app_catalogue_new(s->c, &noun_depot, (void **)&depot));
        depot->code = DEPOT[i].code;
        depot->name = DEPOT[i].name;
        depot->timezone = DEPOT[i].timezone;
        depot->address = DEPOT[i].address;
        depot->location = location;
        TRY(app_catalogue_add(s->c, &noun_depot, depot));
        s->depot[i].id = depot->id;
        s->depot[i].timezone = DEPOT[i].timezone;
        s->depot[i].lat = DEPOT[i].lat;
        s->depot[i].lon = DEPOT[i].lon;
    }
    return OK;
}

static int64_t days_served(int64_t weekdays) {
    int64_t n = 0;
    for (; weekdays; weekdays &= weekdays - 1)
        n++;
    return n;
}

/* Room for twice a usual day's stops: after a holiday everybody wants the same two days. */
static int64_t stops_of(const struct seed *s, int i) {
    int64_t of_depot = ZONE[i].depot == SYDNEY ? 66 : 34;
    int64_t a_month = s->options.patients * of_depot * ZONE[i].share / 10000;
    return 4 + 2 * a_month * 12 / (52 * days_served(ZONE[i].weekdays) * (int64_t)ZONE[i].windows);
}

MUST static enum err add_zone(struct seed *s, int i) {
    struct demo_zone *z = &s->zone[i];
    struct zone_window window[3];
    struct zone *zone;
    *z = (struct demo_zone){.depot = ZONE[i].depot, .weekdays = ZONE[i].weekdays, .windows = ZONE[i].windows};
    z->stops = stops_of(s, i);
    for (size_t k = 0; k < z->windows; k++) {
        z->window[k][0] = ZONE[i].window[k][0];
        z->window[k][1] = ZONE[i].window[k][1];
        window[k] = (struct zone_window){z->window[k][0], z->window[k][1], z->stops};
    }
    int64_t *day = arena_array(s->c->arena, 7, sizeof *day);
    size_t days = 0;
    REQUIRE(day);
    for (int64_t k = 0; k < 7; k++)
        if (z->weekdays >> k & 1) day[days++] = k + 1;
    TRY(app_catalogue_new(s->c, &noun_zone, (void **)&zone));
    zone->depot_id = s->depot[z->depot].id;
    zone->code = ZONE[i].code;
    zone->name = ZONE[i].name;
    zone->weekdays = (struct list){day, days};
    zone->windows = (struct list){window, z->windows};
    zone->weight_max_g = (int64_t)z->windows * z->stops * 320000;
    TRY(app_catalogue_add(s->c, &noun_zone, zone));
    z->id = zone->id;
    return OK;
}

/* ---- closures ---- */

static int by_date(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

void seed_close(struct demo_depot *depot, int64_t date) {
    REQUIRE(depot->closures < depot->closures_cap);
    depot->closed[depot->closures++] = date;
    qsort(depot->closed, depot->closures, sizeof *depot->closed, by_date);
}

MUST static enum err add_closures(struct seed *s, int depot, int year) {
    struct holiday holiday[16];
    size_t n = seed_holidays(depot, year, holiday);
    struct demo_depot *d = &s->depot[depot];
    for (size_t i = 0; i < n; i++) {
        struct closure *closure;
        if (date_weekday(holiday[i].date) > 5) continue;
        TRY(app_catalogue_new(s->c, &noun_closure, (void **)&closure));
        closure->depot_id = d->id;
        closure->date = holiday[i].date;
        closure->reason = holiday[i].name;
        TRY(app_catalogue_add(s->c, &noun_closure, closure));
        seed_close(d, holiday[i].date);
    }
    return OK;
}

MUST static enum err add_all_closures(struct seed *s) {
    int first, last, month, day;
    date_split(s->start, &first, &month, &day);
    date_split(s->options.until / DAY_MS + 90, &last, &month, &day);
    for (int i = 0; i < DEPOTS; i++) {
        s->depot[i].closures_cap = (size_t)(last - first + 2) * 16;
        s->depot[i].closed = arena_array(s->keep, s->depot[i].closures_cap, sizeof(int64_t));
        REQUIRE(s->depot[i].closed);
        for (int year = first; year <= last; year++)
            TRY(add_closures(s, i, year));
    }
    return OK;
}

/* ---- people ---- */

MUST static enum err add_user(struct seed *s, enum role role, size_t number, struct id customer_id,
                              struct id *id_out) {
    struct user user;
    const char *word = names_word(&role_names, role);
    shape_clear(&user_shape, &user);
    user.email = number == 0 ? arena_printf(s->c->arena, "%s@canary.example", word)
                             : arena_printf(s->c->arena, "%s%zu@canary.example", word, number + 1);
    user.name = seed_person(s);
    user.role = role;
    user.customer_id = customer_id;
    user.password_hash = PASSWORD_HASH;
    TRY(app_user_add(s->c, &user));
    *id_out = user.id;
    return OK;
}

/* Enough drivers for a busy day at 30 stops each. */
static size_t drivers_of(const struct seed *s, int depot) {
    int64_t a_day = s->options.patients * (depot == SYDNEY ? 66 : 34) / 100 / 21;
    int64_t n = 2 + a_day * 3 / 2 / 26;
    return n > PEOPLE ? PEOPLE : (size_t)n;
}

MUST static enum err add_team(struct seed *s, enum role role, size_t n, size_t *number, struct id *ids_out) {
    for (size_t i = 0; i < n; i++)
        TRY(add_user(s, role, (*number)++, (struct id){{0}}, &ids_out[i]));
    return OK;
}

MUST static enum err add_people(struct seed *s) {
    size_t reps = 0, dispatchers = 0, drivers = 0, managers = 0;
    TRY(add_team(s, ROLE_MANAGER, COUNT(s->manager), &managers, s->manager));
    for (int i = 0; i < DEPOTS; i++) {
        struct demo_depot *d = &s->depot[i];
        d->reps = i == SYDNEY ? 6 : 3;
        d->dispatchers = 2;
        d->drivers = drivers_of(s, i);
        TRY(add_team(s, ROLE_REP, d->reps, &reps, d->rep));
        TRY(add_team(s, ROLE_DISPATCHER, d->dispatchers, &dispatchers, d->dispatcher));
        TRY(add_team(s, ROLE_DRIVER, d->drivers, &drivers, d->driver));
    }
    return OK;
}

static const struct {
    const char *code, *name;
    int depot;
} CUSTOMER[CUSTOMERS] = {
    {"HARB", "Harbourlight Renal Clinic", SYDNEY}, {"BANK", "Banksia Kidney Centre", SYDNEY},
    {"WREN", "Fairywren Home Dialysis", SYDNEY},   {"CURR", "Currawong Hospital", SYDNEY},
    {"IRON", "Ironbark Kidney Care", SYDNEY},      {"LANT", "Lanternfield Renal Unit", SYDNEY},
    {"SALT", "Saltbush Dialysis Service", SYDNEY}, {"JACA", "Jacaranda Grove Hospital", SYDNEY},
    {"MARR", "Marri Kidney Centre", PERTH},        {"TUAR", "Tuart Home Therapies", PERTH},
    {"KARR", "Karri Bay Hospital", PERTH},         {"NUMB", "Numbat Renal Unit", PERTH},
};

const char *seed_customer_name(int customer) {
    return CUSTOMER[customer].name;
}

MUST static enum err add_customers(struct seed *s) {
    for (int i = 0; i < CUSTOMERS; i++) {
        struct customer *customer;
        struct customer_contact *contact = arena_alloc(s->c->arena, sizeof *contact);
        REQUIRE(contact);
        contact->name = seed_person(s);
        contact->email = arena_printf(s->c->arena, "supplies@%s.example", CUSTOMER[i].code);
        contact->phone = arena_printf(s->c->arena, "(%s) 7010 01%02d", CUSTOMER[i].depot ? "08" : "02", i);
        TRY(app_catalogue_new(s->c, &noun_customer, (void **)&customer));
        customer->code = CUSTOMER[i].code;
        customer->name = CUSTOMER[i].name;
        customer->contact = contact;
        TRY(app_catalogue_add(s->c, &noun_customer, customer));
        s->customer[i].id = customer->id;
        s->customer[i].depot = CUSTOMER[i].depot;
        TRY(add_user(s, ROLE_CUSTOMER, (size_t)i, customer->id, &s->customer[i].staff));
    }
    return OK;
}

enum err seed_world(struct seed *s) {
    seed_as(s, ROLE_SYSTEM, (struct id){{0}});
    TRY(add_user(s, ROLE_ADMIN, 0, (struct id){{0}}, &s->admin));
    seed_as(s, ROLE_ADMIN, s->admin);
    TRY(add_products(s));
    TRY(add_depots(s));
    for (int i = 0; i < ZONES; i++)
        TRY(add_zone(s, i));
    TRY(add_all_closures(s));
    TRY(add_people(s));
    return add_customers(s);
}

/* ---- days ---- */

bool seed_open_on(const struct demo_depot *depot, int64_t date) {
    if (date_weekday(date) > 5) return false;
    return !depot->closures || !bsearch(&date, depot->closed, depot->closures, sizeof date, by_date);
}

bool seed_served_on(const struct seed *s, const struct demo_zone *zone, int64_t date) {
    return seed_open_on(&s->depot[zone->depot], date) && (zone->weekdays >> (date_weekday(date) - 1) & 1);
}

int64_t seed_local(const struct demo_depot *depot, int64_t date, int64_t minutes) {
    return zone_instant(depot->timezone, date, minutes, false);
}

int64_t seed_today(const struct seed *s, const struct demo_depot *depot) {
    return zone_date(depot->timezone, s->c->now);
}

int64_t seed_office_time(struct seed *s, const struct demo_depot *depot, int64_t date) {
    int64_t today = seed_today(s, depot);
    int64_t second_ms = seed_between(s, 0, 59) * 1000;
    if (date <= today && zone_minutes(depot->timezone, s->c->now) >= 16 * 60) date = today + 1;
    if (date < today) date = today;
    while (!seed_open_on(depot, date))
        date++;
    int64_t least = 8 * 60 + 30, now = zone_minutes(depot->timezone, s->c->now) + 1;
    if (date == today && now > least) least = now;
    return seed_local(depot, date, seed_between(s, least, 16 * 60 + 45)) + second_ms;
}
