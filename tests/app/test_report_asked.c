/* What else the report is asked for: products, kinds, small numbers, an instant, a customer, CSV. */
#include "base/date.h"
#include "base/id.h"
#include "base/text.h"
#include "story.h"
#include <math.h>

/* ---- the other families ---- */

TEST(report_products_sum_in_lines_and_units) {
    static const int64_t WANT[][4] = {{21, 13, 210, 139}, {21, 13, 168, 111}, {21, 14, 1260, 840}};
    struct story *s = story_made();
    unsigned groups;
    struct report report = story_ask(s->w, story_query("2026-03-01", "2026-04-30", "product", NONE), &groups);
    CHECK_INT(report.rows.n, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct report_row *row = (const struct report_row *)report.rows.at + i;
        CHECK(id_equal(row->product_id, s->w->product[i]));
        CHECK_INT(row->lines, WANT[i][0]);
        CHECK_INT(row->lines_right, WANT[i][1]);
        CHECK_INT(row->units_authorised, WANT[i][2]);
        CHECK_INT(row->units_accepted, WANT[i][3]);
        story_check_rate(row->rates->line_fill, WANT[i][1], WANT[i][0]);
    }
    CHECK_INT(report.total->lines, 63);
    CHECK_INT(report.total->lines_right, 40);
    CHECK_INT(report.total->units_authorised, 1638);
    CHECK_INT(report.total->units_accepted, 1090);
}

TEST(report_kinds_are_open_resolved_or_void) {
    static const struct {
        int64_t kind, n, open, voided;
    } WANT[] = {{KIND_CONTESTED, 3, 3, 0},   {KIND_EARLY, 1, 1, 0},   {KIND_LATE, 3, 3, 0},
                {KIND_LOT_MISSING, 1, 0, 1}, {KIND_MISSED, 11, 9, 2}, {KIND_SHORT, 2, 2, 0},
                {KIND_WRONG_PLACE, 2, 2, 0}};
    struct story *s = story_made();
    unsigned groups;
    struct report report = story_ask(s->w, story_query("2026-03-01", "2026-04-30", "kind", NONE), &groups);
    CHECK_INT(report.rows.n, COUNT(WANT));
    for (size_t i = 0; i < COUNT(WANT); i++) {
        const struct report_row *row = (const struct report_row *)report.rows.at + i;
        CHECK_INT(row->kind, WANT[i].kind);
        CHECK_INT(row->n, WANT[i].n);
        CHECK_INT(row->open, WANT[i].open);
        CHECK_INT(row->voided, WANT[i].voided);
        CHECK_INT(row->open + row->resolved + row->voided, row->n);
    }
    CHECK_INT(report.total->n, 23);
    CHECK_INT(report.total->open, 20);
    CHECK_INT(report.total->voided, 3);
}

TEST(report_families_do_not_mix) {
    static const char *const MIXED[] = {"customer,product", "kind,month", "product,kind",
                                        "driver,kind,customer"};
    struct world *w = world_make();
    struct report report;
    unsigned groups;
    for (size_t i = 0; i < COUNT(MIXED); i++) {
        struct report_query query = story_query("2026-03-01", "2026-03-31", MIXED[i], NONE);
        ctx_fault_clear(w->c);
        CHECK_INT(app_report(w->c, &query, &report, &groups), ERR_INVALID);
        CHECK_STR(w->c->fault.slug, "report.mixed-groups");
    }
}

TEST(report_refuses_what_it_can_not_answer) {
    struct world *w = world_make();
    struct report report;
    unsigned groups;
    struct report_query bad[] = {story_query("2026-03-31", "2026-03-01", NULL, NONE),
                                 story_query("2000-01-01", "2026-03-01", NULL, NONE),
                                 story_query("2026-03-01", "2026-03-31", "patient", NONE),
                                 story_query("2026-03-01", "2026-03-31", NULL, NONE)};
    bad[3].as_of = w->c->now + 1;
    for (size_t i = 0; i < COUNT(bad); i++) {
        ctx_fault_clear(w->c);
        CHECK_INT(app_report(w->c, &bad[i], &report, &groups), ERR_INVALID);
        CHECK_STR(w->c->fault.slug, "request.invalid");
    }
}

/* ---- F12, small numbers ---- */

static bool near(double a, double b) {
    return fabs(a - b) < 0.0000005;
}

