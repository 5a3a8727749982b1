/* Of the PostgreSQL driver's files, which alone know its library: what a connection is, and what one of them
 * calls of another. Each function records the fault that it answers with. */
#ifndef CANARY_DB_DB_PG_H
#define CANARY_DB_DB_PG_H

#include "db/driver.h"
#include <libpq-fe.h>

/* Any number, the same for all processes: no other program has it. */
#define PG_WRITERS_LOCK "4846805301521309"

struct pg {
    struct db db;
    PGconn *conn;
    enum db_mode mode;
    char *url;
    int64_t generation;  /* of the connection: statements prepared on an earlier one are gone */
    int64_t prepared;    /* statements so far: their names */
    int queued;          /* statements that were sent, and whose results nobody has looked at */
    bool in_transaction; /* the server's, or one that was lost and of which the caller has still to hear */
    int64_t deadline_us;
    int64_t changes;
    int64_t written; /* rows, since the server was asked to look at its tables */
    struct db_pending pending;
};

static inline struct pg *pg_of(struct db *db) {
    return (struct pg *)db;
}

/* ---- db_pg_wire.c: to the server and back ---- */

enum err pg_no_memory(struct ctx *c);
enum err pg_lost(struct ctx *c, const char *name);
/* What the result of `name` says, or the connection when there is none. */
enum err pg_failed(struct ctx *c, struct pg *q, const char *name, const PGresult *result);
bool pg_is_good(const PGresult *result);
/* The first result that is an error, or else the last, of what was sent; the caller clears it. */
PGresult *pg_collect(struct pg *q);
/* Several statements in one way there and back: between these two, PQsend… alone. The results of the n that
 * were sent, in their order, are the caller's; what follows one that failed was not done. */
bool pg_begin_pipeline(struct pg *q);
void pg_end_pipeline(struct pg *q, bool is_sent, int n, PGresult **results_out);
/* The results of what was queued; the first error of them. last_out (may be NULL): the last one's, the
 * caller's from now on; NULL when there was an error. */
MUST enum err pg_take(struct ctx *c, struct pg *q, const char *name, PGresult **last_out);
/* The same, where something is queued. */
MUST enum err pg_drain(struct ctx *c, struct pg *q, const char *name);
/* After what could not be sent into the pipeline. */
enum err pg_not_queued(struct ctx *c, struct pg *q, const char *name);
/* Words of ours, without parameters: one or several statements. result_out (may be NULL): the caller's. */
MUST enum err pg_run(struct ctx *c, struct pg *q, const char *name, const char *sql, PGresult **result_out);
/* One text, in the arena; "" for null or no row. */
MUST enum err pg_ask(struct ctx *c, struct pg *q, const char *sql, const char **answer_out);
/* One statement of ours without parameters, which may go into a pipeline. */
bool pg_send_words(struct pg *q, const char *words);

/* ---- db_pg_connect.c ---- */

/* Makes the connection anew, with every setting, and looks at the database behind it. */
MUST enum err pg_connect(struct ctx *c, struct pg *q);
/* Where it was lost. Never inside of a transaction: what it had is gone, and its caller has to hear of that.
 */
MUST enum err pg_be_connected(struct ctx *c, struct pg *q);
/* The same outside of a transaction, nothing inside. */
MUST enum err pg_ready(struct ctx *c, struct pg *q);
bool pg_only_reads(const struct pg *q);

/* ---- db_pg_stmt.c: as db/driver.h says ---- */

enum err pg_prepare(struct ctx *c, struct db *db, const struct db_stmt *stmt, struct db_prepared *out);
void pg_finalize(struct db *db, struct db_prepared *p);
const char *pg_column_name(struct db *db, const struct db_prepared *p, int column);
enum err pg_bind(struct ctx *c, struct db *db, struct db_prepared *p, int param, const struct db_arg *arg);
enum err pg_step(struct ctx *c, struct db *db, const struct db_stmt *stmt, struct db_prepared *p);
void pg_column(struct db *db, struct db_prepared *p, int column, struct db_cell *cell_out);
void pg_reset(struct db *db, struct db_prepared *p);
int64_t pg_changes(struct db *db);

#endif
