/* A small, whole operation in memory for tests: two depots in two zones of time, customers, products,
 * patients, users. */
#ifndef CANARY_TESTS_WORLD_H
#define CANARY_TESTS_WORLD_H

#include "check.h"
#include "db/db.h"

enum { SYDNEY, PERTH, WORLD_DEPOTS };
enum { WORLD_PRODUCTS = 4, WORLD_PATIENTS = 4, WORLD_DRIVERS = 2 };

struct world {
    struct ctx *c; /* check_ctx() with c->db open on :memory:, migrated; actor: the manager; now:
                      2026-03-02T00:00Z (Monday 11:00 in Sydney, 08:00 in Perth) */
    struct id depot[WORLD_DEPOTS];
    struct id zone[WORLD_DEPOTS]; /* served Monday to Friday; 08:00-12:00 and 12:00-16:00, 4 stops each; 2,000
                                     kg a day */
    struct id
        customer[2]; /* patients 0, 1 (Sydney) and 3 (Perth) are of customer 0, patient 2 (Sydney) of 1 */
    struct id
        patient[WORLD_PATIENTS]; /* monthly from 2026-03-16; home near the depot; use per day of products: */
    /* 0 bag 2000 ml: 4 a day, 5 a box, 12 kg, critical, lot-tracked, shelf life 90 days
     * 1 bag 2500 ml: 1.5 a day, 4 a box, 11 kg, lot-tracked
     * 2 cap: 5 a day, 60 a box, 0.5 kg
     * 3 set: not prescribed, 30 a box, 4 kg */
    struct id product[WORLD_PRODUCTS];
    struct id admin, manager, rep, dispatcher, driver[WORLD_DRIVERS], staff[2]; /* staff[i] of customer[i] */
    /* Every user's password_hash is '!': nobody can sign in with a password. Each has a session whose bearer
     * token is world_token(role word, index), e.g. "token-driver-1". */
    bool tampered; /* world_tamper: the log need not tell of them */
};

/* In memory; with CANARY_TEST_DB=postgresql://USER@HOST/postgres in a database of its own there. */
struct world *world_make(void);
/* For what is SQLite's alone: the test says so by name. */
bool world_is_on_server(void);
/* The same world in a file of check_dir(). */
struct world *world_make_file(void);
/* Where the world is: for another connection to it. */
const char *world_url(void);
/* Gives its connection to a writer; from now on w->c only reads beside it. It stops when the test ends. */
struct db_writer *world_start_writer(struct world *w);
/* Sets who acts from now on. */
void world_act(struct world *w, enum role role, struct id user_id);
/* Moves the clock to an RFC 3339 instant. */
void world_at(struct world *w, const char *instant);
/* One integer from a statement, e.g. world_count(w, "SELECT COUNT(*) FROM delivery"). */
int64_t world_count(struct world *w, const char *sql);
/* A statement that lives as long as the test. Bytes as x'00' and randomblob(16), on a server, too. */
const struct db_stmt *world_statement(struct ctx *c, const char *sql);
/* Runs one statement of SQL that must succeed: for facts no use case makes yet. The next event tells of it.
 */
void world_run(struct world *w, const char *sql);
/* Runs it behind the log's back: no event tells of it. */
void world_tamper(struct world *w, const char *sql);
/* An event of the test's own that tells of what it wrote itself. */
void world_settle(struct world *w);

/* Every row of every table, hashed: the same text when nothing was written. */
const char *world_digest(struct world *w);
/* Runs `work` (a whole use case, in a unit of its own) with the failing driver at database call 1, 2, 3 …
 * until it succeeds; each failed try must leave every table exactly as before and give an error with a fault.
 * Fails the test otherwise. */
void world_fails_at_every_call(struct world *w, enum err (*work)(struct ctx *c, void *user), void *user);

#endif
