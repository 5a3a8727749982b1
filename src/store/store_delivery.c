#include "store/store_delivery.h"
#include "base/id.h"
#include "db/db.h"
#include "store/store_personal.h"

#define COLS                                                                                            \
    "id, order_id, attempt, kind, patient_id, customer_id, depot_id, zone_id, date, from_min, to_min, " \
    "starts_at, ends_at, state, closed_by, reason, run_id, stop, promises, weight_g, holds, event_id, " \
    "completed_at, booked_at, version"

/* Every filter may be absent; pages by (date, id). */
#define FILTER                                                                                             \
    "(CAST($1 AS BIGINT) IS NULL OR date = $1) AND (CAST($2 AS TEXT) IS NULL OR state = $2) "              \
    "AND (CAST($3 AS BIGINT) = 0 OR run_id IS NULL) AND (CAST($4 AS BIGINT) IN (0, 2) OR (state IN "       \
    "('scheduled', "                                                                                       \
    "'dispatched') AND EXISTS (SELECT 1 FROM closure x WHERE x.depot_id = delivery.depot_id "              \
    "AND x.date = delivery.date))) AND (CAST($4 AS BIGINT) < 2 OR EXISTS (SELECT 1 FROM evidence_reuse r " \
    "WHERE r.delivery_id = delivery.id) OR EXISTS (SELECT 1 FROM evidence_reuse r "                        \
    "WHERE r.other_id = delivery.id)) AND (date, id) > ($5, $6) "
#define LIST_END "ORDER BY date, id LIMIT $7"

enum {
    GET,
    GET_DRIVERS,
    OF_ORDER,
    OF_RUN,
    ADD,
    SET,
    STATE_SET,
    LINES,
    LINES_OWN,
    LINE_SET,
    PROMISE_ADD,
    PROMISES,
    TAKE_STOP,
    TAKE_WEIGHT,
    GIVE_STOP,
    GIVE_WEIGHT,
    LIST,
    LIST_CUSTOMER,
    LIST_DATE,
    LIST_RUN,
    LIST_DRIVER
};
static const struct db_stmt S[] = {
    [GET] = {"delivery.get", "SELECT " COLS " FROM delivery WHERE id = $1", NULL},
    [GET_DRIVERS] = {"delivery.get-drivers",
                     "SELECT " COLS " FROM delivery WHERE id = $1 AND EXISTS (SELECT 1 FROM run_stop s "
                     "WHERE s.delivery_id = $1 AND s.driver_id = $2)",
                     NULL},
    [OF_ORDER] = {"delivery.of-order", "SELECT " COLS " FROM delivery WHERE order_id = $1 ORDER BY attempt",
                  NULL},
    [OF_RUN] = {"delivery.of-run", "SELECT " COLS " FROM delivery WHERE run_id = $1 ORDER BY stop, id", NULL},
    [ADD] = {"delivery.add",
             "INSERT INTO delivery (" COLS
             ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
             "$15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)",
             "id order_id attempt kind patient_id customer_id depot_id zone_id date from_min to_min "
             "starts_at ends_at "
             "state closed_by reason run_id stop promises weight_g holds event_id completed_at booked_at "
             "version"},
    [SET] = {"delivery.set",
             "UPDATE delivery SET date = $2, from_min = $3, to_min = $4, starts_at = $5, ends_at = $6, state "
             "= $7, "
             "closed_by = $8, reason = $9, run_id = $10, stop = $11, promises = $12, holds = $13, event_id = "
             "$14, "
             "completed_at = $15, version = $16 WHERE id = $1",
             "id date from_min to_min starts_at ends_at state closed_by reason run_id stop promises holds "
             "event_id "
             "completed_at version"},
    [STATE_SET] = {"delivery.state-set",
                   "UPDATE delivery SET state = $2, closed_by = $3, reason = $4, holds = $5, event_id = $6, "
                   "completed_at = $7, version = $8 WHERE id = $1",
                   "id state closed_by reason holds event_id completed_at version"},
    [LINES] = {"delivery.lines",
               "SELECT d.id AS delivery_id, o.product_id, " DELIVERY_BRINGS
               " AS authorised FROM delivery d " DELIVERY_LINES "WHERE d.id = $1 AND " DELIVERY_BRINGS
               " > 0 ORDER BY o.product_id",
               NULL},
    [LINES_OWN] = {"delivery.lines-own",
                   "SELECT delivery_id, product_id, authorised FROM delivery_line WHERE delivery_id = $1 "
                   "ORDER BY product_id",
                   NULL},
    [LINE_SET] = {"delivery.line-set",
                  "INSERT INTO delivery_line (delivery_id, product_id, authorised) VALUES ($1, $2, $3) "
                  "ON CONFLICT (delivery_id, product_id) DO UPDATE SET authorised = $3",
                  "delivery_id product_id authorised"},
    [PROMISE_ADD] =
        {"promise.add",
         "INSERT INTO promise (delivery_id, number, date, from_min, to_min, timezone, starts_at, ends_at, "
         "requested_by, at, by_id, private_digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
         "$12)",
         "delivery_id number date from_min to_min timezone starts_at ends_at requested_by at by_id "
         "private_digest"},
    [PROMISES] =
        {"promise.list",
         "SELECT p.delivery_id, p.number, p.date, p.from_min, p.to_min, p.timezone, p.starts_at, p.ends_at, "
         "p.requested_by, p.at, p.by_id, p.private_digest, v.value AS reason FROM promise p "
         "LEFT JOIN personal_value v ON v.owner = p.delivery_id "
         "AND v.field = 'promise:' || CAST(p.number AS TEXT) WHERE p.delivery_id = $1 ORDER BY p.number",
         NULL},
    [TAKE_STOP] = {"slot.take-stop",
                   "INSERT INTO slot_use (zone_id, date, from_min, to_min, stops) SELECT $1, $2, $3, $4, 1 "
                   "WHERE CAST($5 AS BIGINT) >= 1 ON CONFLICT (zone_id, date, from_min, to_min) "
                   "DO UPDATE SET stops = slot_use.stops + 1 WHERE slot_use.stops < $5",
                   NULL},
    [TAKE_WEIGHT] = {"slot.take-weight",
                     "INSERT INTO day_use (zone_id, date, weight_g) SELECT $1, $2, $3 "
                     "WHERE CAST($3 AS BIGINT) <= CAST($4 AS BIGINT) ON CONFLICT (zone_id, date) "
                     "DO UPDATE SET weight_g = day_use.weight_g + $3 WHERE day_use.weight_g + $3 <= $4",
                     NULL},
    [GIVE_STOP] = {"slot.give-stop",
                   "UPDATE slot_use SET stops = stops - 1 WHERE zone_id = $1 AND date = $2 AND from_min = $3 "
                   "AND to_min = $4 AND stops >= 1",
                   NULL},
    [GIVE_WEIGHT] = {"slot.give-weight",
                     "UPDATE day_use SET weight_g = weight_g - $3 WHERE zone_id = $1 AND date = $2 "
                     "AND weight_g >= $3",
                     NULL},
    [LIST] = {"delivery.list", "SELECT " COLS " FROM delivery WHERE " FILTER LIST_END, NULL},
    [LIST_CUSTOMER] = {"delivery.list-customer",
                       "SELECT " COLS " FROM delivery WHERE customer_id = $8 AND " FILTER LIST_END, NULL},
    [LIST_DATE] = {"delivery.list-date", "SELECT " COLS " FROM delivery WHERE date = $1 AND " FILTER LIST_END,
                   NULL},
    [LIST_RUN] = {"delivery.list-run", "SELECT " COLS " FROM delivery WHERE run_id = $8 AND " FILTER LIST_END,
                  NULL},
    [LIST_DRIVER] =
        {"delivery.list-driver",
         "SELECT " COLS
         " FROM delivery WHERE EXISTS (SELECT 1 FROM run_stop r WHERE r.delivery_id = delivery.id "
         "AND r.driver_id = $8) AND " FILTER LIST_END,
         NULL},
};

