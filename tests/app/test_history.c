/* Past deliveries from spreadsheets: each line its own order and commitment, and no error hidden. */
#include "app/app_import.h"
#include "app/app_import_history.h"
#include "app/app_sweep.h"
#include "base/date.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/text.h"
#include "world.h"

static const char MAP[] =
    "{\"source\":\"sheet\",\"depot\":{\"code\":\"OLD\",\"name\":\"Old "
    "depot\",\"timezone\":\"Australia/Sydney\"},"
    "\"columns\":{\"ref\":\"No\",\"order_ref\":\"Order\",\"customer\":\"Clinic\",\"item\":\"Item\","
    "\"quantity\":\"Qty\",\"promised\":\"Due\",\"delivered\":\"Done\",\"recorded\":\"Typed\"},"
    "\"date_format\":\"%d/%m/%Y\"}";
#define HEAD "No,Order,Clinic,Item,Qty,Due,Done,Typed,Other\n"

struct work {
    struct import_file file;
    struct import_receipt receipt;
};

static enum err run(struct ctx *c, void *user) {
    struct work *work = user;
    return app_import(c, "history", &work->file, &work->receipt);
}

static struct history_map *map_of(struct world *w, const char *json) {
    struct history_map *map = arena_alloc(w->c->arena, sizeof *map);
    CHECK_OK(w->c, app_history_map(w->c, json, strlen(json), map));
    return map;
}

static enum err import_by(struct world *w, const char *map, const char *csv, bool keep_good,
                          struct import_receipt *receipt_out) {
    struct work work = {.file = {.name = "f.csv", .bytes = csv, .n = strlen(csv), .keep_good = keep_good}};
    ctx_fault_clear(w->c);
    work.file.map = map_of(w, map);
    enum err err = db_unit(w->c, run, &work);
    *receipt_out = work.receipt;
    return err;
}

/* "line:column …" */
static const char *where(struct world *w, struct list notes) {
    struct text out = text_in(w->c->arena);
    const struct import_fault *note = notes.at;
    text_str(&out, "");
    for (size_t i = 0; i < notes.n; i++)
        text_printf(&out, "%s%lld:%s", i ? " " : "", (long long)note[i].line, note[i].column);
    return out.at;
}

/* "added unchanged refused; faults; warnings" of an import that keeps the good lines. */
static const char *outcome_by(struct world *w, const char *map, const char *csv) {
    struct import_receipt receipt;
    CHECK_OK(w->c, import_by(w, map, csv, true, &receipt));
    CHECK_INT(receipt.rows, receipt.added + receipt.unchanged + receipt.refused);
    return arena_printf(w->c->arena, "%lld %lld %lld;%s;%s", (long long)receipt.added,
                        (long long)receipt.unchanged, (long long)receipt.refused, where(w, receipt.faults),
                        where(w, receipt.warnings));
}
#define OUTCOME(w, lines) outcome_by((w), MAP, HEAD lines)

static int64_t commitments(struct world *w, const char *where_sql) {
    return world_count(w, arena_printf(w->c->arena,
                                       "SELECT COUNT(*) FROM commitment WHERE kind = 'history' AND %s",
                                       where_sql));
}

/* ---- the mapping file ---- */

static const char *map_faults(struct ctx *c, const char *json) {
    struct history_map map;
    struct text out = text_in(c->arena);
    ctx_fault_clear(c);
    text_str(&out, "");
    if (app_history_map(c, json, strlen(json), &map) != OK)
        for (const struct fault_item *item = c->fault.first; item; item = item->next)
            text_printf(&out, "%s ", item->pointer);
    return out.at;
}

