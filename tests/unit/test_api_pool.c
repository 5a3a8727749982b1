/* The threads that read: a bounded queue, each request once, nothing left behind at the end. */
#include "api/api_pool.h"
#include "check.h"
#include "base/id.h"
#include "db/db.h"
#include <pthread.h>

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open;
    int begun, done;
};

static void run(void *user, struct db *db, struct http_request *request) {
    struct gate *gate = user;
    CHECK(db);
    pthread_mutex_lock(&gate->lock);
    gate->begun++;
    pthread_cond_broadcast(&gate->changed);
    while (!gate->open)
        pthread_cond_wait(&gate->changed, &gate->lock);
    gate->done++;
    ++*(int *)request->state;
    pthread_mutex_unlock(&gate->lock);
}

static void wait_begun(struct gate *gate, int n) {
    pthread_mutex_lock(&gate->lock);
    while (gate->begun < n)
        pthread_cond_wait(&gate->changed, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

static void open_gate(struct gate *gate) {
    pthread_mutex_lock(&gate->lock);
    gate->open = true;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

TEST(api_pool_is_bounded_and_handles_each_once) {
    struct ctx *c = check_ctx();
    struct gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct http_request request[6];
    int handled[6] = {0};
    const char *path = arena_printf(c->arena, "%s/pool.db", check_dir());
    int64_t applied;
    CHECK_OK(c, db_open(c, path, DB_CREATE, &c->db));
    CHECK_OK(c, db_migrate(c, &applied));
    db_close(&c->db);
    const struct api_pool_config config = {path, 2, 3, 1000, run, &gate};
    struct api_pool *pool = NULL;
    CHECK_OK(c, api_pool_start(c, &config, &pool));
    for (int i = 0; i < 6; i++)
        request[i] = (struct http_request){.state = &handled[i]};
    for (int i = 0; i < 2; i++) {
        CHECK(api_pool_submit(pool, &request[i]));
        wait_begun(&gate, i + 1); /* both threads are busy: what comes now waits */
    }
    for (int i = 2; i < 5; i++)
        CHECK(api_pool_submit(pool, &request[i]));
    CHECK_INT(api_pool_waiting(pool), 3);
    CHECK(!api_pool_submit(pool, &request[5]));
    open_gate(&gate);
    api_pool_stop(&pool);
    CHECK(!pool);
    for (int i = 0; i < 5; i++)
        CHECK_INT(handled[i], 1);
    CHECK_INT(handled[5], 0);
}

TEST(api_pool_without_a_database_does_not_start) {
    struct ctx *c = check_ctx();
    const char *path = arena_printf(c->arena, "%s/none.db", check_dir());
    struct api_pool *pool = NULL;
    const struct api_pool_config config = {path, 2, 3, 0, run, NULL};
    CHECK(api_pool_start(c, &config, &pool) != OK);
    CHECK(!pool && c->fault.detail);
}
