#include "base/date.h"
#include "check.h"
#include "domain/commitment.h"

#define SYDNEY "Australia/Sydney"
#define PERTH "Australia/Perth"

/* ---- windows ---- */

struct window_case {
    const char *timezone, *date;
    int64_t from_min, to_min;
    const char *starts_at, *ends_at;
};

TEST(commitment_window_instants) {
    static const struct window_case CASES[] = {
        {SYDNEY, "2026-03-10", 480, 720, "2026-03-09T21:00:00.000Z", "2026-03-10T01:00:00.000Z"},
        {SYDNEY, "2026-07-10", 480, 720, "2026-07-09T22:00:00.000Z", "2026-07-10T02:00:00.000Z"},
        {SYDNEY, "2026-04-05", 0, 1440, "2026-04-04T13:00:00.000Z", "2026-04-05T14:00:00.000Z"},
        {SYDNEY, "2026-04-05", 120, 150, "2026-04-04T15:00:00.000Z", "2026-04-04T16:30:00.000Z"},
        {SYDNEY, "2026-10-04", 0, 1440, "2026-10-03T14:00:00.000Z", "2026-10-04T13:00:00.000Z"},
        {SYDNEY, "2026-10-04", 90, 150, "2026-10-03T15:30:00.000Z", "2026-10-03T16:00:00.000Z"},
        {SYDNEY, "2026-10-04", 150, 240, "2026-10-03T16:00:00.000Z", "2026-10-03T17:00:00.000Z"},
        {PERTH, "2026-04-05", 0, 1440, "2026-04-04T16:00:00.000Z", "2026-04-05T16:00:00.000Z"},
        {PERTH, "2026-04-05", 120, 150, "2026-04-04T18:00:00.000Z", "2026-04-04T18:30:00.000Z"},
        {PERTH, "2026-10-04", 150, 240, "2026-10-03T18:30:00.000Z", "2026-10-03T20:00:00.000Z"},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        const struct window_case *want = &CASES[i];
        struct window window =
            window_in_zone(want->timezone, date_parse(want->date), want->from_min, want->to_min);
        char text[INSTANT_TEXT_SIZE];
        CHECK_STR(instant_format(window.starts_at, text), want->starts_at);
        CHECK_STR(instant_format(window.ends_at, text), want->ends_at);
        CHECK_INT(window.date, date_parse(want->date));
        CHECK_INT(window.from_min, want->from_min);
        CHECK_INT(window.to_min, want->to_min);
    }
}

TEST(commitment_cutoff_is_the_evening_before) {
    char text[INSTANT_TEXT_SIZE];
    int64_t date = date_parse("2026-04-05"); /* the clocks go back in the night before it */
    CHECK_STR(instant_format(commitment_cutoff(&rules_default, SYDNEY, date), text),
              "2026-04-04T07:00:00.000Z");
    CHECK_STR(instant_format(commitment_cutoff(&rules_default, SYDNEY, date + 1), text),
              "2026-04-05T08:00:00.000Z");
    CHECK_STR(instant_format(commitment_cutoff(&rules_default, PERTH, date), text),
              "2026-04-04T10:00:00.000Z");
    struct rules noon = rules_default;
    noon.cutoff_min = 720;
    CHECK_STR(instant_format(commitment_cutoff(&noon, PERTH, date), text), "2026-04-04T04:00:00.000Z");
}

/* ---- the row ---- */

TEST(commitment_begins_as_the_whole_due_day) {
    struct commitment row;
    int64_t due = date_parse("2026-03-10");
    commitment_begin(&row, &rules_default, SYDNEY, due);
    CHECK_INT(row.version, 1);
    CHECK_INT(row.known_until, KNOWN_FOREVER);
    CHECK_INT(row.stated, 1);
    CHECK_INT(row.cause, CAUSE_NOT_SCHEDULED);
    CHECK_INT(row.due_on, due); /* not the date on which 24:00 falls */
    CHECK_INT(row.now_on, due);
    CHECK_INT(row.from_min, 0);
    CHECK_INT(row.to_min, 1440);
    CHECK_INT(row.starts_at, instant_parse("2026-03-10T00:00:00+11:00"));
    CHECK_INT(row.ends_at, instant_parse("2026-03-11T00:00:00+11:00"));
    CHECK_INT(row.cutoff_at, row.ends_at);
    CHECK_INT(row.completed_at, NONE);
    CHECK_INT(row.received_at, NONE);
    CHECK_INT(row.excluded, NONE);
    CHECK_INT(row.contested, NONE);
    CHECK_INT(row.swept, SWEPT_NONE);
    CHECK_INT(row.lines + row.faults + row.fixed + row.handed_over, 0);
}

