#include "domain/drop.h"
#include "domain/amendment.h"
#include "base/err.h"
#include "base/limits.h"

#define RECEIVER(kind_, ...) FIELD(struct receiver, kind_, __VA_ARGS__)
static const struct field RECEIVER_FIELDS[] = {
    RECEIVER(K_TEXT, name, .flags = F_PERSONAL, .example = "\"A. Receiver\""),
    RECEIVER(K_TEXT, relation, .max = 40, .doc = "patient, or who it was: partner, neighbour …",
             .example = "\"patient\""),
};
const struct shape receiver_shape = SHAPE("receiver", struct receiver, RECEIVER_FIELDS);

#define FIX(kind_, ...) FIELD(struct fix, kind_, __VA_ARGS__)
static const struct field FIX_FIELDS[] = {
    FIX(K_DEG, lat, .flags = F_REQUIRED, .min = -900000000, .max = 900000000, .example = "-33.8731"),
    FIX(K_DEG, lon, .flags = F_REQUIRED, .min = -1800000000, .max = 1800000000, .example = "151.2065"),
    FIX(K_INT, accuracy_m, .max = 1000000, .doc = "metres, as the phone says", .example = "8"),
};
const struct shape fix_shape = SHAPE("fix", struct fix, FIX_FIELDS);

#define LINE(kind_, ...) FIELD(struct drop_line, kind_, __VA_ARGS__)
static const struct field LINE_FIELDS[] = {
    LINE(K_ID, product_id, .doc = "the product by id, or by code or gtin"),
    LINE(K_TEXT, code, .max = LIMIT_CODE),
    LINE(K_TEXT, gtin, .max = 14),
    /* left out of a fingerprint where it is not stated: as before there were scans */
    LINE(K_TEXT, scan, .flags = F_CONTROLS | F_OMIT, .max = LIMIT_SCAN,
         .doc =
             "the barcode as the scanner sent it: GS1 element strings, FNC1 as \\u001d; names the product, "
             "lot, expiry and count, and what is stated beside it must agree",
         .example = "\"]C101095060001343521728053110AB-123\""),
    LINE(K_INT, qty, .doc = "base units; may be left out where the scan holds a count", .example = "56"),
    LINE(K_TEXT, lot, .max = LIMIT_CODE, .example = "\"24K11G40\""),
    LINE(K_DATE, expiry, .example = "\"2028-05-31\""),
    LINE(K_ENUM, condition, .names = &condition_names, .doc = "ok unless stated"),
    LINE(K_BOOL, scanned),
};
const struct shape drop_line_shape = SHAPE("drop_line", struct drop_line, LINE_FIELDS);

static const struct field EVIDENCE_FIELDS[] = {
    FIELD(struct drop_evidence, K_ENUM, kind, .flags = F_REQUIRED, .names = &evidence_kind_names),
    FIELD(struct drop_evidence, K_TEXT, sha256, .flags = F_REQUIRED, .min = 64, .max = 64,
          .doc = "of the image, 64 hex digits",
          .example = "\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\""),
};
const struct shape drop_evidence_shape = SHAPE("drop_evidence", struct drop_evidence, EVIDENCE_FIELDS);

#define IN(kind_, ...) FIELD(struct drop_in, kind_, __VA_ARGS__)
static const struct field IN_FIELDS[] = {
    IN(K_ID, id, .flags = F_REQUIRED,
       .doc = "made once on the device; a repeat with the same id is the same event"),
    IN(K_INSTANT, at, .flags = F_REQUIRED, .doc = "device time of the drop",
       .example = "\"2026-12-03T00:42:10.000Z\""),
    IN(K_OBJ, received_by, .sub = &receiver_shape),
    IN(K_OBJ, location, .sub = &fix_shape),
    IN(K_LIST, lines, .flags = F_REQUIRED, .sub = &drop_line_shape, .max = LIMIT_LINES,
       .doc = "what was handed over, and what was not and why; empty: nothing at all"),
    IN(K_LIST, evidence, .sub = &drop_evidence_shape, .max = 20),
    IN(K_ENUM, bypass, .names = &bypass_names, .doc = "why there is no proof; other needs a note"),
    IN(K_TEXT, note, .max = LIMIT_NOTE, .flags = F_PERSONAL),
    IN(K_ID, on_behalf_of, .doc = "the driver, when a dispatcher reports for them; needs reason"),
    IN(K_TEXT, reason, .max = LIMIT_NOTE, .flags = F_PERSONAL),
};
const struct shape drop_in_shape = SHAPE("confirmation_new", struct drop_in, IN_FIELDS);

