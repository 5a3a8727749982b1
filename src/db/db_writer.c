/* The writer: one connection, two threads. One makes a transaction of what waits; the other one brings it to
 * the disk, while the first goes on with the next, and no job hears of success before that. */
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
#define GROUPS 8 /* committed and not on the disk yet: one as a rule; on a slow disk one sync is for many */

struct lane {
    struct db_job *first, **end;
};

struct group {
    struct db_job *job[LIMIT_GROUP];
    enum err err[LIMIT_GROUP];
    size_t n;
};

struct db_writer {
    struct ctx ctx; /* begin, savepoints and commit; jobs have contexts of their own */
    pthread_t thread, syncer;
    pthread_mutex_t lock;
    pthread_cond_t wake, committed, synced;
    struct lane light, heavy;   /* under lock */
    struct lane after;          /* reads that wait for a sync; under lock */
    bool is_heavys_turn;        /* under lock */
    bool is_sync_wanted;        /* though no group has ended; under lock */
    bool stopping, is_over;     /* under lock; over: no group will end any more */
    struct group group[GROUPS]; /* a ring: the nth stands in place n % GROUPS */
    int64_t ended, told;        /* groups that the writer and the syncer thread are done with; under lock */
    _Atomic int64_t visible;    /* groups of which a reader may have seen something */
    bool is_settled;            /* nothing is left to do when idle; the writer thread's */
    atomic_size_t waiting;      /* in the queue, or in a group that is not told of */
    _Atomic int64_t groups, jobs, group_us_sum, sync_us_sum;
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
    atomic_store(&w->visible, w->ended + 1);
    return db_in_unit(w->ctx.db) ? db_commit(&w->ctx) : OK;
}

static void count_group(struct db_writer *w, struct group *g, int64_t started_us) {
    int64_t now_us = clock_monotonic_us();
    for (size_t i = 0; i < g->n; i++)
        g->job[i]->committed_us = now_us;
    atomic_fetch_add(&w->groups, 1);
    atomic_fetch_add(&w->jobs, (int64_t)g->n);
    atomic_fetch_add(&w->group_us_sum, now_us - started_us);
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
    ctx_fault_clear(&w->ctx);
    arena_reset(w->ctx.arena);
    w->is_settled = false;
}

/* ---- the writer thread ---- */

static void add(struct lane *lane, struct db_job *job) {
    job->next = NULL;
    *lane->end = job;
    lane->end = &job->next;
}

static struct db_job *take_first(struct lane *lane) {
    struct db_job *job = lane->first;
    lane->first = job->next;
    if (!lane->first) lane->end = &lane->first;
    return job;
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
        g->job[g->n] = take_first(lane);
    }
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

/* The next of the ring, filled; an empty one: the writer stops. */
static struct group *next_group(struct db_writer *w) {
    pthread_mutex_lock(&w->lock);
    while (w->ended - w->told == GROUPS)
        pthread_cond_wait(&w->synced, &w->lock);
    struct group *g = &w->group[w->ended % GROUPS];
    while (!is_waiting(w) && !w->stopping)
        wait_for_work(w);
    take(w, g);
    pthread_mutex_unlock(&w->lock);
    return g;
}

static bool hand_over(struct db_writer *w) {
    pthread_mutex_lock(&w->lock);
    w->ended++;
    bool is_idle = !is_waiting(w);
    pthread_cond_signal(&w->committed);
    pthread_mutex_unlock(&w->lock);
    return is_idle;
}

/* A rewrite that was asked for does not wait for half a second of silence, which a busy day may not have. */
static void settle_after_group(struct db_writer *w, bool is_idle) {
    struct db *db = w->ctx.db;
    if (db->rewrite == DB_REWRITE_WANTED && is_idle)
        w->is_settled = db_settle_idle(&w->ctx);
    else
        db->driver->settle(db, false);
}

static void ask_for_sync(struct db_writer *w) {
    w->ctx.db->wants_sync = false;
    pthread_mutex_lock(&w->lock);
    w->is_sync_wanted = true;
    pthread_cond_signal(&w->committed);
    pthread_mutex_unlock(&w->lock);
}

