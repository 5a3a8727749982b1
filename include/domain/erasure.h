/* The erasure of a patient's words: names, places, notes. What happened, and its figures, stays. */
#ifndef CANARY_DOMAIN_ERASURE_H
#define CANARY_DOMAIN_ERASURE_H

#include "base/shape.h"

/* Coded, never free text: the reason of an erasure is kept for ever and must not hold a name. */
enum erase_reason {
    ERASE_REQUEST,   /* the patient, or who speaks for them, asked for it */
    ERASE_RETENTION, /* the time for which records are kept is over */
    ERASE_MISTAKE    /* should never have been recorded */
};
extern const struct names erase_reason_names;

struct erasure_in {
    int64_t reason;
};
extern const struct shape erasure_in_shape;

struct erasure {
    struct id id, patient_id;
    int64_t at, reason;
    struct id by_id;
    int64_t erased;     /* rows that held a word */
    int64_t cleaned_at; /* NONE: pieces of them may still stand in pages of the file */
    int64_t version;
};
extern const struct shape erasure_shape;

/* What keeps a patient from being erased: an order or a delivery that is not over, a disputed discrepancy. */
enum obstacle_kind { OBSTACLE_ORDER, OBSTACLE_DELIVERY, OBSTACLE_DISCREPANCY };
extern const struct names obstacle_kind_names; /* "orders" …: as they stand in paths */
struct obstacle {
    int64_t kind;
    struct id id;
    int64_t date; /* due date, date of the window; NONE */
};

#define ERASE_BACKUPS                                                                                   \
    "backups made before still hold these words: destroy them, or erase again in whatever is restored " \
    "from one"

#endif
