/* Words about people that stand in rows which may change: which columns they are, the salt beside them, and
 * how a patient's are erased. One table says it all (store_personal.c). Those of append-only rows are in
 * personal_value instead (store_audit.h). */
#ifndef CANARY_STORE_PERSONAL_H
#define CANARY_STORE_PERSONAL_H

#include "base/ctx.h"

/* The tables with a column `salt`. */
enum personal_place {
    PERSONAL_CUSTOMER,
    PERSONAL_USER,
    PERSONAL_PATIENT,
    PERSONAL_RECEIVER,
    PERSONAL_PAUSE,
    PERSONAL_ORDER,
    PERSONAL_DELIVERY,
    PERSONAL_DISCREPANCY,
    PERSONAL_PLACES
};

struct personal_columns {
    const char *table;
    const char *columns; /* the personal ones, space-separated */
    bool of_patient;     /* false: of a clinic's contact or a user */
};
const struct personal_columns *store_personal_columns(enum personal_place place);

/* The salt of a row that personal words have been written to: 16 random bytes, unless it has one. Called by
 * the store's function that writes them, so that no row is hashed into the log without it. `id` is the row's;
 * of a receiver, the patient's. */
MUST enum err store_personal_salt(struct ctx *c, enum personal_place place, struct id id);

/* Erases every personal word of a patient, with its salt: the columns of the table, what stands in
 * personal_value, the words that searches look in. What the log has hashed stays as it is. erased_out: rows
 * that had any. */
MUST enum err store_personal_erase(struct ctx *c, struct id patient_id, int64_t *erased_out);

#endif