#define FAIL_IN(kind_, ...) FIELD(struct failure_in, kind_, __VA_ARGS__)
static const struct field FAILURE_IN_FIELDS[] = {
    FAIL_IN(K_ID, id, .flags = F_REQUIRED, .doc = "made once on the device"),
    FAIL_IN(K_INSTANT, at, .flags = F_REQUIRED, .doc = "device time of the attempt"),
    FAIL_IN(K_ENUM, reason, .flags = F_REQUIRED, .names = &failure_reason_names),
    FAIL_IN(K_OBJ, location, .sub = &fix_shape),
    FAIL_IN(K_LIST, evidence, .sub = &drop_evidence_shape, .max = 20),
    FAIL_IN(K_TEXT, note, .max = LIMIT_NOTE, .flags = F_PERSONAL),
    FAIL_IN(K_ID, on_behalf_of, .doc = "the driver, when a dispatcher reports for them; needs behalf_reason"),
    FAIL_IN(K_TEXT, behalf_reason, .max = LIMIT_NOTE, .flags = F_PERSONAL),
};
const struct shape failure_in_shape = SHAPE("failure_new", struct failure_in, FAILURE_IN_FIELDS);

#define EVENT(kind_, ...) FIELD(struct field_event, kind_, __VA_ARGS__)
static const struct field EVENT_FIELDS[] = {
    EVENT(K_ID, id),
    EVENT(K_ID, own_id, .flags = F_KEPT),
    EVENT(K_ENUM, kind, .flags = F_KEPT, .names = &event_kind_names),
    EVENT(K_ID, delivery_id, .flags = F_KEPT),
    EVENT(K_ID, driver_id, .flags = F_KEPT),
    EVENT(K_ID, by_id, .flags = F_KEPT),
    EVENT(K_INSTANT, at, .flags = F_KEPT),
    EVENT(K_INSTANT, received_at, .flags = F_KEPT),
    EVENT(K_INSTANT, completed_at),
    EVENT(K_BOOL, synced_late, .flags = F_KEPT),
    EVENT(K_INT, clock_skew_s, .flags = F_KEPT),
    EVENT(K_BOOL, receiver_known, .flags = F_KEPT),
    EVENT(K_ENUM, place, .flags = F_KEPT, .names = &place_names),
    EVENT(K_INT, distance_m, .flags = F_KEPT, .max = INT64_MAX),
    EVENT(K_INT, accuracy_m, .flags = F_KEPT, .max = INT64_MAX),
    EVENT(K_ENUM, bypass, .flags = F_KEPT, .names = &bypass_names),
    EVENT(K_ENUM, reason, .names = &failure_reason_names),
    EVENT(K_ENUM, outcome, .names = &event_outcome_names),
    EVENT(K_INT, delivery_version, .flags = F_KEPT),
    EVENT(K_HEX, fingerprint, .flags = F_KEPT),
    EVENT(K_HEX, private_digest, .flags = F_KEPT),
    EVENT(K_ID, amends),
    EVENT(K_INSTANT, dropped_at, .flags = F_KEPT),
    EVENT(K_BOOL, stands, .flags = F_KEPT),
};
const struct shape field_event_shape = SHAPE("field_event", struct field_event, EVENT_FIELDS);

static const struct field PRIVATE_FIELDS[] = {
    FIELD(struct drop_private, K_TEXT, receiver, .flags = F_OMIT),
    FIELD(struct drop_private, K_TEXT, relation, .flags = F_OMIT),
    FIELD(struct drop_private, K_DEG, lat, .flags = F_OMIT),
    FIELD(struct drop_private, K_DEG, lon, .flags = F_OMIT),
    FIELD(struct drop_private, K_INT, accuracy_m, .flags = F_OMIT),
    FIELD(struct drop_private, K_TEXT, note, .flags = F_OMIT, .max = LIMIT_NOTE),
    FIELD(struct drop_private, K_TEXT, behalf_reason, .flags = F_OMIT, .max = LIMIT_NOTE),
    FIELD(struct drop_private, K_TEXT, reason, .flags = F_OMIT, .max = LIMIT_NOTE),
};
const struct shape drop_private_shape = SHAPE("drop_private", struct drop_private, PRIVATE_FIELDS);

