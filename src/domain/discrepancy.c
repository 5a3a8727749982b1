#include "domain/discrepancy.h"
#include "base/err.h"

#define ROW(kind_, ...) FIELD(struct discrepancy, kind_, __VA_ARGS__)
static const struct field FIELDS[] = {
    ROW(K_ID, id),
    ROW(K_ID, delivery_id),
    ROW(K_ID, order_id),
    ROW(K_ID, patient_id),
    ROW(K_ID, customer_id),
    ROW(K_ID, depot_id, .flags = F_HIDDEN),
    ROW(K_ID, driver_id, .flags = F_HIDDEN),
    ROW(K_ENUM, kind, .names = &discrepancy_kind_names, .example = "\"short\""),
    ROW(K_ID, product_id, .doc = "null for kinds that are not about a product"),
    ROW(K_TEXT, stated, .doc = "the code as stated, of a product the catalogue does not know"),
    ROW(K_TEXT, lot, .doc = "of the lot kinds"),
    ROW(K_INT, expected, .doc = "units; actual - expected is the only sign used"),
    ROW(K_INT, actual),
    ROW(K_ENUM, severity, .names = &severity_names),
    ROW(K_ENUM, source, .names = &discrepancy_source_names),
    ROW(K_ENUM, state, .names = &discrepancy_state_names),
    ROW(K_ENUM, responsibility, .names = &responsibility_names),
    ROW(K_TEXT, cause, .doc = "a code of the operation's own list, or not_scheduled, …"),
    ROW(K_TEXT, reason, .flags = F_PERSONAL, .doc = "why it was resolved or voided"),
    ROW(K_INSTANT, detected_at),
    ROW(K_INSTANT, closed_at, .flags = F_HIDDEN),
    ROW(K_INT, rule_version, .doc = "version of the rule that found it"),
    ROW(K_ID, event_id, .flags = F_HIDDEN),
    ROW(K_ID, contest_id, .flags = F_HIDDEN),
    ROW(K_ID, superseded_by),
    ROW(K_INT, version),
};
const struct shape discrepancy_shape = SHAPE("discrepancy", struct discrepancy, FIELDS);
