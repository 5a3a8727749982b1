/* Every operation that writes, with the database failing at its first call, its second, … until none is
 * left: each time a problem of the right status and nothing written, then the same request succeeds. A route
 * without a sample fails: add a row to tests/support/trial.c. */
#include "trial.h"
#include <stdio.h>

static const struct {
    enum err err;
    int status;
} KINDS[] = {{ERR_FULL, 507}, {ERR_UNCERTAIN, 503}, {ERR_INTERNAL, 500}, {ERR_LIMIT, 503}};

static const char CALL_FAILS[] = "failing database call";

/* Fails at the nth call. */
static enum err try_once(struct trial *t, int64_t nth, enum err kind) {
    db_failing_set(t->w->c->db, nth, kind);
    enum err err = trial_run(t);
    db_failing_set(t->w->c->db, 0, kind);
    return err;
}

/* NULL, or what is wrong with the route: the first thing. `first`: which kind of failure begins. */
static const char *fails_at_every_call(struct trial *t, size_t first) {
    const char *before = world_digest(t->w);
    for (int64_t nth = 1; nth < 3000; nth++) {
        size_t kind = (first + (size_t)nth) % COUNT(KINDS);
        int64_t calls = db_failing_calls(t->w->c->db);
        enum err err = try_once(t, nth, KINDS[kind].err);
        bool has_failed = db_failing_calls(t->w->c->db) - calls >= nth;
        bool is_same = strcmp(before, world_digest(t->w)) == 0;
        if (err == OK && has_failed) return trial_complaint(t, CALL_FAILS, nth, "it succeeds all the same");
        if (err == OK) return is_same ? trial_complaint(t, CALL_FAILS, nth, "it wrote nothing") : NULL;
        if (!is_same) return trial_complaint(t, CALL_FAILS, nth, "something was written");
        if (!has_failed) return trial_complaint(t, CALL_FAILS, 0, "it does not succeed");
        if (!trial_is_problem(t, KINDS[kind].status) &&
            !(KINDS[kind].err != ERR_FULL && trial_is_problem(t, 503))) /* at COMMIT nobody knows */
            return trial_complaint(t, CALL_FAILS, nth, "not the problem that it is");
    }
    return trial_complaint(t, CALL_FAILS, 3000, "it never succeeds");
}

static const char *name_of(struct ctx *c, const struct api_route *route) {
    return arena_printf(c->arena, "%s %s", route->method, route->path);
}

TEST(api_faults_every_writing_route_has_a_sample) {
    struct ctx *c = check_ctx();
    for (size_t i = 0; i < api_routes_n; i++) {
        bool is_there = api_routes[i].mode != API_WRITE || strcmp(api_routes[i].method, "GET") == 0 ||
                        api_routes[i].flags & API_BATCH; /* units of direct calls, each with its own result */
        for (size_t k = 0; k < samples_n && !is_there; k++)
            is_there = strcmp(samples[k].route, name_of(c, &api_routes[i])) == 0;
        if (!is_there)
            check_fail(__FILE__, __LINE__, "%s writes and has no row in samples of tests/support/trial.c",
                       name_of(c, &api_routes[i]));
    }
}

TEST(api_faults_every_writing_route_at_every_database_call) {
    struct world *w = trial_world();
    int64_t tries = 0, now = w->c->now;
    for (size_t i = 0; i < samples_n; i++) {
        if (!sample_has_route(w->c, &samples[i])) continue;
        struct trial t = trial_of(w, &samples[i], 6 * (int)i); /* driver 0; short */
        trial_prepare(&t);
        const char *wrong = fails_at_every_call(&t, i);
        if (wrong) check_fail(__FILE__, __LINE__, "%s", wrong);
        tries += t.tries;
        w->c->now = now;
    }
    printf("    faults: %lld failed database calls over %zu routes, nothing half-written\n", (long long)tries,
           samples_n);
}

TEST(api_faults_bad_use_cases_are_caught) {
    static const char *const COMPLAINT[] = {
        [TRIAL_TWO_TRANSACTIONS] = "something was written", [TRIAL_UNCHECKED] = "not the problem that it is"};
    for (int which = 0; which < (int)COUNT(COMPLAINT); which++) {
        struct trial t = trial_of_bad(trial_world(), which);
        const char *wrong = fails_at_every_call(&t, 0);
        if (!wrong || !strstr(wrong, COMPLAINT[which]))
            check_fail(__FILE__, __LINE__, "\"%s\" is not found, but %s", COMPLAINT[which],
                       wrong ? wrong : "nothing");
    }
}
