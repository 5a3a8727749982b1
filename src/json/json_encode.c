/* A record into text by its field table: written straight into the buffer, no tree. */
#include "base/date.h"
#include "base/id.h"
#include "base/log.h"
#include "json/json.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef void write_fn(struct text *out, const struct field *field, const void *at);

/* value / 10^places, without zeros at the end: 2500, 3 → 2.5 */
static void write_decimal(struct text *out, int64_t value, int places) {
    char digits[24];
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    char *at = digits + sizeof digits;
    bool shown = false;
    for (int i = 0; i < places; i++, rest /= 10) {
        shown = shown || rest % 10 != 0;
        if (shown) *--at = (char)('0' + rest % 10);
    }
    if (shown) *--at = '.';
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0) *--at = '-';
    text_add(out, at, (size_t)(digits + sizeof digits - at));
}

static void write_int(struct text *out, const struct field *field, const void *at) {
    (void)field;
    text_int(out, *(const int64_t *)at);
}

static void write_milli(struct text *out, const struct field *field, const void *at) {
    (void)field;
    write_decimal(out, *(const int64_t *)at, 3);
}

static void write_deg(struct text *out, const struct field *field, const void *at) {
    (void)field;
    write_decimal(out, *(const int64_t *)at, 7);
}

static void write_real(struct text *out, const struct field *field, const void *at) {
    (void)field;
    text_printf(out, "%.6g", *(const double *)at);
}

static void write_bool(struct text *out, const struct field *field, const void *at) {
    (void)field;
    text_str(out, *(const int64_t *)at ? "true" : "false");
}

static void write_text(struct text *out, const struct field *field, const void *at) {
    (void)field;
    text_str(out, *(const char *const *)at);
}

static void write_id(struct text *out, const struct field *field, const void *at) {
    (void)field;
    char text[ID_TEXT_SIZE];
    text_add(out, id_format(*(const struct id *)at, text), ID_TEXT_SIZE - 1);
}

static void write_date(struct text *out, const struct field *field, const void *at) {
    (void)field;
    char text[DATE_TEXT_SIZE];
    text_str(out, date_format(*(const int64_t *)at, text));
}

static void write_instant(struct text *out, const struct field *field, const void *at) {
    (void)field;
    char text[INSTANT_TEXT_SIZE];
    text_str(out, instant_format(*(const int64_t *)at, text));
}

static void write_time(struct text *out, const struct field *field, const void *at) {
    (void)field;
    char text[TIME_TEXT_SIZE];
    text_str(out, time_format(*(const int64_t *)at, text));
}

static void write_enum(struct text *out, const struct field *field, const void *at) {
    text_str(out, names_word(field->names, *(const int64_t *)at));
}

static void write_hex(struct text *out, const struct field *field, const void *at) {
    static const char digit[] = "0123456789abcdef";
    const struct blob *blob = at;
    (void)field;
    for (size_t i = 0; i < blob->n; i++)
        text_add(out, (char[]){digit[blob->at[i] >> 4], digit[blob->at[i] & 15]}, 2);
}

static void write_object(struct text *out, const struct field *field, const void *at) {
    json_object(out, field->sub, *(const void *const *)at);
}

static void write_list(struct text *out, const struct field *field, const void *at) {
    json_array(out, field->sub, *(const struct list *)at);
}

static void write_ids(struct text *out, const struct field *field, const void *at) {
    const struct list *list = at;
    const struct id *id = list->at;
    text_char(out, '[');
    for (size_t i = 0; i < list->n; i++) {
        text_str(out, i ? ",\"" : "\"");
        write_id(out, field, &id[i]);
        text_char(out, '"');
    }
    text_char(out, ']');
}

static void write_texts(struct text *out, const struct field *field, const void *at) {
    const struct list *list = at;
    const char *const *text = list->at;
    (void)field;
    text_char(out, '[');
    for (size_t i = 0; i < list->n; i++) {
        if (i) text_char(out, ',');
        json_string(out, text[i]);
    }
    text_char(out, ']');
}

