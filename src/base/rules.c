#include "base/rules.h"
#include "base/date.h"

const struct rules rules_default = {
    .early_tolerance_ms = 0,
    .late_tolerance_ms = 0,
    .grace_ms = 24 * HOUR_MS,
    .cutoff_min = 18 * 60,
    .plan_days = 35,
    .call_lead_days = 7,
    .confirm_permille = 200,
    .confirm_boxes = 1,
    .low_cover_days = 3,
    .place_m = 250,
    .place_accuracy_m = 250,
    .synced_late_ms = 15 * MINUTE_MS,
    .evidence_wait_ms = 24 * HOUR_MS,
    .session_ms = 12 * HOUR_MS,
    .retention_days = 3653,
    .small_n = 20,
};
