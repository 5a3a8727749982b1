#include "domain/stock.h"
#include "base/err.h"
#include "base/limits.h"

static const struct field COUNT_LINE_FIELDS[] = {
    FIELD(struct stock_count_line, K_ID, product_id, .flags = F_REQUIRED, .doc = "what was counted"),
    FIELD(struct stock_count_line, K_INT, on_hand, .flags = F_REQUIRED, .max = LIMIT_UNITS,
          .doc = "base units at home", .example = "40"),
};
const struct shape stock_count_line_shape = SHAPE("count_line", struct stock_count_line, COUNT_LINE_FIELDS);

static const struct field COUNT_FIELDS[] = {
    FIELD(struct stock_count, K_ID, id, .flags = F_KEPT, .doc = "of the count"),
    FIELD(struct stock_count, K_ID, patient_id, .flags = F_HIDDEN | F_KEPT),
    FIELD(struct stock_count, K_ID, order_id, .flags = F_KEPT, .doc = "on whose call it was taken"),
    FIELD(struct stock_count, K_DATE, date, .doc = "civil date of the depot", .example = "\"2026-03-09\""),
    FIELD(struct stock_count, K_INSTANT, at, .flags = F_KEPT, .doc = "when it was recorded"),
    FIELD(struct stock_count, K_ID, by_id, .flags = F_KEPT, .doc = "who recorded it"),
    FIELD(struct stock_count, K_LIST, lines, .flags = F_KEPT, .sub = &stock_count_line_shape,
          .doc = "what was counted"),
};
const struct shape stock_count_shape = SHAPE("count", struct stock_count, COUNT_FIELDS);
