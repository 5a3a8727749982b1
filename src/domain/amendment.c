#include "domain/amendment.h"
#include "base/err.h"
#include "base/limits.h"

#define IN(kind_, ...) FIELD(struct amendment_in, kind_, __VA_ARGS__)
static const struct field IN_FIELDS[] = {
    IN(K_ID, id, .flags = F_REQUIRED,
       .doc = "made once on the device; a repeat with the same id is the same amendment"),
    IN(K_INSTANT, at, .doc = "device time at which it was made; the time of receipt unless stated",
       .example = "\"2026-12-03T01:10:00.000Z\""),
    IN(K_TEXT, reason, .flags = F_REQUIRED | F_PERSONAL, .max = LIMIT_NOTE, .doc = "what was wrong",
       .example = "\"Counted again with the patient\""),
    IN(K_LIST, lines, .sub = &drop_line_shape, .max = LIMIT_LINES,
       .doc = "all lines, as they should have been stated; as before unless stated"),
    IN(K_OBJ, received_by, .sub = &receiver_shape),
    IN(K_OBJ, location, .sub = &fix_shape),
    IN(K_LIST, evidence, .sub = &drop_evidence_shape, .max = 20, .doc = "added to what is there"),
    IN(K_ENUM, bypass, .names = &bypass_names),
    IN(K_TEXT, note, .max = LIMIT_NOTE, .flags = F_PERSONAL),
    IN(K_INSTANT, dropped_at, .doc = "when the drop was made, put right: by a manager only",
       .example = "\"2026-12-03T00:40:00.000Z\""),
};
const struct shape amendment_in_shape = SHAPE("amendment_new", struct amendment_in, IN_FIELDS);

#define OUT(kind_, ...) FIELD(struct amendment, kind_, __VA_ARGS__)
static const struct field OUT_FIELDS[] = {
    OUT(K_ID, id),
    OUT(K_INSTANT, at, .doc = "when it was made, by the device"),
    OUT(K_INSTANT, received_at, .doc = "server time"),
    OUT(K_ID, amended_by),
    OUT(K_TEXT, reason, .flags = F_PERSONAL),
    OUT(K_BOOL, stands, .doc = "false: older than one that had come before it; kept, and changed nothing"),
    OUT(K_OBJ, received_by, .sub = &receiver_shape),
    OUT(K_OBJ, location, .sub = &fix_shape),
    OUT(K_LIST, lines, .sub = &field_event_line_shape, .doc = "all that was held from then on"),
    OUT(K_LIST, evidence, .sub = &field_event_evidence_shape),
    OUT(K_ENUM, bypass, .names = &bypass_names),
    OUT(K_TEXT, note, .flags = F_PERSONAL),
    OUT(K_INSTANT, dropped_at, .doc = "the time of the drop, put right; null: as it was"),
    OUT(K_INSTANT, completed_at, .doc = "what the figures use; null when it completed nothing"),
    OUT(K_ENUM, outcome, .names = &event_outcome_names, .doc = "what it made of the delivery"),
    OUT(K_BOOL, synced_late),
    OUT(K_INT, clock_skew_s, .min = INT64_MIN + 1, .max = INT64_MAX),
};
const struct shape amendment_shape = SHAPE("amendment", struct amendment, OUT_FIELDS);

#define ARRIVAL_IN(kind_, ...) FIELD(struct arrival_in, kind_, __VA_ARGS__)
static const struct field ARRIVAL_IN_FIELDS[] = {
    ARRIVAL_IN(K_ID, id, .flags = F_REQUIRED, .doc = "made once on the device"),
    ARRIVAL_IN(K_INSTANT, at, .flags = F_REQUIRED, .doc = "device time of the arrival"),
    ARRIVAL_IN(K_OBJ, location, .sub = &fix_shape),
    ARRIVAL_IN(K_TEXT, note, .max = LIMIT_NOTE, .flags = F_PERSONAL),
};
const struct shape arrival_in_shape = SHAPE("arrival_new", struct arrival_in, ARRIVAL_IN_FIELDS);

#define ARRIVAL(kind_, ...) FIELD(struct arrival, kind_, __VA_ARGS__)
static const struct field ARRIVAL_FIELDS[] = {
    ARRIVAL(K_ID, id),
    ARRIVAL(K_ID, delivery_id),
    ARRIVAL(K_ID, driver_id),
    ARRIVAL(K_INSTANT, at, .doc = "device time"),
    ARRIVAL(K_INSTANT, received_at, .doc = "server time"),
    ARRIVAL(K_OBJ, location, .sub = &fix_shape),
    ARRIVAL(K_INT, distance_m, .max = INT64_MAX, .doc = "metres from the home"),
    ARRIVAL(K_INT, accuracy_m, .max = INT64_MAX),
    ARRIVAL(K_TEXT, note, .flags = F_PERSONAL),
    ARRIVAL(K_BOOL, synced_late),
    ARRIVAL(K_INT, clock_skew_s, .min = INT64_MIN + 1, .max = INT64_MAX),
};
const struct shape arrival_shape = SHAPE("arrival", struct arrival, ARRIVAL_FIELDS);

bool amendment_stands(int64_t at, int64_t standing_at) {
    return standing_at == NONE || at >= standing_at;
}
