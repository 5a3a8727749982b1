#include "base/log.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/err.h"
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* On the stack and of fixed size: logging works when memory is out. A longer line is cut between
 * two bytes of a value and is still JSON. */
#define MEMBERS_MAX 1000
#define LINE_SIZE 8000

struct line {
    char at[LINE_SIZE];
    size_t n;
};

static const char *const LEVEL[] = {"debug", "info", "warn", "error"};
static _Atomic int lowest = LOG_INFO;

void log_set_level(enum log_level level) {
    lowest = (int)level;
}

static void put(struct line *line, const char *bytes, size_t n) {
    if (n > sizeof line->at - line->n) n = sizeof line->at - line->n;
    memcpy(line->at + line->n, bytes, n);
    line->n += n;
}

static void put_str(struct line *line, const char *str) {
    put(line, str, strlen(str));
}

static void put_quoted(struct line *line, const char *bytes, size_t n) {
    put_str(line, "\"");
    for (size_t i = 0; i < n; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        char escaped[8];
        int size = 1;
        escaped[0] = byte < 0x80 ? bytes[i] : '?';
        if (byte == '"' || byte == '\\') size = snprintf(escaped, sizeof escaped, "\\%c", byte);
        if (byte < 0x20 || byte == 0x7f) size = snprintf(escaped, sizeof escaped, "\\u%04x", byte);
        put(line, escaped, (size_t)size);
    }
    put_str(line, "\"");
}

static bool is_integer(const char *bytes, size_t n) {
    if (n > 0 && *bytes == '-') bytes++, n--;
    if (n == 0 || n > 15 || (n > 1 && *bytes == '0')) return false;
    for (size_t i = 0; i < n; i++)
        if (bytes[i] < '0' || bytes[i] > '9') return false;
    return true;
}

static void put_member(struct line *line, const char *key, size_t key_n, const char *value, size_t value_n) {
    put_str(line, ",");
    put_quoted(line, key, key_n);
    put_str(line, ":");
    if (is_integer(value, value_n))
        put(line, value, value_n);
    else
        put_quoted(line, value, value_n);
}

/* "key=value": where the '=' stands, or NULL when the word is none. */
static const char *word_equals(const char *word) {
    size_t n = strcspn(word, "= ");
    return n > 0 && word[n] == '=' ? word + n : NULL;
}

/* The end of a value: words without '=' belong to the value before them. */
static const char *value_end(const char *value) {
    const char *end = value + strcspn(value, " ");
    while (*end == ' ' && !word_equals(end + 1))
        end += 1 + strcspn(end + 1, " ");
    return end;
}

static void put_members(struct line *line, const char *words) {
    while (*words == ' ')
        words++;
    while (*words) {
        const char *equals = word_equals(words);
        const char *value = equals ? equals + 1 : words;
        const char *end = value_end(value);
        if (equals)
            put_member(line, words, (size_t)(equals - words), value, (size_t)(end - value));
        else
            put_member(line, "text", 4, value, (size_t)(end - value));
        words = *end == ' ' ? end + 1 : end;
    }
}

static void start(struct line *line, enum log_level level, const char *event) {
    struct clock clock = clock_system();
    char at[INSTANT_TEXT_SIZE];
    put_str(line, "{\"at\":\"");
    put_str(line, instant_format(clock_now(&clock), at));
    put_str(line, "\",\"level\":\"");
    put_str(line, LEVEL[level]);
    put_str(line, "\",\"event\":");
    put_quoted(line, event, strnlen(event, 100));
}

/* One write, so that lines of two threads never mix. */
static void finish(struct line *line) {
    put_str(line, "}\n");
    ssize_t written = write(STDERR_FILENO, line->at, line->n);
    (void)written; /* nobody is left to tell */
}

void log_event(enum log_level level, const char *event, const char *fmt, ...) {
    if ((int)level < lowest) return;
    char words[MEMBERS_MAX];
    struct line line = {.n = 0};
    va_list args;
    va_start(args, fmt);
    vsnprintf(words, sizeof words, fmt, args);
    va_end(args);
    start(&line, level, event);
    put_members(&line, words);
    finish(&line);
}

static void log_mistake(const char *event, const char *file, int line_number, const char *said) {
    struct line line = {.n = 0};
    char number[16];
    int n = snprintf(number, sizeof number, "%d", line_number);
    start(&line, LOG_ERROR, event);
    put_member(&line, "file", 4, file, strnlen(file, 100));
    put_member(&line, "line", 4, number, (size_t)n);
    put_member(&line, "text", 4, said, strnlen(said, MEMBERS_MAX));
    finish(&line);
}

void log_bug_at(const char *file, int line, const char *fmt, ...) {
    char said[MEMBERS_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(said, sizeof said, fmt, args);
    va_end(args);
    log_mistake("bug", file, line, said);
}

_Noreturn void log_require_failed(const char *file, int line, const char *condition) {
    log_mistake("require", file, line, condition);
    abort();
}
