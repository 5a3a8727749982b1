#include "check.h"
#include "base/text.h"
#include <limits.h>

TEST(text_grows) {
    struct ctx *c = check_ctx();
    struct text text = text_in(c->arena);
    CHECK(text.at == NULL && text.n == 0);
    for (int i = 0; i < 5000; i++) {
        text_char(&text, (char)('a' + i % 26));
        if (i % 7 == 0) (void)arena_alloc(c->arena, 8); /* it cannot grow in place */
    }
    CHECK(!text.failed);
    CHECK_INT(text.n, 5000);
    CHECK_INT(strlen(text.at), 5000);
    for (int i = 0; i < 5000; i++)
        CHECK(text.at[i] == 'a' + i % 26);
}

TEST(text_pieces) {
    struct ctx *c = check_ctx();
    struct text text = text_in(c->arena);
    text_str(&text, "");
    CHECK_STR(text.at, "");
    text_int(&text, INT64_MIN);
    text_char(&text, ' ');
    text_int(&text, INT64_MAX);
    text_printf(&text, " %05.1f|%s", 2.25, "x");
    text_add(&text, "yes or no", 3);
    text_add_hex(&text, "\0\x7f\xff", 3);
    text_add_hex(&text, NULL, 0);
    text_int(&text, 0);
    text_int(&text, -10);
    CHECK_STR(text.at, "-9223372036854775808 9223372036854775807 002.2|xyes007fff0-10");
    CHECK_INT(text.n, strlen(text.at));
    text_printf(&text, "%3000d", 7);
    CHECK_INT(text.n, strlen("-9223372036854775808 9223372036854775807 002.2|xyes007fff0-10") + 3000);
}

/* A printf that just fills the buffer, or needs one byte more. */
TEST(text_printf_at_the_edge) {
    struct ctx *c = check_ctx();
    for (int n = 230; n < 250; n++) {
        struct text text = text_in(c->arena);
        text_printf(&text, "%*d", n, 5);
        CHECK_INT(text.n, n);
        CHECK_INT(strlen(text.at), n);
        CHECK(text.at[n - 1] == '5');
    }
}

TEST(text_failure_sticks) {
    struct arena *arena = arena_create(1000);
    struct text text = text_in(arena);
    text_str(&text, "kept");
    text_printf(&text, "%2000d", 1);
    CHECK(text.failed);
    text_str(&text, "dropped");
    CHECK_STR(text.at, "kept");
    CHECK_INT(text.n, 4);
    arena_destroy(&arena);
}

TEST(text_huge_piece_fails) {
    struct arena *arena = arena_create(SIZE_MAX);
    struct text text = text_in(arena);
    text_str(&text, "a");
    text_add(&text, "a", SIZE_MAX);
    CHECK(text.failed);
    arena_destroy(&arena);
}

TEST(text_utf8) {
    static const char *const VALID[] = {"",
                                        "plain",
                                        "\x7f",
                                        "\xc2\x80",
                                        "\xdf\xbf",
                                        "\xe0\xa0\x80",
                                        "\xed\x9f\xbf",
                                        "\xee\x80\x80",
                                        "\xef\xbf\xbf",
                                        "\xf0\x90\x80\x80",
                                        "\xf4\x8f\xbf\xbf"};
    static const char *const BAD[] = {"\x80",
                                      "\xbf",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xed\xbf\xbf",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xfe",
                                      "\xff",
                                      "\xc2",
                                      "\xe1\x80",
                                      "\xf1\x80\x80",
                                      "\xc2 ",
                                      "\xe1\x80z",
                                      "ok\xc3"};
    for (size_t i = 0; i < COUNT(VALID); i++)
        if (!text_utf8_valid(VALID[i], strlen(VALID[i])))
            check_fail(__FILE__, __LINE__, "valid %zu refused", i);
    for (size_t i = 0; i < COUNT(BAD); i++)
        if (text_utf8_valid(BAD[i], strlen(BAD[i]))) check_fail(__FILE__, __LINE__, "bad %zu taken", i);
    CHECK(!text_utf8_valid("a\0b", 3));
    CHECK(!text_utf8_valid("\0", 1));
    CHECK(text_utf8_valid(NULL, 0));
}