#define STATED(kind_, ...) FIELD(struct field_event_line, kind_, __VA_ARGS__)
static const struct field STATED_FIELDS[] = {
    STATED(K_ID, own_id, .flags = F_HIDDEN),
    STATED(K_INT, position, .flags = F_HIDDEN),
    STATED(K_ID, product_id, .doc = "null: not in the catalogue, see stated"),
    STATED(K_TEXT, stated, .doc = "the code as stated"),
    STATED(K_INT, qty),
    STATED(K_TEXT, lot),
    STATED(K_DATE, expiry),
    STATED(K_ENUM, condition, .names = &condition_names),
    STATED(K_BOOL, scanned),
    STATED(K_TEXT, scan, .doc = "the barcode as it was read"),
};
const struct shape field_event_line_shape = SHAPE("stated_line", struct field_event_line, STATED_FIELDS);

static const struct field PROOF_FIELDS[] = {
    FIELD(struct field_event_evidence, K_ID, own_id, .flags = F_HIDDEN),
    FIELD(struct field_event_evidence, K_INT, position, .flags = F_HIDDEN),
    FIELD(struct field_event_evidence, K_ENUM, kind, .names = &evidence_kind_names),
    FIELD(struct field_event_evidence, K_HEX, sha256),
    FIELD(struct field_event_evidence, K_BOOL, arrived,
          .doc = "the image is here; in the answer to an event: it was, when the event came"),
    FIELD(struct field_event_evidence, K_INSTANT, received_at, .doc = "when the image came"),
};
const struct shape field_event_evidence_shape = SHAPE("evidence", struct field_event_evidence, PROOF_FIELDS);

#define CONF(kind_, ...) FIELD(struct confirmation, kind_, __VA_ARGS__)
static const struct field CONFIRMATION_FIELDS[] = {
    CONF(K_ID, id),
    CONF(K_ID, delivery_id),
    CONF(K_INSTANT, at, .doc = "device time"),
    CONF(K_OBJ, received_by, .sub = &receiver_shape),
    CONF(K_OBJ, location, .sub = &fix_shape),
    CONF(K_LIST, lines, .sub = &field_event_line_shape),
    CONF(K_LIST, evidence, .sub = &field_event_evidence_shape),
    CONF(K_ENUM, bypass, .names = &bypass_names),
    CONF(K_TEXT, note, .flags = F_PERSONAL),
    CONF(K_INSTANT, received_at, .doc = "server time"),
    CONF(K_ID, driver_id),
    CONF(K_ID, on_behalf_of, .doc = "the driver, when somebody else reported"),
    CONF(K_ID, reported_by, .doc = "who reported on the driver's behalf"),
    CONF(K_TEXT, reason, .flags = F_PERSONAL),
    CONF(K_BOOL, synced_late),
    CONF(K_INT, clock_skew_s, .min = INT64_MIN + 1, .max = INT64_MAX),
    CONF(K_INSTANT, completed_at, .doc = "what the figures use; null when it completed nothing"),
    CONF(K_LIST, amendments, .sub = &amendment_shape, .doc = "in the order in which they came"),
};
const struct shape confirmation_shape = SHAPE("confirmation", struct confirmation, CONFIRMATION_FIELDS);

