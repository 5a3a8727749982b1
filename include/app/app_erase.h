/* Erasure of a patient: every name, place, phone, note and picture goes, what happened and its figures stay.
 */
#ifndef CANARY_APP_ERASE_H
#define CANARY_APP_ERASE_H

#include "domain/erasure.h"
#include "domain/patient.h"

/* Erases every personal word of the patient, wherever it stands, with its salt, and the stored answers that
 * repeat them; keeps who did it, when and why. The log and its proofs stay as they are: they hold digests.
 * May be done again, for what came in later. ERR_STATE "patient.retained", with an item for each obstacle:
 * the patient has not ended, orders or deliveries are not over, a discrepancy is disputed, or the last
 * delivery is younger than rules->retention_days.
 * Pieces of deleted rows may stay in pages of the file until it is written anew: asks for that (db.h), and
 * app_erase_clean tells when it was done. */
MUST enum err app_patient_erase(struct ctx *c, const struct patient *patient, const struct erasure_in *in,
                                struct erasure *erasure_out);
/* The same check, and nothing written. */
MUST enum err app_patient_erase_check(struct ctx *c, const struct patient *patient);

/* The clock's part: erasures that the file was written anew after are told to be clean; of those of an
 * earlier run it is asked for. One unit. */
MUST enum err app_erase_clean(struct ctx *c);

/* ERR_STATE "patient.erased": nothing more is written about them. */
MUST enum err app_patient_not_erased(struct ctx *c, const struct patient *patient);

#endif
