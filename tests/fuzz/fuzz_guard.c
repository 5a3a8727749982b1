/* Heads of requests, taken apart as libmicrohttpd 0.9.75 does it, bare LF, folded lines and all. A head that
 * the guard lets through is one for a strict reader of RFC 9112 as well, and has one length. */
#include "fuzz.h"
#include "base/limits.h"
#include "http/http_guard.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

/* ---- the library's reading ---- */

struct head {
    char *at, *end, *next;
    char *folded[GUARD_HEADERS_MAX]; /* lines that were moved */
    size_t folded_n;
};

/* The next line, its end overwritten by NULs; NULL when there is none. */
static char *next_line(struct head *h) {
    char *from = h->next, *at = from;
    while (at < h->end && *at != '\r' && *at != '\n')
        at++;
    if (at == h->end) return NULL;
    bool is_pair = *at == '\r' && at + 1 < h->end && at[1] == '\n';
    if (*at == '\r' && at + 1 == h->end) return NULL;
    at[0] = 0;
    if (is_pair) at[1] = 0;
    h->next = at + 1 + is_pair;
    return from;
}

static struct guard_span span(char *at) {
    return (struct guard_span){at, strlen(at)};
}

static bool take_line(char *line, struct guard_request *r) {
    char *target = strchr(line, ' ');
    if (!target) return false;
    *target++ = 0;
    while (*target == ' ')
        target++;
    char *version = strrchr(target, ' ');
    if (!version) return false;
    char *end = version;
    version++;
    while (end > target && end[-1] == ' ')
        end--;
    *end = 0;
    r->method = span(line);
    r->target = span(target);
    r->version = span(version);
    return true;
}

static bool take_header(char *line, struct guard_request *r) {
    char *value = strchr(line, ':');
    if (!value) return false;
    *value++ = 0;
    while (*value == ' ' || *value == '\t')
        value++;
    if (r->n < GUARD_HEADERS_MAX) r->header[r->n] = (struct guard_header){span(line), span(value)};
    r->n++;
    return true;
}

static char *with_folded(struct head *h, char *line) {
    while (line && h->next < h->end && (*h->next == ' ' || *h->next == '\t') &&
           h->folded_n < GUARD_HEADERS_MAX) {
        char *more = next_line(h);
        if (!more) return NULL;
        while (*more == ' ' || *more == '\t')
            more++;
        char *both = malloc(strlen(line) + strlen(more) + 2);
        HOLDS(both, "no memory");
        memcpy(both, line, strlen(line));
        memcpy(both + strlen(line), more, strlen(more) + 1);
        h->folded[h->folded_n++] = line = both;
    }
    return line;
}

static bool take_apart(struct head *h, struct guard_request *r) {
    char *line;
    do
        line = next_line(h);
    while (line && !*line);
    if (!line) return false;
    h->at = line;
    if (!take_line(line, r)) return false;
    for (line = next_line(h); line && *line; line = next_line(h)) {
        line = with_folded(h, line);
        if (!line || !take_header(line, r)) return false;
    }
    if (!line) return false;
    r->head_bytes = (size_t)(h->next - h->at);
    return true;
}

/* ---- the strict reading of the same bytes ---- */

static bool is_token(char c) {
    return isalnum((unsigned char)c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_name(const char *at, size_t n, const char *name) {
    return n == strlen(name) && strncasecmp(at, name, n) == 0;
}

/* One line up to CR LF; 0 when there is none. */
static size_t line_length(const char *at, size_t n) {
    for (size_t i = 0; i + 1 < n; i++)
        if (at[i] == '\r' && at[i + 1] == '\n') return i;
    return n;
}

static bool strict_first(const char *at, size_t n) {
    const char *space = memchr(at, ' ', n);
    if (!space || n < 14 || memcmp(at + n - 9, " HTTP/1.1", 9) != 0) return false;
    size_t method = (size_t)(space - at);
    static const char *const METHODS[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    bool is_known = false;
    for (size_t i = 0; i < COUNT(METHODS); i++)
        is_known = is_known || (method == strlen(METHODS[i]) && memcmp(at, METHODS[i], method) == 0);
    if (!is_known || at[method + 1] != '/') return false;
    for (size_t i = method + 1; i < n - 9; i++)
        if (at[i] <= 0x20 || at[i] >= 0x7f) return false;
    return true;
}

struct seen {
    int hosts, lengths;
    bool is_bad;
};

static void strict_header(const char *at, size_t n, struct seen *seen) {
    const char *colon = memchr(at, ':', n);
    size_t name = colon ? (size_t)(colon - at) : 0, from = name + 1, to = n;
    seen->is_bad = seen->is_bad || name == 0;
    for (size_t i = 0; i < name; i++)
        seen->is_bad = seen->is_bad || !is_token(at[i]);
    for (size_t i = name; i < n; i++)
        seen->is_bad = seen->is_bad || (at[i] != '\t' && ((unsigned char)at[i] < 0x20 || at[i] == 0x7f));
    while (from < to && (at[from] == ' ' || at[from] == '\t'))
        from++;
    while (to > from && (at[to - 1] == ' ' || at[to - 1] == '\t'))
        to--;
    seen->hosts += is_name(at, name, "Host");
    seen->is_bad = seen->is_bad || is_name(at, name, "Transfer-Encoding");
    if (!is_name(at, name, "Content-Length")) return;
    seen->lengths++;
    for (size_t i = from; i < to; i++)
        seen->is_bad = seen->is_bad || !isdigit((unsigned char)at[i]);
    seen->is_bad = seen->is_bad || from == to;
}

static bool is_strict(const char *at, size_t n) {
    struct seen seen = {0};
    size_t line = line_length(at, n);
    if (line == n || !strict_first(at, line)) return false;
    for (size_t i = line + 2; i < n;) {
        line = line_length(at + i, n - i);
        if (line == n - i) return false;
        if (line == 0) return i + 2 == n && seen.hosts == 1 && seen.lengths <= 1 && !seen.is_bad;
        strict_header(at + i, line, &seen);
        i += line + 2;
    }
    return false;
}

/* ---- the property ---- */

/* http_guard.h: what cannot be seen by the places of the pieces, and needs a byte that no proxy passes on. */
static bool cannot_be_seen(const char *bytes, size_t n) {
    return memchr(bytes, 0, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    static struct guard_request request;
    struct ctx *c = fuzz_ctx();
    char *copy = fuzz_copy(bytes, n);
    struct head head = {.end = copy + n, .next = copy};
    request = (struct guard_request){0};
    if (n > 0 && !cannot_be_seen((const char *)bytes, n) && take_apart(&head, &request)) {
        request.target_text = arena_memdup(c->arena, request.target.at, request.target.n);
        struct guard_refusal refusal = http_guard_line(&request);
        if (!refusal.status) refusal = http_guard_headers(&request);
        size_t from = (size_t)(head.at - copy);
        if (refusal.status)
            HOLDS(refusal.status >= 400 && refusal.slug && refusal.detail, "a refusal without words");
        if (!refusal.status)
            HOLDS(is_strict((const char *)bytes + from, request.head_bytes), "let through: %.*s",
                  (int)request.head_bytes, (const char *)bytes + from);
    }
    for (size_t i = 0; i < head.folded_n; i++)
        free(head.folded[i]);
    free(copy);
    return 0;
}
