#include "domain/commitment.h"

#define ALWAYS(kind, member) FIELD(struct commitment, kind, member, .flags = F_REQUIRED)
#define MAYBE(kind, member) FIELD(struct commitment, kind, member, .flags = 0)
#define ALWAYS_WORD(member, words) \
    FIELD(struct commitment, K_ENUM, member, .flags = F_REQUIRED, .names = &(words))
#define MAYBE_WORD(member, words) FIELD(struct commitment, K_ENUM, member, .names = &(words))

/* known_until is an integer because "for ever" is no date of any calendar. */
static const struct field FIELDS[] = {
    ALWAYS(K_ID, order_id),
    ALWAYS(K_INT, version),
    ALWAYS(K_INSTANT, known_from),
    FIELD(struct commitment, K_INT, known_until, .flags = F_REQUIRED | F_HIDDEN),
    ALWAYS_WORD(kind, order_kind_names),
    MAYBE(K_ID, patient_id),
    ALWAYS(K_ID, customer_id),
    ALWAYS(K_ID, depot_id),
    MAYBE(K_ID, driver_id),
    MAYBE(K_ID, delivery_id),
    ALWAYS_WORD(cause, commitment_cause_names),
    ALWAYS(K_DATE, date),
    ALWAYS(K_TIME, from_min),
    ALWAYS(K_TIME, to_min),
    ALWAYS(K_DATE, due_on),
    ALWAYS(K_INSTANT, starts_at),
    ALWAYS(K_INSTANT, ends_at),
    ALWAYS(K_INSTANT, early_before),
    ALWAYS(K_INSTANT, late_after),
    ALWAYS(K_INSTANT, missed_after),
    ALWAYS(K_INSTANT, cutoff_at),
    ALWAYS(K_BOOL, fixed),
    ALWAYS(K_DATE, now_on),
    ALWAYS(K_INSTANT, now_early_before),
    ALWAYS(K_INSTANT, now_late_after),
    ALWAYS(K_INSTANT, now_missed_after),
    MAYBE(K_INSTANT, completed_at),
    MAYBE(K_INSTANT, received_at),
    MAYBE_WORD(excluded, excluded_names),
    ALWAYS(K_BOOL, stated),
    ALWAYS(K_BOOL, handed_over),
    ALWAYS(K_INT, lines),
    ALWAYS(K_INT, lines_right),
    ALWAYS(K_INT, units_authorised),
    ALWAYS(K_INT, units_accepted),
    ALWAYS(K_INT, faults_line),
    ALWAYS(K_INT, faults_damage),
    ALWAYS(K_INT, faults_place),
    ALWAYS(K_INT, faults_proof),
    ALWAYS(K_INT, faults),
    ALWAYS(K_INT, faults_outside),
    ALWAYS(K_BOOL, timing_outside),
    MAYBE_WORD(contested, contest_what_names),
    ALWAYS(K_INT, reversals),
    ALWAYS(K_INT, recoveries),
    ALWAYS_WORD(swept, swept_names),
    MAYBE(K_INSTANT, sweep_at),
};
const struct shape commitment_shape = SHAPE("commitment", struct commitment, FIELDS);
