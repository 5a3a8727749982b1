#include "base/date.h"
#include "base/id.h"
#include "base/limits.h"
#include "json_things.h"
#include <math.h>

#define UUID "\"0193a1b2-0000-7000-8000-00000000000a\""

TEST(json_decode_reads_every_kind) {
    struct ctx *c = check_ctx();
    struct thing t;
    CHECK_OK(
        c,
        thing_decode(
            c,
            "\"id\":" UUID
            ",\"note\":\"a\\u00e9\\n\\ud83d\\ude00\",\"password\":\"abc\",\"extra\":{ \"k\": [1e2]},"
            "\"qty\":7,\"flag\":true,\"day\":\"2026-02-28\",\"at\":\"2026-12-03T00:42:10Z\",\"open/"
            "at~\":\"24:00\","
            "\"use\":2.5,\"lat\":-33.8731,\"unit\":\"month\",\"share\":0.25,\"hash\":\"DEADbeef\","
            "\"part\":{\"code\":\"P\"},\"parts\":[{\"code\":\"A\",\"qty\":1},{\"code\":\"B\"}],\"ids\":[" UUID
            "],"
            "\"tags\":[\"x\",\"y z\"],\"weekdays\":[1,7]",
            &t));
    char text[ID_TEXT_SIZE];
    CHECK_STR(id_format(t.id, text), "0193a1b2-0000-7000-8000-00000000000a");
    CHECK_STR(t.name, "x");
    CHECK_STR(t.note, "a\xc3\xa9\n\xf0\x9f\x98\x80");
    CHECK_STR(t.password, "abc");
    CHECK_STR(t.extra, "{ \"k\": [1e2]}");
    CHECK_INT(t.qty, 7);
    CHECK_INT(t.flag, 1);
    CHECK_INT(t.day, date_of(2026, 2, 28));
    CHECK_INT(t.at, instant_parse("2026-12-03T00:42:10.000Z"));
    CHECK_INT(t.open_at, 1440);
    CHECK_INT(t.use, 2500);
    CHECK_INT(t.lat, -338731000);
    CHECK_INT(t.unit, 1);
    CHECK(t.share > 0.2499999 && t.share < 0.2500001);
    CHECK(t.hash.n == 4 && memcmp(t.hash.at, "\xde\xad\xbe\xef", 4) == 0);
    CHECK_STR(t.part->code, "P");
    CHECK_INT(t.part->qty, NONE);
    CHECK_INT(t.parts.n, 2);
    CHECK_STR(((const struct part *)t.parts.at)[1].code, "B");
    CHECK_INT(((const struct part *)t.parts.at)[0].qty, 1);
    CHECK(t.ids.n == 1 && id_equal(*(const struct id *)t.ids.at, t.id));
    CHECK(t.tags.n == 2);
    CHECK_STR(((const char *const *)t.tags.at)[1], "y z");
    CHECK(t.weekdays.n == 2 && ((const int64_t *)t.weekdays.at)[1] == 7);
}

static void check_nothing_stated(const struct thing *t) {
    CHECK(id_is_none(t->id) && !t->note && !t->extra && !t->part && !t->hash.at && isnan(t->share));
    CHECK(!t->parts.at && !t->ids.at && !t->tags.at && !t->weekdays.at);
    const int64_t ints[] = {t->qty, t->rank, t->flag, t->day, t->at, t->open_at, t->use, t->lat, t->unit};
    for (size_t i = 0; i < COUNT(ints); i++)
        CHECK_INT(ints[i], NONE);
}

TEST(json_decode_absent_and_null_are_not_stated) {
    struct ctx *c = check_ctx();
    struct thing t;
    memset(&t, 0x5a, sizeof t);
    CHECK_OK(c, json_of(c, "{\"name\":\"x\"}", &t));
    check_nothing_stated(&t);
    memset(&t, 0x5a, sizeof t);
    CHECK_OK(
        c,
        thing_decode(
            c,
            "\"id\":null,\"note\":null,\"extra\":null,\"qty\":null,\"rank\":null,\"flag\":null,\"day\":null,"
            "\"at\":null,\"open/"
            "at~\":null,\"use\":null,\"lat\":null,\"unit\":null,\"share\":null,\"hash\":null,"
            "\"part\":null,\"parts\":null,\"ids\":null,\"tags\":null,\"weekdays\":null",
            &t));
    check_nothing_stated(&t);
}

