#include "domain/recall.h"
#include "base/err.h"
#include "base/limits.h"

#define IN(kind_, ...) FIELD(struct recall_in, kind_, __VA_ARGS__, .flags = F_REQUIRED)
static const struct field IN_FIELDS[] = {
    IN(K_ID, product_id),
    IN(K_TEXT, lot, .max = LIMIT_CODE,
       .doc = "as on the box; upper and lower case, and spaces, make no other lot",
       .example = "\"24K11G40\""),
    FIELD(struct recall_in, K_TEXT, reason, .flags = F_REQUIRED | F_PERSONAL, .max = LIMIT_NOTE,
          .example = "\"Leaking ports, maker's notice 26-114\""),
};
const struct shape recall_in_shape = SHAPE("recall_new", struct recall_in, IN_FIELDS);

#define ROW(kind_, ...) FIELD(struct recall, kind_, __VA_ARGS__)
static const struct field FIELDS[] = {
    ROW(K_ID, id),
    ROW(K_ID, product_id),
    ROW(K_TEXT, code, .doc = "of the product"),
    ROW(K_TEXT, product, .doc = "its name"),
    ROW(K_TEXT, lot, .example = "\"24K11G40\""),
    ROW(K_TEXT, reason, .flags = F_PERSONAL),
    ROW(K_INSTANT, at, .doc = "when it was recalled"),
    ROW(K_ID, by_id, .doc = "who recalled it"),
    ROW(K_INT, deliveries, .doc = "deliveries that handed over units of the lot, by what is recorded now"),
    ROW(K_INT, homes, .doc = "patients that they went to"),
    ROW(K_INT, units, .doc = "units handed over of the lot", .max = INT64_MAX),
    ROW(K_INT, left_out,
        .doc = "deliveries whose discrepancy is still to be opened: the clock does, within minutes; "
               "`affected` lists them all at once"),
    ROW(K_HEX, private_digest, .flags = F_HIDDEN),
    ROW(K_INT, version),
};
const struct shape recall_shape = SHAPE("recall", struct recall, FIELDS);

static const struct field LOT_FIELDS[] = {
    FIELD(struct recalled_lot, K_ID, product_id),
    FIELD(struct recalled_lot, K_TEXT, code, .doc = "of the product"),
    FIELD(struct recalled_lot, K_TEXT, lot, .doc = "must not be handed over", .example = "\"24K11G40\""),
};
const struct shape recalled_lot_shape = SHAPE("recalled_lot", struct recalled_lot, LOT_FIELDS);

#define HOME(kind_, ...) FIELD(struct recall_home, kind_, __VA_ARGS__)
#define READ(kind_, ...) HOME(kind_, __VA_ARGS__, .flags = F_HIDDEN)
static const struct field HOME_FIELDS[] = {
    HOME(K_ID, delivery_id, .doc = "that handed over units of the lot"),
    HOME(K_ID, order_id),
    HOME(K_OBJ, patient, .sub = &work_patient_shape, .doc = "whom to call"),
    HOME(K_ID, customer_id, .doc = "the clinic that answers for the patient"),
    HOME(K_TEXT, customer_code),
    HOME(K_TEXT, customer, .doc = "its name"),
    HOME(K_DATE, date, .doc = "civil date of the depot on which it came", .example = "\"2026-03-12\""),
    HOME(K_INSTANT, handed_at),
    HOME(K_INT, units, .doc = "of the lot, by this delivery", .example = "56"),
    HOME(K_INT, likely_left,
         .doc = "units of the lot that may still be there: the least of at_most and the stock of the "
                "product today = last count + accepted since - use since by prescription, rounded up; "
                "nobody knows from which box a patient takes. null when the product was never counted: "
                "then count on at_most",
         .example = "24"),
    HOME(K_INT, at_most,
         .doc = "units, or what was counted after the lot came if that was less: nothing taken for used",
         .example = "40"),
    HOME(K_INSTANT, counted_at, .doc = "last count of the product there; null: never"),
    HOME(K_ID, discrepancy_id, .doc = "the wrong_lot; null while the clock has still to open it"),
    READ(K_ID, patient_id),
    READ(K_TEXT, patient_code),
    READ(K_TEXT, name),
    READ(K_TEXT, phone),
    READ(K_TEXT, timezone),
    READ(K_HEX, stock),
    READ(K_ENUM, status, .names = &patient_status_names),
    READ(K_DATE, status_from),
};
const struct shape recall_home_shape = SHAPE("recall_home", struct recall_home, HOME_FIELDS);

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

int64_t recall_at_most(const struct recall_facts *facts) {
    bool counted = facts->counted_at != NONE && facts->counted_at >= facts->came_at;
    return counted ? least(facts->units, facts->counted) : facts->units;
}

int64_t recall_likely_left(const struct recall_facts *facts) {
    if (facts->counted_at == NONE) return NONE;
    int64_t milli = facts->units_then * 1000 - facts->used_milli;
    int64_t stock = milli > 0 ? (milli + 999) / 1000 : 0;
    return least(recall_at_most(facts), stock);
}
