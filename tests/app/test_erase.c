/* Erasure: no word of the patient is left, everything that happened is. */
#include "app/app_erase.h"
#include "app/app_catalogue.h"
#include "app/app_contest.h"
#include "app/app_delivery.h"
#include "app/app_discrepancy.h"
#include "app/app_drop.h"
#include "app/app_patient.h"
#include "app/app_plan.h"
#include "app/app_sweep.h"
#include "app/app_timeline.h"
#include "app/app_verify.h"
#include "base/date.h"
#include "base/id.h"
#include "store/store_erasure.h"
#include "store/store_idempotency.h"
#include "store/store_patient.h"
#include "world_order.h"

static const int64_t UNITS[] = {120, 45, 150};

struct past {
    struct world *w;
    struct id order, delivery;
    struct patient patient;
};

static void load(struct past *p) {
    CHECK_OK(p->w->c, store_patient_get(p->w->c, p->w->patient[0], &p->patient));
}

static void end(struct past *p) {
    load(p);
    struct patient after = p->patient;
    after.status = PATIENT_ENDED;
    after.status_from = NONE;
    CHECK_OK(p->w->c, app_catalogue_set(p->w->c, &noun_patient, &p->patient, &after, NULL));
    load(p);
}

/* Patient 0 was delivered short on 2026-03-12, with everything people write down. */
static struct past past(void) {
    static const struct stated SHORT[] = {{0, 100, CONDITION_OK, NULL, NULL}};
    const struct id fresh = {{0}};
    struct past p = {.w = world_make()};
    struct drop_answer answer;
    struct contest_row contest;
    bool replay;
    p.order = world_order(p.w, 0, "2026-03-16", UNITS, 3);
    p.delivery = world_book(p.w, p.order, "2026-03-12", "08:00", "12:00");
    world_dispatch(p.w, p.delivery, 0);
    world_at(p.w, "2026-03-11T22:00:00Z");
    CHECK_OK(p.w->c, world_drop(p.w, fresh, p.delivery, 0, "2026-03-11T22:00:00Z", SHORT, 1, &answer));
    struct discrepancy found = *(const struct discrepancy *)answer.discrepancies.at;
    CHECK_OK(p.w->c, app_discrepancy_void(p.w->c, &found, "said Marker"));
    struct delivery_row row = world_delivery(p.w, p.delivery);
    struct contest_in in = {id_new(p.w->c->now), p.w->c->now, KIND_SHORT, "Marker says ten fewer"};
    CHECK_OK(p.w->c, app_contest_add(p.w->c, &row, &in, &contest, &replay));
    struct pause pause = {.from_date = date_parse("2026-05-01"),
                          .to_date = date_parse("2026-05-09"),
                          .reason = "Marker travels"};
    CHECK_OK(p.w->c, app_pause_add(p.w->c, p.w->patient[0], &pause));
    world_at(p.w, "2037-01-01T00:00:00Z");
    end(&p);
    return p;
}

static enum err erase_for(struct past *p, int64_t reason, struct erasure *erasure_out) {
    const struct erasure_in in = {reason};
    ctx_fault_clear(p->w->c);
    load(p);
    return app_patient_erase(p->w->c, &p->patient, &in, erasure_out);
}

/* Rows of any table in which the word stands. */
static int64_t rows_with(struct world *w, const char *table, const char *columns, const char *word) {
    return world_count(
        w, arena_printf(w->c->arena, "SELECT COUNT(*) FROM %s WHERE %s LIKE '%%%s%%'", table, columns, word));
}

TEST(erase_leaves_no_word_and_every_fact) {
    struct past p = past();
    struct world *w = p.w;
    struct erasure erasure;
    struct verify_result before, after;
    CHECK(rows_with(w, "personal_value", "value", "Marker") >= 4);
    CHECK_OK(w->c, app_verify(w->c, NULL, NULL, NULL, &before));
    struct commitment kept = world_commitment(w, p.order);
    int64_t events = world_count(w, "SELECT COUNT(*) FROM audit_event");
    CHECK_OK(w->c, erase_for(&p, ERASE_REQUEST, &erasure));
    CHECK(erasure.erased >= 6);
    CHECK_INT(world_count(w, arena_printf(w->c->arena, "SELECT COUNT(*) FROM personal_value WHERE value LIKE "
                                                       "'%%Marker%%' AND value NOT LIKE '%%Marker P-%%'")),
              0);
    load(&p);
    CHECK_STR(p.patient.name, "");
    CHECK_STR(p.patient.phone, NULL);
    CHECK_INT(p.patient.lat, NONE);
    CHECK_INT(p.patient.receivers.n, 0);
    CHECK_INT(p.patient.erased_at, w->c->now);
    CHECK_INT(rows_with(w, "pause", "reason", "Marker"), 0);
    CHECK_INT(rows_with(w, "discrepancy", "reason", "Marker"), 0);
    struct commitment now = world_commitment(w, p.order);
    CHECK(memcmp(&kept, &now, sizeof now) == 0);
    CHECK_OK(w->c, app_verify(w->c, NULL, NULL, NULL, &after));
    CHECK_INT(after.findings, before.findings);
    CHECK_INT(after.events, events + 1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE action = 'patient.erase' AND "
                             "change LIKE '%\"reason\":\"request\"%' AND reason_digest IS NULL"),
              1);
    CHECK_INT(rows_with(w, "patient", "name", "Marker"), WORLD_PATIENTS - 1);
}

