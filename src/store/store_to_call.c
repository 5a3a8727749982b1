#include "store/store_to_call.h"
#include "base/date.h"
#include "base/id.h"
#include "db/db.h"

#define COLS "order_id, patient_id, depot_id, call_due, due_date, cover_until"
/* An order with its patient, as the table has it. */
#define FROM_ORDER                                                                                           \
    "SELECT o.id AS order_id, o.patient_id, o.depot_id, o.call_due, o.due_date, COALESCE(p.cover_until, 0) " \
    "AS cover_until FROM patient_order o JOIN patient p ON p.id = o.patient_id "                             \
    "WHERE o.state = 'open' AND o.zone_id IS NOT NULL "

enum { THROUGH, THROUGH_SET, NEXT, OF_ORDER, ADD, REMOVE, COVER, PART };
static const struct db_stmt S[] = {
    [THROUGH] = {"to-call.through", "SELECT call_due, order_id FROM to_call_through WHERE one = 1", NULL},
    [THROUGH_SET] = {"to-call.through-set",
                     "INSERT INTO to_call_through (one, call_due, order_id) VALUES (1, $1, $2) "
                     "ON CONFLICT (one) DO UPDATE SET call_due = $1, order_id = $2",
                     NULL},
    [NEXT] = {"to-call.next",
              FROM_ORDER "AND (o.call_due, o.id) > ($1, $2) AND o.call_due <= $3 ORDER BY o.call_due, o.id "
                         "LIMIT $4",
              NULL},
    [OF_ORDER] = {"to-call.of-order", FROM_ORDER "AND o.id = $1", NULL},
    [ADD] = {"to-call.add",
             "INSERT INTO to_call (" COLS ") VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
             "order_id patient_id depot_id call_due due_date cover_until"},
    [REMOVE] = {"to-call.remove", "DELETE FROM to_call WHERE order_id = $1", NULL},
    [COVER] = {"to-call.cover", "UPDATE to_call SET cover_until = $2 WHERE patient_id = $1", NULL},
    [PART] = {"to-call.part",
              "SELECT o.id, o.depot_id, o.zone_id, o.due_date, o.attempts, NULLIF(t.cover_until, 0) "
              "AS cover_until FROM to_call t CROSS JOIN patient_order o "
              "WHERE (t.cover_until, t.due_date, t.order_id) > ($1, $2, $3) AND t.call_due <= $4 "
              "AND (CAST($5 AS BYTEA) IS NULL OR t.depot_id = $5) AND o.id = t.order_id "
              "ORDER BY t.cover_until, t.due_date, t.order_id LIMIT $6",
              NULL},
};

#define ROW(kind_, ...) FIELD(struct to_call, kind_, __VA_ARGS__)
static const struct field FIELDS[] = {ROW(K_ID, order_id),   ROW(K_ID, patient_id), ROW(K_ID, depot_id),
                                      ROW(K_DATE, call_due), ROW(K_DATE, due_date), ROW(K_DATE, cover_until)};
static const struct shape row_shape = SHAPE("to_call", struct to_call, FIELDS);
static const struct field PLACE_FIELDS[] = {FIELD(struct to_call_place, K_DATE, call_due),
                                            FIELD(struct to_call_place, K_ID, order_id)};
static const struct shape place_shape = SHAPE("to_call_through", struct to_call_place, PLACE_FIELDS);

enum err store_to_call_through(struct ctx *c, struct to_call_place *place_out) {
    enum err err = db_one(c, &S[THROUGH], NO_ARGS, &place_shape, place_out);
    if (err == ERR_NOT_FOUND) *place_out = (struct to_call_place){.call_due = NONE};
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err store_to_call_through_set(struct ctx *c, const struct to_call_place *place) {
    return db_exec(c, &S[THROUGH_SET], ARGS(db_int(place->call_due), db_id(&place->order_id)), NULL);
}

enum err store_to_call_next(struct ctx *c, const struct to_call_place *place, int64_t date, int64_t limit,
                            struct list *rows_out) {
    int64_t from = place->call_due == NONE ? DATE_MIN - 1 : place->call_due;
    return db_all(c, &S[NEXT], ARGS(db_int(from), db_place(&place->order_id), db_int(date), db_int(limit)),
                  &row_shape, rows_out);
}

enum err store_to_call_add(struct ctx *c, const struct to_call *row) {
    return db_exec_row(c, &S[ADD], &row_shape, row, NULL);
}

static bool is_behind(const struct order_row *order, const struct to_call_place *place) {
    if (order->call_due != place->call_due)
        return place->call_due == NONE || order->call_due > place->call_due;
    return id_compare(order->id, place->order_id) > 0;
}

enum err store_to_call_opened(struct ctx *c, const struct order_row *order) {
    struct to_call_place through;
    struct to_call row;
    if (order->state != ORDER_OPEN) return OK;
    TRY(store_to_call_through(c, &through));
    if (is_behind(order, &through)) return OK;
    enum err err = db_one(c, &S[OF_ORDER], ARGS(db_id(&order->id)), &row_shape, &row);
    if (err == ERR_NOT_FOUND) return OK; /* nobody is called about it */
    return err == OK ? store_to_call_add(c, &row) : err;
}

enum err store_to_call_closed(struct ctx *c, struct id order_id) {
    return db_exec(c, &S[REMOVE], ARGS(db_id(&order_id)), NULL);
}

enum err store_to_call_cover(struct ctx *c, struct id patient_id, int64_t cover_until) {
    int64_t cover = cover_until == NONE ? NO_COVER : cover_until;
    return db_exec(c, &S[COVER], ARGS(db_id(&patient_id), db_int(cover)), NULL);
}

enum err store_to_call_part(struct ctx *c, int64_t date, struct id depot_id, const struct to_call *after,
                            int64_t limit, enum err (*row)(struct ctx *c, void *open_order, void *user),
                            void *user) {
    struct open_order order;
    return db_each(c, &S[PART],
                   ARGS(db_int(after->cover_until), db_int(after->due_date), db_place(&after->order_id),
                        db_int(date), db_id(&depot_id), db_int(limit)),
                   &open_order_shape, &order, row, user);
}
