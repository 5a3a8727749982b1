/* Use cases of patients: search, status against commitments, prescriptions, pauses. */
#include "app/app_patient.h"
#include "base/date.h"
#include "base/id.h"
#include "domain/commitment.h"
#include "store/store_commitment.h"
#include "store/store_order.h"
#include "store/store_patient.h"
#include "world.h"

static struct patient patient_of(struct world *w, int i) {
    struct patient patient;
    CHECK_OK(w->c, app_patient_get(w->c, w->patient[i], &patient));
    return patient;
}

/* An open order of patient 0 in Sydney with its commitment of a whole day. */
static struct id order_due(struct world *w, const char *date) {
    struct order_row order;
    struct commitment row;
    bool added;
    shape_clear(&order_row_shape, &order);
    order.id = id_new(w->c->now);
    order.kind = ORDER_CYCLE;
    order.patient_id = w->patient[0];
    order.customer_id = w->customer[0];
    order.depot_id = w->depot[SYDNEY];
    order.zone_id = w->zone[SYDNEY];
    order.due_date = order.next_due = order.call_due = date_parse(date);
    order.state = ORDER_OPEN;
    order.attempts = order.deliveries = order.created_at = 0;
    order.version = 1;
    CHECK_OK(w->c, store_order_add(w->c, &order, &added));
    CHECK(added);
    commitment_begin(&row, w->c->rules, "Australia/Sydney", order.due_date);
    row.order_id = order.id;
    row.kind = ORDER_CYCLE;
    row.patient_id = order.patient_id;
    row.customer_id = order.customer_id;
    row.depot_id = order.depot_id;
    CHECK_OK(w->c, store_commitment_add(w->c, &row));
    return order.id;
}

static int64_t excluded(struct world *w, struct id order_id) {
    struct commitment row;
    CHECK_OK(w->c, store_commitment_get(w->c, order_id, &row));
    return row.excluded;
}

static enum err set_status(struct world *w, int64_t status, const char *from, const char *reason) {
    struct patient before = patient_of(w, 0), after = before;
    after.status = status;
    after.status_from = from ? date_parse(from) : NONE;
    after.reason = reason;
    ctx_fault_clear(w->c);
    return app_catalogue_set(w->c, &noun_patient, &before, &after, NULL);
}

static struct patient *new_patient(struct world *w, const char *code) {
    void *record;
    CHECK_OK(w->c, app_catalogue_new(w->c, &noun_patient, &record));
    struct patient *patient = record;
    patient->code = code;
    patient->name = "Zoë Ångström";
    patient->customer_id = w->customer[1];
    patient->zone_id = w->zone[PERTH];
    return patient;
}

TEST(cat_patient_is_added_with_defaults) {
    struct world *w = world_make();
    world_at(w, "2026-03-02T17:00:00Z"); /* already the 3rd in Perth */
    struct patient *patient = new_patient(w, "P-9");
    patient->receivers =
        (struct list){(const struct patient_receiver[]){{"R. One", "son"}, {"R. Two", "wife"}}, 2};
    CHECK_OK(w->c, app_catalogue_add(w->c, &noun_patient, patient));
    struct patient got;
    CHECK_OK(w->c, app_patient_get(w->c, patient->id, &got));
    CHECK_INT(got.status_from, date_parse("2026-03-03"));
    CHECK_INT(got.active_from, date_parse("2026-03-03"));
    CHECK_INT(got.status_recorded_at, w->c->now);
    CHECK_INT(got.cycle->anchor, date_parse("2026-03-03"));
    CHECK_INT(got.cycle->unit, CYCLE_MONTH);
    CHECK_INT(got.safety_days, 14);
    CHECK_INT(got.receivers.n, 2);
    CHECK_STR(((const struct patient_receiver *)got.receivers.at)[1].name, "R. Two");
    CHECK_INT(
        world_count(w, "SELECT COUNT(*) FROM audit_event WHERE change LIKE '%ngstr%' OR change LIKE '%R. %'"),
        0);
}