/* Everything that stands in the way is told at once. */
TEST(erase_names_every_obstacle) {
    struct past p = past();
    struct erasure erasure;
    char pointer[60] = "/orders/";
    world_at(p.w, "2026-03-20T00:00:00Z");
    struct id order = world_order(p.w, 0, "2026-04-16", UNITS, 3);
    world_book(p.w, order, "2026-04-14", "08:00", "12:00");
    world_run(
        p.w,
        "UPDATE patient SET status = 'admitted' WHERE id = (SELECT id FROM patient ORDER BY id LIMIT 1)");
    world_run(p.w, "UPDATE discrepancy SET state = 'disputed' WHERE kind = 'contested'");
    CHECK_INT(erase_for(&p, ERASE_MISTAKE, &erasure), ERR_STATE);
    CHECK_STR(p.w->c->fault.slug, "patient.retained");
    const struct fault_item *item = p.w->c->fault.first;
    CHECK_STR(item->pointer, "/status");
    item = item->next;
    id_format(order, pointer + strlen(pointer));
    CHECK_STR(item->pointer, pointer);
    CHECK(strstr(item->detail, "2026-04-16"));
    item = item->next;
    CHECK(strncmp(item->pointer, "/discrepancies/", 15) == 0);
    item = item->next;
    CHECK(strncmp(item->pointer, "/deliveries/", 12) == 0);
    CHECK(strstr(item->detail, "2026-04-14"));
    item = item->next;
    CHECK_STR(item->pointer, "/retention");
    CHECK(strstr(item->detail, "2026-03-12") && strstr(item->detail, "2036-03-12"));
    CHECK(!item->next);
    CHECK_INT(world_count(p.w, "SELECT COUNT(*) FROM erasure"), 0);
}

TEST(erase_waits_for_the_retention_to_the_day) {
    struct past p = past();
    struct erasure erasure;
    world_at(p.w, "2036-03-10T12:00:00Z"); /* the evening of the 10th in Sydney: kept until the 12th */
    world_run(p.w, "UPDATE patient SET status_from = 20000");
    CHECK_INT(erase_for(&p, ERASE_RETENTION, &erasure), ERR_STATE);
    CHECK_STR(p.w->c->fault.first->pointer, "/retention");
    world_at(p.w, "2036-03-11T13:00:00Z");
    CHECK_OK(p.w->c, erase_for(&p, ERASE_RETENTION, &erasure));
}

/* Nobody writes names beside what was erased; and it may be done again. */
TEST(erase_is_for_good) {
    struct past p = past();
    struct erasure erasure;
    struct list found;
    struct patient_search search = {"zoe p-0", NONE};
    CHECK_OK(p.w->c, app_patient_search(p.w->c, &search, &found));
    CHECK_INT(found.n, 1);
    CHECK_OK(p.w->c, erase_for(&p, ERASE_REQUEST, &erasure));
    CHECK_OK(p.w->c, app_patient_search(p.w->c, &search, &found));
    CHECK_INT(found.n, 0);
    load(&p);
    struct patient after = p.patient;
    after.name = "Marker again";
    CHECK_INT(app_catalogue_set(p.w->c, &noun_patient, &p.patient, &after, NULL), ERR_STATE);
    CHECK_STR(p.w->c->fault.slug, "patient.erased");
    struct pause pause = {.from_date = 1, .to_date = 2, .reason = "Marker"};
    ctx_fault_clear(p.w->c);
    CHECK_INT(app_pause_add(p.w->c, p.w->patient[0], &pause), ERR_STATE);
    CHECK_STR(p.w->c->fault.slug, "patient.erased");
    CHECK_OK(p.w->c, erase_for(&p, ERASE_REQUEST, &erasure));
    CHECK_INT(erasure.erased, 0);
    CHECK_INT(world_count(p.w, "SELECT COUNT(*) FROM erasure"), 2);
    struct plan_receipt receipt;
    world_at(p.w, "2037-02-01T00:00:00Z");
    CHECK_OK(p.w->c, app_plan(p.w->c, date_parse("2037-03-01"), 10000, &receipt));
    CHECK_INT(receipt.active, WORLD_PATIENTS - 1);
}

