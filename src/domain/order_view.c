#include "domain/order_view.h"
#include "base/limits.h"
#include "domain/stock.h"

static const struct field DELIVER_TO_FIELDS[] = {
    FIELD(struct deliver_to, K_TEXT, address, .flags = F_REQUIRED | F_PERSONAL, .max = 400, .doc = "where to",
          .example = "\"2 Example Street\""),
    FIELD(struct deliver_to, K_OBJ, location, .flags = F_PERSONAL, .sub = &location_shape,
          .doc = "of that place; without it a drop's place is not judged"),
    FIELD(struct deliver_to, K_ID, zone_id,
          .doc = "its depot, days, windows and clock apply; the patient's own zone unless told"),
};
const struct shape deliver_to_shape = SHAPE("deliver_to", struct deliver_to, DELIVER_TO_FIELDS);

#define LINE(...) FIELD(struct order_line_view, K_INT, __VA_ARGS__)
static const struct field LINE_FIELDS[] = {
    FIELD(struct order_line_view, K_ID, product_id, .doc = "what"),
    LINE(prescribed, .doc = "use of the cycle in whole boxes", .example = "125"),
    LINE(on_hand, .doc = "units of the last count; null: never counted", .example = "40"),
    LINE(suggested, .doc = "units; null without a count or without use", .example = "85"),
    LINE(ordered, .doc = "null until it is confirmed", .example = "85"),
    LINE(authorised, .doc = "at most ordered", .example = "85"),
    LINE(accepted, .doc = "over all attempts", .example = "0"),
    LINE(outstanding, .doc = "authorised - accepted - refused, at least 0", .example = "85"),
};
const struct shape order_line_view_shape = SHAPE("order_line", struct order_line_view, LINE_FIELDS);

#define VIEW(kind_, ...) FIELD(struct order_view, kind_, __VA_ARGS__)
static const struct field VIEW_FIELDS[] = {
    VIEW(K_ID, id, .doc = "of the order"),
    VIEW(K_ENUM, kind, .names = &order_kind_names, .doc = "cycle, or outside of it"),
    VIEW(K_ID, patient_id, .doc = "null: brought in from a spreadsheet"),
    VIEW(K_ID, customer_id, .doc = "the clinic that answers for the patient"),
    VIEW(K_ID, depot_id, .doc = "whose vans bring it, and whose clock applies"),
    VIEW(K_DATE, due_date, .doc = "civil date of the depot", .example = "\"2026-03-16\""),
    VIEW(K_DATE, next_due, .doc = "what is ordered has to last until then", .example = "\"2026-04-16\""),
    VIEW(K_DATE, call_due, .doc = "the patient is to be called by then", .example = "\"2026-03-09\""),
    VIEW(K_DATE, need_by, .doc = "last served, open day on or before the cover ends; null once it is over",
         .example = "\"2026-03-18\""),
    VIEW(K_ENUM, state, .names = &order_state_names, .doc = "where it stands"),
    VIEW(K_ENUM, closed_by, .names = &party_names, .doc = "who asked for the skip or cancellation"),
    VIEW(K_TEXT, reason, .flags = F_PERSONAL, .doc = "of an order outside the cycle, a skip or cancellation",
         .example = "\"Spilt a box\""),
    VIEW(K_OBJ, deliver_to, .sub = &deliver_to_shape, .doc = "null: the patient's home"),
    VIEW(K_INT, cover_days, .doc = "days until the least covered product runs out; null without a count",
         .example = "12"),
    VIEW(K_OBJ, commitment, .sub = &commitment_view_shape, .doc = "what every figure counts"),
    VIEW(K_ENUM, timeliness, .names = &timeliness_names,
         .doc = "of the commitment, by the clock; null when it is excluded"),
    VIEW(K_ENUM, excluded, .names = &excluded_names, .doc = "why no figure counts it; null: they do"),
    VIEW(K_INT, attempts, .doc = "contacts that tried to reach the patient", .example = "1"),
    VIEW(K_ENUM, last_outcome, .names = &contact_outcome_names, .doc = "of the last of them"),
    VIEW(K_INSTANT, confirmed_at, .doc = "since when the lines are frozen"),
    VIEW(K_LIST, lines, .sub = &order_line_view_shape,
         .doc = "open: suggested now, from prescription and count; confirmed: as frozen"),
    VIEW(K_LIST, contacts, .sub = &contact_shape, .doc = "attempts to reach the patient, oldest first"),
    VIEW(K_IDS, deliveries, .doc = "attempts to hand over, first to last"),
    VIEW(K_INT, version, .doc = "counts changes; the ETag"),
};
const struct shape order_view_shape = SHAPE("order", struct order_view, VIEW_FIELDS);

