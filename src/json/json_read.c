/* One value of a kind without parts, from its text: what JSON, query parameters and CSV cells share. */
#include "base/date.h"
#include "base/id.h"
#include "base/log.h"
#include "json_doc.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef bool read_fn(struct json_read *read, const struct field *field, const char *text, size_t n, void *at);

static bool put_int(const struct field *field, int64_t value, void *at) {
    struct json_limits limits = json_limits(field);
    if (value == NONE || value < limits.min || value > limits.max) return false;
    *(int64_t *)at = value;
    return true;
}

static bool put_copy(struct json_read *read, const char *text, size_t n, void *at) {
    const char *copy = arena_memdup(read->c->arena, text, n);
    if (!copy) read->no_memory = true;
    *(const char **)at = copy;
    return true;
}

static bool put_scaled(const struct field *field, const char *text, size_t n, int scale, bool round,
                       void *at) {
    int64_t value;
    return json_number_scaled(text, n, scale, round, &value) && put_int(field, value, at);
}

static bool read_int(struct json_read *read, const struct field *field, const char *text, size_t n,
                     void *at) {
    (void)read;
    return put_scaled(field, text, n, 0, false, at);
}

static bool read_milli(struct json_read *read, const struct field *field, const char *text, size_t n,
                       void *at) {
    (void)read;
    return put_scaled(field, text, n, 3, false, at);
}

static bool read_deg(struct json_read *read, const struct field *field, const char *text, size_t n,
                     void *at) {
    (void)read;
    return put_scaled(field, text, n, 7, true, at);
}

static bool read_real(struct json_read *read, const struct field *field, const char *text, size_t n,
                      void *at) {
    (void)read;
    char number[JSON_NUMBER_MAX + 1];
    if (n > JSON_NUMBER_MAX) return false;
    memcpy(number, text, n);
    number[n] = 0;
    struct json_limits limits = json_limits(field);
    double value = strtod(number, NULL);
    if (value < (double)limits.min || value > (double)limits.max) return false;
    *(double *)at = value;
    return true;
}

static bool read_bool(struct json_read *read, const struct field *field, const char *text, size_t n,
                      void *at) {
    (void)read, (void)n;
    return put_int(field, strcmp(text, "true") == 0 ? 1 : strcmp(text, "false") == 0 ? 0 : NONE, at);
}

/* Line breaks and tabs are text; other control characters (C0, DEL, C1) are somebody's accident. */
static bool has_control(const char *text) {
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if ((*p < 0x20 && *p != '\n' && *p != '\t') || *p == 0x7f) return true;
        if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f) return true;
    }
    return false;
}

static bool read_text(struct json_read *read, const struct field *field, const char *text, size_t n,
                      void *at) {
    struct json_limits limits = json_limits(field);
    if ((int64_t)n < limits.min || (int64_t)n > limits.max) return false;
    if ((field->flags & F_REQUIRED) && strspn(text, " \t\n") == n) return false;
    if (!text_utf8_valid(text, n)) return false;
    if (!(field->flags & F_CONTROLS) && has_control(text)) return false;
    return put_copy(read, text, n, at);
}

static bool read_id(struct json_read *read, const struct field *field, const char *text, size_t n, void *at) {
    (void)read, (void)field, (void)n;
    struct id id;
    if (!id_parse(text, &id) || id_is_none(id)) return false;
    *(struct id *)at = id;
    return true;
}

static bool read_date(struct json_read *read, const struct field *field, const char *text, size_t n,
                      void *at) {
    (void)read, (void)n;
    return put_int(field, date_parse(text), at);
}

static bool read_instant(struct json_read *read, const struct field *field, const char *text, size_t n,
                         void *at) {
    (void)read, (void)n;
    return put_int(field, instant_parse(text), at);
}

static bool read_time(struct json_read *read, const struct field *field, const char *text, size_t n,
                      void *at) {
    (void)read, (void)n;
    return put_int(field, time_parse(text), at);
}

static bool read_enum(struct json_read *read, const struct field *field, const char *text, size_t n,
                      void *at) {
    (void)read, (void)n;
    int64_t value = names_value(field->names, text);
    if (value == NONE) return false;
    *(int64_t *)at = value;
    return true;
}

static bool read_hex(struct json_read *read, const struct field *field, const char *text, size_t n,
                     void *at) {
    struct json_limits limits = json_limits(field);
    if (n % 2 || (int64_t)n / 2 < limits.min || (int64_t)n / 2 > limits.max) return false;
    uint8_t *bytes = arena_alloc(read->c->arena, n / 2 + 1);
    if (!bytes) {
        read->no_memory = true;
        return true;
    }
    if (!text_unhex(text, bytes, n / 2)) return false;
    *(struct blob *)at = (struct blob){bytes, n / 2};
    return true;
}

static bool read_raw(struct json_read *read, const struct field *field, const char *text, size_t n,
                     void *at) {
    struct json_limits limits = json_limits(field);
    return (int64_t)n >= limits.min && (int64_t)n <= limits.max && put_copy(read, text, n, at);
}

