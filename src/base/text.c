#include "base/text.h"
#include "base/value.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#define FIRST_SIZE 240

struct text text_in(struct arena *arena) {
    return (struct text){.arena = arena};
}

static bool move_to(struct text *text, size_t cap) {
    char *at = arena_alloc(text->arena, cap);
    if (!at) return false;
    if (text->n > 0) memcpy(at, text->at, text->n);
    text->at = at;
    return true;
}

/* Room for n more bytes and the NUL. */
static bool make_room(struct text *text, size_t n) {
    if (text->failed) return false;
    if (n < text->cap - text->n) return true;
    if (n >= SIZE_MAX / 4 - text->n) return text->failed = true, false;
    size_t cap = text->cap > 0 ? text->cap * 2 : FIRST_SIZE;
    if (cap < text->n + n + 1) cap = text->n + n + 1;
    if (!arena_extend(text->arena, text->at, text->cap, cap) && !move_to(text, cap))
        return text->failed = true, false;
    text->cap = cap;
    return true;
}

void text_add(struct text *text, const char *bytes, size_t n) {
    if (!make_room(text, n)) return;
    if (n > 0) memcpy(text->at + text->n, bytes, n);
    text->n += n;
    text->at[text->n] = 0;
}

void text_str(struct text *text, const char *str) {
    text_add(text, str, strlen(str));
}

void text_char(struct text *text, char c) {
    text_add(text, &c, 1);
}

/* By hand: the log's canonical bytes are made a million times in one verification. */
void text_int(struct text *text, int64_t value) {
    char digits[20], *end = digits + sizeof digits, *at = end;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0) *--at = '-';
    text_add(text, at, (size_t)(end - at));
}

static void write_hex(char *hex, const uint8_t *from, size_t n) {
    for (size_t i = 0; i < n; i++) {
        hex[2 * i] = "0123456789abcdef"[from[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[from[i] & 15];
    }
}

void text_add_hex(struct text *text, const void *bytes, size_t n) {
    if (n >= SIZE_MAX / 4) text->failed = true;
    if (!make_room(text, 2 * n)) return;
    write_hex(text->at + text->n, bytes, n);
    text->n += 2 * n;
    text->at[text->n] = 0;
}

void text_printf(struct text *text, const char *fmt, ...) {
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n >= 0 && make_room(text, (size_t)n)) {
        vsnprintf(text->at + text->n, (size_t)n + 1, fmt, args);
        text->n += (size_t)n;
    }
    if (n < 0) text->failed = true;
    va_end(args);
}

bool text_utf8_valid(const char *bytes, size_t n) {
    const uint8_t *at = (const uint8_t *)bytes;
    for (size_t i = 0; i < n;) {
        utf8proc_int32_t code = at[i];
        utf8proc_ssize_t taken = code < 0x80 ? 1 : utf8proc_iterate(at + i, (utf8proc_ssize_t)(n - i), &code);
        if (taken <= 0 || code == 0) return false;
        i += (size_t)taken;
    }
    return true;
}

/* Letters that people drop the stroke or dot of, but that Unicode does not decompose, and the
 * apostrophe that phones write in O’Brien. */
static const struct {
    utf8proc_int32_t from, to;
} LIKE[] = {{0x00d8, 'o'}, {0x00f8, 'o'}, {0x0110, 'd'}, {0x0111, 'd'},  {0x0126, 'h'}, {0x0127, 'h'},
            {0x0131, 'i'}, {0x0141, 'l'}, {0x0142, 'l'}, {0x2018, '\''}, {0x2019, '\''}};

static utf8proc_int32_t like(utf8proc_int32_t code, void *unused) {
    (void)unused;
    for (size_t i = 0; i < COUNT(LIKE); i++)
        if (LIKE[i].from == code) return LIKE[i].to;
    return code;
}

static bool is_space(utf8proc_int32_t code) {
    if ((code >= 0x09 && code <= 0x0d) || code == 0x85) return true;
    utf8proc_category_t category = utf8proc_category(code);
    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP;
}

static utf8proc_ssize_t squeeze(utf8proc_int32_t *codes, utf8proc_ssize_t n) {
    utf8proc_ssize_t kept = 0;
    bool gap = false;
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        if (is_space(codes[i])) {
            gap = kept > 0;
            continue;
        }
        if (gap) codes[kept++] = ' ';
        gap = false;
        codes[kept++] = codes[i];
    }
    return kept;
}

const char *text_fold(struct arena *arena, const char *utf8) {
    const utf8proc_option_t how = UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT |
                                  UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    const utf8proc_uint8_t *from = (const utf8proc_uint8_t *)utf8;
    if (!utf8) return NULL;
    utf8proc_ssize_t n = utf8proc_decompose_custom(from, 0, NULL, 0, how, like, NULL);
    if (n < 0) return NULL;
    utf8proc_int32_t *codes = arena_array(arena, (size_t)n + 1, sizeof *codes);
    if (!codes) return NULL;
    n = utf8proc_decompose_custom(from, 0, codes, n, how, like, NULL);
    n = n < 0 ? n : utf8proc_reencode(codes, squeeze(codes, n), UTF8PROC_STABLE);
    return n < 0 ? NULL : (const char *)codes;
}

const char *text_hex(struct arena *arena, const void *bytes, size_t n) {
    char *hex = n < SIZE_MAX / 2 ? arena_alloc(arena, 2 * n + 1) : NULL;
    if (hex) write_hex(hex, bytes, n);
    return hex;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool text_unhex(const char *hex, uint8_t *bytes_out, size_t n) {
    if (!hex || strlen(hex) != 2 * n) return false;
    for (size_t i = 0; i < 2 * n; i++)
        if (hex_digit(hex[i]) < 0) return false;
    for (size_t i = 0; i < n; i++)
        bytes_out[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
    return true;
}

bool text_equal(const char *a, const char *b) {
    if (!a || !b) return a == b;
    return strcmp(a, b) == 0;
}
