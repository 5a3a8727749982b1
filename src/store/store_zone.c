#include "base/id.h"
#include "db/db.h"
#include "store/store_catalogue.h"

#define COLS "id, depot_id, code, name, weekdays AS weekday_mask, weight_max_g, version"

enum { GET, BY_CODE, BY_CODE_ALONE, LIST, ADD, SET, WINDOWS, WINDOWS_CLEAR, WINDOW_ADD, DEPOT };
static const struct db_stmt S[] = {
    [GET] = {"zone.get", "SELECT " COLS " FROM zone WHERE id = $1", NULL},
    [BY_CODE] = {"zone.by-code", "SELECT " COLS " FROM zone WHERE depot_id = $1 AND code = $2", NULL},
    [BY_CODE_ALONE] = {"zone.by-code-alone",
                       "SELECT " COLS " FROM zone WHERE code = $1 ORDER BY depot_id LIMIT 2", NULL},
    [LIST] = {"zone.list",
              "SELECT " COLS " FROM zone WHERE id > $1 AND depot_id = COALESCE($2, depot_id) "
              "AND code = COALESCE($3, code) ORDER BY id LIMIT $4",
              NULL},
    [ADD] = {"zone.add",
             "INSERT INTO zone (id, depot_id, code, name, weekdays, weight_max_g, version) "
             "VALUES ($1, $2, $3, $4, $5, $6, $7)",
             "id depot_id code name weekday_mask weight_max_g version"},
    [SET] = {"zone.set",
             "UPDATE zone SET code = $2, name = $3, weekdays = $4, weight_max_g = $5, version = $6 "
             "WHERE id = $1",
             "id code name weekday_mask weight_max_g version"},
    [WINDOWS] = {"zone.windows",
                 "SELECT from_min, to_min, stops_max FROM zone_window WHERE zone_id = $1 "
                 "ORDER BY from_min, to_min",
                 NULL},
    [WINDOWS_CLEAR] = {"zone.windows-clear", "DELETE FROM zone_window WHERE zone_id = $1", NULL},
    [WINDOW_ADD] = {"zone.window-add",
                    "INSERT INTO zone_window (zone_id, from_min, to_min, stops_max) VALUES ($1, $2, $3, $4)",
                    NULL},
    [DEPOT] = {"zone.depot",
               "SELECT d.id, d.code, d.name, d.timezone, d.address, d.lat, d.lon, d.version "
               "FROM zone z JOIN depot d ON d.id = z.depot_id WHERE z.id = $1",
               NULL},
};

static enum err open(struct ctx *c, struct zone *zone) {
    TRY(zone_open(c, zone));
    return db_all(c, &S[WINDOWS], ARGS(db_id(&zone->id)), &zone_window_row_shape, &zone->windows);
}

enum err store_zone_get(struct ctx *c, struct id id, struct zone *zone_out) {
    TRY(db_one(c, &S[GET], ARGS(db_id(&id)), &zone_shape, zone_out));
    return open(c, zone_out);
}

static enum err by_code_alone(struct ctx *c, const char *code, struct zone *zone_out) {
    struct list zones;
    TRY(db_all(c, &S[BY_CODE_ALONE], ARGS(db_text(code)), &zone_shape, &zones));
    if (zones.n != 1) return ERR_NOT_FOUND;
    *zone_out = *(const struct zone *)zones.at;
    return open(c, zone_out);
}

enum err store_zone_by_code(struct ctx *c, struct id depot_id, const char *code, struct zone *zone_out) {
    if (id_is_none(depot_id)) return by_code_alone(c, code, zone_out);
    TRY(db_one(c, &S[BY_CODE], ARGS(db_id(&depot_id), db_text(code)), &zone_shape, zone_out));
    return open(c, zone_out);
}

enum err store_zone_list(struct ctx *c, const struct catalogue_filter *filter, struct list *zones_out) {
    TRY(db_all(c, &S[LIST],
               ARGS(db_place(&filter->after), db_id(&filter->depot_id), db_text(filter->code),
                    db_int(filter->limit)),
               &zone_shape, zones_out));
    struct zone *zone = (struct zone *)zones_out->at;
    for (size_t i = 0; i < zones_out->n; i++)
        TRY(open(c, &zone[i]));
    return OK;
}

static enum err add_windows(struct ctx *c, const struct zone *zone) {
    const struct zone_window *window = zone->windows.at;
    for (size_t i = 0; i < zone->windows.n; i++)
        TRY(db_exec(c, &S[WINDOW_ADD],
                    ARGS(db_id(&zone->id), db_int(window[i].from_min), db_int(window[i].to_min),
                         db_int(window[i].stops_max)),
                    NULL));
    return OK;
}

enum err store_zone_add(struct ctx *c, const struct zone *zone) {
    TRY(db_exec_row(c, &S[ADD], &zone_shape, zone, NULL));
    return add_windows(c, zone);
}

enum err store_zone_set(struct ctx *c, const struct zone *zone) {
    TRY(db_exec_row(c, &S[SET], &zone_shape, zone, NULL));
    TRY(db_exec(c, &S[WINDOWS_CLEAR], ARGS(db_id(&zone->id)), NULL));
    return add_windows(c, zone);
}

enum err store_zone_depot(struct ctx *c, struct id zone_id, struct depot *depot_out) {
    TRY(db_one(c, &S[DEPOT], ARGS(db_id(&zone_id)), &depot_shape, depot_out));
    return nest_open(c, &depot_shape, depot_out);
}
