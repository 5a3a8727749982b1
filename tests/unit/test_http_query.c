/* Query parameters and path segments as the handlers read them. */
#include "check.h"
#include "http/http.h"

static void check_value(const char *query, const char *name, const char *value) {
    struct ctx *c = check_ctx();
    const char *got = "untouched";
    CHECK_OK(c, http_query(c, query, name, &got));
    CHECK_STR(got, value);
}

static void check_refused(const char *query, const char *name, const char *pointer) {
    struct ctx *c = check_ctx();
    const char *got = "untouched";
    CHECK_INT(http_query(c, query, name, &got), ERR_INVALID);
    CHECK_STR(got, "untouched");
    CHECK_STR(c->fault.slug, "request.invalid");
    CHECK(c->fault.first);
    CHECK_STR(c->fault.first->pointer, pointer);
}

TEST(http_query_finds_and_decodes) {
    check_value("a=1&b=2", "a", "1");
    check_value("a=1&b=2", "b", "2");
    check_value("a=1&b=2", "c", NULL);
    check_value("", "a", NULL);
    check_value("a", "a", "");
    check_value("a=", "a", "");
    check_value("a=b=c", "a", "b=c");
    check_value("&&a=1&", "a", "1");
    check_value("aa=1&a=2", "a", "2");
    check_value("A=1", "a", NULL);
    check_value("a=x+y%2By%20z", "a", "x y+y z");
    check_value("%61=%c3%A9", "a", "\xc3\xa9");
    check_value("from+x=1", "from x", "1");
    check_value("%zz=1&a=2", "a", "2");
}

TEST(http_query_refuses_what_is_twice_or_not_encoded) {
    check_refused("a=1&a=1", "a", "?a");
    check_refused("a=1&%61=2", "a", "?a");
    check_refused("a&a", "a", "?a");
    static const char *const BAD[] = {"a=%",   "a=%4",    "a=x%4", "a=%zz", "a=%4g",    "a=%g4",
                                      "a=%00", "a=x%00y", "a=%ff", "a=%c3", "a=%c0%80", "a=%ed%a0%80"};
    for (size_t i = 0; i < COUNT(BAD); i++)
        check_refused(BAD[i], "a", "?a");
}

static void check_names(const char *query, size_t n, const char *const *names) {
    struct ctx *c = check_ctx();
    struct list list;
    CHECK_OK(c, http_query_names(c, query, &list));
    CHECK_INT(list.n, n);
    for (size_t i = 0; i < n; i++)
        CHECK_STR(((const char *const *)list.at)[i], names[i]);
}

TEST(http_query_names_lists_all) {
    check_names("", 0, NULL);
    check_names("&", 0, NULL);
    check_names("a=1&%62&a=2&=x", 4, (const char *const[]){"a", "b", "a", ""});
}

TEST(http_query_names_refuses_bad_encoding) {
    struct ctx *c = check_ctx();
    struct list list;
    CHECK_INT(http_query_names(c, "a=1&%zz=2", &list), ERR_INVALID);
    CHECK_STR(c->fault.first->pointer, "?%zz");
}

TEST(http_query_says_when_the_arena_is_full) {
    struct ctx *c = check_ctx();
    struct ctx small = *c;
    const char *value;
    small.arena = arena_create(16);
    CHECK_INT(http_query(&small, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1", "a", &value),
              ERR_LIMIT);
    arena_destroy(&small.arena);
}

TEST(http_segment_decodes_without_plus) {
    struct ctx *c = check_ctx();
    const char *text;
    CHECK_OK(c, http_segment(c, "a+b%2Fc/next", 7, &text));
    CHECK_STR(text, "a+b/c");
    CHECK_INT(http_segment(c, "a%2Fc", 3, &text), ERR_INVALID);
    CHECK_INT(http_segment(check_ctx(), "%00", 3, &text), ERR_INVALID);
}
