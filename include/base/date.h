/* Civil dates as day numbers (days since 1970-01-01, proleptic Gregorian), minutes of a day, and
 * instants as milliseconds since 1970-01-01T00:00:00Z. All are int64_t; NONE is "not stated". */
#ifndef CANARY_BASE_DATE_H
#define CANARY_BASE_DATE_H

#include "base/value.h"

#define DATE_MIN (-25567) /* 1900-01-01: nothing we deliver is older */
#define DATE_MAX 73049    /* 2170-01-01 */
#define SECOND_MS INT64_C(1000)
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS INT64_C(3600000)
#define DAY_MS INT64_C(86400000)

#define DATE_TEXT_SIZE 11
#define TIME_TEXT_SIZE 6
#define INSTANT_TEXT_SIZE 25

int64_t date_of(int year, int month, int day); /* NONE when there is no such date */
void date_split(int64_t date, int *year, int *month, int *day);
int date_days_in_month(int year, int month);
int date_weekday(int64_t date); /* 1 = Monday … 7 = Sunday */
/* `n` whole months after the anchor, on the anchor's day clamped to the month's end: 31 Jan + 1 →
 * 28 or 29 Feb, + 2 → 31 Mar. n may be negative. */
int64_t date_add_months(int64_t anchor, int64_t n);

/* "2026-02-28". Parsers take exactly the documented form and answer NONE for anything else. */
int64_t date_parse(const char *text);
const char *date_format(int64_t date, char text[DATE_TEXT_SIZE]);
/* "08:00" … "24:00" → 480 … 1440. */
int64_t time_parse(const char *text);
const char *time_format(int64_t minutes, char text[TIME_TEXT_SIZE]);
/* RFC 3339 with Z or an offset, 0–9 fraction digits (cut to ms); no leap second. */
int64_t instant_parse(const char *text);
const char *instant_format(int64_t instant, char text[INSTANT_TEXT_SIZE]); /* "…T00:42:10.000Z" */
/* A date by a pattern of strptime conversions (%d %m %y %Y %b %B only, English month names; %y:
 * 69–99 → 19xx, 00–68 → 20xx): for spreadsheets. NONE when text does not match whole. */
int64_t date_parse_as(const char *text, const char *pattern);

#endif
