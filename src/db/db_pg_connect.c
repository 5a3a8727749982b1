/* PostgreSQL: the connection, which is made anew when it was lost, its settings, and what is asked of a
 * server. */
#include "base/log.h"
#include "base/text.h"
#include "db/db_pg.h"
#include "db/pg_rows.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OLDEST_SERVER 150000
#define WRITER_NUMBERS "1128485" /* locks: the pairs of this number with that of each writer */
#define ROW_NOTICE "CY001"       /* pg_ddl.c */
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

bool pg_only_reads(const struct pg *q) {
    return q->mode == DB_READ || q->mode == DB_HOLD;
}

static bool applies(const struct pg *q, size_t i) {
    return pg_only_reads(q) ? SETTINGS[i].reader : SETTINGS[i].writer;
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
    if (sql.failed) return pg_no_memory(c);
    TRY(pg_run(c, q, "settings", sql.at, &result));
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
    if (pg_only_reads(q) || !tells_notices(log)) return OK;
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
    TRY(pg_run(c, q, "check",
               "SELECT pg_encoding_to_char(encoding) || ' ' || datcollate || ' ' || datctype, "
               "current_setting('log_min_messages'), current_setting('fsync') FROM pg_database "
               "WHERE datname = current_database()",
               &result));
    if (!pg_only_reads(q) && strcmp(PQgetvalue(result, 0, 2), "on") != 0)
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
    if (!why) return pg_no_memory(c);
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
    if (pg_only_reads(q)) return OK;
    char sql[160];
    snprintf(sql, sizeof sql,
             "SELECT n FROM generate_series(0, %d) n WHERE pg_try_advisory_lock(" WRITER_NUMBERS
             ", n) LIMIT 1",
             ID_WRITERS - 1);
    TRY(pg_run(c, q, "writer", sql, &result));
    bool has_one = PQntuples(result) == 1;
    if (has_one) id_set_writer(strtoll(PQgetvalue(result, 0, 0), NULL, 10));
    PQclear(result);
    if (has_one) return OK;
    return FAIL(c, ERR_BUSY, "db.locked", "%d processes write to this database already, and no more can",
                ID_WRITERS);
}

/* The writers' lock, for as long as the connection lives, however long it is silent between two reads. */
static const char HOLD[] = "SET lock_timeout = '20s'; SET idle_in_transaction_session_timeout = 0; "
                           "SELECT pg_advisory_lock(" PG_WRITERS_LOCK ")";

enum err pg_connect(struct ctx *c, struct pg *q) {
    PQfinish(q->conn);
    q->conn = connect_to(q->url);
    q->queued = 0;
    if (PQstatus(q->conn) != CONNECTION_OK) return not_connected(c, q);
    PQsetNoticeReceiver(q->conn, on_notice, q);
    TRY(apply_settings(c, q));
    TRY(check_database(c, q));
    if (q->mode == DB_HOLD) TRY(pg_run(c, q, "hold", HOLD, NULL));
    TRY(take_writer_number(c, q));
    q->generation++;
    return OK;
}

enum err pg_be_connected(struct ctx *c, struct pg *q) {
    if (PQstatus(q->conn) == CONNECTION_OK) return OK;
    int64_t deadline_us = q->deadline_us;
    q->deadline_us = 0;
    enum err err = pg_connect(c, q);
    q->deadline_us = deadline_us;
    log_event(err == OK ? LOG_INFO : LOG_WARN, "db.reconnected", "ok=%d", err == OK);
    return err;
}

/* Outside of a transaction a lost connection is made anew; inside, what went before is gone with it. */
enum err pg_ready(struct ctx *c, struct pg *q) {
    return q->in_transaction ? OK : pg_be_connected(c, q);
}
