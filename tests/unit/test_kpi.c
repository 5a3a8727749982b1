#include "base/date.h"
#include "check.h"
#include "domain/kpi.h"
#include <math.h>

/* A commitment 08:00–12:00 UTC on 2026-03-10, delivered at 09:00, two lines of 10 units, all right. */
#define DAY INT64_C(20522)
#define START (DAY * DAY_MS + 8 * HOUR_MS)
#define END (DAY * DAY_MS + 12 * HOUR_MS)
#define LATER (END + 30 * DAY_MS)

static struct commitment perfect_row(void) {
    return (struct commitment){
        .date = DAY,
        .due_on = DAY,
        .starts_at = START,
        .ends_at = END,
        .early_before = START,
        .late_after = END,
        .missed_after = END + DAY_MS,
        .now_on = DAY,
        .now_early_before = START,
        .now_late_after = END,
        .now_missed_after = END + DAY_MS,
        .completed_at = START + HOUR_MS,
        .received_at = START + HOUR_MS,
        .excluded = NONE,
        .stated = 1,
        .handed_over = 1,
        .lines = 2,
        .lines_right = 2,
        .units_authorised = 20,
        .units_accepted = 20,
        .contested = NONE,
        .sweep_at = NONE,
    };
}

static struct kpi count(const struct commitment *row) {
    struct kpi kpi = {0};
    kpi_add(&kpi, row, BASIS_COMMITMENT, LATER);
    return kpi;
}

TEST(kpi_a_perfect_commitment) {
    struct commitment row = perfect_row();
    struct kpi kpi = count(&row);
    CHECK_INT(kpi.due, 1);
    CHECK_INT(kpi.on_time, 1);
    CHECK_INT(kpi.in_full, 1);
    CHECK_INT(kpi.otif, 1);
    CHECK_INT(kpi.perfect, 1);
    CHECK_INT(kpi.inaccurate, 0);
    CHECK_INT(kpi.lines, 2);
    CHECK_INT(kpi.lines_right, 2);
    CHECK_INT(kpi.units_authorised, 20);
    CHECK_INT(kpi.units_accepted, 20);
    CHECK_INT(kpi.due_stated, 1);
    CHECK_INT(kpi.net_due, 1);
    CHECK_INT(kpi.net_otif, 1);
    CHECK_INT(kpi.net_perfect, 1);
    CHECK_INT(kpi.experienced_perfect, 1);
}

/* ---- which are due ---- */

TEST(kpi_due_from_the_end_of_the_window_on) {
    struct commitment row = perfect_row();
    CHECK(!kpi_is_due(&row, BASIS_COMMITMENT, END - 1));
    CHECK(kpi_is_due(&row, BASIS_COMMITMENT, END));
    row.excluded = EXCLUDED_ENDED;
    CHECK(!kpi_is_due(&row, BASIS_COMMITMENT, LATER));
    struct kpi kpi = {0}, nothing = {0};
    row.excluded = NONE;
    kpi_add(&kpi, &row, BASIS_COMMITMENT, END - 1);
    CHECK(memcmp(&kpi, &nothing, sizeof kpi) == 0);
}

TEST(kpi_excluded_are_counted_by_reason_once_ended) {
    for (int64_t why = 0; why <= EXCLUDED_OVERRIDDEN; why++) {
        struct commitment row = perfect_row();
        row.excluded = why;
        struct kpi kpi = {0}, nothing = {0};
        kpi_add(&kpi, &row, BASIS_COMMITMENT, END - 1);
        CHECK(memcmp(&kpi, &nothing, sizeof kpi) == 0);
        kpi_add(&kpi, &row, BASIS_COMMITMENT, END);
        nothing.excluded[why] = 1;
        CHECK(memcmp(&kpi, &nothing, sizeof kpi) == 0);
    }
}

/* F3, F12: a commitment that nobody touched is due, and falls out of nothing. */
TEST(kpi_untouched_stays_in_the_denominator) {
    struct commitment row = perfect_row();
    row.completed_at = row.received_at = NONE;
    row.handed_over = row.lines_right = row.units_accepted = 0;
    struct kpi kpi = count(&row);
    CHECK_INT(kpi.due, 1);
    CHECK_INT(kpi.missed, 1);
    CHECK_INT(kpi.otif, 0);
    CHECK_INT(kpi.inaccurate, 0); /* nothing was handed over */
    CHECK_INT(kpi.lines, 2);
    CHECK_INT(kpi.units_authorised, 20);
    CHECK_INT(kpi.net_due, 1);
}