enum err store_delivery_get(struct ctx *c, struct id id, struct delivery_row *delivery_out) {
    return db_one(c, &S[GET], ARGS(db_id(&id)), &delivery_row_shape, delivery_out);
}

enum err store_delivery_get_drivers(struct ctx *c, struct id id, struct id driver_id,
                                    struct delivery_row *delivery_out) {
    return db_one(c, &S[GET_DRIVERS], ARGS(db_id(&id), db_id(&driver_id)), &delivery_row_shape, delivery_out);
}

enum err store_delivery_of_order(struct ctx *c, struct id order_id, struct list *deliveries_out) {
    return db_all(c, &S[OF_ORDER], ARGS(db_id(&order_id)), &delivery_row_shape, deliveries_out);
}

enum err store_delivery_of_run(struct ctx *c, struct id run_id, struct list *deliveries_out) {
    return db_all(c, &S[OF_RUN], ARGS(db_id(&run_id)), &delivery_row_shape, deliveries_out);
}

static enum err salt(struct ctx *c, const struct delivery_row *delivery) {
    return delivery->reason ? store_personal_salt(c, PERSONAL_DELIVERY, delivery->id) : OK;
}

enum err store_delivery_add(struct ctx *c, const struct delivery_row *delivery) {
    TRY(db_exec_row(c, &S[ADD], &delivery_row_shape, delivery, NULL));
    return salt(c, delivery);
}

enum err store_delivery_set(struct ctx *c, struct delivery_row *delivery) {
    delivery->version++;
    TRY(db_exec_row(c, &S[SET], &delivery_row_shape, delivery, NULL));
    return salt(c, delivery);
}

enum err store_delivery_state_set(struct ctx *c, struct delivery_row *delivery) {
    delivery->version++;
    TRY(db_exec_row(c, &S[STATE_SET], &delivery_row_shape, delivery, NULL));
    return salt(c, delivery);
}

