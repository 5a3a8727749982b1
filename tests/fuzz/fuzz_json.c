/* Bodies: "<shape>\n<text>". What is taken as JSON is JSON for an independent reader of RFC 8259, and the
 * other way round within the limits; what a shape takes means something: written and read again it is the
 * same. */
#include "fuzz.h"
#include "api/api.h"
#include "base/limits.h"
#include "base/shape.h"
#include "base/text.h"
#include "json/json.h"
#include <string.h>

/* ---- an independent reader: the grammar and nothing else ---- */

struct reader {
    const char *at, *end;
    size_t values;
    int depth, deepest;
};

static bool read_value(struct reader *r);

static void skip_space(struct reader *r) {
    while (r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at)
        r->at++;
}

static bool take(struct reader *r, char c) {
    if (r->at == r->end || *r->at != c) return false;
    r->at++;
    return true;
}

static size_t digits(struct reader *r) {
    size_t n = 0;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9') {
        r->at++;
        n++;
    }
    return n;
}

static bool read_number(struct reader *r) {
    take(r, '-');
    if (!take(r, '0') && digits(r) == 0) return false;
    if (take(r, '.') && digits(r) == 0) return false;
    if (take(r, 'e') || take(r, 'E')) {
        if (!take(r, '+')) take(r, '-');
        return digits(r) > 0;
    }
    return true;
}

static bool read_escape(struct reader *r) {
    if (r->at == r->end) return false;
    char c = *r->at++;
    if (c != 'u') return c && strchr("\"\\/bfnrt", c);
    for (int i = 0; i < 4; i++) {
        if (r->at == r->end || !*r->at || !strchr("0123456789abcdefABCDEF", *r->at)) return false;
        r->at++;
    }
    return true;
}

static bool read_string(struct reader *r) {
    if (!take(r, '"')) return false;
    while (r->at < r->end) {
        unsigned char c = (unsigned char)*r->at++;
        if (c == '"') return true;
        if (c < 0x20) return false;
        if (c == '\\' && !read_escape(r)) return false;
    }
    return false;
}

static bool read_members(struct reader *r, char end, bool is_object) {
    r->at++;
    if (++r->depth > r->deepest) r->deepest = r->depth;
    if (r->depth > 2000) return false;
    skip_space(r);
    if (take(r, end)) {
        r->depth--;
        return true;
    }
    do {
        skip_space(r);
        if (is_object) {
            if (!read_string(r)) return false;
            skip_space(r);
            if (!take(r, ':')) return false;
        }
        if (!read_value(r)) return false;
        skip_space(r);
    } while (take(r, ','));
    r->depth--;
    return take(r, end);
}

static bool read_word(struct reader *r, const char *word) {
    size_t n = strlen(word);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0) return false;
    r->at += n;
    return true;
}

static bool read_value(struct reader *r) {
    skip_space(r);
    r->values++;
    if (r->at == r->end) return false;
    switch (*r->at) {
    case '{':
        return read_members(r, '}', true);
    case '[':
        return read_members(r, ']', false);
    case '"':
        return read_string(r);
    case 't':
        return read_word(r, "true");
    case 'f':
        return read_word(r, "false");
    case 'n':
        return read_word(r, "null");
    default:
        return read_number(r);
    }
}

/* UTF-8 by the table of RFC 3629. */
static bool is_utf8(const unsigned char *at, size_t n) {
    for (size_t i = 0; i < n;) {
        unsigned char c = at[i];
        size_t more = c < 0x80                 ? 0
                      : c >= 0xc2 && c <= 0xdf ? 1
                      : (c & 0xf0) == 0xe0     ? 2
                      : c >= 0xf0 && c <= 0xf4 ? 3
                                               : 9;
        if (more == 9 || n - i <= more) return false;
        for (size_t k = 1; k <= more; k++)
            if ((at[i + k] & 0xc0) != 0x80) return false;
        if ((c == 0xe0 && at[i + 1] < 0xa0) || (c == 0xed && at[i + 1] > 0x9f) ||
            (c == 0xf0 && at[i + 1] < 0x90) || (c == 0xf4 && at[i + 1] > 0x8f))
            return false;
        i += more + 1;
    }
    return true;
}

static bool is_json(const char *bytes, size_t n, struct reader *r) {
    *r = (struct reader){.at = bytes, .end = bytes + n};
    if (!is_utf8((const unsigned char *)bytes, n) || (n && memchr(bytes, 0, n))) return false;
    if (!read_value(r)) return false;
    skip_space(r);
    return r->at == r->end;
}

/* ---- the properties ---- */

static bool is_not_json(const struct ctx *c) {
    return c->fault.slug && strcmp(c->fault.slug, "request.not-json") == 0;
}

static void check_grammar(struct ctx *c, const char *bytes, size_t n) {
    struct reader r;
    bool is = is_json(bytes, n, &r);
    enum err err = json_check(c, bytes, n);
    bool is_refused = err != OK && is_not_json(c);
    HOLDS(err == OK || err == ERR_INVALID || err == ERR_LIMIT, "%s", err_name(err));
    HOLDS(is || err != OK, "it is no JSON and was taken");
    bool is_within = r.deepest <= LIMIT_JSON_DEPTH && r.values <= LIMIT_JSON_NODES;
    HOLDS(!is || !is_refused || !is_within, "it is JSON and was refused as none: %s", c->fault.detail);
    HOLDS(err != OK || is_within, "it was taken beyond the limits");
}

/* Does what is written of this shape consist of what is read? */
static bool is_both_ways(const struct shape *shape) {
    for (size_t i = 0; i < shape->n; i++) {
        const struct field *field = &shape->field[i];
        if (field->flags & (F_READONLY | F_INPUT)) return false;
        if (field->sub && !is_both_ways(field->sub)) return false;
    }
    return true;
}

static const struct shape *shape_named(const char *name) {
    for (size_t i = 0; i < api_routes_n; i++)
        if (api_routes[i].in && strcmp(api_routes[i].in->name, name) == 0) return api_routes[i].in;
    return NULL;
}

static const char *written(struct ctx *c, const struct shape *shape, const void *record) {
    struct text out = text_in(c->arena);
    json_object(&out, shape, record);
    HOLDS(!out.failed, "no memory");
    return out.at;
}

static void check_meaning(struct ctx *c, const char *bytes, size_t n, const struct shape *shape) {
    void *record = arena_alloc(c->arena, shape->size), *again = arena_alloc(c->arena, shape->size);
    ctx_fault_clear(c);
    enum err err = json_decode(c, bytes, n, shape, record);
    HOLDS(err == OK || err == ERR_INVALID || err == ERR_LIMIT, "%s", err_name(err));
    if (err == ERR_INVALID) HOLDS(is_not_json(c) || c->fault.first, "refused without a word");
    if (err != OK || !is_both_ways(shape)) return;
    const char *text = written(c, shape, record);
    ctx_fault_clear(c);
    err = json_decode(c, text, strlen(text), shape, again);
    HOLDS(err == OK, "what was written is refused: %s", text);
    HOLDS(strcmp(written(c, shape, again), text) == 0, "written twice it differs: %s", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    struct ctx *c = fuzz_ctx();
    const struct shape *shape = shape_named(fuzz_word(c, &bytes, &n));
    char *copy = fuzz_copy(bytes, n);
    check_grammar(c, copy, n);
    if (shape) check_meaning(c, copy, n, shape);
    free(copy);
    return 0;
}
