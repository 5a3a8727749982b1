#include "store/store_slot.h"
#include "db/db.h"

enum { ZONE, DEPOT_ZONE, WINDOWS, CLOSURES, STOPS, WEIGHTS };
static const struct db_stmt S[] = {
    [ZONE] = {"slot.zone",
              "SELECT z.id, z.depot_id, z.weekdays, z.weight_max_g, d.timezone FROM zone z "
              "JOIN depot d ON d.id = z.depot_id WHERE z.id = $1",
              NULL},
    [DEPOT_ZONE] = {"slot.depot-zone", "SELECT timezone FROM depot WHERE id = $1", NULL},
    [WINDOWS] =
        {"slot.windows",
         "SELECT from_min, to_min, stops_max FROM zone_window WHERE zone_id = $1 ORDER BY from_min, to_min",
         NULL},
    [CLOSURES] = {"slot.closures",
                  "SELECT date FROM closure WHERE depot_id = $1 AND date BETWEEN $2 AND $3 ORDER BY date",
                  NULL},
    [STOPS] =
        {"slot.stops",
         "SELECT date, from_min, to_min, stops FROM slot_use WHERE zone_id = $1 AND date BETWEEN $2 AND $3 "
         "ORDER BY date, from_min, to_min",
         NULL},
    [WEIGHTS] =
        {"slot.weights",
         "SELECT date, weight_g FROM day_use WHERE zone_id = $1 AND date BETWEEN $2 AND $3 ORDER BY date",
         NULL},
};

static const struct field ZONE_FIELDS[] = {
    FIELD(struct zone_facts, K_ID, id), FIELD(struct zone_facts, K_ID, depot_id),
    FIELD(struct zone_facts, K_INT, weekdays), FIELD(struct zone_facts, K_INT, weight_max_g),
    FIELD(struct zone_facts, K_TEXT, timezone)};
static const struct shape zone_shape = SHAPE("zone_facts", struct zone_facts, ZONE_FIELDS);
static const struct field DEPOT_ZONE_FIELDS[] = {FIELD(struct depot_zone, K_TEXT, timezone)};
static const struct shape depot_zone_shape = SHAPE("depot_zone", struct depot_zone, DEPOT_ZONE_FIELDS);
static const struct field WINDOW_FIELDS[] = {FIELD(struct zone_window_row, K_TIME, from_min),
                                             FIELD(struct zone_window_row, K_TIME, to_min),
                                             FIELD(struct zone_window_row, K_INT, stops_max)};
static const struct shape window_shape = SHAPE("zone_window", struct zone_window_row, WINDOW_FIELDS);
static const struct field DATE_FIELDS[] = {FIELD(struct date_row, K_DATE, date)};
static const struct shape date_shape = SHAPE("date", struct date_row, DATE_FIELDS);
static const struct field STOP_FIELDS[] = {
    FIELD(struct slot_use_row, K_DATE, date), FIELD(struct slot_use_row, K_TIME, from_min),
    FIELD(struct slot_use_row, K_TIME, to_min), FIELD(struct slot_use_row, K_INT, stops)};
static const struct shape stop_shape = SHAPE("slot_use", struct slot_use_row, STOP_FIELDS);
static const struct field WEIGHT_FIELDS[] = {FIELD(struct day_use_row, K_DATE, date),
                                             FIELD(struct day_use_row, K_INT, weight_g)};
static const struct shape weight_shape = SHAPE("day_use", struct day_use_row, WEIGHT_FIELDS);

enum err store_slot_zone(struct ctx *c, struct id zone_id, struct zone_facts *facts_out) {
    return db_one(c, &S[ZONE], ARGS(db_id(&zone_id)), &zone_shape, facts_out);
}

enum err store_slot_depot_zone(struct ctx *c, struct id depot_id, struct depot_zone *zone_out) {
    return db_one(c, &S[DEPOT_ZONE], ARGS(db_id(&depot_id)), &depot_zone_shape, zone_out);
}

enum err store_slot_windows(struct ctx *c, struct id zone_id, struct list *windows_out) {
    return db_all(c, &S[WINDOWS], ARGS(db_id(&zone_id)), &window_shape, windows_out);
}

enum err store_slot_closures(struct ctx *c, struct id depot_id, int64_t from, int64_t to,
                             struct list *dates_out) {
    return db_all(c, &S[CLOSURES], ARGS(db_id(&depot_id), db_int(from), db_int(to)), &date_shape, dates_out);
}

enum err store_slot_stops(struct ctx *c, struct id zone_id, int64_t from, int64_t to, struct list *rows_out) {
    return db_all(c, &S[STOPS], ARGS(db_id(&zone_id), db_int(from), db_int(to)), &stop_shape, rows_out);
}

enum err store_slot_weights(struct ctx *c, struct id zone_id, int64_t from, int64_t to,
                            struct list *rows_out) {
    return db_all(c, &S[WEIGHTS], ARGS(db_id(&zone_id), db_int(from), db_int(to)), &weight_shape, rows_out);
}