TEST(cat_patient_needs_customer_and_zone) {
    struct world *w = world_make();
    struct patient *patient = new_patient(w, "P-9");
    patient->customer_id = w->zone[0];
    patient->zone_id = w->customer[0];
    CHECK_INT(app_catalogue_add(w->c, &noun_patient, patient), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "/customer_id");
    CHECK_STR(w->c->fault.last->pointer, "/zone_id");
    ctx_fault_clear(w->c);
    CHECK_INT(app_catalogue_add(w->c, &noun_patient, new_patient(w, "P-0")), ERR_CONFLICT);
}

TEST(cat_patient_change_keeps_what_is_not_stated) {
    struct world *w = world_make();
    struct patient before = patient_of(w, 0), after = before;
    after.cycle = &(struct cycle){28, CYCLE_DAY, NONE};
    after.location = NULL;
    after.receivers = (struct list){&after, 0};
    CHECK_OK(w->c, app_catalogue_set(w->c, &noun_patient, &before, &after, NULL));
    struct patient got = patient_of(w, 0);
    CHECK_INT(got.cycle->every, 28);
    CHECK_INT(got.cycle->anchor, date_parse("2026-03-16"));
    CHECK(!got.location);
    CHECK_INT(got.receivers.n, 0);
    CHECK_INT(got.active_from, before.active_from);
    CHECK_INT(got.status_recorded_at, before.status_recorded_at);
}

static size_t found(struct world *w, const char *q) {
    struct list briefs;
    CHECK_OK(w->c, app_patient_search(w->c, &(struct patient_search){q, NONE}, &briefs));
    return briefs.n;
}

/* Contract 6: by code, name or phone, prefix, accents and case folded. */
TEST(cat_search_by_code_name_and_phone) {
    struct world *w = world_make();
    struct patient *patient = new_patient(w, "KX-77");
    patient->phone = "+61 400 123 456";
    CHECK_OK(w->c, app_catalogue_add(w->c, &noun_patient, patient));
    static const struct {
        const char *q;
        size_t n;
    } CASES[] = {{"zoe angs", 1},   {"ANGSTROM", 1},  {"Ång", 1},         {"kx-7", 1},       {"kx77", 1},
                 {"77", 1},         {"400123", 1},    {"123456", 1},      {"+61 400", 1},    {"ngstrom", 0},
                 {"zoe nobody", 0}, {"kx 400 zo", 1}, {"kx-77 kx-78", 0}, {"z a k 7 1 6", 1}};
    for (size_t i = 0; i < COUNT(CASES); i++)
        if (found(w, CASES[i].q) != CASES[i].n)
            check_fail(__FILE__, __LINE__, "%s found %zu", CASES[i].q, found(w, CASES[i].q));
    struct patient before, after;
    CHECK_OK(w->c, app_patient_get(w->c, patient->id, &before));
    after = before;
    after.name = "Eva Neu";
    CHECK_OK(w->c, app_catalogue_set(w->c, &noun_patient, &before, &after, NULL));
    CHECK_INT(found(w, "angstrom"), 0);
    CHECK_INT(found(w, "neu"), 1);
}

TEST(cat_search_answers_by_code_and_bounded) {
    struct world *w = world_make();
    struct patient before = patient_of(w, 0), after = before;
    for (int i = 0; i < WORLD_PATIENTS; i++) {
        before = after = patient_of(w, i);
        after.name = arena_printf(w->c->arena, "Common %d", i);
        CHECK_OK(w->c, app_catalogue_set(w->c, &noun_patient, &before, &after, NULL));
    }
    struct list briefs;
    CHECK_OK(w->c, app_patient_search(w->c, &(struct patient_search){"common", 2}, &briefs));
    CHECK_INT(briefs.n, 2);
    CHECK_STR(((const struct patient_brief *)briefs.at)[1].code, "P-1");
    CHECK_INT(found(w, "common"), WORLD_PATIENTS);
}

