#include "domain/kpi.h"
#include "base/log.h"
#include <math.h>

static const char *const BASIS_WORDS[] = {[BASIS_COMMITMENT] = "commitment", [BASIS_WINDOW] = "window"};
const struct names kpi_basis_names = {BASIS_WORDS, COUNT(BASIS_WORDS)};

/* ---- which commitments count ---- */

/* A change of window by us must not take a commitment out of the denominator: the basis decides
 * only by which window a due commitment is classed. */
int64_t kpi_period_date(const struct commitment *row, int64_t basis) {
    REQUIRE(basis == BASIS_COMMITMENT || basis == BASIS_WINDOW);
    return row->due_on;
}

static bool has_ended(const struct commitment *row, int64_t as_of) {
    return row->ends_at <= as_of;
}

bool kpi_is_due(const struct commitment *row, int64_t basis, int64_t as_of) {
    REQUIRE(basis == BASIS_COMMITMENT || basis == BASIS_WINDOW);
    return row->excluded == NONE && has_ended(row, as_of);
}

/* ---- what one commitment is worth ---- */

/* Each 0 or 1, so that they can be added. */
struct marks {
    int64_t timeliness;
    int64_t on_time, in_full, otif, perfect, inaccurate, excused;
    int64_t as_told_on_time, as_told_in_full, as_told_otif, as_told_perfect;
};

/* What a contest takes away when the customer is believed. */
enum { TAKES_PERFECT = 1, TAKES_IN_FULL = 2, TAKES_ON_TIME = 4 };

static const unsigned CONTEST_TAKES[] = {
    [KIND_MISSED] = TAKES_ON_TIME | TAKES_IN_FULL,
    [KIND_LATE] = TAKES_ON_TIME,
    [KIND_EARLY] = TAKES_ON_TIME,
    [KIND_SHORT] = TAKES_IN_FULL,
    [KIND_NOT_DELIVERED] = TAKES_ON_TIME | TAKES_IN_FULL,
    [KIND_OVER] = TAKES_IN_FULL,
    [KIND_WRONG_ITEM] = TAKES_IN_FULL,
    [KIND_UNORDERED] = TAKES_IN_FULL,
    [KIND_DAMAGED] = TAKES_IN_FULL,
    [KIND_REFUSED] = TAKES_IN_FULL,
    [KIND_NOT_LOADED] = TAKES_IN_FULL,
    [KIND_EXPIRED] = TAKES_IN_FULL,
    [KIND_SHORT_DATED] = TAKES_IN_FULL,
    [KIND_LOT_MISSING] = TAKES_IN_FULL,
    [KIND_WRONG_LOT] = TAKES_IN_FULL,
    [KIND_WRONG_PLACE] = TAKES_PERFECT,
    [KIND_WRONG_RECIPIENT] = TAKES_PERFECT,
    [KIND_NO_PROOF] = TAKES_PERFECT,
    [KIND_CONTESTED] = TAKES_PERFECT,
    [KIND_COUNT] = TAKES_PERFECT, /* other */
};

static unsigned contest_takes(int64_t contested) {
    if (contested == NONE) return 0;
    REQUIRE(contested >= 0 && contested <= KIND_COUNT);
    return CONTEST_TAKES[contested];
}

int64_t kpi_contest_join(int64_t a, int64_t b) {
    unsigned all = (contest_takes(a) | contest_takes(b)) & (TAKES_ON_TIME | TAKES_IN_FULL);
    if (a == NONE || b == NONE) return a == NONE ? b : a;
    if ((all & ~contest_takes(a)) == 0) return a;
    return (all & ~contest_takes(b)) == 0 ? b : KIND_NOT_DELIVERED;
}

static void mark_as_told(struct marks *marks, int64_t contested) {
    unsigned takes = contest_takes(contested);
    marks->as_told_on_time = marks->on_time && !(takes & TAKES_ON_TIME);
    marks->as_told_in_full = marks->in_full && !(takes & TAKES_IN_FULL);
    marks->as_told_otif = marks->as_told_on_time && marks->as_told_in_full;
    marks->as_told_perfect = marks->as_told_otif && marks->perfect && !takes;
}

/* A failure that the clock found and nobody attributed yet is not excused. */
static bool is_excused(const struct commitment *row, const struct marks *marks) {
    if (marks->otif || row->faults == 0 || row->faults != row->faults_outside) return false;
    bool timing = !marks->on_time && marks->timeliness != TIMELINESS_PENDING;
    return !timing || row->timing_outside;
}

