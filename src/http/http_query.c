/* Query parameters and path segments: percent-decoding, strict. */
#include "base/text.h"
#include "http/http.h"
#include <string.h>

static int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') return (c | 0x20) - 'a' + 10;
    return -1;
}

/* n bytes into text (n + 1 bytes). false: a % without two hex digits, or not UTF-8 without NUL. */
static bool decode(const char *bytes, size_t n, bool plus, char *text) {
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        text[at] = plus && bytes[i] == '+' ? ' ' : bytes[i];
        if (bytes[i] == '%') {
            if (i + 2 >= n || hex(bytes[i + 1]) < 0 || hex(bytes[i + 2]) < 0) return false;
            text[at] = (char)(hex(bytes[i + 1]) << 4 | hex(bytes[i + 2]));
            i += 2;
        }
        at++;
    }
    text[at] = 0;
    return text_utf8_valid(text, at);
}

static enum err decoded(struct ctx *c, const char *bytes, size_t n, bool plus, const char *pointer,
                        const char **text_out) {
    char *text = arena_alloc(c->arena, n + 1);
    if (!text) return FAIL(c, ERR_LIMIT, "request.too-large", "the request needs too much memory");
    if (!decode(bytes, n, plus, text)) {
        ctx_fault_item(c, pointer, "is not percent-encoded UTF-8");
        return ctx_faults(c);
    }
    *text_out = text;
    return OK;
}

struct piece {
    const char *name, *value; /* as sent */
    size_t name_n, value_n;
};

/* The next name=value of the query, empty ones ("a=1&&b=2") skipped; false at its end. */
static bool next_piece(const char **at, struct piece *piece_out) {
    const char *from = *at + strspn(*at, "&");
    size_t n = strcspn(from, "&");
    const char *equals = memchr(from, '=', n);
    piece_out->name = from;
    piece_out->name_n = equals ? (size_t)(equals - from) : n;
    piece_out->value = equals ? equals + 1 : from + n;
    piece_out->value_n = n - piece_out->name_n - (equals ? 1 : 0);
    *at = from + n;
    return n > 0;
}

/* A name whose encoding is bad equals nothing here: http_query_names names it. */
static enum err is_named(struct ctx *c, const struct piece *piece, const char *name, bool *is_out) {
    char *text = arena_alloc(c->arena, piece->name_n + 1);
    if (!text) return FAIL(c, ERR_LIMIT, "request.too-large", "the request needs too much memory");
    *is_out = decode(piece->name, piece->name_n, true, text) && strcmp(text, name) == 0;
    return OK;
}

enum err http_query(struct ctx *c, const char *query, const char *name, const char **value_out) {
    const char *pointer = arena_printf(c->arena, "?%s", name), *value = NULL;
    for (struct piece piece; next_piece(&query, &piece);) {
        bool is_it = false;
        TRY(is_named(c, &piece, name, &is_it));
        if (is_it && value) {
            ctx_fault_item(c, pointer, "is given more than once");
            return ctx_faults(c);
        }
        if (is_it) TRY(decoded(c, piece.value, piece.value_n, true, pointer, &value));
    }
    *value_out = value;
    return OK;
}

static size_t count(const char *query) {
    size_t n = 0;
    for (struct piece piece; next_piece(&query, &piece);)
        n++;
    return n;
}

enum err http_query_names(struct ctx *c, const char *query, struct list *names_out) {
    size_t n = count(query), i = 0;
    const char **names = arena_array(c->arena, n ? n : 1, sizeof *names);
    if (!names) return FAIL(c, ERR_LIMIT, "request.too-large", "the request needs too much memory");
    for (struct piece piece; next_piece(&query, &piece); i++) {
        const char *pointer = arena_printf(c->arena, "?%.*s", (int)piece.name_n, piece.name);
        TRY(decoded(c, piece.name, piece.name_n, true, pointer, &names[i]));
    }
    *names_out = (struct list){names, n};
    return OK;
}

enum err http_segment(struct ctx *c, const char *segment, size_t n, const char **text_out) {
    return decoded(c, segment, n, false, "/", text_out);
}
