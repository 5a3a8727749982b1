/* Memory that is out: the nth allocation of ours, of SQLite or of cJSON fails, alone or with all that follow,
 * while a request of each writing route runs. Each time a problem that says so, nothing written, nothing
 * leaked, and then the same request succeeds.
 *
 * From the environment: STEPS (24), how many allocations of each request are made to fail, spread over all;
 * 0: all. */
#include "db/driver.h"
#include "trial.h"
#include <cjson/cJSON.h>
#include <malloc.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- allocations that are counted ---- */

static struct {
    bool is_armed, goes_on; /* goes_on: all that follow the nth fail, too */
    int64_t n, fails_at, live;
} memory;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *at, size_t size);
void __real_free(void *at);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *at, size_t size);
void __wrap_free(void *at);
char *__wrap_strdup(const char *text);

static bool is_out(void) {
    if (!memory.is_armed) return false;
    memory.n++;
    return memory.goes_on ? memory.n >= memory.fails_at : memory.n == memory.fails_at;
}

void *__wrap_malloc(size_t size) {
    void *at = is_out() ? NULL : __real_malloc(size);
    memory.live += at != NULL;
    return at;
}

void *__wrap_calloc(size_t n, size_t size) {
    void *at = is_out() ? NULL : __real_calloc(n, size);
    memory.live += at != NULL;
    return at;
}

void *__wrap_realloc(void *at, size_t size) {
    void *moved = is_out() ? NULL : __real_realloc(at, size);
    memory.live += !at && moved;
    return moved;
}

void __wrap_free(void *at) {
    memory.live -= at != NULL;
    __real_free(at);
}

char *__wrap_strdup(const char *text) {
    size_t n = strlen(text) + 1;
    char *copy = __wrap_malloc(n);
    return copy ? memcpy(copy, text, n) : NULL;
}

static void *sqlite_malloc(int n) {
    return is_out() ? NULL : __real_malloc((size_t)n);
}

static void *sqlite_realloc(void *at, int n) {
    return is_out() ? NULL : __real_realloc(at, (size_t)n);
}

static int sqlite_size(void *at) {
    return at ? (int)malloc_usable_size(at) : 0;
}

static int sqlite_round_up(int n) {
    return (n + 7) & ~7;
}

static int sqlite_begin(void *user) {
    (void)user;
    return SQLITE_OK;
}

static void sqlite_end(void *user) {
    (void)user;
}

/* Before anything opens a database. Without the lookaside, each small allocation of SQLite is one that can
 * fail. */
__attribute__((constructor)) static void take_over(void) {
    static const sqlite3_mem_methods METHODS = {.xMalloc = sqlite_malloc,
                                                .xFree = __real_free,
                                                .xRealloc = sqlite_realloc,
                                                .xSize = sqlite_size,
                                                .xRoundup = sqlite_round_up,
                                                .xInit = sqlite_begin,
                                                .xShutdown = sqlite_end};
    cJSON_Hooks hooks = {__wrap_malloc, __wrap_free};
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &METHODS) != SQLITE_OK) abort();
    if (sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) != SQLITE_OK) abort();
    cJSON_InitHooks(&hooks);
}

/* ---- one try ---- */

/* With an arena of its own and nothing prepared, so that all of that is allocated again. */
static enum err try_with(struct trial *t, int64_t fails_at, bool goes_on, int64_t *leaked_out) {
    struct ctx *c = t->w->c;
    struct arena *keep = c->arena, *own;
    db_cache_clear(c->db);
    int64_t live = memory.live;
    own = arena_create((size_t)8 << 20);
    c->arena = t->request.arena = own;
    memory.n = 0;
    memory.fails_at = fails_at;
    memory.goes_on = goes_on;
    memory.is_armed = true;
    enum err err = trial_run_undone(t);
    memory.is_armed = false;
    c->arena = t->request.arena = keep;
    arena_destroy(&own);
    db_cache_clear(c->db);
    *leaked_out = memory.live - live;
    return err;
}

static bool is_clean(const struct trial *t) {
    int status = t->request.response.status;
    return status == 503 || status == 413 || status == 507;
}

static const char *judge(struct trial *t, const char *before, int64_t nth, bool goes_on) {
    const char *where = goes_on ? "no memory from allocation" : "no memory at allocation";
    int64_t leaked;
    enum err err = try_with(t, nth, goes_on, &leaked);
    struct http_response response = t->request.response; /* its body went with its arena */
    t->request.response.body = NULL;
    if (leaked != 0) return trial_complaint(t, where, nth, "not all is freed");
    if (strcmp(before, world_digest(t->w)) != 0)
        return trial_complaint(t, where, nth, "something was written");
    if (err != OK && !is_clean(t)) return trial_complaint(t, where, nth, "not the problem that it is");
    (void)response;
    return NULL;
}

/* NULL, or the first thing that is wrong. */
static const char *fails_at_every_allocation(struct trial *t, int64_t steps, int64_t *tries) {
    const char *before = world_digest(t->w);
    int64_t leaked, total;
    try_with(t, -1, false, &leaked); /* what is made once in a process is made now */
    if (t->request.response.status >= 300) return trial_complaint(t, "memory", 0, "it does not succeed");
    try_with(t, -1, false, &leaked);
    if (leaked != 0) return trial_complaint(t, "memory", 0, "not all is freed");
    total = memory.n;
    int64_t stride = steps > 0 && total > steps ? total / steps : 1;
    for (int64_t nth = 1; nth <= total; nth += nth < steps / 3 ? 1 : stride) {
        for (int goes_on = 0; goes_on < 2; goes_on++) {
            const char *wrong = judge(t, before, nth, goes_on);
            if (wrong) return wrong;
            ++*tries;
        }
    }
    return NULL;
}

static int64_t steps_wanted(void) {
    const char *text = getenv("STEPS");
    return text ? strtoll(text, NULL, 10) : 24;
}

TEST(memory_every_writing_route_without_memory) {
    struct world *w = trial_world();
    int64_t tries = 0, now = w->c->now;
    alarm(0);
    for (size_t i = 0; i < samples_n; i++) {
        if (!sample_has_route(w->c, &samples[i])) continue;
        struct trial t = trial_of(w, &samples[i], 6 * (int)i);
        trial_prepare(&t);
        const char *wrong = fails_at_every_allocation(&t, steps_wanted(), &tries);
        if (wrong) check_fail(__FILE__, __LINE__, "%s", wrong);
        t.request.arena = w->c->arena;
        CHECK_OK(w->c, trial_run(&t));
        w->c->now = now;
    }
    printf("    memory: %lld times no memory over %zu routes: nothing written, nothing leaked\n",
           (long long)tries, samples_n);
}

TEST(memory_bad_use_cases_are_caught) {
    static const char *const COMPLAINT[TRIAL_BAD] = {
        [TRIAL_TWO_TRANSACTIONS] = "something was written",
        [TRIAL_UNCHECKED] = "not the problem that it is",
        [TRIAL_LEAK] = "not all is freed",
    };
    for (int which = 0; which < TRIAL_BAD; which++) {
        struct trial t = trial_of_bad(trial_world(), which);
        int64_t tries = 0;
        const char *wrong = fails_at_every_allocation(&t, 0, &tries);
        if (!wrong || !strstr(wrong, COMPLAINT[which]))
            check_fail(__FILE__, __LINE__, "\"%s\" is not found, but %s", COMPLAINT[which],
                       wrong ? wrong : "nothing");
    }
}
