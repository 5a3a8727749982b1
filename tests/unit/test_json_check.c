#include "base/limits.h"
#include "json_things.h"
#include <stdio.h>
#include <stdlib.h>

/* A copy without a byte more, so that a read past the end is seen. */
static enum err check_exactly(const char *body, size_t n, const struct ctx **c_out) {
    char *exact = malloc(n ? n : 1);
    if (n) memcpy(exact, body, n);
    struct ctx *c = check_ctx();
    enum err err = json_check(c, exact, n);
    *c_out = c;
    free(exact);
    return err;
}

static void check_not_json_bytes(const char *body, size_t n, const char *detail) {
    const struct ctx *c;
    enum err err = check_exactly(body, n, &c);
    CHECK_INT(err, ERR_INVALID);
    CHECK_STR(c->fault.slug, "request.not-json");
    CHECK(!c->fault.first);
    CHECK_STR(c->fault.detail, detail);
}

static void check_not_json(const char *body, const char *detail) {
    char whole[200];
    snprintf(whole, sizeof whole, "The body is not JSON: at byte %s.", detail);
    check_not_json_bytes(body, strlen(body), whole);
}

static void check_json(const char *body) {
    const struct ctx *c;
    CHECK_INT(check_exactly(body, strlen(body), &c), OK);
}

static void check_refused(const char *body, const char *pointer, const char *detail) {
    const struct ctx *c;
    enum err err = check_exactly(body, strlen(body), &c);
    CHECK_INT(err, ERR_INVALID);
    CHECK_STR(c->fault.slug, "request.invalid");
    CHECK_STR(fault_at(c, pointer), detail);
    CHECK_INT(fault_count(c), 1);
}

TEST(json_check_takes_what_rfc_8259_allows) {
    static const char *const GOOD[] = {
        "{}",
        "[]",
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1e2",
        "1E+2",
        "1.5e-3",
        "\"\"",
        " \t\r\n{ } \n",
        "{\"a\":[1,2,{\"b\":null}]}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
        "\"\\ud83d\\ude00\"",
        "\"\\uD83D\\uDE00\"",
        "\"\xf0\x9f\x98\x80\"",
        "\"\x7f\"",
        "{\"\":1}",
        "{\"a\":1,\"A\":2}",
        "1e400",
        "9007199254740993",
    };
    for (size_t i = 0; i < COUNT(GOOD); i++)
        check_json(GOOD[i]);
}

TEST(json_check_refuses_an_empty_body) {
    check_not_json_bytes("", 0, "The body is not JSON: at byte 0: it is empty.");
    check_not_json(" \r\n\t", "4: it is empty");
}

TEST(json_check_refuses_numbers_that_json_does_not_know) {
    check_not_json("007", "0: not a number as JSON writes it");
    check_not_json("[-01]", "1: not a number as JSON writes it");
    check_not_json("[1.]", "1: not a number as JSON writes it");
    check_not_json(".5", "0: expected a value");
    check_not_json("[1,+1]", "3: expected a value");
    check_not_json("[-]", "1: not a number as JSON writes it");
    check_not_json("1e", "0: not a number as JSON writes it");
    check_not_json("1e+", "0: not a number as JSON writes it");
    check_not_json("1.e2", "0: not a number as JSON writes it");
    check_not_json("0x1F", "1: something follows the end of the value");
    check_not_json("NaN", "0: expected a value");
    check_not_json("-Infinity", "0: not a number as JSON writes it");
    check_not_json("Infinity", "0: expected a value");
}

TEST(json_check_refuses_literals_in_another_case) {
    static const char *const BAD[] = {"True", "FALSE", "Null", "nul", "tru", "NULL"};
    for (size_t i = 0; i < COUNT(BAD); i++)
        check_not_json(BAD[i], "0: expected a value");
    check_not_json("truex", "4: something follows the end of the value");
}

TEST(json_check_refuses_trailing_bytes) {
    check_not_json("{} {}", "3: something follows the end of the value");
    check_not_json("{},", "2: something follows the end of the value");
    check_not_json("\"a\"b", "3: something follows the end of the value");
    check_not_json_bytes("{}\0", 3, "The body is not JSON: at byte 2: not UTF-8, or a NUL.");
}