/* Every code point there is, and every surrogate. */
TEST(text_utf8_every_code_point) {
    for (unsigned code = 0x800; code <= 0xffff; code++) {
        char bytes[3] = {(char)(0xe0 | code >> 12), (char)(0x80 | (code >> 6 & 63)),
                         (char)(0x80 | (code & 63))};
        bool surrogate = code >= 0xd800 && code <= 0xdfff;
        if (text_utf8_valid(bytes, 3) == surrogate) check_fail(__FILE__, __LINE__, "U+%04X", code);
    }
}

TEST(text_fold_names) {
    static const struct {
        const char *from, *to;
    } CASE[] = {
        {"Zoë Ångström", "zoe angstrom"},
        {"Zoe\u0308 A\u030angstro\u0308m", "zoe angstrom"}, /* decomposed */
        {"\u212bngstr\u00f6m", "angstrom"},                 /* the Ångström sign */
        {"stra\u00dfe", "strasse"},
        {"STRA\u1e9eE", "strasse"},
        {"\u0130stanbul", "istanbul"},
        {"I\u0307stanbul", "istanbul"},
        {"D\u0131yarbak\u0131r", "diyarbakir"},
        {"\ufb01ne o\ufb03ce", "fine office"},
        {"\uff21\uff22\uff23", "abc"}, /* full width */
        {"\u0110\u1eb7ng Th\u1ecb", "dang thi"},
        {"\u0141ukasz S\u00f8rensen", "lukasz sorensen"},
        {"O\u2019Brien", "o'brien"},
        {"\u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3",
         "\u03bf\u03b4\u03c5\u03c3\u03c3\u03b5\u03c5\u03c3"},
        {"  a \t\n b\u00a0\u2003c\u3000 ", "a b c"},
        {"Ann\u00ada", "anna"}, /* soft hyphen */
        {"", ""},
        {" \t ", ""},
        {"12/3 B-4", "12/3 b-4"},
    };
    struct ctx *c = check_ctx();
    for (size_t i = 0; i < COUNT(CASE); i++) {
        const char *folded = text_fold(c->arena, CASE[i].from);
        CHECK_STR(folded, CASE[i].to);
        CHECK_STR(text_fold(c->arena, folded), folded);
    }
}

TEST(text_fold_refuses) {
    struct ctx *c = check_ctx();
    CHECK(text_fold(c->arena, NULL) == NULL);
    CHECK(text_fold(c->arena, "bad \xff") == NULL);
    CHECK(text_fold(c->arena, "cut \xc3") == NULL);
    struct arena *small = arena_create(16);
    CHECK(text_fold(small, "does not fit here") == NULL);
    arena_destroy(&small);
}

TEST(text_hex_there_and_back) {
    struct ctx *c = check_ctx();
    uint8_t bytes[256], back[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (uint8_t)i;
    const char *hex = text_hex(c->arena, bytes, 256);
    CHECK_INT(strlen(hex), 512);
    CHECK(strncmp(hex, "000102030405060708090a0b", 24) == 0);
    CHECK(text_unhex(hex, back, 256) && memcmp(bytes, back, 256) == 0);
    CHECK_STR(text_hex(c->arena, "", 0), "");
    CHECK(text_unhex("AbCdEf", back, 3) && memcmp(back, "\xab\xcd\xef", 3) == 0);
    CHECK(text_unhex("", back, 0));
}

TEST(text_unhex_refuses) {
    static const char *const BAD[] = {"abc",  "abcd0", "abcde",      "ab",  "abcg",
                                      "ab d", "0xab",  "ab\xc3\xa9", "-1ab"};
    uint8_t bytes[2] = {1, 2};
    for (size_t i = 0; i < COUNT(BAD); i++)
        CHECK(!text_unhex(BAD[i], bytes, 2));
    CHECK(!text_unhex(NULL, bytes, 2));
    CHECK(bytes[0] == 1 && bytes[1] == 2);
}

TEST(text_equal_with_null) {
    CHECK(text_equal(NULL, NULL) && text_equal("a", "a") && text_equal("", ""));
    CHECK(!text_equal(NULL, "") && !text_equal("", NULL) && !text_equal("a", "A"));
}
