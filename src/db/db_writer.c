/* The writer: one thread, one connection. What waits becomes one transaction and one fsync; no job
 * hears of success before that. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "db/driver.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define WRITER_ARENA (256 * 1024) /* texts of the group's own faults; reset after each group */
#define NS_PER_S 1000000000
#define IDLE_NS 500000000 /* without a job: time to empty the WAL */

struct lane {
    struct db_job *first, **end;
};

struct db_writer {
    struct ctx ctx; /* begin, savepoints and commit; jobs have contexts of their own */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct lane light, heavy; /* under lock */
    bool is_heavys_turn;      /* under lock */
    bool stopping;            /* under lock */
    bool is_settled;          /* nothing is left to do when idle; the thread's */
    atomic_size_t waiting;    /* in the queue or in the group that runs */
    _Atomic int64_t groups, jobs, group_us_sum;
};

struct group {
    struct db_job *job[LIMIT_GROUP];
    enum err err[LIMIT_GROUP];
    size_t n;
};

/* ---- a group ---- */

static void set_all(struct group *g, enum err err) {
    for (size_t i = 0; i < g->n; i++)
        g->err[i] = err;
}

/* A group of one needs no savepoint: its rollback is the transaction's. */
static enum err run_alone(struct db_writer *w, struct db_job *job) {
    enum err err = job->run(job, w->ctx.db);
    REQUIRE(db_in_unit(w->ctx.db));
    if (err != OK) db_rollback(&w->ctx);
    return err;
}

static enum err run_in_savepoint(struct db_writer *w, struct db_job *job) {
    enum err err = db_savepoint(&w->ctx);
    if (err != OK) {
        db_rollback(&w->ctx); /* nothing more can be told apart from what the others wrote */
        return err;
    }
    err = job->run(job, w->ctx.db);
    if (err == OK) err = db_release(&w->ctx);
    if (err != OK) db_rollback_to(&w->ctx);
    return err;
}

/* false: it failed after it wrote, against its promise, and only a savepoint could tell its writes from those
 * of the others. */
static bool run_plain(struct db_writer *w, struct db_job *job, enum err *err_out) {
    int64_t writes = w->ctx.db->writes;
    *err_out = job->run(job, w->ctx.db);
    if (*err_out == OK) return db_part(&w->ctx) == OK;
    return db_in_unit(w->ctx.db) && w->ctx.db->broken == OK && w->ctx.db->writes == writes;
}

static bool all_plain(const struct group *g) {
    size_t i = 0;
    while (i < g->n && g->job[i]->is_plain)
        i++;
    return i == g->n && g->n > 1;
}

/* A savepoint copies every page that its job touches: where all promise to need none, they go without. One
 * that breaks its promise (a full disk, a mistake of ours) has all of them undone, and run again with. */
static enum err run_all_plain(struct db_writer *w, struct group *g, bool *kept_out) {
    size_t i = 0;
    while (i < g->n && run_plain(w, g->job[i], &g->err[i]))
        i++;
    *kept_out = i == g->n;
    if (*kept_out) return OK;
    db_rollback(&w->ctx);
    ctx_fault_clear(&w->ctx);
    return db_begin(&w->ctx);
}

/* Each job's own error in g->err. An answer other than OK is about the transaction: it is gone (a
 * full disk can make the database give it up), with the jobs that had succeeded. */
static enum err run_jobs(struct db_writer *w, struct group *g) {
    bool kept = false;
    if (g->n == 1) {
        g->err[0] = run_alone(w, g->job[0]);
        return OK;
    }
    if (all_plain(g)) TRY(run_all_plain(w, g, &kept));
    for (size_t i = 0; !kept && i < g->n; i++) {
        g->err[i] = run_in_savepoint(w, g->job[i]);
        if (!db_in_unit(w->ctx.db)) return g->err[i];
    }
    return OK;
}

static enum err commit_group(struct db_writer *w, struct group *g) {
    TRY(db_begin(&w->ctx));
    TRY(run_jobs(w, g));
    return db_in_unit(w->ctx.db) ? db_commit(&w->ctx) : OK;
}

static void count_group(struct db_writer *w, const struct group *g, int64_t started_us) {
    atomic_fetch_add(&w->groups, 1);
    atomic_fetch_add(&w->jobs, (int64_t)g->n);
    atomic_fetch_add(&w->group_us_sum, clock_monotonic_us() - started_us);
}

/* A rewrite that was asked for does not wait for half a second of silence, which a busy day may not have. */
static void settle_after_group(struct db_writer *w) {
    struct db *db = w->ctx.db;
    if (db->rewrite == DB_REWRITE_WANTED && atomic_load(&w->waiting) == 0)
        w->is_settled = db_settle_idle(&w->ctx);
    else
        db->driver->settle(db, false);
}