static read_fn *const READ[] = {
    [K_INT] = read_int,   [K_BOOL] = read_bool,       [K_TEXT] = read_text, [K_ID] = read_id,
    [K_DATE] = read_date, [K_INSTANT] = read_instant, [K_TIME] = read_time, [K_MILLI] = read_milli,
    [K_DEG] = read_deg,   [K_ENUM] = read_enum,       [K_HEX] = read_hex,   [K_REAL] = read_real,
    [K_RAW] = read_raw,
};

bool json_read_scalar(struct json_read *read, const struct field *field, const char *text, size_t n,
                      void *at) {
    REQUIRE(field->kind < COUNT(READ) && READ[field->kind]);
    return READ[field->kind](read, field, text, n, at);
}

static bool is_number(enum kind kind) {
    return kind == K_INT || kind == K_MILLI || kind == K_DEG || kind == K_REAL;
}

bool json_read_word(struct ctx *c, const struct field *field, const char *text, const char *pointer,
                    void *record) {
    char *at = (char *)record + field->at;
    size_t n = text ? strlen(text) : 0;
    json_clear(field, at);
    if (!n && !(field->flags & F_REQUIRED)) return true;
    struct json_read read = {.c = c};
    bool fits = n && (!is_number(field->kind) || json_number_length(text, n) == n) &&
                json_read_scalar(&read, field, text, n, at);
    if (fits && !read.no_memory) return true;
    json_clear(field, at);
    json_fault(c, pointer, "%s%s", n ? "must be " : "is required: ", json_allowed(c->arena, field));
    return false;
}

void json_clear(const struct field *field, void *at) {
    switch (field->kind) {
    case K_TEXT:
    case K_RAW:
    case K_OBJ:
        *(const void **)at = NULL;
        break;
    case K_ID:
        *(struct id *)at = (struct id){{0}};
        break;
    case K_HEX:
        *(struct blob *)at = (struct blob){NULL, 0};
        break;
    case K_REAL:
        *(double *)at = (double)NAN;
        break;
    case K_LIST:
    case K_IDS:
    case K_TEXTS:
    case K_INTS:
        *(struct list *)at = (struct list){NULL, 0};
        break;
    default:
        *(int64_t *)at = NONE;
    }
}

enum bounds { WITHOUT, FROM_TO, SIZES };

static const struct {
    const char *what, *of; /* "a text of 1 to 40 " + "bytes …" */
    enum bounds bounds;
} ALLOWED[] = {
    [K_INT] = {"a whole number", "", FROM_TO},
    [K_BOOL] = {"true or false", "", WITHOUT},
    [K_TEXT] = {"a text", "bytes without control characters", SIZES},
    [K_ID] = {"a UUID", "", WITHOUT},
    [K_DATE] = {"a date (YYYY-MM-DD)", "", FROM_TO},
    [K_INSTANT] = {"an instant (YYYY-MM-DDTHH:MM:SSZ)", "", FROM_TO},
    [K_TIME] = {"a time (HH:MM)", "", FROM_TO},
    [K_MILLI] = {"a number with at most 3 decimals", "", FROM_TO},
    [K_DEG] = {"a number", "", FROM_TO},
    [K_ENUM] = {"one of: ", "", WITHOUT},
    [K_HEX] = {"the hexadecimal digits", "bytes", SIZES},
    [K_REAL] = {"a number", "", FROM_TO},
    [K_OBJ] = {"an object", "", WITHOUT},
    [K_LIST] = {"a list", "objects", SIZES},
    [K_IDS] = {"a list", "UUIDs", SIZES},
    [K_TEXTS] = {"a list", "texts", SIZES},
    [K_INTS] = {"a list", "whole numbers", SIZES},
    [K_RAW] = {"a JSON value", "bytes", SIZES},
};

static void allow_range(struct text *out, enum kind kind, struct json_limits limits) {
    struct field bound = {.kind = kind == K_REAL ? K_INT : kind};
    text_str(out, " from ");
    json_word(out, &bound, &limits.min);
    text_str(out, " to ");
    json_word(out, &bound, &limits.max);
}

static void allow_words(struct text *out, const struct names *names) {
    for (size_t i = 0; i < names->n; i++)
        text_printf(out, "%s%s", i ? ", " : "", names->word[i]);
}

const char *json_allowed(struct arena *arena, const struct field *field) {
    struct json_limits limits = json_limits(field);
    struct text out = text_in(arena);
    text_str(&out, ALLOWED[field->kind].what);
    if (field->kind == K_ENUM) allow_words(&out, field->names);
    if (ALLOWED[field->kind].bounds == FROM_TO) allow_range(&out, field->kind, limits);
    if (ALLOWED[field->kind].bounds == SIZES && limits.min == limits.max)
        text_printf(&out, " of %" PRId64 " %s", limits.max, ALLOWED[field->kind].of);
    else if (ALLOWED[field->kind].bounds == SIZES)
        text_printf(&out, " of %" PRId64 " to %" PRId64 " %s", limits.min, limits.max,
                    ALLOWED[field->kind].of);
    bool not_blank = field->kind == K_TEXT && (field->flags & F_REQUIRED);
    if (not_blank) text_str(&out, ", not only white space");
    return out.failed || !out.at ? "something else" : out.at;
}