/* Unbooked orders, all missed: 0 of n. Wilson's values of the literature at 13; none from 20 on. */
TEST(report_small_numbers_carry_their_interval) {
    struct world *w = world_make();
    unsigned groups;
    char date[DATE_TEXT_SIZE];
    for (int i = 0; i < 20; i++) {
        world_order(w, 0, date_format(date_parse("2026-03-05") + i, date), story_units, 3);
        if (i < 13) world_order(w, 2, date, story_units, 3);
    }
    world_at(w, STORY_END);
    struct report report = story_ask(w, story_query("2026-03-05", "2026-03-24", "customer", NONE), &groups);
    const struct report_row *row = report.rows.at;
    CHECK_INT(row[0].rates->on_time->n, 20);
    CHECK(isnan(row[0].rates->on_time->low) && isnan(row[0].rates->on_time->high));
    CHECK_INT(row[1].rates->on_time->n, 13);
    CHECK(row[1].rates->on_time->value == 0 && row[1].rates->on_time->low == 0);
    CHECK(near(row[1].rates->on_time->high, 0.228095));
    CHECK(near(row[1].rates->missed->low, 1 - 0.228095));
    report = story_ask(w, story_query("2026-03-05", "2026-03-23", "customer", NONE), &groups);
    row = report.rows.at;
    CHECK_INT(row[0].rates->missed->n, 19);
    CHECK(row[0].rates->missed->high == 1 && row[0].rates->missed->low < 1);
}

/* ---- F33 ---- */

TEST(f33_report_as_of_is_what_was_told_then) {
    struct story *s = story_made();
    for (size_t day = 0; day < s->days; day++)
        for (size_t i = 0; i < COUNT(s->told[0].text); i++) {
            char instant[INSTANT_TEXT_SIZE];
            struct report_query query = story_told_query(i);
            query.as_of = s->told[day].at;
            const char *now = story_json(s->w, query);
            if (!text_equal(now, s->told[day].text[i]))
                check_fail(__FILE__, __LINE__, "as of %s, query %zu:\n%s\nwas told then, and now:\n%s",
                           instant_format(query.as_of, instant), i, s->told[day].text[i], now);
        }
}

TEST(f33_report_lists_what_arrived_after_the_period) {
    static const struct {
        int which;
        int64_t was, is;
    } WANT[] = {{STORM, TIMELINESS_MISSED, TIMELINESS_MISSED},
                {LATE_BY_PATIENT, TIMELINESS_LATE, TIMELINESS_LATE},
                {LATE_AND_SHORT, TIMELINESS_LATE, TIMELINESS_LATE},
                {MOVED, TIMELINESS_MISSED, TIMELINESS_MISSED},
                {BORN_LATE, NONE, TIMELINESS_MISSED},
                {OVERRIDDEN, TIMELINESS_MISSED, TIMELINESS_MISSED}};
    struct story *s = story_made();
    unsigned groups;
    struct report_query query = story_query("2026-03-01", "2026-03-31", NULL, NONE);
    struct report report = story_ask(s->w, query, &groups);
    CHECK_INT(report.restated.n, COUNT(WANT));
    for (size_t i = 0; i < COUNT(WANT); i++) {
        const struct report_restated *row = report.restated.at;
        size_t k = 0;
        while (k < report.restated.n && !id_equal(row[k].order_id, s->order[WANT[i].which]))
            k++;
        if (k == report.restated.n) check_fail(__FILE__, __LINE__, "case %d is not listed", WANT[i].which);
        CHECK_INT(row[k].was, WANT[i].was);
        CHECK_INT(row[k].is, WANT[i].is);
        CHECK(row[k].known_from > instant_parse("2026-03-31T13:00:00Z"));
    }
    query.as_of = instant_parse("2026-03-31T13:00:00Z"); /* the end of March, in Sydney */
    CHECK_INT(story_ask(s->w, query, &groups).restated.n, 0);
    query = story_query("2026-03-01", "2026-04-30", NULL, NONE);
    CHECK_INT(story_ask(s->w, query, &groups).restated.n, 0);
}

/* ---- F1: what is no fact moves no figure ---- */

