#include "check.h"
#include "base/date.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

TEST(date_agrees_with_libc_on_every_day) {
    for (int64_t date = DATE_MIN; date <= DATE_MAX; date++) {
        time_t t = (time_t)(date * 86400);
        struct tm tm;
        gmtime_r(&t, &tm);
        int year, month, day;
        date_split(date, &year, &month, &day);
        bool same = year == tm.tm_year + 1900 && month == tm.tm_mon + 1 && day == tm.tm_mday;
        if (!same || date_of(year, month, day) != date || date_weekday(date) != (tm.tm_wday + 6) % 7 + 1)
            check_fail(__FILE__, __LINE__, "day %lld", (long long)date);
    }
    CHECK_INT(DATE_MIN, date_of(1900, 1, 1));
    CHECK_INT(DATE_MAX, date_of(2170, 1, 1));
}

TEST(date_of_every_year_there_is) {
    int64_t next = date_of(0, 1, 1);
    for (int year = 0; year <= 9999; year++)
        for (int month = 1; month <= 12; month++) {
            int back_year, back_month, back_day, last = date_days_in_month(year, month);
            if (date_of(year, month, 1) != next) check_fail(__FILE__, __LINE__, "%d-%d", year, month);
            next += last;
            date_split(next - 1, &back_year, &back_month, &back_day);
            if (back_year != year || back_month != month || back_day != last)
                check_fail(__FILE__, __LINE__, "the end of %d-%d", year, month);
        }
}

TEST(date_of_no_date) {
    CHECK_INT(date_of(2025, 2, 29), NONE);
    CHECK_INT(date_of(2100, 2, 29), NONE);
    CHECK_INT(date_of(1900, 2, 29), NONE);
    CHECK(date_of(2000, 2, 29) != NONE && date_of(2024, 2, 29) != NONE);
    CHECK_INT(date_of(2025, 4, 31), NONE);
    CHECK_INT(date_of(2025, 0, 1), NONE);
    CHECK_INT(date_of(2025, 13, 1), NONE);
    CHECK_INT(date_of(2025, 1, 0), NONE);
    CHECK_INT(date_of(2025, 1, 32), NONE);
    CHECK_INT(date_of(-1, 1, 1), NONE);
    CHECK_INT(date_of(10000, 1, 1), NONE);
    CHECK_INT(date_of(1970, 1, 1), 0);
}

TEST(date_weekdays) {
    CHECK_INT(date_weekday(0), 4);
    CHECK_INT(date_weekday(date_of(2026, 3, 2)), 1);
    CHECK_INT(date_weekday(date_of(2026, 3, 1)), 7);
    CHECK_INT(date_weekday(-1), 3);
}

/* ---- months ---- */

TEST(date_months_are_clamped_from_the_anchor) {
    static const struct {
        const char *anchor;
        int64_t n;
        const char *to;
    } CASE[] = {
        {"2025-01-31", 0, "2025-01-31"},  {"2025-01-31", 1, "2025-02-28"},   {"2025-01-31", 2, "2025-03-31"},
        {"2025-01-31", 3, "2025-04-30"},  {"2024-01-31", 1, "2024-02-29"},   {"2025-01-31", 13, "2026-02-28"},
        {"2025-01-31", 37, "2028-02-29"}, {"2025-01-30", 1, "2025-02-28"},   {"2025-01-28", 1, "2025-02-28"},
        {"2024-02-29", 12, "2025-02-28"}, {"2024-02-29", 48, "2028-02-29"},  {"2096-02-29", 48, "2100-02-28"},
        {"1999-12-31", 2, "2000-02-29"},  {"2025-03-31", -1, "2025-02-28"},  {"2025-01-15", -1, "2024-12-15"},
        {"2025-01-31", -2, "2024-11-30"}, {"2025-01-31", -12, "2024-01-31"}, {"2025-12-31", 1, "2026-01-31"},
        {"2025-11-30", 3, "2026-02-28"},  {"2000-01-31", 1201, "2100-02-28"}};
    for (size_t i = 0; i < COUNT(CASE); i++) {
        char text[DATE_TEXT_SIZE];
        CHECK_STR(date_format(date_add_months(date_parse(CASE[i].anchor), CASE[i].n), text), CASE[i].to);
    }
}

/* From every anchor: months strictly ascend, none is left out, the day is the anchor's or the last. */
TEST(date_months_hold_for_every_anchor) {
    for (int64_t anchor = date_of(2023, 12, 1); anchor < date_of(2025, 3, 1); anchor++) {
        int first_year, first_month, anchor_day, year, month, day;
        date_split(anchor, &first_year, &first_month, &anchor_day);
        for (int n = -30; n <= 30; n++) {
            date_split(date_add_months(anchor, n), &year, &month, &day);
            int last = date_days_in_month(year, month);
            CHECK_INT(year * 12 + month, first_year * 12 + first_month + n);
            CHECK_INT(day, anchor_day < last ? anchor_day : last);
        }
    }
}

