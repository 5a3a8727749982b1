#include "base/date.h"
#include "check.h"
#include "domain/commitment.h"

/* A window 08:00–12:00 UTC on 2026-03-10, 5 and 10 minutes of tolerance, 24 hours of grace. */

static int64_t at(const char *text) {
    int64_t instant = instant_parse(text);
    CHECK(instant != NONE);
    return instant;
}

static struct commitment row_with(int64_t completed) {
    return (struct commitment){
        .ends_at = at("2026-03-10T12:00:00.000Z"),
        .early_before = at("2026-03-10T07:55:00.000Z"),
        .late_after = at("2026-03-10T12:10:00.000Z"),
        .missed_after = at("2026-03-11T12:00:00.000Z"),
        .now_early_before = at("2026-03-12T07:55:00.000Z"),
        .now_late_after = at("2026-03-12T12:10:00.000Z"),
        .now_missed_after = at("2026-03-13T12:00:00.000Z"),
        .completed_at = completed,
        .received_at = NONE,
        .excluded = NONE,
    };
}

struct boundary {
    const char *at;
    int64_t timeliness;
};

TEST(timeliness_completed_to_the_millisecond) {
    static const struct boundary CASES[] = {
        {"2026-01-01T00:00:00.000Z", TIMELINESS_EARLY},   {"2026-03-10T07:54:59.999Z", TIMELINESS_EARLY},
        {"2026-03-10T07:55:00.000Z", TIMELINESS_ON_TIME}, {"2026-03-10T12:10:00.000Z", TIMELINESS_ON_TIME},
        {"2026-03-10T12:10:00.001Z", TIMELINESS_LATE},    {"2026-03-11T12:00:00.000Z", TIMELINESS_LATE},
        {"2026-03-11T12:00:00.001Z", TIMELINESS_MISSED},  {"2027-01-01T00:00:00.000Z", TIMELINESS_MISSED},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct commitment row = row_with(at(CASES[i].at));
        CHECK_INT(commitment_timeliness(&row, row.completed_at), CASES[i].timeliness);
        CHECK_INT(commitment_timeliness(&row, KNOWN_FOREVER), CASES[i].timeliness);
    }
}

TEST(timeliness_waiting_to_the_millisecond) {
    static const struct boundary CASES[] = {
        {"2026-01-01T00:00:00.000Z", TIMELINESS_PENDING}, {"2026-03-10T12:00:00.001Z", TIMELINESS_PENDING},
        {"2026-03-10T12:10:00.000Z", TIMELINESS_PENDING}, {"2026-03-10T12:10:00.001Z", TIMELINESS_LATE},
        {"2026-03-11T12:00:00.000Z", TIMELINESS_LATE},    {"2026-03-11T12:00:00.001Z", TIMELINESS_MISSED},
    };
    struct commitment row = row_with(NONE);
    for (size_t i = 0; i < COUNT(CASES); i++)
        CHECK_INT(commitment_timeliness(&row, at(CASES[i].at)), CASES[i].timeliness);
}

TEST(timeliness_of_the_current_window) {
    struct commitment row = row_with(at("2026-03-12T12:10:00.000Z"));
    CHECK_INT(commitment_timeliness(&row, KNOWN_FOREVER), TIMELINESS_MISSED);
    CHECK_INT(commitment_timeliness_now(&row, KNOWN_FOREVER), TIMELINESS_ON_TIME);
    CHECK_INT(commitment_timeliness_now(&row, row.completed_at - 1), TIMELINESS_PENDING);
    row.completed_at = at("2026-03-12T07:54:59.999Z");
    CHECK_INT(commitment_timeliness_now(&row, KNOWN_FOREVER), TIMELINESS_EARLY);
    row.completed_at = NONE;
    CHECK_INT(commitment_timeliness_now(&row, at("2026-03-12T12:10:00.001Z")), TIMELINESS_LATE);
    CHECK_INT(commitment_timeliness_now(&row, at("2026-03-13T12:00:00.001Z")), TIMELINESS_MISSED);
}

/* Asked as of an earlier instant, a later drop is not known to the clock. */
TEST(timeliness_as_of_before_the_drop) {
    struct commitment row = row_with(at("2026-03-10T10:00:00.000Z"));
    CHECK_INT(commitment_timeliness(&row, row.completed_at - 1), TIMELINESS_PENDING);
    CHECK_INT(commitment_timeliness(&row, row.completed_at), TIMELINESS_ON_TIME);
}

