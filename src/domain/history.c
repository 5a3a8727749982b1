#include "domain/history.h"
#include "base/date.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/zone.h"
#include <stdarg.h>
#include <string.h>

#define COLUMN(...) FIELD(struct history_columns, K_TEXT, __VA_ARGS__)
static const struct field COLUMN_FIELDS[] = {
    COLUMN(ref, .flags = F_REQUIRED, .doc = "the line's own id", .example = "\"ID\""),
    COLUMN(order_ref, .doc = "the order it belonged to", .example = "\"Order\""),
    COLUMN(customer, .flags = F_REQUIRED, .doc = "name or code of the customer", .example = "\"Clinic\""),
    COLUMN(item, .doc = "what was ordered", .example = "\"Item\""),
    COLUMN(quantity, .doc = "how much was ordered", .example = "\"Quantity\""),
    COLUMN(promised, .flags = F_REQUIRED, .doc = "promised date", .example = "\"Promised\""),
    COLUMN(delivered, .flags = F_REQUIRED, .doc = "date of the delivery; empty: not delivered",
           .example = "\"Delivered\""),
    COLUMN(recorded, .doc = "date on which it was recorded", .example = "\"Recorded\""),
    COLUMN(window_from, .doc = "start of the promised window, HH:MM; 00:00 unless told",
           .example = "\"From\""),
    COLUMN(window_to, .doc = "its end, HH:MM; 24:00 unless told", .example = "\"To\""),
    COLUMN(delivered_time, .doc = "time of the delivery, HH:MM; 12:00 unless told", .example = "\"Time\""),
};
_Static_assert(COUNT(COLUMN_FIELDS) == HISTORY_COLUMNS, "a member for each column");
static const struct shape columns_shape = SHAPE("history_columns", struct history_columns, COLUMN_FIELDS);

#define DEPOT(...) FIELD(struct history_depot, K_TEXT, __VA_ARGS__)
static const struct field DEPOT_FIELDS[] = {
    DEPOT(code, .flags = F_REQUIRED, .max = LIMIT_CODE, .doc = "the depot; made when its code is not known",
          .example = "\"SYD\""),
    DEPOT(name, .doc = "its name; the code unless told", .example = "\"Sydney\""),
    DEPOT(timezone, .flags = F_REQUIRED, .max = 64, .doc = "IANA time zone in which the dates are read",
          .example = "\"Australia/Sydney\""),
};
static const struct shape depot_shape = SHAPE("history_depot", struct history_depot, DEPOT_FIELDS);

#define MAP(kind_, ...) FIELD(struct history_map, kind_, __VA_ARGS__)
static const struct field MAP_FIELDS[] = {
    MAP(K_TEXT, source, .flags = F_REQUIRED, .max = LIMIT_CODE, .doc = "the spreadsheet's own name",
        .example = "\"deliveries-2025\""),
    MAP(K_OBJ, depot, .flags = F_REQUIRED, .sub = &depot_shape, .doc = "where the deliveries came from"),
    MAP(K_OBJ, columns, .flags = F_REQUIRED, .sub = &columns_shape, .doc = "header names of the file"),
    MAP(K_TEXT, date_format, .max = LIMIT_CODE, .doc = "%d %m %y %Y %b %B; %Y-%m-%d unless told",
        .example = "\"%d-%b-%y\""),
};
const struct shape history_map_shape = SHAPE("history_map", struct history_map, MAP_FIELDS);

#define ROW(kind_, ...) FIELD(struct history_row, kind_, __VA_ARGS__)
static const struct field ROW_FIELDS[] = {
    ROW(K_ID, order_id),          ROW(K_TEXT, source),   ROW(K_TEXT, ref),
    ROW(K_TEXT, order_ref),       ROW(K_TEXT, item),     ROW(K_INT, quantity),
    ROW(K_DATE, recorded_on),     ROW(K_TEXT, customer), ROW(K_DATE, promised_on),
    ROW(K_TIME, from_min),        ROW(K_TIME, to_min),   ROW(K_DATE, delivered_on),
    ROW(K_INSTANT, completed_at),
};
const struct shape history_row_shape = SHAPE("history_row", struct history_row, ROW_FIELDS);