TEST(f1_report_notes_names_and_packs_move_no_figure) {
    static const char *const EDITS[] = {
        "UPDATE patient SET phone = '1', access_notes = 'gate', address = 'elsewhere', version = version + 1",
        "UPDATE product SET units_per_box = units_per_box * 2, name = 'new', critical = 0, lot_tracked = 0",
        "UPDATE zone_window SET stops_max = 1", "UPDATE depot SET timezone = 'Europe/Berlin'",
        "UPDATE pause SET reason = 'another'"};
    struct story *s = story_made();
    struct report_query query = story_query("2026-03-01", "2026-04-30", "customer,month,depot,driver", NONE);
    const char *before = story_json(s->w, query);
    for (size_t i = 0; i < COUNT(EDITS); i++) {
        world_run(s->w, EDITS[i]);
        CHECK_STR(story_json(s->w, query), before);
    }
}

/* ---- CSV ---- */

static const char *csv_of(struct world *w, struct report_query query) {
    unsigned groups;
    const char *csv;
    struct report report = story_ask(w, query, &groups);
    CHECK_OK(w->c, app_report_csv(w->c, &report, groups, &csv));
    return csv;
}

/* The n-th cell of a line of plain cells. */
static const char *cell_of(struct world *w, const char *line, const char *header, const char *name) {
    const char *at = strstr(header, name);
    CHECK(at && (at == header || at[-1] == ',') && strchr(",\r", at[strlen(name)]));
    for (const char *h = header; h < at; h++)
        if (*h == ',') line = strchr(line, ',') + 1;
    return arena_printf(w->c->arena, "%.*s", (int)strcspn(line, ",\r"), line);
}

TEST(report_csv_is_rfc_4180_and_formula_safe) {
    struct story *s = story_made();
    world_run(s->w, "UPDATE customer SET name = '=1+1' WHERE code = 'C-0'");
    world_run(s->w, "UPDATE customer SET name = 'Ward \"B\", 2nd floor' WHERE code = 'C-1'");
    const char *csv = csv_of(s->w, story_query("2026-03-01", "2026-04-30", "customer", NONE));
    CHECK(strncmp(csv, "customer_id,customer_code,customer,due,on_time,", 47) == 0);
    CHECK(strstr(csv, ",otif_rate,otif_n,otif_low,otif_high,"));
    CHECK(strstr(csv, ",C-0,\"'=1+1\",17,"));
    CHECK(strstr(csv, ",C-1,\"Ward \"\"B\"\", 2nd floor\",5,"));
    CHECK(strstr(csv, "\r\ntotal,,,22,9,1,3,9,0,12,7,5,4,63,40,1638,1090,1,1,"));
    size_t lines = 0, n = strlen(csv);
    for (const char *at = csv; (at = strstr(at, "\r\n")); at += 2)
        lines++;
    CHECK_INT(lines, 4);
    CHECK(strcmp(csv + n - 2, "\r\n") == 0);
}

TEST(report_csv_cells_stand_under_their_names) {
    struct story *s = story_made();
    const char *header = csv_of(s->w, story_query("2026-03-01", "2026-04-30", "month", NONE));
    const char *march = strstr(header, "\r\n2026-03,") + 2;
    CHECK_STR(cell_of(s->w, march, header, "month"), "2026-03");
    CHECK_STR(cell_of(s->w, march, header, "due"), "21");
    CHECK_STR(cell_of(s->w, march, header, "otif"), "6");
    CHECK_STR(cell_of(s->w, march, header, "otif_rate"), "0.3");
    CHECK_STR(cell_of(s->w, march, header, "otif_n"), "20");
    CHECK_STR(cell_of(s->w, march, header, "otif_low"), "");
    CHECK_STR(cell_of(s->w, march, header, "excluded_paused"), "1");
    CHECK_STR(cell_of(s->w, march, header, "net_due"), "19");
    CHECK_STR(cell_of(s->w, march, header, "net_otif_n"), "18");
    CHECK_STR(cell_of(s->w, march, header, "experienced_otif"), "4");
    CHECK_STR(cell_of(s->w, march, header, "canary_gap_otif"), "2");
    const char *empty = csv_of(s->w, story_query("2026-05-01", "2026-05-31", "month", NONE));
    const char *total = strstr(empty, "\r\ntotal,") + 2;
    CHECK_STR(cell_of(s->w, total, empty, "due"), "0");
    CHECK_STR(cell_of(s->w, total, empty, "otif_rate"), "");
    const char *kinds = csv_of(s->w, story_query("2026-03-01", "2026-04-30", "kind", NONE));
    CHECK(strncmp(kinds, "kind,n,open,resolved,void\r\n", 27) == 0);
    CHECK(strstr(kinds, "\r\nmissed,11,9,0,2\r\n"));
    CHECK(strstr(kinds, "\r\ntotal,23,20,0,3\r\n"));
}
