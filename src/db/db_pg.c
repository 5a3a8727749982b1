/* PostgreSQL: the only file that knows its library. One connection, which is made anew when it was lost.
 *
 * Writers of any number of processes take one lock for each transaction, so that they follow each other as
 * SQLite's do: events have no gaps, and no slot is sold twice. */
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "db/driver.h"
#include "db/pg_ddl.h"
#include "db/pg_rows.h"
#include <errno.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OLDEST_SERVER 150000
#define WRITERS_LOCK "4846805301521309" /* any number, the same for all: no other program has it */
#define WRITER_NUMBERS "1128485"        /* and the pairs of this one with the number of each writer */
#define ANALYZE_ROWS 20000              /* written, before the server is asked to look at them */
#define QUEUE_MOST 256                  /* statements on their way at once */
#define FETCH_FIRST 16                  /* rows of a walk that are asked for at once; then by their size */
#define FETCH_MOST 4096
#define FETCH_BYTES (1 << 20)
#define ROW_NOTICE "CY001" /* pg_ddl.c */

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

struct pg_stmt {
    char name[24];
    const char *sql; /* as sent; the statement's own, or `made` */
    char *made;
    int64_t generation;
    int params, columns;
    char **column; /* names */
    Oid *column_type, *param_type;
    const char **value; /* of each parameter, at `number` or borrowed; NULL: null */
    int *length, *format;
    char (*number)[32];
    PGresult *result; /* NULL: not run yet */
    int row;          /* of result, the one that stands */
    bool is_cursor, owns_transaction;
    int fetch; /* rows to ask for */
};

static struct pg *pg_of(struct db *db) {
    return (struct pg *)db;
}

static struct pg_stmt *stmt_of(const struct db_prepared *p) {
    return p->handle;
}

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

static enum err no_memory(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "db.memory", "the machine has no memory left");
}

static enum err lost(struct ctx *c, const char *name) {
    return FAIL(c, ERR_BUSY, "busy", "%s: the connection to the database was lost", name);
}

/* What the server says of values (its detail) is nobody's but the database's: only the message goes on. */
static enum err failed(struct ctx *c, struct pg *q, const char *name, const PGresult *result) {
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *message = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (!state && PQstatus(q->conn) != CONNECTION_OK) return lost(c, name);
    if (!state) return no_memory(c);
    if (!message) message = "";
    for (size_t i = 0; i < COUNT(ERRORS); i++)
        if (strncmp(state, ERRORS[i].state, strlen(ERRORS[i].state)) == 0)
            return FAIL(c, ERRORS[i].err, ERRORS[i].slug, "%s: %s (%s)", name, ERRORS[i].text, message);
    return FAIL(c, ERR_INTERNAL, "db.statement", "%s: %s (%s)", name, message, state);
}

/* ---- to the server and back ---- */