const struct names order_in_kind_names = {(const char *const[]){"emergency", "travel"}, 2};
#define IN(kind_, ...) FIELD(struct order_in, kind_, __VA_ARGS__)
static const struct field IN_FIELDS[] = {
    IN(K_ID, patient_id, .flags = F_REQUIRED, .doc = "for whom"),
    IN(K_DATE, due_date, .flags = F_REQUIRED, .doc = "today or later, by the depot's calendar",
       .example = "\"2026-03-05\""),
    IN(K_ENUM, kind, .flags = F_REQUIRED, .names = &order_in_kind_names, .doc = "why outside the cycle"),
    IN(K_TEXT, reason, .flags = F_REQUIRED | F_PERSONAL, .max = LIMIT_NOTE, .doc = "in words",
       .example = "\"Spilt a box\""),
    IN(K_OBJ, deliver_to, .sub = &deliver_to_shape, .doc = "another place than the home"),
};
const struct shape order_in_shape = SHAPE("order_new", struct order_in, IN_FIELDS);

static const struct field CONFIRM_LINE_FIELDS[] = {
    FIELD(struct confirm_line, K_ID, product_id, .flags = F_REQUIRED, .doc = "what; each product once"),
    FIELD(struct confirm_line, K_INT, ordered, .flags = F_REQUIRED, .doc = "base units", .example = "85"),
    FIELD(struct confirm_line, K_INT, authorised,
          .doc = "base units that can be sent now; all that is ordered unless told", .example = "85"),
};
static const struct shape confirm_line_shape =
    SHAPE("confirm_line", struct confirm_line, CONFIRM_LINE_FIELDS);
static const struct field CONFIRM_FIELDS[] = {
    FIELD(struct confirm_in, K_LIST, lines, .flags = F_REQUIRED, .sub = &confirm_line_shape, .min = 1,
          .max = LIMIT_LINES, .doc = "what is left out is not ordered"),
    FIELD(struct confirm_in, K_TEXT, reason, .flags = F_PERSONAL, .max = LIMIT_NOTE,
          .doc = "a manager's, for quantities far from what is suggested", .example = "\"Holiday stock\""),
};
const struct shape confirm_in_shape = SHAPE("confirm", struct confirm_in, CONFIRM_FIELDS);

static const struct field COUNT_FIELDS[] = {
    FIELD(struct count_in, K_LIST, lines, .flags = F_REQUIRED, .sub = &stock_count_line_shape, .min = 1,
          .max = LIMIT_LINES, .doc = "each product once; what is left out was not counted"),
};
const struct shape count_in_shape = SHAPE("count_new", struct count_in, COUNT_FIELDS);

static const struct field WORK_PATIENT_FIELDS[] = {
    FIELD(struct work_patient, K_ID, id, .doc = "of the patient"),
    FIELD(struct work_patient, K_TEXT, code, .doc = "of the patient", .example = "\"P-1001\""),
    FIELD(struct work_patient, K_TEXT, name, .doc = "as spoken to", .example = "\"P. Patient\""),
    FIELD(struct work_patient, K_TEXT, phone, .doc = "number to call", .example = "\"0400 000 001\""),
};
const struct shape work_patient_shape = SHAPE("work_patient", struct work_patient, WORK_PATIENT_FIELDS);

#define WORK(kind_, ...) FIELD(struct work_item, kind_, __VA_ARGS__)
static const struct field WORK_FIELDS[] = {
    WORK(K_ID, id, .doc = "of the order"),
    WORK(K_ENUM, kind, .names = &order_kind_names, .doc = "of the order"),
    WORK(K_ID, customer_id, .doc = "the clinic that answers for the patient"),
    WORK(K_ID, depot_id, .doc = "whose vans bring it"),
    WORK(K_OBJ, patient, .sub = &work_patient_shape, .doc = "whom to call"),
    WORK(K_DATE, due_date, .doc = "of the order", .example = "\"2026-03-16\""),
    WORK(K_DATE, call_due, .doc = "the patient is to be called by then", .example = "\"2026-03-09\""),
    WORK(K_DATE, need_by,
         .doc = "last served, open day on or before the cover ends; the due date without a count",
         .example = "\"2026-03-18\""),
    WORK(K_INT, cover_days, .doc = "on the date asked for; null without a count, which ranks like 0",
         .example = "12"),
    WORK(K_INT, attempts, .doc = "contacts that tried to reach the patient", .example = "1"),
    WORK(K_ENUM, last_outcome, .names = &contact_outcome_names, .doc = "of the last of them"),
};
const struct shape work_item_shape = SHAPE("work_item", struct work_item, WORK_FIELDS);
