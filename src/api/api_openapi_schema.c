/* Shapes as JSON Schema: the same tables that the codecs read and write by. */
#include "api_doc.h"
#include "base/log.h"
#include "json/json.h"
#include <string.h>

#define DEPTH_MAX 8

/* ---- JSON by hand ---- */

/* Between what has just ended and what begins stands a comma. */
static void separate(struct text *out) {
    if (out->n && !strchr("{[:", out->at[out->n - 1])) text_char(out, ',');
}

static void begin(struct text *out, const char *key) {
    separate(out);
    if (!key) return;
    json_string(out, key);
    text_char(out, ':');
}

void doc_open(struct text *out, const char *key, char bracket) {
    begin(out, key);
    text_char(out, bracket);
}

void doc_close(struct text *out, char bracket) {
    text_char(out, bracket);
}

void doc_str(struct text *out, const char *key, const char *value) {
    begin(out, key);
    json_string(out, value);
}

void doc_int(struct text *out, const char *key, int64_t value) {
    begin(out, key);
    text_int(out, value);
}

void doc_raw(struct text *out, const char *key, const char *json) {
    begin(out, key);
    text_str(out, json);
}

/* ---- kinds ---- */

static const struct {
    const char *type, *format, *pattern, *example;
} KINDS[] = {
    [K_INT] = {"integer", "int64", NULL, "1"},
    [K_BOOL] = {"boolean", NULL, NULL, "true"},
    [K_TEXT] = {"string", NULL, NULL, "\"some text, long\""},
    [K_ID] = {"string", "uuid", NULL, "\"019cac00-0000-7000-8000-000000000001\""},
    [K_DATE] = {"string", "date", NULL, "\"2026-03-02\""},
    [K_INSTANT] = {"string", "date-time", NULL, "\"2026-03-02T08:00:00.000Z\""},
    [K_TIME] = {"string", NULL, "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", "\"08:00\""},
    [K_MILLI] = {"number", NULL, NULL, "2.5"},
    [K_DEG] = {"number", NULL, NULL, "33.8731"},
    [K_ENUM] = {"string", NULL, NULL, NULL},
    [K_HEX] = {"string", NULL, "^([0-9a-f]{2})*$",
               "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\""},
    [K_REAL] = {"number", NULL, NULL, "0.95"},
    [K_OBJ] = {"object", NULL, NULL, NULL},
    [K_LIST] = {"array", NULL, NULL, NULL},
    [K_IDS] = {"array", NULL, NULL, "[\"019cac00-0000-7000-8000-000000000001\"]"},
    [K_TEXTS] = {"array", NULL, NULL, "[\"some text\"]"},
    [K_INTS] = {"array", NULL, NULL, "[1]"},
    [K_RAW] = {NULL, NULL, NULL, "{}"},
};

static const enum kind ELEMENT[] = {[K_IDS] = K_ID, [K_TEXTS] = K_TEXT, [K_INTS] = K_INT};

bool doc_crosses(const struct field *field, enum doc_side side) {
    unsigned hidden = F_HIDDEN | (side == DOC_OUT ? F_INPUT : F_READONLY);
    return !(field->flags & hidden);
}

static bool is_list(enum kind kind) {
    return kind == K_LIST || kind == K_IDS || kind == K_TEXTS || kind == K_INTS;
}

/* Null is how "not stated" is written, except by what is always there or left out. */
static bool nullable(const struct field *field, enum doc_side side) {
    if (field->flags & F_REQUIRED) return false;
    return side != DOC_OUT || !(field->flags & F_OMIT || is_list(field->kind));
}

static void write_ref(struct text *out, const struct shape *shape, enum doc_side side) {
    static const char *const END[] = {[DOC_OUT] = "", [DOC_IN] = "_input", [DOC_PATCH] = "_patch"};
    begin(out, "$ref");
    text_printf(out, "\"#/components/schemas/%s%s\"", shape->name, END[side]);
}

/* What is inside a changed member is given whole. */
static enum doc_side inner(enum doc_side side) {
    return side == DOC_PATCH ? DOC_IN : side;
}

static void write_type(struct text *out, const struct field *field, bool null) {
    const char *type = KINDS[field->kind].type;
    if (type && !null) doc_str(out, "type", type);
    if (!type || !null) return;
    doc_open(out, "type", '[');
    doc_str(out, NULL, type);
    doc_str(out, NULL, "null");
    doc_close(out, ']');
}

static void write_words(struct text *out, const struct field *field, bool null) {
    if (field->kind != K_ENUM) return;
    doc_open(out, "enum", '[');
    for (size_t i = 0; i < field->names->n; i++)
        doc_str(out, NULL, field->names->word[i]);
    if (null) doc_raw(out, NULL, "null");
    doc_close(out, ']');
}

static void write_items(struct text *out, const struct field *field, enum doc_side side) {
    if (!is_list(field->kind)) return;
    doc_open(out, "items", '{');
    if (field->kind == K_LIST)
        write_ref(out, field->sub, inner(side));
    else
        doc_str(out, "type", KINDS[ELEMENT[field->kind]].type);
    if (field->kind == K_IDS) doc_str(out, "format", "uuid");
    doc_close(out, '}');
}

static void write_decimal(struct text *out, const char *key, int64_t value, int64_t one) {
    begin(out, key);
    text_printf(out, "%.15g", (double)value / (double)one);
}

