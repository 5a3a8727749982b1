/* The delivery-errors report, every partition of it, against what each commitment of the story is worth by
 * hand. */
#include "base/id.h"
#include "story.h"
#include <math.h>

/* ---- what the report must say, added up from the table ---- */

static int customer_of(int i) {
    static const int OF[] = {0, 0, 1, 0};
    return story_case[i].patient == NO_PATIENT ? 1 : OF[story_case[i].patient];
}

static int depot_of(int i) {
    return story_case[i].patient == 3 ? PERTH : SYDNEY;
}

/* The group a row stands for; -2: not grouped by that. */
struct slice {
    int customer, depot, driver;
    const char *month;
};

static bool in_slice(int i, const struct slice *slice) {
    if (slice->customer != -2 && slice->customer != customer_of(i)) return false;
    if (slice->depot != -2 && slice->depot != depot_of(i)) return false;
    if (slice->driver != -2 && slice->driver != story_case[i].driver) return false;
    return !slice->month || strncmp(slice->month, story_case[i].due, 7) == 0;
}

static int index_of(const struct id *ids, int n, struct id id) {
    for (int i = 0; i < n; i++)
        if (id_equal(ids[i], id)) return i;
    return NOBODY;
}

static struct slice slice_of(const struct world *w, const struct report_row *row, unsigned groups) {
    struct slice slice = {-2, -2, -2, NULL};
    if (groups & GROUP_BIT(GROUP_CUSTOMER)) slice.customer = index_of(w->customer, 2, row->customer_id);
    if (groups & GROUP_BIT(GROUP_DEPOT)) slice.depot = index_of(w->depot, WORLD_DEPOTS, row->depot_id);
    if (groups & GROUP_BIT(GROUP_DRIVER)) slice.driver = index_of(w->driver, WORLD_DRIVERS, row->driver_id);
    if (groups & GROUP_BIT(GROUP_MONTH)) slice.month = row->month;
    return slice;
}

/* How many of the slice have all of these words. */
static int64_t sum(const struct slice *slice, int64_t basis, const char *a, const char *b) {
    int64_t n = 0;
    for (int i = 0; i < CASES; i++)
        n += in_slice(i, slice) && story_has(story_words(i, basis), a) &&
             (!b || story_has(story_words(i, basis), b));
    return n;
}

static int64_t sum_due(const struct slice *slice, int64_t basis, const char *word) {
    int64_t n = 0;
    for (int i = 0; i < CASES; i++)
        n += in_slice(i, slice) && story_is_due(i) && (!word || story_has(story_words(i, basis), word));
    return n;
}

static void check_gross(const struct report_row *row, const struct slice *slice, int64_t basis) {
    int64_t due = sum_due(slice, basis, NULL), stated = due - sum_due(slice, basis, "unstated");
    CHECK_INT(row->due, due);
    CHECK_INT(row->on_time, sum(slice, basis, "on_time", NULL));
    CHECK_INT(row->early, sum(slice, basis, "early", NULL));
    CHECK_INT(row->late, sum(slice, basis, "late", NULL));
    CHECK_INT(row->missed, sum(slice, basis, "missed", NULL));
    CHECK_INT(row->pending, sum(slice, basis, "pending", NULL));
    CHECK_INT(row->on_time + row->early + row->late + row->missed + row->pending, row->due);
    story_check_rate(row->rates->on_time, row->on_time, due);
    story_check_rate(row->rates->missed, row->missed, due);
    if (stated == 0 && due > 0) {
        CHECK_INT(row->in_full, NONE);
        CHECK_INT(row->lines, NONE);
        CHECK(isnan(row->rates->otif->value));
        return;
    }
    CHECK_INT(row->in_full, sum(slice, basis, "full", NULL));
    CHECK_INT(row->otif, sum(slice, basis, "otif", NULL));
    CHECK_INT(row->perfect, sum(slice, basis, "perfect", NULL));
    CHECK_INT(row->inaccurate, sum(slice, basis, "inaccurate", NULL));
    story_check_rate(row->rates->otif, row->otif, stated);
    story_check_rate(row->rates->inaccurate, row->inaccurate, stated);
}