TEST(json_check_refuses_broken_structure) {
    check_not_json("[1,]", "3: expected a value");
    check_not_json("[1 2]", "3: expected a comma or ]");
    check_not_json("[", "1: expected a value");
    check_not_json("[1", "2: expected a comma or ]");
    check_not_json("{\"a\":1,}", "7: expected a member name in quotes");
    check_not_json("{\"a\" 1}", "5: expected a colon");
    check_not_json("{\"a\":}", "5: expected a value");
    check_not_json("{\"a\":1", "6: expected a comma or }");
    check_not_json("{\"a\":1]", "6: expected a comma or }");
    check_not_json("{a:1}", "1: expected a member name in quotes");
    check_not_json("{'a':1}", "1: expected a member name in quotes");
    check_not_json("{1:1}", "1: expected a member name in quotes");
    check_not_json("// no\n{}", "0: expected a value");
    check_not_json("]", "0: expected a value");
}

TEST(json_check_refuses_broken_strings) {
    check_not_json("\"a", "2: a string is not closed");
    check_not_json("\"a\\\"", "4: a string is not closed");
    check_not_json("\"a\\", "2: no such escape");
    check_not_json("\"\\x41\"", "1: no such escape");
    check_not_json("\"\\u12\"", "1: \\u needs four hexadecimal digits");
    check_not_json("\"\\u12g4\"", "1: \\u needs four hexadecimal digits");
    check_not_json("\"\\u123", "1: \\u needs four hexadecimal digits");
    check_not_json("\"a\nb\"", "2: a control character in a string must be escaped");
    check_not_json("\"a\tb\"", "2: a control character in a string must be escaped");
    check_not_json("\"\x1f\"", "1: a control character in a string must be escaped");
}

TEST(json_check_refuses_what_is_not_utf8) {
    check_not_json("\"\xff\"", "1: not UTF-8, or a NUL");
    check_not_json("\"ab\xc3\"", "3: not UTF-8, or a NUL");                   /* cut */
    check_not_json("\"\xc0\xaf\"", "1: not UTF-8, or a NUL");                 /* overlong */
    check_not_json("\"\xed\xa0\x80\"", "1: not UTF-8, or a NUL");             /* a surrogate */
    check_not_json("\"\xc3\xa9\xf4\x90\x80\x80\"", "3: not UTF-8, or a NUL"); /* above U+10FFFF */
    check_not_json("\"\xe2\x82", "1: not UTF-8, or a NUL");                   /* ends inside */
    check_not_json_bytes("\"a\0b\"", 5, "The body is not JSON: at byte 2: not UTF-8, or a NUL.");
}

TEST(json_check_refuses_a_byte_order_mark) {
    check_not_json("\xef\xbb\xbf{}", "0: expected a value");
}

TEST(json_check_takes_16_levels_and_refuses_17) {
    check_json("[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]");
    check_not_json("[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", "16: nested too deep");
}

TEST(json_check_refuses_17_levels_of_objects_and_of_both) {
    struct ctx *c = check_ctx();
    struct text body = text_in(c->arena);
    for (int i = 0; i < 16; i++)
        text_str(&body, i % 2 ? "[" : "{\"a\":");
    text_str(&body, "{}");
    CHECK_INT(json_check(c, body.at, body.n), ERR_INVALID);
    CHECK_STR(c->fault.detail, "The body is not JSON: at byte 48: nested too deep.");
}

TEST(json_check_counts_depth_and_not_containers) {
    check_json("[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]");
}

static void check_nodes(size_t values, enum err want) {
    struct ctx *c = check_ctx();
    struct text body = text_in(c->arena);
    for (size_t i = 1; i < values; i++)
        text_str(&body, i == 1 ? "[1" : ",1");
    text_char(&body, ']');
    CHECK_INT(json_check(c, body.at, body.n), want);
    if (want != OK) CHECK_STR(c->fault.slug, "request.not-json");
}

TEST(json_check_takes_20000_values_and_no_more) {
    check_nodes(LIMIT_JSON_NODES, OK);
    check_nodes(LIMIT_JSON_NODES + 1, ERR_INVALID);
}

TEST(json_check_refuses_repeated_members) {
    check_refused("{\"a\":1,\"b\":2,\"a\":1}", "/a", "must be stated only once");
    check_refused("{\"a\":1,\"\\u0061\":2}", "/a", "must be stated only once");
    check_refused("{\"\\u00e9\":1,\"\xc3\xa9\":2}", "/\xc3\xa9", "must be stated only once");
    check_refused("{\"a\":1,\"a\":2,\"a\":3}", "/a", "must be stated only once");
    check_refused("[0,{\"l\":[{\"q\":1},{\"q\":1,\"q\":2}]}]", "/1/l/1/q", "must be stated only once");
    check_refused("{\"\":1,\"\":2}", "/", "must be stated only once");
}