/* ---- the mapping file ---- */

const char *history_column_name(const struct history_map *map, enum history_column column) {
    const char *name;
    memcpy(&name, (const char *)map->columns + COLUMN_FIELDS[column].at, sizeof name);
    return name;
}

/* One column for two things is a slip that would make every delivery look on time. */
static void judge_columns(struct ctx *c, const struct history_map *map) {
    for (enum history_column i = 0; i < HISTORY_COLUMNS; i++)
        for (enum history_column k = 0; k < i; k++) {
            const char *name = history_column_name(map, i);
            if (!name || !text_equal(name, history_column_name(map, k))) continue;
            const char *pointer = arena_printf(c->arena, "/columns/%s", COLUMN_FIELDS[i].name);
            ctx_fault_item(c, pointer ? pointer : "/columns", "is the column of %s, too",
                           COLUMN_FIELDS[k].name);
        }
}

static const char ISO_FORMAT[] = "%Y-%m-%d";

/* A format is good when it reads a date, written by it, back: try one. */
static bool format_is_good(struct arena *arena, const char *format) {
    static const struct {
        char conversion;
        const char *word;
    } WORD[] = {{'d', "17"}, {'m', "11"}, {'b', "Nov"}, {'B', "November"}, {'y', "26"}, {'Y', "2026"}};
    struct text sample = text_in(arena);
    for (const char *at = format; *at; at++) {
        size_t i = 0;
        if (*at != '%') {
            text_char(&sample, *at);
            continue;
        }
        at++;
        while (i < COUNT(WORD) && WORD[i].conversion != *at)
            i++;
        if (i == COUNT(WORD)) return false;
        text_str(&sample, WORD[i].word);
    }
    return !sample.failed && date_parse_as(sample.at, format) == date_of(2026, 11, 17);
}

void history_map_judge(struct ctx *c, struct history_map *map) {
    if (!map->date_format) map->date_format = ISO_FORMAT;
    if (!zone_known(map->depot->timezone))
        ctx_fault_item(c, "/depot/timezone", "is no time zone that the system knows, such as Europe/Berlin");
    if (!format_is_good(c->arena, map->date_format))
        ctx_fault_item(c, "/date_format",
                       "must name day, month and year with %%d, %%m or %%b or %%B, %%y or %%Y, nothing else");
    judge_columns(c, map);
}

/* ---- one line ---- */

/* What reading a line needs to know. */
struct reading {
    struct ctx *c;
    const struct history_map *map;
    const char *const *cell;
    bool bad; /* a cell was not to be read */
};

__attribute__((format(printf, 3, 4))) static void refuse(struct reading *r, enum history_column column,
                                                         const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    const char *detail = arena_vprintf(r->c->arena, fmt, args);
    va_end(args);
    ctx_fault_item(r->c, history_column_name(r->map, column), "%s", detail ? detail : "cannot be read");
    r->bad = true;
}

/* The cell's text, NULL when it states nothing. */
static const char *stated(const struct reading *r, enum history_column column) {
    const char *cell = r->cell[column];
    return cell && *cell ? cell : NULL;
}

static bool has_control(const char *text) {
    for (; *text; text++)
        if (((unsigned char)*text < ' ' && *text != '\n' && *text != '\t') || *text == 0x7f) return true;
    return false;
}

static const char *read_text(struct reading *r, enum history_column column, bool needed, size_t max) {
    const char *text = stated(r, column);
    if (!text && needed) refuse(r, column, "is missing");
    if (!text) return NULL;
    if (strlen(text) > max) refuse(r, column, "is longer than %zu bytes", max);
    if (has_control(text)) refuse(r, column, "holds control characters");
    return text;
}

static int64_t read_quantity(struct reading *r) {
    const char *text = stated(r, HISTORY_QUANTITY);
    int64_t quantity = 0;
    if (!text) return NONE;
    for (const char *at = text; *at; at++) {
        bool digit = *at >= '0' && *at <= '9';
        if (digit) quantity = quantity * 10 + (*at - '0');
        if (digit && quantity <= LIMIT_UNITS) continue;
        refuse(r, HISTORY_QUANTITY, "must be a whole number from 0 to %d", LIMIT_UNITS);
        return NONE;
    }
    return quantity;
}

