#include "base/date.h"
#include "db/db.h"
#include "store/store_catalogue.h"

#define COLS "id, depot_id, date, reason, version"

enum { GET, ON, LIST, ADD, SET, REMOVE, DATES, AFFECTED };
static const struct db_stmt S[] = {
    [GET] = {"closure.get", "SELECT " COLS " FROM closure WHERE id = $1", NULL},
    [ON] = {"closure.on", "SELECT " COLS " FROM closure WHERE depot_id = $1 AND date = $2", NULL},
    [LIST] = {"closure.list",
              "SELECT " COLS
              " FROM closure WHERE (date, id) > ($1, $2) AND depot_id = COALESCE($3, depot_id) "
              "AND date BETWEEN $4 AND $5 ORDER BY date, id LIMIT $6",
              NULL},
    [ADD] = {"closure.add", "INSERT INTO closure (" COLS ") VALUES ($1, $2, $3, $4, $5)",
             "id depot_id date reason version"},
    [SET] = {"closure.set", "UPDATE closure SET date = $2, reason = $3, version = $4 WHERE id = $1",
             "id date reason version"},
    [REMOVE] = {"closure.remove", "DELETE FROM closure WHERE id = $1", NULL},
    [DATES] = {"closure.dates",
               "SELECT date FROM closure WHERE depot_id = $1 AND date BETWEEN $2 AND $3 ORDER BY date", NULL},
    [AFFECTED] = {"closure.affected",
                  "SELECT id FROM delivery WHERE date = $1 AND depot_id = $2 "
                  "AND state IN ('scheduled', 'dispatched') ORDER BY id",
                  NULL},
};

/* One column as a list of its values. */
struct one_date {
    int64_t date;
};
static const struct field ONE_DATE_FIELDS[] = {FIELD(struct one_date, K_DATE, date)};
static const struct shape one_date_shape = SHAPE("date", struct one_date, ONE_DATE_FIELDS);

struct one_id {
    struct id id;
};
static const struct field ONE_ID_FIELDS[] = {FIELD(struct one_id, K_ID, id)};
static const struct shape one_id_shape = SHAPE("id", struct one_id, ONE_ID_FIELDS);

enum err store_closure_get(struct ctx *c, struct id id, struct closure *closure_out) {
    return db_one(c, &S[GET], ARGS(db_id(&id)), &closure_shape, closure_out);
}

enum err store_closure_on(struct ctx *c, struct id depot_id, int64_t date, struct closure *closure_out) {
    return db_one(c, &S[ON], ARGS(db_id(&depot_id), db_int(date)), &closure_shape, closure_out);
}

static int64_t or_else(int64_t value, int64_t otherwise) {
    return value == NONE ? otherwise : value;
}

enum err store_closure_list(struct ctx *c, const struct catalogue_filter *filter, struct list *closures_out) {
    return db_all(c, &S[LIST],
                  ARGS(db_int(or_else(filter->after_date, DATE_MIN - 1)), db_place(&filter->after),
                       db_id(&filter->depot_id), db_int(or_else(filter->from, DATE_MIN)),
                       db_int(or_else(filter->to, DATE_MAX)), db_int(filter->limit)),
                  &closure_shape, closures_out);
}

enum err store_closure_add(struct ctx *c, const struct closure *closure) {
    return db_exec_row(c, &S[ADD], &closure_shape, closure, NULL);
}

enum err store_closure_set(struct ctx *c, const struct closure *closure) {
    return db_exec_row(c, &S[SET], &closure_shape, closure, NULL);
}

enum err store_closure_remove(struct ctx *c, struct id id) {
    return db_exec(c, &S[REMOVE], ARGS(db_id(&id)), NULL);
}

enum err store_closure_dates(struct ctx *c, struct id depot_id, int64_t from, int64_t to,
                             struct list *dates_out) {
    return db_all(c, &S[DATES], ARGS(db_id(&depot_id), db_int(from), db_int(to)), &one_date_shape, dates_out);
}

enum err store_closure_affected(struct ctx *c, struct id depot_id, int64_t date, struct list *ids_out) {
    TRY(db_all(c, &S[AFFECTED], ARGS(db_int(date), db_id(&depot_id)), &one_id_shape, ids_out));
    if (!ids_out->at) ids_out->at = &S; /* stated, and empty */
    return OK;
}