enum err store_delivery_line_set(struct ctx *c, const struct delivery_line_row *line) {
    return db_exec_row(c, &S[LINE_SET], &delivery_line_row_shape, line, NULL);
}

enum err store_delivery_lines(struct ctx *c, struct id delivery_id, struct list *lines_out) {
    return db_all(c, &S[LINES], ARGS(db_id(&delivery_id)), &delivery_line_row_shape, lines_out);
}

static int64_t brings(const struct list *own, const struct order_line_row *line) {
    const struct delivery_line_row *row = own->at;
    for (size_t i = 0; i < own->n; i++)
        if (id_equal(row[i].product_id, line->product_id)) return row[i].authorised;
    return line->authorised;
}

enum err store_delivery_lines_of(struct ctx *c, struct id delivery_id, const struct order_line_row *line,
                                 size_t n, struct list *lines_out) {
    struct list own;
    size_t kept = 0;
    struct delivery_line_row *row = arena_array(c->arena, n + 1, sizeof *row);
    if (!row) return FAIL(c, ERR_LIMIT, "request.too-large", "this delivery has more lines than fit");
    TRY(db_all(c, &S[LINES_OWN], ARGS(db_id(&delivery_id)), &delivery_line_row_shape, &own));
    for (size_t i = 0; i < n; i++) {
        row[kept] = (struct delivery_line_row){delivery_id, line[i].product_id, brings(&own, &line[i])};
        kept += row[kept].authorised > 0;
    }
    *lines_out = (struct list){row, kept};
    return OK;
}

enum err store_promise_add(struct ctx *c, const struct promise_row *promise) {
    return db_exec_row(c, &S[PROMISE_ADD], &promise_row_shape, promise, NULL);
}

enum err store_promises(struct ctx *c, struct id delivery_id, struct list *promises_out) {
    return db_all(c, &S[PROMISES], ARGS(db_id(&delivery_id)), &promise_row_shape, promises_out);
}

enum err store_slot_take(struct ctx *c, struct id zone_id, int64_t date, int64_t from_min, int64_t to_min,
                         int64_t weight_g, int64_t stops_max, int64_t weight_max_g, bool *taken_out) {
    int64_t stop, weight;
    *taken_out = false;
    TRY(db_exec(c, &S[TAKE_STOP],
                ARGS(db_id(&zone_id), db_int(date), db_int(from_min), db_int(to_min), db_int(stops_max)),
                &stop));
    if (stop == 0) return OK;
    TRY(db_exec(c, &S[TAKE_WEIGHT],
                ARGS(db_id(&zone_id), db_int(date), db_int(weight_g), db_int(weight_max_g)), &weight));
    *taken_out = weight == 1;
    if (weight == 1) return OK;
    return db_exec(c, &S[GIVE_STOP], ARGS(db_id(&zone_id), db_int(date), db_int(from_min), db_int(to_min)),
                   NULL);
}

enum err store_slot_give(struct ctx *c, struct id zone_id, int64_t date, int64_t from_min, int64_t to_min,
                         int64_t weight_g) {
    int64_t stop, weight;
    TRY(db_exec(c, &S[GIVE_STOP], ARGS(db_id(&zone_id), db_int(date), db_int(from_min), db_int(to_min)),
                &stop));
    TRY(db_exec(c, &S[GIVE_WEIGHT], ARGS(db_id(&zone_id), db_int(date), db_int(weight_g)), &weight));
    if (stop == 1 && weight == 1) return OK;
    return FAIL(c, ERR_CORRUPT, "internal", "a window gives back more than it took");
}

/* Which statement, and the id it is narrowed to: the narrowest index that the filter allows. The other ids
 * are checked row by row by the caller, who needs them only together. */
static int list_statement(const struct delivery_filter *f, struct id *only_out) {
    *only_out = f->driver_id;
    if (!id_is_none(f->driver_id)) return LIST_DRIVER;
    *only_out = f->run_id;
    if (!id_is_none(f->run_id)) return LIST_RUN;
    *only_out = f->customer_id;
    if (!id_is_none(f->customer_id)) return LIST_CUSTOMER;
    return f->date != NONE ? LIST_DATE : LIST;
}

enum err store_delivery_list(struct ctx *c, const struct delivery_filter *f, struct list *rows_out) {
    struct id only;
    int which = list_statement(f, &only);
    const struct db_arg args[] = {
        db_int(f->date),
        db_word(&delivery_state_names, f->state),
        db_int(f->no_run == 1),
        db_int((f->displaced == 1) + 2 * (f->reused == 1)),
        db_int(f->after_date == NONE ? INT64_C(-1000000) : f->after_date),
        db_place(&f->after_id),
        db_int(f->limit),
        db_id(&only),
    };
    size_t n = which == LIST || which == LIST_DATE ? COUNT(args) - 1 : COUNT(args);
    return db_all(c, &S[which], args, n, &delivery_row_shape, rows_out);
}
