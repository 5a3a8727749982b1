#include "store/store_commitment.h"
#include "base/date.h"
#include "base/id.h"
#include "db/db.h"
#include "each_day.h"
#include "store/store_figure.h"

#define COLS                                                                                       \
    "order_id, version, known_from, known_until, kind, patient_id, customer_id, depot_id, "        \
    "driver_id, delivery_id, cause, date, from_min, to_min, due_on, starts_at, ends_at, "          \
    "early_before, late_after, missed_after, cutoff_at, fixed, now_on, now_early_before, "         \
    "now_late_after, now_missed_after, completed_at, received_at, excluded, stated, handed_over, " \
    "lines, lines_right, units_authorised, units_accepted, faults_line, faults_damage, "           \
    "faults_place, faults_proof, faults, faults_outside, timing_outside, contested, reversals, "   \
    "recoveries, swept, sweep_at"

/* What domain/kpi.h and domain/figure.h look at: two thirds of the columns, two thirds of the time. */
#define COUNTED                                                                                           \
    "order_id, known_from, customer_id, depot_id, driver_id, due_on, ends_at, early_before, late_after, " \
    "missed_after, now_early_before, now_late_after, now_missed_after, completed_at, excluded, stated, "  \
    "handed_over, lines, lines_right, units_authorised, units_accepted, faults_line, faults_damage, "     \
    "faults_place, faults_proof, faults, faults_outside, timing_outside, contested, reversals, recoveries"

/* The version known at $3: later ones are not known yet, earlier ones are superseded by then. */
#define KNOWN_AT " AND known_from <= $3 AND known_until > $3"
/* A window that had not ended is in no figure. */
#define ENDED_BY " AND ends_at <= $3"
/* Figures are sums: the order in which an index has the rows needs no sorting. */
#define AS_INDEXED " ORDER BY due_on, customer_id, order_id, version"
/* What commitment_restated holds, word by word; it has all of these columns. A date (+ 0) is no reason to
 * read another index: there everything of the period stands. */
#define CAME_LATE                                                                      \
    "SELECT order_id, version FROM commitment WHERE known_from > due_on * 86400000 "   \
    "AND (version > 1 OR kind <> 'history') AND known_from > $4 AND known_from <= $3 " \
    "AND due_on + 0 BETWEEN $1 AND $2"