TEST(hist_map_names_all_its_faults) {
    struct ctx *c = check_ctx();
    CHECK_STR(map_faults(c, MAP), "");
    CHECK_STR(
        map_faults(c, "{\"colour\":1,\"depot\":{\"code\":\"\"},\"columns\":{\"ref\":\"A\",\"rest\":\"B\"}}"),
        "/colour /depot/code /depot/timezone /columns/rest /columns/customer /columns/promised "
        "/columns/delivered /source ");
    CHECK_STR(map_faults(c, "[]"), " ");
    CHECK_INT(app_history_map(c, "{", 1, &(struct history_map){0}), ERR_INVALID);
}

TEST(hist_map_date_formats) {
    struct ctx *c = check_ctx();
    static const struct {
        const char *format;
        bool good;
    } CASE[] = {{"%Y-%m-%d", true},   {"%d-%b-%y", true}, {"%B %d, %Y", true},
                {"%m/%d/%y", true},   {"%Y-%m", false},   {"%d-%b-%Q", false},
                {"%d.%m.%Y%", false}, {"x", false},       {"%H %d %m %y", false}};
    for (size_t i = 0; i < COUNT(CASE); i++) {
        const char *json = arena_printf(
            c->arena,
            "{\"source\":\"s\",\"depot\":{\"code\":\"D\",\"timezone\":\"Etc/UTC\"},\"columns\":{\"ref\":"
            "\"A\",\"customer\":\"B\",\"promised\":\"C\",\"delivered\":\"D\"},\"date_format\":\"%s\"}",
            CASE[i].format);
        CHECK_STR(map_faults(c, json), CASE[i].good ? "" : "/date_format ");
    }
}

/* ---- one line ---- */

TEST(hist_line_is_an_order_a_delivery_a_promise_and_a_commitment) {
    struct world *w = world_make();
    CHECK_STR(OUTCOME(w, "7,O-1,Clinique Été,\"Bag, \"\"2 l\"\"\",120,05/01/2026,06/01/2026,07/01/2026,x\n"),
              "1 0 0;;");
    CHECK_INT(world_count(w,
                          "SELECT COUNT(*) FROM patient_order WHERE kind = 'history' AND patient_id IS NULL "
                          "AND zone_id IS NULL AND state = 'delivered' AND deliveries = 1"),
              1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM history_line WHERE source = 'sheet' AND ref = '7' AND "
                             "order_ref = 'O-1' AND item = 'Bag, \"2 l\"' AND quantity = 120"),
              1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM delivery WHERE attempt = 1 AND kind = 'first' AND state = "
                             "'delivered' AND holds = 0 AND from_min = 0 AND to_min = 1440"),
              1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM promise WHERE number = 1 AND requested_by = 'us' AND "
                             "timezone = 'Australia/Sydney' AND private_digest IS NULL"),
              1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM order_line"), 0);
    CHECK_INT(commitments(w, "stated = 0 AND handed_over = 1 AND cause = 'promised' AND excluded IS NULL AND "
                             "sweep_at IS NULL AND lines = 0 AND version = 1"),
              1);
}

TEST(hist_line_times_are_the_depots) {
    struct world *w = world_make();
    CHECK_STR(OUTCOME(w, "7,,K,,,05/01/2026,06/01/2026,07/01/2026,\n"), "1 0 0;;");
    /* Sydney is 11 hours ahead in January */
    CHECK_INT(world_count(w, "SELECT starts_at FROM commitment"), instant_parse("2026-01-04T13:00:00Z"));
    CHECK_INT(world_count(w, "SELECT ends_at FROM commitment"), instant_parse("2026-01-05T13:00:00Z"));
    CHECK_INT(world_count(w, "SELECT due_on FROM commitment"), date_parse("2026-01-05"));
    CHECK_INT(world_count(w, "SELECT cutoff_at FROM commitment"), instant_parse("2026-01-04T07:00:00Z"));
    CHECK_INT(world_count(w, "SELECT completed_at FROM commitment"), instant_parse("2026-01-06T01:00:00Z"));
    CHECK_INT(world_count(w, "SELECT received_at FROM commitment"), instant_parse("2026-01-07T01:00:00Z"));
    CHECK_INT(world_count(w, "SELECT known_from FROM commitment"), w->c->now);
}

