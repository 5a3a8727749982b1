/* HTTP/1.1 through libmicrohttpd, driven from our own epoll loop. One thread reads and writes all
 * sockets; a request is handed over whole and answered later, from any thread, once. */
#ifndef CANARY_HTTP_HTTP_H
#define CANARY_HTTP_HTTP_H

#include "base/ctx.h"

struct http_server;

struct http_header {
    const char *name, *value;
};

struct http_response {
    int status;
    const char *content_type; /* NULL when there is no body */
    const char *body;
    size_t body_size;
    struct http_header header[8]; /* further headers; unused ones have name NULL */
    bool close;                   /* close the connection after this answer */
};

/* A request, all of it in its own arena, which lives until the answer is on the wire. */
struct http_request {
    struct arena *arena;
    const char *method; /* GET HEAD POST PUT PATCH DELETE: the guard lets nothing else through */
    const char *path;   /* as sent, percent-encoded, without the query */
    const char *query;  /* as sent, after '?', "" when none */
    const char *body;   /* body_size bytes and a NUL */
    size_t body_size;
    const char *authorization, *content_type, *accept, *if_match, *idempotency_key; /* NULL: absent */
    const uint8_t *body_sha256;    /* of the body, 32 bytes, where config.body_hashed asked for it; or NULL */
    bool loopback;                 /* the peer is 127.0.0.0/8 or ::1 */
    int64_t started_us;            /* clock_monotonic_us at its first byte seen */
    struct http_response response; /* filled before http_done */
    void *state;                   /* the handler's */
    struct http_request *next;     /* the handler's while it holds the request (queues) */
};

struct http_config {
    const char *listen; /* "127.0.0.1:8080", "[::1]:8080"; port 0: any, see http_port */
    /* Called on the loop thread with the whole request. Must not block; answers now or later with http_done.
     */
    void (*request)(void *user, struct http_request *request);
    /* Called on the loop thread with each request that was handed over and is done (http_done), before its
     * answer is sent: what is left to do for the answer and need not be done by whoever worked on it. NULL:
     * nothing. */
    void (*finish)(void *user, struct http_request *request);
    /* How many body bytes this request may have; called before the body is read. */
    size_t (*body_limit)(void *user, const char *method, const char *path);
    /* Is the body hashed while it arrives (request->body_sha256)? NULL: never. */
    bool (*body_hashed)(void *user, const char *method, const char *path);
    /* Writes the problem for a refusal of the guard (400, 405 method, 411, 413, 414, 431, 505 …) into
     * request->response. */
    void (*refuse)(void *user, struct http_request *request, int status, const char *slug,
                   const char *detail);
    void *user;
    /* A body over its limit, but not over this, is thrown away as it arrives: the request is handed over with
     * body "" and body_size as it was sent. 0: refused at once. */
    size_t discard_max;
    size_t arena_cap;   /* of one request */
    size_t bodies_max;  /* bytes of all bodies over LIMIT_BODY in memory; more are refused (503). 0: any */
    int64_t request_ms; /* a request older than this and not whole yet: connection shut down. A body over
                           LIMIT_BODY has a millisecond more for every LIMIT_DRIP bytes of it */
    int64_t idle_ms;
    unsigned connections_max;
};

/* The guard in front of libmicrohttpd (see reliability notes in src/http/README comment): refuses, and closes
 * the connection: unknown method, not HTTP/1.1, path bytes outside 0x21–0x7e or with %00, a header name that
 * is no token, control bytes in a value, folded headers, more or fewer than one Host, more than one
 * Content-Length / Authorization / Idempotency-Key / Content-Type / If-Match, a Content-Length that is not
 * digits, any Transfer-Encoding (411). */

MUST enum err http_start(struct ctx *c, const struct http_config *config, struct http_server **server_out);
int http_port(const struct http_server *server);
/* Runs the loop until http_stop. Then: accepts nothing more, answers what has begun (requests
 * whose first byte has arrived get until request_ms), drains, and returns. */
void http_run(struct http_server *server);
/* Asks the loop to end; safe in a signal handler. */
void http_stop(struct http_server *server);
void http_destroy(struct http_server **server);
/* The answer in request->response is ready, but for what config.finish has still to do. Any thread, exactly
 * once. The request is not the caller's afterwards. */
void http_done(struct http_server *server, struct http_request *request);

struct http_stats {
    int64_t connections, requests, refused, dripped;
};
void http_stats(const struct http_server *server, struct http_stats *stats_out);

/* Query parameters and path segments: percent-decoded into the arena ('+' is a space in queries).
 * NULL: absent. A name given twice, bad encoding or %00: ERR_INVALID with a fault item "?name". */
MUST enum err http_query(struct ctx *c, const char *query, const char *name, const char **value_out);
/* All names of the query, for refusing unknown ones. */
MUST enum err http_query_names(struct ctx *c, const char *query, struct list *names_out);
/* One path segment, n bytes as sent: percent-decoded. Bad encoding or %00: ERR_INVALID with a fault item "/".
 */
MUST enum err http_segment(struct ctx *c, const char *segment, size_t n, const char **text_out);

#endif