TEST(date_months_out_of_the_calendar) {
    CHECK_INT(date_add_months(0, INT64_MAX), NONE);
    CHECK_INT(date_add_months(0, INT64_MIN), NONE);
    CHECK_INT(date_add_months(date_of(9999, 12, 1), 1), NONE);
    CHECK_INT(date_add_months(date_of(0, 1, 1), -1), NONE);
    CHECK_INT(date_add_months(date_of(0, 1, 31), 119999), date_of(9999, 12, 31));
}

static void split_none(void) {
    int year, month, day;
    date_split(NONE, &year, &month, &day);
}
static void format_none(void) {
    char text[INSTANT_TEXT_SIZE];
    instant_format(NONE, text);
}
static void format_late_time(void) {
    char text[TIME_TEXT_SIZE];
    time_format(1441, text);
}

TEST(date_not_stated_is_not_formatted) {
    CHECK_DIES(split_none);
    CHECK_DIES(format_none);
    CHECK_DIES(format_late_time);
}

/* ---- texts ---- */

TEST(date_text_there_and_back) {
    char text[DATE_TEXT_SIZE];
    for (int64_t date = DATE_MIN; date <= DATE_MAX; date += 13)
        CHECK_INT(date_parse(date_format(date, text)), date);
    CHECK_STR(date_format(date_of(0, 1, 2), text), "0000-01-02");
    CHECK_STR(date_format(date_of(9999, 12, 31), text), "9999-12-31");
    CHECK_INT(date_parse("2026-02-28"), date_of(2026, 2, 28));
}

TEST(date_parse_refuses) {
    static const char *const BAD[] = {"",           "2026-02-29", "2026-2-28",  "2026-02-28 ", " 2026-02-28",
                                      "2026/02/28", "20260228",   "2026-02-2",  "2026-02-280", "2026-00-10",
                                      "2026-13-01", "2026-01-00", "26-01-01",   "12026-01-01", "-2026-01-01",
                                      "2026-01-+1", "2026-01-1 ", "2026-0x-01", "2026-02-28Z", "+026-01-01",
                                      "2026",       "2026-",      "2026-02-",   "2026-02-28T", "٢٠٢٦-٠١-٠١"};
    for (size_t i = 0; i < COUNT(BAD); i++)
        if (date_parse(BAD[i]) != NONE) check_fail(__FILE__, __LINE__, "\"%s\" is taken", BAD[i]);
    CHECK_INT(date_parse(NULL), NONE);
}

TEST(date_time_there_and_back) {
    char text[TIME_TEXT_SIZE];
    for (int64_t minutes = 0; minutes <= 1440; minutes++)
        CHECK_INT(time_parse(time_format(minutes, text)), minutes);
    CHECK_INT(time_parse("08:00"), 480);
    CHECK_INT(time_parse("24:00"), 1440);
    CHECK_STR(time_format(1440, text), "24:00");
}

TEST(date_time_refuses) {
    static const char *const BAD[] = {"",     "8:00", "08:60",  "24:01",  "25:00", "08.00", "08:00:00",
                                      "08:0", "0800", " 08:00", "08:00 ", "-8:00", "08:+1", "99:99"};
    for (size_t i = 0; i < COUNT(BAD); i++)
        if (time_parse(BAD[i]) != NONE) check_fail(__FILE__, __LINE__, "\"%s\" is taken", BAD[i]);
    CHECK_INT(time_parse(NULL), NONE);
}

TEST(date_instant_forms) {
    static const struct {
        const char *text;
        int64_t instant;
    } CASE[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:00.000Z", 0},
        {"2026-12-03T00:42:10.000Z", INT64_C(1796258530000)},
        {"2026-12-03T11:42:10+11:00", INT64_C(1796258530000)},
        {"2026-12-02T17:12:10-07:30", INT64_C(1796258530000)},
        {"2026-12-03t00:42:10z", INT64_C(1796258530000)},
        {"1970-01-01T00:00:00-00:00", 0},
        {"1970-01-01T00:00:00.1Z", 100},
        {"1970-01-01T00:00:00.12Z", 120},
        {"1970-01-01T00:00:00.123Z", 123},
        {"1970-01-01T00:00:00.123999999Z", 123},
        {"1970-01-01T00:00:00.0009Z", 0},
        {"1969-12-31T23:59:59.9999Z", -1},
        {"1985-04-12T23:20:50.52Z", INT64_C(482196050520)},        /* RFC 3339, section 5.8 */
        {"1996-12-19T16:39:57-08:00", INT64_C(851042397000)},      /* the same */
        {"1937-01-01T12:00:27.87+00:20", INT64_C(-1041337172130)}, /* the same */
        {"9999-12-31T23:59:59.999Z", INT64_C(253402300799999)},
    };
    for (size_t i = 0; i < COUNT(CASE); i++)
        CHECK_INT(instant_parse(CASE[i].text), CASE[i].instant);
}

