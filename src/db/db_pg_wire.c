/* PostgreSQL: what is sent to the server, and what comes back: results and errors. */
#include "base/clock.h"
#include "db/db_pg.h"
#include <errno.h>
#include <poll.h>
#include <string.h>

/* ---- errors ---- */

/* By the beginning of SQLSTATE, the longest first; one that is not here is a mistake of ours. */
static const struct {
    const char *state;
    enum err err;
    const char *slug, *text;
} ERRORS[] = {
    {"57014", ERR_LIMIT, "read.too-long", "it took longer than a read may"},
    {"53100", ERR_FULL, "db.full", "the disk is full"},
    {"53200", ERR_LIMIT, "db.memory", "the server has no memory left"},
    {"54", ERR_LIMIT, "db.too-big", "a value is too large for the database"},
    {"53", ERR_BUSY, "busy", "the database is busy"},
    {"40", ERR_BUSY, "busy", "the database is busy"},
    {"55P03", ERR_BUSY, "busy", "another process writes"},
    {"57", ERR_BUSY, "busy", "the server ended the connection"},
    {"08", ERR_BUSY, "busy", "the connection was lost"},
    {"25P03", ERR_BUSY, "busy", "the server ended the connection"},
    {"23", ERR_CONFLICT, "db.constraint", "the database refused it"},
    {"58", ERR_UNCERTAIN, "db.io", "reading or writing the database failed"},
    {"XX001", ERR_CORRUPT, "db.corrupt", "the database is damaged"},
    {"XX002", ERR_CORRUPT, "db.corrupt", "the database is damaged"},
};

enum err pg_no_memory(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "db.memory", "the machine has no memory left");
}

enum err pg_lost(struct ctx *c, const char *name) {
    return FAIL(c, ERR_BUSY, "busy", "%s: the connection to the database was lost", name);
}

/* What the server says of values (its detail) is nobody's but the database's: only the message goes on. */
enum err pg_failed(struct ctx *c, struct pg *q, const char *name, const PGresult *result) {
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *message = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (!state && PQstatus(q->conn) != CONNECTION_OK) return pg_lost(c, name);
    if (!state) return pg_no_memory(c);
    if (!message) message = "";
    for (size_t i = 0; i < COUNT(ERRORS); i++)
        if (strncmp(state, ERRORS[i].state, strlen(ERRORS[i].state)) == 0)
            return FAIL(c, ERRORS[i].err, ERRORS[i].slug, "%s: %s (%s)", name, ERRORS[i].text, message);
    return FAIL(c, ERR_INTERNAL, "db.statement", "%s: %s (%s)", name, message, state);
}

/* ---- to the server and back ---- */

bool pg_is_good(const PGresult *result) {
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static void cancel(struct pg *q) {
    char why[256];
    PGcancel *cancel = PQgetCancel(q->conn);
    if (cancel) PQcancel(cancel, why, sizeof why);
    PQfreeCancel(cancel);
}

/* How long poll may wait: -1 without a deadline, 0 when it has passed. */
static int patience(int64_t deadline_us) {
    if (deadline_us == 0) return -1;
    int64_t left_us = deadline_us - clock_monotonic_us();
    return left_us <= 0 ? 0 : (int)(left_us / 1000 + 1);
}

/* Until the next result is there, whole; a statement that is late is cancelled, and then has a result, too.
 */
static void await(struct pg *q) {
    int64_t deadline_us = q->deadline_us;
    struct pollfd fd = {.events = POLLIN};
    while (PQisBusy(q->conn)) {
        fd.fd = PQsocket(q->conn);
        int ready = fd.fd < 0 ? 1 : poll(&fd, 1, patience(deadline_us));
        if (ready < 0 && errno == EINTR) continue;
        if (ready == 0 && patience(deadline_us) == 0) {
            cancel(q);
            deadline_us = 0;
        }
        if (ready != 0 && !PQconsumeInput(q->conn)) return;
    }
}

PGresult *pg_collect(struct pg *q) {
    PGresult *kept = NULL;
    for (;;) {
        await(q);
        PGresult *next = PQgetResult(q->conn);
        if (!next) return kept;
        bool keep_old = kept && !pg_is_good(kept);
        PQclear(keep_old ? next : kept);
        if (!keep_old) kept = next;
        if (PQstatus(q->conn) != CONNECTION_OK && PQresultStatus(next) == PGRES_FATAL_ERROR) return kept;
    }
}

bool pg_begin_pipeline(struct pg *q) {
    return PQenterPipelineMode(q->conn) == 1;
}

void pg_end_pipeline(struct pg *q, bool is_sent, int n, PGresult **results_out) {
    for (int i = 0; i < n; i++)
        results_out[i] = NULL;
    if (!is_sent || !PQpipelineSync(q->conn)) n = 0;
    for (int i = 0; i < n; i++)
        results_out[i] = pg_collect(q);
    if (n > 0) PQclear(pg_collect(q)); /* the sync's own */
    PQexitPipelineMode(q->conn);
}

enum err pg_take(struct ctx *c, struct pg *q, const char *name, PGresult **last_out) {
    enum err err = OK;
    int n = q->queued;
    q->queued = 0;
    if (last_out) *last_out = NULL;
    if (!PQpipelineSync(q->conn)) return pg_lost(c, name);
    for (; n >= 0; n--) { /* and the sync's own */
        PGresult *result = pg_collect(q);
        bool is_bad = n > 0 && !pg_is_good(result) && PQresultStatus(result) != PGRES_PIPELINE_ABORTED;
        if (is_bad && err == OK) err = pg_failed(c, q, name, result);
        if (last_out && n == 1 && err == OK)
            *last_out = result;
        else
            PQclear(result);
    }
    PQexitPipelineMode(q->conn);
    return err;
}

enum err pg_drain(struct ctx *c, struct pg *q, const char *name) {
    return q->queued > 0 ? pg_take(c, q, name, NULL) : OK;
}

enum err pg_run(struct ctx *c, struct pg *q, const char *name, const char *sql, PGresult **result_out) {
    TRY(pg_drain(c, q, name));
    PGresult *result = PQsendQuery(q->conn, sql) ? pg_collect(q) : NULL;
    if (!pg_is_good(result)) {
        enum err err = pg_failed(c, q, name, result);
        PQclear(result);
        return err;
    }
    if (result_out)
        *result_out = result;
    else
        PQclear(result);
    return OK;
}

enum err pg_ask(struct ctx *c, struct pg *q, const char *sql, const char **answer_out) {
    PGresult *result;
    TRY(pg_run(c, q, "ask", sql, &result));
    *answer_out = arena_strdup(c->arena, PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    return *answer_out ? OK : pg_no_memory(c);
}

bool pg_send_words(struct pg *q, const char *words) {
    return PQsendQueryParams(q->conn, words, 0, NULL, NULL, NULL, NULL, 0);
}

enum err pg_not_queued(struct ctx *c, struct pg *q, const char *name) {
    if (q->queued == 0) PQexitPipelineMode(q->conn); /* or nothing could be sent outside of it */
    return pg_lost(c, name);
}