TEST(json_decode_keeps_an_empty_text_and_an_empty_list) {
    struct ctx *c = check_ctx();
    struct thing t;
    CHECK_OK(c, thing_decode(c, "\"note\":\"\",\"parts\":[]", &t));
    CHECK_STR(t.note, "");
    CHECK(t.parts.at && t.parts.n == 0);
}

#define WHOLE "must be a whole number from 0 to 10000000"
#define RANK "must be a whole number from -5 to 9007199254740993"

TEST(json_decode_whole_numbers_by_their_text) {
    CHECK_TAKEN("\"qty\":0", qty, 0);
    CHECK_TAKEN("\"qty\":-0", qty, 0);
    CHECK_TAKEN("\"qty\":-0.0e5", qty, 0);
    CHECK_TAKEN("\"qty\":0e400", qty, 0);
    CHECK_TAKEN("\"qty\":10000000", qty, 10000000);
    CHECK_TAKEN("\"qty\":1e2", qty, 100);
    CHECK_TAKEN("\"qty\":1E+2", qty, 100);
    CHECK_TAKEN("\"qty\":1.0", qty, 1);
    CHECK_TAKEN("\"qty\":1.50e1", qty, 15);
    CHECK_TAKEN("\"qty\":100e-2", qty, 1);
    CHECK_TAKEN("\"qty\":0.000000000000000000000000000001e30", qty, 1);
    CHECK_TAKEN("\"rank\":-5", rank, -5);
    CHECK_TAKEN("\"rank\":9007199254740993", rank, INT64_C(9007199254740993)); /* 2^53 + 1 */
}

TEST(json_decode_refuses_numbers_that_are_not_whole_or_out_of_range) {
    CHECK_REFUSED("\"qty\":10000001", "/qty", WHOLE);
    CHECK_REFUSED("\"qty\":-1", "/qty", WHOLE);
    CHECK_REFUSED("\"qty\":1.5", "/qty", WHOLE);
    CHECK_REFUSED("\"qty\":1e400", "/qty", WHOLE);
    CHECK_REFUSED("\"qty\":1e-400", "/qty", WHOLE);
    CHECK_REFUSED("\"qty\":1e99999999999999999999", "/qty", WHOLE);
    CHECK_REFUSED("\"qty\":1e-1", "/qty", WHOLE);
    CHECK_REFUSED("\"qty\":1.00000000000000000000000000000001", "/qty", WHOLE); /* 1.0 as a double */
    CHECK_REFUSED("\"qty\":18446744073709551617", "/qty", WHOLE);               /* 2^64 + 1 */
    CHECK_REFUSED("\"rank\":9007199254740994", "/rank", RANK);
    CHECK_REFUSED("\"rank\":-6", "/rank", RANK);
    CHECK_REFUSED("\"rank\":-9223372036854775808", "/rank", RANK); /* NONE */
}

TEST(json_decode_refuses_other_types) {
    static const char *const OTHERS[] = {"\"1\"", "true", "[1]", "{}"};
    for (size_t i = 0; i < COUNT(OTHERS); i++)
        CHECK_REFUSED(arena_printf(check_ctx()->arena, "\"qty\":%s", OTHERS[i]), "/qty", WHOLE);
    CHECK_REFUSED("\"flag\":1", "/flag", "must be true or false");
    CHECK_REFUSED("\"flag\":\"true\"", "/flag", "must be true or false");
    CHECK_REFUSED("\"note\":5", "/note", "must be a text of 0 to 30 bytes without control characters");
    CHECK_REFUSED("\"part\":[]", "/part", "must be an object");
    CHECK_REFUSED("\"parts\":{}", "/parts", "must be a list of 0 to 3 objects");
    CHECK_REFUSED("\"parts\":[7]", "/parts/0", "must be an object");
    CHECK_REFUSED("\"parts\":[null]", "/parts/0", "must be an object");
    CHECK_REFUSED("\"tags\":[\"a\",null]", "/tags/1",
                  "must be a text of 1 to 200 bytes without control characters, not only white space");
    CHECK_REFUSED("\"weekdays\":[\"1\"]", "/weekdays/0", WHOLE);
}

