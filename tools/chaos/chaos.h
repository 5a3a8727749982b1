/* The chaos harness: a server that is killed again and again, a proxy that cuts, delays and repeats requests,
 * devices that retry, and a history of what they were told, held against the database afterwards. */
#ifndef CANARY_TOOLS_CHAOS_H
#define CANARY_TOOLS_CHAOS_H

#include "../bench/bench.h"
#include "base/crypto.h"
#include <pthread.h>
#include <stdatomic.h>

enum {
    CHAOS_REQUEST = 8192,
    CHAOS_ANSWER = 65536,
    CHAOS_LIMIT_MS = 20000, /* nobody waits longer for an answer */
    CHAOS_KILLS = 100000,
    CHAOS_PAUSES = 64,
    CHAOS_PAUSE_MS = 1000 /* shorter ones are not told of */
};

struct chaos_options {
    const char *program, *folder, *base; /* base: a database kept for the next run, or NULL */
    /* A service that somebody else runs, and perhaps kills: its port, and commands (of a shell, with the path
     * in $DB) that bring the world to it before, and a copy of what it holds to here after. 0, NULL: ours */
    long port;
    const char *load, *fetch;
    long kills, devices, stops, seed; /* stops: of each device */
    long cut, delay, repeat;          /* of 1,000 requests */
    long copies, failures,
        probes;      /* of 1,000 events: sent twice; after a failed attempt; ids that are tried */
    double within_s; /* longer is a failure; 0: takes what it takes */
};

/* ---- chance: xorshift, one of each thread ---- */

struct chance {
    uint64_t at;
};
struct chance chance_of(long seed, long number);
/* 0 … n - 1 */
uint64_t chance_below(struct chance *chance, uint64_t n);
bool chance_hits(struct chance *chance, long of_1000);

/* ---- chaos_wire.c: HTTP over blocking sockets ---- */

int wire_connect(int port); /* -1: nobody there */
bool wire_send(int fd, const char *bytes, size_t n);
/* One message, a request or an answer, head and body, and a NUL. 0: the other side was gone, or said too
 * much. */
size_t wire_read(int fd, char *to, size_t room);
/* Of an answer that wire_read has read. */
int wire_status(const char *answer);
const char *wire_body(const char *message);

/* ---- chaos_server.c ---- */

struct chaos_server {
    const struct chaos_options *options;
    char db[BENCH_PATH], log[BENCH_PATH];
    int pid;
    atomic_int port; /* 0 while it is down */
    double ready_ms[CHAOS_KILLS];
    long starts;
};
/* Starts it and waits until /readyz says 200; notes how long that took. */
void chaos_server_start(struct chaos_server *server);
void chaos_server_kill(struct chaos_server *server);
/* SIGTERM; it must end well. */
void chaos_server_stop(struct chaos_server *server);

/* ---- chaos_proxy.c ---- */

struct chaos_proxy {
    const struct chaos_options *options;
    struct chaos_server *server;
    int listener, port;
    pthread_t thread, ghost;
    pthread_mutex_t lock;
    char *late[64]; /* requests that come again when nobody expects them; under lock */
    size_t late_n[64];
    atomic_bool stopping;
    atomic_long connections, requests, cut, delayed, repeated, came_late;
};
void chaos_proxy_open(struct chaos_proxy *proxy, const struct chaos_options *options,
                      struct chaos_server *server);
/* After the last late request. */
void chaos_proxy_close(struct chaos_proxy *proxy);

/* ---- chaos_device.c ---- */

struct chaos_event {
    struct id id;
    int64_t at;
    size_t stop;
    bool is_failure, lacks_one;
    long answers; /* 200 or 201 */
    uint8_t answer[SHA256_SIZE];
    char *text; /* the first answer, or NULL */
};

/* What the devices know, and what they were told. */
struct chaos_history {
    struct chaos_event *event;
    size_t n;
    atomic_long acknowledged, answers, differing, refused, probes;
    atomic_long unanswered; /* no answer, or one that said nothing: sent again */
    struct chaos_pauses {
        pthread_mutex_t lock;
        double started, last, from[CHAOS_PAUSES], until[CHAOS_PAUSES]; /* seconds; between two new answers */
        long n;
    } pauses;
};

struct chaos_device {
    const struct chaos_options *options;
    const struct bench_plan *plan;
    const struct chaos_proxy *proxy;
    struct chaos_history *history;
    long number;
    size_t first, end; /* of its events */
    struct chance chance;
    pthread_t thread;
    int fd;
};
/* Events of the stops of each device, and the devices; they run until everything is acknowledged. */
struct chaos_device *chaos_devices(const struct chaos_options *options, const struct bench_plan *plan,
                                   const struct chaos_proxy *proxy, struct chaos_history *history);
void chaos_devices_start(struct chaos_device *device, long n);
void chaos_devices_join(struct chaos_device *device, long n);
void chaos_print_pauses(struct chaos_history *history);

/* ---- chaos_check.c: the history against the database ---- */

struct chaos_findings {
    long lost;    /* acknowledged, and not there */
    long doubled; /* once stated, counted more often */
    long half;    /* there, but not all of it */
    long foreign; /* there, and nobody's */
};
void chaos_check(const char *db, const struct bench_plan *plan, const struct chaos_history *history,
                 struct chaos_findings *findings_out);

#endif
