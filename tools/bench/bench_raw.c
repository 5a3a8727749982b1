/* What the server wrote, read from its database row by row into memory, then written into a copy of the
 * database as it was before: by prepared statements, in the server's order, without a read, a check or a
 * byte of JSON. Only the columns that a drop can change are set. */
#include "bench.h"
#include <stdlib.h>
#include <string.h>

/* Each write takes its values from a row of its own SELECT, whose ?1 is an id. */
struct copy {
    const char *select, *write;
};

enum by { BY_EVENT, BY_OWN_EVENT, BY_DELIVERY, BY_ORDER, BY_ENTITY, BY_SEQ };

static const struct {
    const char *action; /* of the audit event that tells of it */
    enum by by;
    struct copy copy;
} COPIES[] = {
    {"run.close",
     BY_ENTITY,
     {"SELECT version, id FROM run WHERE id = ?1",
      "UPDATE run SET state = 'closed', version = ?1 WHERE id = ?2"}},
    {"discrepancy.open",
     BY_ENTITY,
     {"SELECT id, order_id, delivery_id, patient_id, customer_id, depot_id, driver_id, kind, product_id, "
      "stated, lot, "
      "expected, actual, severity, source, state, responsibility, cause, reason, detected_at, closed_at, "
      "rule_version, event_id, contest_id, superseded_by, version FROM discrepancy WHERE id = ?1",
      "INSERT INTO discrepancy (id, order_id, delivery_id, patient_id, customer_id, depot_id, driver_id, "
      "kind, "
      "product_id, stated, lot, expected, actual, severity, source, state, responsibility, cause, reason, "
      "detected_at, closed_at, rule_version, event_id, contest_id, superseded_by, version) VALUES (?1, ?2, "
      "?3, ?4, "
      "?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, "
      "?26)"}},
    {"delivery.confirm",
     BY_OWN_EVENT,
     {"SELECT owner, field, value, salt FROM personal_value WHERE owner = ?1",
      "INSERT INTO personal_value (owner, field, value, salt) VALUES (?1, ?2, ?3, ?4)"}},
    {"delivery.confirm",
     BY_ORDER,
     {"SELECT accepted, refused, order_id, product_id FROM order_line WHERE order_id = ?1 "
      "AND accepted + refused > 0",
      "UPDATE order_line SET accepted = ?1, refused = ?2 WHERE order_id = ?3 AND product_id = ?4"}},
    {"delivery.confirm",
     BY_DELIVERY,
     {"SELECT state, event_id, completed_at, version, id FROM delivery WHERE id = ?1",
      "UPDATE delivery SET state = ?1, event_id = ?2, completed_at = ?3, version = ?4 WHERE id = ?5"}},
    {"delivery.confirm",
     BY_ORDER,
     {"SELECT state, version, id FROM patient_order WHERE id = ?1",
      "UPDATE patient_order SET state = ?1, version = ?2 WHERE id = ?3"}},
    {"delivery.confirm",
     BY_EVENT,
     {"SELECT id, own_id, kind, delivery_id, driver_id, by_id, at, received_at, completed_at, synced_late, "
      "clock_skew_s, "
      "receiver_known, place, bypass, reason, outcome, delivery_version, fingerprint, private_digest, stands "
      "FROM field_event WHERE id = ?1",
      "INSERT INTO field_event (id, own_id, kind, delivery_id, driver_id, by_id, at, received_at, "
      "completed_at, "
      "synced_late, "
      "clock_skew_s, receiver_known, place, bypass, reason, outcome, delivery_version, fingerprint, "
      "private_digest, stands) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)"}},
    {"delivery.confirm",
     BY_OWN_EVENT,
     {"SELECT own_id, position, kind, sha256 FROM field_event_evidence WHERE own_id = ?1 ORDER BY "
      "position",
      "INSERT INTO field_event_evidence (own_id, position, kind, sha256) VALUES (?1, ?2, ?3, ?4)"}},
    {"delivery.confirm",
     BY_OWN_EVENT,
     {"SELECT own_id, position, product_id, stated, qty, lot, expiry, condition, scanned FROM "
      "field_event_line "
      "WHERE own_id = ?1 ORDER BY position",
      "INSERT INTO field_event_line (own_id, position, product_id, stated, qty, lot, expiry, condition, "
      "scanned) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"}},
    {"delivery.confirm",
     BY_ORDER,
     {"SELECT driver_id, delivery_id, completed_at, received_at, handed_over, lines, lines_right, "
      "units_authorised, "
      "units_accepted, faults_line, faults, sweep_at, order_id, version FROM commitment WHERE order_id = ?1 "
      "AND known_until = 9223372036854775807",
      "UPDATE commitment SET driver_id = ?1, delivery_id = ?2, completed_at = ?3, received_at = ?4, "
      "handed_over = ?5, "
      "lines = ?6, lines_right = ?7, units_authorised = ?8, units_accepted = ?9, faults_line = ?10, faults = "
      "?11, "
      "sweep_at = ?12 WHERE order_id = ?13 AND version = ?14"}},
    {NULL,
     BY_SEQ,
     {"SELECT seq, at, actor_id, role, action, entity, entity_id, entity_version, reason_digest, request_id, "
      "change, "
      "leaf_hash FROM audit_entry WHERE seq = ?1",
      "INSERT INTO audit_entry (seq, at, actor_id, role, action, entity, entity_id, entity_version, "
      "reason_digest, "
      "request_id, change, leaf_hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"}},
    {"delivery.confirm",
     BY_DELIVERY,
     {"SELECT p.cover_until, p.stock, p.id FROM delivery d JOIN patient p ON p.id = d.patient_id WHERE d.id "
      "= "
      "?1",
      "UPDATE patient SET cover_until = ?1, stock = ?2 WHERE id = ?3"}},
};

