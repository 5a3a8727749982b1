/* The strict grammar of RFC 8259 in front of cJSON, which lets too much through. */
#include "base/limits.h"
#include "json_doc.h"
#include <string.h>

struct scan {
    struct ctx *c;
    struct json_doc *doc;
    size_t i;
    int depth;
    const char *wrong; /* what is wrong at byte i; NULL after a failure: no memory */
};

static bool scan_value(struct scan *s);

static bool wrong(struct scan *s, const char *what) {
    s->wrong = what;
    return false;
}

static int peek(const struct scan *s) {
    return s->i < s->doc->n ? (unsigned char)s->doc->bytes[s->i] : -1;
}

static int peek_after_space(struct scan *s) {
    int next;
    while ((next = peek(s)) == ' ' || next == '\n' || next == '\r' || next == '\t')
        s->i++;
    return next;
}

static bool grow(struct scan *s) {
    struct json_doc *doc = s->doc;
    size_t cap = doc->cap ? doc->cap * 2 : 64;
    struct json_span *span = arena_array(s->c->arena, cap, sizeof *span);
    if (!span) return wrong(s, NULL);
    if (doc->nodes) memcpy(span, doc->span, doc->nodes * sizeof *span);
    doc->span = span;
    doc->cap = cap;
    return true;
}

/* Where byte `at` lies in the copy that cJSON will parse: it would cut or refuse oddities. */
static char *patch(struct scan *s, size_t at) {
    struct json_doc *doc = s->doc;
    if (!doc->patched) doc->patched = arena_memdup(s->c->arena, doc->bytes, doc->n);
    return doc->patched ? doc->patched + at : NULL;
}

static bool replace_escape(struct scan *s) {
    char *at = patch(s, s->i);
    if (!at) return wrong(s, NULL);
    memcpy(at, "\\ufffd", 6);
    return true;
}

static bool replace_number(struct scan *s, size_t from, size_t n) {
    char *at = patch(s, from);
    if (!at) return wrong(s, NULL);
    memset(at, ' ', n);
    at[0] = '0';
    return true;
}