#define MILLI "must be a number with at most 3 decimals from 0 to 10000000"

TEST(json_decode_thousandths_exactly) {
    CHECK_TAKEN("\"use\":0.001", use, 1);
    CHECK_TAKEN("\"use\":2.5", use, 2500);
    CHECK_TAKEN("\"use\":2.5000", use, 2500);
    CHECK_TAKEN("\"use\":1e-3", use, 1);
    CHECK_TAKEN("\"use\":0.29", use, 290); /* 289.99… as a double */
    CHECK_TAKEN("\"use\":4.35", use, 4350);
    CHECK_TAKEN("\"use\":10000000", use, INT64_C(10000000000));
    CHECK_REFUSED("\"use\":1.0005", "/use", MILLI);
    CHECK_REFUSED("\"use\":0.0001", "/use", MILLI);
    CHECK_REFUSED("\"use\":-0.001", "/use", MILLI);
    CHECK_REFUSED("\"use\":10000000.001", "/use", MILLI);
}

#define DEG "must be a number from -180 to 180"

TEST(json_decode_degrees_to_seven_decimals) {
    CHECK_TAKEN("\"lat\":151.2065", lat, 1512065000);
    CHECK_TAKEN("\"lat\":-33.8731", lat, -338731000);
    CHECK_TAKEN("\"lat\":0.0000001", lat, 1);
    CHECK_TAKEN("\"lat\":0.00000005", lat, 1); /* half goes away from zero */
    CHECK_TAKEN("\"lat\":-0.00000005", lat, -1);
    CHECK_TAKEN("\"lat\":0.0000000499999999999", lat, 0);
    CHECK_TAKEN("\"lat\":5e-9", lat, 0);
    CHECK_TAKEN("\"lat\":1.99999999", lat, 20000000);
    CHECK_TAKEN("\"lat\":180.00000001", lat, 1800000000);
    CHECK_TAKEN("\"lat\":-180", lat, -1800000000);
    CHECK_REFUSED("\"lat\":180.0000001", "/lat", DEG);
    CHECK_REFUSED("\"lat\":1e400", "/lat", DEG);
}

TEST(json_decode_reals) {
    struct ctx *c = check_ctx();
    struct thing t;
    CHECK_OK(c, thing_decode(c, "\"share\":-1.5e-7", &t));
    CHECK(t.share < -1.4e-7 && t.share > -1.6e-7);
    CHECK_REFUSED("\"share\":1e400", "/share", "must be a number from -1000000000000000 to 1000000000000000");
}

TEST(json_decode_dates_times_instants_ids) {
    CHECK_TAKEN("\"day\":\"1900-01-01\"", day, DATE_MIN);
    CHECK_TAKEN("\"day\":\"2170-01-01\"", day, DATE_MAX);
    CHECK_TAKEN("\"open/at~\":\"00:00\"", open_at, 0);
    const char *day = "must be a date (YYYY-MM-DD) from 1900-01-01 to 2170-01-01";
    CHECK_REFUSED("\"day\":\"2026-02-29\"", "/day", day);
    CHECK_REFUSED("\"day\":\"1899-12-31\"", "/day", day);
    CHECK_REFUSED("\"day\":\"2170-01-02\"", "/day", day);
    CHECK_REFUSED("\"day\":\"2026-2-1\"", "/day", day);
    CHECK_REFUSED("\"day\":\"\"", "/day", day);
    CHECK_REFUSED("\"day\":20260201", "/day", day);
    CHECK_REFUSED("\"open/at~\":\"24:01\"", "/open~1at~0", "must be a time (HH:MM) from 00:00 to 24:00");
    CHECK_REFUSED("\"at\":\"2026-12-03 00:42:10\"", "/at",
                  "must be an instant (YYYY-MM-DDTHH:MM:SSZ) from 1900-01-01T00:00:00.000Z to "
                  "2170-01-01T00:00:00.000Z");
    CHECK_REFUSED("\"id\":\"0193a1b2\"", "/id", "must be a UUID");
    CHECK_REFUSED("\"id\":\"00000000-0000-0000-0000-000000000000\"", "/id", "must be a UUID");
    CHECK_REFUSED("\"ids\":[" UUID ",\"x\"]", "/ids/1", "must be a UUID");
}

