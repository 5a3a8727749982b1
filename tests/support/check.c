#define _GNU_SOURCE
#include "check.h"
#include "base/ctx.h"
#include "base/date.h"
#include "base/text.h"
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct check_test *tests, **tests_end = &tests;
static jmp_buf escape;
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
    longjmp(escape, 1);
}

void check_skip(const char *why) {
    snprintf(skipped, sizeof skipped, "%s", why);
    longjmp(escape, 2);
}

void check_int(const char *file, int line, const char *what, int64_t got, int64_t want) {
    if (got != want) check_fail(file, line, "%s is %lld, not %lld", what, (long long)got, (long long)want);
}

void check_str(const char *file, int line, const char *what, const char *got, const char *want) {
    if (!text_equal(got, want))
        check_fail(file, line, "%s is \"%s\", not \"%s\"", what, got ? got : "(null)", want ? want : "(null)");
}

struct ctx *check_ctx(void) {
    arena_destroy(&context.arena);
    context = (struct ctx){.arena = arena_create((size_t)256 << 20), .rules = &rules_default};
    context.now = instant_parse("2026-03-02T00:00:00.000Z");
    context.actor.role = ROLE_SYSTEM;
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
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *bytes = arena_alloc(c->arena, (size_t)size + 1);
    size_t n = fread(bytes, 1, (size_t)size, file);
    fclose(file);
    bytes[n] = 0;
    return bytes;
}

static void clean_up(void) {
    arena_destroy(&context.arena);
    if (!temp_dir[0]) return;
    char command[100];
    snprintf(command, sizeof command, "rm -rf '%s'", temp_dir);
    if (system(command) != 0) printf("    could not remove %s\n", temp_dir);
    temp_dir[0] = 0;
}

/* run [PREFIX…]: all tests, or those whose names start with one of the words. */
int main(int argc, char **argv) {
    int passed = 0, failed = 0, skips = 0;
    for (struct check_test *test = tests; test; test = test->next) {
        int wanted = argc < 2;
        for (int i = 1; i < argc; i++) wanted |= strncmp(test->name, argv[i], strlen(argv[i])) == 0;
        if (!wanted) continue;
        int outcome = setjmp(escape);
        if (outcome == 0) test->run();
        clean_up();
        if (outcome == 0) passed++;
        if (outcome == 1) failed++;
        if (outcome == 2) skips++;
        if (outcome == 1) printf("FAIL %s\n", test->name);
        if (outcome == 2) printf("skip %s: %s\n", test->name, skipped);
        fflush(stdout);
    }
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skips);
    return failed > 0;
}