/* Contract 5: ended or admitted before the window, and recorded before it ended: not due. */
TEST(cat_status_takes_commitments_out) {
    struct world *w = world_make();
    struct id march = order_due(w, "2026-03-16"), april = order_due(w, "2026-04-16");
    CHECK_OK(w->c, set_status(w, PATIENT_ADMITTED, "2026-04-01", NULL));
    CHECK_INT(excluded(w, march), NONE);
    CHECK_INT(excluded(w, april), EXCLUDED_ADMITTED);
    struct patient patient = patient_of(w, 0);
    CHECK_INT(patient.status_from, date_parse("2026-04-01"));
    CHECK_INT(patient.active_from, date_parse("2026-03-16"));
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE action = 'commitment.status'"), 1);
}

TEST(cat_status_recorded_just_in_time) {
    struct world *w = world_make();
    struct id march = order_due(w, "2026-03-16");
    world_act(w, ROLE_REP, w->rep);
    world_at(w, "2026-03-16T12:59:59.999Z"); /* the day ends at 13:00Z in Sydney */
    CHECK_OK(w->c, set_status(w, PATIENT_ENDED, "2026-03-16", NULL));
    CHECK_INT(excluded(w, march), EXCLUDED_ENDED);
}

TEST(cat_status_recorded_late_needs_a_manager_and_a_reason) {
    struct world *w = world_make();
    struct id march = order_due(w, "2026-03-16"), april = order_due(w, "2026-04-16");
    world_at(w, "2026-03-16T13:00:00Z");
    world_act(w, ROLE_REP, w->rep);
    CHECK_INT(set_status(w, PATIENT_ENDED, "2026-03-16", "told late"), ERR_DENIED);
    CHECK_STR(w->c->fault.slug, "patient.late-status-needs-manager");
    CHECK_INT(excluded(w, march), NONE);
    CHECK_OK(w->c, set_status(w, PATIENT_ENDED, "2026-03-17", NULL)); /* after that window: nothing is late */
    CHECK_INT(excluded(w, march), NONE);
    CHECK_INT(excluded(w, april), EXCLUDED_ENDED);
    world_act(w, ROLE_MANAGER, w->manager);
    CHECK_INT(set_status(w, PATIENT_ENDED, "2026-03-10", " \n"), ERR_INVALID);
    CHECK_STR(w->c->fault.slug, "patient.late-status-needs-reason");
    CHECK_STR(w->c->fault.first->pointer, "/reason");
    CHECK_OK(w->c, set_status(w, PATIENT_ENDED, "2026-03-10", "told late"));
    CHECK_INT(excluded(w, march), EXCLUDED_OVERRIDDEN);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM personal_value WHERE value = 'told late' AND owner = "
                             "(SELECT patient_id FROM patient_order LIMIT 1)"),
              1);
}

TEST(cat_active_again_is_due_again) {
    struct world *w = world_make();
    struct id march = order_due(w, "2026-03-16"), april = order_due(w, "2026-04-16"),
              may = order_due(w, "2026-05-16");
    CHECK_OK(w->c, set_status(w, PATIENT_ADMITTED, "2026-03-10", NULL));
    CHECK_INT(excluded(w, march), EXCLUDED_ADMITTED);
    CHECK_INT(excluded(w, may), EXCLUDED_ADMITTED);
    world_at(w, "2026-04-01T00:00:00Z");
    CHECK_OK(w->c, set_status(w, PATIENT_ACTIVE, "2026-04-16", NULL));
    CHECK_INT(excluded(w, march), EXCLUDED_ADMITTED); /* the stay in hospital is a fact */
    CHECK_INT(excluded(w, april), NONE);
    CHECK_INT(excluded(w, may), NONE);
    struct patient patient = patient_of(w, 0);
    CHECK_INT(patient.active_from, date_parse("2026-04-16"));
    CHECK_INT(patient.status_recorded_at, w->c->now);
}