/* F29: no order was ever confirmed, so there are no lines: not in full all the same. */
TEST(kpi_no_lines_is_not_in_full) {
    struct commitment row = perfect_row();
    row.lines = row.lines_right = row.units_authorised = row.units_accepted = 0;
    CHECK_INT(count(&row).in_full, 0);
}

/* ---- both bases ---- */

TEST(kpi_window_basis_keeps_the_denominator) {
    struct commitment row = perfect_row();
    row.completed_at = row.received_at = NONE;
    row.now_on = DAY + 40; /* moved by us beyond the period */
    row.now_early_before += 40 * DAY_MS;
    row.now_late_after += 40 * DAY_MS;
    row.now_missed_after += 40 * DAY_MS;
    CHECK_INT(kpi_period_date(&row, BASIS_COMMITMENT), DAY);
    CHECK_INT(kpi_period_date(&row, BASIS_WINDOW), DAY);
    struct kpi commitment = {0}, window = {0};
    kpi_add(&commitment, &row, BASIS_COMMITMENT, LATER);
    kpi_add(&window, &row, BASIS_WINDOW, LATER);
    CHECK_INT(commitment.due, 1);
    CHECK_INT(commitment.missed, 1);
    CHECK_INT(window.due, 1);
    CHECK_INT(window.pending, 1);
    CHECK_INT(window.missed, 0);
}

TEST(kpi_window_basis_classes_by_the_current_window) {
    struct commitment row = perfect_row();
    row.now_early_before += DAY_MS;
    row.now_late_after += DAY_MS;
    row.now_missed_after += DAY_MS;
    row.completed_at = END + 21 * HOUR_MS; /* late by the promise, on time by the last window: F2 */
    struct kpi commitment = {0}, window = {0};
    kpi_add(&commitment, &row, BASIS_COMMITMENT, LATER);
    kpi_add(&window, &row, BASIS_WINDOW, LATER);
    CHECK_INT(commitment.late, 1);
    CHECK_INT(commitment.otif, 0);
    CHECK_INT(window.on_time, 1);
    CHECK_INT(window.otif, 1);
}

/* ---- in full, perfect, inaccurate ---- */

struct fault_case {
    int64_t lines_right, faults_line, faults_damage, faults_place, faults_proof;
    int64_t in_full, perfect, inaccurate;
};

TEST(kpi_one_failing_line_fails_the_order) {
    static const struct fault_case CASES[] = {
        {2, 0, 0, 0, 0, 1, 1, 0}, {1, 0, 0, 0, 0, 0, 0, 0}, {1, 1, 0, 0, 0, 0, 0, 1},
        {2, 1, 0, 0, 0, 0, 0, 1}, {2, 1, 1, 0, 0, 0, 0, 1}, {2, 0, 0, 1, 0, 1, 0, 1},
        {2, 0, 0, 0, 1, 1, 0, 1},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct commitment row = perfect_row();
        row.lines_right = CASES[i].lines_right;
        row.faults_line = CASES[i].faults_line;
        row.faults_damage = CASES[i].faults_damage;
        row.faults_place = CASES[i].faults_place;
        row.faults_proof = CASES[i].faults_proof;
        struct kpi kpi = count(&row);
        CHECK_INT(kpi.in_full, CASES[i].in_full);
        CHECK_INT(kpi.otif, CASES[i].in_full);
        CHECK_INT(kpi.perfect, CASES[i].perfect);
        CHECK_INT(kpi.inaccurate, CASES[i].inaccurate);
    }
}

/* F27, and late or missed: right in every line, still not otif. */
TEST(kpi_in_full_but_not_on_time) {
    static const int64_t COMPLETED[] = {START - 1, END + 1, END + DAY_MS + 1};
    for (size_t i = 0; i < COUNT(COMPLETED); i++) {
        struct commitment row = perfect_row();
        row.completed_at = COMPLETED[i];
        struct kpi kpi = count(&row);
        CHECK_INT(kpi.early + kpi.late + kpi.missed, 1);
        CHECK_INT(kpi.early, i == 0);
        CHECK_INT(kpi.late, i == 1);
        CHECK_INT(kpi.missed, i == 2);
        CHECK_INT(kpi.in_full, 1);
        CHECK_INT(kpi.otif, 0);
        CHECK_INT(kpi.perfect, 0);
    }
}