TEST(commitment_bounds_carry_the_tolerances) {
    struct rules rules = rules_default;
    rules.early_tolerance_ms = 5 * MINUTE_MS;
    rules.late_tolerance_ms = 10 * MINUTE_MS;
    struct commitment row;
    int64_t due = date_parse("2026-03-10");
    commitment_begin(&row, &rules, SYDNEY, due);
    struct window window = window_in_zone(SYDNEY, due + 3, 480, 720);
    commitment_promise(&row, &rules, SYDNEY, &window, PARTY_US, row.starts_at - DAY_MS);
    CHECK_INT(row.cause, CAUSE_PROMISED);
    CHECK_INT(row.due_on, due + 3);
    CHECK_INT(row.now_on, due + 3);
    CHECK_INT(row.cutoff_at, commitment_cutoff(&rules, SYDNEY, due + 3));
    CHECK_INT(row.early_before, window.starts_at - 5 * MINUTE_MS);
    CHECK_INT(row.late_after, window.ends_at + 10 * MINUTE_MS);
    CHECK_INT(row.missed_after, window.ends_at + DAY_MS);
    CHECK_INT(row.now_early_before, row.early_before);
    CHECK_INT(row.now_late_after, row.late_after);
    CHECK_INT(row.now_missed_after, row.missed_after);
}

/* A party that nobody stated is nobody's wish. */
TEST(commitment_unknown_party_moves_nothing) {
    struct commitment row;
    int64_t due = date_parse("2026-03-10");
    commitment_begin(&row, &rules_default, SYDNEY, due);
    struct window first = window_in_zone(SYDNEY, due, 480, 720),
                  second = window_in_zone(SYDNEY, due + 7, 480, 720);
    commitment_promise(&row, &rules_default, SYDNEY, &first, PARTY_US, row.starts_at - 9 * DAY_MS);
    commitment_promise(&row, &rules_default, SYDNEY, &second, NONE, row.starts_at - 8 * DAY_MS);
    CHECK_INT(row.date, due);
    commitment_release(&row, &rules_default, SYDNEY, due, NONE, row.starts_at - 8 * DAY_MS);
    CHECK_INT(row.cause, CAUSE_PROMISED);
    commitment_withdraw(&row, EXCLUDED_SKIPPED, NONE, row.starts_at - 8 * DAY_MS);
    CHECK_INT(row.excluded, NONE);
}

/* ---- random logs ---- */

static uint64_t seed = 20260310;

static int64_t dice(int64_t sides) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int64_t)(seed % (uint64_t)sides);
}

static bool same_commitment(const struct commitment *a, const struct commitment *b) {
    return a->starts_at == b->starts_at && a->ends_at == b->ends_at && a->cause == b->cause &&
           a->excluded == b->excluded && a->cutoff_at == b->cutoff_at;
}

enum { ACT_PROMISE, ACT_RELEASE, ACT_WITHDRAW, ACT_FAIL, ACT_COMPLETE, ACTS };

static void random_act(struct commitment *row, int64_t act, int64_t due, int64_t by, int64_t now) {
    struct window window = window_in_zone(SYDNEY, due - 5 + dice(40), 480, 720);
    if (act == ACT_PROMISE) commitment_promise(row, &rules_default, SYDNEY, &window, by, now);
    if (act == ACT_RELEASE) commitment_release(row, &rules_default, SYDNEY, due, by, now);
    if (act == ACT_WITHDRAW && dice(4) == 0) commitment_withdraw(row, dice(3), by, now);
    if (act == ACT_FAIL && dice(3) == 0) row->fixed = 1;
    if (act == ACT_COMPLETE && dice(3) == 0) row->completed_at = row->received_at = now;
}