/* The same status from a later day than was said first: what lies between is due after all. */
TEST(cat_status_corrected_to_a_later_day) {
    struct world *w = world_make();
    struct id march = order_due(w, "2026-03-16"), april = order_due(w, "2026-04-16");
    CHECK_OK(w->c, set_status(w, PATIENT_ENDED, "2026-03-10", NULL));
    CHECK_INT(excluded(w, march), EXCLUDED_ENDED);
    CHECK_OK(w->c, set_status(w, PATIENT_ENDED, "2026-04-10", NULL));
    CHECK_INT(excluded(w, march), NONE);
    CHECK_INT(excluded(w, april), EXCLUDED_ENDED);
}

TEST(cat_patients_page_by_key) {
    struct world *w = world_make();
    struct list page;
    struct catalogue_filter filter = {.limit = 1, .status = NONE};
    for (int seen = 0; seen < WORLD_PATIENTS; seen++) {
        CHECK_OK(w->c, store_patient_list(w->c, &filter, &page));
        CHECK_INT(page.n, 1);
        struct id id = ((const struct patient *)page.at)->id;
        CHECK(id_compare(id, filter.after) > 0);
        filter.after = id;
    }
    CHECK_OK(w->c, store_patient_list(w->c, &filter, &page));
    CHECK_INT(page.n, 0);
}

TEST(cat_status_without_a_date_is_from_today) {
    struct world *w = world_make();
    world_at(w, "2026-03-05T13:30:00Z"); /* the 6th in Sydney */
    CHECK_OK(w->c, set_status(w, PATIENT_ADMITTED, NULL, NULL));
    struct patient patient = patient_of(w, 0);
    CHECK_INT(patient.status_from, date_parse("2026-03-06"));
    int64_t recorded = patient.status_recorded_at;
    world_at(w, "2026-03-09T00:00:00Z");
    CHECK_OK(w->c, set_status(w, PATIENT_ADMITTED, NULL, NULL));
    patient = patient_of(w, 0);
    CHECK_INT(patient.status_from, date_parse("2026-03-06"));
    CHECK_INT(patient.status_recorded_at, recorded);
}

TEST(cat_what_was_handed_over_counts) {
    struct world *w = world_make();
    struct id march = order_due(w, "2026-03-16");
    struct commitment row;
    CHECK_OK(w->c, store_commitment_get(w->c, march, &row));
    row.completed_at = row.received_at = instant_parse("2026-03-16T00:00:00Z");
    CHECK_OK(w->c, store_commitment_set(w->c, &row));
    world_at(w, "2026-04-01T00:00:00Z");
    world_act(w, ROLE_REP, w->rep);
    CHECK_OK(w->c,
             set_status(w, PATIENT_ENDED, "2026-03-01", NULL)); /* nothing is taken out: nobody is needed */
    CHECK_INT(excluded(w, march), NONE);
}

/* ---- prescriptions ---- */

static enum err prescribe(struct world *w, const char *from, int64_t use, bool *added_out) {
    struct prescription_line line[] = {{w->product[2], use}, {w->product[0], 4000}};
    struct prescription_in in = {date_parse(from), {line, 2}};
    ctx_fault_clear(w->c);
    return app_prescription_put(w->c, w->patient[0], &in, added_out);
}

