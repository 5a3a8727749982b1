/* Text: growing buffers in an arena, UTF-8 checks, folding for search and for comparing names. */
#ifndef CANARY_BASE_TEXT_H
#define CANARY_BASE_TEXT_H

#include "base/arena.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

/* A buffer that grows inside an arena. After the arena's cap it keeps `failed` set and drops
 * what is added: check once at the end. */
struct text {
    struct arena *arena;
    char *at; /* always NUL-terminated once something was added */
    size_t n, cap;
    bool failed;
};

struct text text_in(struct arena *arena);
void text_add(struct text *text, const char *bytes, size_t n);
void text_str(struct text *text, const char *str);
void text_char(struct text *text, char c);
void text_int(struct text *text, int64_t value);
void text_add_hex(struct text *text, const void *bytes, size_t n); /* lower-case */
__attribute__((format(printf, 2, 3))) void text_printf(struct text *text, const char *fmt, ...);

/* true when the n bytes are UTF-8 (no surrogates, no overlong forms, up to U+10FFFF) without NUL. */
bool text_utf8_valid(const char *bytes, size_t n);
/* Case and accents folded (NFKD, marks stripped, case folded: "Zoë Ångström" → "zoe angstrom"),
 * white space runs to one space, trimmed. NULL for NULL or bad UTF-8. */
const char *text_fold(struct arena *arena, const char *utf8);
/* Lower-case hex of n bytes. */
const char *text_hex(struct arena *arena, const void *bytes, size_t n);
/* Reads exactly n bytes of hex, either case. */
bool text_unhex(const char *hex, uint8_t *bytes_out, size_t n);
/* "a" equals "b", both maybe NULL (NULL equals only NULL). */
bool text_equal(const char *a, const char *b);

#endif
