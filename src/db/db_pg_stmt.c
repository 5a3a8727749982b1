/* PostgreSQL: statements, prepared once a connection, their parameters and rows. */
#include "base/log.h"
#include "db/db_pg.h"
#include "db/pg_ddl.h"
#include "db/pg_rows.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_MOST 256 /* statements on their way at once */
#define FETCH_FIRST 16 /* rows of a walk that are asked for at once; then by their size */
#define FETCH_MOST 4096
#define FETCH_BYTES (1 << 20)

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

static struct pg_stmt *stmt_of(const struct db_prepared *p) {
    return p->handle;
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
    PGresult *result = PQsendPrepare(q->conn, s->name, s->sql, 0, NULL) ? pg_collect(q) : NULL;
    enum err err = pg_is_good(result) ? OK : pg_failed(c, q, name, result);
    PQclear(result);
    if (err == OK) s->generation = q->generation;
    return err;
}

static enum err prepare_and_describe(struct ctx *c, struct pg *q, const char *name, struct pg_stmt *s) {
    PGresult *result[2];
    bool is_sent = pg_begin_pipeline(q) && PQsendPrepare(q->conn, s->name, s->sql, 0, NULL) &&
                   PQsendDescribePrepared(q->conn, s->name);
    pg_end_pipeline(q, is_sent, 2, result);
    enum err err = pg_is_good(result[0]) && pg_is_good(result[1]) ? OK : pg_failed(c, q, name, result[0]);
    if (err == OK && !learn_shape(s, result[1])) err = pg_no_memory(c);
    if (err == OK) s->generation = q->generation;
    PQclear(result[0]);
    PQclear(result[1]);
    return err;
}

static bool begins_with(const char *sql, const char *word) {
    sql += strspn(sql, " \t\r\n");
    return strncmp(sql, word, strlen(word)) == 0;
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
    return s->made ? OK : pg_no_memory(c);
}

static enum err new_stmt(struct ctx *c, struct pg *q, const struct db_stmt *stmt, struct pg_stmt *s) {
    snprintf(s->name, sizeof s->name, "s%" PRId64, ++q->prepared);
    TRY(translate(c, stmt, s));
    TRY(pg_ready(c, q));
    TRY(pg_drain(c, q, stmt->name));
    return prepare_and_describe(c, q, stmt->name, s);
}

enum err pg_prepare(struct ctx *c, struct db *db, const struct db_stmt *stmt, struct db_prepared *out) {
    struct pg_stmt *s = calloc(1, sizeof *s);
    if (!s) return pg_no_memory(c);
    enum err err = new_stmt(c, pg_of(db), stmt, s);
    if (err != OK) {
        free_stmt(s);
        return err;
    }
    bool reads = begins_with(s->sql, "SELECT") || begins_with(s->sql, "WITH");
    *out = (struct db_prepared){.handle = s, .params = s->params, .columns = s->columns, .writes = !reads};
    return OK;
}

void pg_finalize(struct db *db, struct db_prepared *p) {
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

const char *pg_column_name(struct db *db, const struct db_prepared *p, int column) {
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

enum err pg_bind(struct ctx *c, struct db *db, struct db_prepared *p, int param, const struct db_arg *arg) {
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
    if (!pg_is_good(result)) {
        enum err err = pg_failed(c, q, name, result);
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
        TRY(pg_take(c, q, name, &result));
    } else if (is_sent) {
        result = pg_collect(q);
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
    TRY(pg_drain(c, q, name));
    return keep_result(c, q, name, s, send_fetch(q, s) ? pg_collect(q) : NULL);
}

static bool send_declare(struct pg *q, const struct pg_stmt *s, const char *words) {
    return PQsendQueryParams(q->conn, words, s->params, s->param_type, s->value, s->length, s->format, 1);
}

/* A walk takes its rows a piece at a time, and other statements may run between them: a cursor. It lives in
 * a transaction: one of its own, if there is none. */
static enum err open_cursor(struct ctx *c, struct pg *q, const char *name, struct pg_stmt *s) {
    PGresult *result[3];
    const char *words = arena_printf(c->arena, "DECLARE w%s NO SCROLL CURSOR FOR %s", s->name, s->sql);
    if (!words) return pg_no_memory(c);
    s->owns_transaction = PQtransactionStatus(q->conn) == PQTRANS_IDLE;
    s->fetch = FETCH_FIRST;
    bool is_sent = pg_begin_pipeline(q) && pg_send_words(q, s->owns_transaction ? "BEGIN" : "SELECT") &&
                   send_declare(q, s, words) && send_fetch(q, s);
    pg_end_pipeline(q, is_sent, 3, result);
    const PGresult *bad = !pg_is_good(result[0]) ? result[0] : !pg_is_good(result[1]) ? result[1] : NULL;
    s->is_cursor = !bad && pg_is_good(result[2]);
    if (s->owns_transaction) q->in_transaction = true;
    enum err err = bad ? pg_failed(c, q, name, bad) : keep_result(c, q, name, s, result[2]);
    PQclear(result[0]);
    PQclear(result[1]);
    if (bad) PQclear(result[2]);
    return err;
}

static enum err begin_statement(struct ctx *c, struct pg *q, const char *name, struct db_prepared *p) {
    struct pg_stmt *s = stmt_of(p);
    bool is_walk = p->walks && !p->writes;
    TRY(pg_ready(c, q));
    if (is_walk || s->generation != q->generation) TRY(pg_drain(c, q, name));
    if (s->generation != q->generation) TRY(prepare_on_server(c, q, name, s));
    return is_walk ? open_cursor(c, q, name, s) : execute(c, q, name, s);
}

/* Into the pipeline: its results are taken when there are many. */
static enum err queue(struct ctx *c, struct pg *q, const char *name, const struct pg_stmt *s) {
    if (q->queued == 0 && !pg_begin_pipeline(q)) return pg_lost(c, name);
    if (!send_stmt(q, s)) return pg_not_queued(c, q, name);
    q->written++;
    if (++q->queued == QUEUE_MOST) TRY(pg_drain(c, q, name));
    return ERR_NOT_FOUND;
}

enum err pg_step(struct ctx *c, struct db *db, const struct db_stmt *stmt, struct db_prepared *p) {
    struct pg_stmt *s = stmt_of(p);
    if (p->queues && s->generation == pg_of(db)->generation) return queue(c, pg_of(db), stmt->name, s);
    if (!s->result) TRY(begin_statement(c, pg_of(db), stmt->name, p));
    if (++s->row < PQntuples(s->result)) return OK;
    if (!s->is_cursor || PQntuples(s->result) < s->fetch) return ERR_NOT_FOUND;
    TRY(fetch(c, pg_of(db), stmt->name, s));
    return ++s->row < PQntuples(s->result) ? OK : ERR_NOT_FOUND;
}

void pg_column(struct db *db, struct db_prepared *p, int column, struct db_cell *cell_out) {
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
        q->queued += pg_send_words(q, words); /* among the writes that its rows led to */
    else if (s->is_cursor && PQtransactionStatus(q->conn) == PQTRANS_INTRANS)
        PQclear(PQexec(q->conn, words));
    s->is_cursor = s->owns_transaction = false;
}

void pg_reset(struct db *db, struct db_prepared *p) {
    struct pg_stmt *s = stmt_of(p);
    drop_result(s);
    close_cursor(pg_of(db), s);
}

int64_t pg_changes(struct db *db) {
    return pg_of(db)->changes;
}