TEST(erase_is_on_the_timeline) {
    struct past p = past();
    struct erasure erasure;
    struct list items;
    bool more;
    const struct id none = {{0}};
    CHECK_OK(p.w->c, erase_for(&p, ERASE_REQUEST, &erasure));
    CHECK_OK(p.w->c, app_timeline(p.w->c, p.w->patient[0], NONE, none, 50, &items, &more));
    const struct timeline_item *item = items.at;
    CHECK_INT(item[0].type, TIMELINE_ERASURE);
    CHECK(id_equal(item[0].erasure->id, erasure.id));
    for (size_t i = 0; i < items.n; i++) {
        if (item[i].drop) CHECK_INT(item[i].drop->lines.n, 1);
        if (item[i].drop) CHECK(!item[i].drop->received_by && !item[i].drop->note && !item[i].drop->location);
    }
}

TEST(erase_takes_the_stored_answers_that_mention_the_patient) {
    struct past p = past();
    struct erasure erasure;
    char id[ID_TEXT_SIZE];
    int64_t added;
    for (int i = 0; i < 2; i++) {
        const char *body = arena_printf(p.w->c->arena, "{\"id\":\"%s\",\"name\":\"Marker\"}",
                                        id_format(p.w->patient[i], id));
        struct idempotency row = {p.w->rep,
                                  i ? "key-1" : "key-0",
                                  {(const uint8_t *)"01234567890123456789012345678901", 32},
                                  201,
                                  NULL,
                                  body,
                                  p.w->c->now};
        CHECK_OK(p.w->c, store_idempotency_add(p.w->c, &row, &added));
    }
    CHECK_OK(p.w->c, erase_for(&p, ERASE_REQUEST, &erasure));
    CHECK_INT(world_count(p.w, "SELECT COUNT(*) FROM idempotency"), 1);
    CHECK_INT(world_count(p.w, "SELECT COUNT(*) FROM idempotency WHERE key = 'key-1'"), 1);
}

/* Clean is what the file was written anew after, and nothing else. */
TEST(erase_is_clean_only_after_the_file_was_written_anew) {
    struct past p = past();
    struct erasure erasure;
    CHECK_OK(p.w->c, erase_for(&p, ERASE_REQUEST, &erasure));
    CHECK_INT(db_rewrite_state(p.w->c->db), DB_REWRITE_WANTED);
    CHECK_OK(p.w->c, app_erase_clean(p.w->c));
    CHECK_INT(world_count(p.w, "SELECT COUNT(*) FROM erasure WHERE cleaned_at IS NULL"), 1);
    CHECK_OK(p.w->c, db_rewrite(p.w->c));
    CHECK_OK(p.w->c, app_erase_clean(p.w->c));
    CHECK_INT(world_count(p.w, "SELECT COUNT(*) FROM erasure WHERE cleaned_at IS NULL"), 0);
    CHECK_OK(p.w->c, erase_for(&p, ERASE_REQUEST, &erasure)); /* what came in since is not clean */
    CHECK_OK(p.w->c, app_erase_clean(p.w->c));
    CHECK_INT(world_count(p.w, "SELECT COUNT(*) FROM erasure WHERE cleaned_at IS NULL"), 1);
}

/* A service that starts finds what an earlier one left. */
TEST(erase_of_an_earlier_run_is_asked_to_be_cleaned) {
    struct past p = past();
    world_run(p.w, "INSERT INTO erasure (id, patient_id, at, reason, erased, version) SELECT randomblob(16), "
                   "id, 1, 'request', 1, 1 FROM patient ORDER BY id LIMIT 1");
    CHECK_INT(db_rewrite_state(p.w->c->db), DB_REWRITE_NOT_ASKED);
    CHECK_OK(p.w->c, app_erase_clean(p.w->c));
    CHECK_INT(db_rewrite_state(p.w->c->db), DB_REWRITE_WANTED);
    CHECK_OK(p.w->c, db_rewrite(p.w->c));
    CHECK_OK(p.w->c, app_erase_clean(p.w->c));
    CHECK_INT(world_count(p.w, "SELECT COUNT(*) FROM erasure WHERE cleaned_at IS NULL"), 0);
}

static enum err erase_unit(struct ctx *c, void *user) {
    const struct past *p = user;
    const struct erasure_in in = {ERASE_REQUEST};
    struct erasure erasure;
    return app_patient_erase(c, &p->patient, &in, &erasure);
}

static enum err clean_unit(struct ctx *c, void *user) {
    (void)user;
    return app_erase_clean(c);
}

TEST(erase_nothing_is_half_written) {
    struct past p = past();
    world_fails_at_every_call(p.w, erase_unit, &p);
    CHECK_OK(p.w->c, db_rewrite(p.w->c));
    world_fails_at_every_call(p.w, clean_unit, &p);
}