TEST(json_decode_words_name_those_allowed) {
    CHECK_TAKEN("\"unit\":\"day\"", unit, 0);
    CHECK_REFUSED("\"unit\":\"week\"", "/unit", "must be one of: day, month");
    CHECK_REFUSED("\"unit\":\"Day\"", "/unit", "must be one of: day, month");
    CHECK_REFUSED("\"unit\":\"\"", "/unit", "must be one of: day, month");
}

TEST(json_decode_hexadecimal_bytes) {
    const char *text = "must be the hexadecimal digits of 4 bytes";
    CHECK_REFUSED("\"hash\":\"dead\"", "/hash", text);
    CHECK_REFUSED("\"hash\":\"deadbeef00\"", "/hash", text);
    CHECK_REFUSED("\"hash\":\"deadbee\"", "/hash", text);
    CHECK_REFUSED("\"hash\":\"deadbeeg\"", "/hash", text);
}

TEST(json_decode_text_limits) {
    struct ctx *c = check_ctx();
    struct thing t;
    CHECK_OK(c, thing_decode(c, "\"note\":\"123456789012345678901234567890\"", &t));
    CHECK_OK(c, thing_decode(c, "\"note\":\"a\\tb\\nc\"", &t));
    const char *note = "must be a text of 0 to 30 bytes without control characters";
    CHECK_REFUSED("\"note\":\"1234567890123456789012345678901\"", "/note", note);
    CHECK_REFUSED("\"note\":\"1234567890123456789012345678\\u20ac\"", "/note",
                  note); /* bytes, not characters */
    CHECK_REFUSED("\"note\":\"a\\rb\"", "/note", note);
    CHECK_REFUSED("\"note\":\"a\\u0007\"", "/note", note);
    CHECK_REFUSED("\"note\":\"a\\u007f\"", "/note", note);
    CHECK_REFUSED("\"note\":\"a\\u0085\"", "/note", note);
    CHECK_REFUSED("\"password\":\"ab\"", "/password",
                  "must be a text of 3 to 20 bytes without control characters");
}

static void check_one(const char *body, const char *pointer, const char *text) {
    struct ctx *c = check_ctx();
    struct thing t;
    CHECK_INT(json_of(c, body, &t), ERR_INVALID);
    CHECK_STR(c->fault.slug, "request.invalid");
    CHECK_STR(fault_at(c, pointer), text);
    CHECK_INT(fault_count(c), 1);
}

TEST(json_decode_required_members) {
#define NAME "a text of 1 to 20 bytes without control characters, not only white space"
    check_one("{}", "/name", "is required: " NAME);
    check_one("{\"name\":null}", "/name", "must not be null: it is " NAME);
    check_one("{\"name\":\"\"}", "/name", "must be " NAME);
    check_one("{\"name\":\" \\n\\t \"}", "/name", "must be " NAME);
    check_one("{\"name\":\"x\",\"part\":{\"qty\":1}}", "/part/code",
              "is required: a text of 1 to 10 bytes without control characters, not only white space");
    check_one("{\"name\":\"x\",\"parts\":[{\"code\":\"A\"},{}]}", "/parts/1/code",
              "is required: a text of 1 to 10 bytes without control characters, not only white space");
}

TEST(json_decode_refuses_members_it_does_not_know) {
    const char *text = "is not a member that can be stated here";
    CHECK_REFUSED("\"colour\":1", "/colour", text);
    CHECK_REFUSED("\"colour\":null", "/colour", text);
    CHECK_REFUSED("\"QTY\":1", "/QTY", text);           /* names are exact */
    CHECK_REFUSED("\"version\":1", "/version", text);   /* F_READONLY */
    CHECK_REFUSED("\"secret\":\"x\"", "/secret", text); /* F_HIDDEN */
    CHECK_REFUSED("\"a/b~\":1", "/a~1b~0", text);
    CHECK_REFUSED("\"part\":{\"code\":\"c\",\"x\":{\"y\":[]}}", "/part/x", text);
}

