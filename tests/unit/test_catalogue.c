/* What the catalogue and patients promise without a database: shapes, defaults, folding, flat objects. */
#include "base/date.h"
#include "base/text.h"
#include "check.h"
#include "domain/patient.h"
#include <stdlib.h>

static const char *first_fault(const struct ctx *c) {
    return c->fault.first ? c->fault.first->pointer : NULL;
}

TEST(cat_objects_lie_flat_and_stand_up_again) {
    struct ctx *c = check_ctx();
    struct depot depot;
    shape_clear(&depot_shape, &depot);
    depot.location = &(struct location){-338688000, 1512093000};
    nest_close(&depot_shape, &depot);
    CHECK_INT(depot.lat, -338688000);
    CHECK_INT(depot.lon, 1512093000);
    depot.location = NULL;
    CHECK_OK(c, nest_open(c, &depot_shape, &depot));
    CHECK_INT(depot.location->lon, 1512093000);
    depot.location = NULL;
    nest_close(&depot_shape, &depot);
    CHECK_INT(depot.lat, NONE);
    CHECK_OK(c, nest_open(c, &depot_shape, &depot));
    CHECK(!depot.location);
}

TEST(cat_flat_members_carry_the_objects_name) {
    CHECK_STR(nest_flat(&customer_shape, "contact", "email")->name, "contact_email");
    CHECK_STR(nest_flat(&patient_shape, "cycle", "anchor")->name, "cycle_anchor");
    CHECK_STR(nest_flat(&patient_shape, "location", "lat")->name, "lat");
    CHECK_STR(nest_flat(&customer_shape, "contact", "name")->name, "contact_name");
    CHECK(!nest_flat(&patient_shape, "cycle", "code")); /* a member of its own, not a part */
}

TEST(cat_zone_has_documented_defaults) {
    struct ctx *c = check_ctx();
    struct zone zone;
    shape_clear(&zone_shape, &zone);
    zone_judge(c, &zone);
    CHECK_OK(c, ctx_faults(c));
    const struct zone_window *window = zone.windows.at;
    CHECK_INT(zone.weekday_mask, 31);
    CHECK_INT(zone.windows.n, 2);
    CHECK_INT(window[0].from_min, 480);
    CHECK_INT(window[0].to_min, 720);
    CHECK_INT(window[1].to_min, 960);
    CHECK_INT(window[1].stops_max, ZONE_STOPS_DEFAULT);
    CHECK_INT(zone.weight_max_g, ZONE_WEIGHT_DEFAULT_G);
}

TEST(cat_zone_weekdays_are_a_list_and_a_mask) {
    struct ctx *c = check_ctx();
    struct zone zone;
    shape_clear(&zone_shape, &zone);
    zone.weekdays = (struct list){(const int64_t[]){7, 1}, 2};
    zone_judge(c, &zone);
    CHECK_INT(zone.weekday_mask, 65);
    CHECK_OK(c, zone_open(c, &zone));
    CHECK_INT(((const int64_t *)zone.weekdays.at)[0], 1);
    CHECK_INT(((const int64_t *)zone.weekdays.at)[1], 7);
    CHECK_INT(zone.weekdays.n, 2);
}

TEST(cat_zone_weekdays_and_windows_are_judged) {
    static const int64_t zero[] = {0}, eight[] = {8}, twice[] = {2, 2};
    static const struct zone_window turned[] = {{720, 480, 4}}, empty[] = {{480, 480, 4}},
                                    same[] = {{480, 720, 4}, {480, 720, 5}};
    static const struct {
        struct list weekdays, windows;
        const char *pointer;
    } CASES[] = {
        {{zero, 1}, {NULL, 0}, "/weekdays/0"},    {{eight, 1}, {NULL, 0}, "/weekdays/0"},
        {{twice, 2}, {NULL, 0}, "/weekdays/1"},   {{NULL, 0}, {turned, 1}, "/windows/0/to"},
        {{NULL, 0}, {empty, 1}, "/windows/0/to"}, {{NULL, 0}, {same, 2}, "/windows/1"},
        {{NULL, 0}, {zero, 0}, "/windows"},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct ctx *c = check_ctx();
        struct zone zone;
        shape_clear(&zone_shape, &zone);
        zone.weekdays = CASES[i].weekdays;
        zone.windows = CASES[i].windows;
        zone_judge(c, &zone);
        CHECK_STR(first_fault(c), CASES[i].pointer);
    }
}

