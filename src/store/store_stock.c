#include "store/store_stock.h"
#include "base/id.h"
#include "db/db.h"
#include "store/store_to_call.h"
#include <stdlib.h>

/* When the units came: the time that figures use; of a drop that completed nothing, the earlier of both
 * clocks. */
#define CAME "COALESCE(e.completed_at, CASE WHEN e.at < e.received_at THEN e.at ELSE e.received_at END)"

enum {
    LAST_COUNT,
    LAST_OF_PRODUCT,
    ACCEPTED,
    USE,
    COUNT_ADD,
    COUNT_LINE_ADD,
    COUNT_GET,
    COUNT_LINES,
    COUNTED,
    COMING,
    KEPT,
    KEEP,
    ALL_KEPT
};
static const struct db_stmt S[] = {
    [LAST_COUNT] =
        {"stock.last-count",
         "SELECT l.product_id, k.date, k.at, l.on_hand, 0 AS accepted FROM stock_count k "
         "JOIN stock_count_line l ON l.count_id = k.id WHERE k.id = (SELECT n.id FROM stock_count n "
         "WHERE n.patient_id = $1 ORDER BY n.at DESC, n.id DESC LIMIT 1) ORDER BY l.product_id",
         NULL},
    [LAST_OF_PRODUCT] =
        {"stock.last-of-product",
         "SELECT l.product_id, k.date, k.at, l.on_hand, 0 AS accepted FROM stock_count k "
         "JOIN stock_count_line l ON l.count_id = k.id AND l.product_id = $2 WHERE k.patient_id = $1 "
         "ORDER BY k.at DESC, k.id DESC LIMIT 1",
         NULL},
    /* In any order: they are summed. Units never come after their event was received, and that is in the
     * index of the event's delivery. */
    [ACCEPTED] = {"stock.accepted",
                  "SELECT l.product_id, " CAME " AS at, l.qty AS accepted FROM delivery d "
                  "JOIN statement e ON e.delivery_id = d.id AND e.received_at > $2 "
                  "JOIN field_event_line l ON l.event_id = e.id "
                  "WHERE d.patient_id = $1 AND l.condition = 'ok' "
                  "AND l.product_id IS NOT NULL AND " CAME " > $2",
                  NULL},
    /* Within a version in any order: lines are looked up by product, and a sort costs more than the read. */
    [USE] = {"stock.use",
             "SELECT p.id AS prescription_id, p.effective_from, l.product_id, l.use_per_day "
             "FROM prescription p LEFT JOIN prescription_line l ON l.prescription_id = p.id "
             "WHERE p.patient_id = $1 ORDER BY p.effective_from, p.recorded_at, p.id",
             NULL},
    [COUNT_ADD] = {"stock.count-add",
                   "INSERT INTO stock_count (id, patient_id, order_id, date, at, by_id) "
                   "VALUES ($1, $2, $3, $4, $5, $6)",
                   "id patient_id order_id date at by_id"},
    [COUNT_LINE_ADD] = {"stock.count-line-add",
                        "INSERT INTO stock_count_line (count_id, product_id, on_hand) VALUES ($1, $2, $3)",
                        NULL},
    [COUNT_GET] = {"stock.count-get",
                   "SELECT id, patient_id, order_id, date, at, by_id FROM stock_count WHERE id = $1", NULL},
    [COUNT_LINES] =
        {"stock.count-lines",
         "SELECT product_id, on_hand FROM stock_count_line WHERE count_id = $1 ORDER BY product_id", NULL},
    [COUNTED] = {"stock.counted-at", "SELECT MAX(at) FROM stock_count WHERE patient_id = $1", NULL},
    [COMING] = {"stock.coming",
                "SELECT l.product_id, SUM(l.authorised - l.accepted - l.refused) AS units "
                "FROM patient_order o JOIN order_line l ON l.order_id = o.id "
                "WHERE o.patient_id = $1 AND o.id <> $2 "
                "AND o.state IN ('confirmed', 'scheduled', 'part_delivered') "
                "AND l.authorised > l.accepted + l.refused GROUP BY l.product_id ORDER BY l.product_id",
                NULL},
    [KEPT] = {"stock.kept", "SELECT id AS patient_id, stock, cover_until FROM patient WHERE id = $1", NULL},
    [KEEP] = {"stock.keep",
              "UPDATE patient SET stock = $2, cover_until = $3 WHERE id = $1 "
              "AND (cover_until IS DISTINCT FROM $3 OR stock IS DISTINCT FROM $2)",
              "patient_id stock cover_until"},
    [ALL_KEPT] = {"stock.all-kept",
                  "SELECT id AS patient_id, stock, cover_until FROM patient WHERE id > $1 "
                  "AND stock IS NOT NULL ORDER BY id LIMIT $2",
                  NULL},
};

#define STOCK(kind_, ...) FIELD(struct stock_row, kind_, __VA_ARGS__)
static const struct field STOCK_FIELDS[] = {
    STOCK(K_ID, product_id), STOCK(K_DATE, date),    STOCK(K_INSTANT, at),
    STOCK(K_INT, on_hand),   STOCK(K_INT, accepted),
};
static const struct shape stock_shape = SHAPE("stock", struct stock_row, STOCK_FIELDS);

#define USED(kind_, ...) FIELD(struct stock_use_row, kind_, __VA_ARGS__)
static const struct field USE_FIELDS[] = {
    USED(K_ID, prescription_id),
    USED(K_DATE, effective_from),
    USED(K_ID, product_id),
    USED(K_MILLI, use_per_day),
};
static const struct shape use_shape = SHAPE("stock_use", struct stock_use_row, USE_FIELDS);

