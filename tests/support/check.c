#include "check.h"
#include "base/ctx.h"
#include "base/date.h"
#include "base/id.h"
#include "base/text.h"
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEST_SECONDS 300   /* a test that hangs ends the run; others take the processors meanwhile */
#define SERVER_SECONDS 900 /* on a server, which is asked over a socket */

enum outcome { PASSED, FAILED, SKIPPED };

static struct check_test *tests, **tests_end = &tests;
static jmp_buf escape;
static const char *running;
static char temp_dir[64], skipped[200];
static struct ctx context;

void check_register(struct check_test *test) {
    *tests_end = test;
    tests_end = &test->next;
}

void check_fail(const char *file, int line, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    printf("    %s:%d: ", file, line);
    vprintf(fmt, args);
    printf("\n");
    va_end(args);
    longjmp(escape, FAILED);
}

void check_skip(const char *why) {
    snprintf(skipped, sizeof skipped, "%s", why);
    longjmp(escape, SKIPPED);
}

void check_int(const char *file, int line, const char *what, int64_t got, int64_t want) {
    if (got != want) check_fail(file, line, "%s is %lld, not %lld", what, (long long)got, (long long)want);
}

void check_str(const char *file, int line, const char *what, const char *got, const char *want) {
    if (!text_equal(got, want))
        check_fail(file, line, "%s is \"%s\", not \"%s\"", what, got ? got : "(null)",
                   want ? want : "(null)");
}

void check_dies(const char *file, int line, const char *what, void (*run)(void)) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        run();
        _exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) check_fail(file, line, "no child process");
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) check_fail(file, line, "%s did not abort", what);
}

static void context_destroy(void) {
    arena_destroy(&context.arena);
    context = (struct ctx){0};
}

struct ctx *check_ctx(void) {
    context_destroy();
    context = (struct ctx){.arena = arena_create((size_t)256 << 20), .rules = &rules_default};
    context.now = instant_parse("2026-03-02T00:00:00.000Z");
    context.actor.role = ROLE_SYSTEM;
    context.request_id = id_new(context.now);
    return &context;
}

const char *check_dir(void) {
    if (!temp_dir[0]) {
        snprintf(temp_dir, sizeof temp_dir, "/tmp/canary-test-XXXXXX");
        if (!mkdtemp(temp_dir)) abort();
    }
    return temp_dir;
}

const char *check_fixture(struct ctx *c, const char *path) {
    const char *full = arena_printf(c->arena, "fixtures/%s", path);
    FILE *file = fopen(full, "rb");
    if (!file) check_fail(__FILE__, __LINE__, "no fixture %s", full);
    struct text bytes = text_in(c->arena);
    char part[4096];
    text_str(&bytes, "");
    for (size_t n; (n = fread(part, 1, sizeof part, file)) > 0;)
        text_add(&bytes, part, n);
    bool whole = !ferror(file) && !bytes.failed;
    fclose(file);
    if (!whole) check_fail(__FILE__, __LINE__, "cannot read %s", full);
    return bytes.at;
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw) {
    (void)stat, (void)type, (void)ftw;
    return remove(path);
}

static void (*at_end)(void);

void check_at_end(void (*clean)(void)) {
    at_end = clean;
}

static void (*after)(void);

void check_after(void (*check)(void)) {
    after = check;
}

static void clean_up(void) {
    if (at_end) at_end();
    at_end = after = NULL;
    context_destroy();
    if (temp_dir[0] && nftw(temp_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        printf("    could not remove %s\n", temp_dir);
    temp_dir[0] = 0;
}

/* Of its own, so that no variable of the loop lives across the jump. */
static enum outcome run_test(const struct check_test *test) {
    switch (setjmp(escape)) {
    case PASSED:
        test->run();
        if (after) after();
        return PASSED;
    case FAILED:
        return FAILED;
    default:
        return SKIPPED;
    }
}

static void say_hung(int unused) {
    (void)unused;
    static const char BEFORE[] = "    hangs\nFAIL ", AFTER[] = "\n0 passed, 1 failed\n";
    ssize_t written = write(STDOUT_FILENO, BEFORE, sizeof BEFORE - 1);
    if (written > 0) written = write(STDOUT_FILENO, running, strlen(running));
    if (written > 0) written = write(STDOUT_FILENO, AFTER, sizeof AFTER - 1);
    _exit(written < 0 ? 2 : 1);
}

static enum outcome run_and_tell(const struct check_test *test) {
    running = test->name;
    alarm(getenv("CANARY_TEST_DB") ? SERVER_SECONDS : TEST_SECONDS);
    enum outcome outcome = run_test(test);
    alarm(0);
    clean_up();
    if (outcome == FAILED) printf("FAIL %s\n", test->name);
    if (outcome == SKIPPED) printf("skip %s: %s\n", test->name, skipped);
    fflush(stdout);
    return outcome;
}

static bool is_wanted(const char *name, char **words, int n) {
    for (int i = 0; i < n; i++)
        if (strncmp(name, words[i], strlen(words[i])) == 0) return true;
    return n == 0;
}

/* With CANARY_TEST_DB only what runs on a database of the server there: the worlds, and the driver's own. */
static bool is_of_server(const struct check_test *test) {
    static const char *const PLACES[] = {"tests/app/", "tests/api/", "tests/store/", "tests/unit/test_pg"};
    for (size_t i = 0; i < COUNT(PLACES); i++)
        if (strncmp(test->file, PLACES[i], strlen(PLACES[i])) == 0) return true;
    return false;
}

static bool is_here(const struct check_test *test) {
    if (!getenv("CANARY_TEST_DB")) return strncmp(test->file, "tests/unit/test_pg", 18) != 0;
    if (is_of_server(test) && test->of_file) printf("of a database in a file alone: %s\n", test->name);
    return is_of_server(test) && !test->of_file;
}

/* run [PREFIX…]: all tests, or those whose names start with one of the words. */
int main(int argc, char **argv) {
    int n[3] = {0}, elsewhere = 0; /* of the other kind of database */
    signal(SIGALRM, say_hung);
    for (const struct check_test *test = tests; test; test = test->next)
        if (is_wanted(test->name, argv + 1, argc - 1)) {
            bool here = is_here(test);
            elsewhere += !here;
            if (here) n[run_and_tell(test)]++;
        }
    if (n[PASSED] + n[FAILED] + n[SKIPPED] + elsewhere == 0) {
        printf("no test of that name\n");
        n[FAILED]++;
    }
    printf("%d passed, %d failed, %d skipped\n", n[PASSED], n[FAILED], n[SKIPPED]);
    return n[FAILED] > 0;
}