static int hex_digit(int c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The code unit of a \uXXXX at byte i, -1 when there is none. */
static int code_unit(const struct scan *s, size_t i) {
    const char *bytes = s->doc->bytes;
    if (i + 6 > s->doc->n || bytes[i] != '\\' || bytes[i + 1] != 'u') return -1;
    int unit = 0;
    for (size_t k = i + 2; k < i + 6; k++) {
        int digit = hex_digit((unsigned char)bytes[k]);
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static bool scan_unicode(struct scan *s, bool *odd) {
    int unit = code_unit(s, s->i);
    if (unit < 0) return wrong(s, "\\u needs four hexadecimal digits");
    bool high = unit >= 0xd800 && unit <= 0xdbff, low = unit >= 0xdc00 && unit <= 0xdfff;
    int next = high ? code_unit(s, s->i + 6) : -1;
    if (next >= 0xdc00 && next <= 0xdfff) {
        s->i += 12;
        return true;
    }
    if (unit == 0 || high || low) {
        *odd = true;
        if (!replace_escape(s)) return false;
    }
    s->i += 6;
    return true;
}

static bool scan_escape(struct scan *s, bool *odd) {
    char after = s->i + 1 < s->doc->n ? s->doc->bytes[s->i + 1] : 0;
    if (after == 'u') return scan_unicode(s, odd);
    if (!after || !strchr("\"\\/bfnrt", after)) return wrong(s, "no such escape");
    s->i += 2;
    return true;
}

static bool scan_string(struct scan *s, bool *odd) {
    for (s->i++;;) {
        int c = peek(s);
        if (c < 0) return wrong(s, "a string is not closed");
        if (c < 0x20) return wrong(s, "a control character in a string must be escaped");
        if (c == '\\') {
            if (!scan_escape(s, odd)) return false;
            continue;
        }
        s->i++;
        if (c == '"') return true;
    }
}

static bool scan_text(struct scan *s) {
    size_t node = s->doc->nodes - 1;
    bool odd = false;
    if (!scan_string(s, &odd)) return false;
    if (odd) s->doc->span[node].odd |= JSON_ODD_ESCAPE;
    return true;
}

static bool scan_number(struct scan *s) {
    size_t at = s->i, n = json_number_length(s->doc->bytes + at, s->doc->n - at);
    if (!n) return wrong(s, "not a number as JSON writes it");
    s->i += n;
    if (n <= JSON_NUMBER_MAX) return true;
    s->doc->span[s->doc->nodes - 1].odd |= JSON_ODD_NUMBER;
    return replace_number(s, at, n);
}

static bool scan_literal(struct scan *s) {
    static const char *const literals[] = {"true", "false", "null"};
    for (size_t i = 0; i < COUNT(literals); i++) {
        size_t n = strlen(literals[i]);
        if (s->doc->n - s->i < n || memcmp(s->doc->bytes + s->i, literals[i], n) != 0) continue;
        s->i += n;
        return true;
    }
    return wrong(s, "expected a value");
}

static bool scan_member(struct scan *s) {
    bool odd = false;
    if (peek_after_space(s) != '"') return wrong(s, "expected a member name in quotes");
    if (!scan_string(s, &odd)) return false;
    if (peek_after_space(s) != ':') return wrong(s, "expected a colon");
    s->i++;
    size_t node = s->doc->nodes;
    if (!scan_value(s)) return false;
    if (odd) s->doc->span[node].odd |= JSON_ODD_NAME;
    return true;
}

static bool scan_parts(struct scan *s, int close, bool (*part)(struct scan *), const char *expected) {
    s->i++;
    int next = peek_after_space(s);
    if (next == close) s->i++;
    while (next != close) {
        if (!part(s)) return false;
        next = peek_after_space(s);
        if (next != ',' && next != close) return wrong(s, expected);
        s->i++;
    }
    s->depth--;
    return true;
}

static bool scan_value_at(struct scan *s, int first) {
    bool nests = first == '{' || first == '[';
    if (nests && ++s->depth > LIMIT_JSON_DEPTH) return wrong(s, "nested too deep");
    switch (first) {
    case '{':
        return scan_parts(s, '}', scan_member, "expected a comma or }");
    case '[':
        return scan_parts(s, ']', scan_value, "expected a comma or ]");
    case '"':
        return scan_text(s);
    case '-':
        return scan_number(s);
    default:
        return first >= '0' && first <= '9' ? scan_number(s) : scan_literal(s);
    }
}

static bool scan_value(struct scan *s) {
    struct json_doc *doc = s->doc;
    int first = peek_after_space(s);
    if (doc->nodes == LIMIT_JSON_NODES) return wrong(s, "more values than are taken at once");
    if (doc->nodes == doc->cap && !grow(s)) return false;
    size_t node = doc->nodes++;
    doc->span[node] = (struct json_span){.at = s->i};
    if (!scan_value_at(s, first)) return false;
    doc->span[node].n = s->i - doc->span[node].at;
    return true;
}

static bool scan_body(struct scan *s) {
    if (peek_after_space(s) < 0) return wrong(s, "it is empty");
    if (!scan_value(s)) return false;
    return peek_after_space(s) < 0 || wrong(s, "something follows the end of the value");
}

/* Offset of the first byte that is not UTF-8 or NUL; only called when there is one. */
static size_t utf8_fault(const char *bytes, size_t n) {
    for (size_t i = 0; i < n;) {
        unsigned char lead = (unsigned char)bytes[i];
        size_t length = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        if (length > n - i || !text_utf8_valid(bytes + i, length)) return i;
        i += length;
    }
    return n;
}

static enum err not_json(struct ctx *c, const char *what, size_t at) {
    return FAIL(c, ERR_INVALID, "request.not-json", "The body is not JSON: at byte %zu: %s.", at, what);
}

enum err json_scan(struct ctx *c, struct json_doc *doc) {
    if (!text_utf8_valid(doc->bytes, doc->n))
        return not_json(c, "not UTF-8, or a NUL", utf8_fault(doc->bytes, doc->n));
    struct scan s = {.c = c, .doc = doc};
    if (scan_body(&s)) return OK;
    if (!s.wrong) return FAIL(c, ERR_LIMIT, "request.too-large", "The body is too large to be read.");
    return not_json(c, s.wrong, s.i);
}