static struct marks mark(const struct commitment *row, int64_t basis, int64_t as_of) {
    struct marks marks = {.timeliness = basis == BASIS_WINDOW ? commitment_timeliness_now(row, as_of)
                                                              : commitment_timeliness(row, as_of)};
    bool whole = row->lines > 0 && row->lines_right == row->lines && row->faults_line == 0;
    bool completed = row->completed_at != NONE && row->completed_at <= as_of;
    int64_t documents = row->faults_place + row->faults_proof;
    marks.on_time = marks.timeliness == TIMELINESS_ON_TIME;
    marks.in_full = row->stated && whole && completed;
    marks.otif = marks.on_time && marks.in_full;
    marks.perfect = marks.otif && row->faults_damage == 0 && documents == 0;
    marks.inaccurate = row->stated && row->handed_over && row->faults_line + documents > 0;
    marks.excused = is_excused(row, &marks);
    mark_as_told(&marks, row->contested);
    return marks;
}

/* ---- adding up ---- */

static void add_gross(struct kpi *kpi, const struct marks *marks) {
    kpi->due++;
    kpi->pending += marks->timeliness == TIMELINESS_PENDING;
    kpi->early += marks->timeliness == TIMELINESS_EARLY;
    kpi->on_time += marks->on_time;
    kpi->late += marks->timeliness == TIMELINESS_LATE;
    kpi->missed += marks->timeliness == TIMELINESS_MISSED;
    kpi->in_full += marks->in_full;
    kpi->otif += marks->otif;
    kpi->perfect += marks->perfect;
    kpi->inaccurate += marks->inaccurate;
}

static void add_net(struct kpi *kpi, const struct marks *marks, int64_t stated) {
    if (marks->excused) return;
    kpi->net_due++;
    kpi->net_due_stated += stated;
    kpi->net_early += marks->timeliness == TIMELINESS_EARLY;
    kpi->net_on_time += marks->on_time;
    kpi->net_late += marks->timeliness == TIMELINESS_LATE;
    kpi->net_missed += marks->timeliness == TIMELINESS_MISSED;
    kpi->net_in_full += marks->in_full;
    kpi->net_otif += marks->otif;
    kpi->net_perfect += marks->perfect;
    kpi->net_inaccurate += marks->inaccurate;
}

static void add_as_told(struct kpi *kpi, const struct marks *marks) {
    kpi->experienced_on_time += marks->as_told_on_time;
    kpi->experienced_in_full += marks->as_told_in_full;
    kpi->experienced_otif += marks->as_told_otif;
    kpi->experienced_perfect += marks->as_told_perfect;
}

static void add_quantities(struct kpi *kpi, const struct commitment *row) {
    kpi->recoveries += row->recoveries;
    kpi->reversals += row->reversals;
    kpi->due_stated += row->stated;
    kpi->not_stated += !row->stated;
    if (!row->stated) return;
    kpi->lines += row->lines;
    kpi->lines_right += row->lines_right;
    kpi->units_authorised += row->units_authorised;
    kpi->units_accepted += row->units_accepted;
}

static void add_excluded(struct kpi *kpi, int64_t why) {
    REQUIRE(why >= 0 && why <= EXCLUDED_OVERRIDDEN);
    kpi->excluded[why]++;
}

void kpi_add(struct kpi *kpi, const struct commitment *row, int64_t basis, int64_t as_of) {
    if (has_ended(row, as_of) && row->excluded != NONE) add_excluded(kpi, row->excluded);
    if (!kpi_is_due(row, basis, as_of)) return;
    struct marks marks = mark(row, basis, as_of);
    add_gross(kpi, &marks);
    add_net(kpi, &marks, row->stated);
    add_as_told(kpi, &marks);
    add_quantities(kpi, row);
}

/* Every member is a count of the same kind, so that a new one can not be forgotten here. */
void kpi_sum(struct kpi *a, const struct kpi *b) {
    _Static_assert(sizeof(struct kpi) % sizeof(int64_t) == 0, "counts only");
    int64_t *sum = (int64_t *)a;
    const int64_t *part = (const int64_t *)b;
    for (size_t i = 0; i < sizeof(struct kpi) / sizeof(int64_t); i++)
        sum[i] += part[i];
}

/* ---- rates ---- */

#define Z_95 1.959964

/* The ends are exact where the formula is 0 or 1 but for rounding. */
void kpi_wilson(int64_t numerator, int64_t n, double *low_out, double *high_out) {
    REQUIRE(numerator >= 0 && numerator <= n);
    *low_out = *high_out = NAN;
    if (n == 0) return;
    double size = (double)n, p = (double)numerator / size, z2 = Z_95 * Z_95;
    double centre = p + z2 / (2 * size);
    double reach = Z_95 * sqrt(p * (1 - p) / size + z2 / (4 * size * size));
    double scale = 1 + z2 / size;
    *low_out = numerator == 0 ? 0 : (centre - reach) / scale;
    *high_out = numerator == n ? 1 : (centre + reach) / scale;
}

struct kpi_rate kpi_rate(int64_t numerator, int64_t n, int64_t small_n) {
    REQUIRE(numerator >= 0 && numerator <= n);
    struct kpi_rate rate = {.value = NAN, .low = NAN, .high = NAN, .n = n};
    if (n > 0) rate.value = (double)numerator / (double)n;
    if (n > 0 && n < small_n) kpi_wilson(numerator, n, &rate.low, &rate.high);
    return rate;
}
