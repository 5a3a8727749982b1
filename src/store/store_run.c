#include "store/store_run.h"
#include "base/id.h"
#include "db/db.h"
#include "store/store_delivery.h"

#define BOXES "((" DELIVERY_BRINGS " + o.units_per_box - 1) / o.units_per_box)"
#define COLS "id, depot_id, date, driver_id, vehicle, state, version"

enum { GET, ADD, SET, LIST, STOPS, LOAD, STOP_ADD, DEPOT_KNOWN, DRIVER_KNOWN, OF_DRIVER, DOORS, DOOR_LINES };
static const struct db_stmt S[] = {
    [GET] = {"run.get", "SELECT " COLS " FROM run WHERE id = $1", NULL},
    [ADD] = {"run.add", "INSERT INTO run (" COLS ") VALUES ($1, $2, $3, $4, $5, $6, $7)",
             "id depot_id date driver_id vehicle state version"},
    [SET] = {"run.set", "UPDATE run SET driver_id = $2, vehicle = $3, state = $4, version = $5 WHERE id = $1",
             "id driver_id vehicle state version"},
    [LIST] =
        {"run.list",
         "SELECT " COLS " FROM run WHERE (CAST($1 AS BIGINT) IS NULL OR date = $1) "
         "AND (CAST($2 AS BYTEA) IS NULL OR depot_id = $2) AND (CAST($3 AS BYTEA) IS NULL OR driver_id = $3) "
         "AND (date, id) > ($4, $5) ORDER BY date, id LIMIT $6",
         NULL},
    [STOPS] = {"run.stops",
               "SELECT stop, id AS delivery_id, patient_id, from_min, to_min, state FROM delivery WHERE "
               "run_id = $1 "
               "ORDER BY stop, id",
               NULL},
    [LOAD] = {"run.load",
              "SELECT o.product_id, p.code, p.name, SUM(" DELIVERY_BRINGS ") AS units, "
              "SUM(" BOXES ") AS boxes, SUM(" BOXES " * o.box_weight_g) AS weight_g "
              "FROM delivery d " DELIVERY_LINES "JOIN product p ON p.id = o.product_id WHERE d.run_id = $1 "
              "AND " DELIVERY_BRINGS " > 0 GROUP BY o.product_id, p.code, p.name ORDER BY p.code",
              NULL},
    [STOP_ADD] =
        {"run.stop-add",
         "INSERT INTO run_stop (delivery_id, run_id, driver_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
         NULL},
    [DEPOT_KNOWN] = {"run.depot-known", "SELECT COUNT(*) FROM depot WHERE id = $1", NULL},
    [DRIVER_KNOWN] = {"run.driver-known",
                      "SELECT COUNT(*) FROM user_account WHERE id = $1 AND role = 'driver' AND active = 1",
                      NULL},
    [OF_DRIVER] = {"run.of-driver",
                   "SELECT " COLS
                   " FROM run WHERE driver_id = $1 AND date = $2 AND state <> 'planned' ORDER BY id",
                   NULL},
    [DOORS] = {"run.doors",
               "SELECT d.stop, d.id AS delivery_id, d.order_id, d.patient_id, p.name, "
               "COALESCE(o.to_address, p.address) AS address, p.phone, p.access_notes, "
               "CASE WHEN o.to_address IS NULL THEN p.lat ELSE o.to_lat END AS lat, "
               "CASE WHEN o.to_address IS NULL THEN p.lon ELSE o.to_lon END AS lon, "
               "d.from_min, d.to_min, d.starts_at, d.ends_at, d.state FROM delivery d "
               "JOIN patient_order o ON o.id = d.order_id JOIN patient p ON p.id = d.patient_id "
               "WHERE d.run_id = $1 ORDER BY d.stop, d.id",
               NULL},
    [DOOR_LINES] = {"run.door-lines",
                    "SELECT o.product_id, p.code, p.name, p.base_unit, " DELIVERY_BRINGS " AS units, "
                    "o.units_per_box, o.lot_tracked FROM delivery d " DELIVERY_LINES
                    "JOIN product p ON p.id = o.product_id WHERE d.id = $1 AND " DELIVERY_BRINGS
                    " > 0 ORDER BY p.code",
                    NULL},
};

enum err store_run_get(struct ctx *c, struct id id, struct run_row *run_out) {
    return db_one(c, &S[GET], ARGS(db_id(&id)), &run_row_shape, run_out);
}

enum err store_run_add(struct ctx *c, const struct run_row *run) {
    return db_exec_row(c, &S[ADD], &run_row_shape, run, NULL);
}

enum err store_run_set(struct ctx *c, struct run_row *run) {
    run->version++;
    return db_exec_row(c, &S[SET], &run_row_shape, run, NULL);
}

enum err store_run_list(struct ctx *c, const struct run_filter *f, struct list *runs_out) {
    return db_all(c, &S[LIST],
                  ARGS(db_int(f->date), db_id(&f->depot_id), db_id(&f->driver_id),
                       db_int(f->after_date == NONE ? INT64_C(-1000000) : f->after_date),
                       db_place(&f->after_id), db_int(f->limit)),
                  &run_row_shape, runs_out);
}

enum err store_run_stops(struct ctx *c, struct id run_id, struct list *stops_out) {
    return db_all(c, &S[STOPS], ARGS(db_id(&run_id)), &run_stop_shape, stops_out);
}

enum err store_run_load(struct ctx *c, struct id run_id, struct list *lines_out) {
    return db_all(c, &S[LOAD], ARGS(db_id(&run_id)), &load_line_shape, lines_out);
}

enum err store_run_stop_add(struct ctx *c, struct id delivery_id, struct id run_id, struct id driver_id) {
    return db_exec(c, &S[STOP_ADD], ARGS(db_id(&delivery_id), db_id(&run_id), db_id(&driver_id)), NULL);
}

enum err store_run_known(struct ctx *c, struct id depot_id, struct id driver_id, bool *depot_out,
                         bool *driver_out) {
    int64_t depots, drivers;
    TRY(db_value(c, &S[DEPOT_KNOWN], ARGS(db_id(&depot_id)), &depots));
    TRY(db_value(c, &S[DRIVER_KNOWN], ARGS(db_id(&driver_id)), &drivers));
    *depot_out = depots > 0;
    *driver_out = drivers > 0;
    return OK;
}

enum err store_run_of_driver(struct ctx *c, struct id driver_id, int64_t date, struct list *runs_out) {
    return db_all(c, &S[OF_DRIVER], ARGS(db_id(&driver_id), db_int(date)), &run_row_shape, runs_out);
}

enum err store_run_doors(struct ctx *c, struct id run_id, struct list *stops_out) {
    return db_all(c, &S[DOORS], ARGS(db_id(&run_id)), &driver_stop_shape, stops_out);
}

enum err store_run_door_lines(struct ctx *c, struct id delivery_id, struct list *lines_out) {
    return db_all(c, &S[DOOR_LINES], ARGS(db_id(&delivery_id)), &driver_line_shape, lines_out);
}