TEST(kpi_not_completed_is_not_in_full) {
    struct commitment row = perfect_row();
    row.completed_at = NONE;
    CHECK_INT(count(&row).in_full, 0);
    row.completed_at = LATER + 1; /* not yet, as of the report */
    CHECK_INT(count(&row).in_full, 0);
}

/* A drop that completed nothing has its faults all the same (F32). */
TEST(kpi_an_empty_drop_is_inaccurate_and_missed) {
    struct commitment row = perfect_row();
    row.completed_at = row.received_at = NONE;
    row.lines_right = row.units_accepted = 0;
    row.faults_line = row.faults = 2;
    struct kpi kpi = count(&row);
    CHECK_INT(kpi.missed, 1);
    CHECK_INT(kpi.inaccurate, 1);
    CHECK_INT(kpi.in_full, 0);
}

/* What the source does not state is in no quantity figure, and is counted. */
TEST(kpi_not_stated_is_unknown) {
    struct commitment row = perfect_row();
    row.stated = 0;
    row.faults_line = 1;
    struct kpi kpi = count(&row);
    CHECK_INT(kpi.due, 1);
    CHECK_INT(kpi.on_time, 1);
    CHECK_INT(kpi.not_stated, 1);
    CHECK_INT(kpi.due_stated, 0);
    CHECK_INT(kpi.in_full + kpi.otif + kpi.perfect + kpi.inaccurate, 0);
    CHECK_INT(kpi.lines + kpi.units_authorised, 0);
    CHECK_INT(kpi.net_due, 1);
    CHECK_INT(kpi.net_due_stated, 0);
    CHECK_INT(kpi.experienced_on_time, 1);
    CHECK_INT(kpi.experienced_in_full + kpi.experienced_otif, 0);
}

TEST(kpi_recoveries_and_reversals) {
    struct commitment row = perfect_row();
    row.recoveries = 2;
    row.reversals = 3;
    struct kpi kpi = count(&row);
    CHECK_INT(kpi.recoveries, 2);
    CHECK_INT(kpi.reversals, 3);
    CHECK_INT(kpi.due, 1); /* a recovery is never a commitment */
}

/* ---- net ---- */

struct net_case {
    int64_t completed; /* after the start of the window, NONE: never */
    int64_t faults_line, faults_place, faults, faults_outside, timing_outside;
    int64_t net_due;
};

TEST(kpi_net_leaves_out_what_is_wholly_excused) {
    static const struct net_case CASES[] = {
        {HOUR_MS, 0, 0, 0, 0, 0, 1},     {HOUR_MS, 1, 0, 1, 1, 0, 0},
        {HOUR_MS, 2, 0, 2, 1, 0, 1},     {HOUR_MS, 1, 0, 1, 0, 0, 1},
        {HOUR_MS, 0, 1, 1, 1, 0, 1}, /* otif: nothing to excuse */
        {5 * HOUR_MS, 0, 0, 1, 1, 1, 0}, {5 * HOUR_MS, 0, 0, 1, 0, 0, 1},
        {5 * HOUR_MS, 1, 0, 1, 1, 0, 1}, /* late, found by no one yet */
        {5 * HOUR_MS, 1, 0, 2, 1, 1, 1}, {5 * HOUR_MS, 1, 0, 2, 2, 1, 0},
        {-HOUR_MS, 0, 0, 1, 1, 1, 0},    {-HOUR_MS, 1, 0, 1, 1, 0, 1},
        {NONE, 0, 0, 1, 1, 1, 0},        {NONE, 0, 0, 0, 0, 0, 1},
        {NONE, 0, 0, 1, 1, 0, 1},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        const struct net_case *given = &CASES[i];
        struct commitment row = perfect_row();
        row.completed_at = given->completed == NONE ? NONE : START + given->completed;
        row.faults_line = given->faults_line;
        row.faults_place = given->faults_place;
        row.faults = given->faults;
        row.faults_outside = given->faults_outside;
        row.timing_outside = given->timing_outside;
        struct kpi kpi = count(&row);
        CHECK_INT(kpi.due, 1); /* gross: all causes */
        if (kpi.net_due != given->net_due) check_fail(__FILE__, __LINE__, "case %zu", i);
        CHECK_INT(kpi.net_early + kpi.net_on_time + kpi.net_late + kpi.net_missed, given->net_due);
    }
}

/* ---- as the customer says ---- */

struct told_case {
    int64_t contested, on_time, in_full, perfect;
};

