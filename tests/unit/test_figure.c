/* Sums: which commitments they are of, their bytes, and the table that groups are found in. */
#include "base/date.h"
#include "base/groups.h"
#include "check.h"
#include "domain/figure.h"
#include <string.h>

static struct kpi counts(void) {
    struct kpi kpi;
    int64_t *count = (int64_t *)&kpi;
    for (size_t i = 0; i < FIGURE_COUNTS; i++)
        count[i] = i % 3 == 0 ? 0 : (INT64_C(1) << i) - (int64_t)(i % 2);
    return kpi;
}

TEST(figure_bytes_are_read_as_they_were_written) {
    struct kpi kpi = counts(), again;
    uint8_t bytes[FIGURE_BYTES];
    kpi.perfect = -1; /* of an edited database */
    kpi.due = INT64_MAX;
    size_t n = figure_write(&kpi, bytes);
    CHECK(figure_read((struct blob){bytes, n}, &again));
    CHECK(memcmp(&kpi, &again, sizeof kpi) == 0);
}

TEST(figure_bytes_of_another_form_are_refused) {
    struct kpi kpi = counts(), again;
    uint8_t bytes[FIGURE_BYTES + 1] = {0};
    size_t n = figure_write(&kpi, bytes);
    for (size_t less = 0; less < n; less++)
        CHECK(!figure_read((struct blob){bytes, less}, &again));
    CHECK(!figure_read((struct blob){bytes, n + 1}, &again));
    memset(bytes, 0x80, sizeof bytes);
    CHECK(!figure_read((struct blob){bytes, sizeof bytes}, &again));
}

TEST(figure_of_a_day_comes_when_it_is_over_in_the_zone) {
    static const struct {
        const char *zone, *over_at;
    } ROWS[] = {
        {"Europe/Berlin", "2026-03-10T23:00:00Z"},
        {"Pacific/Auckland", "2026-03-10T11:00:00Z"},
        {"America/New_York", "2026-03-11T04:00:00Z"},    /* summer time is two days old */
        {"Atlantis/Poseidonis", "2026-03-11T12:00:00Z"}, /* the last place on earth is twelve hours behind */
    };
    int64_t day = date_parse("2026-03-10");
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        int64_t over_at = instant_parse(ROWS[i].over_at);
        CHECK_INT(figure_last_over(ROWS[i].zone, over_at - 1), day - 1);
        CHECK_INT(figure_last_over(ROWS[i].zone, over_at), day);
    }
}

TEST(figure_spans_have_their_ends) {
    int64_t day = date_parse("2028-02-17");
    CHECK_INT(figure_begins(FIGURE_DAY, day), day);
    CHECK_INT(figure_ends(FIGURE_DAY, day), day);
    CHECK_INT(figure_begins(FIGURE_MONTH, day), date_parse("2028-02-01"));
    CHECK_INT(figure_ends(FIGURE_MONTH, day), date_parse("2028-02-29"));
}

TEST(figure_is_settled_when_time_alone_changes_nothing) {
    struct commitment row = {
        .completed_at = NONE, .excluded = NONE, .missed_after = 1000, .known_from = 1000};
    CHECK(!figure_is_settled(&row));
    row.known_from = 1001;
    CHECK(figure_is_settled(&row));
    row.known_from = 0;
    row.completed_at = 500;
    CHECK(figure_is_settled(&row));
    row.completed_at = NONE;
    row.excluded = EXCLUDED_PAUSED;
    CHECK(figure_is_settled(&row));
}

TEST(groups_are_found_again_however_many_there_are) {
    struct entry {
        int64_t key, times;
    } * entry;
    struct groups groups = {.key = sizeof(int64_t), .record = sizeof(struct entry)};
    struct arena *arena = arena_create((size_t)1 << 20);
    int64_t missing = 5000;
    CHECK(arena);
    CHECK(!groups_find(&groups, &missing));
    for (int64_t i = 0; i < 10000; i++) {
        int64_t key = i * i % 5000;
        entry = groups_at(arena, &groups, &key);
        CHECK(entry && entry->key == key);
        entry->times++;
    }
    CHECK(!groups_find(&groups, &missing));
    int64_t times = 0;
    for (size_t i = 0; i < groups.slots; i++)
        if (groups.slot[i]) times += ((const struct entry *)groups.slot[i])->times;
    CHECK_INT(times, 10000);
    arena_destroy(&arena);
    struct groups none = {.key = sizeof(int64_t), .record = sizeof(struct entry)};
    arena = arena_create(16);
    CHECK(!groups_at(arena, &none, &missing));
    arena_destroy(&arena);
}