static int64_t read_date(struct reading *r, enum history_column column, bool needed) {
    const char *text = stated(r, column);
    if (!text && needed) refuse(r, column, "is missing");
    if (!text) return NONE;
    int64_t date = date_parse_as(text, r->map->date_format);
    if (date >= DATE_MIN && date <= DATE_MAX) return date;
    refuse(r, column, "is no date of the form %s", r->map->date_format);
    return NONE;
}

static int64_t read_time(struct reading *r, enum history_column column, int64_t usual) {
    const char *text = stated(r, column);
    int64_t minutes = text ? time_parse(text) : usual;
    if (minutes == NONE) refuse(r, column, "is no time of the form 08:00");
    return minutes;
}

/* Only the past can be brought in: the rest has a clock that runs. */
static void judge_window(struct reading *r, const struct history_row *row) {
    const char *zone = r->map->depot->timezone;
    enum history_column column = r->map->columns->window_to ? HISTORY_WINDOW_TO : HISTORY_PROMISED;
    int64_t starts_at = zone_instant(zone, row->promised_on, row->from_min, false);
    int64_t ends_at = zone_instant(zone, row->promised_on, row->to_min, true);
    if (row->to_min <= row->from_min || ends_at <= starts_at)
        refuse(r, column, "is not after the window's start");
    else if (row->delivered_on == NONE && ends_at > r->c->now)
        refuse(r, HISTORY_PROMISED, "is still ahead: only what is past can be brought in");
}

/* A time of day that has not come yet on the day of the import is an assumed one. */
static void judge_delivered(struct reading *r, struct history_row *row, int64_t minutes) {
    const char *zone = r->map->depot->timezone;
    if (row->delivered_on > zone_date(zone, r->c->now)) {
        refuse(r, HISTORY_DELIVERED, "is still ahead: only what is past can be brought in");
        return;
    }
    row->completed_at = zone_instant(zone, row->delivered_on, minutes, false);
    if (row->completed_at > r->c->now) row->completed_at = r->c->now;
}

#define NOON 720

enum err history_read(struct ctx *c, const struct history_map *map, const char *const cell[HISTORY_COLUMNS],
                      struct history_row *row_out) {
    struct reading r = {c, map, cell, false};
    struct history_row *row = row_out;
    shape_clear(&history_row_shape, row);
    row->source = map->source;
    row->ref = read_text(&r, HISTORY_REF, true, LIMIT_NAME);
    row->order_ref = read_text(&r, HISTORY_ORDER_REF, false, LIMIT_NAME);
    row->customer = read_text(&r, HISTORY_CUSTOMER, true, LIMIT_NAME);
    row->item = read_text(&r, HISTORY_ITEM, false, LIMIT_NOTE);
    row->quantity = read_quantity(&r);
    row->promised_on = read_date(&r, HISTORY_PROMISED, true);
    row->delivered_on = read_date(&r, HISTORY_DELIVERED, false);
    row->recorded_on = read_date(&r, HISTORY_RECORDED, false);
    row->from_min = read_time(&r, HISTORY_WINDOW_FROM, 0);
    row->to_min = read_time(&r, HISTORY_WINDOW_TO, 24 * 60);
    int64_t minutes = read_time(&r, HISTORY_DELIVERED_TIME, NOON);
    if (!r.bad) judge_window(&r, row);
    if (!r.bad && row->delivered_on != NONE) judge_delivered(&r, row, minutes);
    return ctx_faults(c);
}

const char *history_impossible(struct arena *arena, const struct history_row *row, int64_t today) {
    char recorded[DATE_TEXT_SIZE], delivered[DATE_TEXT_SIZE];
    if (row->recorded_on == NONE) return NULL;
    date_format(row->recorded_on, recorded);
    if (row->delivered_on != NONE && row->recorded_on < row->delivered_on)
        return arena_printf(arena, "recorded on %s, before it was delivered on %s: taken as it stands",
                            recorded, date_format(row->delivered_on, delivered));
    if (row->recorded_on > today)
        return arena_printf(arena, "recorded on %s, which is still ahead: taken as it stands", recorded);
    return NULL;
}