TEST(kpi_experienced_believes_the_customer) {
    static const struct told_case CASES[] = {
        {NONE, 1, 1, 1},           {KIND_MISSED, 0, 0, 0},      {KIND_NOT_DELIVERED, 0, 0, 0},
        {KIND_LATE, 0, 1, 0},      {KIND_EARLY, 0, 1, 0},       {KIND_SHORT, 1, 0, 0},
        {KIND_OVER, 1, 0, 0},      {KIND_WRONG_ITEM, 1, 0, 0},  {KIND_UNORDERED, 1, 0, 0},
        {KIND_DAMAGED, 1, 0, 0},   {KIND_REFUSED, 1, 0, 0},     {KIND_NOT_LOADED, 1, 0, 0},
        {KIND_EXPIRED, 1, 0, 0},   {KIND_SHORT_DATED, 1, 0, 0}, {KIND_LOT_MISSING, 1, 0, 0},
        {KIND_WRONG_LOT, 1, 0, 0}, {KIND_WRONG_PLACE, 1, 1, 0}, {KIND_WRONG_RECIPIENT, 1, 1, 0},
        {KIND_NO_PROOF, 1, 1, 0},  {KIND_CONTESTED, 1, 1, 0},   {KIND_COUNT, 1, 1, 0},
    };
    CHECK_INT(COUNT(CASES), KIND_COUNT + 2); /* each kind, other, none */
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct commitment row = perfect_row();
        row.contested = CASES[i].contested;
        struct kpi kpi = count(&row);
        CHECK_INT(kpi.perfect, 1); /* a contest never changes the record */
        CHECK_INT(kpi.experienced_on_time, CASES[i].on_time);
        CHECK_INT(kpi.experienced_in_full, CASES[i].in_full);
        CHECK_INT(kpi.experienced_otif, CASES[i].on_time && CASES[i].in_full);
        CHECK_INT(kpi.experienced_perfect, CASES[i].perfect);
    }
}

TEST(kpi_experienced_is_never_better_than_recorded) {
    struct commitment row = perfect_row();
    row.completed_at = END + 1;
    row.lines_right = 1;
    row.contested = KIND_NO_PROOF;
    struct kpi kpi = count(&row);
    CHECK_INT(kpi.experienced_on_time + kpi.experienced_in_full + kpi.experienced_perfect, 0);
}

/* ---- properties over random rows ---- */

static uint64_t seed = 41;

static int64_t dice(int64_t sides) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int64_t)(seed % (uint64_t)sides);
}

static void random_window(struct commitment *row) {
    row->ends_at = END + (dice(5) - 1) * 10 * DAY_MS;
    row->starts_at = row->early_before = row->ends_at - 4 * HOUR_MS;
    row->late_after = row->ends_at + dice(2) * 10 * MINUTE_MS;
    row->missed_after = row->ends_at + DAY_MS;
    int64_t moved = dice(3) * 10 * DAY_MS;
    row->now_early_before = row->early_before + moved;
    row->now_late_after = row->late_after + moved;
    row->now_missed_after = row->missed_after + moved;
}

static struct commitment random_row(void) {
    struct commitment row = perfect_row();
    random_window(&row);
    row.completed_at = dice(4) == 0 ? NONE : row.starts_at + (dice(60) - 6) * HOUR_MS;
    row.excluded = dice(5) == 0 ? dice(EXCLUDED_OVERRIDDEN + 1) : NONE;
    row.stated = dice(6) > 0;
    row.handed_over = row.completed_at != NONE;
    row.lines = dice(4);
    row.lines_right = dice(row.lines + 1);
    row.units_authorised = row.lines * 10;
    row.units_accepted = row.lines_right * 10;
    row.faults_line = dice(3);
    row.faults_place = dice(2);
    row.faults_proof = dice(2);
    row.faults = row.faults_line + row.faults_place + row.faults_proof;
    row.faults_outside = dice(2) ? row.faults : 0;
    row.timing_outside = dice(2);
    row.contested = dice(3) ? NONE : dice(KIND_COUNT + 1);
    row.recoveries = dice(2);
    row.reversals = dice(2);
    return row;
}

enum { ROWS = 500 };

static void random_rows(struct commitment *rows) {
    for (int i = 0; i < ROWS; i++)
        rows[i] = random_row();
}

