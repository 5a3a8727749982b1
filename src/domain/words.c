#include "domain/words.h"

static const char *const ORDER_KIND_WORDS[] = {
    [ORDER_CYCLE] = "cycle",
    [ORDER_EMERGENCY] = "emergency",
    [ORDER_TRAVEL] = "travel",
    [ORDER_HISTORY] = "history",
};
const struct names order_kind_names = {ORDER_KIND_WORDS, 4};

static const char *const ORDER_STATE_WORDS[] = {
    [ORDER_OPEN] = "open",
    [ORDER_CONFIRMED] = "confirmed",
    [ORDER_SCHEDULED] = "scheduled",
    [ORDER_DELIVERED] = "delivered",
    [ORDER_PART_DELIVERED] = "part_delivered",
    [ORDER_SKIPPED] = "skipped",
    [ORDER_CANCELLED] = "cancelled",
};
const struct names order_state_names = {ORDER_STATE_WORDS, 7};

static const char *const PARTY_WORDS[] = {
    [PARTY_PATIENT] = "patient",
    [PARTY_CUSTOMER] = "customer",
    [PARTY_US] = "us",
};
const struct names party_names = {PARTY_WORDS, 3};

static const char *const PATIENT_STATUS_WORDS[] = {
    [PATIENT_ACTIVE] = "active",
    [PATIENT_ADMITTED] = "admitted",
    [PATIENT_ENDED] = "ended",
};
const struct names patient_status_names = {PATIENT_STATUS_WORDS, 3};

static const char *const CYCLE_UNIT_WORDS[] = {
    [CYCLE_DAY] = "day",
    [CYCLE_MONTH] = "month",
};
const struct names cycle_unit_names = {CYCLE_UNIT_WORDS, 2};

static const char *const CONTACT_CHANNEL_WORDS[] = {
    [CONTACT_CALL] = "call",
    [CONTACT_SMS] = "sms",
    [CONTACT_EMAIL] = "email",
    [CONTACT_VISIT] = "visit",
};
const struct names contact_channel_names = {CONTACT_CHANNEL_WORDS, 4};

static const char *const CONTACT_OUTCOME_WORDS[] = {
    [CONTACT_REACHED] = "reached",     [CONTACT_NO_ANSWER] = "no_answer",
    [CONTACT_VOICEMAIL] = "voicemail", [CONTACT_WRONG_NUMBER] = "wrong_number",
    [CONTACT_DECLINED] = "declined",
};
const struct names contact_outcome_names = {CONTACT_OUTCOME_WORDS, 5};

static const char *const DELIVERY_STATE_WORDS[] = {
    [DELIVERY_SCHEDULED] = "scheduled", [DELIVERY_DISPATCHED] = "dispatched",
    [DELIVERY_DELIVERED] = "delivered", [DELIVERY_FAILED] = "failed",
    [DELIVERY_CANCELLED] = "cancelled",
};
const struct names delivery_state_names = {DELIVERY_STATE_WORDS, 5};

static const char *const DELIVERY_KIND_WORDS[] = {
    [DELIVERY_FIRST] = "first",
    [DELIVERY_RETRY] = "retry",
    [DELIVERY_RECOVERY] = "recovery",
};
const struct names delivery_kind_names = {DELIVERY_KIND_WORDS, 3};

static const char *const RUN_STATE_WORDS[] = {
    [RUN_PLANNED] = "planned",
    [RUN_DISPATCHED] = "dispatched",
    [RUN_CLOSED] = "closed",
};
const struct names run_state_names = {RUN_STATE_WORDS, 3};

static const char *const EVENT_KIND_WORDS[] = {
    [EVENT_CONFIRMATION] = "confirmation",
    [EVENT_FAILURE] = "failure",
    [EVENT_AMENDMENT] = "amendment",
    [EVENT_ARRIVAL] = "arrival",
};
const struct names event_kind_names = {EVENT_KIND_WORDS, 4};

static const char *const EVENT_OUTCOME_WORDS[] = {
    [OUTCOME_DELIVERED] = "delivered",
    [OUTCOME_FAILED] = "failed",
    [OUTCOME_KEPT] = "kept",
};
const struct names event_outcome_names = {EVENT_OUTCOME_WORDS, 3};

static const char *const CONDITION_WORDS[] = {
    [CONDITION_OK] = "ok",
    [CONDITION_DAMAGED] = "damaged",
    [CONDITION_REFUSED] = "refused",
    [CONDITION_NOT_LOADED] = "not_loaded",
};
const struct names condition_names = {CONDITION_WORDS, 4};

static const char *const FAILURE_REASON_WORDS[] = {
    [FAILURE_NOBODY_HOME] = "nobody_home", [FAILURE_REFUSED] = "refused",
    [FAILURE_NO_ACCESS] = "no_access",     [FAILURE_WRONG_ADDRESS] = "wrong_address",
    [FAILURE_VEHICLE] = "vehicle",         [FAILURE_NOT_LOADED] = "not_loaded",
    [FAILURE_WEATHER] = "weather",         [FAILURE_OTHER] = "other",
};
const struct names failure_reason_names = {FAILURE_REASON_WORDS, 8};

static const char *const BYPASS_WORDS[] = {
    [BYPASS_DEVICE_FAILED] = "device_failed",
    [BYPASS_RECEIVER_DECLINED] = "receiver_declined",
    [BYPASS_INFECTION_RISK] = "infection_risk",
    [BYPASS_OTHER] = "other",
};
const struct names bypass_names = {BYPASS_WORDS, 4};

