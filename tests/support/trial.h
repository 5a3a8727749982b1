/* A valid request for every route that writes, to be tried again and again while something fails. */
#ifndef CANARY_TESTS_TRIAL_H
#define CANARY_TESTS_TRIAL_H

#include "api/api_work.h"
#include "month.h"

struct sample {
    const char *route, *target, *token, *body; /* with the holes of month_text */
    int stage;                                 /* of the month: what it is ready for */
    const char *type, *if_match, *key, *at;    /* at: the server's time, or that of the world */
    const char *sql;                           /* a fact that no other sample makes, run before */
};
/* In an order in which what one made is there for the next. */
extern const struct sample samples[];
extern const size_t samples_n;
/* Is its route in the table? Samples of routes that are not there yet are left out. */
bool sample_has_route(struct ctx *c, const struct sample *sample);

struct trial {
    struct world *w;
    const struct sample *sample;
    const struct api_route *route; /* instead of the table's; NULL: the table's */
    struct http_request request;
    struct api_call call;
    int64_t tries;
};

/* A world in which every sample finds what it needs. */
struct world *trial_world(void);
/* A request with a month of its own, driven to the sample's stage; number: the sample's, or any. */
struct trial trial_of(struct world *w, const struct sample *sample, int number);
/* What a route prepares outside its unit (a password's hash): once, before the first try. */
void trial_prepare(struct trial *t);
/* One try in a unit of its own, which stays when it succeeds; its answer is in t->request.response. */
enum err trial_run(struct trial *t);
/* The same, undone even when it succeeds. */
enum err trial_run_undone(struct trial *t);
/* Is the answer a problem of this status? */
bool trial_is_problem(const struct trial *t, int status);
/* "POST /v1/sweep, <where> <n>: <what> (503 …)" */
const char *trial_complaint(struct trial *t, const char *where, int64_t n, const char *what);

/* Use cases that are known to be bad, in place of POST /v1/sweep: each must be caught. */
enum { TRIAL_TWO_TRANSACTIONS, TRIAL_UNCHECKED, TRIAL_LEAK, TRIAL_BAD };
struct trial trial_of_bad(struct world *w, int which);

#endif
