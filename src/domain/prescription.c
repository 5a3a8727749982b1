#include "domain/patient.h"
#include "base/limits.h"

#define LINE(kind_, ...) FIELD(struct prescription_line, kind_, __VA_ARGS__)
static const struct field LINE_FIELDS[] = {
    LINE(K_ID, product_id, .flags = F_REQUIRED, .doc = "what is used"),
    LINE(K_MILLI, use_per_day, .flags = F_REQUIRED,
         .doc = "base units a day, at most 3 decimals; 0: not used", .example = "4"),
};
const struct shape prescription_line_shape =
    SHAPE("prescription_line", struct prescription_line, LINE_FIELDS);

#define VERSION(kind_, ...) FIELD(struct prescription, kind_, __VA_ARGS__)
static const struct field VERSION_FIELDS[] = {
    VERSION(K_ID, id, .doc = "of this version"),
    VERSION(K_ID, patient_id, .flags = F_HIDDEN),
    VERSION(K_DATE, effective_from, .doc = "the first day it holds", .example = "\"2026-03-01\""),
    VERSION(K_INSTANT, recorded_at, .doc = "when it was recorded; of equal dates the last one holds"),
    VERSION(K_ID, recorded_by, .doc = "the user; null: an import"),
    VERSION(K_LIST, lines, .sub = &prescription_line_shape, .doc = "all products of this version"),
};
const struct shape prescription_shape = SHAPE("prescription_version", struct prescription, VERSION_FIELDS);

#define IN(kind_, ...) FIELD(struct prescription_in, kind_, __VA_ARGS__)
static const struct field IN_FIELDS[] = {
    IN(K_DATE, effective_from, .flags = F_REQUIRED, .doc = "the first day it holds; may be in the past",
       .example = "\"2026-03-01\""),
    IN(K_LIST, lines, .flags = F_REQUIRED, .sub = &prescription_line_shape,
       .doc = "every product in use from then on; what is left out is no longer used"),
};
const struct shape prescription_in_shape = SHAPE("prescription_in", struct prescription_in, IN_FIELDS);

#define VIEW(kind_, ...) FIELD(struct prescription_view, kind_, __VA_ARGS__)
static const struct field VIEW_FIELDS[] = {
    VIEW(K_DATE, effective_from, .doc = "of the one in force today; null: none is"),
    VIEW(K_LIST, lines, .sub = &prescription_line_shape, .doc = "of the one in force today"),
    VIEW(K_LIST, history, .sub = &prescription_shape,
         .doc = "every version, the newest effective date first"),
    VIEW(K_INT, version, .doc = "how many versions were recorded"),
};
const struct shape prescription_view_shape = SHAPE("prescription", struct prescription_view, VIEW_FIELDS);

#define PAUSE(kind_, ...) FIELD(struct pause, kind_, __VA_ARGS__)
#define PAUSE_AS(kind_, name_, ...) FIELD_AS(struct pause, kind_, name_, __VA_ARGS__)
static const struct field PAUSE_FIELDS[] = {
    PAUSE(K_ID, id, .flags = F_READONLY, .doc = "made by the service"),
    PAUSE(K_ID, patient_id, .flags = F_READONLY, .doc = "whose pause"),
    PAUSE_AS(K_DATE, "from", from_date, .flags = F_REQUIRED, .doc = "the first day without an order",
             .example = "\"2026-04-01\""),
    PAUSE_AS(K_DATE, "to", to_date, .flags = F_REQUIRED, .doc = "the last day without an order",
             .example = "\"2026-04-30\""),
    PAUSE(K_TEXT, reason, .flags = F_REQUIRED | F_PERSONAL, .max = LIMIT_NOTE, .doc = "why",
          .example = "\"Travelling\""),
    PAUSE(K_INT, version, .flags = F_READONLY, .doc = "counts changes"),
};
const struct shape pause_shape = SHAPE("pause", struct pause, PAUSE_FIELDS);

static const struct field PAUSE_ROW_FIELDS[] = {
    PAUSE(K_ID, id),
    PAUSE(K_ID, patient_id),
    PAUSE(K_DATE, from_date),
    PAUSE(K_DATE, to_date),
    PAUSE(K_TEXT, reason, .flags = F_PERSONAL),
    PAUSE(K_INSTANT, removed_at),
    PAUSE(K_INT, version),
};
const struct shape pause_row_shape = SHAPE("pause_row", struct pause, PAUSE_ROW_FIELDS);
