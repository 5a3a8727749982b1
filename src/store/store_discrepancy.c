#include "store/store_discrepancy.h"
#include "base/date.h"
#include "base/id.h"
#include "db/db.h"
#include "store/store_personal.h"

#define COLS                                                                                              \
    "id, order_id, delivery_id, patient_id, customer_id, depot_id, driver_id, kind, product_id, stated, " \
    "lot, "                                                                                               \
    "expected, actual, severity, source, state, responsibility, cause, reason, detected_at, closed_at, "  \
    "rule_version, event_id, contest_id, superseded_by, version"

/* Lists: newest first, paged by (detected_at, id); every filter may be absent. */
#define OF_KIND                                                                             \
    "(CAST($1 AS TEXT) IS NULL OR kind = $1) AND (CAST($2 AS TEXT) IS NULL OR state = $2) " \
    "AND (CAST($3 AS TEXT) IS NULL OR severity = $3) "

enum {
    GET,
    ADD,
    SET,
    CAME_INTO,
    OF_ORDER,
    OF_DELIVERY,
    OF_EVENT,
    OF_STATEMENT,
    NO_PROOF,
    LIST,
    LIST_CUSTOMER,
    FOUND,
    RECOVERIES
};
static const struct db_stmt S[] = {
    [GET] = {"discrepancy.get", "SELECT " COLS " FROM discrepancy WHERE id = $1", NULL},
    [ADD] = {"discrepancy.add",
             "INSERT INTO discrepancy (" COLS
             ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
             "$15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)",
             "id order_id delivery_id patient_id customer_id depot_id driver_id kind product_id stated lot "
             "expected "
             "actual severity source state responsibility cause reason detected_at closed_at rule_version "
             "event_id "
             "contest_id superseded_by version"},
    [SET] =
        {"discrepancy.set",
         "UPDATE discrepancy SET severity = $2, state = $3, responsibility = $4, cause = $5, reason = $6, "
         "closed_at = $7, superseded_by = $8, version = $9 WHERE id = $1",
         "id severity state responsibility cause reason closed_at superseded_by version"},
    [CAME_INTO] =
        {"discrepancy.came-into",
         "INSERT INTO discrepancy_state (discrepancy_id, version, at, state) VALUES ($1, $2, $3, $4)", NULL},
    [OF_ORDER] = {"discrepancy.of-order",
                  "SELECT " COLS " FROM discrepancy WHERE order_id = $1 ORDER BY detected_at, id", NULL},
    [OF_DELIVERY] = {"discrepancy.of-delivery",
                     "SELECT " COLS " FROM discrepancy WHERE order_id = (SELECT d.order_id FROM delivery d "
                     "WHERE d.id = $1) AND delivery_id = $1 ORDER BY detected_at, id",
                     NULL},
    [OF_EVENT] = {"discrepancy.of-event",
                  "SELECT " COLS " FROM discrepancy WHERE event_id = $1 AND source = 'reconciliation' "
                  "ORDER BY detected_at, id",
                  NULL},
    [OF_STATEMENT] = {"discrepancy.of-statement",
                      "SELECT " COLS
                      " FROM discrepancy WHERE source IN ('reconciliation', 'recall') AND (event_id = $1 OR "
                      "event_id IN (SELECT id FROM field_event WHERE amends = $1)) ORDER BY detected_at, id",
                      NULL},
    [NO_PROOF] = {"discrepancy.no-proof",
                  "SELECT " COLS " FROM discrepancy WHERE event_id = $1 AND kind = 'no_proof' "
                  "AND source = 'sweep' ORDER BY detected_at, id",
                  NULL},
    [LIST] = {"discrepancy.list",
              "SELECT " COLS " FROM discrepancy WHERE " OF_KIND "AND detected_at >= $4 AND detected_at < $5 "
              "AND (detected_at, id) < ($6, $7) ORDER BY detected_at DESC, id DESC LIMIT $8",
              NULL},
    /* Of the customer's seconds, newest first, all that was found, as discrepancy_detected has it; only what
     * is the customer's is looked up. An instant (+ 0) is no reason to read all that was found since. */
    [LIST_CUSTOMER] =
        {"discrepancy.list-customer",
         "SELECT " COLS " FROM (SELECT second FROM found_second WHERE customer_id = $9 "
         "AND second BETWEEN $4 AND $5) s CROSS JOIN (SELECT detected_at AS found_at, id AS found_id, "
         "customer_id AS found_of FROM discrepancy) f CROSS JOIN discrepancy WHERE found_at "
         "BETWEEN second * 1000 AND second * 1000 + 999 AND (found_at + 0, found_id) < ($6, $7) "
         "AND found_of = $9 AND id = found_id AND " OF_KIND
         "ORDER BY second DESC, found_at DESC, found_id DESC LIMIT $8",
         NULL},
    [FOUND] = {"discrepancy.found",
               "INSERT INTO found_second (customer_id, second) VALUES ($1, $2) ON CONFLICT DO NOTHING", NULL},
    [RECOVERIES] = {"discrepancy.recoveries",
                    "SELECT id FROM delivery WHERE order_id = $1 AND kind = 'recovery'", NULL},
};

