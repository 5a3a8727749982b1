/* Patients: what the catalogue's way (app_catalogue.h) does not say, prescriptions, pauses, search. */
#ifndef CANARY_APP_PATIENT_H
#define CANARY_APP_PATIENT_H

#include "app/app_catalogue.h"
#include "domain/patient.h"

/* status_from not stated: today, when the status changes; parts of the cycle not stated stay. Faults besides
 * the catalogue's: patient.late-status-needs-manager, patient.late-status-needs-reason. */
extern const struct noun noun_patient;
MUST enum err app_patient_get(struct ctx *c, struct id id, struct patient *patient_out);
/* Today's civil date at the patient's depot. */
MUST enum err app_patient_today(struct ctx *c, struct id zone_id, int64_t *date_out);
/* Faults: request.invalid at /q. struct patient_brief, by code. */
MUST enum err app_patient_search(struct ctx *c, const struct patient_search *search, struct list *briefs_out);

/* ---- app_patient_status.c ---- */

/* Does the new status of `after` touch figures? Refuses what takes out a window that has ended, without a
 * manager and a reason. Writes nothing. */
MUST enum err app_patient_status_judge(struct ctx *c, const struct patient *before,
                                       const struct patient *after);
/* Takes the patient's commitments out of due, or in again, as judged. */
MUST enum err app_patient_status_apply(struct ctx *c, const struct patient *before,
                                       const struct patient *after);

/* ---- app_prescription.c ---- */

MUST enum err app_prescription_get(struct ctx *c, struct id patient_id, struct prescription_view *view_out);
/* Adds a version; the same lines on the same date as the one that holds there are no new version
 * (*added_out false; may be NULL). */
MUST enum err app_prescription_put(struct ctx *c, struct id patient_id, const struct prescription_in *in,
                                   bool *added_out);

/* ---- app_pause.c ---- */

/* Open orders inside stay as they are; those nobody has booked are not due. Fills the pause. */
MUST enum err app_pause_add(struct ctx *c, struct id patient_id, struct pause *pause);
/* Due again, where the day is not over. */
MUST enum err app_pause_remove(struct ctx *c, struct id patient_id, struct id id);
MUST enum err app_pause_list(struct ctx *c, struct id patient_id, struct list *pauses_out);

#endif
