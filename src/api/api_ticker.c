#include "api_server.h"
#include "app/app_plan.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/log.h"
#include "db/db.h"
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define ROWS_MAX 16
#define PAUSE_MS 20   /* between two runs of a row that has more to do: the waiting requests go first */
#define PART_US 50000 /* a run that took longer does half as much the next time */
#define RETRY_MS 1000 /* after a full queue or a failure */
#define DAY_LONG 86400000

struct api_ticker {
    struct api_ticker_config config;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping, done;
    enum err err;
    struct db_job job;
    struct ctx c;
    const struct api_clockwork *row; /* the one that runs */
    int64_t left;
    int64_t began_us;          /* on the writer's thread */
    int64_t run_us, writer_us; /* that it took there; to the end of its group's commit */
    struct plan_part plan;
    int64_t most[ROWS_MAX];   /* orders or findings of its next run */
    int64_t due_ms[ROWS_MAX]; /* on the machine's own clock */
};

static int64_t now_ms(void) {
    return clock_monotonic_us() / 1000;
}

static struct api_ticker *ticker_of(struct db_job *job) {
    return (struct api_ticker *)((char *)job - offsetof(struct api_ticker, job));
}

static enum err run_job(struct db_job *job, struct db *db) {
    struct api_ticker *ticker = ticker_of(job);
    ticker->c.db = db;
    ticker->left = 0;
    ticker->began_us = clock_monotonic_us();
    enum err err =
        ticker->row->run(&ticker->c, &ticker->plan, ticker->most[ticker->row - api_clockwork], &ticker->left);
    ticker->run_us = clock_monotonic_us() - ticker->began_us;
    return err;
}

static void job_done(struct db_job *job, enum err err) {
    struct api_ticker *ticker = ticker_of(job);
    pthread_mutex_lock(&ticker->lock);
    ticker->writer_us = job->committed_us - ticker->began_us;
    ticker->err = err;
    ticker->done = true;
    pthread_cond_broadcast(&ticker->wake);
    pthread_mutex_unlock(&ticker->lock);
}

/* As one job of the writer, like any request; waits until it is done. */
static enum err run_row(struct api_ticker *ticker) {
    int64_t now = clock_now(ticker->config.clock);
    arena_reset(ticker->c.arena);
    ticker->c = (struct ctx){.arena = ticker->c.arena,
                             .rules = ticker->config.rules,
                             .now = now,
                             .actor = {.role = ROLE_SYSTEM},
                             .request_id = id_new(now)};
    ticker->job = (struct db_job){.run = run_job, .done = job_done};
    ticker->done = false;
    if (!db_writer_submit(ticker->config.writer, &ticker->job)) return ERR_BUSY;
    pthread_mutex_lock(&ticker->lock);
    while (!ticker->done)
        pthread_cond_wait(&ticker->wake, &ticker->lock);
    pthread_mutex_unlock(&ticker->lock);
    return ticker->err;
}

static int64_t pause_of(const struct api_ticker *ticker, enum err err) {
    if (err != OK) return RETRY_MS;
    if (ticker->left > 0) return PAUSE_MS;
    return ticker->row->every_ms ? ticker->row->every_ms : ticker->config.every_ms;
}

int64_t api_ticker_part(int64_t most, int64_t run_us, int64_t left) {
    if (run_us > PART_US) return most / 2 > API_PART_FIRST ? most / 2 : API_PART_FIRST;
    if (left == 0) return most;
    return 2 * most < LIMIT_CLOCKWORK_PART ? 2 * most : LIMIT_CLOCKWORK_PART;
}

static void run_due(struct api_ticker *ticker) {
    for (size_t i = 0; api_clockwork[i].name; i++) {
        if (ticker->due_ms[i] > now_ms()) continue;
        ticker->row = &api_clockwork[i];
        int64_t started_us = clock_monotonic_us();
        enum err err = run_row(ticker);
        ticker->due_ms[i] = now_ms() + pause_of(ticker, err);
        if (err == OK) ticker->most[i] = api_ticker_part(ticker->most[i], ticker->run_us, ticker->left);
        if (err != OK)
            log_event(LOG_ERROR, "clockwork.failed", "name=%s error=%s slug=%s", ticker->row->name,
                      err_name(err), ticker->c.fault.slug ? ticker->c.fault.slug : "-");
        else
            log_event(LOG_DEBUG, "clockwork", "name=%s left=%lld us=%lld writer_us=%lld", ticker->row->name,
                      (long long)ticker->left, (long long)(clock_monotonic_us() - started_us),
                      (long long)ticker->writer_us);
    }
}

static int64_t next_due_ms(const struct api_ticker *ticker) {
    int64_t next = now_ms() + DAY_LONG;
    for (size_t i = 0; api_clockwork[i].name; i++)
        if (ticker->due_ms[i] < next) next = ticker->due_ms[i];
    return next;
}

/* false: the ticker stops. */
static bool wait_until(struct api_ticker *ticker, int64_t due_ms) {
    struct timespec until = {due_ms / 1000, due_ms % 1000 * 1000000};
    pthread_mutex_lock(&ticker->lock);
    while (!ticker->stopping && now_ms() < due_ms)
        pthread_cond_timedwait(&ticker->wake, &ticker->lock, &until);
    bool goes_on = !ticker->stopping;
    pthread_mutex_unlock(&ticker->lock);
    return goes_on;
}

static void *tick(void *user) {
    struct api_ticker *ticker = user;
    do
        run_due(ticker);
    while (wait_until(ticker, next_due_ms(ticker)));
    return NULL;
}

/* The clock of clock_monotonic_us, not the one that people set. */
static void init_wake(pthread_cond_t *wake) {
    pthread_condattr_t attributes;
    REQUIRE(pthread_condattr_init(&attributes) == 0);
    REQUIRE(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    REQUIRE(pthread_cond_init(wake, &attributes) == 0);
    pthread_condattr_destroy(&attributes);
}

static void ticker_free(struct api_ticker *ticker) {
    arena_destroy(&ticker->c.arena);
    pthread_cond_destroy(&ticker->wake);
    pthread_mutex_destroy(&ticker->lock);
    free(ticker);
}

enum err api_ticker_start(struct ctx *c, const struct api_ticker_config *config,
                          struct api_ticker **ticker_out) {
    struct api_ticker *ticker = calloc(1, sizeof *ticker);
    if (!ticker) return FAIL(c, ERR_INTERNAL, "internal", "no memory for the clockwork");
    ticker->config = *config;
    for (size_t i = 0; i < ROWS_MAX; i++)
        ticker->most[i] = API_PART_FIRST;
    ticker->c.arena = arena_create(LIMIT_ARENA_IMPORT);
    init_wake(&ticker->wake);
    REQUIRE(pthread_mutex_init(&ticker->lock, NULL) == 0);
    if (!ticker->c.arena || pthread_create(&ticker->thread, NULL, tick, ticker) != 0) {
        ticker_free(ticker);
        return FAIL(c, ERR_INTERNAL, "internal", "the clockwork cannot be started");
    }
    *ticker_out = ticker;
    return OK;
}

void api_ticker_stop(struct api_ticker **ticker) {
    struct api_ticker *gone = *ticker;
    if (!gone) return;
    pthread_mutex_lock(&gone->lock);
    gone->stopping = true;
    pthread_cond_broadcast(&gone->wake);
    pthread_mutex_unlock(&gone->lock);
    pthread_join(gone->thread, NULL);
    ticker_free(gone);
    *ticker = NULL;
}
