#include "base/date.h"
#include "base/id.h"
#include "json_things.h"
#include <math.h>

static const char *encoded(struct ctx *c, const struct thing *t) {
    struct text out = text_in(c->arena);
    json_object(&out, &thing_shape, t);
    return out.at;
}

/* One member's text in an object in which nothing else is stated. */
static void check_member(const struct thing *t, const char *member) {
    struct ctx *c = check_ctx();
    const char *text = encoded(c, t);
    if (!strstr(text, member)) check_fail(__FILE__, __LINE__, "no %s in %s", member, text);
}

static struct thing nothing(void) {
    struct thing t;
    shape_clear(&thing_shape, &t);
    return t;
}

#define CHECK_MEMBER(text, ...)     \
    do {                            \
        struct thing t = nothing(); \
        __VA_ARGS__;                \
        check_member(&t, (text));   \
    } while (0)

/* Hidden and input-only members are never written, F_OMIT ones only when stated, lists never null. */
TEST(json_encode_what_is_not_stated) {
    struct ctx *c = check_ctx();
    struct thing t = nothing();
    t.secret = "s";
    t.password = "p";
    CHECK_STR(encoded(c, &t),
              "{\"id\":null,\"name\":null,\"note\":null,\"qty\":null,\"rank\":null,\"flag\":null,\"day\":"
              "null,\"at\":null,"
              "\"open/"
              "at~\":null,\"use\":null,\"lat\":null,\"unit\":null,\"share\":null,\"hash\":null,\"part\":null,"
              "\"parts\":[],\"ids\":[],\"weekdays\":[],\"version\":null}");
}

TEST(json_encode_every_kind) {
    static const struct part parts[] = {{"A", 1}, {"B", NONE}};
    static const char *const tags[] = {"x", "y\"z", NULL};
    static const int64_t days[] = {1, -7};
    struct id id;
    CHECK(id_parse("0193A1B2-0000-7000-8000-00000000000A", &id));
    CHECK_MEMBER("{\"id\":\"0193a1b2-0000-7000-8000-00000000000a\",", t.id = id);
    CHECK_MEMBER("\"qty\":10000000,", t.qty = 10000000);
    CHECK_MEMBER("\"rank\":-9223372036854775807,", t.rank = INT64_MIN + 1);
    CHECK_MEMBER("\"flag\":false,", t.flag = 0);
    CHECK_MEMBER("\"flag\":true,", t.flag = 1);
    CHECK_MEMBER("\"day\":\"2026-02-28\",", t.day = date_of(2026, 2, 28));
    CHECK_MEMBER("\"at\":\"2026-03-02T00:00:00.000Z\",", t.at = instant_parse("2026-03-02T00:00:00Z"));
    CHECK_MEMBER("\"open/at~\":\"24:00\",", t.open_at = 1440);
    CHECK_MEMBER("\"unit\":\"month\",", t.unit = 1);
    CHECK_MEMBER("\"hash\":\"00ff1a\",", t.hash = ((struct blob){(const uint8_t *)"\x00\xff\x1a", 3}));
    CHECK_MEMBER("\"part\":{\"code\":\"A\",\"qty\":1},", t.part = parts);
    CHECK_MEMBER("\"parts\":[{\"code\":\"A\",\"qty\":1},{\"code\":\"B\",\"qty\":null}],",
                 t.parts = ((struct list){parts, 2}));
    CHECK_MEMBER("\"ids\":[\"0193a1b2-0000-7000-8000-00000000000a\"],", t.ids = ((struct list){&id, 1}));
    CHECK_MEMBER("\"tags\":[\"x\",\"y\\\"z\",null],", t.tags = ((struct list){tags, 3}));
    CHECK_MEMBER("\"tags\":[],", t.tags = ((struct list){tags, 0})); /* stated, and empty */
    CHECK_MEMBER("\"weekdays\":[1,-7],", t.weekdays = ((struct list){days, 2}));
    CHECK_MEMBER("\"extra\":{\"a\":[1]},", t.extra = "{\"a\":[1]}");
    CHECK_MEMBER(",\"version\":3}", t.version = 3);
}