static void *writer_main(void *user) {
    struct db_writer *w = user;
    for (struct group *g = next_group(w); g->n > 0; g = next_group(w)) {
        run_group(w, g);
        bool is_idle = hand_over(w);
        settle_after_group(w, is_idle); /* the answers need not wait for it */
        if (w->ctx.db->wants_sync) ask_for_sync(w);
    }
    return NULL;
}

/* ---- the syncer thread ---- */

/* false: nothing more will come. Otherwise how many groups have ended by now. */
static bool next_turn(struct db_writer *w, int64_t *ended_out) {
    pthread_mutex_lock(&w->lock);
    while (w->ended == w->told && !w->is_sync_wanted && !w->is_over)
        pthread_cond_wait(&w->committed, &w->lock);
    bool is_more = w->ended > w->told || w->is_sync_wanted;
    w->is_sync_wanted = false;
    *ended_out = w->ended;
    pthread_mutex_unlock(&w->lock);
    return is_more;
}

static void sync_now(struct db_writer *w) {
    struct db *db = w->ctx.db;
    int64_t started_us = clock_monotonic_us();
    if (db->driver->sync) db->driver->sync(db);
    atomic_fetch_add(&w->sync_us_sum, clock_monotonic_us() - started_us);
}

static void tell(struct db_writer *w, const struct group *g) {
    for (size_t i = 0; i < g->n; i++) {
        atomic_fetch_sub(&w->waiting, 1);
        g->job[i]->done(g->job[i], g->err[i]);
    }
}

/* The places of the ring are free now; a read that waited for no later group, or NULL. */
static struct db_job *next_read(struct db_writer *w, int64_t told) {
    struct db_job *job = NULL;
    pthread_mutex_lock(&w->lock);
    w->told = told;
    if (w->after.first && w->after.first->after <= told) job = take_first(&w->after);
    pthread_cond_signal(&w->synced);
    pthread_mutex_unlock(&w->lock);
    return job;
}

static void *syncer_main(void *user) {
    struct db_writer *w = user;
    int64_t told = 0, ended;
    while (next_turn(w, &ended)) {
        sync_now(w);
        for (; told < ended; told++)
            tell(w, &w->group[told % GROUPS]);
        for (struct db_job *read = next_read(w, told); read; read = next_read(w, told))
            read->done(read, OK);
    }
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
    w->after.end = &w->after.first;
    w->is_settled = true;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->committed, NULL);
    pthread_cond_init(&w->synced, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return w;
}

static void free_writer(struct db_writer *w) {
    pthread_cond_destroy(&w->wake);
    pthread_cond_destroy(&w->committed);
    pthread_cond_destroy(&w->synced);
    pthread_mutex_destroy(&w->lock);
    arena_destroy(&w->ctx.arena);
    free(w);
}

/* After the last group has ended. */
static void end_syncer(struct db_writer *w) {
    pthread_mutex_lock(&w->lock);
    w->is_over = true;
    pthread_cond_signal(&w->committed);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->syncer, NULL);
}

enum err db_writer_start(struct ctx *c, struct db *db, struct db_writer **writer_out) {
    REQUIRE(!db->in_unit);
    struct db_writer *w = new_writer(c, db);
    if (!w) return FAIL(c, ERR_LIMIT, "db.memory", "the machine has no memory left");
    db->syncs_later = true;
    bool is_begun = pthread_create(&w->syncer, NULL, syncer_main, w) == 0;
    if (is_begun && pthread_create(&w->thread, NULL, writer_main, w) != 0) {
        end_syncer(w);
        is_begun = false;
    }
    if (!is_begun) {
        db->syncs_later = false;
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

void db_writer_after(struct db_writer *w, struct db_job *job) {
    pthread_mutex_lock(&w->lock);
    job->after = atomic_load(&w->visible);
    bool is_there = !w->ctx.db->driver->sync || job->after <= w->told;
    if (!is_there) add(&w->after, job);
    pthread_mutex_unlock(&w->lock);
    if (is_there) job->done(job, OK);
}

void db_writer_stop(struct db_writer **writer) {
    struct db_writer *w = *writer;
    if (!w) return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    end_syncer(w);
    REQUIRE(!w->after.first);
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
    stats_out->sync_us_sum = atomic_load(&w->sync_us_sum);
}
