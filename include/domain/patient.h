/* Patients, their prescriptions and pauses. */
#ifndef CANARY_DOMAIN_PATIENT_H
#define CANARY_DOMAIN_PATIENT_H

#include "domain/catalogue.h"
#include "domain/plan.h"

struct patient_receiver {
    const char *name, *relation;
};
extern const struct shape patient_receiver_shape;

struct patient {
    struct id id;
    int64_t version;
    const char *code;
    struct id customer_id, zone_id;
    const char *name, *phone, *address;
    const struct location *location;
    int64_t lat, lon;
    const char *access_notes;
    struct list receivers;     /* struct patient_receiver */
    const struct cycle *cycle; /* domain/plan.h */
    int64_t cycle_every, cycle_unit, cycle_anchor;
    int64_t safety_days;
    int64_t status;      /* enum patient_status */
    int64_t status_from; /* date */
    int64_t status_recorded_at;
    int64_t active_from; /* date the plan begins: the last time the patient became active */
    int64_t cover_until; /* date the least covered product runs out; read here, written by counts */
    const char *reason;  /* input: a manager's, for a status recorded late */
    int64_t erased_at;   /* NONE: not erased */
};
extern const struct shape patient_shape;

#define PATIENT_SAFETY_DAYS 14

/* Fills the documented defaults; `today` is the civil date of the patient's depot. */
void patient_judge(struct ctx *c, struct patient *patient, int64_t today);

/* What a search answers: enough to choose one, nothing clinical. */
struct patient_brief {
    struct id id;
    const char *code, *name, *phone, *address;
    struct id customer_id, zone_id;
    int64_t status, status_from;
};
extern const struct shape patient_brief_shape;

struct patient_search {
    const char *q;
    int64_t limit;
};
extern const struct shape patient_search_shape;

#define PATIENT_SEARCH_WORDS 6

/* The words that a patient is found by (const char *, sorted, each once): those of code and name, and the
 * digits of the phone; each also from behind every mark inside it, so that "O'Brien-Smith" is found as
 * obriensmith and as smith, "0400 000 001" as 0400000001 and as 000001. */
MUST enum err patient_words(struct ctx *c, const struct patient *patient, struct list *words_out);
/* The words of a question, each the beginning of one to be found (const char *). */
MUST enum err patient_question(struct ctx *c, const char *q, struct list *words_out);

struct prescription_line {
    struct id product_id;
    int64_t use_per_day; /* thousandths of a base unit */
};
extern const struct shape prescription_line_shape;

struct prescription {
    struct id id, patient_id;
    int64_t effective_from, recorded_at;
    struct id recorded_by;
    struct list lines; /* struct prescription_line, by product */
};
extern const struct shape prescription_shape; /* one version, as it is stored and as history shows it */

struct prescription_in {
    int64_t effective_from;
    struct list lines;
};
extern const struct shape prescription_in_shape;

/* The one in force today, and every version, the newest effective date first. */
struct prescription_view {
    int64_t effective_from;
    struct list lines;
    struct list history; /* struct prescription */
    int64_t version;     /* how many were recorded */
};
extern const struct shape prescription_view_shape;

struct pause {
    struct id id;
    int64_t version;
    struct id patient_id;
    int64_t from_date, to_date; /* both inclusive */
    const char *reason;
    int64_t removed_at;
};
extern const struct shape pause_shape;     /* JSON: from, to */
extern const struct shape pause_row_shape; /* columns */

#endif