TEST(json_decode_takes_one_object_and_nothing_else) {
    static const char *const OTHERS[] = {"[]", "[{\"name\":\"x\"}]", "null", "1", "\"name\"", "true"};
    for (size_t i = 0; i < COUNT(OTHERS); i++)
        check_one(OTHERS[i], "", "must be an object");
}

TEST(json_decode_tells_bad_json_from_bad_values) {
    static const char *const BAD[] = {"", "{", "{\"name\":\"x\"}x", "{\"name\":\"x\",\"qty\":007}",
                                      "{\"name\":\"\xff\"}"};
    for (size_t i = 0; i < COUNT(BAD); i++) {
        struct ctx *c = check_ctx();
        struct thing t;
        CHECK_INT(json_of(c, BAD[i], &t), ERR_INVALID);
        CHECK_STR(c->fault.slug, "request.not-json");
        CHECK_INT(fault_count(c), 0);
    }
}

TEST(json_decode_list_limits) {
    CHECK_REFUSED("\"parts\":[{\"code\":\"1\"},{\"code\":\"2\"},{\"code\":\"3\"},{\"code\":\"4\"}]", "/parts",
                  "must be a list of 0 to 3 objects");
    CHECK_REFUSED("\"weekdays\":[]", "/weekdays", "must be a list of 1 to 7 whole numbers");
    struct ctx *c = check_ctx();
    struct thing t;
    struct text tags = text_in(c->arena);
    text_str(&tags, "\"tags\":[\"a\"");
    for (int i = 1; i < LIMIT_LINES; i++)
        text_str(&tags, ",\"a\"");
    CHECK_OK(c, thing_decode(c, arena_printf(c->arena, "%s]", tags.at), &t));
    CHECK_INT(t.tags.n, LIMIT_LINES);
    CHECK_INT(thing_decode(c, arena_printf(c->arena, "%s,\"a\"]", tags.at), &t), ERR_INVALID);
    CHECK_STR(fault_at(c, "/tags"), "must be a list of 0 to 200 texts");
}

/* Grammar's oddities, wrong values, unknown and missing members in one answer. */
TEST(json_decode_names_all_faults_at_once) {
    struct ctx *c = check_ctx();
    struct thing t;
    const char *body =
        "{\"qty\":1.5,\"qty\":2,\"colour\":1,\"note\":\"\\u0000\",\"unit\":\"x\",\"tags\":[\"\\ud800\",4],"
        "\"use\":0.12345678901234567890123456789012345678901234567890123456789012345,"
        "\"parts\":[{\"qty\":-1}]}";
    static const char *const WHERE[] = {"/qty",    "/colour", "/note",        "/unit",         "/tags/0",
                                        "/tags/1", "/use",    "/parts/0/qty", "/parts/0/code", "/name"};
    CHECK_INT(json_of(c, body, &t), ERR_INVALID);
    for (size_t i = 0; i < COUNT(WHERE); i++)
        if (!fault_at(c, WHERE[i])) check_fail(__FILE__, __LINE__, "no fault at %s", WHERE[i]);
    CHECK_INT(fault_count(c), COUNT(WHERE));
}

TEST(json_decode_never_repeats_a_value) {
    struct ctx *c = check_ctx();
    struct thing t;
    CHECK_INT(json_of(c,
                      "{\"name\":5,\"note\":\"Marker\\u0001\",\"qty\":\"Marker\",\"unit\":\"Marker\",\"day\":"
                      "\"Marker\","
                      "\"id\":\"Marker\",\"hash\":\"Marker\",\"parts\":[{\"code\":\"MarkerMarkerMarker\"}]}",
                      &t),
              ERR_INVALID);
    CHECK_INT(fault_count(c), 8);
    for (const struct fault_item *item = c->fault.first; item; item = item->next)
        CHECK(!strstr(item->detail, "arker"));
    CHECK(!strstr(c->fault.detail, "arker"));
}

