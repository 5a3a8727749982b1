/* Patients with their receivers and search words; prescriptions and pauses. */
#ifndef CANARY_STORE_PATIENT_H
#define CANARY_STORE_PATIENT_H

#include "domain/patient.h"
#include "store/store_catalogue.h"

/* ERR_NOT_FOUND without a fault when there is none. Objects and receivers are filled. */
MUST enum err store_patient_get(struct ctx *c, struct id id, struct patient *patient_out);
MUST enum err store_patient_by_code(struct ctx *c, const char *code, struct patient *patient_out);
/* By id; filter: customer_id, zone_id, depot_id, status. */
MUST enum err store_patient_list(struct ctx *c, const struct catalogue_filter *filter,
                                 struct list *patients_out);
/* The row, its receivers and its words. */
MUST enum err store_patient_add(struct ctx *c, const struct patient *patient);
/* The same; cover_until is left alone. */
MUST enum err store_patient_set(struct ctx *c, const struct patient *patient);
/* Patients with a word beginning with each of the words (const char *, at most PATIENT_SEARCH_WORDS), by
 * code (struct patient_brief). */
MUST enum err store_patient_search(struct ctx *c, struct list words, int64_t limit, struct list *briefs_out);
/* Ids of the patient's orders with a commitment on or after `from` (struct id), by due date. */
MUST enum err store_patient_commitments(struct ctx *c, struct id id, int64_t from,
                                        struct list *order_ids_out);
/* Ids of the patient's cycle orders due in from … to that nobody has booked (struct id), by due date. */
MUST enum err store_patient_unbooked(struct ctx *c, struct id id, int64_t from, int64_t to,
                                     struct list *order_ids_out);

MUST enum err store_prescription_add(struct ctx *c, const struct prescription *prescription);
/* The one in force on `date`, of equal dates the last recorded, with its lines. ERR_NOT_FOUND without a
 * fault when there is none. */
MUST enum err store_prescription_on(struct ctx *c, struct id patient_id, int64_t date,
                                    struct prescription *prescription_out);
/* Every version with its lines, the newest effective date first (struct prescription). */
MUST enum err store_prescription_all(struct ctx *c, struct id patient_id, struct list *prescriptions_out);

MUST enum err store_pause_get(struct ctx *c, struct id patient_id, struct id id, struct pause *pause_out);
MUST enum err store_pause_add(struct ctx *c, const struct pause *pause);
MUST enum err store_pause_remove(struct ctx *c, struct id id, int64_t version); /* at c->now */
/* Standing ones of a patient, by start (struct pause). */
MUST enum err store_pause_list(struct ctx *c, struct id patient_id, struct list *pauses_out);

#endif
