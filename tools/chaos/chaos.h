/* The chaos harness: a server that is killed again and again, a network that cuts, delays and repeats
 * requests, devices that retry, and a history of what they were told, held against the database afterwards.
 */
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
    bool drops;      /* plain ones, before and after: the rate is compared with theirs */
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
/* So many bytes of it, or fewer where it is shorter; `to` has room for a NUL behind them. */
void wire_read_some(int fd, char *to, size_t n);
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

/* ---- chaos_network.c ---- */

struct chaos_network {
    const struct chaos_options *options;
    struct chaos_server *server;
    pthread_t ghost;
    pthread_mutex_t lock;
    char *late[64]; /* requests that come again when nobody expects them; under lock */
    size_t late_n[64];
    atomic_bool stopping;
    atomic_long requests, cut, delayed, repeated, came_late;
};
void chaos_network_open(struct chaos_network *network, const struct chaos_options *options,
                        struct chaos_server *server);
/* After the last late request. */
void chaos_network_close(struct chaos_network *network);

/* What one device has of it. */
struct chaos_link {
    struct chaos_network *network;
    struct chance chance;
    int fd, second;  /* -1: not connected; the second for what comes twice at once */
    size_t answer_n; /* bytes of the last answer */
};
struct chaos_link chaos_link(struct chaos_network *network, long number);
/* Sends a request and reads its answer, unless chance has other plans. false: nothing was heard, and the
 * connection is gone. answer_out holds CHAOS_ANSWER bytes. */
bool chaos_exchange(struct chaos_link *link, const char *request, size_t n, char *answer_out);
void chaos_hang_up(struct chaos_link *link);

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
    struct chaos_history *history;
    long number;
    size_t first, end; /* of its events */
    struct chance chance;
    struct chaos_link link;
    pthread_t thread;
};
/* Events of the stops of each device, and the devices; they run until everything is acknowledged. */
struct chaos_device *chaos_devices(const struct chaos_options *options, const struct bench_plan *plan,
                                   struct chaos_network *network, struct chaos_history *history);
void chaos_devices_start(struct chaos_device *device, long n);
void chaos_devices_join(struct chaos_device *device, long n);
void chaos_print_pauses(struct chaos_history *history);

/* ---- chaos_drops.c ---- */

/* One that fills caches and does not count, one before the storm, one after it. */
enum chaos_part { PART_WARM, PART_BEFORE, PART_AFTER, CHAOS_PARTS };

/* Processor time in seconds. */
struct chaos_cost {
    long events;
    double seconds, server, devices, written; /* bytes, by the server */
};
/* Adds to *cost. The server must be ours. */
void chaos_drops(const struct chaos_options *options, const struct bench_plan *plan,
                 const struct chaos_server *server, enum chaos_part part, struct chaos_cost *cost);
/* That the events of a device need. */
long chaos_runs(const struct chaos_options *options);

/* ---- chaos_check.c: the history against the database ---- */

struct chaos_findings {
    long lost;    /* acknowledged, and not there */
    long doubled; /* once stated, counted more often */
    long half;    /* there, but not all of it */
    long foreign; /* there, and nobody's */
};
/* `drops`: events that are there, beside those of the history. */
void chaos_check(const char *db, const struct bench_plan *plan, const struct chaos_history *history,
                 long drops, struct chaos_findings *findings_out);

#endif