/* Windows of the whole day, grace 24 h: a day after is late, two are missed. */
TEST(hist_line_is_judged_by_the_clock_alone) {
    struct world *w = world_make();
    CHECK_STR(OUTCOME(w, "1,,K,,,05/01/2026,04/01/2026,,\n"
                         "2,,K,,,05/01/2026,05/01/2026,,\n"
                         "3,,K,,,05/01/2026,06/01/2026,,\n"
                         "4,,K,,,05/01/2026,07/01/2026,,\n"
                         "5,,K,,,05/01/2026,,,\n"),
              "5 0 0;;");
    CHECK_INT(commitments(w, "swept = 'early'"), 1);
    CHECK_INT(commitments(w, "swept = 'none'"), 1);
    CHECK_INT(commitments(w, "swept = 'late'"), 1);
    CHECK_INT(commitments(w, "swept = 'missed'"), 2);
    CHECK_INT(commitments(w, "sweep_at IS NOT NULL"), 0);
    CHECK_INT(commitments(w, "faults = 1 AND faults_line = 0"), 4);
    CHECK_INT(world_count(w,
                          "SELECT COUNT(*) FROM discrepancy d JOIN delivery x ON x.id = d.delivery_id WHERE "
                          "d.state = 'open' AND d.patient_id IS NULL"),
              4);
    struct sweep_receipt receipt;
    CHECK_OK(w->c, app_sweep(w->c, 100, &receipt));
    CHECK_INT(receipt.looked, 0);
}

TEST(hist_line_without_a_delivery_is_no_success) {
    struct world *w = world_make();
    CHECK_STR(OUTCOME(w, "5,,K,,,05/01/2026,,,\n"), "1 0 0;;");
    CHECK_INT(
        world_count(w, "SELECT COUNT(*) FROM patient_order WHERE kind = 'history' AND state = 'confirmed'"),
        1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM delivery WHERE state = 'failed' AND reason = 'other' AND "
                             "completed_at IS NULL"),
              1);
    CHECK_INT(
        commitments(w, "fixed = 1 AND handed_over = 0 AND completed_at IS NULL AND received_at IS NULL"), 1);
}

TEST(hist_line_is_audited_once) {
    struct world *w = world_make();
    CHECK_STR(OUTCOME(w, "5,,K,,,05/01/2026,05/01/2026,,\n6,,K,,,05/01/2026,,,\n"), "2 0 0;;");
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event e JOIN patient_order o ON o.id = e.entity_id "
                             "WHERE e.action = 'order.import' AND e.entity = 'order'"),
              2);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event"), 4); /* the depot and the customer, too */
}

static const char WINDOWS[] =
    "{\"source\":\"sheet\",\"depot\":{\"code\":\"SYD\",\"timezone\":\"Australia/"
    "Sydney\"},\"columns\":{\"ref\":"
    "\"No\",\"customer\":\"Clinic\",\"promised\":\"Due\",\"delivered\":\"Done\",\"window_from\":\"From\","
    "\"window_to\":\"To\",\"delivered_time\":\"At\"}}";
#define WINDOWS_HEAD "No,Clinic,Due,From,To,Done,At\n"

