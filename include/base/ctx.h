/* The context of one request (or command): who asks, when, on which connection, in which arena,
 * and the one fault that ends it. */
#ifndef CANARY_BASE_CTX_H
#define CANARY_BASE_CTX_H

#include "base/arena.h"
#include "base/err.h"
#include "base/rules.h"
#include "base/value.h"

enum role { ROLE_ADMIN, ROLE_MANAGER, ROLE_REP, ROLE_DISPATCHER, ROLE_DRIVER, ROLE_CUSTOMER, ROLE_SYSTEM };
extern const struct names role_names; /* "admin" … "system"; system is never a user's */

struct actor {
    struct id user_id;     /* no id: the system itself, or nobody signed in */
    int64_t role;          /* enum role; NONE: nobody signed in */
    struct id customer_id; /* of a customer's staff */
};

struct fault_item {
    const char *pointer; /* JSON pointer into the body, or "?name" for a query parameter */
    const char *detail;
    const struct fault_item *next;
};

struct fault {
    enum err err;
    const char *slug;   /* "slot.full": a row of the problem table (src/api/api_problem.c) */
    const char *detail; /* a sentence for the person who asked: what to do next */
    const char *file;
    int line;
    struct fault_item *first, *last; /* every fault of the body, in order */
};

struct db;

struct ctx {
    struct arena *arena;
    struct db *db;             /* the connection this request runs on */
    const struct rules *rules; /* tolerances, thresholds, limits: the settings in force */
    int64_t now;               /* server time of the request: one instant for all it writes */
    struct actor actor;
    struct id request_id;
    struct fault fault;
};

/* Records the fault (first one wins) and gives `err` back: return FAIL(c, ERR_STATE, "slot.full",
 * "…", …). The text is formatted into the arena and must hold no personal value. */
#define FAIL(c, err, slug, ...) ctx_fail((c), (err), (slug), __FILE__, __LINE__, __VA_ARGS__)
__attribute__((format(printf, 6, 7))) enum err ctx_fail(struct ctx *c, enum err err, const char *slug,
                                                        const char *file, int line, const char *fmt, ...);
/* Adds one named fault to a body being checked: ctx_fault_item(c, "/lines/0/qty", "…"). */
__attribute__((format(printf, 3, 4))) void ctx_fault_item(struct ctx *c, const char *pointer, const char *fmt,
                                                          ...);
/* OK when no item was added, otherwise FAIL(c, ERR_INVALID, "request.invalid", "…"). */
MUST enum err ctx_faults(struct ctx *c);
/* Runs `work` in a context with memory of its own, at most `cap` bytes, which is given back afterwards: for
 * what reads much and keeps little. It may reset that arena. Its fault becomes that of c. */
MUST enum err ctx_apart(struct ctx *c, size_t cap, enum err (*work)(struct ctx *apart, void *user),
                        void *user);
/* Forgets the fault: for batches in which each item has its own. */
void ctx_fault_clear(struct ctx *c);

#endif