static void check_beside(const struct report_row *row, const struct slice *slice, int64_t basis) {
    int64_t due = sum_due(slice, basis, NULL), excused = sum(slice, basis, "excused", NULL);
    int64_t unstated = sum(slice, basis, "unstated", NULL);
    CHECK_INT(row->net->due, due - excused);
    CHECK_INT(row->net->late, row->late - sum(slice, basis, "excused", "late"));
    CHECK_INT(row->net->missed, row->missed - sum(slice, basis, "excused", "missed"));
    CHECK_INT(row->net->on_time, row->on_time);
    story_check_rate(row->net->rates->otif, sum(slice, basis, "otif", NULL), due - excused - unstated);
    CHECK_INT(row->experienced->on_time, sum(slice, basis, "felt-on_time", NULL));
    CHECK_INT(row->canary_gap->on_time, row->on_time - row->experienced->on_time);
    CHECK_INT(row->excluded->cancelled, sum(slice, basis, "-cancelled", NULL));
    CHECK_INT(row->excluded->skipped, sum(slice, basis, "-skipped", NULL));
    CHECK_INT(row->excluded->paused, sum(slice, basis, "-paused", NULL));
    CHECK_INT(row->excluded->ended, sum(slice, basis, "-ended", NULL));
    CHECK_INT(row->excluded->admitted, sum(slice, basis, "-admitted", NULL));
    CHECK_INT(row->excluded->overridden, sum(slice, basis, "-overridden", NULL));
    CHECK_INT(row->excluded->not_stated, unstated);
    if (row->in_full == NONE) return;
    CHECK_INT(row->experienced->in_full, sum(slice, basis, "felt-full", NULL));
    CHECK_INT(row->experienced->otif, sum(slice, basis, "felt-otif", NULL));
    CHECK_INT(row->experienced->perfect, sum(slice, basis, "felt-perfect", NULL));
    CHECK_INT(row->canary_gap->perfect, row->perfect - row->experienced->perfect);
    CHECK_INT(row->net->in_full, row->in_full - sum(slice, basis, "excused", "full"));
}

static void check_units(const struct report_row *row, const struct slice *slice) {
    int64_t lines = 0, right = 0, units = 0, accepted = 0, recoveries = 0, reversals = 0;
    for (int i = 0; i < CASES; i++) {
        if (!in_slice(i, slice) || !story_is_due(i)) continue;
        recoveries += story_case[i].recoveries;
        reversals += story_case[i].reversals;
        for (size_t k = 0; i != HISTORY && k < 3; k++) {
            lines++;
            right += story_case[i].right[k];
            units += story_units[k];
            accepted += story_case[i].accepted[k];
        }
    }
    CHECK_INT(row->recoveries, recoveries);
    CHECK_INT(row->reversals, reversals);
    if (row->lines == NONE) return;
    CHECK_INT(row->lines, lines);
    CHECK_INT(row->lines_right, right);
    CHECK_INT(row->units_authorised, units);
    CHECK_INT(row->units_accepted, accepted);
    story_check_rate(row->rates->line_fill, right, lines);
    story_check_rate(row->rates->unit_fill, accepted, units);
}

static void check_row(const struct report_row *row, struct slice slice, int64_t basis) {
    check_gross(row, &slice, basis);
    check_beside(row, &slice, basis);
    check_units(row, &slice);
}

static const struct slice EVERYTHING = {-2, -2, -2, NULL};

/* F21: each partition's rows are right, none is missing, and they sum to the total. */
static void check_partition(struct story *s, const char *group_by, int64_t basis, size_t rows) {
    unsigned groups;
    struct report report = story_ask(s->w, story_query("2026-03-01", "2026-04-30", group_by, basis), &groups);
    int64_t due = 0, missed = 0, excluded = 0;
    CHECK_INT(report.rows.n, rows);
    for (size_t i = 0; i < report.rows.n; i++) {
        const struct report_row *row = (const struct report_row *)report.rows.at + i;
        check_row(row, slice_of(s->w, row, groups), basis);
        due += row->due;
        missed += row->missed;
        excluded += row->excluded->cancelled + row->excluded->skipped + row->excluded->admitted;
    }
    CHECK_INT(due, report.total->due);
    CHECK_INT(missed, report.total->missed);
    CHECK_INT(excluded, 3);
    check_row(report.total, EVERYTHING, basis);
}