TEST(json_decode_stops_at_100_faults) {
    struct ctx *c = check_ctx();
    struct thing t;
    struct text body = text_in(c->arena);
    text_str(&body, "\"x0\":0");
    for (int i = 1; i < LIMIT_JSON_NODES - 2; i++)
        text_printf(&body, ",\"x%d\":0", i);
    size_t before = arena_used(c->arena);
    CHECK_INT(thing_decode(c, body.at, &t), ERR_INVALID);
    CHECK_INT(fault_count(c), 101);
    CHECK_STR(c->fault.last->detail, "and more: these are the first 100 faults");
    CHECK(arena_used(c->arena) - before < (size_t)LIMIT_JSON_NODES * 300);
}

/* Whatever the arena still holds: a right answer or ERR_LIMIT, no crash and no half-read OK. */
TEST(json_decode_survives_every_arena_that_is_too_small) {
    struct ctx *c = check_ctx();
    const char *body = "{\"name\":\"x\",\"note\":\"n\",\"hash\":\"00112233\",\"part\":{\"code\":\"p\"},"
                       "\"tags\":[\"a\",\"b\"],"
                       "\"parts\":[{\"code\":\"q\"}],\"extra\":{}}";
    struct arena *own = c->arena;
    enum err err = ERR_LIMIT;
    size_t cap = 16;
    for (; cap < 8000 && err != OK; cap += 16) {
        struct thing t;
        c->arena = arena_create(cap);
        c->fault = (struct fault){0};
        err = json_of(c, body, &t);
        bool whole = err == OK && t.note && t.hash.at && t.part && t.tags.n == 2 && t.parts.n == 1 && t.extra;
        arena_destroy(&c->arena);
        c->arena = own;
        CHECK(whole || err == ERR_LIMIT);
    }
    CHECK(err == OK && cap > 1000);
}

/* ---- json_patch ---- */

static enum err patch(struct ctx *c, const char *body, struct thing *t) {
    return json_patch(c, body, strlen(body), &thing_shape, t);
}

TEST(json_patch_writes_only_what_is_stated) {
    struct ctx *c = check_ctx();
    struct thing t;
    CHECK_OK(c, thing_decode(c,
                             "\"note\":\"old\",\"qty\":5,\"unit\":\"day\",\"tags\":[\"a\"],\"part\":{"
                             "\"code\":\"P\",\"qty\":4}",
                             &t));
    t.version = 3;
    CHECK_OK(c, patch(c, "{\"qty\":6,\"note\":null,\"part\":{\"code\":\"Q\"}}", &t));
    CHECK_INT(t.qty, 6);
    CHECK_STR(t.note, NULL);
    CHECK_STR(t.name, "x");
    CHECK_INT(t.unit, 0);
    CHECK_INT(t.tags.n, 1);
    CHECK_INT(t.version, 3);
    CHECK_STR(t.part->code, "Q");
    CHECK_INT(t.part->qty, NONE); /* an object is replaced whole */
    CHECK_OK(c, patch(c, "{}", &t));
    CHECK_INT(t.qty, 6);
}

static void check_patch_refused(const char *body, const char *pointer) {
    struct ctx *c = check_ctx();
    struct thing t;
    CHECK_OK(c, thing_decode(c, "\"qty\":5", &t));
    CHECK_INT(patch(c, body, &t), ERR_INVALID);
    CHECK(fault_at(c, pointer));
    CHECK_INT(fault_count(c), 1);
    CHECK_INT(t.qty, 5); /* nothing is written */
    CHECK_STR(t.name, "x");
}

TEST(json_patch_refuses_and_then_changes_nothing) {
    check_patch_refused("{\"qty\":6,\"name\":null}", "/name");
    check_patch_refused("{\"qty\":6,\"name\":\" \"}", "/name");
    check_patch_refused("{\"qty\":6,\"version\":4}", "/version");
    check_patch_refused("{\"qty\":6,\"part\":{}}", "/part/code");
    check_patch_refused("{\"qty\":6,\"qty\":7}", "/qty");
    check_patch_refused("[]", "");
}

/* ---- json_read_word ---- */

static bool word(struct ctx *c, const char *name, const char *text, struct thing *t) {
    return json_read_word(c, shape_field(&thing_shape, name), text, "?w", t);
}

