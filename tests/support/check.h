/* The test harness: TEST(name) { … CHECK(…) … } registers itself; a failed check names file, line and
 * both values, ends its test and lets the others run. Checks belong on the thread of the test only:
 * other threads keep what they saw, and the test checks it after the join. */
#ifndef CANARY_TESTS_CHECK_H
#define CANARY_TESTS_CHECK_H

#include "base/ctx.h"
#include <stdint.h>
#include <string.h>

struct check_test {
    const char *name;
    void (*run)(void);
    const char *file; /* of its source */
    bool of_file;     /* about what only a database in a file has */
    struct check_test *next;
};
void check_register(struct check_test *test);
_Noreturn void check_fail(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
_Noreturn void check_skip(const char *why);
void check_int(const char *file, int line, const char *what, int64_t got, int64_t want);
void check_str(const char *file, int line, const char *what, const char *got, const char *want);

/* Runs it in a child process, silently: fails unless that aborts (REQUIRE). */
void check_dies(const char *file, int line, const char *what, void (*run)(void));

/* A context with an arena of its own (freed when the test ends), rules_default, a fixed clock at
 * 2026-03-02T00:00:00Z and the system actor. */
struct ctx *check_ctx(void);
/* Called once when the test ends, passed or failed, before its context goes. */
void check_at_end(void (*clean)(void));
/* Called when the test has passed, as its last check. */
void check_after(void (*check)(void));
/* A fresh temporary directory, removed when the test ends. */
const char *check_dir(void);
/* The bytes of fixtures/<path>; fails the test when there is no such file. */
const char *check_fixture(struct ctx *c, const char *path);

#define TEST_AS(name_, of_file_)                                                          \
    static void test_##name_(void);                                                       \
    __attribute__((constructor)) static void register_##name_(void) {                     \
        static struct check_test test = {#name_, test_##name_, __FILE__, of_file_, NULL}; \
        check_register(&test);                                                            \
    }                                                                                     \
    static void test_##name_(void)
#define TEST(name_) TEST_AS(name_, false)
/* A test of what only a database in a file has: the run on a server names it and leaves it out. */
#define TEST_OF_FILE(name_) TEST_AS(name_, true)

#define CHECK(condition)                                                             \
    do {                                                                             \
        if (!(condition)) check_fail(__FILE__, __LINE__, "%s is false", #condition); \
    } while (0)
#define CHECK_INT(got, want) check_int(__FILE__, __LINE__, #got, (int64_t)(got), (int64_t)(want))
#define CHECK_STR(got, want) check_str(__FILE__, __LINE__, #got, (got), (want))
#define CHECK_DIES(run) check_dies(__FILE__, __LINE__, #run, (run))
/* The call answers OK; otherwise the fault's slug and detail are printed. */
#define CHECK_OK(c, call)                                                                 \
    do {                                                                                  \
        enum err check_err_ = (call);                                                     \
        if (check_err_ != OK)                                                             \
            check_fail(__FILE__, __LINE__, "%s: %s: %s: %s", #call, err_name(check_err_), \
                       (c)->fault.slug ? (c)->fault.slug : "-",                           \
                       (c)->fault.detail ? (c)->fault.detail : "(no fault)");             \
    } while (0)

#endif