static const char *const PROOF_WORDS[] = {
    [PROOF_PRESENT] = "present", [PROOF_AWAITED] = "awaited", [PROOF_MISSING] = "missing"};
const struct names proof_state_names = {PROOF_WORDS, 3};

static const char *const EVIDENCE_KIND_WORDS[] = {
    [EVIDENCE_SIGNATURE] = "signature",
    [EVIDENCE_PHOTO] = "photo",
};
const struct names evidence_kind_names = {EVIDENCE_KIND_WORDS, 2};

static const char *const PLACE_WORDS[] = {
    [PLACE_RIGHT] = "right",
    [PLACE_WRONG] = "wrong",
    [PLACE_UNKNOWN] = "unknown",
};
const struct names place_names = {PLACE_WORDS, 3};

static const char *const COMMITMENT_CAUSE_WORDS[] = {
    [CAUSE_PROMISED] = "promised",
    [CAUSE_NOT_SCHEDULED] = "not_scheduled",
};
const struct names commitment_cause_names = {COMMITMENT_CAUSE_WORDS, 2};

static const char *const TIMELINESS_WORDS[] = {
    [TIMELINESS_PENDING] = "pending", [TIMELINESS_EARLY] = "early",   [TIMELINESS_ON_TIME] = "on_time",
    [TIMELINESS_LATE] = "late",       [TIMELINESS_MISSED] = "missed",
};
const struct names timeliness_names = {TIMELINESS_WORDS, 5};

static const char *const EXCLUDED_WORDS[] = {
    [EXCLUDED_CANCELLED] = "cancelled", [EXCLUDED_SKIPPED] = "skipped",
    [EXCLUDED_PAUSED] = "paused",       [EXCLUDED_ENDED] = "ended",
    [EXCLUDED_ADMITTED] = "admitted",   [EXCLUDED_OVERRIDDEN] = "overridden",
};
const struct names excluded_names = {EXCLUDED_WORDS, 6};

static const char *const SWEPT_WORDS[] = {
    [SWEPT_NONE] = "none",
    [SWEPT_EARLY] = "early",
    [SWEPT_LATE] = "late",
    [SWEPT_MISSED] = "missed",
};
const struct names swept_names = {SWEPT_WORDS, 4};

#define KIND_WORDS                                                                                          \
    [KIND_MISSED] = "missed", [KIND_LATE] = "late", [KIND_EARLY] = "early", [KIND_SHORT] = "short",         \
    [KIND_NOT_DELIVERED] = "not_delivered", [KIND_OVER] = "over", [KIND_WRONG_ITEM] = "wrong_item",         \
    [KIND_UNORDERED] = "unordered", [KIND_DAMAGED] = "damaged", [KIND_REFUSED] = "refused",                 \
    [KIND_NOT_LOADED] = "not_loaded", [KIND_EXPIRED] = "expired", [KIND_SHORT_DATED] = "short_dated",       \
    [KIND_LOT_MISSING] = "lot_missing", [KIND_WRONG_LOT] = "wrong_lot", [KIND_WRONG_PLACE] = "wrong_place", \
    [KIND_WRONG_RECIPIENT] = "wrong_recipient", [KIND_NO_PROOF] = "no_proof",                               \
    [KIND_CONTESTED] = "contested",

static const char *const KINDS[] = {KIND_WORDS};
const struct names discrepancy_kind_names = {KINDS, KIND_COUNT};
static const char *const WHATS[] = {KIND_WORDS[KIND_COUNT] = "other"};
const struct names contest_what_names = {WHATS, KIND_COUNT + 1};

static const char *const SEVERITY_WORDS[] = {
    [S1] = "S1",
    [S2] = "S2",
    [S3] = "S3",
    [S4] = "S4",
};
const struct names severity_names = {SEVERITY_WORDS, 4};

static const char *const DISCREPANCY_SOURCE_WORDS[] = {
    [SOURCE_RECONCILIATION] = "reconciliation",
    [SOURCE_SWEEP] = "sweep",
    [SOURCE_DRIVER] = "driver",
    [SOURCE_CUSTOMER] = "customer",
    [SOURCE_COUNT] = "count",
    [SOURCE_RECALL] = "recall",
};
const struct names discrepancy_source_names = {DISCREPANCY_SOURCE_WORDS, 6};

static const char *const DISCREPANCY_STATE_WORDS[] = {
    [DISCREPANCY_OPEN] = "open",         [DISCREPANCY_ACKNOWLEDGED] = "acknowledged",
    [DISCREPANCY_RESOLVED] = "resolved", [DISCREPANCY_DISPUTED] = "disputed",
    [DISCREPANCY_VOID] = "void",
};
const struct names discrepancy_state_names = {DISCREPANCY_STATE_WORDS, 5};

static const char *const RESPONSIBILITY_WORDS[] = {
    [BY_PROVIDER] = "provider",
    [BY_CARRIER] = "carrier",
    [BY_PATIENT] = "patient",
    [BY_CUSTOMER] = "customer",
    [BY_FORCE_MAJEURE] = "force_majeure",
    [BY_UNDETERMINED] = "undetermined",
};
const struct names responsibility_names = {RESPONSIBILITY_WORDS, 6};