TEST(timeliness_recovered_only_after_a_miss) {
    struct commitment row = row_with(NONE);
    CHECK_INT(commitment_recovered_at(&row), NONE);
    row.completed_at = row.missed_after;
    CHECK_INT(commitment_recovered_at(&row), NONE);
    row.completed_at = row.missed_after + 1;
    CHECK_INT(commitment_recovered_at(&row), row.missed_after + 1);
}

TEST(timeliness_without_grace) {
    struct commitment row = row_with(NONE);
    row.missed_after = row.late_after;
    CHECK_INT(commitment_timeliness(&row, row.late_after), TIMELINESS_PENDING);
    CHECK_INT(commitment_timeliness(&row, row.late_after + 1), TIMELINESS_MISSED);
}

struct sweep_case {
    const char *completed; /* NULL: nothing handed over */
    int64_t swept;
    const char *next; /* NULL: never */
};

TEST(timeliness_sweep_looks_next) {
    static const struct sweep_case CASES[] = {
        {NULL, SWEPT_NONE, "2026-03-10T12:10:00.001Z"},
        {NULL, SWEPT_LATE, "2026-03-11T12:00:00.001Z"},
        {NULL, SWEPT_MISSED, NULL},
        {"2026-03-10T10:00:00.000Z", SWEPT_NONE, NULL},
        {"2026-03-10T07:00:00.000Z", SWEPT_EARLY, NULL},
        {"2026-03-10T13:00:00.000Z", SWEPT_LATE, NULL},
        {"2026-03-14T00:00:00.000Z", SWEPT_MISSED, NULL},
        {"2026-03-10T07:00:00.000Z", SWEPT_NONE, "2026-03-15T00:00:00.000Z"},
        {"2026-03-10T10:00:00.000Z", SWEPT_LATE, "2026-03-15T00:00:00.000Z"},
        {"2026-03-10T10:00:00.000Z", SWEPT_MISSED, "2026-03-15T00:00:00.000Z"},
        {"2026-03-10T13:00:00.000Z", SWEPT_NONE, "2026-03-15T00:00:00.000Z"},
        {"2026-03-14T00:00:00.000Z", SWEPT_LATE, "2026-03-15T00:00:00.000Z"},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct commitment row = row_with(CASES[i].completed ? at(CASES[i].completed) : NONE);
        if (CASES[i].completed) row.received_at = at("2026-03-15T00:00:00.000Z");
        row.swept = CASES[i].swept;
        CHECK_INT(commitment_sweep_at(&row), CASES[i].next ? at(CASES[i].next) : NONE);
        row.excluded = EXCLUDED_SKIPPED;
        bool stands = CASES[i].swept != SWEPT_NONE; /* excluded afterwards: it has to be made void */
        CHECK_INT(commitment_sweep_at(&row), stands ? row.late_after + 1 : NONE);
    }
}

/* Whatever was swept before, a sweep at the instant asked for finds the class that must stand, and
 * asks for an ever later instant until it is done. */
TEST(timeliness_sweep_comes_to_an_end) {
    struct commitment row = row_with(NONE);
    int64_t last = NONE, rounds = 0;
    for (int64_t next = commitment_sweep_at(&row); next != NONE; next = commitment_sweep_at(&row)) {
        CHECK(next > last);
        last = next;
        row.swept = commitment_standing(commitment_timeliness(&row, next));
        rounds++;
    }
    CHECK_INT(rounds, 2);
    CHECK_INT(row.swept, SWEPT_MISSED);
}

TEST(timeliness_standing_discrepancy) {
    CHECK_INT(commitment_standing(TIMELINESS_PENDING), SWEPT_NONE);
    CHECK_INT(commitment_standing(TIMELINESS_EARLY), SWEPT_EARLY);
    CHECK_INT(commitment_standing(TIMELINESS_ON_TIME), SWEPT_NONE);
    CHECK_INT(commitment_standing(TIMELINESS_LATE), SWEPT_LATE);
    CHECK_INT(commitment_standing(TIMELINESS_MISSED), SWEPT_MISSED);
}

TEST(timeliness_completed_at_is_the_device_time_when_possible) {
    CHECK_INT(completed_at(1500, 2000, 1000), 1500);
    CHECK_INT(completed_at(2000, 2000, 1000), 2000);
    CHECK_INT(completed_at(2001, 2000, 1000), 2000);
    CHECK_INT(completed_at(1000, 2000, 1000), 1000);
    CHECK_INT(completed_at(999, 2000, 1000), 2000);
}
