/* What a driver states: a drop or a failed attempt, as it comes in, as it is stored, as it is answered. */
#ifndef CANARY_DOMAIN_DROP_H
#define CANARY_DOMAIN_DROP_H

#include "base/shape.h"
#include "domain/discrepancy.h"
#include "domain/words.h"

struct receiver {
    const char *name, *relation;
};
extern const struct shape receiver_shape;

struct fix {
    int64_t lat, lon, accuracy_m; /* 1e-7 degrees, metres */
};
extern const struct shape fix_shape;

/* A product is named by id, code or gtin, the first that is stated counts; or by the scan. What is stated
 * beside a scan must agree with it, but for the quantity: that is what was handed over, and a scan's count,
 * which stands where none is stated, what the label says. */
struct drop_line {
    struct id product_id;
    const char *code, *gtin;
    const char *scan; /* the raw barcode, domain/gs1.h */
    int64_t qty;      /* base units; may be left out where the scan holds a count */
    const char *lot;
    int64_t expiry;
    int64_t condition; /* enum condition; ok when not stated */
    int64_t scanned;
};
extern const struct shape drop_line_shape;

struct drop_evidence {
    int64_t kind;       /* enum evidence_kind */
    const char *sha256; /* 64 hex digits */
};
extern const struct shape drop_evidence_shape;

/* The body of a confirmation. */
struct drop_in {
    struct id id;
    int64_t at;
    const struct receiver *received_by;
    const struct fix *location;
    struct list lines, evidence; /* struct drop_line, struct drop_evidence */
    int64_t bypass;              /* enum bypass or NONE */
    const char *note;
    struct id on_behalf_of; /* a driver: by a dispatcher, with a reason */
    const char *reason;
};
extern const struct shape drop_in_shape;

/* The body of a failed attempt. */
struct failure_in {
    struct id id;
    int64_t at;
    int64_t reason; /* enum failure_reason */
    const struct fix *location;
    struct list evidence;
    const char *note;
    struct id on_behalf_of;
    const char *behalf_reason;
};
extern const struct shape failure_in_shape;

/* field_event, and its private part in personal_value as one JSON text. */
struct field_event {
    struct id id;     /* the device's */
    struct id own_id; /* ours: what its lines, images and private values stand under */
    int64_t kind;     /* enum event_kind */
    struct id delivery_id, driver_id, by_id;
    int64_t at, received_at, completed_at, synced_late, clock_skew_s;
    int64_t receiver_known, place, bypass;
    int64_t distance_m, accuracy_m; /* from the fix to the home; of the fix. NONE: unknown */
    int64_t reason;                 /* enum failure_reason */
    int64_t outcome;                /* enum event_outcome */
    int64_t delivery_version;
    struct blob fingerprint, private_digest;
    struct id amends;   /* an amendment: the confirmation */
    int64_t dropped_at; /* an amendment: the time of the drop, put right; NONE: as it was */
    int64_t stands;     /* 0: an amendment older than the one that stood when it came */
};
extern const struct shape field_event_shape;

/* The values of one event that can be erased. */
struct drop_private {
    const char *receiver, *relation;
    int64_t lat, lon, accuracy_m;
    const char *note, *behalf_reason;
    const char *reason; /* of an amendment */
};
extern const struct shape drop_private_shape;

struct field_event_line {
    struct id own_id; /* the event's */
    int64_t position;
    struct id product_id;
    const char *stated;
    int64_t qty;
    const char *lot;
    int64_t expiry, condition, scanned;
    const char *scan; /* the raw barcode */
};
extern const struct shape field_event_line_shape;

struct field_event_evidence {
    struct id own_id; /* the event's */
    int64_t position, kind;
    struct blob sha256;
    int64_t arrived, received_at; /* is the image here? stored: was it, when the event came */
};
extern const struct shape field_event_evidence_shape;

/* A confirmation as it is answered: the body and what we know of it. */
struct confirmation {
    struct id id, delivery_id;
    int64_t at;
    const struct receiver *received_by;
    const struct fix *location;
    struct list lines;    /* struct field_event_line */
    struct list evidence; /* struct field_event_evidence */
    int64_t bypass;
    const char *note;
    int64_t received_at;
    struct id driver_id, on_behalf_of; /* on_behalf_of: the driver, when somebody else reported */
    struct id reported_by;
    const char *reason;
    int64_t synced_late, clock_skew_s, completed_at;
    struct list amendments; /* struct amendment */
};
extern const struct shape confirmation_shape;

struct failure {
    struct id id, delivery_id;
    int64_t at, reason;
    const struct fix *location;
    struct list evidence;
    const char *note;
    int64_t received_at;
    struct id driver_id, on_behalf_of, reported_by;
    const char *behalf_reason;
    int64_t synced_late, clock_skew_s;
    int64_t distance_m, accuracy_m;
};
extern const struct shape failure_shape;

/* quality of a confirmation: how much is known, not how good it was. */
struct quality {
    int64_t place;                  /* enum place */
    int64_t distance_m, accuracy_m; /* from the home; of the fix. NONE: unknown */
    int64_t proof;                  /* 0: proof_state is missing */
    int64_t proof_state;            /* enum proof_state */
    int64_t bypass;                 /* enum bypass, or NONE */
    int64_t photo_reused;           /* NONE: not for the one who asks */
    struct list reused_with;        /* struct id of deliveries */
    int64_t receiver;               /* 1: the patient or a listed person */
    int64_t scanned, typed;         /* lines scanned, and those that were not, … */
    int64_t lines;                  /* … of lines stated */
};
extern const struct shape quality_shape;

struct contest_in {
    struct id id;
    int64_t at;
    int64_t what; /* contest_what_names */
    const char *note;
};
extern const struct shape contest_in_shape;

struct contest_row {
    struct id id, delivery_id, order_id;
    int64_t at, received_at, what;
    struct id by_id;
    struct blob fingerprint, private_digest;
    const char *note;         /* read from personal_value */
    struct id discrepancy_id; /* answered beside it */
};
extern const struct shape contest_shape;

#endif