TEST(cat_depot_needs_a_time_zone_that_exists) {
    struct ctx *c = check_ctx();
    struct depot depot;
    shape_clear(&depot_shape, &depot);
    depot.timezone = "Australia/Sydney";
    depot_judge(c, &depot);
    CHECK(!first_fault(c));
    depot.timezone = "Australia/Atlantis";
    depot_judge(c, &depot);
    CHECK_STR(first_fault(c), "/timezone");
}

TEST(cat_product_defaults_and_gtin) {
    static const struct {
        const char *gtin;
        bool good;
    } CASES[] = {{"02345673", true},       {"416000336108", true}, {"1234567890128", true},
                 {"12345678901231", true}, {"123456789", false},   {"123456789012345", false},
                 {"1234567x", false},      {NULL, true},           {"", true}};
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct ctx *c = check_ctx();
        struct product product;
        shape_clear(&product_shape, &product);
        product.gtin = CASES[i].gtin;
        product_judge(c, &product);
        CHECK_INT(first_fault(c) == NULL, CASES[i].good);
        CHECK_INT(product.lot_tracked, 0);
        CHECK_INT(product.critical, 0);
        CHECK_INT(product.shelf_life_min_days, 0);
        CHECK_INT(product.active, 1);
    }
}

TEST(cat_patient_defaults) {
    struct ctx *c = check_ctx();
    struct patient patient;
    shape_clear(&patient_shape, &patient);
    patient_judge(c, &patient, 20000);
    CHECK_INT(patient.safety_days, 14);
    CHECK_INT(patient.status, PATIENT_ACTIVE);
    CHECK_INT(patient.status_from, 20000);
    CHECK_INT(patient.cycle->every, 1);
    CHECK_INT(patient.cycle->unit, CYCLE_MONTH);
    CHECK_INT(patient.cycle->anchor, 20000);
    CHECK(patient.receivers.at != NULL);
    CHECK_INT(patient.receivers.n, 0);
}

static const char *joined(struct ctx *c, struct list words) {
    struct text out = text_in(c->arena);
    text_str(&out, "");
    for (size_t i = 0; i < words.n; i++)
        text_printf(&out, "%s%s", i ? " " : "", ((const char *const *)words.at)[i]);
    return out.at ? out.at : "";
}

TEST(cat_patient_words_of_name_code_and_phone) {
    struct ctx *c = check_ctx();
    struct list words;
    struct patient patient = {.code = "P-7", .name = "Zoë O’Brien-Ångström", .phone = "(0400) 000 001"};
    CHECK_OK(c, patient_words(c, &patient, &words));
    CHECK_STR(joined(c, words), "000001 001 0400000001 7 angstrom brienangstrom obrienangstrom p7 zoe");
}

TEST(cat_patient_words_of_nothing) {
    struct ctx *c = check_ctx();
    struct list words;
    struct patient patient = {.code = "-", .name = "…"};
    CHECK_OK(c, patient_words(c, &patient, &words));
    CHECK_INT(words.n, 0);
    patient = (struct patient){.code = "X", .name = "李 小龍", .phone = "none"};
    CHECK_OK(c, patient_words(c, &patient, &words));
    CHECK_STR(joined(c, words), "x 小龍 李");
}

TEST(cat_question_is_folded_and_bounded) {
    struct ctx *c = check_ctx();
    struct list words;
    CHECK_OK(c, patient_question(c, "  ZOË  o'brien-Å 0400-000 ", &words));
    CHECK_STR(joined(c, words), "0400000 obriena zoe");
    CHECK_OK(c, patient_question(c, "a b c d e f", &words));
    CHECK_INT(patient_question(c, "a b c d e f g", &words), ERR_INVALID);
    CHECK_STR(first_fault(c), "/q");
    ctx_fault_clear(c);
    CHECK_INT(patient_question(c, " - . ", &words), ERR_INVALID);
}

/* Every member of these documents is explained: they are what clients read. */
TEST(cat_every_member_is_documented) {
    static const struct shape *const SHAPES[] = {
        &location_shape,
        &depot_shape,
        &zone_shape,
        &zone_window_shape,
        &closure_shape,
        &product_shape,
        &customer_shape,
        &patient_shape,
        &patient_receiver_shape,
        &patient_brief_shape,
        &pause_shape,
        &prescription_shape,
        &prescription_in_shape,
        &prescription_view_shape,
        &prescription_line_shape,
        &patient_search_shape,
    };
    for (size_t i = 0; i < COUNT(SHAPES); i++)
        for (size_t k = 0; k < SHAPES[i]->n; k++) {
            const struct field *field = &SHAPES[i]->field[k];
            if (!(field->flags & F_HIDDEN) && !field->doc)
                check_fail(__FILE__, __LINE__, "%s.%s says nothing", SHAPES[i]->name, field->name);
        }
}
