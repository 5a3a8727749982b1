/* Which requests are let in: rules over plain data. See http_guard.h. */
#include "http/http_guard.h"
#include "base/limits.h"
#include <stdint.h>
#include <string.h>
#include <strings.h>

enum { LENGTH_DIGITS = 15 }; /* fits size_t with room; the limits of bodies are far below */

static const char *const METHODS[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
/* A second one would be read by one program and not by the next. */
static const char *const SINGLE[] = {"Host",         "Content-Length", "Authorization", "Idempotency-Key",
                                     "Content-Type", "If-Match",       "Expect"};

static const struct guard_refusal PASS;
static const struct guard_refusal TOO_LONG = {414, "request.target-too-long",
                                              "the path and query are too long"};
static const struct guard_refusal TOO_LARGE = {431, "request.headers-too-large",
                                               "the request headers are too large"};
static const struct guard_refusal LAYOUT = {
    400, "request.malformed",
    "the request head is not one of HTTP/1.1: every line ends in CR LF, no header is folded"};
static const struct guard_refusal VERSION = {505, "request.version", "only HTTP/1.1 is spoken here"};
static const struct guard_refusal TARGET = {400, "request.malformed",
                                            "the path must start with / and hold visible ASCII without %00"};
static const struct guard_refusal METHOD = {405, "method.not-allowed", "this method is not known here"};
static const struct guard_refusal HEADER_NAME = {400, "request.malformed",
                                                 "a header name holds bytes that it may not"};
static const struct guard_refusal HEADER_VALUE = {400, "request.malformed",
                                                  "a header value holds control bytes"};
static const struct guard_refusal ENCODING = {
    411, "request.length-required", "send the body with Content-Length and without Transfer-Encoding"};
static const struct guard_refusal REPEATED = {400, "request.malformed",
                                              "a header is given twice that may be given once"};
static const struct guard_refusal HOST = {400, "request.malformed",
                                          "the Host header is missing or not a host name"};
static const struct guard_refusal LENGTH = {400, "request.malformed", "Content-Length is not a number"};
static const struct guard_refusal HUGE = {413, "request.too-large", "no request may have a body so large"};

static bool same(struct guard_span span, const char *word) {
    return span.n == strlen(word) && memcmp(span.at, word, span.n) == 0;
}

static bool named(struct guard_span name, const char *word) {
    return name.n == strlen(word) && strncasecmp(name.at, word, name.n) == 0;
}

static bool all_bytes(struct guard_span span, bool (*good)(unsigned char)) {
    for (size_t i = 0; i < span.n; i++)
        if (!good((unsigned char)span.at[i])) return false;
    return true;
}

static bool is_digit(unsigned char c) {
    return c >= '0' && c <= '9';
}

static bool is_alnum(unsigned char c) {
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool is_token(unsigned char c) {
    return is_alnum(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_host(unsigned char c) {
    return is_alnum(c) || (c && strchr("-._~%:[]", c));
}

static bool is_text(unsigned char c) {
    return c == '\t' || (c >= 0x20 && c != 0x7f);
}

static bool is_visible(unsigned char c) {
    return c > 0x20 && c < 0x7f;
}

static const char NULS[4]; /* what CR LF CR LF has become */

/* Addresses as numbers: pieces that were moved lie in other memory, which may not be compared as pointers. */
static uintptr_t start(struct guard_span span) {
    return (uintptr_t)span.at;
}

static uintptr_t end(struct guard_span span) {
    return (uintptr_t)span.at + span.n;
}

/* The colon, then nothing but blanks, then the value and a line end, in that order and inside the head. */
static bool joined(const struct guard_header *header, uintptr_t head_end) {
    if (start(header->value) <= end(header->name) || end(header->value) + 1 >= head_end) return false;
    for (const char *at = header->name.at + header->name.n + 1; at < header->value.at; at++)
        if (*at != ' ' && *at != '\t') return false;
    return memcmp(header->value.at + header->value.n, NULS, 2) == 0;
}

static bool laid_out(const struct guard_request *r) {
    uintptr_t head_end = start(r->method) + r->head_bytes;
    if (start(r->target) != end(r->method) + 1 || start(r->version) != end(r->target) + 1) return false;
    uintptr_t next = end(r->version) + 2;
    for (size_t i = 0; i < r->n; i++) {
        if (start(r->header[i].name) != next || !joined(&r->header[i], head_end)) return false;
        next = end(r->header[i].value) + 2;
    }
    return next + 2 == head_end && memcmp(r->method.at + r->head_bytes - sizeof NULS, NULS, sizeof NULS) == 0;
}

static bool good_target(const struct guard_request *r) {
    struct guard_span text = {r->target_text, r->target.n};
    return text.n > 0 && text.at[0] == '/' && all_bytes(text, is_visible) && !strstr(text.at, "%00");
}

struct guard_refusal http_guard_line(const struct guard_request *request) {
    if (request->target.n > LIMIT_PATH_BYTES) return TOO_LONG;
    if (request->head_bytes > LIMIT_HEADER_BYTES || request->n > GUARD_HEADERS_MAX) return TOO_LARGE;
    if (!laid_out(request)) return LAYOUT;
    if (!same(request->version, "HTTP/1.1")) return VERSION;
    if (!good_target(request)) return TARGET;
    return PASS;
}

static size_t count(const struct guard_request *r, const char *name) {
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        n += named(r->header[i].name, name);
    return n;
}

static struct guard_refusal each_header(const struct guard_request *r) {
    for (size_t i = 0; i < r->n; i++) {
        const struct guard_header *header = &r->header[i];
        if (header->name.n == 0 || !all_bytes(header->name, is_token)) return HEADER_NAME;
        if (!all_bytes(header->value, is_text)) return HEADER_VALUE;
    }
    return PASS;
}

static struct guard_refusal framing(const struct guard_request *r) {
    const struct guard_span *host = http_guard_header(r, "Host");
    const struct guard_span *length = http_guard_header(r, "Content-Length");
    if (http_guard_header(r, "Transfer-Encoding")) return ENCODING;
    for (size_t i = 0; i < sizeof SINGLE / sizeof *SINGLE; i++)
        if (count(r, SINGLE[i]) > 1) return REPEATED;
    if (!host || host->n == 0 || !all_bytes(*host, is_host)) return HOST;
    if (length && (length->n == 0 || !all_bytes(*length, is_digit))) return LENGTH;
    if (length && length->n > LENGTH_DIGITS) return HUGE;
    return PASS;
}

struct guard_refusal http_guard_headers(const struct guard_request *request) {
    struct guard_refusal refusal = each_header(request);
    if (!refusal.status) refusal = framing(request);
    if (!refusal.status && !http_guard_method(request->method)) return METHOD;
    return refusal;
}

const struct guard_span *http_guard_header(const struct guard_request *request, const char *name) {
    for (size_t i = 0; i < request->n; i++)
        if (named(request->header[i].name, name)) return &request->header[i].value;
    return NULL;
}

size_t http_guard_length(const struct guard_request *request) {
    const struct guard_span *value = http_guard_header(request, "Content-Length");
    size_t length = 0;
    for (size_t i = 0; value && i < value->n; i++)
        length = length * 10 + (size_t)(value->at[i] - '0');
    return length;
}

const char *http_guard_method(struct guard_span method) {
    for (size_t i = 0; i < sizeof METHODS / sizeof *METHODS; i++)
        if (same(method, METHODS[i])) return METHODS[i];
    return NULL;
}
