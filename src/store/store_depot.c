#include "db/db.h"
#include "store/store_catalogue.h"

#define COLS "id, code, name, timezone, address, lat, lon, version"
#define MEMBERS "id code name timezone address lat lon version"

enum { GET, BY_CODE, LIST, ADD, SET };
static const struct db_stmt S[] = {
    [GET] = {"depot.get", "SELECT " COLS " FROM depot WHERE id = $1", NULL},
    [BY_CODE] = {"depot.by-code", "SELECT " COLS " FROM depot WHERE code = $1", NULL},
    [LIST] = {"depot.list",
              "SELECT " COLS " FROM depot WHERE id > $1 AND code = COALESCE($2, code) ORDER BY id LIMIT $3",
              NULL},
    [ADD] = {"depot.add", "INSERT INTO depot (" COLS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", MEMBERS},
    [SET] = {"depot.set",
             "UPDATE depot SET code = $2, name = $3, timezone = $4, address = $5, lat = $6, lon = $7, "
             "version = $8 WHERE id = $1",
             MEMBERS},
};

enum err store_depot_get(struct ctx *c, struct id id, struct depot *depot_out) {
    TRY(db_one(c, &S[GET], ARGS(db_id(&id)), &depot_shape, depot_out));
    return nest_open(c, &depot_shape, depot_out);
}

enum err store_depot_by_code(struct ctx *c, const char *code, struct depot *depot_out) {
    TRY(db_one(c, &S[BY_CODE], ARGS(db_text(code)), &depot_shape, depot_out));
    return nest_open(c, &depot_shape, depot_out);
}

enum err store_depot_list(struct ctx *c, const struct catalogue_filter *filter, struct list *depots_out) {
    TRY(db_all(c, &S[LIST], ARGS(db_place(&filter->after), db_text(filter->code), db_int(filter->limit)),
               &depot_shape, depots_out));
    return nest_open_all(c, &depot_shape, *depots_out);
}

enum err store_depot_add(struct ctx *c, const struct depot *depot) {
    return db_exec_row(c, &S[ADD], &depot_shape, depot, NULL);
}

enum err store_depot_set(struct ctx *c, const struct depot *depot) {
    return db_exec_row(c, &S[SET], &depot_shape, depot, NULL);
}