/* Answers state no limits: what is stored was judged when it came in. */
static void write_limits(struct text *out, const struct field *field, enum doc_side side) {
    if (side == DOC_OUT) return;
    struct json_limits limits = json_limits(field);
    switch ((int)field->kind) {
    case K_INT:
        doc_int(out, "minimum", limits.min);
        doc_int(out, "maximum", limits.max);
        break;
    case K_MILLI:
    case K_DEG: {
        int64_t one = field->kind == K_MILLI ? 1000 : 10000000;
        write_decimal(out, "minimum", limits.min, one);
        write_decimal(out, "maximum", limits.max, one);
        break;
    }
    case K_TEXT:
        if (limits.min > 0) doc_int(out, "minLength", limits.min);
        doc_int(out, "maxLength", limits.max);
        break;
    default:
        break;
    }
    if (is_list(field->kind) && limits.min > 0) doc_int(out, "minItems", limits.min);
    if (is_list(field->kind)) doc_int(out, "maxItems", limits.max);
}

static void write_object_field(struct text *out, const struct field *field, enum doc_side side) {
    if (!nullable(field, side)) {
        write_ref(out, field->sub, inner(side));
        return;
    }
    doc_open(out, "anyOf", '[');
    doc_open(out, NULL, '{');
    write_ref(out, field->sub, inner(side));
    doc_close(out, '}');
    doc_raw(out, NULL, "{\"type\":\"null\"}");
    doc_close(out, ']');
}

static void write_value_field(struct text *out, const struct field *field, enum doc_side side) {
    bool null = nullable(field, side);
    write_type(out, field, null);
    if (KINDS[field->kind].format) doc_str(out, "format", KINDS[field->kind].format);
    if (KINDS[field->kind].pattern) doc_str(out, "pattern", KINDS[field->kind].pattern);
    write_words(out, field, null);
    write_items(out, field, side);
    write_limits(out, field, side);
}

void doc_field(struct text *out, const char *key, const struct field *field, enum doc_side side) {
    doc_open(out, key, '{');
    if (field->kind == K_OBJ)
        write_object_field(out, field, side);
    else
        write_value_field(out, field, side);
    if (field->doc) doc_str(out, "description", field->doc);
    if (field->example) {
        doc_open(out, "examples", '[');
        doc_raw(out, NULL, field->example);
        doc_close(out, ']');
    }
    doc_close(out, '}');
}

/* ---- shapes ---- */

void doc_ref(struct text *out, const char *key, const struct shape *shape, enum doc_side side) {
    doc_open(out, key, '{');
    write_ref(out, shape, side);
    doc_close(out, '}');
}

static bool always_there(const struct field *field, enum doc_side side) {
    if (side == DOC_OUT) return !(field->flags & (F_OMIT | F_VARIES)) || field->flags & F_REQUIRED;
    return side == DOC_IN && field->flags & F_REQUIRED;
}

static void write_required(struct text *out, const struct shape *shape, enum doc_side side) {
    doc_open(out, "required", '[');
    for (size_t i = 0; i < shape->n; i++)
        if (doc_crosses(&shape->field[i], side) && always_there(&shape->field[i], side))
            doc_str(out, NULL, shape->field[i].name);
    doc_close(out, ']');
}

void doc_component(struct text *out, const struct shape *shape, enum doc_side side) {
    static const char *const END[] = {[DOC_OUT] = "", [DOC_IN] = "_input", [DOC_PATCH] = "_patch"};
    const char *name = arena_printf(out->arena, "%s%s", shape->name, END[side]);
    doc_open(out, name ? name : shape->name, '{');
    doc_str(out, "type", "object");
    doc_open(out, "properties", '{');
    for (size_t i = 0; i < shape->n; i++)
        if (doc_crosses(&shape->field[i], side)) doc_field(out, shape->field[i].name, &shape->field[i], side);
    doc_close(out, '}');
    write_required(out, shape, side);
    doc_raw(out, "additionalProperties", "false");
    doc_close(out, '}');
}

/* ---- examples ---- */

static void write_example(struct text *out, const char *key, const struct shape *shape, enum doc_side side,
                          int depth);

static void write_number_example(struct text *out, const struct field *field) {
    struct json_limits limits = json_limits(field);
    int64_t value = limits.min > 1 ? limits.min : 1;
    doc_int(out, field->name, value < limits.max ? value : limits.max);
}

static void write_text_example(struct text *out, const struct field *field) {
    struct json_limits limits = json_limits(field);
    size_t n = strlen(KINDS[K_TEXT].example) - 2;
    if (limits.max < (int64_t)n) n = (size_t)limits.max;
    begin(out, field->name);
    text_printf(out, "\"%.*s\"", (int)n, KINDS[K_TEXT].example + 1);
}

static void write_field_example(struct text *out, const struct field *field, enum doc_side side, int depth) {
    if (field->example)
        doc_raw(out, field->name, field->example);
    else if (field->kind == K_OBJ)
        write_example(out, field->name, field->sub, inner(side), depth + 1);
    else if (field->kind == K_ENUM)
        doc_str(out, field->name, field->names->word[0]);
    else if (field->kind == K_INT)
        write_number_example(out, field);
    else if (field->kind == K_TEXT)
        write_text_example(out, field);
    else if (field->kind != K_LIST)
        doc_raw(out, field->name, KINDS[field->kind].example);
    if (field->example || field->kind != K_LIST) return;
    doc_open(out, field->name, '[');
    write_example(out, NULL, field->sub, inner(side), depth + 1);
    doc_close(out, ']');
}

static void write_example(struct text *out, const char *key, const struct shape *shape, enum doc_side side,
                          int depth) {
    REQUIRE(depth < DEPTH_MAX);
    doc_open(out, key, '{');
    for (size_t i = 0; i < shape->n; i++)
        if (doc_crosses(&shape->field[i], side)) write_field_example(out, &shape->field[i], side, depth);
    doc_close(out, '}');
}

void doc_example(struct text *out, const char *key, const struct shape *shape, enum doc_side side) {
    write_example(out, key, shape, side, 0);
}