/* What the contract says of any log, whatever its order. */
static void check_step(const struct commitment *before, const struct commitment *after, int64_t act,
                       int64_t by, int64_t now) {
    bool same = same_commitment(before, after);
    bool first = act == ACT_PROMISE && before->cause == CAUSE_NOT_SCHEDULED;
    if (now > before->ends_at) CHECK(same);
    if (now >= before->cutoff_at && !first) CHECK(same);
    if (by == PARTY_US && !first) CHECK(same);
    if (before->fixed && act != ACT_WITHDRAW) CHECK(same);
    if (before->completed_at != NONE) CHECK(same);
    CHECK_INT(after->due_on, after->date);
    CHECK(after->early_before < after->late_after && after->late_after < after->missed_after);
    CHECK(after->now_early_before < after->now_late_after);
    if (after->cause == CAUSE_NOT_SCHEDULED) CHECK_INT(after->cutoff_at, after->ends_at);
}

TEST(commitment_random_logs_keep_the_promise) {
    int64_t due = date_parse("2026-04-03");
    for (int i = 0; i < 2000; i++) {
        struct commitment row;
        commitment_begin(&row, &rules_default, SYDNEY, due);
        int64_t now = row.starts_at - 20 * DAY_MS;
        for (int step = 0; step < 12; step++) {
            struct commitment before = row;
            int64_t act = dice(ACTS), by = dice(3);
            random_act(&row, act, due, by, now);
            check_step(&before, &row, act, by, now);
            now += dice(4 * DAY_MS);
        }
    }
}

static int64_t rank(int64_t timeliness) {
    static const int64_t RANK[] = {[TIMELINESS_PENDING] = 0, [TIMELINESS_LATE] = 1, [TIMELINESS_MISSED] = 2};
    return RANK[timeliness];
}

/* Nothing handed over: the class only gets worse as the clock runs. */
TEST(commitment_the_clock_only_worsens_what_waits) {
    struct commitment row;
    commitment_begin(&row, &rules_default, SYDNEY, date_parse("2026-04-05"));
    int64_t last = 0;
    for (int64_t as_of = row.starts_at - DAY_MS; as_of < row.missed_after + DAY_MS; as_of += 7 * MINUTE_MS) {
        int64_t now = rank(commitment_timeliness(&row, as_of));
        CHECK(now >= last);
        last = now;
    }
    CHECK_INT(last, 2);
}

/* ---- the shape is the table ---- */

/* Every line of CREATE TABLE commitment that starts with four spaces and a lower-case letter is a column. */
static const char *next_column(const char *at, char name[40], bool *required) {
    for (at = strchr(at, '\n'); at; at = strchr(at, '\n')) {
        at++;
        if (at[0] == ')') return NULL;
        if (strncmp(at, "    ", 4) != 0 || at[4] < 'a' || at[4] > 'z') continue;
        size_t n = strcspn(at + 4, " ");
        memcpy(name, at + 4, n);
        name[n] = 0;
        *required = memmem(at, strcspn(at, "\n"), "NOT NULL", 8) != NULL;
        return at;
    }
    return NULL;
}

TEST(commitment_shape_has_the_columns_of_the_table) {
    struct ctx *c = check_ctx();
    const char *sql = check_fixture(c, "../schema/0003_verdicts.sql");
    const char *at = strstr(sql, "CREATE TABLE commitment (");
    CHECK(at != NULL);
    char name[40];
    bool required;
    size_t n = 0;
    while ((at = next_column(at, name, &required))) {
        const struct field *field = shape_field(&commitment_shape, name);
        if (!field) check_fail(__FILE__, __LINE__, "no member for column %s", name);
        if (required != ((field->flags & F_REQUIRED) != 0))
            check_fail(__FILE__, __LINE__, "%s: NOT NULL and required differ", name);
        n++;
    }
    CHECK_INT(n, commitment_shape.n);
}

/* Every member has its own place, and together they fill the struct. */
TEST(commitment_shape_covers_the_struct) {
    size_t bytes = 0;
    for (size_t i = 0; i < commitment_shape.n; i++)
        bytes += commitment_shape.field[i].kind == K_ID ? sizeof(struct id) : sizeof(int64_t);
    CHECK_INT(bytes, sizeof(struct commitment));
    for (size_t i = 0; i < commitment_shape.n; i++)
        for (size_t j = 0; j < i; j++)
            CHECK(commitment_shape.field[i].at != commitment_shape.field[j].at);
}