static void write_ints(struct text *out, const struct field *field, const void *at) {
    const struct list *list = at;
    const int64_t *value = list->at;
    text_char(out, '[');
    for (size_t i = 0; i < list->n; i++) {
        if (i) text_char(out, ',');
        write_int(out, field, &value[i]);
    }
    text_char(out, ']');
}

static const struct {
    write_fn *write;
    bool quoted;
} WRITE[] = {
    [K_INT] = {write_int, false},     [K_BOOL] = {write_bool, false},   [K_TEXT] = {write_text, true},
    [K_ID] = {write_id, true},        [K_DATE] = {write_date, true},    [K_INSTANT] = {write_instant, true},
    [K_TIME] = {write_time, true},    [K_MILLI] = {write_milli, false}, [K_DEG] = {write_deg, false},
    [K_ENUM] = {write_enum, true},    [K_HEX] = {write_hex, true},      [K_REAL] = {write_real, false},
    [K_OBJ] = {write_object, false},  [K_LIST] = {write_list, false},   [K_IDS] = {write_ids, false},
    [K_TEXTS] = {write_texts, false}, [K_INTS] = {write_ints, false},   [K_RAW] = {write_text, false},
};

/* JSON has no infinity. */
static bool is_none(const struct field *field, const void *record) {
    const void *at = (const char *)record + field->at;
    return shape_is_none(field, record) || (field->kind == K_REAL && isinf(*(const double *)at));
}

static bool is_list(enum kind kind) {
    return kind == K_LIST || kind == K_IDS || kind == K_TEXTS || kind == K_INTS;
}

static void write_value(struct text *out, const struct field *field, const void *record, bool none) {
    const char *at = (const char *)record + field->at;
    bool quoted = WRITE[field->kind].quoted;
    if (none && !is_list(field->kind)) {
        text_str(out, "null");
    } else if (field->kind == K_TEXT) {
        json_string(out, *(const char *const *)(const void *)at);
    } else {
        if (quoted) text_char(out, '"');
        WRITE[field->kind].write(out, field, at);
        if (quoted) text_char(out, '"');
    }
}

void json_object(struct text *out, const struct shape *shape, const void *record) {
    char before = '{';
    for (size_t i = 0; i < shape->n; i++) {
        const struct field *field = &shape->field[i];
        bool none = is_none(field, record);
        if ((field->flags & (F_HIDDEN | F_INPUT)) || (none && (field->flags & F_OMIT))) continue;
        text_char(out, before);
        text_char(out, '"');
        text_str(out, field->name);
        text_add(out, "\":", 2);
        write_value(out, field, record, none);
        before = ',';
    }
    text_str(out, before == '{' ? "{}" : "}");
}

void json_array(struct text *out, const struct shape *shape, struct list records) {
    text_char(out, '[');
    for (size_t i = 0; i < records.n; i++) {
        if (i) text_char(out, ',');
        json_object(out, shape, (const char *)records.at + i * shape->size);
    }
    text_char(out, ']');
}

void json_page(struct text *out, const struct shape *shape, struct list records, const char *next) {
    text_str(out, "{\"items\":");
    json_array(out, shape, records);
    text_str(out, ",\"next\":");
    json_string(out, next);
    text_char(out, '}');
}

static void write_escape(struct text *out, unsigned char c) {
    static const char from[] = "\"\\\n\t\r\b\f", to[] = "\"\\ntrbf";
    const char *known = strchr(from, c);
    if (known)
        text_add(out, (char[]){'\\', to[known - from]}, 2);
    else
        text_printf(out, "\\u%04x", c);
}

void json_string(struct text *out, const char *utf8) {
    if (!utf8) {
        text_str(out, "null");
        return;
    }
    text_char(out, '"');
    const char *run = utf8;
    for (const char *p = utf8; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        text_add(out, run, (size_t)(p - run));
        write_escape(out, c);
        run = p + 1;
    }
    text_str(out, run);
    text_char(out, '"');
}

void json_word(struct text *out, const struct field *field, const void *record) {
    if (is_none(field, record)) return;
    WRITE[field->kind].write(out, field, (const char *)record + field->at);
}
