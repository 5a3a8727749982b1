/* The guard in front of libmicrohttpd 0.9.75, which reads what other programs on the way read
 * differently (request smuggling): two Content-Length, Content-Length with Transfer-Encoding, bare
 * LF, folded headers, two Hosts, NUL and %00. Anything odd is refused and closes the connection.
 *
 * The library hands out the pieces of a head as pointers into the one buffer it read them into,
 * in which it overwrote each separator by NULs. So their places show what stood between them: a
 * target starts one byte after the method, a name two bytes after the version or the last value, and the
 * head ends four bytes after the last value. A bare LF leaves one byte, a folded header is moved
 * or leaves a gap, a NUL inside hides bytes, a second space or an empty line shifts what follows:
 * each breaks the chain. A library that does it otherwise would have every request refused, not let through.
 * What cannot be seen, because it leaves the same NULs: NUL LF in place of CR LF, and a line of a
 * single colon (or NUL) that ends in LF (or ends in CR LF behind a bare LF), which the library takes for the
 * empty line. In both a bare LF comes with a byte or a name that no proxy may pass on (RFC 9110, 5.5
 * and 5.1), and one that writes the head anew ends its lines in CR LF, which is seen. Empty lines before the
 * first line are skipped (RFC 9112, 2.2). What the library refuses before the guard can: a first line it
 * cannot read, a line without a colon, a Content-Length that is no number, a head beyond its buffer. It
 * closes the connection as well. */
#ifndef CANARY_SRC_HTTP_GUARD_H
#define CANARY_SRC_HTTP_GUARD_H

#include <stdbool.h>
#include <stddef.h>

enum { GUARD_HEADERS_MAX = 100 };

struct guard_span {
    const char *at;
    size_t n;
};

struct guard_header {
    struct guard_span name, value;
};

struct guard_request {
    struct guard_span method, target, version; /* target: its place; its bytes may be changed by now */
    const char *target_text;                   /* a copy of its bytes, made before */
    struct guard_header header[GUARD_HEADERS_MAX];
    size_t n;          /* headers; more than GUARD_HEADERS_MAX: the further ones were not kept */
    size_t head_bytes; /* from the method to the empty line, both with */
};

/* Why a request is refused; status 0: it is not. */
struct guard_refusal {
    int status;
    const char *slug, *detail;
};

/* The first line and the places of all pieces. Only after this the target may be looked at. */
struct guard_refusal http_guard_line(const struct guard_request *request);
/* Method and headers. */
struct guard_refusal http_guard_headers(const struct guard_request *request);
/* The value of the first header of that name (any case), NULL when there is none. */
const struct guard_span *http_guard_header(const struct guard_request *request, const char *name);
/* The value of Content-Length after the guard, 0 when there is none. */
size_t http_guard_length(const struct guard_request *request);
/* Our own name for the method ("GET" …), NULL when it is none that we take. */
const char *http_guard_method(struct guard_span method);

#endif