TEST(json_read_word_reads_as_decoding_does) {
    struct ctx *c = check_ctx();
    struct thing t;
    shape_clear(&thing_shape, &t);
    CHECK(word(c, "qty", "1e2", &t) && t.qty == 100);
    CHECK(word(c, "flag", "false", &t) && t.flag == 0);
    CHECK(word(c, "day", "2026-02-28", &t) && t.day == date_of(2026, 2, 28));
    CHECK(word(c, "unit", "month", &t) && t.unit == 1);
    CHECK(word(c, "use", "0.001", &t) && t.use == 1);
    CHECK(word(c, "note", "a b", &t) && text_equal(t.note, "a b"));
    CHECK(word(c, "id", "0193A1B2-0000-7000-8000-00000000000A", &t) && !id_is_none(t.id));
    CHECK(!c->fault.first);
}

TEST(json_read_word_empty_is_not_stated) {
    struct ctx *c = check_ctx();
    struct thing t;
    shape_clear(&thing_shape, &t);
    t.qty = 5;
    t.note = "old";
    CHECK(word(c, "qty", "", &t) && t.qty == NONE);
    CHECK(word(c, "note", NULL, &t) && !t.note);
    CHECK(!word(c, "name", "", &t));
    CHECK_STR(fault_at(c, "?w"),
              "is required: a text of 1 to 20 bytes without control characters, not only white space");
}

static void check_word_refused(const char *name, const char *text, const char *detail) {
    struct ctx *c = check_ctx();
    struct thing t;
    shape_clear(&thing_shape, &t);
    CHECK(!word(c, name, text, &t));
    CHECK_STR(fault_at(c, "?w"), detail);
    CHECK_INT(fault_count(c), 1);
    CHECK(shape_is_none(shape_field(&thing_shape, name), &t));
}

TEST(json_read_word_refuses_with_the_same_words) {
    static const char *const NUMBERS[] = {"007", "1.",  ".5",  "+1",    " 1",  "1 ",
                                          "NaN", "1.5", "0x1", "1e400", "--1", "1,000"};
    for (size_t i = 0; i < COUNT(NUMBERS); i++)
        check_word_refused("qty", NUMBERS[i], WHOLE);
    check_word_refused("flag", "TRUE", "must be true or false");
    check_word_refused("unit", "week", "must be one of: day, month");
    check_word_refused("note", "\xff", "must be a text of 0 to 30 bytes without control characters");
    check_word_refused("use", "1.0005", MILLI);
    check_word_refused("share", "inf", "must be a number from -1000000000000000 to 1000000000000000");
}

/* ---- json_items ---- */

static enum err items(struct ctx *c, const char *body, struct list *texts) {
    return json_items(c, body, strlen(body), "events", 2, texts);
}

TEST(json_items_gives_each_element_its_own_text) {
    struct ctx *c = check_ctx();
    struct list texts;
    CHECK_OK(c, items(c, " {\"events\" : [ {\"a\":1, \"a\":\"\\u0000\"} ,7 ]}", &texts));
    CHECK_INT(texts.n, 2);
    CHECK_STR(((const char *const *)texts.at)[0],
              "{\"a\":1, \"a\":\"\\u0000\"}"); /* its faults are its own */
    CHECK_STR(((const char *const *)texts.at)[1], "7");
    CHECK_OK(c, items(c, "{\"events\":[]}", &texts));
    CHECK_INT(texts.n, 0);
}

TEST(json_items_refuses_other_bodies) {
    static const struct {
        const char *body, *pointer;
    } BAD[] = {{"[]", "/events"},
               {"{}", "/events"},
               {"7", "/events"},
               {"{\"events\":{}}", "/events"},
               {"{\"events\":[1,2,3]}", "/events"},
               {"{\"events\":[],\"x\":1}", "/x"},
               {"{\"x\":1,\"events\":[]}", "/x"},
               {"{\"y\":1,\"events\":{}}", "/y"},
               {"{\"y\":1,\"events\":{}}", "/events"},
               {"{\"events\":[],\"events\":[]}", "/events"},
               {"[[{\"events\":[]}]]", "/events"}};
    for (size_t i = 0; i < COUNT(BAD); i++) {
        struct ctx *c = check_ctx();
        struct list texts;
        CHECK_INT(items(c, BAD[i].body, &texts), ERR_INVALID);
        CHECK(fault_at(c, BAD[i].pointer));
    }
}