/* The rows to write, one behind the other: write number, then each column's type, size and bytes. */
struct tape {
    char *at;
    size_t n, cap;
};

struct bench_raw {
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *write[COUNT(COPIES)];
    int columns[COUNT(COPIES)];
    struct tape tape;
    size_t *delivery_end; /* in the tape */
    size_t deliveries, deliveries_cap;
    uint32_t *group_us; /* of each group of the last write */
    size_t groups;
    int64_t seq; /* the last audit event read */
};

/* ---- reading ---- */

static void tape_add(struct tape *tape, const void *bytes, size_t n) {
    if (tape->n + n > tape->cap) {
        tape->cap = 2 * (tape->n + n);
        tape->at = realloc(tape->at, tape->cap);
        if (!tape->at) bench_fail("no memory for the rows");
    }
    memcpy(tape->at + tape->n, bytes, n);
    tape->n += n;
}

static void tape_add_column(struct tape *tape, sqlite3_stmt *row, int column) {
    int type = sqlite3_column_type(row, column), size = sqlite3_column_bytes(row, column);
    int64_t integer = sqlite3_column_int64(row, column);
    tape_add(tape, &type, sizeof type);
    if (type == SQLITE_NULL) return;
    if (type == SQLITE_INTEGER) {
        tape_add(tape, &integer, sizeof integer);
        return;
    }
    const void *bytes = type == SQLITE_TEXT ? (const void *)sqlite3_column_text(row, column)
                                            : sqlite3_column_blob(row, column);
    tape_add(tape, &size, sizeof size);
    tape_add(tape, bytes, (size_t)size);
}

static void tape_rows(struct bench_raw *raw, sqlite3_stmt *rows, int write) {
    while (sqlite3_step(rows) == SQLITE_ROW) {
        tape_add(&raw->tape, &write, sizeof write);
        for (int i = 0; i < raw->columns[write]; i++)
            tape_add_column(&raw->tape, rows, i);
    }
    sqlite3_reset(rows);
}

static const char EVENTS[] = "SELECT a.action, a.seq, a.entity_id, d.order_id, d.event_id, e.own_id "
                             "FROM audit_event a LEFT JOIN delivery d ON d.id = a.entity_id "
                             "LEFT JOIN field_event e ON e.id = d.event_id WHERE a.seq > ?1 ORDER BY a.seq";

/* The column of EVENTS that a copy's ?1 is. */
static int column_of(enum by by) {
    static const int COLUMN[] = {
        [BY_SEQ] = 1, [BY_ENTITY] = 2, [BY_DELIVERY] = 2, [BY_ORDER] = 3, [BY_EVENT] = 4, [BY_OWN_EVENT] = 5};
    return COLUMN[by];
}

static void end_delivery(struct bench_raw *raw) {
    if (raw->deliveries == raw->deliveries_cap) {
        raw->deliveries_cap = raw->deliveries_cap ? 2 * raw->deliveries_cap : 4096;
        raw->delivery_end = realloc(raw->delivery_end, raw->deliveries_cap * sizeof *raw->delivery_end);
        if (!raw->delivery_end) bench_fail("no memory for the rows");
    }
    raw->delivery_end[raw->deliveries++] = raw->tape.n;
}

static void read_event(struct bench_raw *raw, sqlite3_stmt *event, sqlite3_stmt *const *select) {
    const char *action = (const char *)sqlite3_column_text(event, 0);
    for (size_t i = 0; i < COUNT(COPIES); i++) {
        if (COPIES[i].action && strcmp(COPIES[i].action, action) != 0) continue;
        sqlite3_bind_value(select[i], 1, sqlite3_column_value(event, column_of(COPIES[i].by)));
        tape_rows(raw, select[i], (int)i);
    }
    raw->seq = sqlite3_column_int64(event, 1);
    if (strcmp(action, "delivery.confirm") == 0) end_delivery(raw);
}

