#include "app/app_audit.h"
#include "app/app_catalogue.h"
#include "app/app_installation.h"
#include "app/app_key.h"
#include "app/app_log.h"
#include "app/app_patient.h"
#include "app/app_user.h"
#include "base/date.h"
#include "base/id.h"
#include "base/limits.h"
#include "db/db.h"
#include "store/store_log.h"
#include "store/store_stock.h"
#include "volume.h"
#include <stdlib.h>
#include <string.h>

enum { UNIT = 2000 };

/* The clocks of Iceland are those of UTC, all year. */
const char *const volume_timezone = "Atlantic/Reykjavik";

/* Of "canary-demo", as in the demo: written down, because it takes long to make. */
static const char PASSWORD_HASH[] =
    "$argon2id$v=19$m=65536,t=2,p=1$2Rv+2ORBnVmSWQXHikZ/hQ$QumdMe/kCTFm2Ox/JkuEADl40k3lc1ACqw9Evhmq2Jg";

/* ---- how much of everything ---- */

static int64_t up(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

/* A step without a common divisor goes through all of them. */
static void choose_calls(struct volume *v) {
    int64_t n = v->day_orders;
    v->call_step = n % 7919 == 0 ? 7927 : 7919;
    v->call_back = 0;
    while (n > 1 && v->call_back * v->call_step % n != 1)
        v->call_back++;
}

void volume_size(struct volume *v) {
    const struct volume_options *o = &v->options;
    v->day_orders = up(o->patients, CYCLE_DAYS);
    v->patients = v->day_orders * CYCLE_DAYS;
    v->days = up(o->deliveries, v->day_orders);
    v->skipped = v->days * v->day_orders - o->deliveries;
    v->today = o->until / DAY_MS;
    v->first_due = v->today + CALL_AHEAD - v->days;
    v->depots = up(v->patients, DEPOT_PATIENTS);
    v->drivers = up(up(v->day_orders, v->depots), STOPS) + 1;
    choose_calls(v);
}

static void *array(int64_t n, size_t size) {
    void *at = calloc((size_t)n, size);
    if (!at) volume_fail("no memory");
    return at;
}

static void allocate(struct volume *v) {
    v->patient = array(v->patients, sizeof *v->patient);
    v->depot = array(v->depots, sizeof *v->depot);
    v->rep = array(v->depots, sizeof *v->rep);
    v->dispatcher = array(v->depots, sizeof *v->dispatcher);
    v->zone = array(v->depots * ZONES, sizeof *v->zone);
    v->driver = array(v->depots * v->drivers, sizeof *v->driver);
    v->unbooked = array(v->days + CYCLE_DAYS, sizeof *v->unbooked);
    v->booked = array((v->days + CYCLE_DAYS) * WINDOWS, sizeof *v->booked);
}

static void make_commitments(struct volume *v) {
    for (int64_t i = 0; i < v->days + CYCLE_DAYS; i++) {
        int64_t due = v->first_due + i;
        commitment_begin(&v->unbooked[i], &rules_default, volume_timezone, due);
        for (int64_t k = 0; k < WINDOWS; k++) {
            int64_t from = (8 + 4 * k) * 60;
            struct window window = window_in_zone(volume_timezone, due, from, from + 240);
            v->booked[i * WINDOWS + k] = v->unbooked[i];
            commitment_promise(&v->booked[i * WINDOWS + k], &rules_default, volume_timezone, &window,
                               PARTY_US, (due - CALL_AHEAD) * DAY_MS);
        }
    }
}

/* ---- units ---- */

struct work {
    struct volume *v;
    int64_t at, end;
    enum err (*step)(struct ctx *c, struct volume *v, int64_t i);
};

static enum err run_steps(struct ctx *c, void *user) {
    struct work *w = user;
    for (int64_t i = w->at; i < w->end; i++)
        TRY(w->step(c, w->v, i));
    return OK;
}

static void each(struct ctx *c, struct volume *v, int64_t n, const char *what,
                 enum err (*step)(struct ctx *c, struct volume *v, int64_t i)) {
    struct work w = {.v = v, .step = step};
    for (w.at = 0; w.at < n; w.at = w.end) {
        w.end = w.at + UNIT < n ? w.at + UNIT : n;
        volume_must(c, db_unit(c, run_steps, &w), what);
        arena_reset(c->arena);
        c->now += UNIT;
    }
}

static const char *code(struct ctx *c, const char *prefix, int64_t i) {
    const char *text = arena_printf(c->arena, "%s%06lld", prefix, (long long)i);
    if (!text) volume_fail("no memory");
    return text;
}

/* ---- places and products ---- */

static enum err add_depot(struct ctx *c, struct volume *v, int64_t i) {
    struct depot *depot;
    TRY(app_catalogue_new(c, &noun_depot, (void **)&depot));
    depot->code = depot->name = code(c, "D", i);
    depot->timezone = volume_timezone;
    TRY(app_catalogue_add(c, &noun_depot, depot));
    v->depot[i] = depot->id;
    return OK;
}

static enum err add_zone(struct ctx *c, struct volume *v, int64_t i) {
    static const struct zone_window WINDOW[WINDOWS] = {{8 * 60, 12 * 60, 1000000},
                                                       {12 * 60, 16 * 60, 1000000}};
    static const int64_t WEEKDAY[] = {1, 2, 3, 4, 5, 6, 7};
    struct zone *zone;
    TRY(app_catalogue_new(c, &noun_zone, (void **)&zone));
    zone->depot_id = v->depot[i / ZONES];
    zone->code = zone->name = code(c, "Z", i);
    zone->weekdays = (struct list){WEEKDAY, COUNT(WEEKDAY)};
    zone->weight_max_g = 9000000000;
    zone->windows = (struct list){WINDOW, WINDOWS};
    TRY(app_catalogue_add(c, &noun_zone, zone));
    v->zone[i] = zone->id;
    return OK;
}

static enum err add_customer(struct ctx *c, struct volume *v, int64_t i) {
    struct customer *customer;
    TRY(app_catalogue_new(c, &noun_customer, (void **)&customer));
    customer->code = customer->name = code(c, "C", i);
    TRY(app_catalogue_add(c, &noun_customer, customer));
    v->customer[i] = customer->id;
    return OK;
}

static enum err add_product(struct ctx *c, struct volume *v, int64_t i) {
    struct product *product;
    TRY(app_catalogue_new(c, &noun_product, (void **)&product));
    product->code = product->name = code(c, "P", i);
    product->base_unit = "bag";
    product->units_per_box = 4;
    product->box_weight_g = 11000;
    product->lot_tracked = 1;
    product->critical = 0;
    product->shelf_life_min_days = 90;
    TRY(app_catalogue_add(c, &noun_product, product));
    v->product[i] = product->id;
    return OK;
}

/* ---- people ---- */

static enum err add_user(struct ctx *c, const char *name, int64_t i, int64_t role, struct id *id_out) {
    struct user user;
    shape_clear(&user_shape, &user);
    user.name = i < 0 ? name : arena_printf(c->arena, "%s-%05lld", name, (long long)i);
    user.email = arena_printf(c->arena, "%s@canary.example", user.name);
    user.role = role;
    user.password_hash = PASSWORD_HASH;
    if (!user.name || !user.email) volume_fail("no memory");
    TRY(app_user_add(c, &user));
    *id_out = user.id;
    return OK;
}

static enum err add_manager(struct ctx *c, struct volume *v, int64_t i) {
    struct id manager;
    (void)v, (void)i;
    return add_user(c, "manager", -1, ROLE_MANAGER, &manager);
}

static enum err add_rep(struct ctx *c, struct volume *v, int64_t i) {
    return add_user(c, "rep", i, ROLE_REP, &v->rep[i]);
}

static enum err add_dispatcher(struct ctx *c, struct volume *v, int64_t i) {
    return add_user(c, "dispatcher", i, ROLE_DISPATCHER, &v->dispatcher[i]);
}

static enum err add_driver(struct ctx *c, struct volume *v, int64_t i) {
    return add_user(c, "driver", i, ROLE_DRIVER, &v->driver[i]);
}

static enum err prescribe(struct ctx *c, struct volume *v, int64_t i) {
    struct prescription_line line[LINES];
    for (int k = 0; k < LINES; k++)
        line[k] = (struct prescription_line){volume_product(v, i, k), volume_use(k)};
    const struct prescription_in in = {v->first_due - PLAN_AHEAD, {line, LINES}};
    return app_prescription_put(c, v->patient[i], &in, NULL);
}

static void fill_home(struct ctx *c, const struct volume *v, int64_t i, struct patient *patient) {
    int64_t day = i / v->day_orders, place = i % v->day_orders;
    int64_t first = v->first_due + day + (day == 0 && place < v->skipped ? CYCLE_DAYS : 0);
    struct location *location = arena_alloc(c->arena, sizeof *location);
    struct cycle *cycle = arena_alloc(c->arena, sizeof *cycle);
    if (!location || !cycle) volume_fail("no memory");
    *location = (struct location){-338000000 + i % 4000000, 1512000000 - i % 4000000};
    *cycle = (struct cycle){CYCLE_DAYS, CYCLE_DAY, first};
    patient->location = location;
    patient->cycle = cycle;
    patient->active_from = v->first_due - PLAN_AHEAD;
}

/* After the prescription, which reckons it, too: nobody was counted yet then. */
static enum err keep_stock(struct ctx *c, const struct volume *v, int64_t i) {
    struct stock_kept kept;
    volume_stock(c->arena, v, i, &kept);
    TRY(store_stock_keep(c, &kept));
    return app_audit(
        c, &(struct audit){
               .action = "patient.change", .entity = "patient", .id = kept.patient_id, .version = 1});
}

static enum err add_patient(struct ctx *c, struct volume *v, int64_t i) {
    const struct patient_receiver receiver = {"Robin Example", "partner"};
    struct patient *patient;
    TRY(app_catalogue_new(c, &noun_patient, (void **)&patient));
    fill_home(c, v, i, patient);
    patient->code = code(c, "P-", i);
    patient->name = arena_printf(c->arena, "Patient Example %06lld", (long long)i);
    patient->phone = arena_printf(c->arena, "0491 57%04lld", (long long)(i % 10000));
    patient->address = arena_printf(c->arena, "%lld Example Street, Copperfield NSW 2999", (long long)i);
    patient->customer_id = v->customer[i % CUSTOMERS];
    patient->zone_id = v->zone[i % v->depots * ZONES + i / v->depots % ZONES];
    patient->receivers = (struct list){&receiver, 1};
    TRY(app_catalogue_add(c, &noun_patient, patient));
    v->patient[i] = patient->id;
    TRY(prescribe(c, v, i));
    return keep_stock(c, v, i);
}

/* ---- all of it ---- */

static enum err begin(struct ctx *c, void *user) {
    (void)user;
    return app_installation_begin(c);
}

/* ---- where the log is then ---- */

enum { PACK_UNIT = 256 * AUDIT_BLOCK };

static enum err pack(struct ctx *c, void *more) {
    return app_log_pack(c, PACK_UNIT, more);
}

static void read_leaves(struct ctx *c, struct volume *v) {
    uint8_t leaf[AUDIT_BLOCK][SHA256_SIZE];
    volume_must(c, store_log_size(c, &v->events), "the log");
    for (int64_t seq = 1; seq <= v->events; seq += AUDIT_BLOCK) {
        int64_t n = seq + AUDIT_BLOCK <= v->events ? AUDIT_BLOCK : v->events - seq + 1;
        volume_must(c, store_log_leaves(c, seq, n, leaf), "the leaves");
        for (int64_t i = 0; i < n; i++)
            merkle_fold_add(&v->fold, leaf[i]);
    }
}

/* The tail is in c's arena, which has to stay as it is until it is written. */
static void pack_log(struct ctx *c, struct volume *v) {
    int64_t blocks;
    read_leaves(c, v);
    c->now += LIMIT_PACK_AFTER_MS;
    for (bool more = true; more;) {
        arena_reset(c->arena);
        volume_must(c, db_unit(c, pack, &more), "the blocks");
    }
    volume_must(c, store_audit_blocks(c, &blocks), "the blocks");
    volume_must(c, store_audit_block_rows(c, blocks, &v->tail), "the last events");
}

void volume_world(struct ctx *c, struct volume *v) {
    int64_t applied;
    const char *key = arena_printf(c->arena, "%s.key", v->options.db);
    allocate(v);
    make_commitments(v);
    c->now = (v->first_due - PLAN_AHEAD - 30) * DAY_MS;
    volume_must(c, db_open(c, v->options.db, DB_BULK, &c->db), v->options.db);
    volume_must(c, db_migrate(c, &applied), "the schema");
    volume_must(c, db_ids_begin(c), "the ids");
    volume_must(c, app_key_first(c, key), "the key");
    volume_must(c, db_unit(c, begin, NULL), "the installation");
    each(c, v, v->depots, "a depot", add_depot);
    each(c, v, v->depots * ZONES, "a zone", add_zone);
    each(c, v, CUSTOMERS, "a customer", add_customer);
    each(c, v, PRODUCTS, "a product", add_product);
    each(c, v, 1, "a manager", add_manager);
    each(c, v, v->depots, "a rep", add_rep);
    each(c, v, v->depots, "a dispatcher", add_dispatcher);
    each(c, v, v->depots * v->drivers, "a driver", add_driver);
    each(c, v, v->patients, "a patient", add_patient);
    pack_log(c, v);
    db_close(&c->db);
}
