/* What the closed and the open loop have in common: connections that are signed-in drivers. */
#ifndef CANARY_TOOLS_BENCH_LOAD_H
#define CANARY_TOOLS_BENCH_LOAD_H

#include "bench.h"

enum { BENCH_ANSWER_MAX = 65536, BENCH_REQUEST_MAX = 4096 + 512 };

/* One device of a driver, with a session of its own. It keeps its run while it is not connected. */
struct driver {
    int fd; /* -1: not connected */
    int number;
    size_t next, end; /* stops left of the run it has begun */
    double since;     /* what its latency counts from */
    bool waiting;
    size_t got;  /* bytes of the answer */
    size_t sent; /* bytes of the last drop */
    char token[32];
    char request[BENCH_REQUEST_MAX]; /* the last drop */
    char answer[BENCH_ANSWER_MAX];
};

struct bench_load {
    const struct bench_plan *plan;
    int epoll, port;
    struct driver *driver; /* BENCH_CONNECTIONS */
    int connected;         /* of them, the first */
    size_t *claimed;       /* of each driver of the plan: the first stop that no device has taken */
    uint32_t *latency;     /* µs */
    size_t latencies;
    bool is_again;  /* what is sent are copies of drops */
    size_t copies;  /* answered */
    size_t waiting; /* devices with a request on its way */
    uint64_t random;
    /* Called when a device is free again. */
    void (*answered)(struct bench_load *load, struct driver *driver);
    void *user; /* of `answered` */
    double until;
};

/* ---- bench_drop.c ---- */

/* The request that confirms a stop; returns its bytes. `number`: of the stop in the plan. */
size_t bench_drop_write(const struct bench_stop *stop, size_t number, const char *token, uint64_t *random,
                        char request[BENCH_REQUEST_MAX]);

/* ---- bench_load.c ---- */

/* The first n devices are connected, the others are not. */
void bench_load_connect(struct bench_load *load, int n);
/* A next stop, if the driver has one left. */
bool bench_load_has_stop(struct bench_load *load, struct driver *driver);
/* Its next drop; its latency counts from `since`. */
void bench_load_send(struct bench_load *load, struct driver *driver, double since);
/* Takes the answers that come within `ms`. Returns false when none came. */
bool bench_load_take(struct bench_load *load, double seconds);

#endif