TEST(hist_windows_and_times_are_read_where_stated) {
    struct world *w = world_make();
    CHECK_STR(outcome_by(w, WINDOWS,
                         WINDOWS_HEAD "1,K,2026-01-05,08:00,12:00,2026-01-05,07:59\n"
                                      "2,K,2026-01-05,08:00,12:00,2026-01-05,12:00\n"
                                      "3,K,2026-01-05,08:00,12:00,2026-01-05,12:01\n"
                                      "4,K,2026-01-05,,,2026-01-05,\n"),
              "4 0 0;;");
    CHECK_INT(commitments(w, "swept = 'early'"), 1);
    CHECK_INT(commitments(w, "swept = 'late'"), 1);
    CHECK_INT(commitments(w, "from_min = 480 AND to_min = 720"), 3);
    CHECK_INT(commitments(w, "from_min = 0 AND to_min = 1440"), 1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM depot"), WORLD_DEPOTS); /* that of the map was known */
    /* 02:00–03:00 did not exist on 2025-10-05 */
    CHECK_STR(outcome_by(w, WINDOWS,
                         WINDOWS_HEAD "5,K,2026-01-05,12:00,12:00,2026-01-05,\n"
                                      "6,K,2025-10-05,02:10,02:50,2025-10-05,\n"
                                      "7,K,2026-01-05,8:00,25:00,2026-01-05,noon\n"),
              "0 0 3;2:To 3:To 4:From 4:To 4:At;");
}

/* ---- faults ---- */

TEST(hist_faults_name_line_and_column) {
    struct world *w = world_make();
    CHECK_STR(OUTCOME(w, ",,,,,,,,\n"
                         "2,,K,,-1,31/02/2026,5/1/26,x,\n"
                         "3,,K,,10000001,05/01/2026,05/01/2026,,\n"
                         "4,,K,,1.5,05/01/1026,05/01/2026,,\n"
                         "5,,\x01,,10000000,05/01/2026,05/01/2026,,\n"
                         "6,,K,,0,05/01/2026,05/01/2026,,\n"
                         "7,K\n"),
              "1 0 6;2:No 2:Clinic 2:Due 3:Qty 3:Due 3:Done 3:Typed 4:Qty 5:Qty 5:Due 6:Clinic 8:2;");
    CHECK_INT(commitments(w, "1 = 1"), 1);
}

TEST(hist_all_or_nothing_unless_told) {
    struct world *w = world_make();
    struct import_receipt receipt;
    static const char CSV[] = HEAD "1,,K,,,05/01/2026,05/01/2026,,\n2,,K,,,05/01/2026,never,,\n";
    CHECK_INT(import_by(w, MAP, CSV, false, &receipt), ERR_INVALID);
    CHECK_STR(w->c->fault.slug, "import.refused");
    CHECK_STR(w->c->fault.first->pointer, "f.csv:3:Done");
    CHECK_INT(commitments(w, "1 = 1"), 0);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event"), 0);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM depot"), WORLD_DEPOTS);
}

/* The clock of the test: Monday 2026-03-02, 11:00 in Sydney. */
TEST(hist_only_the_past_can_be_brought_in) {
    struct world *w = world_make();
    CHECK_STR(OUTCOME(w, "1,,K,,,02/03/2026,03/03/2026,,\n"
                         "2,,K,,,02/03/2026,,,\n"
                         "3,,K,,,01/03/2026,,,\n"
                         "4,,K,,,09/03/2026,01/03/2026,,\n"
                         "5,,K,,,02/03/2026,02/03/2026,,\n"),
              "3 0 2;2:Done 3:Due;");
    CHECK_INT(commitments(w, "completed_at = known_from"), 1); /* today at noon is still ahead */
    CHECK_INT(commitments(w, "swept = 'late'"), 1);            /* yesterday's: the grace runs on */
    CHECK_INT(commitments(w, "sweep_at IS NOT NULL"), 1);
    world_at(w, "2026-03-02T13:00:00.001Z");
    struct sweep_receipt receipt;
    CHECK_OK(w->c, app_sweep(w->c, 100, &receipt));
    CHECK_INT(receipt.missed, 1);
}