static void check_sums(const struct kpi *kpi) {
    CHECK_INT(kpi->pending + kpi->early + kpi->on_time + kpi->late + kpi->missed, kpi->due);
    CHECK_INT(kpi->due_stated + kpi->not_stated, kpi->due);
    CHECK(kpi->otif <= kpi->on_time && kpi->otif <= kpi->in_full && kpi->perfect <= kpi->otif);
    CHECK(kpi->in_full <= kpi->due_stated && kpi->inaccurate <= kpi->due_stated);
    CHECK(kpi->net_due <= kpi->due && kpi->net_due_stated <= kpi->due_stated);
    CHECK_INT(kpi->net_otif, kpi->otif); /* only failures are left out */
    CHECK_INT(kpi->net_perfect, kpi->perfect);
    CHECK(kpi->net_early + kpi->net_on_time + kpi->net_late + kpi->net_missed <= kpi->net_due);
    CHECK(kpi->experienced_on_time <= kpi->on_time && kpi->experienced_in_full <= kpi->in_full);
    CHECK(kpi->experienced_otif <= kpi->otif && kpi->experienced_perfect <= kpi->perfect);
    CHECK(kpi->lines_right <= kpi->lines && kpi->units_accepted <= kpi->units_authorised);
}

/* What two contests take away together does not depend on which came first. */
TEST(kpi_contests_add_up) {
    static const struct {
        int64_t a, b, both;
    } CASES[] = {
        {NONE, KIND_SHORT, KIND_SHORT},
        {KIND_SHORT, KIND_MISSED, KIND_MISSED},
        {KIND_LATE, KIND_SHORT, KIND_NOT_DELIVERED},
        {KIND_COUNT, KIND_LATE, KIND_LATE},
        {KIND_NO_PROOF, KIND_NO_PROOF, KIND_NO_PROOF},
        {KIND_MISSED, KIND_EARLY, KIND_MISSED},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        CHECK_INT(kpi_contest_join(CASES[i].a, CASES[i].b), CASES[i].both);
        CHECK_INT(kpi_contest_join(CASES[i].b, CASES[i].a), CASES[i].both);
    }
    CHECK_INT(kpi_contest_join(KIND_SHORT, KIND_OVER), KIND_SHORT);
}

TEST(kpi_classes_sum_to_due) {
    struct commitment rows[ROWS];
    random_rows(rows);
    for (int64_t basis = BASIS_COMMITMENT; basis <= BASIS_WINDOW; basis++) {
        struct kpi kpi = {0};
        for (int i = 0; i < ROWS; i++) {
            kpi_add(&kpi, &rows[i], basis, LATER - 20 * DAY_MS);
            check_sums(&kpi);
        }
        CHECK(kpi.due > 100 && kpi.pending + kpi.late > 0 && kpi.net_due < kpi.due);
    }
}

/* By the commitment nothing is pending once the late tolerance is over. */
TEST(kpi_nothing_due_is_pending_by_the_commitment) {
    struct commitment rows[ROWS];
    random_rows(rows);
    struct kpi kpi = {0};
    for (int i = 0; i < ROWS; i++)
        kpi_add(&kpi, &rows[i], BASIS_COMMITMENT, LATER + 60 * DAY_MS);
    CHECK_INT(kpi.pending, 0);
    CHECK_INT(kpi.early + kpi.on_time + kpi.late + kpi.missed, kpi.due);
}

TEST(kpi_both_bases_have_the_same_denominator) {
    struct commitment rows[ROWS];
    random_rows(rows);
    struct kpi commitment = {0}, window = {0};
    for (int i = 0; i < ROWS; i++) {
        kpi_add(&commitment, &rows[i], BASIS_COMMITMENT, LATER - 20 * DAY_MS);
        kpi_add(&window, &rows[i], BASIS_WINDOW, LATER - 20 * DAY_MS);
    }
    CHECK_INT(window.due, commitment.due);
    CHECK(memcmp(window.excluded, commitment.excluded, sizeof window.excluded) == 0);
    CHECK(window.pending > commitment.pending);
}

/* F21: groups partition the commitments, and sum to the total. */
TEST(kpi_sum_of_the_parts_is_the_whole) {
    struct commitment rows[ROWS];
    random_rows(rows);
    struct kpi whole = {0}, parts[7] = {{0}}, sum = {0};
    for (int i = 0; i < ROWS; i++) {
        kpi_add(&whole, &rows[i], BASIS_COMMITMENT, LATER);
        kpi_add(&parts[dice(7)], &rows[i], BASIS_COMMITMENT, LATER);
    }
    for (int i = 0; i < 7; i++)
        kpi_sum(&sum, &parts[i]);
    CHECK(memcmp(&sum, &whole, sizeof whole) == 0);
}