enum { GET, AS_OF, ADD, SET_AHEAD, FACTS_AHEAD, CLOSE, DUE, BY_DUE, BY_DUE_CUSTOMER, OPEN, RESTATED };
static const struct db_stmt S[] = {
    [GET] = {"commitment.get",
             "SELECT " COLS " FROM commitment WHERE order_id = $1 AND known_until = 9223372036854775807",
             NULL},
    [AS_OF] = {"commitment.as-of",
               "SELECT " COLS " FROM commitment WHERE order_id = $1 AND known_from <= $2 "
               "ORDER BY version DESC LIMIT 1",
               NULL},
    [ADD] = {"commitment.add",
             "INSERT INTO commitment (" COLS ") VALUES ("
             "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, "
             "$19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, "
             "$35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47"
             ")",
             "order_id version known_from known_until kind patient_id customer_id depot_id driver_id "
             "delivery_id cause date from_min to_min due_on starts_at ends_at early_before "
             "late_after missed_after cutoff_at fixed now_on now_early_before now_late_after "
             "now_missed_after completed_at received_at excluded stated handed_over lines "
             "lines_right units_authorised units_accepted faults_line faults_damage faults_place "
             "faults_proof faults faults_outside timing_outside contested reversals recoveries swept "
             "sweep_at"},
    [SET_AHEAD] = {"commitment.set-ahead",
                   "UPDATE commitment SET depot_id = $3, driver_id = $4, delivery_id = $5, cause = $6, "
                   "date = $7, from_min = $8, to_min = $9, due_on = $10, starts_at = $11, ends_at = $12, "
                   "early_before = $13, late_after = $14, missed_after = $15, cutoff_at = $16, fixed = "
                   "$17, now_on = $18, now_early_before = $19, now_late_after = $20, now_missed_after = "
                   "$21, completed_at = $22, received_at = $23, excluded = $24, stated = $25, handed_over "
                   "= $26, lines = $27, lines_right = $28, units_authorised = $29, units_accepted = $30, "
                   "faults_line = $31, faults_damage = $32, faults_place = $33, faults_proof = $34, faults "
                   "= $35, faults_outside = $36, timing_outside = $37, contested = $38, reversals = $39, "
                   "recoveries = $40, swept = $41, sweep_at = $42 WHERE order_id = $1 AND version = $2 AND "
                   "ends_at > $43 AND now_late_after > $43",
                   "order_id version depot_id driver_id delivery_id cause date from_min to_min due_on "
                   "starts_at ends_at early_before late_after missed_after cutoff_at fixed now_on "
                   "now_early_before now_late_after now_missed_after completed_at received_at excluded "
                   "stated handed_over lines lines_right units_authorised units_accepted faults_line "
                   "faults_damage faults_place faults_proof faults faults_outside timing_outside contested "
                   "reversals recoveries swept sweep_at known_from"},
    [FACTS_AHEAD] =
        {"commitment.facts-ahead",
         "UPDATE commitment SET driver_id = $3, delivery_id = $4, fixed = $5, completed_at = $6, "
         "received_at = $7, handed_over = $8, lines = $9, lines_right = $10, units_authorised = "
         "$11, units_accepted = $12, faults_line = $13, faults_damage = $14, faults_place = $15, "
         "faults_proof = $16, faults = $17, faults_outside = $18, timing_outside = $19, "
         "contested = $20, reversals = $21, swept = $22, sweep_at = $23 WHERE order_id = $1 AND "
         "version = $2 AND ends_at > $24 AND now_late_after > $24",
         "order_id version driver_id delivery_id fixed completed_at received_at handed_over lines "
         "lines_right units_authorised units_accepted faults_line faults_damage faults_place "
         "faults_proof faults faults_outside timing_outside contested reversals swept sweep_at "
         "known_from"},
    [CLOSE] = {"commitment.close",
               "UPDATE commitment SET known_until = $3, sweep_at = NULL WHERE order_id = $1 AND version = $2",
               NULL},
    [DUE] = {"commitment.due",
             "SELECT " COLS " FROM commitment WHERE sweep_at <= $1 AND sweep_at IS NOT NULL "
             "AND known_until = 9223372036854775807 ORDER BY sweep_at, order_id LIMIT $2",
             NULL},
    [BY_DUE] = {"commitment.by-due",
                "SELECT " COUNTED
                " FROM commitment WHERE due_on BETWEEN $1 AND $2" KNOWN_AT ENDED_BY AS_INDEXED,
                NULL},
    [BY_DUE_CUSTOMER] = {"commitment.by-due-customer",
                         "SELECT " COUNTED " " FROM_EACH_DAY("$4") KNOWN_AT ENDED_BY AS_INDEXED, NULL},
    [OPEN] = {"commitment.open",
              "SELECT " COUNTED " FROM commitment WHERE known_until = 9223372036854775807 "
              "AND order_id IN (SELECT order_id FROM figure_open) AND due_on + 0 BETWEEN $1 AND $2 "
              "AND (CAST($3 AS BYTEA) IS NULL OR customer_id = $3) ORDER BY order_id",
              NULL},
    [RESTATED] = {"commitment.restated",
                  "SELECT " COLS " FROM commitment WHERE (order_id, version) IN (" CAME_LATE ") "
                  "AND known_until > $3 AND (CAST($5 AS BYTEA) IS NULL OR customer_id = $5) "
                  "ORDER BY due_on, order_id",
                  NULL},
};

enum err store_commitment_get(struct ctx *c, struct id order_id, struct commitment *row_out) {
    return db_one(c, &S[GET], ARGS(db_id(&order_id)), &commitment_shape, row_out);
}

enum err store_commitment_as_of(struct ctx *c, struct id order_id, int64_t instant,
                                struct commitment *row_out) {
    /* What stands now stands, whichever server wrote it: another one's clock may be ahead of ours. */
    if (instant >= c->now) return store_commitment_get(c, order_id, row_out);
    return db_one(c, &S[AS_OF], ARGS(db_id(&order_id), db_int(instant)), &commitment_shape, row_out);
}