TEST(hist_impossible_lines_are_taken_with_a_warning) {
    struct world *w = world_make();
    struct import_receipt receipt;
    CHECK_OK(w->c, import_by(w, MAP,
                             HEAD "1,,K,,,05/01/2026,05/01/2026,05/01/2026,\n"
                                  "2,,K,,,05/01/2026,05/01/2026,04/01/2026,\n"
                                  "3,,K,,,05/01/2026,05/01/2026,03/03/2026,\n"
                                  "4,,K,,,05/01/2026,,04/01/2026,\n",
                             false, &receipt));
    CHECK_INT(receipt.added, 4);
    CHECK_STR(where(w, receipt.warnings), "3:Typed 4:Typed");
    const struct import_fault *warning = receipt.warnings.at;
    CHECK_STR(warning[0].detail,
              "recorded on 2026-01-04, before it was delivered on 2026-01-05: taken as it stands");
    CHECK_STR(warning[1].detail, "recorded on 2026-03-03, which is still ahead: taken as it stands");
    CHECK_INT(commitments(w, "received_at > known_from"), 0);
}

TEST(hist_files_that_do_not_fit_the_map_are_refused) {
    struct world *w = world_make();
    struct import_receipt receipt;
    CHECK_INT(import_by(w, MAP, "No,Order,Clinic,Item,Qty,due,Done\n", true, &receipt), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "f.csv:1:Due");
    CHECK_STR(w->c->fault.last->pointer, "f.csv:1:Typed");
    CHECK_INT(import_by(w, MAP, "", true, &receipt), ERR_INVALID);
    struct work work = {.file = {.name = "f.csv", .bytes = HEAD, .n = strlen(HEAD)}};
    ctx_fault_clear(w->c);
    CHECK_INT(db_unit(w->c, run, &work), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "?map");
}

TEST(hist_a_known_depot_keeps_its_time_zone) {
    struct world *w = world_make();
    struct import_receipt receipt;
    static const char PERTH_MAP[] = "{\"source\":\"s\",\"depot\":{\"code\":\"SYD\",\"timezone\":\"Australia/"
                                    "Perth\"},\"columns\":{\"ref\":\"No\","
                                    "\"customer\":\"Clinic\",\"promised\":\"Due\",\"delivered\":\"Done\"}}";
    CHECK_INT(import_by(w, PERTH_MAP, HEAD, true, &receipt), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "/depot/timezone");
}

/* ---- twice ---- */

TEST(hist_the_same_file_twice_adds_nothing) {
    struct world *w = world_make();
    static const char CSV[] = HEAD "1,O,K,I,3,05/01/2026,06/01/2026,06/01/2026,\n2,,L,,,05/01/2026,,,\n"
                                   "3,,L,,,02/03/2026,02/03/2026,,\n";
    CHECK_STR(outcome_by(w, MAP, CSV), "3 0 0;;");
    int64_t events = world_count(w, "SELECT COUNT(*) FROM audit_event");
    CHECK_STR(outcome_by(w, MAP, CSV), "0 3 0;;");
    world_at(w, "2026-06-01T00:00:00Z");
    CHECK_STR(outcome_by(w, MAP, CSV), "0 3 0;;");
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event"), events);
    CHECK_INT(commitments(w, "1 = 1"), 3);
}

/* An id stands for one line of one source. */
TEST(hist_an_id_is_taken_once) {
    struct world *w = world_make();
    CHECK_STR(OUTCOME(w, "1,,K,,,05/01/2026,06/01/2026,,\n"
                         "2,,K,,,05/01/2026,06/01/2026,,\n"
                         "1,,L,,,05/01/2026,,,\n"
                         "1,,K,,,05/01/2026,06/01/2026,,\n"),
              "2 0 2;4:No 5:No;");
    CHECK_STR(outcome_by(w, WINDOWS, WINDOWS_HEAD "1,K,2026-01-05,,,2026-01-06,\n"),
              "0 1 0;;"); /* the same source */
    const char *other = arena_printf(w->c->arena, "%s", WINDOWS);
    memcpy(strstr(other, "sheet"), "other", 5);
    CHECK_STR(outcome_by(w, other, WINDOWS_HEAD "1,K,2026-01-05,,,2026-01-06,\n"), "1 0 0;;");
}