void bench_raw_read(struct bench_raw *raw, const char *live) {
    sqlite3 *db = sql_open_reader(live);
    sqlite3_stmt *events = sql_prepare(db, EVENTS), *select[COUNT(COPIES)];
    raw->tape.n = raw->deliveries = 0;
    sql_run(db, "BEGIN");
    for (size_t i = 0; i < COUNT(COPIES); i++)
        select[i] = sql_prepare(db, COPIES[i].copy.select);
    sqlite3_bind_int64(events, 1, raw->seq);
    while (sqlite3_step(events) == SQLITE_ROW)
        read_event(raw, events, select);
    for (size_t i = 0; i < COUNT(COPIES); i++)
        sqlite3_finalize(select[i]);
    sqlite3_finalize(events);
    sql_run(db, "COMMIT");
    sql_close(db);
}

/* ---- writing ---- */

static const char *bind_next(sqlite3_stmt *stmt, int column, const char *at) {
    int type, size;
    int64_t integer;
    memcpy(&type, at, sizeof type);
    at += sizeof type;
    if (type == SQLITE_NULL) {
        sqlite3_bind_null(stmt, column);
        return at;
    }
    if (type == SQLITE_INTEGER) {
        memcpy(&integer, at, sizeof integer);
        sqlite3_bind_int64(stmt, column, integer);
        return at + sizeof integer;
    }
    memcpy(&size, at, sizeof size);
    at += sizeof size;
    if (type == SQLITE_TEXT)
        sqlite3_bind_text(stmt, column, at, size, SQLITE_STATIC);
    else
        sqlite3_bind_blob(stmt, column, at, size, SQLITE_STATIC);
    return at + size;
}

static const char *write_row(struct bench_raw *raw, const char *at) {
    int write;
    memcpy(&write, at, sizeof write);
    at += sizeof write;
    for (int i = 0; i < raw->columns[write]; i++)
        at = bind_next(raw->write[write], i + 1, at);
    sql_step(raw->db, raw->write[write]);
    return at;
}

/* Deliveries [i, end) in one commit. */
static const char *write_group(struct bench_raw *raw, const char *at, size_t i, size_t end) {
    double started = bench_seconds();
    sql_step(raw->db, raw->begin);
    for (; i < end; i++)
        while (at < raw->tape.at + raw->delivery_end[i])
            at = write_row(raw, at);
    sql_step(raw->db, raw->commit);
    if (end % BENCH_GROUP == 0) raw->group_us[raw->groups++] = (uint32_t)((bench_seconds() - started) * 1e6);
    return at;
}

double bench_raw_write(struct bench_raw *raw, size_t *deliveries_out) {
    const char *at = raw->tape.at;
    raw->groups = 0;
    raw->group_us = realloc(raw->group_us, (raw->deliveries / BENCH_GROUP + 1) * sizeof *raw->group_us);
    if (!raw->group_us) bench_fail("no memory");
    double started = bench_seconds();
    for (size_t i = 0; i < raw->deliveries; i += BENCH_GROUP) {
        size_t end = i + BENCH_GROUP < raw->deliveries ? i + BENCH_GROUP : raw->deliveries;
        at = write_group(raw, at, i, end);
    }
    *deliveries_out = raw->deliveries;
    return bench_seconds() - started;
}

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

uint32_t bench_raw_group_us(const struct bench_raw *raw) {
    qsort(raw->group_us, raw->groups, sizeof *raw->group_us, by_value);
    return bench_percentile(raw->group_us, raw->groups, 0.50);
}

/* ---- opening ---- */

struct bench_raw *bench_raw_open(const char *copy) {
    struct bench_raw *raw = calloc(1, sizeof *raw);
    if (!raw) bench_fail("no memory");
    raw->db = sql_open_writer(copy);
    raw->begin = sql_prepare(raw->db, "BEGIN IMMEDIATE");
    raw->commit = sql_prepare(raw->db, "COMMIT");
    for (size_t i = 0; i < COUNT(COPIES); i++) {
        raw->write[i] = sql_prepare(raw->db, COPIES[i].copy.write);
        raw->columns[i] = sqlite3_bind_parameter_count(raw->write[i]);
    }
    raw->seq = sql_value(raw->db, "SELECT MAX(seq) FROM audit_event");
    return raw;
}

void bench_raw_close(struct bench_raw *raw) {
    sqlite3_finalize(raw->begin);
    sqlite3_finalize(raw->commit);
    for (size_t i = 0; i < COUNT(COPIES); i++)
        sqlite3_finalize(raw->write[i]);
    sql_close(raw->db);
    free(raw->tape.at);
    free(raw->group_us);
    free(raw->delivery_end);
    free(raw);
}
