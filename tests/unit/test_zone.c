#include "check.h"
#include "base/date.h"
#include "base/zone.h"
#include "base/zone_file.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define DAY_S INT64_C(86400)

static int64_t at(const char *instant) {
    int64_t parsed = instant_parse(instant);
    CHECK(parsed != NONE);
    return parsed;
}

static int64_t local(const char *zone, const char *date, const char *time, bool as_end) {
    return zone_instant(zone, date_parse(date), time_parse(time), as_end);
}

TEST(zone_names) {
    static const char *const KNOWN[] = {"Australia/Sydney", "Australia/Lord_Howe",      "UTC", "Etc/GMT+5",
                                        "US/Eastern",       "America/Argentina/Ushuaia"};
    static const char *const UNKNOWN[] = {
        "",
        "Nowhere/Land",
        "australia/sydney",
        "Australia",
        "Australia/",
        "/usr/share/zoneinfo/UTC",
        "../zoneinfo/UTC",
        "Australia/../UTC",
        "zone.tab",
        "tzdata.zi",
        "right/UTC",
        "posix/UTC",
        "localtime",
        "posixrules",
        "Factory",
        "Australia/Sydney ",
        "leapseconds",
        "Australia/Sydney/Harbour",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    for (size_t i = 0; i < COUNT(KNOWN); i++)
        if (!zone_known(KNOWN[i])) check_fail(__FILE__, __LINE__, "%s is unknown", KNOWN[i]);
    for (size_t i = 0; i < COUNT(UNKNOWN); i++)
        if (zone_known(UNKNOWN[i])) check_fail(__FILE__, __LINE__, "\"%s\" is known", UNKNOWN[i]);
    CHECK(!zone_known(NULL));
    CHECK_INT(zone_instant("Nowhere/Land", 0, 0, false), NONE);
    CHECK_INT(zone_date("Nowhere/Land", 0), NONE);
    CHECK_INT(zone_minutes("Nowhere/Land", 0), NONE);
    CHECK_INT(zone_date("UTC", NONE), NONE);
}

/* Sydney: 4 Oct 2026 02:00 → 03:00, 5 Apr 2026 03:00 → 02:00. */
TEST(zone_sydney_gap) {
    const char *zone = "Australia/Sydney";
    CHECK_INT(local(zone, "2026-10-04", "01:59", false), at("2026-10-03T15:59:00Z"));
    for (int as_end = 0; as_end < 2; as_end++) {
        CHECK_INT(local(zone, "2026-10-04", "02:00", as_end), at("2026-10-03T16:00:00Z"));
        CHECK_INT(local(zone, "2026-10-04", "02:30", as_end), at("2026-10-03T16:00:00Z"));
        CHECK_INT(local(zone, "2026-10-04", "02:59", as_end), at("2026-10-03T16:00:00Z"));
        CHECK_INT(local(zone, "2026-10-04", "03:00", as_end), at("2026-10-03T16:00:00Z"));
    }
    CHECK_INT(local(zone, "2026-10-04", "03:01", false), at("2026-10-03T16:01:00Z"));
    CHECK_INT(local(zone, "2026-10-04", "24:00", true) - local(zone, "2026-10-04", "00:00", false),
              23 * HOUR_MS);
}

TEST(zone_sydney_repeated) {
    const char *zone = "Australia/Sydney";
    CHECK_INT(local(zone, "2026-04-05", "01:59", true), at("2026-04-04T14:59:00Z"));
    CHECK_INT(local(zone, "2026-04-05", "02:00", false), at("2026-04-04T15:00:00Z"));
    CHECK_INT(local(zone, "2026-04-05", "02:00", true), at("2026-04-04T16:00:00Z"));
    CHECK_INT(local(zone, "2026-04-05", "02:59", false), at("2026-04-04T15:59:00Z"));
    CHECK_INT(local(zone, "2026-04-05", "02:59", true), at("2026-04-04T16:59:00Z"));
    CHECK_INT(local(zone, "2026-04-05", "03:00", false), at("2026-04-04T17:00:00Z"));
    CHECK_INT(local(zone, "2026-04-05", "03:00", true), at("2026-04-04T17:00:00Z"));
    CHECK_INT(local(zone, "2026-04-05", "24:00", true) - local(zone, "2026-04-05", "00:00", false),
              25 * HOUR_MS);
}

/* F24: the same window all year round, whatever UTC does. */
TEST(zone_window_keeps_its_wall_clock) {
    for (int64_t date = date_of(2026, 1, 1); date <= date_of(2027, 12, 31); date++) {
        int64_t start = zone_instant("Australia/Sydney", date, 8 * 60, false);
        int64_t end = zone_instant("Australia/Sydney", date, 24 * 60, true);
        CHECK_INT(zone_date("Australia/Sydney", start), date);
        CHECK_INT(zone_minutes("Australia/Sydney", start), 8 * 60);
        CHECK_INT(end - start, 16 * HOUR_MS);
        CHECK_INT(zone_date("Australia/Sydney", end), date + 1);
        CHECK_INT(zone_date("Australia/Sydney", end - 1), date);
    }
}

TEST(zone_perth) {
    CHECK_INT(local("Australia/Perth", "2026-01-15", "08:00", false), at("2026-01-15T00:00:00Z"));
    CHECK_INT(local("Australia/Perth", "2026-07-15", "08:00", true), at("2026-07-15T00:00:00Z"));
    /* Perth tried summer time: 3 Dec 2006 02:00 → 03:00, 25 Mar 2007 03:00 → 02:00. */
    CHECK_INT(local("Australia/Perth", "2006-12-03", "02:30", false), at("2006-12-02T18:00:00Z"));
    CHECK_INT(local("Australia/Perth", "2007-03-25", "02:30", false), at("2007-03-24T17:30:00Z"));
    CHECK_INT(local("Australia/Perth", "2007-03-25", "02:30", true), at("2007-03-24T18:30:00Z"));
}

/* Lord Howe moves by half an hour: 4 Oct 2026 02:00 → 02:30, 5 Apr 2026 02:00 → 01:30. */
TEST(zone_lord_howe) {
    const char *zone = "Australia/Lord_Howe";
    CHECK_INT(local(zone, "2026-10-04", "02:15", false), at("2026-10-03T15:30:00Z"));
    CHECK_INT(local(zone, "2026-10-04", "02:30", true), at("2026-10-03T15:30:00Z"));
    CHECK_INT(local(zone, "2026-04-05", "01:45", false), at("2026-04-04T14:45:00Z"));
    CHECK_INT(local(zone, "2026-04-05", "01:45", true), at("2026-04-04T15:15:00Z"));
    CHECK_INT(zone_minutes(zone, at("2060-07-01T00:00:00Z")), 10 * 60 + 30);
    CHECK_INT(zone_minutes(zone, at("2060-01-01T00:00:00Z")), 11 * 60);
}

TEST(zone_far_years) {
    CHECK_INT(local("Australia/Sydney", "2060-01-15", "08:00", false), at("2060-01-14T21:00:00Z"));
    CHECK_INT(local("Australia/Sydney", "2060-07-15", "08:00", false), at("2060-07-14T22:00:00Z"));
    CHECK_INT(local("Australia/Sydney", "2169-12-25", "08:00", false), at("2169-12-24T21:00:00Z"));
    CHECK_INT(local("Australia/Sydney", "2170-01-01", "08:00", false), at("2169-12-31T21:00:00Z"));
    CHECK_INT(local("America/Santiago", "2060-07-15", "08:00", false), at("2060-07-15T12:00:00Z"));
    CHECK_INT(local("Australia/Sydney", "1900-01-01", "10:00", false), at("1900-01-01T00:00:00Z"));
    CHECK_INT(local("Australia/Sydney", "1960-01-15", "08:00", false), at("1960-01-14T22:00:00Z"));
    CHECK_INT(zone_instant("UTC", date_of(9999, 12, 31), 1440, true), (date_of(9999, 12, 31) + 1) * DAY_MS);
}

/* Samoa had no 30 Dec 2011 at all. */
TEST(zone_skipped_day) {
    for (int64_t minutes = 0; minutes < 24 * 60; minutes += 60)
        CHECK_INT(zone_instant("Pacific/Apia", date_of(2011, 12, 30), minutes, false),
                  at("2011-12-30T10:00:00Z"));
    CHECK_INT(zone_date("Pacific/Apia", at("2011-12-30T09:59:59.999Z")), date_of(2011, 12, 29));
    CHECK_INT(zone_date("Pacific/Apia", at("2011-12-30T10:00:00Z")), date_of(2011, 12, 31));
}

TEST(zone_before_1970_rounds_down) {
    CHECK_INT(zone_date("UTC", -1), -1);
    CHECK_INT(zone_minutes("UTC", -1), 1439);
    CHECK_INT(zone_minutes("UTC", -60000), 1439);
    CHECK_INT(zone_minutes("UTC", -60001), 1438);
}

static void with_minutes_1441(void) {
    (void)zone_instant("UTC", 0, 1441, true);
}
static void with_no_date(void) {
    (void)zone_instant("UTC", NONE, 0, true);
}

TEST(zone_wrong_arguments) {
    CHECK_DIES(with_minutes_1441);
    CHECK_DIES(with_no_date);
}

/* ---- against the C library ---- */

static const char *const ZONES[] = {
    "Australia/Sydney",   "Australia/Perth",   "Australia/Lord_Howe", "Australia/Adelaide",
    "Australia/Brisbane", "America/New_York",  "America/St_Johns",    "America/Santiago",
    "America/Nuuk",       "America/Miquelon",  "Europe/London",       "Europe/Dublin",
    "Africa/Cairo",       "Africa/Casablanca", "Asia/Gaza",           "Asia/Tehran",
    "Asia/Kolkata",       "Asia/Kathmandu",    "Pacific/Apia",        "Pacific/Chatham",
    "Pacific/Norfolk",    "Pacific/Fiji",      "Antarctica/Troll",    "UTC"};

static uint64_t random_state;

static int64_t random_between(int64_t low, int64_t high) {
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return low + (int64_t)((random_state >> 11) % (uint64_t)(high - low));
}

static void compare_instant(const char *zone, int64_t second) {
    time_t t = (time_t)second;
    struct tm tm;
    localtime_r(&t, &tm);
    int64_t date = date_of(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    if (zone_date(zone, second * 1000) != date ||
        zone_minutes(zone, second * 1000) != tm.tm_hour * 60 + tm.tm_min)
        check_fail(__FILE__, __LINE__, "%s at %lld", zone, (long long)second);
}

/* mktime is asked for every reading of a local time that has two, and for none that has none. */
static void compare_local(const char *zone, int64_t date, int64_t minutes) {
    int64_t first = zone_instant(zone, date, minutes, false), last = zone_instant(zone, date, minutes, true);
    bool gap = zone_date(zone, first) * 1440 + zone_minutes(zone, first) != date * 1440 + minutes;
    bool found = false;
    for (int summer = 0; summer < 2 && !gap; summer++) {
        struct tm tm = {.tm_isdst = summer, .tm_min = (int)(minutes % 60), .tm_hour = (int)(minutes / 60)};
        date_split(date, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
        tm.tm_year -= 1900, tm.tm_mon -= 1;
        int64_t ms = (int64_t)mktime(&tm) * 1000;
        if (tm.tm_isdst == summer && (ms < first || ms > last))
            check_fail(__FILE__, __LINE__, "%s %lld %lld", zone, (long long)date, (long long)minutes);
        found |= ms == first;
    }
    if (!gap && !found)
        check_fail(__FILE__, __LINE__, "%s %lld %lld", zone, (long long)date, (long long)minutes);
}

TEST(zone_agrees_with_libc) {
    for (size_t i = 0; i < COUNT(ZONES); i++) {
        setenv("TZ", ZONES[i], 1);
        tzset();
        random_state = i;
        for (int n = 0; n < 1000; n++)
            compare_instant(ZONES[i], random_between(DATE_MIN * DAY_S, DATE_MAX * DAY_S));
        for (int n = 0; n < 300; n++)
            compare_local(ZONES[i], random_between(date_of(1975, 1, 1), date_of(2100, 1, 1)),
                          random_between(0, 1440));
    }
    setenv("TZ", "UTC", 1);
    tzset();
}

TEST(zone_agrees_with_libc_at_every_change) {
    for (size_t i = 0; i < COUNT(ZONES); i++) {
        struct zone_table *table = zone_file_read(ZONES[i]);
        CHECK(table != NULL);
        setenv("TZ", ZONES[i], 1);
        tzset();
        for (size_t n = 1; n < table->n; n++)
            for (int64_t off = -1; off <= 1; off++)
                if (table->change[n].at > DATE_MIN * DAY_S)
                    compare_instant(ZONES[i], table->change[n].at + off);
        free(table);
    }
    setenv("TZ", "UTC", 1);
    tzset();
}

/* ---- files ---- */

struct made { /* a file: version 1 without data, then one of version 2 */
    uint8_t at[400];
    size_t n;
};

static void put(struct made *made, const char *bytes, size_t n) {
    CHECK(made->n + n <= sizeof made->at);
    memcpy(made->at + made->n, bytes, n);
    made->n += n;
}

static void put_header(struct made *made, uint8_t times, uint8_t types) {
    char header[44] = "TZif2";
    header[35] = (char)times;
    header[39] = (char)types;
    header[43] = 4;
    put(made, header, sizeof header);
}

/* One change at second 1000 from +0 to +3600, and a footer. */
static struct made make_file(const char *footer) {
    struct made made = {.n = 0};
    put_header(&made, 0, 0);
    put(&made, "abc", 4);
    put_header(&made, 1, 2);
    put(&made, "\0\0\0\0\0\0\x03\xe8\x01", 9);
    put(&made, "\0\0\0\0\0\0\0\0\x0e\x10\1\0", 12);
    put(&made, "abc", 4);
    put(&made, footer, strlen(footer));
    return made;
}

static struct zone_table *parse_copy(const struct made *made, size_t n) {
    uint8_t *copy = malloc(n + 1); /* of exactly that size, so that reading on is seen */
    CHECK(copy != NULL);
    memcpy(copy + 1, made->at, n);
    struct zone_table *table = zone_file_parse(copy + 1, n);
    free(copy);
    return table;
}

TEST(zone_file_made_by_hand) {
    struct made made = make_file("\nXXX-1\n");
    struct zone_table *table = parse_copy(&made, made.n);
    CHECK(table != NULL);
    CHECK_INT(table->n, 2);
    CHECK_INT(table->change[0].offset_s, 0);
    CHECK_INT(table->change[1].at, 1000);
    CHECK_INT(table->change[1].offset_s, 3600);
    free(table);
}

/* Footers in all the forms of POSIX: the first change of 1971 is checked by hand. */
TEST(zone_file_footers) {
    static const struct {
        const char *footer;
        const char *first; /* of 1971 */
        int64_t offset_s;
    } CASE[] = {
        {"\nAAA0BBB,J60,J300\n", "1971-03-01T02:00:00Z", 3600},
        {"\nAAA0BBB,59,300/3\n", "1971-03-01T02:00:00Z", 3600},
        {"\n<+00>0<+02>-2,M3.5.0/1:30,M10.1.6/-1\n", "1971-03-28T01:30:00Z", 7200},
        {"\nAAA5BBB,M4.1.0/26,M10.1.0\n", "1971-04-05T07:00:00Z", -4 * 3600},
        {"\nAAA-10:30BBB-11,M10.1.0,M4.1.0\n", "1971-04-03T15:00:00Z", 10 * 3600 + 1800},
    };
    for (size_t i = 0; i < COUNT(CASE); i++) {
        struct made made = make_file(CASE[i].footer);
        struct zone_table *table = parse_copy(&made, made.n);
        CHECK(table != NULL);
        size_t n = 0;
        while (n < table->n && table->change[n].at < at("1971-01-01T00:00:00Z") / 1000)
            n++;
        CHECK(n < table->n);
        CHECK_INT(table->change[n].at * 1000, at(CASE[i].first));
        CHECK_INT(table->change[n].offset_s, CASE[i].offset_s);
        free(table);
    }
}

/* J counts no 29 February: J60 is 1 March in leap years, too; a plain 60 is not. */
TEST(zone_file_footers_in_leap_years) {
    struct made julian = make_file("\nAAA0BBB,J60,J300\n"), plain = make_file("\nAAA0BBB,60,300\n");
    struct zone_table *by_j = parse_copy(&julian, julian.n), *by_n = parse_copy(&plain, plain.n);
    CHECK(by_j && by_n);
    for (size_t i = 0; i + 1 < by_j->n && i + 1 < by_n->n; i++) {
        int year, month, day;
        if (by_j->change[i].offset_s != 3600 || by_j->change[i].at <= 1000) continue;
        date_split(by_j->change[i].at / DAY_S, &year, &month, &day);
        CHECK_INT(month * 100 + day, 301);
        date_split(by_n->change[i].at / DAY_S, &year, &month, &day);
        CHECK_INT(month * 100 + day, date_days_in_month(year, 2) == 29 ? 301 : 302);
    }
    free(by_j);
    free(by_n);
}

/* Instants of ours have no leap seconds, so a file that counts them would be seconds off. */
TEST(zone_file_with_leap_seconds) {
    struct made made = {.n = 0};
    put_header(&made, 0, 0);
    put(&made, "abc", 4);
    put_header(&made, 0, 1);
    made.at[made.n - 44 + 31] = 1;
    put(&made, "\0\0\0\0\0\0", 6);
    put(&made, "abc", 4);
    put(&made, "\0\0\0\0\x04\xb2\x58\0\0\0\0\1", 12);
    put(&made, "\nUTC0\n", 6);
    CHECK(parse_copy(&made, made.n) == NULL);
}

TEST(zone_file_refused) {
    static const char *const FOOTER[] = {"",
                                         "\n",
                                         "XXX-1\n",
                                         "\nXXX-1",
                                         "\nXXX\n",
                                         "\n5\n",
                                         "\n<XX5\n",
                                         "\nAAA0BBB\n",
                                         "\nAAA0BBB,M3.5.0\n",
                                         "\nAAA0BBB,M13.1.0,M4.1.0\n",
                                         "\nAAA0BBB,M3.6.0,M4.1.0\n",
                                         "\nAAA0BBB,M3.1.7,M4.1.0\n",
                                         "\nAAA0BBB,M3.1.0,M4.1.0x\n"};
    for (size_t i = 0; i < COUNT(FOOTER); i++) {
        struct made made = make_file(FOOTER[i]);
        struct zone_table *table = parse_copy(&made, made.n);
        if (table) check_fail(__FILE__, __LINE__, "footer %zu was taken", i);
    }
    struct made made = make_file("\nXXX-1\n");
    for (size_t n = 0; n < made.n; n++)
        CHECK(parse_copy(&made, n) == NULL);
}

/* No byte of a file, however wrong, makes the reader leave its bytes: the sanitizers watch. */
TEST(zone_file_damaged) {
    random_state = 7;
    for (int n = 0; n < 4000; n++) {
        struct made made = make_file("\nAAA0BBB,M3.5.0/1:30,M10.1.6/-1\n");
        for (int64_t i = random_between(1, 4); i > 0; i--)
            made.at[random_between(0, (int64_t)made.n)] = (uint8_t)random_between(0, 256);
        free(parse_copy(&made, made.n));
    }
}

/* ---- threads ---- */

static _Atomic int wrong;

static void *ask_all(void *unused) {
    for (int n = 0; n < 2000; n++) {
        const char *zone = ZONES[(size_t)n % COUNT(ZONES)];
        int64_t date = 18000 + n, instant = zone_instant(zone, date, 12 * 60, false);
        if (zone_date(zone, instant) != date || zone_minutes(zone, instant) != 12 * 60) wrong++;
        if (n % 100 == 0 && zone_known("Nowhere/Land")) wrong++;
    }
    return unused;
}

TEST(zone_threads) {
    pthread_t thread[4];
    wrong = 0;
    for (size_t i = 0; i < COUNT(thread); i++)
        CHECK(pthread_create(&thread[i], NULL, ask_all, NULL) == 0);
    for (size_t i = 0; i < COUNT(thread); i++)
        pthread_join(thread[i], NULL);
    CHECK_INT(wrong, 0);
}
