/* Use cases of the catalogue. */
#include "app/app_catalogue.h"
#include "base/date.h"
#include "base/id.h"
#include "world.h"

static struct depot *new_depot(struct world *w, const char *code) {
    void *record;
    CHECK_OK(w->c, app_catalogue_new(w->c, &noun_depot, &record));
    struct depot *depot = record;
    depot->code = code;
    depot->name = "Melbourne";
    depot->timezone = "Australia/Melbourne";
    return depot;
}

static struct closure *new_closure(struct world *w, const char *date) {
    void *record;
    CHECK_OK(w->c, app_catalogue_new(w->c, &noun_closure, &record));
    struct closure *closure = record;
    closure->depot_id = w->depot[SYDNEY];
    closure->date = date_parse(date);
    return closure;
}

static const char *last_change(struct world *w) {
    static const struct field FIELDS[] = {{.name = "change", .kind = K_TEXT}};
    static const struct shape shape = {"change", sizeof(const char *), FIELDS, 1};
    static const struct db_stmt LAST = {"test.last",
                                        "SELECT change FROM audit_event ORDER BY seq DESC LIMIT 1", NULL};
    const char *change;
    CHECK_OK(w->c, db_one(w->c, &LAST, NO_ARGS, &shape, &change));
    return change;
}

TEST(cat_depot_is_added_read_and_changed) {
    struct world *w = world_make();
    struct depot *depot = new_depot(w, "MEL");
    depot->location = &(struct location){-378136000, 1449631000};
    CHECK_OK(w->c, app_catalogue_add(w->c, &noun_depot, depot));
    void *before, *after;
    CHECK_OK(w->c, app_catalogue_get(w->c, &noun_depot, depot->id, &before));
    CHECK_OK(w->c, app_catalogue_get(w->c, &noun_depot, depot->id, &after));
    const struct depot *got = before;
    CHECK_STR(got->code, "MEL");
    CHECK_INT(got->location->lat, -378136000);
    CHECK_INT(got->version, 1);
    bool changed;
    CHECK_OK(w->c, app_catalogue_set(w->c, &noun_depot, before, after, &changed));
    CHECK(!changed);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event"), 1);
    ((struct depot *)after)->name = "Melbourne West";
    CHECK_OK(w->c, app_catalogue_set(w->c, &noun_depot, before, after, &changed));
    CHECK(changed);
    CHECK_STR(last_change(w), "{\"name\":\"Melbourne West\"}");
    CHECK_OK(w->c, app_catalogue_get(w->c, &noun_depot, depot->id, &before));
    CHECK_INT(((const struct depot *)before)->version, 2);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE action = 'depot.change' "
                             "AND entity_version = 2"),
              1);
}

TEST(cat_code_is_taken_once) {
    struct world *w = world_make();
    CHECK_INT(app_catalogue_add(w->c, &noun_depot, new_depot(w, "SYD")), ERR_CONFLICT);
    CHECK_STR(w->c->fault.slug, "code.taken");
    CHECK_STR(w->c->fault.first->pointer, "/code");
    ctx_fault_clear(w->c);
    void *before, *after;
    CHECK_OK(w->c, app_catalogue_get(w->c, &noun_depot, w->depot[SYDNEY], &before));
    CHECK_OK(w->c, app_catalogue_get(w->c, &noun_depot, w->depot[SYDNEY], &after));
    ((struct depot *)after)->code = "PER";
    CHECK_INT(app_catalogue_set(w->c, &noun_depot, before, after, NULL), ERR_CONFLICT);
}

TEST(cat_unknown_id_is_not_found) {
    struct world *w = world_make();
    void *record;
    CHECK_INT(app_catalogue_get(w->c, &noun_depot, w->zone[0], &record), ERR_NOT_FOUND);
    CHECK_STR(w->c->fault.slug, "not-found");
}

TEST(cat_zone_round_trip) {
    struct world *w = world_make();
    void *record, *got;
    CHECK_OK(w->c, app_catalogue_new(w->c, &noun_zone, &record));
    struct zone *zone = record;
    zone->depot_id = w->depot[PERTH];
    zone->code = "SYD"; /* of another depot: not taken */
    zone->name = "North";
    zone->weekdays = (struct list){(const int64_t[]){6, 2}, 2};
    zone->windows = (struct list){(const struct zone_window[]){{720, 1440, NONE}, {0, 720, 3}}, 2};
    CHECK_OK(w->c, app_catalogue_add(w->c, &noun_zone, zone));
    CHECK_OK(w->c, app_catalogue_get(w->c, &noun_zone, zone->id, &got));
    const struct zone *read = got;
    const struct zone_window *window = read->windows.at;
    CHECK_INT(read->weekdays.n, 2);
    CHECK_INT(((const int64_t *)read->weekdays.at)[0], 2);
    CHECK_INT(read->windows.n, 2);
    CHECK_INT(window[0].stops_max, 3);
    CHECK_INT(window[1].to_min, 1440);
    CHECK_INT(window[1].stops_max, ZONE_STOPS_DEFAULT);
    CHECK_INT(world_count(w, "SELECT weekdays FROM zone WHERE name = 'North'"), 34);
    struct zone after = *read;
    after.windows = (struct list){(const struct zone_window[]){{480, 600, 1}}, 1};
    CHECK_OK(w->c, app_catalogue_set(w->c, &noun_zone, read, &after, NULL));
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM zone_window WHERE from_min = 480 AND to_min = 600"), 1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM zone_window"), 5);
}