static const struct field ID_FIELDS[] = {{.name = "id", .kind = K_ID}};
static const struct shape id_shape = {"id", sizeof(struct id), ID_FIELDS, 1};

enum err store_discrepancy_get(struct ctx *c, struct id id, struct discrepancy *row_out) {
    return db_one(c, &S[GET], ARGS(db_id(&id)), &discrepancy_shape, row_out);
}

static enum err salt(struct ctx *c, const struct discrepancy *row) {
    return row->reason ? store_personal_salt(c, PERSONAL_DISCREPANCY, row->id) : OK;
}

enum err store_discrepancy_add(struct ctx *c, const struct discrepancy *row) {
    TRY(db_exec_row(c, &S[ADD], &discrepancy_shape, row, NULL));
    TRY(db_exec(c, &S[FOUND], ARGS(db_id(&row->customer_id), db_int(row->detected_at / SECOND_MS)), NULL));
    return salt(c, row);
}

enum err store_discrepancy_set(struct ctx *c, struct discrepancy *row) {
    row->version++;
    TRY(db_exec_row(c, &S[SET], &discrepancy_shape, row, NULL));
    TRY(salt(c, row));
    return db_exec(c, &S[CAME_INTO],
                   ARGS(db_id(&row->id), db_int(row->version), db_int(c->now),
                        db_word(&discrepancy_state_names, row->state)),
                   NULL);
}

enum err store_discrepancy_of_order(struct ctx *c, struct id order_id, struct list *rows_out) {
    return db_all(c, &S[OF_ORDER], ARGS(db_id(&order_id)), &discrepancy_shape, rows_out);
}

enum err store_discrepancy_of_delivery(struct ctx *c, struct id delivery_id, struct list *rows_out) {
    return db_all(c, &S[OF_DELIVERY], ARGS(db_id(&delivery_id)), &discrepancy_shape, rows_out);
}

enum err store_discrepancy_of_event(struct ctx *c, struct id event_id, struct list *rows_out) {
    return db_all(c, &S[OF_EVENT], ARGS(db_id(&event_id)), &discrepancy_shape, rows_out);
}

enum err store_discrepancy_of_statement(struct ctx *c, struct id confirmation_id, struct list *rows_out) {
    return db_all(c, &S[OF_STATEMENT], ARGS(db_id(&confirmation_id)), &discrepancy_shape, rows_out);
}

enum err store_discrepancy_no_proof(struct ctx *c, struct id confirmation_id, struct list *rows_out) {
    return db_all(c, &S[NO_PROOF], ARGS(db_id(&confirmation_id)), &discrepancy_shape, rows_out);
}

/* Greater than every id and instant: where the first page begins. */
static const uint8_t LAST_ID[16] = {255, 255, 255, 255, 255, 255, 255, 255,
                                    255, 255, 255, 255, 255, 255, 255, 255};

enum err store_discrepancy_list(struct ctx *c, const struct discrepancy_filter *f, struct list *rows_out) {
    bool first = f->before_at == NONE, all = id_is_none(f->customer_id);
    int64_t from = f->from == NONE ? 0 : f->from, to = f->to == NONE ? INT64_MAX : f->to;
    int64_t before = first ? INT64_MAX : f->before_at;
    int64_t last = before < to ? before : to - 1; /* that may be listed */
    const struct db_arg args[] = {
        db_word(&discrepancy_kind_names, f->kind),
        db_word(&discrepancy_state_names, f->state),
        db_word(&severity_names, f->severity),
        db_int(all ? from : from / SECOND_MS),
        db_int(all ? to : last / SECOND_MS),
        db_int(before),
        first ? db_blob(LAST_ID, sizeof LAST_ID) : db_place(&f->before_id),
        db_int(f->limit),
        db_id(&f->customer_id),
    };
    return db_all(c, &S[all ? LIST : LIST_CUSTOMER], args, all ? COUNT(args) - 1 : COUNT(args),
                  &discrepancy_shape, rows_out);
}

enum err store_discrepancy_recoveries(struct ctx *c, struct id order_id, struct list *ids_out) {
    return db_all(c, &S[RECOVERIES], ARGS(db_id(&order_id)), &id_shape, ids_out);
}