/* ---- against what is there ---- */

/* "-2", "-3" …: a further choice of the same code. */
static bool is_choice(const char *rest) {
    return !*rest || (*rest == '-' && rest[1] && strspn(rest + 1, "0123456789") == strlen(rest + 1));
}

static bool same_customer(struct arena *arena, const char *name, const char *code) {
    const char *first = history_customer_code(arena, name, 1);
    if (text_equal(name, code) || !first) return true;
    return strncmp(first, code, strlen(first)) == 0 && is_choice(code + strlen(first));
}

unsigned history_difference(struct arena *arena, const struct history_row *row,
                            const struct history_row *stored, const char *timezone) {
    const bool differs[HISTORY_COLUMNS] = {
        [HISTORY_ORDER_REF] = !text_equal(row->order_ref, stored->order_ref),
        [HISTORY_CUSTOMER] = !same_customer(arena, row->customer, stored->customer),
        [HISTORY_ITEM] = !text_equal(row->item, stored->item),
        [HISTORY_QUANTITY] = row->quantity != stored->quantity,
        [HISTORY_PROMISED] = row->promised_on != stored->promised_on,
        [HISTORY_DELIVERED] = row->delivered_on != zone_date(timezone, stored->completed_at),
        [HISTORY_RECORDED] = row->recorded_on != stored->recorded_on,
        [HISTORY_WINDOW_FROM] = row->from_min != stored->from_min,
        [HISTORY_WINDOW_TO] = row->to_min != stored->to_min,
    };
    unsigned bits = 0;
    for (unsigned i = 0; i < HISTORY_COLUMNS; i++)
        bits |= differs[i] ? 1u << i : 0;
    return bits;
}

static int64_t received(const char *timezone, const struct history_row *line, int64_t now) {
    if (line->recorded_on == NONE) return now;
    int64_t at = zone_instant(timezone, line->recorded_on, NOON, false);
    return at < now ? at : now;
}

/* A promise is made before its window, at the latest when that begins: nothing else is stated. */
void history_commit(struct commitment *row, const struct rules *rules, const char *timezone,
                    const struct history_row *line, int64_t now) {
    struct window window = window_in_zone(timezone, line->promised_on, line->from_min, line->to_min);
    commitment_begin(row, rules, timezone, line->promised_on);
    commitment_promise(row, rules, timezone, &window, PARTY_US, window.starts_at);
    row->kind = ORDER_HISTORY;
    row->stated = 0;
    row->fixed = line->completed_at == NONE;
    if (line->completed_at == NONE) return;
    row->completed_at = line->completed_at;
    row->handed_over = 1;
    row->received_at = received(timezone, line, now);
}

/* ---- customers ---- */

static char code_char(char c) {
    if (c >= 'a' && c <= 'z') return (char)(c - 'a' + 'A');
    return c >= '0' && c <= '9' ? c : '-';
}

#define CODE_ROOM (LIMIT_CODE - 6) /* "-99999" */

const char *history_customer_code(struct arena *arena, const char *name, int choice) {
    const char *folded = text_fold(arena, name);
    char code[CODE_ROOM + 1];
    size_t n = 0;
    if (!folded) return NULL;
    for (const char *at = folded; *at && n < CODE_ROOM; at++) {
        char c = code_char(*at);
        if (c != '-' || (n > 0 && code[n - 1] != '-')) code[n++] = c;
    }
    while (n > 0 && code[n - 1] == '-')
        n--;
    code[n] = 0;
    const char *base = n > 0 ? code : "CUSTOMER";
    return choice < 2 ? arena_strdup(arena, base) : arena_printf(arena, "%s-%d", base, choice);
}

bool history_same_name(struct arena *arena, const char *a, const char *b) {
    return text_equal(text_fold(arena, a), text_fold(arena, b));
}
