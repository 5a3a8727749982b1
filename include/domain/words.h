/* The enums of the field and the words they are written with, in JSON and in the database. */
#ifndef CANARY_DOMAIN_WORDS_H
#define CANARY_DOMAIN_WORDS_H

#include "base/value.h"

enum order_kind { ORDER_CYCLE, ORDER_EMERGENCY, ORDER_TRAVEL, ORDER_HISTORY };
extern const struct names order_kind_names;

enum order_state {
    ORDER_OPEN,
    ORDER_CONFIRMED,
    ORDER_SCHEDULED,
    ORDER_DELIVERED,
    ORDER_PART_DELIVERED,
    ORDER_SKIPPED,
    ORDER_CANCELLED
};
extern const struct names order_state_names;

enum party { PARTY_PATIENT, PARTY_CUSTOMER, PARTY_US }; /* who asked for a change */
extern const struct names party_names;

enum patient_status { PATIENT_ACTIVE, PATIENT_ADMITTED, PATIENT_ENDED };
extern const struct names patient_status_names;

enum cycle_unit { CYCLE_DAY, CYCLE_MONTH };
extern const struct names cycle_unit_names;

enum contact_channel { CONTACT_CALL, CONTACT_SMS, CONTACT_EMAIL, CONTACT_VISIT };
extern const struct names contact_channel_names;

enum contact_outcome {
    CONTACT_REACHED,
    CONTACT_NO_ANSWER,
    CONTACT_VOICEMAIL,
    CONTACT_WRONG_NUMBER,
    CONTACT_DECLINED
};
extern const struct names contact_outcome_names;

enum delivery_state {
    DELIVERY_SCHEDULED,
    DELIVERY_DISPATCHED,
    DELIVERY_DELIVERED,
    DELIVERY_FAILED,
    DELIVERY_CANCELLED
};
extern const struct names delivery_state_names;

enum delivery_kind { DELIVERY_FIRST, DELIVERY_RETRY, DELIVERY_RECOVERY };
extern const struct names delivery_kind_names;

enum run_state { RUN_PLANNED, RUN_DISPATCHED, RUN_CLOSED };
extern const struct names run_state_names;

enum event_kind { EVENT_CONFIRMATION, EVENT_FAILURE, EVENT_AMENDMENT, EVENT_ARRIVAL };
extern const struct names event_kind_names;

enum event_outcome { OUTCOME_DELIVERED, OUTCOME_FAILED, OUTCOME_KEPT }; /* kept: changed no state */
extern const struct names event_outcome_names;

enum condition { CONDITION_OK, CONDITION_DAMAGED, CONDITION_REFUSED, CONDITION_NOT_LOADED };
extern const struct names condition_names;

enum failure_reason {
    FAILURE_NOBODY_HOME,
    FAILURE_REFUSED,
    FAILURE_NO_ACCESS,
    FAILURE_WRONG_ADDRESS,
    FAILURE_VEHICLE,
    FAILURE_NOT_LOADED,
    FAILURE_WEATHER,
    FAILURE_OTHER
};
extern const struct names failure_reason_names;

enum bypass { BYPASS_DEVICE_FAILED, BYPASS_RECEIVER_DECLINED, BYPASS_INFECTION_RISK, BYPASS_OTHER };
extern const struct names bypass_names;

enum proof_state { PROOF_PRESENT, PROOF_AWAITED, PROOF_MISSING };
extern const struct names proof_state_names;

enum evidence_kind { EVIDENCE_SIGNATURE, EVIDENCE_PHOTO };
extern const struct names evidence_kind_names;

enum place { PLACE_RIGHT, PLACE_WRONG, PLACE_UNKNOWN };
extern const struct names place_names;

enum commitment_cause { CAUSE_PROMISED, CAUSE_NOT_SCHEDULED };
extern const struct names commitment_cause_names;

/* Of a commitment, by the clock alone. */
enum timeliness {
    TIMELINESS_PENDING,
    TIMELINESS_EARLY,
    TIMELINESS_ON_TIME,
    TIMELINESS_LATE,
    TIMELINESS_MISSED
};
extern const struct names timeliness_names;

/* Why a commitment is not due. */
enum excluded {
    EXCLUDED_CANCELLED,
    EXCLUDED_SKIPPED,
    EXCLUDED_PAUSED,
    EXCLUDED_ENDED,
    EXCLUDED_ADMITTED,
    EXCLUDED_OVERRIDDEN /* a status recorded late, with a manager's reason: listed */
};
extern const struct names excluded_names;

enum swept { SWEPT_NONE, SWEPT_EARLY, SWEPT_LATE, SWEPT_MISSED }; /* the standing timing discrepancy */
extern const struct names swept_names;

enum discrepancy_kind {
    KIND_MISSED,
    KIND_LATE,
    KIND_EARLY,
    KIND_SHORT,
    KIND_NOT_DELIVERED,
    KIND_OVER,
    KIND_WRONG_ITEM,
    KIND_UNORDERED,
    KIND_DAMAGED,
    KIND_REFUSED,
    KIND_NOT_LOADED,
    KIND_EXPIRED,
    KIND_SHORT_DATED,
    KIND_LOT_MISSING,
    KIND_WRONG_LOT,
    KIND_WRONG_PLACE,
    KIND_WRONG_RECIPIENT,
    KIND_NO_PROOF,
    KIND_CONTESTED,
    KIND_COUNT
};
extern const struct names discrepancy_kind_names;
/* "what" of a contest: a kind of discrepancy, or "other" (= KIND_COUNT). */
extern const struct names contest_what_names;

enum severity { S1, S2, S3, S4 };
extern const struct names severity_names;

enum discrepancy_source {
    SOURCE_RECONCILIATION,
    SOURCE_SWEEP,
    SOURCE_DRIVER,
    SOURCE_CUSTOMER,
    SOURCE_COUNT,
    SOURCE_RECALL
};
extern const struct names discrepancy_source_names;

enum discrepancy_state {
    DISCREPANCY_OPEN,
    DISCREPANCY_ACKNOWLEDGED,
    DISCREPANCY_RESOLVED,
    DISCREPANCY_DISPUTED,
    DISCREPANCY_VOID
};
extern const struct names discrepancy_state_names;

enum responsibility { BY_PROVIDER, BY_CARRIER, BY_PATIENT, BY_CUSTOMER, BY_FORCE_MAJEURE, BY_UNDETERMINED };
extern const struct names responsibility_names;

#endif
