#include "base/date.h"
#include "cases.h"
#include "check.h"
#include "domain/commitment.h"
#include "domain/kpi.h"

/* Each folder of fixtures/commitment is a case: a log of events, and what must hold at some instants. */

enum event {
    LOG_BOOK,
    LOG_RESCHEDULE,
    LOG_CANCEL_DELIVERY,
    LOG_FAILED_ATTEMPT,
    LOG_DROP,
    LOG_SKIP_ORDER,
    LOG_CANCEL_ORDER,
    LOG_PAUSE_ORDER,
    LOG_PATIENT_ACTIVE,
    LOG_PATIENT_ADMITTED,
    LOG_PATIENT_ENDED
};
static const char *const EVENT_WORDS[] = {
    [LOG_BOOK] = "book",
    [LOG_RESCHEDULE] = "reschedule",
    [LOG_CANCEL_DELIVERY] = "cancel_delivery",
    [LOG_FAILED_ATTEMPT] = "failed_attempt",
    [LOG_DROP] = "drop",
    [LOG_SKIP_ORDER] = "skip_order",
    [LOG_CANCEL_ORDER] = "cancel_order",
    [LOG_PAUSE_ORDER] = "pause_order",
    [LOG_PATIENT_ACTIVE] = "patient_active",
    [LOG_PATIENT_ADMITTED] = "patient_admitted",
    [LOG_PATIENT_ENDED] = "patient_ended",
};
static const struct names event_names = {EVENT_WORDS, COUNT(EVENT_WORDS)};

struct log_line {
    int64_t at, event, by, date, from_min, to_min, device_at, with_reason;
};
static const struct field LOG_FIELDS[] = {
    FIELD(struct log_line, K_INSTANT, at, .flags = F_REQUIRED),
    FIELD(struct log_line, K_ENUM, event, .flags = F_REQUIRED, .names = &event_names),
    FIELD(struct log_line, K_ENUM, by, .names = &party_names),
    FIELD(struct log_line, K_DATE, date, .flags = 0),
    FIELD_AS(struct log_line, K_TIME, "from", from_min, .flags = 0),
    FIELD_AS(struct log_line, K_TIME, "to", to_min, .flags = 0),
    FIELD(struct log_line, K_INSTANT, device_at, .flags = 0),
    FIELD(struct log_line, K_BOOL, with_reason, .flags = 0),
};
static const struct shape log_shape = SHAPE("log_line", struct log_line, LOG_FIELDS);

struct input {
    const char *about, *timezone;
    int64_t due_date, early_tolerance_min, late_tolerance_min;
    struct list log;
};
static const struct field INPUT_FIELDS[] = {
    FIELD(struct input, K_TEXT, about, .flags = F_REQUIRED),
    FIELD(struct input, K_TEXT, timezone, .flags = F_REQUIRED),
    FIELD(struct input, K_DATE, due_date, .flags = F_REQUIRED),
    FIELD(struct input, K_INT, early_tolerance_min, .flags = 0),
    FIELD(struct input, K_INT, late_tolerance_min, .flags = 0),
    FIELD(struct input, K_LIST, log, .flags = F_REQUIRED, .sub = &log_shape),
};
static const struct shape input_shape = SHAPE("input", struct input, INPUT_FIELDS);

struct seen {
    int64_t at, date, from_min, to_min, cause, excluded, timeliness, timeliness_window, due, recovered_at;
};
static const struct field SEEN_FIELDS[] = {
    FIELD(struct seen, K_INSTANT, at, .flags = F_REQUIRED),
    FIELD(struct seen, K_DATE, date, .flags = F_REQUIRED),
    FIELD_AS(struct seen, K_TIME, "from", from_min, .flags = F_REQUIRED),
    FIELD_AS(struct seen, K_TIME, "to", to_min, .flags = F_REQUIRED),
    FIELD(struct seen, K_ENUM, cause, .flags = F_REQUIRED, .names = &commitment_cause_names),
    FIELD(struct seen, K_ENUM, excluded, .names = &excluded_names),
    FIELD(struct seen, K_ENUM, timeliness, .flags = F_REQUIRED, .names = &timeliness_names),
    FIELD(struct seen, K_ENUM, timeliness_window, .flags = F_REQUIRED, .names = &timeliness_names),
    FIELD(struct seen, K_BOOL, due, .flags = 0),
    FIELD(struct seen, K_INSTANT, recovered_at, .flags = 0),
};
static const struct shape seen_shape = SHAPE("seen", struct seen, SEEN_FIELDS);

struct expected {
    struct list as_of;
};
static const struct field EXPECTED_FIELDS[] = {
    FIELD(struct expected, K_LIST, as_of, .flags = F_REQUIRED, .sub = &seen_shape),
};
static const struct shape expected_shape = SHAPE("expected", struct expected, EXPECTED_FIELDS);

/* ---- replaying the log ---- */

struct replay {
    struct commitment row;
    struct rules rules;
    const struct input *input;
    int64_t booked_at;
};