TEST(cat_zone_stays_with_its_depot) {
    struct world *w = world_make();
    void *before, *after;
    CHECK_OK(w->c, app_catalogue_get(w->c, &noun_zone, w->zone[SYDNEY], &before));
    CHECK_OK(w->c, app_catalogue_get(w->c, &noun_zone, w->zone[SYDNEY], &after));
    ((struct zone *)after)->depot_id = w->depot[PERTH];
    CHECK_INT(app_catalogue_set(w->c, &noun_zone, before, after, NULL), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "/depot_id");
    ctx_fault_clear(w->c);
    ((struct zone *)after)->depot_id = w->patient[0];
    CHECK_INT(app_catalogue_set(w->c, &noun_zone, before, after, NULL), ERR_INVALID);
}

TEST(cat_gtin_is_taken_once) {
    struct world *w = world_make();
    void *record;
    CHECK_OK(w->c, app_catalogue_new(w->c, &noun_product, &record));
    struct product *product = record;
    product->code = "NEW";
    product->gtin = "09312345000012";
    product->name = product->base_unit = "bag";
    product->units_per_box = 4;
    product->box_weight_g = 0;
    CHECK_INT(app_catalogue_add(w->c, &noun_product, product), ERR_CONFLICT);
    CHECK_STR(w->c->fault.slug, "gtin.taken");
    ctx_fault_clear(w->c);
    product->gtin = NULL;
    CHECK_OK(w->c, app_catalogue_add(w->c, &noun_product, product));
    CHECK_INT(world_count(w, "SELECT active FROM product WHERE code = 'NEW'"), 1);
}

TEST(cat_customer_contact_is_personal_in_the_trail) {
    struct world *w = world_make();
    void *before, *after;
    CHECK_OK(w->c, app_catalogue_get(w->c, &noun_customer, w->customer[0], &before));
    CHECK_OK(w->c, app_catalogue_get(w->c, &noun_customer, w->customer[0], &after));
    CHECK(!((const struct customer *)before)->contact);
    ((struct customer *)after)->contact = &(struct customer_contact){"Ada Marker", NULL, "02 5550 0100"};
    CHECK_OK(w->c, app_catalogue_set(w->c, &noun_customer, before, after, NULL));
    CHECK_STR(last_change(w), "{\"contact\":\"changed\"}");
    CHECK_OK(w->c, app_catalogue_get(w->c, &noun_customer, w->customer[0], &before));
    CHECK_STR(((const struct customer *)before)->contact->name, "Ada Marker");
}

static void book(struct world *w, const char *state) {
    struct id order = id_new(w->c->now);
    static const struct db_stmt ORDER = {"test.order",
                                         "INSERT INTO patient_order (id, kind, patient_id, customer_id, "
                                         "depot_id, zone_id, due_date, next_due, "
                                         "call_due, state, created_at, version) VALUES ($1, 'cycle', $2, $3, "
                                         "$4, $5, $6, $6, $6, 'scheduled', 0, 1)",
                                         NULL};
    static const struct db_stmt DELIVERY = {
        "test.delivery",
        "INSERT INTO delivery (id, order_id, attempt, kind, patient_id, customer_id, depot_id, zone_id, "
        "date, "
        "from_min, to_min, starts_at, ends_at, state, closed_by, promises, weight_g, holds, booked_at, "
        "version) "
        "VALUES ($1, $1, 1, 'first', $2, $3, $4, $5, $6, 480, 720, 1, 2, $7, NULL, 1, 0, 1, 0, 1)",
        NULL};
    static int64_t day;
    struct db_arg args[] = {db_id(&order),           db_id(&w->patient[0]),
                            db_id(&w->customer[0]),  db_id(&w->depot[SYDNEY]),
                            db_id(&w->zone[SYDNEY]), db_int(20000 + day++)};
    CHECK_OK(w->c, db_exec(w->c, &ORDER, args, COUNT(args), NULL));
    CHECK_OK(w->c, db_exec(w->c, &DELIVERY,
                           ARGS(db_id(&order), db_id(&w->patient[0]), db_id(&w->customer[0]),
                                db_id(&w->depot[SYDNEY]), db_id(&w->zone[SYDNEY]),
                                db_int(date_parse("2026-03-17")), db_text(state)),
                           NULL));
}

