#include "store/store_stock.h"
#include "base/id.h"
#include "db/db.h"
#include "store/store_to_call.h"
#include <stdlib.h>
#include <string.h>

/* When the units came: the time that figures use; of a drop that completed nothing, the earlier of both
 * clocks. */
#define CAME "COALESCE(e.completed_at, CASE WHEN e.at < e.received_at THEN e.at ELSE e.received_at END)"

#define COUNT_COLS "id, patient_id, order_id, date, at, by_id, counted"

enum { COUNTS, ACCEPTED, USE, COUNT_ADD, COUNT_GET, COUNTED, COMING, KEPT, KEEP, ALL_KEPT };
static const struct db_stmt S[] = {
    [COUNTS] = {"stock.counts",
                "SELECT " COUNT_COLS " FROM stock_count WHERE patient_id = $1 AND (at, id) < ($2, $3) "
                "ORDER BY at DESC, id DESC LIMIT $4",
                NULL},
    /* In any order: they are summed. Units never come after their event was received, and that is in the
     * index of the event's delivery. */
    [ACCEPTED] = {"stock.accepted",
                  "SELECT l.product_id, " CAME
                  " AS at, l.qty AS accepted FROM patient_order o JOIN delivery d ON d.order_id = o.id "
                  "JOIN statement e ON e.delivery_id = d.id AND e.received_at > $2 "
                  "JOIN field_event_line l ON l.own_id = e.own_id "
                  "WHERE o.patient_id = $1 AND l.condition = 'ok' "
                  "AND l.product_id IS NOT NULL AND " CAME " > $2",
                  NULL},
    /* Within a version in any order: lines are looked up by product, and a sort costs more than the read. */
    [USE] = {"stock.use",
             "SELECT p.id AS prescription_id, p.effective_from, l.product_id, l.use_per_day "
             "FROM prescription p LEFT JOIN prescription_line l ON l.prescription_id = p.id "
             "WHERE p.patient_id = $1 ORDER BY p.effective_from, p.recorded_at, p.id",
             NULL},
    [COUNT_ADD] = {"stock.count-add",
                   "INSERT INTO stock_count (" COUNT_COLS ") VALUES ($1, $2, $3, $4, $5, $6, $7)",
                   "id patient_id order_id date at by_id counted"},
    [COUNT_GET] = {"stock.count-get", "SELECT " COUNT_COLS " FROM stock_count WHERE id = $1", NULL},
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

/* ---- counts ---- */

MUST static enum err unpack(struct ctx *c, struct stock_count *count) {
    if (stock_count_unpack(c->arena, count->counted, &count->lines)) return OK;
    return FAIL(c, ERR_CORRUPT, "db.corrupt", "what was counted of a patient's stock cannot be read");
}

static int by_product(const void *a, const void *b) {
    return id_compare(*(const struct id *)a, *(const struct id *)b);
}
_Static_assert(offsetof(struct stock_row, product_id) == 0 &&
                   offsetof(struct stock_count_line, product_id) == 0,
               "sorted by their first member");

enum err store_stock_count_add(struct ctx *c, const struct stock_count *count) {
    struct stock_count row = *count;
    struct stock_count_line *line = arena_array(c->arena, count->lines.n + 1, sizeof *line);
    if (line && count->lines.n > 0) memcpy(line, count->lines.at, count->lines.n * sizeof *line);
    if (line) qsort(line, count->lines.n, sizeof *line, by_product);
    if (line) row.counted = stock_count_pack(c->arena, (struct list){line, count->lines.n});
    if (!row.counted.at) return FAIL(c, ERR_LIMIT, "request.too-large", "the count has more lines than fit");
    return db_exec_row(c, &S[COUNT_ADD], &stock_count_shape, &row, NULL);
}

enum err store_stock_count_get(struct ctx *c, struct id id, struct stock_count *count_out) {
    TRY(db_one(c, &S[COUNT_GET], ARGS(db_id(&id)), &stock_count_shape, count_out));
    return unpack(c, count_out);
}

/* ---- the last count of each product ---- */

enum { COUNTS_PAGE = 32 };

static bool has(const struct stock_row *row, size_t n, struct id product_id) {
    for (size_t i = 0; i < n; i++)
        if (id_equal(row[i].product_id, product_id)) return true;
    return false;
}

static bool take(const struct stock_count *count, struct id product_id, struct stock_row *row_out) {
    const struct stock_count_line *line = count->lines.at;
    for (size_t i = 0; i < count->lines.n; i++) {
        if (!id_equal(line[i].product_id, product_id)) continue;
        *row_out = (struct stock_row){product_id, count->date, count->at, line[i].on_hand, 0};
        return true;
    }
    return false;
}

/* What this count says of products of which no later one did. false: of one of them nothing. */
static bool take_all(const struct stock_count *count, const struct list *uses, struct stock_row *row,
                     size_t *n) {
    const struct stock_use_row *use = uses->at;
    bool all = true;
    for (size_t i = 0; i < uses->n; i++) {
        if (id_is_none(use[i].product_id) || has(row, *n, use[i].product_id)) continue;
        if (take(count, use[i].product_id, &row[*n]))
            ++*n;
        else
            all = false;
    }
    return all;
}

/* As a rule everything was counted at once; what the last count left out was counted earlier, or never. */
static enum err last_of(struct ctx *c, struct id patient_id, const struct list *uses, struct stock_row *row,
                        size_t *n) {
    struct stock_count before = {.at = INT64_MAX};
    struct list counts = {NULL, 1};
    bool all = false;
    for (size_t limit = 1; !all && counts.n > 0; limit = COUNTS_PAGE) {
        TRY(db_all(c, &S[COUNTS],
                   ARGS(db_id(&patient_id), db_int(before.at), db_place(&before.id), db_int((int64_t)limit)),
                   &stock_count_shape, &counts));
        for (size_t i = 0; i < counts.n && !all; i++) {
            before = ((const struct stock_count *)counts.at)[i];
            TRY(unpack(c, &before));
            all = take_all(&before, uses, row, n);
        }
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

enum err store_stock_of_product(struct ctx *c, struct id patient_id, struct id product_id,
                                struct stock_row *row_out) {
    const struct stock_use_row use = {.product_id = product_id};
    size_t n = 0;
    TRY(last_of(c, patient_id, &(struct list){&use, 1}, row_out, &n));
    return n == 0 ? ERR_NOT_FOUND : add_accepted(c, patient_id, row_out, n);
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

enum err store_stock_counted_at(struct ctx *c, struct id patient_id, int64_t *at_out) {
    return db_value(c, &S[COUNTED], ARGS(db_id(&patient_id)), at_out);
}

enum err store_stock_coming(struct ctx *c, struct id patient_id, struct id order_id, struct list *rows_out) {
    return db_all(c, &S[COMING], ARGS(db_id(&patient_id), db_id(&order_id)), &coming_shape, rows_out);
}