TEST(json_check_escapes_pointers) {
    check_refused("{\"a/b~c\":{\"x\":1,\"x\":1}}", "/a~1b~0c/x", "must be stated only once");
}

#define HALF "must not hold \\u0000 or half a surrogate pair"

TEST(json_check_refuses_u0000_and_half_pairs) {
    check_refused("\"\\u0000\"", "", HALF);
    check_refused("{\"a\":\"x\\u0000y\"}", "/a", HALF);
    check_refused("{\"a\":[\"x\",\"\\ud800\"]}", "/a/1", HALF);
    check_refused("{\"a\":\"\\udc00\"}", "/a", HALF);
    check_refused("{\"a\":\"\\ud800\\ud800\"}", "/a", HALF);
    check_refused("{\"a\":\"\\ud83dx\"}", "/a", HALF);
    check_refused("{\"a\":\"\\ud83d\\n\"}", "/a", HALF);
    check_refused("{\"a\":\"\\uDE00\\uD83D\"}", "/a", HALF);
    check_refused("{\"a\\u0000b\":1}",
                  "/a\xef\xbf\xbd"
                  "b",
                  "its name holds \\u0000 or half a surrogate pair");
    check_json("\"\\\\u0000\"");
}

/* cJSON itself refuses a number of more than 63 bytes. */
TEST(json_check_names_a_number_that_is_too_long) {
#define ZEROS "00000000000000000000000000000" /* 29 */
    const char *text = "must be a number of at most 60 characters";
    check_json("[1." ZEROS ZEROS ",1]");
    check_refused("{\"a\":1." ZEROS ZEROS "0}", "/a", text);
    check_refused("{\"a\":[1,"
                  "1" ZEROS ZEROS ZEROS ",2]}",
                  "/a/1", text);
}

TEST(json_check_names_all_faults_at_once) {
    struct ctx *c = check_ctx();
    const char *body = "{\"a\":\"\\u0000\",\"b\":1,\"b\":\"\\ud800\",\"c\":[\"\\udfff\"]}";
    CHECK_INT(json_check(c, body, strlen(body)), ERR_INVALID);
    CHECK_INT(fault_count(c), 3);
    CHECK(fault_at(c, "/a") && fault_at(c, "/b") && fault_at(c, "/c/0"));
}

TEST(json_check_tells_100_faults_and_that_there_are_more) {
    struct ctx *c = check_ctx();
    struct text body = text_in(c->arena);
    for (int i = 0; i < 101; i++)
        text_str(&body, i ? ",\"\\u0000\"" : "[\"\\u0000\"");
    text_char(&body, ']');
    CHECK_INT(json_check(c, body.at, body.n), ERR_INVALID);
    CHECK_INT(fault_count(c), 101);
    CHECK(fault_at(c, "/99") && !fault_at(c, "/100"));
    CHECK_STR(c->fault.last->pointer, "");
    CHECK_STR(c->fault.last->detail, "and more: these are the first 100 faults");
}

/* Many names in one object cost a sort, many faults cost no memory. */
TEST(json_check_is_not_slowed_by_a_hostile_object) {
    struct ctx *c = check_ctx();
    struct text body = text_in(c->arena);
    for (int i = 0; i < LIMIT_JSON_NODES - 1; i++)
        text_printf(&body, "%c\"%x\":0", i ? ',' : '{', i / 2);
    text_char(&body, '}');
    size_t before = arena_used(c->arena);
    CHECK_INT(json_check(c, body.at, body.n), ERR_INVALID);
    CHECK_INT(fault_count(c), 101);
    CHECK(arena_used(c->arena) - before < (size_t)LIMIT_JSON_NODES * 200);
}

TEST(json_check_says_when_the_arena_is_full) {
    struct ctx *c = check_ctx();
    struct arena *small = arena_create(600), *own = c->arena;
    c->arena = small;
    enum err err = json_check(c, "[1]", 3);
    c->arena = own;
    arena_destroy(&small);
    CHECK_INT(err, ERR_LIMIT);
    CHECK_STR(c->fault.slug, "request.too-large");
}