/* Contract 2.5: a closure after bookings answers the affected deliveries; nothing moves by itself. */
TEST(cat_closure_answers_what_it_displaces) {
    struct world *w = world_make();
    book(w, "scheduled");
    book(w, "dispatched");
    book(w, "delivered");
    struct closure *closure = new_closure(w, "2026-03-17"), *empty = new_closure(w, "2026-03-18");
    CHECK_OK(w->c, app_catalogue_add(w->c, &noun_closure, closure));
    CHECK_INT(closure->affected.n, 2);
    CHECK_STR(closure->reason, "closed");
    CHECK_OK(w->c, app_catalogue_add(w->c, &noun_closure, empty));
    CHECK(empty->affected.at != NULL);
    CHECK_INT(empty->affected.n, 0);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM delivery WHERE state = 'scheduled'"), 1);
    CHECK_INT(app_catalogue_add(w->c, &noun_closure, new_closure(w, "2026-03-17")), ERR_CONFLICT);
    CHECK_STR(w->c->fault.slug, "closure.exists");
    ctx_fault_clear(w->c);
    struct list dates;
    CHECK_OK(w->c, store_closure_dates(w->c, w->depot[SYDNEY], date_parse("2026-03-01"),
                                       date_parse("2026-03-17"), &dates));
    CHECK_INT(dates.n, 1);
    CHECK_OK(w->c, app_closure_remove(w->c, closure->id));
    CHECK_INT(app_closure_remove(w->c, closure->id), ERR_NOT_FOUND);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM closure"), 1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE action = 'closure.remove'"), 1);
}

TEST(cat_lists_page_by_key_and_narrow) {
    struct world *w = world_make();
    struct list page;
    struct catalogue_filter filter = {
        .after_date = NONE, .limit = 1, .from = NONE, .to = NONE, .active = NONE, .status = NONE};
    CHECK_OK(w->c, store_depot_list(w->c, &filter, &page));
    CHECK_INT(page.n, 1);
    filter.after = ((const struct depot *)page.at)->id;
    filter.limit = 10;
    CHECK_OK(w->c, store_depot_list(w->c, &filter, &page));
    CHECK_INT(page.n, 1);
    CHECK(!id_equal(filter.after, ((const struct depot *)page.at)->id));
    filter.after = (struct id){{0}};
    filter.depot_id = w->depot[PERTH];
    CHECK_OK(w->c, store_zone_list(w->c, &filter, &page));
    CHECK_INT(page.n, 1);
    CHECK_INT(((const struct zone *)page.at)->windows.n, 2);
    filter.code = "CAP";
    CHECK_OK(w->c, store_product_list(w->c, &filter, &page));
    CHECK_INT(page.n, 1);
    CHECK_OK(w->c, app_catalogue_add(w->c, &noun_closure, new_closure(w, "2026-05-01")));
    CHECK_OK(w->c, app_catalogue_add(w->c, &noun_closure, new_closure(w, "2026-04-01")));
    filter.depot_id = w->depot[SYDNEY];
    CHECK_OK(w->c, store_closure_list(w->c, &filter, &page));
    const struct closure *closure = page.at;
    CHECK_INT(page.n, 2);
    CHECK_INT(closure[0].date, date_parse("2026-04-01"));
    filter.after = closure[0].id;
    filter.after_date = closure[0].date;
    CHECK_OK(w->c, store_closure_list(w->c, &filter, &page));
    CHECK_INT(page.n, 1);
    filter.to = date_parse("2026-04-30");
    CHECK_OK(w->c, store_closure_list(w->c, &filter, &page));
    CHECK_INT(page.n, 0);
}

static enum err add_depot(struct ctx *c, void *user) {
    struct depot depot = *(struct depot *)user;
    return app_catalogue_add(c, &noun_depot, &depot);
}

static enum err add_zone(struct ctx *c, void *user) {
    struct zone zone = *(struct zone *)user;
    return app_catalogue_add(c, &noun_zone, &zone);
}

static enum err remove_closure(struct ctx *c, void *user) {
    return app_closure_remove(c, *(struct id *)user);
}

TEST(cat_catalogue_writes_all_or_nothing) {
    struct world *w = world_make();
    world_fails_at_every_call(w, add_depot, new_depot(w, "MEL"));
    void *record;
    CHECK_OK(w->c, app_catalogue_new(w->c, &noun_zone, &record));
    struct zone *zone = record;
    zone->depot_id = w->depot[PERTH];
    zone->code = zone->name = "NORTH";
    world_fails_at_every_call(w, add_zone, zone);
    struct closure *closure = new_closure(w, "2026-03-17");
    CHECK_OK(w->c, app_catalogue_add(w->c, &noun_closure, closure));
    world_fails_at_every_call(w, remove_closure, &closure->id);
}
