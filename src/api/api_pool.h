/* Threads that take requests from one bounded queue, each with a reader connection of its own. */
#ifndef CANARY_API_POOL_H
#define CANARY_API_POOL_H

#include "api_work.h"

struct api_pool;

struct api_pool_config {
    const char *db_url;
    size_t threads, queue_max;
    int64_t read_ms; /* a read that takes longer is interrupted; 0: none is */
    /* Handles one request and answers it, or passes it on. */
    void (*run)(void *user, struct db *db, struct http_request *request);
    void *user;
};

MUST enum err api_pool_start(struct ctx *c, const struct api_pool_config *config, struct api_pool **pool_out);
/* false: the queue is full. Any thread. */
bool api_pool_submit(struct api_pool *pool, struct http_request *request);
size_t api_pool_waiting(struct api_pool *pool);
/* Handles what waits, then ends the threads. */
void api_pool_stop(struct api_pool **pool);

#endif