static enum err add(struct ctx *c, struct commitment *row, int64_t known_from) {
    row->known_from = known_from;
    row->known_until = KNOWN_FOREVER;
    row->sweep_at = commitment_sweep_at(row);
    return db_exec_row(c, &S[ADD], &commitment_shape, row, NULL);
}

enum err store_commitment_add(struct ctx *c, struct commitment *row) {
    TRY(add(c, row, c->now));
    return store_figure_replace(c, NULL, row);
}

MUST static enum err set_ahead(struct ctx *c, const struct commitment *row, const struct db_stmt *ahead_stmt,
                               int64_t *changed_out) {
    struct commitment ahead = *row;
    *changed_out = 0;
    /* the others leave the windows as they were read: then there is no need to ask */
    if (ahead_stmt != &S[SET_AHEAD] && (row->ends_at <= c->now || row->now_late_after <= c->now)) return OK;
    ahead.known_from = c->now; /* bound to the statement's last parameter */
    return db_exec_row(c, ahead_stmt, &commitment_shape, &ahead, changed_out);
}

/* While the window is still ahead no report can count the row, whatever its as-of: then it is changed in
 * place, and only facts that arrive later make another version. */
MUST static enum err write_version(struct ctx *c, struct commitment *row, const struct db_stmt *ahead_stmt) {
    int64_t changed, at = c->now > row->known_from ? c->now : row->known_from; /* by another server's clock */
    row->sweep_at = commitment_sweep_at(row);
    TRY(set_ahead(c, row, ahead_stmt, &changed));
    if (changed == 1) return OK;
    TRY(db_exec(c, &S[CLOSE], ARGS(db_id(&row->order_id), db_int(row->version), db_int(at)), NULL));
    row->version++;
    return add(c, row, at);
}

/* A row that moves to another day has its window ahead: no sum has it. */
MUST static enum err set(struct ctx *c, struct commitment *row, const struct db_stmt *ahead_stmt) {
    struct commitment was;
    struct figure_state state;
    TRY(store_figure_state(c, &state)); /* and not the clock, which may have been set back since */
    if (state.through == NONE || row->due_on > state.through) return write_version(c, row, ahead_stmt);
    TRY(store_commitment_get(c, row->order_id, &was));
    TRY(write_version(c, row, ahead_stmt));
    return store_figure_replace(c, &was, row);
}

enum err store_commitment_set(struct ctx *c, struct commitment *row) {
    return set(c, row, &S[SET_AHEAD]);
}

enum err store_commitment_facts_set(struct ctx *c, struct commitment *row) {
    return set(c, row, &S[FACTS_AHEAD]);
}

enum err store_commitment_due(struct ctx *c, int64_t now, int64_t limit, struct list *rows_out) {
    return db_all(c, &S[DUE], ARGS(db_int(now), db_int(limit)), &commitment_shape, rows_out);
}

enum err store_commitment_each(struct ctx *c, int64_t from, int64_t to, int64_t as_of, struct id customer_id,
                               enum err (*row)(struct ctx *c, void *commitment, void *user), void *user) {
    struct commitment record;
    if (id_is_none(customer_id))
        return db_each(c, &S[BY_DUE], ARGS(db_int(from), db_int(to), db_int(as_of)), &commitment_shape,
                       &record, row, user);
    return db_each(c, &S[BY_DUE_CUSTOMER], ARGS(db_int(from), db_int(to), db_int(as_of), db_id(&customer_id)),
                   &commitment_shape, &record, row, user);
}

enum err store_commitment_open(struct ctx *c, int64_t from, int64_t to, struct id customer_id,
                               enum err (*row)(struct ctx *c, void *commitment, void *user), void *user) {
    struct commitment record;
    return db_each(c, &S[OPEN], ARGS(db_int(from), db_int(to), db_id(&customer_id)), &commitment_shape,
                   &record, row, user);
}

enum err store_commitment_restated(struct ctx *c, int64_t from, int64_t to, int64_t as_of,
                                   struct id customer_id,
                                   enum err (*row)(struct ctx *c, void *commitment, void *user), void *user) {
    struct commitment record;
    int64_t last_day = to * DAY_MS; /* begins, anywhere, before the period ends */
    return db_each(c, &S[RESTATED],
                   ARGS(db_int(from), db_int(to), db_int(as_of), db_int(last_day), db_id(&customer_id)),
                   &commitment_shape, &record, row, user);
}