TEST(hist_a_line_that_says_something_else_now_is_named) {
    struct world *w = world_make();
    CHECK_STR(OUTCOME(w, "1,O,K,I,3,05/01/2026,,,\n"), "1 0 0;;");
    CHECK_STR(OUTCOME(w, "1,O,K,I,3,05/01/2026,09/01/2026,09/01/2026,\n"), "0 1 0;;2:Done 2:Typed");
    CHECK_STR(OUTCOME(w, "1,P,L,J,4,06/01/2026,,,\n"), "0 1 0;;2:Order 2:Clinic 2:Item 2:Qty 2:Due");
    CHECK_INT(commitments(w, "completed_at IS NULL AND swept = 'missed'"), 1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM customer WHERE code = 'L'"), 0);
}

/* ---- customers ---- */

TEST(hist_customers_are_made_once_and_keep_their_accents) {
    struct world *w = world_make();
    CHECK_STR(OUTCOME(w, "1,,Côte d'Émeraude,,,05/01/2026,05/01/2026,,\n"
                         "2,,COTE  D'EMERAUDE,,,05/01/2026,05/01/2026,,\n"
                         "3,,Cote-d-Emeraude,,,05/01/2026,05/01/2026,,\n"
                         "4,,COTE-D-EMERAUDE,,,05/01/2026,05/01/2026,,\n"
                         "5,,北京,,,05/01/2026,05/01/2026,,\n"),
              "5 0 0;;");
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM customer"), 2 + 3);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM customer WHERE code = 'COTE-D-EMERAUDE' AND name = "
                             "'Côte d''Émeraude'"),
              1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM customer WHERE code = 'COTE-D-EMERAUDE-2'"), 1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM customer WHERE code = 'CUSTOMER' AND name = '北京'"), 1);
    CHECK_INT(commitments(w, "customer_id = (SELECT id FROM customer WHERE code = 'COTE-D-EMERAUDE')"), 3);
}

TEST(hist_customer_codes_fit) {
    struct ctx *c = check_ctx();
    char name[LIMIT_NAME + 1];
    memset(name, 'x', LIMIT_NAME);
    name[LIMIT_NAME] = 0;
    CHECK(strlen(history_customer_code(c->arena, name, 99999)) <= LIMIT_CODE);
    memset(name + 33, ' ', 10); /* the cut falls behind a dash */
    CHECK_STR(history_customer_code(c->arena, name, 1), "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX");
    CHECK_STR(history_customer_code(c->arena, " -St. Kilda, 2nd- ", 1), "ST-KILDA-2ND");
    CHECK_STR(history_customer_code(c->arena, "--", 3), "CUSTOMER-3");
    CHECK(history_customer_code(c->arena, "\xff", 1) == NULL);
}

/* ---- the whole ---- */

static enum err two_lines(struct ctx *c, void *user) {
    struct work work = {.file = *(const struct import_file *)user};
    TRY(app_import(c, "history", &work.file, &work.receipt));
    return OK;
}

TEST(hist_fails_at_every_call_with_nothing_written) {
    struct world *w = world_make();
    static const char CSV[] = HEAD "1,,K,,,05/01/2026,06/01/2026,,\n2,,L,,,05/01/2026,,,\n";
    struct import_file file = {.name = "f.csv", .bytes = CSV, .n = sizeof CSV - 1, .map = map_of(w, MAP)};
    world_fails_at_every_call(w, two_lines, &file);
    CHECK_INT(commitments(w, "1 = 1"), 2);
}

/* Memory of a line is given back before the next. */
TEST(hist_fixture_is_read_in_little_memory) {
    struct world *w = world_make();
    struct ctx *c = w->c;
    const char *csv = check_fixture(c, "history/lines.csv");
    struct import_receipt receipt;
    size_t before = arena_used(c->arena);
    CHECK_OK(c, import_by(w, check_fixture(c, "history/scms.json"), csv, false, &receipt));
    CHECK_INT(receipt.added, 300);
    CHECK_INT(receipt.warnings.n, 3);
    CHECK(arena_used(c->arena) - before < 8 * strlen(csv));
}
