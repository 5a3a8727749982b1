#include "domain/commitment.h"
#include "base/date.h"
#include "base/log.h"
#include "base/zone.h"

struct window window_in_zone(const char *timezone, int64_t date, int64_t from_min, int64_t to_min) {
    REQUIRE(timezone && from_min >= 0 && from_min < to_min && to_min <= 24 * 60);
    struct window window = {date, from_min, to_min, zone_instant(timezone, date, from_min, false),
                            zone_instant(timezone, date, to_min, true)};
    REQUIRE(window.starts_at != NONE && window.ends_at != NONE);
    return window;
}

static struct window whole_day(const char *timezone, int64_t date) {
    return window_in_zone(timezone, date, 0, 24 * 60);
}

int64_t commitment_cutoff(const struct rules *rules, const char *timezone, int64_t date) {
    return zone_instant(timezone, date - 1, rules->cutoff_min, false);
}

static void set_current(struct commitment *row, const struct rules *rules, const struct window *window) {
    row->now_on = window->date;
    row->now_early_before = window->starts_at - rules->early_tolerance_ms;
    row->now_late_after = window->ends_at + rules->late_tolerance_ms;
    row->now_missed_after = window->ends_at + rules->grace_ms;
}

/* A window never passes midnight, so it ends on its own date: 24:00 is the end of that day. */
static void set_committed(struct commitment *row, const struct rules *rules, const struct window *window) {
    row->date = row->due_on = window->date;
    row->from_min = window->from_min;
    row->to_min = window->to_min;
    row->starts_at = window->starts_at;
    row->ends_at = window->ends_at;
    row->early_before = window->starts_at - rules->early_tolerance_ms;
    row->late_after = window->ends_at + rules->late_tolerance_ms;
    row->missed_after = window->ends_at + rules->grace_ms;
}

static void commit_to(struct commitment *row, const struct rules *rules, const char *timezone,
                      const struct window *window) {
    set_committed(row, rules, window);
    row->cause = CAUSE_PROMISED;
    row->cutoff_at = commitment_cutoff(rules, timezone, window->date);
}

/* There is no window that a late wish could upset: the patient may decide until the day is over. */
static void commit_to_day(struct commitment *row, const struct rules *rules, const char *timezone,
                          int64_t date) {
    struct window day = whole_day(timezone, date);
    set_committed(row, rules, &day);
    set_current(row, rules, &day);
    row->cause = CAUSE_NOT_SCHEDULED;
    row->cutoff_at = day.ends_at;
}

void commitment_begin(struct commitment *row, const struct rules *rules, const char *timezone,
                      int64_t due_date) {
    *row = (struct commitment){
        .version = 1,
        .known_until = KNOWN_FOREVER,
        .stated = 1,
        .completed_at = NONE,
        .received_at = NONE,
        .excluded = NONE,
        .contested = NONE,
        .sweep_at = NONE,
    };
    commit_to_day(row, rules, timezone, due_date);
}

/* Of patient or customer, in time. What was handed over can not be wished away either. */
static bool wish_counts(const struct commitment *row, int64_t asked_by, int64_t now) {
    bool theirs = asked_by == PARTY_PATIENT || asked_by == PARTY_CUSTOMER;
    return theirs && now < row->cutoff_at && row->completed_at == NONE;
}

static bool promise_moves(const struct commitment *row, int64_t asked_by, int64_t now) {
    if (row->fixed) return false;
    if (row->cause == CAUSE_NOT_SCHEDULED) return now <= row->ends_at;
    return wish_counts(row, asked_by, now);
}

void commitment_promise(struct commitment *row, const struct rules *rules, const char *timezone,
                        const struct window *window, int64_t asked_by, int64_t now) {
    if (row->completed_at != NONE) return;
    if (promise_moves(row, asked_by, now)) {
        commit_to(row, rules, timezone, window);
        if (row->excluded == EXCLUDED_PAUSED) row->excluded = NONE; /* booked after all: it counts */
    }
    set_current(row, rules, window);
}

void commitment_release(struct commitment *row, const struct rules *rules, const char *timezone,
                        int64_t due_date, int64_t asked_by, int64_t now) {
    if (row->fixed || !wish_counts(row, asked_by, now)) return;
    commit_to_day(row, rules, timezone, due_date > row->date ? due_date : row->date);
}

void commitment_withdraw(struct commitment *row, int64_t why, int64_t asked_by, int64_t now) {
    REQUIRE(why == EXCLUDED_CANCELLED || why == EXCLUDED_SKIPPED || why == EXCLUDED_PAUSED);
    if (row->excluded == NONE && wish_counts(row, asked_by, now)) row->excluded = why;
}

static const int64_t EXCLUDED_BY[] = {
    [PATIENT_ACTIVE] = NONE,
    [PATIENT_ADMITTED] = EXCLUDED_ADMITTED,
    [PATIENT_ENDED] = EXCLUDED_ENDED,
};

/* Lifted by being home on the day, or by a correction of the same absence while the window is still
 * open; a later absence says nothing about the day. */
static bool status_lifts(const struct commitment *row, int64_t status, int64_t status_from, int64_t now) {
    bool by_status = row->excluded == EXCLUDED_ENDED || row->excluded == EXCLUDED_ADMITTED ||
                     row->excluded == EXCLUDED_OVERRIDDEN;
    if (!by_status) return false;
    if (status == PATIENT_ACTIVE) return status_from <= row->date;
    return status_from > row->date && row->excluded == EXCLUDED_BY[status] && now < row->ends_at;
}

void commitment_patient_status(struct commitment *row, int64_t status, int64_t status_from, bool with_reason,
                               int64_t now) {
    REQUIRE(status >= PATIENT_ACTIVE && status <= PATIENT_ENDED);
    bool away = status != PATIENT_ACTIVE && status_from <= row->date;
    if (status_lifts(row, status, status_from, now)) row->excluded = NONE;
    if (!away || row->excluded != NONE || row->completed_at != NONE) return;
    if (now < row->ends_at)
        row->excluded = EXCLUDED_BY[status];
    else if (with_reason)
        row->excluded = EXCLUDED_OVERRIDDEN;
}