TEST(cat_prescription_versions_are_kept) {
    struct world *w = world_make();
    struct prescription_view view;
    bool added;
    CHECK_OK(w->c, prescribe(w, "2026-03-02", 2500, &added));
    CHECK(added);
    CHECK_OK(w->c, prescribe(w, "2026-03-02", 2500, &added));
    CHECK(!added);
    CHECK_OK(w->c, prescribe(w, "2026-03-03", 1, &added));
    CHECK_OK(w->c, app_prescription_get(w->c, w->patient[0], &view));
    CHECK_INT(view.effective_from, date_parse("2026-03-02"));
    CHECK_INT(view.lines.n, 2);
    CHECK_INT(view.history.n, 3);
    CHECK_INT(view.version, 3);
    const struct prescription *version = view.history.at;
    CHECK_INT(version[0].effective_from, date_parse("2026-03-03"));
    CHECK_INT(version[2].effective_from, date_parse("2026-01-01"));
    CHECK_INT(version[2].lines.n, 3);
    CHECK(id_equal(version[0].recorded_by, w->manager));
    w->c->now++;
    CHECK_OK(w->c, prescribe(w, "2026-03-02", 7000, &added)); /* the one recorded last holds */
    CHECK_OK(w->c, app_prescription_get(w->c, w->patient[0], &view));
    int64_t most = 0;
    for (size_t i = 0; i < view.lines.n; i++)
        if (((const struct prescription_line *)view.lines.at)[i].use_per_day > most)
            most = ((const struct prescription_line *)view.lines.at)[i].use_per_day;
    CHECK_INT(most, 7000);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE action = 'prescription.add'"), 3);
}

TEST(cat_prescription_of_nothing) {
    struct world *w = world_make();
    struct prescription_view view;
    struct patient *patient = new_patient(w, "P-9");
    CHECK_OK(w->c, app_catalogue_add(w->c, &noun_patient, patient));
    CHECK_OK(w->c, app_prescription_get(w->c, patient->id, &view));
    CHECK_INT(view.effective_from, NONE);
    CHECK(view.lines.at != NULL);
    CHECK_INT(view.history.n, 0);
    CHECK_INT(app_prescription_get(w->c, w->zone[0], &view), ERR_NOT_FOUND);
}

TEST(cat_prescription_lines_are_judged) {
    struct world *w = world_make();
    world_run(w, "UPDATE product SET active = 0 WHERE code = 'SET'");
    struct prescription_line line[] = {
        {w->product[0], 1}, {w->product[0], 2}, {w->zone[0], 1}, {w->product[3], 1}};
    struct prescription_in in = {date_parse("2026-03-02"), {line, COUNT(line)}};
    CHECK_INT(app_prescription_put(w->c, w->patient[0], &in, NULL), ERR_INVALID);
    static const char *const POINTER[] = {"/lines/1/product_id", "/lines/2/product_id",
                                          "/lines/3/product_id"};
    const struct fault_item *item = w->c->fault.first;
    for (size_t i = 0; i < COUNT(POINTER); i++, item = item->next)
        CHECK_STR(item->pointer, POINTER[i]);
    CHECK(!item);
    ctx_fault_clear(w->c);
    in.lines.n = 0;
    CHECK_OK(w->c, app_prescription_put(w->c, w->patient[0], &in, NULL));
}

/* ---- pauses ---- */

static struct pause *new_pause(struct world *w, const char *from, const char *to) {
    struct pause *pause = arena_alloc(w->c->arena, sizeof *pause);
    *pause =
        (struct pause){.from_date = date_parse(from), .to_date = date_parse(to), .reason = "Marker at sea"};
    return pause;
}

static int64_t order_state(struct world *w, struct id order_id) {
    struct order_row order;
    CHECK_OK(w->c, store_order_get(w->c, order_id, &order));
    return order.state;
}

TEST(cat_pause_includes_both_days) {
    struct world *w = world_make();
    struct id first = order_due(w, "2026-04-01"), last = order_due(w, "2026-04-30"),
              before = order_due(w, "2026-03-31"), after = order_due(w, "2026-05-01");
    CHECK_OK(w->c, app_pause_add(w->c, w->patient[0], new_pause(w, "2026-04-01", "2026-04-30")));
    CHECK_INT(excluded(w, first), EXCLUDED_PAUSED);
    CHECK_INT(excluded(w, last), EXCLUDED_PAUSED);
    CHECK_INT(excluded(w, before), NONE);
    CHECK_INT(excluded(w, after), NONE);
    CHECK_INT(order_state(w, first), ORDER_OPEN);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE change LIKE '%Marker%'"), 0);
}