TEST(f21_report_every_partition_sums_to_the_total) {
    struct story *s = story_made();
    for (int64_t basis = BASIS_COMMITMENT; basis <= BASIS_WINDOW; basis++) {
        check_partition(s, "customer", basis, 2);
        check_partition(s, "month", basis, 2);
        check_partition(s, "depot", basis, 2);
        check_partition(s, "driver", basis, 3);
        check_partition(s, "customer,month", basis, 3);
        check_partition(s, "depot,driver", basis, 6);
        check_partition(s, "driver,depot,month,customer", basis, 9);
    }
}

/* The sums above, written out once so that the table and its sums can not both be wrong. */
TEST(report_total_by_hand) {
    struct story *s = story_made();
    unsigned groups;
    struct report report = story_ask(s->w, story_query("2026-03-01", "2026-04-30", NULL, NONE), &groups);
    const struct report_row *t = report.total;
    CHECK_INT(report.basis, BASIS_COMMITMENT);
    CHECK_STR(report.group_by, "customer");
    CHECK_INT(t->due, 22);
    CHECK_INT(t->on_time, 9);
    CHECK_INT(t->early, 1);
    CHECK_INT(t->late, 3);
    CHECK_INT(t->missed, 9);
    CHECK_INT(t->pending, 0);
    CHECK_INT(t->in_full, 12);
    CHECK_INT(t->otif, 7);
    CHECK_INT(t->perfect, 5);
    CHECK_INT(t->inaccurate, 4);
    CHECK_INT(t->lines, 63);
    CHECK_INT(t->lines_right, 40);
    CHECK_INT(t->units_authorised, 1638);
    CHECK_INT(t->units_accepted, 1090);
    CHECK_INT(t->recoveries, 1);
    CHECK_INT(t->reversals, 1);
    CHECK_INT(t->excluded->not_stated, 1);
    CHECK_INT(t->net->due, 20);
    CHECK_INT(t->net->late, 2);
    CHECK_INT(t->net->missed, 8);
    CHECK_INT(t->experienced->on_time, 8);
    CHECK_INT(t->experienced->in_full, 10);
    CHECK_INT(t->experienced->otif, 5);
    CHECK_INT(t->canary_gap->otif, 2);
    CHECK_INT(t->rates->otif->n, 21);
    CHECK_INT(t->net->rates->otif->n, 19);
    report = story_ask(s->w, story_query("2026-03-01", "2026-04-30", NULL, BASIS_WINDOW), &groups);
    CHECK_INT(report.total->on_time, 10);
    CHECK_INT(report.total->missed, 7);
    CHECK_INT(report.total->pending, 1);
}

/* ---- parts that are nothing, or not everybody's ---- */

TEST(f12_report_of_nothing_is_null) {
    struct story *s = story_made();
    unsigned groups;
    struct report report =
        story_ask(s->w, story_query("2026-05-01", "2026-05-31", "customer", NONE), &groups);
    CHECK_INT(report.rows.n, 0);
    CHECK_INT(report.total->due, 0);
    check_row(report.total, (struct slice){-2, -2, -2, "2026-05"}, BASIS_COMMITMENT);
    const char *text = story_json(s->w, story_query("2026-05-01", "2026-05-31", "customer", NONE));
    CHECK(strstr(text, "\"otif\":{\"value\":null,\"n\":0,\"low\":null,\"high\":null}"));
    CHECK(strstr(text, "\"restated\":[]"));
}

TEST(report_customers_staff_see_their_own) {
    struct story *s = story_made();
    unsigned groups;
    struct report_query query = story_query("2026-03-01", "2026-03-31", "customer,depot", NONE);
    query.customer_id = s->w->customer[0]; /* whatever they ask for */
    world_act(s->w, ROLE_CUSTOMER, s->w->staff[1]);
    struct report report = story_ask(s->w, query, &groups);
    CHECK_INT(report.rows.n, 1);
    check_row(report.total, (struct slice){1, -2, -2, "2026-03"}, BASIS_COMMITMENT);
    for (size_t i = 0; i < report.restated.n; i++)
        CHECK(
            id_equal(((const struct report_restated *)report.restated.at)[i].customer_id, s->w->customer[1]));
    CHECK_INT(report.restated.n, 2); /* the storm, the admission told late */
    query.group_by = "kind";
    CHECK_INT(story_ask(s->w, query, &groups).total->n, 6); /* late, 3 missed, contested twice */
    query.group_by = "product";
    CHECK_INT(story_ask(s->w, query, &groups).total->lines, 12);
}
