#include "domain/commitment.h"
#include "base/log.h"

/* The three instants that part the classes. */
struct bounds {
    int64_t early_before, late_after, missed_after;
};

/* Nothing handed over yet: late as soon as it can not be on time any more. */
static int64_t class_waiting(const struct bounds *bounds, int64_t as_of) {
    if (as_of <= bounds->late_after) return TIMELINESS_PENDING;
    return as_of <= bounds->missed_after ? TIMELINESS_LATE : TIMELINESS_MISSED;
}

static int64_t class_completed(const struct bounds *bounds, int64_t at) {
    if (at < bounds->early_before) return TIMELINESS_EARLY;
    if (at <= bounds->late_after) return TIMELINESS_ON_TIME;
    return at <= bounds->missed_after ? TIMELINESS_LATE : TIMELINESS_MISSED;
}

static int64_t class_of(const struct bounds *bounds, int64_t completed, int64_t as_of) {
    bool done = completed != NONE && completed <= as_of;
    return done ? class_completed(bounds, completed) : class_waiting(bounds, as_of);
}

int64_t commitment_timeliness(const struct commitment *row, int64_t as_of) {
    struct bounds bounds = {row->early_before, row->late_after, row->missed_after};
    return class_of(&bounds, row->completed_at, as_of);
}

int64_t commitment_timeliness_now(const struct commitment *row, int64_t as_of) {
    struct bounds bounds = {row->now_early_before, row->now_late_after, row->now_missed_after};
    return class_of(&bounds, row->completed_at, as_of);
}

static int64_t final_class(const struct commitment *row) {
    return commitment_timeliness(row, row->completed_at);
}

int64_t commitment_recovered_at(const struct commitment *row) {
    if (row->completed_at == NONE) return NONE;
    return final_class(row) == TIMELINESS_MISSED ? row->completed_at : NONE;
}

/* The discrepancy that must stand for each class. */
static const int64_t STANDING[] = {
    [TIMELINESS_PENDING] = SWEPT_NONE, [TIMELINESS_EARLY] = SWEPT_EARLY,   [TIMELINESS_ON_TIME] = SWEPT_NONE,
    [TIMELINESS_LATE] = SWEPT_LATE,    [TIMELINESS_MISSED] = SWEPT_MISSED,
};

int64_t commitment_standing(int64_t timeliness) {
    REQUIRE(timeliness >= 0 && timeliness <= TIMELINESS_MISSED);
    return STANDING[timeliness];
}

static int64_t sweep_waiting_at(const struct commitment *row) {
    if (row->swept == SWEPT_MISSED) return NONE;
    return (row->swept == SWEPT_LATE ? row->missed_after : row->late_after) + 1;
}

int64_t commitment_sweep_at(const struct commitment *row) {
    if (row->excluded != NONE) return row->swept == SWEPT_NONE ? NONE : row->late_after + 1;
    if (row->completed_at == NONE) return sweep_waiting_at(row);
    if (row->swept == commitment_standing(final_class(row))) return NONE;
    return row->received_at != NONE ? row->received_at : row->completed_at;
}

int64_t completed_at(int64_t device_at, int64_t received_at, int64_t booked_at) {
    return device_at > received_at || device_at < booked_at ? received_at : device_at;
}
