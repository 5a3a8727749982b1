#include "check.h"
#include "base/log.h"
#include "base/date.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static int kept_stderr, file;

static void catch_stderr(void) {
    char path[100];
    snprintf(path, sizeof path, "%s/log", check_dir());
    kept_stderr = dup(STDERR_FILENO);
    file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
    dup2(file, STDERR_FILENO);
}

static const char *caught(struct ctx *c) {
    size_t size = 1 << 20;
    char *text = arena_alloc(c->arena, size);
    dup2(kept_stderr, STDERR_FILENO);
    ssize_t n = pread(file, text, size - 1, 0);
    close(file);
    close(kept_stderr);
    log_set_level(LOG_INFO);
    CHECK(n >= 0);
    return text;
}

/* The line without its time, which is checked to be one. */
static const char *after_time(const char *line) {
    char at[INSTANT_TEXT_SIZE];
    CHECK(strncmp(line, "{\"at\":\"", 7) == 0 && strlen(line) > 40);
    memcpy(at, line + 7, INSTANT_TEXT_SIZE - 1);
    at[INSTANT_TEXT_SIZE - 1] = 0;
    CHECK(instant_parse(at) != NONE);
    return line + 7 + INSTANT_TEXT_SIZE - 1;
}

TEST(log_members) {
    struct ctx *c = check_ctx();
    catch_stderr();
    log_event(LOG_WARN, "db.slow", "stmt=%s ms=%d share=%.1f code=007 minus=-5 dash=- none= id=%s",
              "order.get", 12, 0.5, "0193-ab");
    CHECK_STR(after_time(caught(c)),
              "\",\"level\":\"warn\",\"event\":\"db.slow\",\"stmt\":\"order.get\",\"ms\":12,"
              "\"share\":\"0.5\",\"code\":\"007\",\"minus\":-5,\"dash\":\"-\",\"none\":\"\","
              "\"id\":\"0193-ab\"}\n");
}

TEST(log_values_of_several_words) {
    struct ctx *c = check_ctx();
    catch_stderr();
    log_event(LOG_INFO, "x", "why=disk is full n=1");
    CHECK_STR(after_time(caught(c)),
              "\",\"level\":\"info\",\"event\":\"x\",\"why\":\"disk is full\",\"n\":1}\n");
    catch_stderr();
    log_event(LOG_INFO, "x", "%s", "");
    CHECK_STR(after_time(caught(c)), "\",\"level\":\"info\",\"event\":\"x\"}\n");
    catch_stderr();
    log_event(LOG_INFO, "x", "no key here a=1");
    CHECK_STR(after_time(caught(c)),
              "\",\"level\":\"info\",\"event\":\"x\",\"text\":\"no key here\",\"a\":1}\n");
}

/* Whatever is in a value, it stays one line and one JSON string. */
TEST(log_values_cannot_break_out) {
    struct ctx *c = check_ctx();
    catch_stderr();
    log_event(LOG_ERROR, "x\"y", "a=%s", "\"},\n{\\\x01\x7f\xc3\xa9");
    CHECK_STR(after_time(caught(c)),
              "\",\"level\":\"error\",\"event\":\"x\\\"y\",\"a\":\"\\\"},\\u000a{\\\\\\u0001\\u007f??\"}\n");
}

TEST(log_cuts_what_is_too_long) {
    struct ctx *c = check_ctx();
    char *longer = arena_alloc(c->arena, 5001);
    memset(longer, '\n', 5000); /* each is written as six bytes */
    catch_stderr();
    log_event(LOG_INFO, "x", "a=%s", longer);
    log_bug("%s", longer);
    const char *text = caught(c), *end = strchr(text, '\n');
    CHECK(end && end - text > 5000 && end - text < 8000);
    CHECK(strncmp(end - 2, "\"}", 2) == 0);
    const char *second = strchr(end + 1, '\n');
    CHECK(second && strncmp(second - 2, "\"}", 2) == 0 && second[1] == 0);
}

TEST(log_level) {
    struct ctx *c = check_ctx();
    catch_stderr();
    log_set_level(LOG_ERROR);
    log_event(LOG_WARN, "x", "n=%d", 1);
    log_bug("it is %d", 7);
    const char *text = caught(c);
    CHECK(strstr(text, "\"x\"") == NULL);
    CHECK(strstr(text, "\"level\":\"error\",\"event\":\"bug\",\"file\":\"") != NULL);
    CHECK(strstr(text, "\"line\":") != NULL && strstr(text, ",\"text\":\"it is 7\"}\n") != NULL);
    catch_stderr();
    log_event(LOG_DEBUG, "x", "n=%d", 1);
    CHECK_STR(caught(c), "");
}

static void fail_require(void) {
    REQUIRE(1 + 1 == 3);
}

static void pass_require(void) {
    REQUIRE(1 + 1 == 2);
}

TEST(log_require) {
    CHECK_DIES(fail_require);
    pass_require();
}

static void *log_often(void *unused) {
    for (int i = 0; i < 300; i++)
        log_event(LOG_INFO, "often", "n=%d filler=%s", i, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    return unused;
}

TEST(log_lines_of_threads_do_not_mix) {
    struct ctx *c = check_ctx();
    pthread_t other;
    catch_stderr();
    bool started = pthread_create(&other, NULL, log_often, NULL) == 0;
    log_often(NULL);
    if (started) pthread_join(other, NULL);
    const char *text = caught(c);
    int lines = 0;
    for (const char *line = text; *line; line = strchr(line, '\n') + 1, lines++) {
        CHECK(strncmp(line, "{\"at\":\"", 7) == 0);
        const char *end = strchr(line, '\n');
        CHECK(end && strncmp(end - 3, "x\"}", 3) == 0);
    }
    CHECK(started);
    CHECK_INT(lines, 600);
}