TEST(cat_pause_recorded_too_late_excuses_nothing) {
    struct world *w = world_make();
    struct id march = order_due(w, "2026-03-16");
    world_at(w, "2026-03-16T13:00:00Z");
    CHECK_OK(w->c, app_pause_add(w->c, w->patient[0], new_pause(w, "2026-03-16", "2026-03-16")));
    CHECK_INT(excluded(w, march), NONE);
}

TEST(cat_pause_removed_is_due_again) {
    struct world *w = world_make();
    struct id march = order_due(w, "2026-03-16"), april = order_due(w, "2026-04-16"),
              may = order_due(w, "2026-05-16");
    struct pause *pause = new_pause(w, "2026-03-01", "2026-05-31"),
                 *other = new_pause(w, "2026-05-01", "2026-05-31");
    CHECK_OK(w->c, app_pause_add(w->c, w->patient[0], pause));
    CHECK_OK(w->c, app_pause_add(w->c, w->patient[0], other));
    world_at(w, "2026-04-01T00:00:00Z");
    CHECK_INT(app_pause_remove(w->c, w->patient[1], pause->id), ERR_NOT_FOUND);
    ctx_fault_clear(w->c);
    CHECK_OK(w->c, app_pause_remove(w->c, w->patient[0], pause->id));
    CHECK_INT(excluded(w, march), EXCLUDED_PAUSED); /* that day is over, and it was paused */
    CHECK_INT(excluded(w, april), NONE);
    CHECK_INT(excluded(w, may), EXCLUDED_PAUSED); /* the other pause still covers it */
    CHECK_INT(app_pause_remove(w->c, w->patient[0], pause->id), ERR_NOT_FOUND);
    ctx_fault_clear(w->c);
    struct list pauses;
    CHECK_OK(w->c, app_pause_list(w->c, w->patient[0], &pauses));
    CHECK_INT(pauses.n, 1);
}

TEST(cat_pause_ends_after_it_begins) {
    struct world *w = world_make();
    CHECK_INT(app_pause_add(w->c, w->patient[0], new_pause(w, "2026-04-02", "2026-04-01")), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "/to");
    ctx_fault_clear(w->c);
    CHECK_OK(w->c, app_pause_add(w->c, w->patient[0], new_pause(w, "2026-04-01", "2026-04-01")));
    CHECK_INT(app_pause_add(w->c, w->zone[0], new_pause(w, "2026-04-01", "2026-04-01")), ERR_NOT_FOUND);
}

/* ---- all or nothing ---- */

static enum err fail_add(struct ctx *c, void *user) {
    struct patient patient = *(struct patient *)user;
    return app_catalogue_add(c, &noun_patient, &patient);
}

static enum err fail_status(struct ctx *c, void *user) {
    struct patient before, after;
    TRY(app_patient_get(c, *(struct id *)user, &before));
    after = before;
    after.status = PATIENT_ENDED;
    after.status_from = date_parse("2026-03-02");
    return app_catalogue_set(c, &noun_patient, &before, &after, NULL);
}

static enum err fail_pause(struct ctx *c, void *user) {
    struct pause pause = {
        .from_date = date_parse("2026-03-01"), .to_date = date_parse("2026-03-31"), .reason = "x"};
    return app_pause_add(c, *(struct id *)user, &pause);
}

static enum err fail_prescribe(struct ctx *c, void *user) {
    struct world *w = user;
    struct prescription_line line = {w->product[3], 1000};
    return app_prescription_put(c, w->patient[0],
                                &(struct prescription_in){date_parse("2026-03-02"), {&line, 1}}, NULL);
}

TEST(cat_patient_writes_all_or_nothing) {
    struct world *w = world_make();
    order_due(w, "2026-03-16");
    order_due(w, "2026-04-16");
    world_fails_at_every_call(w, fail_add, new_patient(w, "P-9"));
    world_fails_at_every_call(w, fail_prescribe, w);
    world_fails_at_every_call(w, fail_pause, &w->patient[0]);
    world_fails_at_every_call(w, fail_status, &w->patient[0]);
}