TEST(date_instant_refuses) {
    static const char *const BAD[] = {"",
                                      "2026-12-03",
                                      "2026-12-03T00:42Z",
                                      "2026-12-03T00:42:10",
                                      "2026-12-03 00:42:10Z",
                                      "2026-12-03T00:42:60Z",
                                      "2026-12-03T00:60:00Z",
                                      "2026-12-03T24:00:00Z",
                                      "2026-12-03T00:42:10.Z",
                                      "2026-12-03T00:42:10.1234567890Z",
                                      "2026-12-03T00:42:10,5Z",
                                      "2026-12-03T00:42:10+1100",
                                      "2026-12-03T00:42:10+11",
                                      "2026-12-03T00:42:10+24:00",
                                      "2026-12-03T00:42:10+11:60",
                                      "2026-12-03T00:42:10Zz",
                                      "2026-12-03T00:42:10 Z",
                                      "2026-02-29T00:42:10Z",
                                      "2026-12-03T0:42:10Z",
                                      "2026-12-03T00:42:1Z",
                                      "0000-01-01T00:00:00+00:01",
                                      "9999-12-31T23:59:59-00:01",
                                      "2026-12-03T00:42:10+99:99",
                                      "2026-12-03T00:42:10-",
                                      "2026-12-03T00:42:10-x",
                                      "1990-12-31T23:59:60Z"};
    for (size_t i = 0; i < COUNT(BAD); i++)
        if (instant_parse(BAD[i]) != NONE) check_fail(__FILE__, __LINE__, "\"%s\" is taken", BAD[i]);
    CHECK_INT(instant_parse(NULL), NONE);
}

TEST(date_instant_agrees_with_timegm) {
    uint64_t state = 1;
    for (int i = 0; i < 20000; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        int64_t instant =
            DATE_MIN * DAY_MS + (int64_t)((state >> 11) % (uint64_t)((DATE_MAX - DATE_MIN) * DAY_MS));
        char text[INSTANT_TEXT_SIZE];
        struct tm tm = {0};
        CHECK_INT(instant_parse(instant_format(instant, text)), instant);
        CHECK(strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) != NULL);
        CHECK_INT((int64_t)timegm(&tm) * 1000 + atoi(text + 20), instant);
    }
}

/* ---- dates of spreadsheets ---- */

TEST(date_by_a_pattern) {
    static const struct {
        const char *text, *pattern, *date;
    } CASE[] = {{"2-Jun-06", "%d-%b-%y", "2006-06-02"},          {"02-JUN-06", "%d-%b-%y", "2006-06-02"},
                {"13-Nov-98", "%d-%b-%y", "1998-11-13"},         {"1-Jan-69", "%d-%b-%y", "1969-01-01"},
                {"1-Jan-68", "%d-%b-%y", "2068-01-01"},          {"1-Jan-00", "%d-%b-%y", "2000-01-01"},
                {"1-Jan-99", "%d-%b-%y", "1999-01-01"},          {"3/12/2026", "%d/%m/%Y", "2026-12-03"},
                {"12/3/2026", "%m/%d/%Y", "2026-12-03"},         {"20261203", "%Y%m%d", "2026-12-03"},
                {"December 3, 2026", "%B %d, %Y", "2026-12-03"}, {"May 3, 2026", "%B %d, %Y", "2026-05-03"},
                {"3 september 2026", "%d %b %Y", "2026-09-03"},  {"29.02.2024", "%d.%m.%Y", "2024-02-29"}};
    for (size_t i = 0; i < COUNT(CASE); i++)
        CHECK_INT(date_parse_as(CASE[i].text, CASE[i].pattern), date_parse(CASE[i].date));
}

TEST(date_by_a_pattern_refuses) {
    static const struct {
        const char *text, *pattern;
    } BAD[] = {{"2-Jun-06 ", "%d-%b-%y"}, {"2-Jun-2006", "%d-%b-%y"},
               {"2-Jun-6", "%d-%b-%y"},   {"29-Feb-25", "%d-%b-%y"},
               {"2-Xxx-06", "%d-%b-%y"},  {"2-Ju-06", "%d-%b-%y"},
               {"", "%d-%b-%y"},          {"Pre-PQ Process", "%d-%b-%y"},
               {"2-6", "%d-%m"},          {"2006", "%Y"},
               {"6-2006", "%m-%Y"},       {"2-Jun-06", ""},
               {"2-Jun-06", "%d-%b-%y%"}, {"2-Jun-06x", "%d-%b-%y"},
               {"2-6-2006", "%e-%m-%Y"},  {"1-1-206", "%d-%m-%Y"},
               {"1-1-02006", "%d-%m-%Y"}, {"-1-1-2006", "%d-%m-%Y"},
               {"0-1-2006", "%d-%m-%Y"},  {"1/1/2006", "%d-%m-%Y"},
               {"2-June-06", "%d-%b-%"}};
    for (size_t i = 0; i < COUNT(BAD); i++)
        if (date_parse_as(BAD[i].text, BAD[i].pattern) != NONE)
            check_fail(__FILE__, __LINE__, "\"%s\" is taken as %s", BAD[i].text, BAD[i].pattern);
    CHECK_INT(date_parse_as(NULL, "%d"), NONE);
}
