#include "db/db.h"
#include "store/store_patient.h"
#include "store/store_personal.h"

#define COLS "id, patient_id, from_date, to_date, reason, removed_at, version"

enum { GET, ADD, REMOVE, LIST };
static const struct db_stmt S[] = {
    [GET] = {"pause.get",
             "SELECT " COLS " FROM pause WHERE id = $1 AND patient_id = $2 AND removed_at IS NULL", NULL},
    [ADD] = {"pause.add", "INSERT INTO pause (" COLS ") VALUES ($1, $2, $3, $4, $5, $6, $7)",
             "id patient_id from_date to_date reason removed_at version"},
    [REMOVE] = {"pause.remove", "UPDATE pause SET removed_at = $2, version = $3 WHERE id = $1", NULL},
    [LIST] = {"pause.list",
              "SELECT " COLS
              " FROM pause WHERE patient_id = $1 AND removed_at IS NULL ORDER BY from_date, id",
              NULL},
};

enum err store_pause_get(struct ctx *c, struct id patient_id, struct id id, struct pause *pause_out) {
    return db_one(c, &S[GET], ARGS(db_id(&id), db_id(&patient_id)), &pause_row_shape, pause_out);
}

enum err store_pause_add(struct ctx *c, const struct pause *pause) {
    TRY(db_exec_row(c, &S[ADD], &pause_row_shape, pause, NULL));
    return store_personal_salt(c, PERSONAL_PAUSE, pause->id);
}

enum err store_pause_remove(struct ctx *c, struct id id, int64_t version) {
    return db_exec(c, &S[REMOVE], ARGS(db_id(&id), db_int(c->now), db_int(version)), NULL);
}

enum err store_pause_list(struct ctx *c, struct id patient_id, struct list *pauses_out) {
    return db_all(c, &S[LIST], ARGS(db_id(&patient_id)), &pause_row_shape, pauses_out);
}