TEST(json_encode_decimals) {
    CHECK_MEMBER("\"use\":0,", t.use = 0);
    CHECK_MEMBER("\"use\":0.001,", t.use = 1);
    CHECK_MEMBER("\"use\":2.5,", t.use = 2500);
    CHECK_MEMBER("\"use\":10,", t.use = 10000);
    CHECK_MEMBER("\"use\":100.01,", t.use = 100010);
    CHECK_MEMBER("\"use\":-0.05,", t.use = -50);
    CHECK_MEMBER("\"use\":-9223372036854775.807,", t.use = -INT64_MAX);
    CHECK_MEMBER("\"lat\":-33.8731,", t.lat = -338731000);
    CHECK_MEMBER("\"lat\":0.0000001,", t.lat = 1);
    CHECK_MEMBER("\"lat\":180,", t.lat = 1800000000);
}

TEST(json_encode_reals_with_six_digits) {
    CHECK_MEMBER("\"share\":0.333333,", t.share = 1.0 / 3);
    CHECK_MEMBER("\"share\":1,", t.share = 1);
    CHECK_MEMBER("\"share\":0,", t.share = 0);
    CHECK_MEMBER("\"share\":1.5e-07,", t.share = 1.5e-7);
    CHECK_MEMBER("\"share\":null,", t.share = (double)NAN);
}

/* JSON has no infinity. */
TEST(json_encode_infinity_is_null) {
    CHECK_MEMBER("\"share\":null,", t.share = (double)INFINITY);
    CHECK_MEMBER("\"share\":null,", t.share = -(double)INFINITY);
}

static void check_string(const char *utf8, const char *want) {
    struct ctx *c = check_ctx();
    struct text out = text_in(c->arena);
    json_string(&out, utf8);
    CHECK_STR(out.at, want);
    CHECK_OK(c, json_check(c, out.at, out.n));
}

TEST(json_string_escapes) {
    check_string(NULL, "null");
    check_string("", "\"\"");
    check_string("plain", "\"plain\"");
    check_string("a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
    check_string("\n\t\r\b\f", "\"\\n\\t\\r\\b\\f\"");
    check_string("\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\"");
    check_string("Zo\xc3\xab \xf0\x9f\x98\x80", "\"Zo\xc3\xab \xf0\x9f\x98\x80\"");
}

TEST(json_page_and_array) {
    static const struct part parts[] = {{"A", 1}, {"B", 2}};
    struct ctx *c = check_ctx();
    struct text out = text_in(c->arena);
    json_page(&out, &part_shape, (struct list){parts, 2}, "cur\"sor");
    CHECK_STR(out.at,
              "{\"items\":[{\"code\":\"A\",\"qty\":1},{\"code\":\"B\",\"qty\":2}],\"next\":\"cur\\\"sor\"}");
    out = text_in(c->arena);
    json_page(&out, &part_shape, (struct list){NULL, 0}, NULL);
    CHECK_STR(out.at, "{\"items\":[],\"next\":null}");
}

TEST(json_encode_a_record_without_members) {
    static const struct field HIDDEN[] = {FIELD(struct part, K_TEXT, code, .flags = F_HIDDEN)};
    static const struct shape shape = SHAPE("hidden", struct part, HIDDEN);
    struct ctx *c = check_ctx();
    struct text out = text_in(c->arena);
    json_object(&out, &shape, &(struct part){"secret", 1});
    CHECK_STR(out.at, "{}");
}

static void check_word(const char *name, const struct thing *t, const char *want) {
    struct ctx *c = check_ctx();
    struct text out = text_in(c->arena);
    json_word(&out, shape_field(&thing_shape, name), t);
    CHECK_STR(out.at ? out.at : "", want);
}

TEST(json_word_is_the_value_without_quotes) {
    static const struct part part = {"A", 1};
    struct thing t = nothing();
    for (size_t i = 0; i < thing_shape.n; i++)
        check_word(thing_shape.field[i].name, &t, "");
    t.note = "say \"hi\"";
    t.use = 2500;
    t.unit = 0;
    t.day = date_of(2026, 2, 28);
    t.flag = 1;
    t.share = 0.5;
    t.part = &part;
    check_word("note", &t, "say \"hi\"");
    check_word("use", &t, "2.5");
    check_word("unit", &t, "day");
    check_word("day", &t, "2026-02-28");
    check_word("flag", &t, "true");
    check_word("share", &t, "0.5");
    check_word("part", &t, "{\"code\":\"A\",\"qty\":1}");
}

TEST(json_encode_says_when_the_arena_is_full) {
    struct ctx *c = check_ctx();
    struct arena *small = arena_create(100);
    struct thing t = nothing();
    struct text out = text_in(small);
    json_object(&out, &thing_shape, &t);
    bool failed = out.failed;
    arena_destroy(&small);
    CHECK(failed && c);
}