static void run_group(struct db_writer *w, struct group *g) {
    int64_t started_us = clock_monotonic_us();
    enum err err = commit_group(w, g);
    if (err != OK) {
        log_event(LOG_WARN, "db.group-failed", "err=%s slug=%s jobs=%zu", err_name(err),
                  w->ctx.fault.slug ? w->ctx.fault.slug : "-", g->n);
        set_all(g, err);
    }
    REQUIRE(!db_in_unit(w->ctx.db));
    count_group(w, g, started_us);
    for (size_t i = 0; i < g->n; i++) {
        atomic_fetch_sub(&w->waiting, 1);
        g->job[i]->done(g->job[i], g->err[i]);
    }
    ctx_fault_clear(&w->ctx);
    arena_reset(w->ctx.arena);
    w->is_settled = false;
    settle_after_group(w); /* after the answers: they need not wait for it */
}

/* ---- the thread ---- */

static void add(struct lane *lane, struct db_job *job) {
    job->next = NULL;
    *lane->end = job;
    lane->end = &job->next;
}

static bool is_waiting(const struct db_writer *w) {
    return w->light.first || w->heavy.first;
}

/* Light jobs by number, heavy ones by weight: at least one. */
static void take(struct db_writer *w, struct group *g) {
    bool heavy = w->heavy.first && (w->is_heavys_turn || !w->light.first);
    struct lane *lane = heavy ? &w->heavy : &w->light;
    size_t weight = 0;
    for (g->n = 0; lane->first && g->n < LIMIT_GROUP; g->n++) {
        weight += lane->first->weight;
        if (heavy && g->n > 0 && weight > LIMIT_GROUP_BYTES) break;
        g->job[g->n] = lane->first;
        lane->first = lane->first->next;
    }
    if (!lane->first) lane->end = &lane->first;
    w->is_heavys_turn = !heavy;
}

static void settle_when_idle(struct db_writer *w) {
    pthread_mutex_unlock(&w->lock);
    w->is_settled = db_settle_idle(&w->ctx);
    pthread_mutex_lock(&w->lock);
}

static void wait_for_work(struct db_writer *w) {
    if (w->is_settled) {
        pthread_cond_wait(&w->wake, &w->lock);
        return;
    }
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += IDLE_NS;
    until.tv_sec += until.tv_nsec / NS_PER_S;
    until.tv_nsec %= NS_PER_S;
    int late = pthread_cond_timedwait(&w->wake, &w->lock, &until);
    if (late && !is_waiting(w) && !w->stopping) settle_when_idle(w);
}

/* Fills the group; an empty one: the writer stops. */
static void next_group(struct db_writer *w, struct group *g) {
    pthread_mutex_lock(&w->lock);
    while (!is_waiting(w) && !w->stopping)
        wait_for_work(w);
    take(w, g);
    pthread_mutex_unlock(&w->lock);
}

static void *writer_main(void *user) {
    struct db_writer *w = user;
    struct group group;
    for (next_group(w, &group); group.n > 0; next_group(w, &group))
        run_group(w, &group);
    return NULL;
}

/* ---- for the others ---- */

static struct db_writer *new_writer(const struct ctx *c, struct db *db) {
    struct db_writer *w = calloc(1, sizeof *w);
    struct arena *arena = arena_create(WRITER_ARENA);
    pthread_condattr_t monotonic;
    if (!w || !arena) {
        free(w);
        arena_destroy(&arena);
        return NULL;
    }
    w->ctx = (struct ctx){.arena = arena, .db = db, .rules = c->rules, .now = c->now};
    w->light.end = &w->light.first;
    w->heavy.end = &w->heavy.first;
    w->is_settled = true;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return w;
}

static void free_writer(struct db_writer *w) {
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    arena_destroy(&w->ctx.arena);
    free(w);
}

enum err db_writer_start(struct ctx *c, struct db *db, struct db_writer **writer_out) {
    REQUIRE(!db->in_unit);
    struct db_writer *w = new_writer(c, db);
    if (!w) return FAIL(c, ERR_LIMIT, "db.memory", "the machine has no memory left");
    if (pthread_create(&w->thread, NULL, writer_main, w) != 0) {
        free_writer(w);
        return FAIL(c, ERR_LIMIT, "db.thread", "the machine gives no thread to the writer");
    }
    *writer_out = w;
    return OK;
}

bool db_writer_submit(struct db_writer *w, struct db_job *job) {
    REQUIRE(job->run && job->done);
    pthread_mutex_lock(&w->lock);
    bool is_taken = !w->stopping && atomic_load(&w->waiting) < LIMIT_QUEUE;
    if (is_taken) {
        atomic_fetch_add(&w->waiting, 1);
        add(job->weight > LIMIT_BODY ? &w->heavy : &w->light, job);
        pthread_cond_signal(&w->wake);
    }
    pthread_mutex_unlock(&w->lock);
    return is_taken;
}

void db_writer_stop(struct db_writer **writer) {
    struct db_writer *w = *writer;
    if (!w) return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    db_close(&w->ctx.db);
    free_writer(w);
    *writer = NULL;
}

size_t db_writer_waiting(const struct db_writer *w) {
    return atomic_load(&w->waiting);
}

void db_writer_stats(const struct db_writer *w, struct db_writer_stats *stats_out) {
    stats_out->groups = atomic_load(&w->groups);
    stats_out->jobs = atomic_load(&w->jobs);
    stats_out->group_us_sum = atomic_load(&w->group_us_sum);
}