static void apply_promise(struct replay *replay, const struct log_line *line) {
    const char *timezone = replay->input->timezone;
    struct window window = window_in_zone(timezone, line->date, line->from_min, line->to_min);
    commitment_promise(&replay->row, &replay->rules, timezone, &window, line->by, line->at);
    if (line->event == LOG_BOOK) replay->booked_at = line->at;
}

static void apply_cancel(struct replay *replay, const struct log_line *line) {
    commitment_release(&replay->row, &replay->rules, replay->input->timezone, replay->input->due_date,
                       line->by, line->at);
}

static void apply_failure(struct replay *replay, const struct log_line *line) {
    (void)line;
    replay->row.fixed = 1;
}

static void apply_drop(struct replay *replay, const struct log_line *line) {
    int64_t device_at = line->device_at == NONE ? line->at : line->device_at;
    replay->row.completed_at = completed_at(device_at, line->at, replay->booked_at);
    replay->row.received_at = line->at;
}

static void apply_withdraw(struct replay *replay, const struct log_line *line) {
    static const int64_t WHY[] = {[LOG_SKIP_ORDER] = EXCLUDED_SKIPPED,
                                  [LOG_CANCEL_ORDER] = EXCLUDED_CANCELLED,
                                  [LOG_PAUSE_ORDER] = EXCLUDED_PAUSED};
    commitment_withdraw(&replay->row, WHY[line->event], line->by, line->at);
}

static void apply_status(struct replay *replay, const struct log_line *line) {
    static const int64_t STATUS[] = {[LOG_PATIENT_ACTIVE] = PATIENT_ACTIVE,
                                     [LOG_PATIENT_ADMITTED] = PATIENT_ADMITTED,
                                     [LOG_PATIENT_ENDED] = PATIENT_ENDED};
    commitment_patient_status(&replay->row, STATUS[line->event], line->date, line->with_reason == 1,
                              line->at);
}

static void (*const APPLY[])(struct replay *, const struct log_line *) = {
    [LOG_BOOK] = apply_promise,
    [LOG_RESCHEDULE] = apply_promise,
    [LOG_CANCEL_DELIVERY] = apply_cancel,
    [LOG_FAILED_ATTEMPT] = apply_failure,
    [LOG_DROP] = apply_drop,
    [LOG_SKIP_ORDER] = apply_withdraw,
    [LOG_CANCEL_ORDER] = apply_withdraw,
    [LOG_PAUSE_ORDER] = apply_withdraw,
    [LOG_PATIENT_ACTIVE] = apply_status,
    [LOG_PATIENT_ADMITTED] = apply_status,
    [LOG_PATIENT_ENDED] = apply_status,
};

static int64_t tolerance_ms(int64_t minutes) {
    return minutes == NONE ? 0 : minutes * MINUTE_MS;
}

static struct commitment replay_until(const struct input *input, int64_t as_of) {
    struct replay replay = {.input = input, .rules = rules_default, .booked_at = NONE};
    replay.rules.early_tolerance_ms = tolerance_ms(input->early_tolerance_min);
    replay.rules.late_tolerance_ms = tolerance_ms(input->late_tolerance_min);
    commitment_begin(&replay.row, &replay.rules, input->timezone, input->due_date);
    const struct log_line *line = input->log.at;
    for (size_t i = 0; i < input->log.n && line[i].at <= as_of; i++)
        APPLY[line[i].event](&replay, &line[i]);
    return replay.row;
}

static struct seen look(const struct commitment *row, int64_t as_of) {
    return (struct seen){
        .at = as_of,
        .date = row->date,
        .from_min = row->from_min,
        .to_min = row->to_min,
        .cause = row->cause,
        .excluded = row->excluded,
        .timeliness = commitment_timeliness(row, as_of),
        .timeliness_window = commitment_timeliness_now(row, as_of),
        .due = kpi_is_due(row, BASIS_COMMITMENT, as_of),
        .recovered_at = commitment_recovered_at(row),
    };
}

/* ---- reading the folders ---- */

static void run_instant(struct ctx *c, const char *folder, const struct input *input,
                        const struct seen *want) {
    struct commitment row = replay_until(input, want->at);
    struct seen got = look(&row, want->at);
    if (want->due == NONE) got.due = NONE;
    cases_same(c, folder, input->about, &seen_shape, &got, want);
}

static void run_case(struct ctx *c, const char *folder) {
    struct input input;
    struct expected expected;
    cases_read(c, folder, "input.json", &input_shape, &input);
    cases_read(c, folder, "expected.json", &expected_shape, &expected);
    const struct seen *want = expected.as_of.at;
    CHECK(expected.as_of.n > 0);
    for (size_t i = 0; i < expected.as_of.n; i++)
        run_instant(c, folder, &input, &want[i]);
}

TEST(commitment_cases) {
    cases_run(check_ctx(), "commitment", 70, run_case);
}