#define FAILURE(kind_, ...) FIELD(struct failure, kind_, __VA_ARGS__)
static const struct field FAILURE_FIELDS[] = {
    FAILURE(K_ID, id),
    FAILURE(K_ID, delivery_id),
    FAILURE(K_INSTANT, at, .doc = "device time"),
    FAILURE(K_ENUM, reason, .names = &failure_reason_names),
    FAILURE(K_OBJ, location, .sub = &fix_shape),
    FAILURE(K_LIST, evidence, .sub = &field_event_evidence_shape),
    FAILURE(K_TEXT, note, .flags = F_PERSONAL),
    FAILURE(K_INSTANT, received_at, .doc = "server time"),
    FAILURE(K_ID, driver_id),
    FAILURE(K_ID, on_behalf_of),
    FAILURE(K_ID, reported_by),
    FAILURE(K_TEXT, behalf_reason, .flags = F_PERSONAL),
    FAILURE(K_BOOL, synced_late),
    FAILURE(K_INT, clock_skew_s, .min = INT64_MIN + 1, .max = INT64_MAX),
    FAILURE(K_INT, distance_m, .max = INT64_MAX,
            .doc = "metres from the home; null without a fix, or a home to compare it with"),
    FAILURE(K_INT, accuracy_m, .max = INT64_MAX, .doc = "metres, of that fix"),
};
const struct shape failure_shape = SHAPE("failure", struct failure, FAILURE_FIELDS);

static const struct field QUALITY_FIELDS[] = {
    FIELD(struct quality, K_ENUM, place, .names = &place_names,
          .doc = "unknown: no fix, or no home to compare it with"),
    FIELD(struct quality, K_INT, distance_m, .max = INT64_MAX, .doc = "metres from the home to the fix"),
    FIELD(struct quality, K_INT, accuracy_m, .max = INT64_MAX, .doc = "of the fix, as the phone says"),
    FIELD(struct quality, K_BOOL, proof, .doc = "a signature, a photo or a coded bypass: not missing"),
    FIELD(struct quality, K_ENUM, proof_state, .names = &proof_state_names,
          .doc =
              "present: an image is here, or a coded bypass; awaited: named, and the time for its image is "
              "not over; missing"),
    FIELD(struct quality, K_ENUM, bypass, .names = &bypass_names),
    FIELD(struct quality, K_BOOL, photo_reused,
          .doc = "an image of it is named for another delivery too; null for drivers and customers"),
    FIELD(struct quality, K_IDS, reused_with, .doc = "those deliveries, at most 20"),
    FIELD(struct quality, K_BOOL, receiver, .doc = "the patient or a listed person"),
    FIELD(struct quality, K_INT, scanned, .doc = "lines scanned"),
    FIELD(struct quality, K_INT, typed, .doc = "lines not scanned"),
    FIELD(struct quality, K_INT, lines, .doc = "lines stated"),
};
const struct shape quality_shape = SHAPE("quality", struct quality, QUALITY_FIELDS);

static const struct field CONTEST_IN_FIELDS[] = {
    FIELD(struct contest_in, K_ID, id, .flags = F_REQUIRED,
          .doc = "made by the client: a repeat is the same contest"),
    FIELD(struct contest_in, K_INSTANT, at, .flags = F_REQUIRED),
    FIELD(struct contest_in, K_ENUM, what, .flags = F_REQUIRED, .names = &contest_what_names),
    FIELD(struct contest_in, K_TEXT, note, .max = LIMIT_NOTE, .flags = F_PERSONAL),
};
const struct shape contest_in_shape = SHAPE("contest_new", struct contest_in, CONTEST_IN_FIELDS);

#define CONTEST(kind_, ...) FIELD(struct contest_row, kind_, __VA_ARGS__)
static const struct field CONTEST_FIELDS[] = {
    CONTEST(K_ID, id),
    CONTEST(K_ID, delivery_id, .flags = F_KEPT),
    CONTEST(K_ID, order_id, .flags = F_KEPT),
    CONTEST(K_INSTANT, at, .flags = F_KEPT),
    CONTEST(K_INSTANT, received_at, .flags = F_KEPT),
    CONTEST(K_ENUM, what, .names = &contest_what_names),
    CONTEST(K_ID, by_id, .flags = F_KEPT),
    CONTEST(K_HEX, fingerprint, .flags = F_HIDDEN | F_KEPT),
    CONTEST(K_HEX, private_digest, .flags = F_HIDDEN | F_KEPT),
    CONTEST(K_TEXT, note, .flags = F_PERSONAL | F_KEPT),
    CONTEST(K_ID, discrepancy_id),
};
const struct shape contest_shape = SHAPE("contest", struct contest_row, CONTEST_FIELDS);
