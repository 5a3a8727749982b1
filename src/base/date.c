#include "base/date.h"
#include "base/log.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define YEAR_MAX 9999
#define FIRST_DATE INT64_C(-719528) /* 0000-01-01 */
#define LAST_DATE INT64_C(2932896)  /* 9999-12-31 */

static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

static bool is_leap(int year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int date_days_in_month(int year, int month) {
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    REQUIRE(month >= 1 && month <= 12);
    return DAYS[month - 1] + (month == 2 && is_leap(year));
}

/* Counted in years that begin in March, so that the leap day is a year's last: the day of such a
 * year at which a month begins is (153 m + 2) / 5. */
int64_t date_of(int year, int month, int day) {
    if (year < 0 || year > YEAR_MAX || month < 1 || month > 12) return NONE;
    if (day < 1 || day > date_days_in_month(year, month)) return NONE;
    int64_t y = year - (month <= 2);
    int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    return y * 365 + floor_div(y, 4) - floor_div(y, 100) + floor_div(y, 400) + day_of_year - 719468;
}

void date_split(int64_t date, int *year, int *month, int *day) {
    REQUIRE(date >= FIRST_DATE && date <= LAST_DATE);
    int64_t days = date + 719468; /* since 0000-03-01 */
    int64_t era = floor_div(days, 146097);
    int64_t day_of_era = days - era * 146097;
    int64_t y = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(y + era * 400 + (*month <= 2));
}

int date_weekday(int64_t date) {
    REQUIRE(date >= FIRST_DATE && date <= LAST_DATE);
    return (int)((date + 3 + INT64_C(7) * 200000) % 7) + 1; /* 1970-01-01 was a Thursday */
}

int64_t date_add_months(int64_t anchor, int64_t n) {
    int year, month, day;
    date_split(anchor, &year, &month, &day);
    if (n < -12 * (YEAR_MAX + 1) || n > 12 * (YEAR_MAX + 1)) return NONE;
    int64_t months = year * INT64_C(12) + month - 1 + n;
    if (months < 0 || months >= 12 * (YEAR_MAX + 1)) return NONE;
    year = (int)(months / 12);
    month = (int)(months % 12) + 1;
    int last = date_days_in_month(year, month);
    return date_of(year, month, day < last ? day : last);
}

/* ---- reading: each reader moves the cursor, or sets it to NULL for good ---- */

static int read_digits(const char **at, int least, int most) {
    int n = 0, value = 0;
    if (!*at) return 0;
    while (n < most && **at >= '0' && **at <= '9') {
        value = value * 10 + (*(*at)++ - '0');
        n++;
    }
    if (n < least) *at = NULL;
    return value;
}

static bool read_char(const char **at, const char *any_of) {
    bool found = *at && **at && strchr(any_of, **at);
    *at = found ? *at + 1 : NULL;
    return found;
}

static int64_t read_date(const char **at) {
    int year = read_digits(at, 4, 4);
    read_char(at, "-");
    int month = read_digits(at, 2, 2);
    read_char(at, "-");
    int day = read_digits(at, 2, 2);
    return *at ? date_of(year, month, day) : NONE;
}

static int64_t read_minutes(const char **at) {
    int hour = read_digits(at, 2, 2);
    read_char(at, ":");
    int minute = read_digits(at, 2, 2);
    return *at && hour <= 24 && minute <= 59 ? hour * 60 + minute : NONE;
}

int64_t date_parse(const char *text) {
    int64_t date = read_date(&text);
    return text && !*text ? date : NONE;
}

/* By hand, here and below: an answer has a dozen of them. Gives where the next goes. */
static char *put_digits(char *at, unsigned value, int digits, char behind) {
    for (int i = digits; i-- > 0; value /= 10)
        at[i] = (char)('0' + value % 10);
    at[digits] = behind;
    return at + digits + 1;
}

static char *put_date(char *at, int64_t date, char behind) {
    int year, month, day;
    date_split(date, &year, &month, &day);
    at = put_digits(at, (unsigned)year, 4, '-');
    at = put_digits(at, (unsigned)month, 2, '-');
    return put_digits(at, (unsigned)day, 2, behind);
}

const char *date_format(int64_t date, char text[DATE_TEXT_SIZE]) {
    put_date(text, date, 0);
    return text;
}

int64_t time_parse(const char *text) {
    int64_t minutes = read_minutes(&text);
    return text && !*text && minutes <= 24 * 60 ? minutes : NONE;
}

const char *time_format(int64_t minutes, char text[TIME_TEXT_SIZE]) {
    REQUIRE(minutes >= 0 && minutes <= 24 * 60);
    snprintf(text, TIME_TEXT_SIZE, "%02u:%02u", (unsigned)(minutes / 60) % 100, (unsigned)(minutes % 60));
    return text;
}

/* ".25" → 250; nothing → 0. */
static int64_t read_fraction_ms(const char **at) {
    int64_t ms = 0, weight = 100;
    if (!*at || **at != '.') return 0;
    const char *first = ++*at;
    read_digits(at, 1, 9);
    for (const char *digit = first; *at && digit < *at; digit++, weight /= 10)
        ms += (*digit - '0') * weight;
    return ms;
}

static int64_t read_offset_minutes(const char **at) {
    char sign = *at ? **at : 0;
    if (!read_char(at, "Zz+-") || sign == 'Z' || sign == 'z') return 0;
    int64_t minutes = read_minutes(at);
    if (minutes == NONE || minutes >= 24 * 60) return *at = NULL, 0;
    return sign == '-' ? -minutes : minutes;
}

int64_t instant_parse(const char *text) {
    int64_t date = read_date(&text);
    read_char(&text, "Tt");
    int64_t minutes = read_minutes(&text);
    read_char(&text, ":");
    int second = read_digits(&text, 2, 2);
    int64_t ms = read_fraction_ms(&text);
    int64_t offset = read_offset_minutes(&text);
    if (!text || *text || date == NONE || minutes == NONE || minutes >= 24 * 60 || second > 59) return NONE;
    int64_t instant = date * DAY_MS + (minutes - offset) * MINUTE_MS + second * 1000 + ms;
    return instant >= FIRST_DATE * DAY_MS && instant < (LAST_DATE + 1) * DAY_MS ? instant : NONE;
}

const char *instant_format(int64_t instant, char text[INSTANT_TEXT_SIZE]) {
    int64_t date = floor_div(instant, DAY_MS);
    unsigned ms = (unsigned)(instant - date * DAY_MS);
    char *at = put_date(text, date, 'T');
    at = put_digits(at, ms / 3600000, 2, ':');
    at = put_digits(at, ms / 60000 % 60, 2, ':');
    at = put_digits(at, ms / 1000 % 60, 2, '.');
    at = put_digits(at, ms % 1000, 3, 'Z');
    *at = 0;
    return text;
}

/* ---- dates by a pattern ---- */

struct civil {
    int year, month, day; /* 0: not read yet; year -1 */
};

static int read_month_name(const char **at) {
    static const char *const MONTH[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    for (int i = 0; i < 12; i++) {
        size_t n = strlen(MONTH[i]);
        if (strncasecmp(*at, MONTH[i], n) != 0) n = 3;
        if (strncasecmp(*at, MONTH[i], n) != 0) continue;
        *at += n;
        return i + 1;
    }
    *at = NULL;
    return 0;
}

static int read_short_year(const char **at) {
    int year = read_digits(at, 2, 2);
    return year + (year >= 69 ? 1900 : 2000);
}

static void read_conversion(const char **at, char conversion, struct civil *civil) {
    switch (conversion) {
    case 'd':
        civil->day = read_digits(at, 1, 2);
        break;
    case 'm':
        civil->month = read_digits(at, 1, 2);
        break;
    case 'y':
        civil->year = read_short_year(at);
        break;
    case 'Y':
        civil->year = read_digits(at, 4, 4);
        break;
    case 'b':
    case 'B':
        civil->month = read_month_name(at);
        break;
    default:
        *at = NULL;
    }
}

int64_t date_parse_as(const char *text, const char *pattern) {
    struct civil civil = {.year = -1};
    for (; text && *pattern; pattern++) {
        if (*pattern == '%')
            read_conversion(&text, *++pattern, &civil);
        else
            text = *text == *pattern ? text + 1 : NULL;
        if (!*pattern) return NONE;
    }
    return text && !*text ? date_of(civil.year, civil.month, civil.day) : NONE;
}
