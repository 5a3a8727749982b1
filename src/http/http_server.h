/* What the files of this floor share: the server, its connections and the requests on them. All of
 * it belongs to the loop thread, but for what is marked. */
#ifndef CANARY_SRC_HTTP_SERVER_H
#define CANARY_SRC_HTTP_SERVER_H

#include "base/crypto.h"
#include "http/http.h"
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

enum http_phase {
    PHASE_IDLE,     /* between requests; perhaps with a part of a first line (begun_us) */
    PHASE_ARRIVING, /* the first line is here, the whole request is not */
    PHASE_HANDLED,  /* suspended: the handler has the request */
    PHASE_ANSWERING
};

struct http_connection {
    struct http_connection *next, **link;
    struct http_server *server;
    struct MHD_Connection *mhd;
    int fd;
    enum http_phase phase;
    bool loopback;
    bool shut;         /* shutdown(2) was called: the library will notice and close it */
    bool refused;      /* closed with bytes of the client unread: linger, or the answer is lost */
    int64_t since_us;  /* begin of the phase */
    int64_t begun_us;  /* idle, but bytes of a next request are here since; 0: none */
    int64_t arrive_ms; /* how long the request may take to arrive */
    int64_t answer_ms; /* how long the answer may take to be fetched */
    uint64_t consumed; /* bytes of all whole requests so far */
};

enum http_stage { STAGE_LINE, STAGE_BODY, STAGE_HANDED, STAGE_ANSWERED };

struct http_exchange {
    struct http_request request; /* first: http_done gets its address */
    struct http_connection *connection;
    enum http_stage stage;
    size_t head_bytes, content_length, body_cap;
    bool hashing;
    struct sha256 hash; /* of what arrived so far */
    uint8_t digest[SHA256_SIZE];
    bool discarding;       /* the body is over its limit: counted, not kept */
    char *body;            /* grows as bytes arrive: a large Content-Length alone costs no memory */
    const char *target_at; /* where the request target lies in the library's buffer: see http_guard.h */
    size_t target_n;
    char target[]; /* path, then the query after a NUL */
};

struct http_linger {
    struct http_linger *next;
    int fd; /* -1: ended */
    int64_t until_us;
};

struct http_server {
    struct http_config config;
    struct MHD_Daemon *daemon;
    int listen_fd, wake_fd, epoll_fd, port;
    struct http_connection *connections;
    struct http_linger *lingering;
    size_t lingerers;
    struct http_exchange *calling; /* the handler is being called with it right now */
    bool answered_at_once;         /* … and has answered before it returned */
    bool draining;
    size_t bodies; /* bytes of memory in large bodies */
    int64_t swept_us, deadline_us;
    pthread_t loop; /* set before the first request */

    pthread_mutex_t lock; /* guards the two below: any thread */
    struct http_request *done, **done_end;
    atomic_bool stopping; /* any thread, and signal handlers */
    atomic_int_fast64_t open, accepted, requests, refused, dripped;
};

/* http_listen.c: a bound, listening socket for "127.0.0.1:8080" or "[::1]:8080". */
MUST enum err http_listen_open(struct ctx *c, const char *address, int *fd_out, int *port_out);

/* http_exchange.c: the callbacks of the library for one request. */
void *http_exchange_line(void *server, const char *target, struct MHD_Connection *mhd);
enum MHD_Result http_exchange_run(void *server, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *bytes, size_t *n,
                                  void **exchange);
void http_exchange_end(void *server, struct MHD_Connection *mhd, void **exchange,
                       enum MHD_RequestTerminationCode why);

/* http_connection.c: the list of connections and their limits of time. */
void http_connection_notify(void *server, struct MHD_Connection *mhd, void **connection,
                            enum MHD_ConnectionNotificationCode code);
struct http_connection *http_connection_of(struct MHD_Connection *mhd);
void http_connection_phase(struct http_connection *connection, enum http_phase phase);
/* true when bytes arrived that belong to no request handed over yet. */
bool http_connection_has_more(const struct http_connection *connection);
/* Shuts down what is over its time; while draining also what is idle. How many must be waited for. */
size_t http_connection_sweep(struct http_server *server, int64_t now_us);

/* http_linger.c: sockets kept half-open for a moment so that a refusal reaches its client. */
void http_linger_add(struct http_server *server, int fd);
void http_linger_read(struct http_linger *linger);
void http_linger_sweep(struct http_server *server, int64_t now_us);

#endif