TEST(kpi_any_order_of_rows_counts_the_same) {
    struct commitment rows[ROWS];
    random_rows(rows);
    struct kpi first = {0}, second = {0};
    for (int i = 0; i < ROWS; i++)
        kpi_add(&first, &rows[i], BASIS_COMMITMENT, LATER);
    for (int i = ROWS - 1; i > 0; i--) {
        int64_t j = dice(i + 1);
        struct commitment row = rows[i];
        rows[i] = rows[j];
        rows[j] = row;
    }
    for (int i = 0; i < ROWS; i++)
        kpi_add(&second, &rows[i], BASIS_COMMITMENT, LATER);
    CHECK(memcmp(&first, &second, sizeof first) == 0);
}

/* F1: neither a later as-of, nor ids, versions or the sweep's own state move a figure. */
TEST(kpi_only_facts_move_a_figure) {
    for (int i = 0; i < ROWS; i++) {
        struct commitment row = random_row();
        struct kpi before = {0}, after = {0};
        kpi_add(&before, &row, BASIS_COMMITMENT, LATER + 60 * DAY_MS);
        row.version += 5;
        row.known_from = row.received_at = LATER;
        row.swept = SWEPT_LATE;
        row.sweep_at = LATER;
        row.driver_id.b[0] = 7;
        kpi_add(&after, &row, BASIS_COMMITMENT, LATER + 600 * DAY_MS);
        CHECK(memcmp(&before, &after, sizeof before) == 0);
    }
}

TEST(kpi_basis_words) {
    CHECK_INT(names_value(&kpi_basis_names, "commitment"), BASIS_COMMITMENT);
    CHECK_INT(names_value(&kpi_basis_names, "window"), BASIS_WINDOW);
    CHECK_INT(names_value(&kpi_basis_names, "other"), NONE);
}

/* ---- rates ---- */

static void check_near(int line, double got, double want, double within) {
    if (!(fabs(got - want) <= within)) check_fail(__FILE__, line, "%.8f, not %.8f", got, want);
}

struct wilson_case {
    int64_t numerator, n;
    double low, high, within;
};

TEST(kpi_wilson_matches_the_literature) {
    static const struct wilson_case CASES[] = {
        {81, 263, .2553, .3662, 5e-5}, {15, 148, .0624, .1605, 5e-5},   {0, 20, 0, .1611, 5e-5},
        {1, 29, .0061, .1718, 5e-5},   {1, 13, .013710, .333140, 5e-7}, {0, 13, 0, .228095, 5e-7},
        {20, 20, 1 - .1611, 1, 5e-5},  {13, 13, 1 - .228095, 1, 5e-7},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        double low, high;
        kpi_wilson(CASES[i].numerator, CASES[i].n, &low, &high);
        check_near(__LINE__, low, CASES[i].low, CASES[i].within);
        check_near(__LINE__, high, CASES[i].high, CASES[i].within);
    }
}

TEST(kpi_wilson_stays_between_0_and_1_around_the_rate) {
    for (int64_t n = 1; n <= 60; n++)
        for (int64_t k = 0; k <= n; k++) {
            double low, high, p = (double)k / (double)n;
            kpi_wilson(k, n, &low, &high);
            CHECK(low >= 0 && low <= p && p <= high && high <= 1);
        }
    double low, high;
    kpi_wilson(0, 5, &low, &high);
    CHECK(low == 0);
    kpi_wilson(5, 5, &low, &high);
    CHECK(high == 1);
}

/* F12: no data is null, never 0 or 100 %. */
TEST(kpi_rate_of_nothing_is_null) {
    struct kpi_rate rate = kpi_rate(0, 0, 20);
    CHECK(isnan(rate.value) && isnan(rate.low) && isnan(rate.high));
    CHECK_INT(rate.n, 0);
    double low, high;
    kpi_wilson(0, 0, &low, &high);
    CHECK(isnan(low) && isnan(high));
}

TEST(kpi_rate_has_an_interval_below_small_n_only) {
    struct kpi_rate rate = kpi_rate(1, 19, 20);
    CHECK_INT(rate.n, 19);
    check_near(__LINE__, rate.value, 1.0 / 19, 1e-12);
    CHECK(rate.low > 0 && rate.low < rate.value && rate.high > rate.value);
    rate = kpi_rate(1, 20, 20);
    check_near(__LINE__, rate.value, .05, 1e-12);
    CHECK(isnan(rate.low) && isnan(rate.high));
    rate = kpi_rate(3, 3, 20);
    CHECK(rate.value == 1 && rate.high == 1 && rate.low > .4);
}