static bool is_good(const PGresult *result) {
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

/* The first result that is an error, or else the last. */
static PGresult *collect(struct pg *q) {
    PGresult *kept = NULL;
    for (;;) {
        await(q);
        PGresult *next = PQgetResult(q->conn);
        if (!next) return kept;
        bool keep_old = kept && !is_good(kept);
        PQclear(keep_old ? next : kept);
        if (!keep_old) kept = next;
        if (PQstatus(q->conn) != CONNECTION_OK && PQresultStatus(next) == PGRES_FATAL_ERROR) return kept;
    }
}

/* Several statements in one way there and back: between these two, PQsend… alone. */
static bool begin_pipeline(struct pg *q) {
    return PQenterPipelineMode(q->conn) == 1;
}

/* The results of the n statements that were sent, in their order; what follows one that failed was not done.
 */
static void end_pipeline(struct pg *q, bool is_sent, int n, PGresult **results_out) {
    for (int i = 0; i < n; i++)
        results_out[i] = NULL;
    if (!is_sent || !PQpipelineSync(q->conn)) n = 0;
    for (int i = 0; i < n; i++)
        results_out[i] = collect(q);
    if (n > 0) PQclear(collect(q)); /* the sync's own */
    PQexitPipelineMode(q->conn);
}

/* The results of what was queued; the first error of them. last_out (may be NULL): the last one's, the
 * caller's from now on; NULL when there was an error. */
static enum err take(struct ctx *c, struct pg *q, const char *name, PGresult **last_out) {
    enum err err = OK;
    int n = q->queued;
    q->queued = 0;
    if (last_out) *last_out = NULL;
    if (!PQpipelineSync(q->conn)) return lost(c, name);
    for (; n >= 0; n--) { /* and the sync's own */
        PGresult *result = collect(q);
        bool is_bad = n > 0 && !is_good(result) && PQresultStatus(result) != PGRES_PIPELINE_ABORTED;
        if (is_bad && err == OK) err = failed(c, q, name, result);
        if (last_out && n == 1 && err == OK)
            *last_out = result;
        else
            PQclear(result);
    }
    PQexitPipelineMode(q->conn);
    return err;
}

static enum err drain(struct ctx *c, struct pg *q, const char *name) {
    return q->queued > 0 ? take(c, q, name, NULL) : OK;
}

/* Words of ours, without parameters: one or several statements. */
static enum err run(struct ctx *c, struct pg *q, const char *name, const char *sql, PGresult **result_out) {
    TRY(drain(c, q, name));
    PGresult *result = PQsendQuery(q->conn, sql) ? collect(q) : NULL;
    if (!is_good(result)) {
        enum err err = failed(c, q, name, result);
        PQclear(result);
        return err;
    }
    if (result_out)
        *result_out = result;
    else
        PQclear(result);
    return OK;
}

/* One text; "" for null or no row. */
static enum err ask(struct ctx *c, struct pg *q, const char *sql, const char **answer_out) {
    PGresult *result;
    TRY(run(c, q, "ask", sql, &result));
    *answer_out = arena_strdup(c->arena, PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    return *answer_out ? OK : no_memory(c);
}

/* ---- connecting ---- */

/* Rows that were written are told in notices. A server that copies notices into its own log would copy
 * people's words there: such a one is refused. */
static void on_notice(void *user, const PGresult *notice) {
    struct pg *q = user;
    const char *state = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
    if (state && message && strcmp(state, ROW_NOTICE) == 0)
        pg_rows_told(&q->pending, message);
    else if (state && strncmp(state, "00", 2) != 0)
        log_event(LOG_DEBUG, "db.notice", "state=%s", state);
}

/* Set, then read back: a role's or a database's own settings may say otherwise. */
static const struct {
    bool reader, writer;
    const char *name, *value;
} SETTINGS[] = {
    {true, true, "client_encoding", "UTF8"},
    {true, true, "standard_conforming_strings", "on"},
    {true, true, "jit", "off"}, /* compiling costs more than our statements do */
    {true, false, "default_transaction_read_only", "on"},
    {false, true, "synchronous_commit", "on"}, /* an answer is given after the commit is on the disk */
    {false, true, "client_min_messages", "notice"},
    /* A plan made while a table was empty reads all of it, and is kept until statistics come: every statement
     * of a write has its index. */
    {false, true, "enable_seqscan", "off"},
    {false, true, "default_transaction_isolation", "read committed"},
    {false, true, "lock_timeout", "20s"}, /* for those that write before us */
    {false, true, "idle_in_transaction_session_timeout",
     "1min"}, /* a process that hangs holds up all others */
};

static bool only_reads(const struct pg *q) {
    return q->mode == DB_READ || q->mode == DB_HOLD;
}

static bool applies(const struct pg *q, size_t i) {
    return only_reads(q) ? SETTINGS[i].reader : SETTINGS[i].writer;
}

static enum err apply_settings(struct ctx *c, struct pg *q) {
    struct text sql = text_in(c->arena);
    PGresult *result;
    enum err err = OK;
    int column = 0;
    for (size_t i = 0; i < COUNT(SETTINGS); i++)
        if (applies(q, i))
            text_printf(&sql, "%s set_config('%s', '%s', false)", sql.n ? "," : "SELECT", SETTINGS[i].name,
                        SETTINGS[i].value);
    if (sql.failed) return no_memory(c);
    TRY(run(c, q, "settings", sql.at, &result));
    for (size_t i = 0; err == OK && i < COUNT(SETTINGS); i++)
        if (applies(q, i) && strcmp(PQgetvalue(result, 0, column++), SETTINGS[i].value) != 0)
            err = FAIL(c, ERR_INTERNAL, "db.setting", "the server does not accept %s = %s", SETTINGS[i].name,
                       SETTINGS[i].value);
    PQclear(result);
    return err;
}

static bool tells_notices(const char *log_min_messages) {
    return strncmp(log_min_messages, "debug", 5) == 0 || strcmp(log_min_messages, "info") == 0 ||
           strcmp(log_min_messages, "notice") == 0;
}

/* Texts are compared byte by byte, as SQLite does, in indexes, too: a property of the database. */
static enum err judge_database(struct ctx *c, const struct pg *q, const char *kind, const char *log) {
    if (strcmp(kind, "UTF8 C C") != 0)
        return FAIL(c, ERR_INVALID, "db.locale",
                    "the database is of another kind (%s): make it with createdb --template=template0 "
                    "--encoding=UTF8 --locale=C",
                    kind);
    if (only_reads(q) || !tells_notices(log)) return OK;
    return FAIL(c, ERR_INVALID, "db.server",
                "the server's log_min_messages is %s: it would copy the rows of patients into its log; "
                "set it to warning",
                log);
}

static enum err check_database(struct ctx *c, struct pg *q) {
    PGresult *result;
    if (PQserverVersion(q->conn) < OLDEST_SERVER)
        return FAIL(c, ERR_INVALID, "db.server",
                    "the server has version %d: PostgreSQL 15 or later is needed",
                    PQserverVersion(q->conn) / 10000);
    TRY(run(c, q, "check",
            "SELECT pg_encoding_to_char(encoding) || ' ' || datcollate || ' ' || datctype, "
            "current_setting('log_min_messages'), current_setting('fsync') FROM pg_database "
            "WHERE datname = current_database()",
            &result));
    if (!only_reads(q) && strcmp(PQgetvalue(result, 0, 2), "on") != 0)
        log_event(LOG_WARN, "db.fsync-off", "server=%d", PQserverVersion(q->conn));
    enum err err = judge_database(c, q, PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1));
    PQclear(result);
    return err;
}

/* Those of the URL come after ours and are stronger; its password, if it has none, is the library's to find
 * (PGPASSWORD, ~/.pgpass). A server that is gone is noticed within a minute. */
static PGconn *connect_to(const char *url) {
    static const char *const KEY[] = {"connect_timeout",
                                      "keepalives_idle",
                                      "keepalives_interval",
                                      "keepalives_count",
                                      "tcp_user_timeout",
                                      "fallback_application_name",
                                      "dbname",
                                      NULL};
    const char *const value[] = {"10", "15", "5", "4", "30000", "canary", url, NULL};
    return PQconnectdbParams(KEY, value, 1);
}

/* The library's message names host, port and user, never the password: for whoever starts the program, and
 * for its log; who makes a request hears that it can be repeated. */
static enum err not_connected(struct ctx *c, struct pg *q) {
    char *why = arena_strdup(c->arena, PQerrorMessage(q->conn));
    if (!why) return no_memory(c);
    for (size_t n = strlen(why); n > 0 && why[n - 1] == '\n';)
        why[--n] = 0;
    if (q->generation == 0)
        return FAIL(c, ERR_NOT_FOUND, "db.absent", "the database server cannot be reached: %s", why);
    return FAIL(c, ERR_BUSY, "busy", "the database server cannot be reached; nothing was done, repeat it");
}

/* Which of the processes that write this one is (base/id.h): the first number that nobody has, and nobody
 * gets while the connection stands. */
static enum err take_writer_number(struct ctx *c, struct pg *q) {
    PGresult *result;
    if (only_reads(q)) return OK;
    char sql[160];
    snprintf(sql, sizeof sql,
             "SELECT n FROM generate_series(0, %d) n WHERE pg_try_advisory_lock(" WRITER_NUMBERS
             ", n) LIMIT 1",
             ID_WRITERS - 1);
    TRY(run(c, q, "writer", sql, &result));
    bool has_one = PQntuples(result) == 1;
    if (has_one) id_set_writer(strtoll(PQgetvalue(result, 0, 0), NULL, 10));
    PQclear(result);
    if (has_one) return OK;
    return FAIL(c, ERR_BUSY, "db.locked", "%d processes write to this database already, and no more can",
                ID_WRITERS);
}

/* The writers' lock, for as long as the connection lives, however long it is silent between two reads. */
static const char HOLD[] = "SET lock_timeout = '20s'; SET idle_in_transaction_session_timeout = 0; "
                           "SELECT pg_advisory_lock(" WRITERS_LOCK ")";

static enum err connect_now(struct ctx *c, struct pg *q) {
    PQfinish(q->conn);
    q->conn = connect_to(q->url);
    q->queued = 0;
    if (PQstatus(q->conn) != CONNECTION_OK) return not_connected(c, q);
    PQsetNoticeReceiver(q->conn, on_notice, q);
    TRY(apply_settings(c, q));
    TRY(check_database(c, q));
    if (q->mode == DB_HOLD) TRY(run(c, q, "hold", HOLD, NULL));
    TRY(take_writer_number(c, q));
    q->generation++;
    return OK;
}

/* Never inside of a transaction: what it had is gone, and its caller has to hear of that. */
static enum err be_connected(struct ctx *c, struct pg *q) {
    if (PQstatus(q->conn) == CONNECTION_OK) return OK;
    int64_t deadline_us = q->deadline_us;
    q->deadline_us = 0;
    enum err err = connect_now(c, q);
    q->deadline_us = deadline_us;
    log_event(err == OK ? LOG_INFO : LOG_WARN, "db.reconnected", "ok=%d", err == OK);
    return err;
}

/* ---- statements: prepared once a connection ---- */

static void forget_shape(struct pg_stmt *s) {
    for (int i = 0; s->column && i < s->columns; i++)
        free(s->column[i]);
    free(s->column);
    free(s->column_type);
    free(s->param_type);
    free(s->value);
    free(s->length);
    free(s->format);
    free(s->number);
}

static bool make_room(struct pg_stmt *s) {
    size_t columns = (size_t)s->columns + 1, params = (size_t)s->params + 1; /* one more: never of size 0 */
    s->column = calloc(columns, sizeof *s->column);
    s->column_type = calloc(columns, sizeof *s->column_type);
    s->param_type = calloc(params, sizeof *s->param_type);
    s->value = calloc(params, sizeof *s->value);
    s->length = calloc(params, sizeof *s->length);
    s->format = calloc(params, sizeof *s->format);
    s->number = calloc(params, sizeof *s->number);
    return s->column && s->column_type && s->param_type && s->value && s->length && s->format && s->number;
}

static bool learn_shape(struct pg_stmt *s, const PGresult *described) {
    s->params = PQnparams(described);
    s->columns = PQnfields(described);
    if (!make_room(s)) return false;
    for (int i = 0; i < s->params; i++)
        s->param_type[i] = PQparamtype(described, i);
    for (int i = 0; i < s->columns; i++) {
        s->column_type[i] = PQftype(described, i);
        s->column[i] = strdup(PQfname(described, i));
        if (!s->column[i]) return false;
    }
    return true;
}

static enum err prepare_on_server(struct ctx *c, struct pg *q, const char *name, struct pg_stmt *s) {
    PGresult *result = PQsendPrepare(q->conn, s->name, s->sql, 0, NULL) ? collect(q) : NULL;
    enum err err = is_good(result) ? OK : failed(c, q, name, result);
    PQclear(result);
    if (err == OK) s->generation = q->generation;
    return err;
}

static enum err prepare_and_describe(struct ctx *c, struct pg *q, const char *name, struct pg_stmt *s) {
    PGresult *result[2];
    bool is_sent = begin_pipeline(q) && PQsendPrepare(q->conn, s->name, s->sql, 0, NULL) &&
                   PQsendDescribePrepared(q->conn, s->name);
    end_pipeline(q, is_sent, 2, result);
    enum err err = is_good(result[0]) && is_good(result[1]) ? OK : failed(c, q, name, result[0]);
    if (err == OK && !learn_shape(s, result[1])) err = no_memory(c);
    if (err == OK) s->generation = q->generation;
    PQclear(result[0]);
    PQclear(result[1]);
    return err;
}

static bool begins_with(const char *sql, const char *word) {
    sql += strspn(sql, " \t\r\n");
    return strncmp(sql, word, strlen(word)) == 0;
}

/* Outside of a transaction a lost connection is made anew; inside, what went before is gone with it. */
static enum err ready(struct ctx *c, struct pg *q) {
    return q->in_transaction ? OK : be_connected(c, q);
}

static void free_stmt(struct pg_stmt *s) {
    forget_shape(s);
    PQclear(s->result);
    free(s->made);
    free(s);
}

/* The schema's own words, where a statement makes a table. */
static enum err translate(struct ctx *c, const struct db_stmt *stmt, struct pg_stmt *s) {
    s->sql = stmt->sql;
    if (!begins_with(stmt->sql, "CREATE")) return OK;
    const char *made = pg_ddl(c->arena, stmt->name, stmt->sql);
    s->made = made ? strdup(made) : NULL;
    s->sql = s->made;
    return s->made ? OK : no_memory(c);
}

static enum err new_stmt(struct ctx *c, struct pg *q, const struct db_stmt *stmt, struct pg_stmt *s) {
    snprintf(s->name, sizeof s->name, "s%" PRId64, ++q->prepared);
    TRY(translate(c, stmt, s));
    TRY(ready(c, q));
    TRY(drain(c, q, stmt->name));
    TRY(drain(c, q, stmt->name));
    return prepare_and_describe(c, q, stmt->name, s);
}

static enum err pg_prepare(struct ctx *c, struct db *db, const struct db_stmt *stmt,
                           struct db_prepared *out) {
    struct pg_stmt *s = calloc(1, sizeof *s);
    if (!s) return no_memory(c);
    enum err err = new_stmt(c, pg_of(db), stmt, s);
    if (err != OK) {
        free_stmt(s);
        return err;
    }
    bool reads = begins_with(s->sql, "SELECT") || begins_with(s->sql, "WITH");
    *out = (struct db_prepared){.handle = s, .params = s->params, .columns = s->columns, .writes = !reads};
    return OK;
}

static void pg_finalize(struct db *db, struct db_prepared *p) {
    struct pg *q = pg_of(db);
    struct pg_stmt *s = stmt_of(p);
    char words[64];
    PGTransactionStatusType status = PQtransactionStatus(q->conn);
    snprintf(words, sizeof words, "DEALLOCATE %s", s->name);
    if (p->once && q->queued == 0 && s->generation == q->generation &&
        (status == PQTRANS_IDLE || status == PQTRANS_INTRANS))
        PQclear(PQexec(q->conn, words)); /* others go with the connection */
    free_stmt(s);
    p->handle = NULL;
}

static const char *pg_column_name(struct db *db, const struct db_prepared *p, int column) {
    (void)db;
    return stmt_of(p)->column[column];
}

/* ---- parameters ---- */

static void set_bytes(struct pg_stmt *s, int i, const void *at, size_t n) {
    s->value[i] = n > 0 ? at : "";
    s->length[i] = (int)n;
    s->format[i] = 1;
}

static void set_number(struct pg_stmt *s, int i, uint64_t value, int bytes) {
    pg_write(value, bytes, (uint8_t *)s->number[i]);
    set_bytes(s, i, s->number[i], (size_t)bytes);
}

static bool bind_int(struct pg_stmt *s, int i, int64_t value) {
    switch (s->param_type[i]) {
    case PG_INT8:
        set_number(s, i, (uint64_t)value, 8);
        return true;
    case PG_INT4:
        set_number(s, i, (uint64_t)value, 4);
        return value >= INT32_MIN && value <= INT32_MAX;
    case PG_TEXT:
    case PG_NUMERIC: /* as text */
        snprintf(s->number[i], sizeof s->number[i], "%" PRId64, value);
        s->value[i] = s->number[i];
        s->format[i] = 0;
        return true;
    default:
        return false;
    }
}

static bool bind_real(struct pg_stmt *s, int i, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    set_number(s, i, bits, 8);
    return s->param_type[i] == PG_FLOAT8;
}

static bool is_null(const struct db_arg *arg) {
    if (arg->type == DB_ARG_INT) return arg->integer == NONE;
    if (arg->type == DB_ARG_ID) return false;
    return arg->type == DB_ARG_REAL ? isnan(arg->real) : !arg->at;
}

static bool bind_value(struct pg_stmt *s, int i, const struct db_arg *arg) {
    Oid type = s->param_type[i];
    switch (arg->type) {
    case DB_ARG_INT:
        return bind_int(s, i, arg->integer);
    case DB_ARG_REAL:
        return bind_real(s, i, arg->real);
    case DB_ARG_ID:
        memcpy(s->number[i], arg->id, sizeof arg->id);
        set_bytes(s, i, s->number[i], sizeof arg->id);
        return type == PG_BYTEA;
    case DB_ARG_TEXT:
    case DB_ARG_BLOB:
        set_bytes(s, i, arg->at, arg->n);
        return arg->n <= INT32_MAX && (type == PG_BYTEA) == (arg->type == DB_ARG_BLOB) &&
               (type == PG_BYTEA || type == PG_TEXT || type == PG_VARCHAR || type == PG_NAME);
    }
    return false;
}

static enum err pg_bind(struct ctx *c, struct db *db, struct db_prepared *p, int param,
                        const struct db_arg *arg) {
    (void)db;
    struct pg_stmt *s = stmt_of(p);
    s->value[param - 1] = NULL;
    if (is_null(arg) || bind_value(s, param - 1, arg)) return OK;
    return FAIL(c, ERR_INTERNAL, "db.statement", "$%d of \"%s\" has another type", param, s->sql);
}

/* ---- rows ---- */

static void drop_result(struct pg_stmt *s) {
    PQclear(s->result);
    s->result = NULL;
    s->row = -1;
}

static enum err keep_result(struct ctx *c, struct pg *q, const char *name, struct pg_stmt *s,
                            PGresult *result) {
    drop_result(s);
    if (!is_good(result)) {
        enum err err = failed(c, q, name, result);
        PQclear(result);
        return err;
    }
    s->result = result;
    return OK;
}

static bool send_stmt(struct pg *q, const struct pg_stmt *s) {
    return PQsendQueryPrepared(q->conn, s->name, s->params, s->value, s->length, s->format, 1) == 1;
}

/* Behind what is queued, in one way there and back. */
static enum err execute(struct ctx *c, struct pg *q, const char *name, struct pg_stmt *s) {
    PGresult *result = NULL;
    bool is_sent = send_stmt(q, s);
    if (q->queued > 0 && is_sent) {
        q->queued++;
        TRY(take(c, q, name, &result));
    } else if (is_sent) {
        result = collect(q);
    }
    TRY(keep_result(c, q, name, s, result));
    const char *changed = PQcmdTuples(s->result);
    q->changes = *changed ? strtoll(changed, NULL, 10) : 0;
    if (q->in_transaction) q->written += q->changes;
    return OK;
}

/* So many rows that they have about FETCH_BYTES, by what the last ones had. */
static void adapt(struct pg_stmt *s) {
    size_t bytes = PQresultMemorySize(s->result) / (size_t)s->fetch + 1, rows = FETCH_BYTES / bytes;
    s->fetch = rows < 1 ? 1 : rows > FETCH_MOST ? FETCH_MOST : (int)rows;
}

static bool send_fetch(struct pg *q, struct pg_stmt *s) {
    char words[80];
    snprintf(words, sizeof words, "FETCH FORWARD %d FROM w%s", s->fetch, s->name);
    return PQsendQueryParams(q->conn, words, 0, NULL, NULL, NULL, NULL, 1);
}

static enum err fetch(struct ctx *c, struct pg *q, const char *name, struct pg_stmt *s) {
    adapt(s);
    TRY(drain(c, q, name));
    return keep_result(c, q, name, s, send_fetch(q, s) ? collect(q) : NULL);
}

static bool send_words(struct pg *q, const char *words) {
    return PQsendQueryParams(q->conn, words, 0, NULL, NULL, NULL, NULL, 0);
}

static bool send_declare(struct pg *q, const struct pg_stmt *s, const char *words) {
    return PQsendQueryParams(q->conn, words, s->params, s->param_type, s->value, s->length, s->format, 1);
}

/* A walk takes its rows a piece at a time, and other statements may run between them: a cursor. It lives in
 * a transaction: one of its own, if there is none. */
static enum err open_cursor(struct ctx *c, struct pg *q, const char *name, struct pg_stmt *s) {
    PGresult *result[3];
    const char *words = arena_printf(c->arena, "DECLARE w%s NO SCROLL CURSOR FOR %s", s->name, s->sql);
    if (!words) return no_memory(c);
    s->owns_transaction = PQtransactionStatus(q->conn) == PQTRANS_IDLE;
    s->fetch = FETCH_FIRST;
    bool is_sent = begin_pipeline(q) && send_words(q, s->owns_transaction ? "BEGIN" : "SELECT") &&
                   send_declare(q, s, words) && send_fetch(q, s);
    end_pipeline(q, is_sent, 3, result);
    const PGresult *bad = !is_good(result[0]) ? result[0] : !is_good(result[1]) ? result[1] : NULL;
    s->is_cursor = !bad && is_good(result[2]);
    if (s->owns_transaction) q->in_transaction = true;
    enum err err = bad ? failed(c, q, name, bad) : keep_result(c, q, name, s, result[2]);
    PQclear(result[0]);
    PQclear(result[1]);
    if (bad) PQclear(result[2]);
    return err;
}

static enum err begin_statement(struct ctx *c, struct pg *q, const char *name, struct db_prepared *p) {
    struct pg_stmt *s = stmt_of(p);
    bool is_walk = p->walks && !p->writes;
    TRY(ready(c, q));
    if (is_walk || s->generation != q->generation) TRY(drain(c, q, name));
    if (s->generation != q->generation) TRY(prepare_on_server(c, q, name, s));
    return is_walk ? open_cursor(c, q, name, s) : execute(c, q, name, s);
}

static enum err not_queued(struct ctx *c, struct pg *q, const char *name) {
    if (q->queued == 0) PQexitPipelineMode(q->conn); /* or nothing could be sent outside of it */
    return lost(c, name);
}

/* Into the pipeline: its results are taken when there are many. */
static enum err queue(struct ctx *c, struct pg *q, const char *name, const struct pg_stmt *s) {
    if (q->queued == 0 && !begin_pipeline(q)) return lost(c, name);
    if (!send_stmt(q, s)) return not_queued(c, q, name);
    q->written++;
    if (++q->queued == QUEUE_MOST) TRY(drain(c, q, name));
    return ERR_NOT_FOUND;
}

static enum err pg_step(struct ctx *c, struct db *db, const struct db_stmt *stmt, struct db_prepared *p) {
    struct pg_stmt *s = stmt_of(p);
    if (p->queues && s->generation == pg_of(db)->generation) return queue(c, pg_of(db), stmt->name, s);
    if (!s->result) TRY(begin_statement(c, pg_of(db), stmt->name, p));
    if (++s->row < PQntuples(s->result)) return OK;
    if (!s->is_cursor || PQntuples(s->result) < s->fetch) return ERR_NOT_FOUND;
    TRY(fetch(c, pg_of(db), stmt->name, s));
    return ++s->row < PQntuples(s->result) ? OK : ERR_NOT_FOUND;
}

static void pg_column(struct db *db, struct db_prepared *p, int column, struct db_cell *cell_out) {
    (void)db;
    const struct pg_stmt *s = stmt_of(p);
    *cell_out = (struct db_cell){.type = CELL_NULL};
    if (PQgetisnull(s->result, s->row, column)) return;
    const char *bytes = PQgetvalue(s->result, s->row, column);
    REQUIRE(pg_cell(s->column_type[column], bytes, (size_t)PQgetlength(s->result, s->row, column), cell_out));
}

/* A cursor's end, and that of the transaction it needed. After an error both are gone already. */
static void close_cursor(struct pg *q, struct pg_stmt *s) {
    char words[64];
    snprintf(words, sizeof words, "CLOSE w%s", s->name);
    if (s->owns_transaction) q->in_transaction = false;
    if (s->owns_transaction)
        PQclear(PQexec(q->conn, PQtransactionStatus(q->conn) == PQTRANS_INTRANS ? "COMMIT" : "ROLLBACK"));
    else if (s->is_cursor && q->queued > 0)
        q->queued += send_words(q, words); /* among the writes that its rows led to */
    else if (s->is_cursor && PQtransactionStatus(q->conn) == PQTRANS_INTRANS)
        PQclear(PQexec(q->conn, words));
    s->is_cursor = s->owns_transaction = false;
}

static void pg_reset(struct db *db, struct db_prepared *p) {
    struct pg_stmt *s = stmt_of(p);
    drop_result(s);
    close_cursor(pg_of(db), s);
}

static int64_t pg_changes(struct db *db) {
    return pg_of(db)->changes;
}

/* ---- transactions ---- */

/* Writers follow each other: the lock is given back with the transaction, however it ends. What a statement
 * sees is what was committed before it, so it is taken first. */
static const char *const CONTROL[CONTROLS] = {
    [CONTROL_BEGIN_WRITE] =
        "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_advisory_xact_lock(" WRITERS_LOCK ")",
    [CONTROL_BEGIN_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    [CONTROL_COMMIT] = "COMMIT",
    [CONTROL_ROLLBACK] = "ROLLBACK",
    [CONTROL_SAVEPOINT] = "SAVEPOINT job",
    [CONTROL_RELEASE] = "RELEASE SAVEPOINT job",
    [CONTROL_ROLLBACK_TO] = "ROLLBACK TO SAVEPOINT job; RELEASE SAVEPOINT job",
};

static const char *const CONTROL_NAME[CONTROLS] = {
    [CONTROL_BEGIN_WRITE] = "begin",       [CONTROL_BEGIN_READ] = "begin",    [CONTROL_COMMIT] = "commit",
    [CONTROL_ROLLBACK] = "rollback",       [CONTROL_SAVEPOINT] = "savepoint", [CONTROL_RELEASE] = "release",
    [CONTROL_ROLLBACK_TO] = "rollback-to",
};

/* COMMIT of a transaction that failed is a rollback, and no error to the server. */
static enum err committed(struct ctx *c, PGresult *result) {
    bool is_done = strcmp(PQcmdStatus(result), "COMMIT") == 0;
    PQclear(result);
    return is_done ? OK
                   : FAIL(c, ERR_INTERNAL, "db.statement", "the transaction was rolled back at its commit");
}

static enum err begin(struct ctx *c, struct pg *q, enum db_control what) {
    TRY(be_connected(c, q));
    enum err err = run(c, q, CONTROL_NAME[what], CONTROL[what], NULL);
    if (err != OK && PQtransactionStatus(q->conn) == PQTRANS_INERROR) PQclear(PQexec(q->conn, "ROLLBACK"));
    q->in_transaction = err == OK;
    return err;
}

/* Nothing comes of a mark by itself: it goes with the next statement. What stands before a release is looked
 * at first. */
static enum err mark(struct ctx *c, struct pg *q, enum db_control what) {
    if (what == CONTROL_RELEASE) TRY(drain(c, q, CONTROL_NAME[what]));
    if (q->queued == 0 && !begin_pipeline(q)) return lost(c, CONTROL_NAME[what]);
    if (!send_words(q, CONTROL[what])) return not_queued(c, q, CONTROL_NAME[what]);
    q->queued++;
    return OK;
}

static enum err pg_control(struct ctx *c, struct db *db, enum db_control what) {
    struct pg *q = pg_of(db);
    PGresult *result;
    if (what == CONTROL_SAVEPOINT || what == CONTROL_RELEASE) return mark(c, q, what);
    if (what == CONTROL_BEGIN_WRITE || what == CONTROL_BEGIN_READ) return begin(c, q, what);
    struct ctx unheard = *c; /* what was queued failed, perhaps: it is undone */
    if (what == CONTROL_ROLLBACK || what == CONTROL_ROLLBACK_TO)
        if (drain(&unheard, q, CONTROL_NAME[what]) != OK) log_event(LOG_DEBUG, "db.queue-undone", "n=1");
    if (what == CONTROL_COMMIT || what == CONTROL_ROLLBACK) q->in_transaction = false;
    TRY(run(c, q, CONTROL_NAME[what], CONTROL[what], &result));
    if (what == CONTROL_COMMIT) return committed(c, result);
    PQclear(result);
    return OK;
}

static bool pg_in_transaction(struct db *db) {
    struct pg *q = pg_of(db);
    PGTransactionStatusType status = PQtransactionStatus(q->conn);
    bool is_open = status != PQTRANS_IDLE && status != PQTRANS_UNKNOWN;
    if (!is_open) q->in_transaction = false;
    return is_open;
}

/* ---- the schema ---- */

/* Every audited table tells of its rows, as soon as there is a log whose events hold the sums. */
static enum err watch_rows(struct ctx *c, struct pg *q) {
    struct text sql = text_in(c->arena);
    text_str(&sql,
             "DO $do$ DECLARE t name; BEGIN IF EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = "
             "to_regclass('audit_event') AND attname = 'rows' AND NOT attisdropped) THEN FOR t IN SELECT "
             "k.relname FROM pg_class k WHERE k.relkind = 'r' AND k.relnamespace = "
             "current_schema()::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_trigger g WHERE g.tgrelid = "
             "k.oid AND g.tgname = 'canary_rows') AND k.relname NOT IN (''");
    for (size_t i = 0; i < db_rows_unaudited_n; i++)
        text_printf(&sql, ", '%s'", db_rows_unaudited[i].table);
    text_str(&sql,
             ") LOOP EXECUTE format('CREATE TRIGGER canary_rows AFTER INSERT OR UPDATE OR DELETE ON %I FOR "
             "EACH ROW EXECUTE FUNCTION canary_rows()', t); END LOOP; END IF; END $do$");
    return sql.failed ? no_memory(c) : run(c, q, "rows.watch", sql.at, NULL);
}

static enum err pg_script(struct ctx *c, struct db *db, const char *name, const char *sql) {
    struct pg *q = pg_of(db);
    const char *words = pg_ddl(c->arena, name, sql);
    if (!words) return no_memory(c);
    TRY(ready(c, q));
    TRY(run(c, q, name, pg_ddl_functions, NULL));
    TRY(run(c, q, name, words, NULL));
    return watch_rows(c, q);
}

static enum err pg_has_table(struct ctx *c, struct db *db, const char *table) {
    struct pg *q = pg_of(db);
    const char *found;
    const char *sql = arena_printf(c->arena,
                                   "SELECT 1 FROM pg_class WHERE relkind IN ('r', 'v') AND relnamespace = "
                                   "current_schema()::regnamespace AND relname = '%s'",
                                   table);
    if (!sql) return no_memory(c);
    TRY(ready(c, q));
    TRY(ask(c, q, sql, &found));
    return *found ? OK : ERR_NOT_FOUND;
}

static void pg_set_deadline(struct db *db, int64_t monotonic_us) {
    pg_of(db)->deadline_us = monotonic_us;
}

/* The server's own housekeeping comes a minute later: until then it plans as if what was brought in were not
 * there. Verifying 17,511 events right behind a copy took 8.1 s without it, 0.9 s with it. */
static void look_at_tables(struct pg *q) {
    if (q->written < ANALYZE_ROWS || PQtransactionStatus(q->conn) != PQTRANS_IDLE) return;
    PQclear(PQexec(q->conn, "ANALYZE"));
    q->written = 0;
}

static bool pg_settle(struct db *db, bool idle) {
    if (idle) look_at_tables(pg_of(db));
    return true;
}

/* ---- sums of rows ---- */

static enum err pg_gather(struct ctx *c, struct db *db) {
    return drain(c, pg_of(db), "gather");
}

static struct db_pending *pg_pending(struct db *db) {
    return &pg_of(db)->pending;
}

static enum err pg_tables(struct ctx *c, struct db *db, struct list *names_out) {
    struct pg *q = pg_of(db);
    PGresult *result;
    TRY(ready(c, q));
    TRY(run(c, q, "tables",
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = "
            "current_schema()::regnamespace ORDER BY relname",
            &result));
    int n = PQntuples(result);
    const char **names = arena_array(c->arena, (size_t)n + 1, sizeof *names);
    bool ok = names;
    for (int i = 0; ok && i < n; i++)
        ok = (names[i] = arena_strdup(c->arena, PQgetvalue(result, i, 0))) != NULL;
    PQclear(result);
    *names_out = (struct list){names, (size_t)n};
    return ok ? OK : no_memory(c);
}

/* ---- copies, and what is deleted for good ---- */

static enum err pg_backup(struct ctx *c, struct db *db, const char *path, const struct progress *progress) {
    (void)db, (void)path, (void)progress;
    return FAIL(c, ERR_INVALID, "db.no-file",
                "this is for SQLite files; back a server up with pg_dump or pg_basebackup");
}

static enum err pg_check(struct ctx *c, struct db *db) {
    (void)db;
    return FAIL(c, ERR_INVALID, "db.no-file", "this is for SQLite files; a server has pg_amcheck for it");
}

static enum err check_size(struct ctx *c, struct pg *q, int64_t most_bytes) {
    const char *answer;
    TRY(ask(c, q, "SELECT pg_database_size(current_database())", &answer));
    int64_t bytes = strtoll(answer, NULL, 10);
    if (most_bytes == 0 || bytes <= most_bytes) return OK;
    return FAIL(c, ERR_LIMIT, "db.too-big",
                "a database of %lld bytes is not written anew beside a service: stop it for that",
                (long long)bytes);
}

/* Rows that were deleted or replaced stand in their pages until these are written anew. */
static enum err pg_rewrite(struct ctx *c, struct db *db, int64_t most_bytes) {
    struct pg *q = pg_of(db);
    struct list tables;
    TRY(be_connected(c, q));
    TRY(check_size(c, q, most_bytes));
    TRY(pg_tables(c, db, &tables));
    for (size_t i = 0; i < tables.n; i++) {
        const char *words = arena_printf(c->arena, "VACUUM FULL \"%s\"", ((const char *const *)tables.at)[i]);
        if (!words) return no_memory(c);
        TRY(run(c, q, "rewrite", words, NULL));
    }
    log_event(LOG_INFO, "db.rewritten", "tables=%zu", tables.n);
    return OK;
}

static const char *pg_file(struct db *db) {
    (void)db;
    return NULL;
}

/* ---- opening ---- */

static void pg_close(struct db *db) {
    struct pg *q = pg_of(db);
    look_at_tables(q);
    PQfinish(q->conn);
    if (q->url) explicit_bzero(q->url, strlen(q->url));
    free(q->url);
    free(q);
}

static const struct db_driver POSTGRES = {
    .close = pg_close,
    .prepare = pg_prepare,
    .finalize = pg_finalize,
    .column_name = pg_column_name,
    .bind = pg_bind,
    .step = pg_step,
    .column = pg_column,
    .reset = pg_reset,
    .changes = pg_changes,
    .control = pg_control,
    .sync = NULL, /* a COMMIT answers when it is on the disk */
    .in_transaction = pg_in_transaction,
    .script = pg_script,
    .has_table = pg_has_table,
    .tables = pg_tables,
    .set_deadline = pg_set_deadline,
    .settle = pg_settle,
    .rewrite = pg_rewrite,
    .gather = pg_gather,
    .pending = pg_pending,
    .backup = pg_backup,
    .check = pg_check,
    .file = pg_file,
};

static enum err check_new(struct ctx *c, struct pg *q) {
    if (q->mode != DB_CREATE && q->mode != DB_BULK) return OK;
    enum err err = pg_has_table(c, &q->db, "schema_migration");
    if (err == ERR_NOT_FOUND) return OK;
    if (err != OK) return err;
    return FAIL(c, ERR_CONFLICT, "db.exists",
                "the database holds one of Canary's already; it is left as it is");
}

static void log_opened(const struct pg *q) {
    log_event(q->mode == DB_READ ? LOG_DEBUG : LOG_INFO, "db.opened",
              "library=libpq version=%d server=%d mode=%s", PQlibVersion(), PQserverVersion(q->conn),
              only_reads(q) ? "read" : "write");
}

/* The library's words about a URL that it cannot read may hold pieces of it. */
static bool is_url(const char *url) {
    char *why = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &why);
    PQfreemem(why);
    PQconninfoFree(options);
    return options != NULL;
}

enum err db_pg_open(struct ctx *c, const char *url, enum db_mode mode, struct db **db_out) {
    if (!is_url(url)) return FAIL(c, ERR_INVALID, "db.url", "the URL of the database cannot be read");
    struct pg *q = calloc(1, sizeof *q);
    if (!q) return no_memory(c);
    *q = (struct pg){.db.driver = &POSTGRES, .mode = mode, .url = strdup(url)};
    enum err err = q->url ? connect_now(c, q) : no_memory(c);
    if (err == OK) err = check_new(c, q);
    if (err != OK) {
        pg_close(&q->db);
        return err;
    }
    log_opened(q);
    *db_out = &q->db;
    return OK;
}
