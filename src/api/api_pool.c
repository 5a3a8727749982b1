#include "api_pool.h"
#include "base/log.h"
#include "db/db.h"
#include <pthread.h>
#include <stdlib.h>

struct worker {
    struct api_pool *pool;
    struct db *db;
    pthread_t thread;
    bool started;
};

struct api_pool {
    struct api_pool_config config;
    pthread_mutex_t lock; /* guards the queue */
    pthread_cond_t wake;
    struct http_request *first, **last;
    size_t waiting;
    bool stopping;
    struct worker worker[];
};

/* NULL: the pool stops and nothing waits any more. */
static struct http_request *take(struct api_pool *pool) {
    pthread_mutex_lock(&pool->lock);
    while (!pool->first && !pool->stopping)
        pthread_cond_wait(&pool->wake, &pool->lock);
    struct http_request *request = pool->first;
    if (request) {
        pool->first = request->next;
        if (!pool->first) pool->last = &pool->first;
        pool->waiting--;
    }
    pthread_mutex_unlock(&pool->lock);
    return request;
}

static void *work(void *user) {
    struct worker *worker = user;
    struct api_pool *pool = worker->pool;
    struct http_request *request;
    while ((request = take(pool)))
        pool->config.run(pool->config.user, worker->db, request);
    return NULL;
}

static enum err start_worker(struct ctx *c, struct api_pool *pool, struct worker *worker) {
    worker->pool = pool;
    TRY(db_open(c, pool->config.db_url, DB_READ, &worker->db));
    db_set_read_limit_ms(worker->db, pool->config.read_ms);
    worker->started = pthread_create(&worker->thread, NULL, work, worker) == 0;
    return worker->started ? OK : FAIL(c, ERR_INTERNAL, "internal", "no thread can be started");
}

enum err api_pool_start(struct ctx *c, const struct api_pool_config *config, struct api_pool **pool_out) {
    struct api_pool *pool = calloc(1, sizeof *pool + config->threads * sizeof *pool->worker);
    if (!pool) return FAIL(c, ERR_INTERNAL, "internal", "no memory for the threads");
    pool->config = *config;
    pool->last = &pool->first;
    REQUIRE(pthread_mutex_init(&pool->lock, NULL) == 0 && pthread_cond_init(&pool->wake, NULL) == 0);
    enum err err = OK;
    for (size_t i = 0; i < config->threads && err == OK; i++)
        err = start_worker(c, pool, &pool->worker[i]);
    if (err == OK)
        *pool_out = pool;
    else
        api_pool_stop(&pool);
    return err;
}

bool api_pool_submit(struct api_pool *pool, struct http_request *request) {
    pthread_mutex_lock(&pool->lock);
    bool room = pool->waiting < pool->config.queue_max && !pool->stopping;
    if (room) {
        request->next = NULL;
        *pool->last = request;
        pool->last = &request->next;
        pool->waiting++;
        pthread_cond_signal(&pool->wake);
    }
    pthread_mutex_unlock(&pool->lock);
    return room;
}

size_t api_pool_waiting(struct api_pool *pool) {
    pthread_mutex_lock(&pool->lock);
    size_t waiting = pool->waiting;
    pthread_mutex_unlock(&pool->lock);
    return waiting;
}

void api_pool_stop(struct api_pool **pool) {
    struct api_pool *gone = *pool;
    if (!gone) return;
    pthread_mutex_lock(&gone->lock);
    gone->stopping = true;
    pthread_cond_broadcast(&gone->wake);
    pthread_mutex_unlock(&gone->lock);
    for (size_t i = 0; i < gone->config.threads; i++) {
        if (gone->worker[i].started) pthread_join(gone->worker[i].thread, NULL);
        if (gone->worker[i].db) db_close(&gone->worker[i].db);
    }
    pthread_cond_destroy(&gone->wake);
    pthread_mutex_destroy(&gone->lock);
    free(gone);
    *pool = NULL;
}
