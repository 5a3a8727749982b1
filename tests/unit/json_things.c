#include "json_things.h"

static const struct field PART[] = {
    FIELD(struct part, K_TEXT, code, .flags = F_REQUIRED, .max = 10),
    FIELD(struct part, K_INT, qty),
};
const struct shape part_shape = SHAPE("part", struct part, PART);

static const char *const UNITS[] = {"day", "month"};
static const struct names units = {UNITS, COUNT(UNITS)};

static const struct field THING[] = {
    FIELD(struct thing, K_ID, id),
    FIELD(struct thing, K_TEXT, name, .flags = F_REQUIRED, .max = 20),
    FIELD(struct thing, K_TEXT, note, .max = 30),
    FIELD(struct thing, K_TEXT, secret, .flags = F_HIDDEN),
    FIELD(struct thing, K_TEXT, password, .flags = F_INPUT, .min = 3, .max = 20),
    FIELD(struct thing, K_RAW, extra, .flags = F_OMIT, .max = 100),
    FIELD(struct thing, K_INT, qty),
    FIELD(struct thing, K_INT, rank, .min = -5, .max = INT64_C(9007199254740993)),
    FIELD(struct thing, K_BOOL, flag),
    FIELD(struct thing, K_DATE, day),
    FIELD(struct thing, K_INSTANT, at),
    FIELD_AS(struct thing, K_TIME, "open/at~", open_at),
    FIELD(struct thing, K_MILLI, use),
    FIELD(struct thing, K_DEG, lat),
    FIELD(struct thing, K_ENUM, unit, .names = &units),
    FIELD(struct thing, K_REAL, share),
    FIELD(struct thing, K_HEX, hash, .min = 4, .max = 4),
    FIELD(struct thing, K_OBJ, part, .sub = &part_shape),
    FIELD(struct thing, K_LIST, parts, .sub = &part_shape, .max = 3),
    FIELD(struct thing, K_IDS, ids),
    FIELD(struct thing, K_TEXTS, tags, .flags = F_OMIT),
    FIELD(struct thing, K_INTS, weekdays, .min = 1, .max = 7),
    FIELD(struct thing, K_INT, version, .flags = F_READONLY),
};
const struct shape thing_shape = SHAPE("thing", struct thing, THING);

enum err json_of(struct ctx *c, const char *body, struct thing *thing_out) {
    return json_decode(c, body, strlen(body), &thing_shape, thing_out);
}

enum err thing_decode(struct ctx *c, const char *members, struct thing *thing_out) {
    return json_of(c, arena_printf(c->arena, "{\"name\":\"x\",%s}", members), thing_out);
}

const char *fault_at(const struct ctx *c, const char *pointer) {
    for (const struct fault_item *item = c->fault.first; item; item = item->next)
        if (text_equal(item->pointer, pointer)) return item->detail;
    return NULL;
}

size_t fault_count(const struct ctx *c) {
    size_t n = 0;
    for (const struct fault_item *item = c->fault.first; item; item = item->next)
        n++;
    return n;
}