static const struct field COMING_FIELDS[] = {
    FIELD(struct stock_coming, K_ID, product_id),
    FIELD(struct stock_coming, K_INT, units),
};
static const struct shape coming_shape = SHAPE("stock_coming", struct stock_coming, COMING_FIELDS);

static const struct field KEPT_FIELDS[] = {
    FIELD(struct stock_kept, K_ID, patient_id),
    FIELD(struct stock_kept, K_HEX, stock),
    FIELD(struct stock_kept, K_DATE, cover_until),
};
static const struct shape kept_shape = SHAPE("stock_kept", struct stock_kept, KEPT_FIELDS);

/* ---- the last count of each product ---- */

static const struct stock_row *row_of(const struct stock_row *row, size_t n, struct id product_id) {
    for (size_t i = 0; i < n; i++)
        if (id_equal(row[i].product_id, product_id)) return &row[i];
    return NULL;
}

static int by_product(const void *a, const void *b) {
    return id_compare(((const struct stock_row *)a)->product_id, ((const struct stock_row *)b)->product_id);
}

/* As a rule everything was counted at once; what the last count left out was counted earlier, or never. */
static enum err last_of(struct ctx *c, struct id patient_id, const struct list *uses, struct stock_row *row,
                        size_t *n) {
    const struct stock_use_row *use = uses->at;
    const struct stock_row *found;
    struct list last;
    TRY(db_all(c, &S[LAST_COUNT], ARGS(db_id(&patient_id)), &stock_shape, &last));
    for (size_t i = 0; i < uses->n && last.n > 0; i++) {
        struct id product_id = use[i].product_id;
        if (id_is_none(product_id) || row_of(row, *n, product_id)) continue;
        found = row_of(last.at, last.n, product_id);
        if (found) {
            row[(*n)++] = *found;
            continue;
        }
        enum err err = db_one(c, &S[LAST_OF_PRODUCT], ARGS(db_id(&patient_id), db_id(&product_id)),
                              &stock_shape, &row[*n]);
        if (err != OK && err != ERR_NOT_FOUND) return err;
        *n += err == OK;
    }
    qsort(row, *n, sizeof *row, by_product);
    return OK;
}

/* What came in is looked for once, from the oldest of the last counts on. */
static enum err add_accepted(struct ctx *c, struct id patient_id, struct stock_row *row, size_t n) {
    struct list came;
    int64_t since = INT64_MAX;
    for (size_t i = 0; i < n; i++)
        if (row[i].at < since) since = row[i].at;
    TRY(db_all(c, &S[ACCEPTED], ARGS(db_id(&patient_id), db_int(since)), &stock_shape, &came));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < came.n; k++) {
            const struct stock_row *in = (const struct stock_row *)came.at + k;
            if (in->at > row[i].at && id_equal(in->product_id, row[i].product_id))
                row[i].accepted += in->accepted;
        }
    return OK;
}

enum err store_stock_last(struct ctx *c, struct id patient_id, const struct list *uses,
                          struct list *rows_out) {
    size_t n = 0;
    struct stock_row *row = arena_array(c->arena, uses->n + 1, sizeof *row);
    if (!row) return FAIL(c, ERR_LIMIT, "request.too-large", "this patient has more prescriptions than fit");
    TRY(last_of(c, patient_id, uses, row, &n));
    if (n > 0) TRY(add_accepted(c, patient_id, row, n));
    *rows_out = (struct list){row, n};
    return OK;
}

enum err store_stock_use(struct ctx *c, struct id patient_id, struct list *rows_out) {
    return db_all(c, &S[USE], ARGS(db_id(&patient_id)), &use_shape, rows_out);
}

enum err store_stock_kept(struct ctx *c, struct id patient_id, struct stock_kept *kept_out) {
    return db_one(c, &S[KEPT], ARGS(db_id(&patient_id)), &kept_shape, kept_out);
}

enum err store_stock_keep(struct ctx *c, const struct stock_kept *kept) {
    TRY(db_exec_row(c, &S[KEEP], &kept_shape, kept, NULL));
    return store_to_call_cover(c, kept->patient_id, kept->cover_until);
}

enum err store_stock_all_kept(struct ctx *c, struct id after, int64_t limit, struct list *rows_out) {
    return db_all(c, &S[ALL_KEPT], ARGS(db_place(&after), db_int(limit)), &kept_shape, rows_out);
}

enum err store_stock_count_add(struct ctx *c, const struct stock_count *count) {
    const struct stock_count_line *line = count->lines.at;
    TRY(db_exec_row(c, &S[COUNT_ADD], &stock_count_shape, count, NULL));
    for (size_t i = 0; i < count->lines.n; i++)
        TRY(db_exec(c, &S[COUNT_LINE_ADD],
                    ARGS(db_id(&count->id), db_id(&line[i].product_id), db_int(line[i].on_hand)), NULL));
    return OK;
}

enum err store_stock_count_get(struct ctx *c, struct id id, struct stock_count *count_out) {
    TRY(db_one(c, &S[COUNT_GET], ARGS(db_id(&id)), &stock_count_shape, count_out));
    return db_all(c, &S[COUNT_LINES], ARGS(db_id(&id)), &stock_count_line_shape, &count_out->lines);
}

enum err store_stock_counted_at(struct ctx *c, struct id patient_id, int64_t *at_out) {
    return db_value(c, &S[COUNTED], ARGS(db_id(&patient_id)), at_out);
}

enum err store_stock_coming(struct ctx *c, struct id patient_id, struct id order_id, struct list *rows_out) {
    return db_all(c, &S[COMING], ARGS(db_id(&patient_id), db_id(&order_id)), &coming_shape, rows_out);
}
