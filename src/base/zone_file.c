/* libical 3.0.16 was the plan. Asked for every zone and 2000–2170 it is wrong for 33: it shifts past
 * changes (Tehran 2018, Fiji 2017, Jerusalem 2013) and turns rules after 2037 into others (Lord Howe,
 * Santiago, St John's, Cairo). So the data are read here, as RFC 9636 describes them. */
#include "base/zone_file.h"
#include "base/date.h"
#include "base/err.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIRECTORY "/usr/share/zoneinfo/"
#define FILE_MAX 65536 /* the largest is below 4 KiB */
#define NAME_MAX_BYTES 64
#define HEADER_SIZE 44
#define SINCE_EVER (INT64_MIN / 4) /* an offset can still be added */
#define DAY_S INT64_C(86400)

/* ---- a cursor that never leaves the bytes ---- */

struct cursor {
    const uint8_t *at, *end;
    bool failed;
};

static const uint8_t *take(struct cursor *cursor, size_t n) {
    static const uint8_t NOTHING[8] = {0};
    if (n > (size_t)(cursor->end - cursor->at)) {
        cursor->failed = true;
        return n <= sizeof NOTHING ? NOTHING : NULL;
    }
    cursor->at += n;
    return cursor->at - n;
}

static int64_t take_signed(struct cursor *cursor, size_t n) {
    const uint8_t *bytes = take(cursor, n);
    uint64_t value = bytes[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | bytes[i];
    return (int64_t)value;
}

/* ---- the footer: a POSIX TZ rule for all years after the last change ---- */

struct rule_day {
    char form; /* 'M' month.week.weekday, 'J' day 1–365 without 29 Feb, '0' day 0–365 */
    int64_t month, week, day;
    int64_t time_s; /* local time of the change, may be before or after its day */
};

struct rule {
    int64_t standard_s, summer_s;
    bool has_summer;
    struct rule_day start, end; /* of summer time */
};

static bool next_is(struct cursor *cursor, char c) {
    if (cursor->at >= cursor->end || *cursor->at != (uint8_t)c) return false;
    cursor->at++;
    return true;
}

static int64_t take_number(struct cursor *cursor) {
    int64_t value = 0;
    const uint8_t *first = cursor->at;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9' && cursor->at - first < 4)
        value = value * 10 + (*cursor->at++ - '0');
    if (cursor->at == first) cursor->failed = true;
    return value;
}

/* [+-]hh[:mm[:ss]] */
static int64_t take_hours(struct cursor *cursor) {
    bool minus = next_is(cursor, '-');
    if (!minus) (void)next_is(cursor, '+');
    int64_t seconds = take_number(cursor) * 3600;
    if (next_is(cursor, ':')) seconds += take_number(cursor) * 60;
    if (next_is(cursor, ':')) seconds += take_number(cursor);
    return minus ? -seconds : seconds;
}

/* "AEST" or "<+1030>"; the letters themselves are of no use here. */
static void skip_abbreviation(struct cursor *cursor) {
    bool quoted = next_is(cursor, '<');
    const uint8_t *first = cursor->at;
    while (cursor->at < cursor->end &&
           (quoted ? *cursor->at != '>' : *cursor->at >= 'A' && *cursor->at <= 'z'))
        cursor->at++;
    if (cursor->at == first || (quoted && !next_is(cursor, '>'))) cursor->failed = true;
}

static struct rule_day take_day(struct cursor *cursor) {
    struct rule_day day = {.form = '0', .time_s = 2 * 3600};
    if (!next_is(cursor, ',')) cursor->failed = true;
    if (next_is(cursor, 'M')) {
        day.form = 'M';
        day.month = take_number(cursor);
        if (!next_is(cursor, '.')) cursor->failed = true;
        day.week = take_number(cursor);
        if (!next_is(cursor, '.')) cursor->failed = true;
    } else if (next_is(cursor, 'J')) {
        day.form = 'J';
    }
    day.day = take_number(cursor);
    if (next_is(cursor, '/')) day.time_s = take_hours(cursor);
    if (day.form == 'M' && (day.month < 1 || day.month > 12 || day.week < 1 || day.week > 5 || day.day > 6))
        cursor->failed = true;
    return day;
}

static struct rule take_rule(struct cursor *cursor) {
    struct rule rule = {0};
    skip_abbreviation(cursor);
    rule.standard_s = -take_hours(cursor); /* POSIX counts westwards */
    rule.has_summer = cursor->at < cursor->end;
    if (!rule.has_summer) return rule;
    skip_abbreviation(cursor);
    rule.summer_s = rule.standard_s + 3600;
    if (cursor->at < cursor->end && *cursor->at != ',') rule.summer_s = -take_hours(cursor);
    rule.start = take_day(cursor);
    rule.end = take_day(cursor);
    if (cursor->at != cursor->end) cursor->failed = true;
    return rule;
}

static int64_t month_week_day(int year, const struct rule_day *day) {
    int64_t first = date_of(year, (int)day->month, 1);
    int64_t date = first + (day->day - date_weekday(first) + 7) % 7 + (day->week - 1) * 7;
    return date < first + date_days_in_month(year, (int)day->month) ? date : date - 7; /* 5: the last */
}

/* Local wall-clock seconds at which the rule's day comes in that year. */
static int64_t rule_local_s(int year, const struct rule_day *day) {
    bool leap = date_days_in_month(year, 2) == 29;
    int64_t date = date_of(year, 1, 1) + day->day;
    if (day->form == 'J') date -= !(leap && day->day > 59);
    if (day->form == 'M') date = month_week_day(year, day);
    return date * DAY_S + day->time_s;
}

/* ---- the table ---- */

static void add_change(struct zone_table *table, int64_t at, int64_t offset_s) {
    if (table->n > 0 && table->change[table->n - 1].offset_s == offset_s) return;
    if (table->n > 0 && table->change[table->n - 1].at >= at) table->n--;
    table->change[table->n++] = (struct zone_change){at, offset_s};
}

static void add_rule_years(struct zone_table *table, const struct rule *rule, int64_t since) {
    if (!rule->has_summer || since >= date_of(ZONE_YEAR_LAST + 1, 1, 1) * DAY_S) return;
    int year, month, day;
    date_split(since / DAY_S - 1, &year, &month, &day);
    for (; year <= ZONE_YEAR_LAST; year++) {
        struct zone_change on = {rule_local_s(year, &rule->start) - rule->standard_s, rule->summer_s};
        struct zone_change off = {rule_local_s(year, &rule->end) - rule->summer_s, rule->standard_s};
        const struct zone_change *first = on.at < off.at ? &on : &off, *second = first == &on ? &off : &on;
        if (first->at > since) add_change(table, first->at, first->offset_s);
        if (second->at > since) add_change(table, second->at, second->offset_s);
    }
}

struct counts {
    size_t utc, standard, leap, time, type, text;
};

static struct counts take_header(struct cursor *cursor) {
    const uint8_t *magic = take(cursor, 5);
    if (memcmp(magic, "TZif", 4) != 0 || magic[4] < '2') cursor->failed = true;
    if (!take(cursor, 15)) cursor->failed = true;
    size_t count[6];
    for (size_t i = 0; i < COUNT(count); i++) {
        count[i] = (size_t)take_signed(cursor, 4);
        if (count[i] > FILE_MAX) count[i] = 0, cursor->failed = true;
    }
    return (struct counts){count[0], count[1], count[2], count[3], count[4], count[5]};
}

static void skip_rest(struct cursor *cursor, const struct counts *n, size_t time_size) {
    size_t size = n->text + n->leap * (time_size + 4) + n->standard + n->utc;
    if (!take(cursor, size)) cursor->failed = true;
}

static void skip_version_1(struct cursor *cursor) {
    struct counts n = take_header(cursor);
    if (!take(cursor, n.time * 5 + n.type * 6)) cursor->failed = true;
    skip_rest(cursor, &n, 4);
}

/* Times, then the type of each, then the types: the first type holds before the first time. */
static int64_t take_changes(struct cursor *cursor, const struct counts *n, struct zone_table *table) {
    struct cursor time = {take(cursor, n->time * 8), cursor->at, false};
    const uint8_t *type_of = take(cursor, n->time), *type = take(cursor, n->type * 6);
    if (cursor->failed || n->type == 0 || n->leap > 0) return cursor->failed = true, 0;
    int64_t at = SINCE_EVER;
    for (size_t i = 0; i <= n->time; i++) {
        size_t index = i > 0 ? type_of[i - 1] : 0;
        int64_t next = i > 0 ? take_signed(&time, 8) : SINCE_EVER;
        if (index >= n->type || next < at || next > INT64_MAX / 4) return cursor->failed = true, 0;
        at = next;
        struct cursor offset = {type + index * 6, type + index * 6 + 4, false};
        add_change(table, at, take_signed(&offset, 4));
    }
    return at;
}

static bool take_footer(struct cursor *cursor, struct zone_table *table, int64_t last_at) {
    if (!next_is(cursor, '\n') || cursor->at >= cursor->end || cursor->end[-1] != '\n') return false;
    cursor->end--;
    if (cursor->at == cursor->end) return true; /* no rule: the last offset stays */
    struct rule rule = take_rule(cursor);
    if (cursor->failed) return false;
    int64_t since = last_at > DATE_MIN * DAY_S ? last_at : DATE_MIN * DAY_S;
    add_rule_years(table, &rule, since);
    return true;
}

struct zone_table *zone_file_parse(const uint8_t *bytes, size_t size) {
    struct cursor cursor = {bytes, bytes + size, false};
    skip_version_1(&cursor);
    struct counts n = take_header(&cursor);
    if (cursor.failed) return NULL;
    size_t most = 1 + n.time + 2 * (size_t)(ZONE_YEAR_LAST - 1890);
    struct zone_table *table = calloc(1, sizeof *table + most * sizeof table->change[0]);
    if (!table) return NULL;
    int64_t last_at = take_changes(&cursor, &n, table);
    skip_rest(&cursor, &n, 8);
    if (!cursor.failed && take_footer(&cursor, table, last_at)) return table;
    free(table);
    return NULL;
}

/* A name of ours to the file system: no dots, so that it cannot leave the directory; and none of
 * the copies with leap seconds or of this machine's own zone. */
static bool is_plain_name(const char *name) {
    static const char *const NOT_ZONES[] = {"posix/", "right/", "localtime", "posixrules", "Factory"};
    size_t n = strlen(name);
    if (n == 0 || n > NAME_MAX_BYTES || name[0] == '/' || name[n - 1] == '/') return false;
    for (size_t i = 0; i < COUNT(NOT_ZONES); i++)
        if (strncmp(name, NOT_ZONES[i], strlen(NOT_ZONES[i])) == 0) return false;
    return name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/")] == 0;
}

struct zone_table *zone_file_read(const char *name) {
    char path[sizeof DIRECTORY + NAME_MAX_BYTES];
    if (!is_plain_name(name)) return NULL;
    snprintf(path, sizeof path, "%s%s", DIRECTORY, name);
    FILE *file = fopen(path, "rbe");
    if (!file) return NULL;
    uint8_t *bytes = malloc(FILE_MAX);
    size_t n = bytes ? fread(bytes, 1, FILE_MAX, file) : 0;
    fclose(file);
    struct zone_table *table = zone_file_parse(bytes, n);
    free(bytes);
    return table;
}
