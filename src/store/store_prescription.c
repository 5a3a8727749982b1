#include "db/db.h"
#include "store/store_patient.h"

#define COLS "id, patient_id, effective_from, recorded_at, recorded_by"
#define NEWEST "ORDER BY effective_from DESC, recorded_at DESC, id DESC"

enum { ADD, LINE_ADD, ON, ALL, LINES };
static const struct db_stmt S[] = {
    [ADD] = {"prescription.add", "INSERT INTO prescription (" COLS ") VALUES ($1, $2, $3, $4, $5)",
             "id patient_id effective_from recorded_at recorded_by"},
    [LINE_ADD] = {"prescription.line-add",
                  "INSERT INTO prescription_line (prescription_id, product_id, use_per_day) "
                  "VALUES ($1, $2, $3)",
                  NULL},
    [ON] = {"prescription.on",
            "SELECT " COLS " FROM prescription WHERE patient_id = $1 AND effective_from <= $2 " NEWEST
            " LIMIT 1",
            NULL},
    [ALL] = {"prescription.all", "SELECT " COLS " FROM prescription WHERE patient_id = $1 " NEWEST, NULL},
    [LINES] = {"prescription.lines",
               "SELECT product_id, use_per_day FROM prescription_line WHERE prescription_id = $1 "
               "ORDER BY product_id",
               NULL},
};

static enum err open(struct ctx *c, struct prescription *prescription) {
    TRY(db_all(c, &S[LINES], ARGS(db_id(&prescription->id)), &prescription_line_shape, &prescription->lines));
    if (!prescription->lines.at) prescription->lines.at = &prescription_shape; /* stated, and empty */
    return OK;
}

enum err store_prescription_add(struct ctx *c, const struct prescription *prescription) {
    const struct prescription_line *line = prescription->lines.at;
    TRY(db_exec_row(c, &S[ADD], &prescription_shape, prescription, NULL));
    for (size_t i = 0; i < prescription->lines.n; i++)
        TRY(db_exec(c, &S[LINE_ADD],
                    ARGS(db_id(&prescription->id), db_id(&line[i].product_id), db_int(line[i].use_per_day)),
                    NULL));
    return OK;
}

enum err store_prescription_on(struct ctx *c, struct id patient_id, int64_t date,
                               struct prescription *prescription_out) {
    TRY(db_one(c, &S[ON], ARGS(db_id(&patient_id), db_int(date)), &prescription_shape, prescription_out));
    return open(c, prescription_out);
}

enum err store_prescription_all(struct ctx *c, struct id patient_id, struct list *prescriptions_out) {
    TRY(db_all(c, &S[ALL], ARGS(db_id(&patient_id)), &prescription_shape, prescriptions_out));
    struct prescription *prescription = (struct prescription *)prescriptions_out->at;
    for (size_t i = 0; i < prescriptions_out->n; i++)
        TRY(open(c, &prescription[i]));
    return OK;
}
