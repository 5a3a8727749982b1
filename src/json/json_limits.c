/* What a field takes when its table row says nothing else. */
#include "base/date.h"
#include "base/limits.h"
#include "json/json.h"

static const struct json_limits DEFAULTS[] = {
    [K_INT] = {0, LIMIT_UNITS},
    [K_BOOL] = {0, 1},
    [K_TEXT] = {0, LIMIT_NAME},
    [K_DATE] = {DATE_MIN, DATE_MAX},
    [K_INSTANT] = {DATE_MIN * DAY_MS, DATE_MAX *DAY_MS},
    [K_TIME] = {0, 1440},
    [K_MILLI] = {0, INT64_C(1000) * LIMIT_UNITS},
    [K_DEG] = {-INT64_C(1800000000), INT64_C(1800000000)},
    [K_HEX] = {1, LIMIT_NAME},
    [K_REAL] = {-INT64_C(1000000000000000), INT64_C(1000000000000000)},
    [K_LIST] = {0, LIMIT_LINES},
    [K_IDS] = {0, LIMIT_LINES},
    [K_TEXTS] = {0, LIMIT_LINES},
    [K_INTS] = {0, LIMIT_LINES},
    [K_RAW] = {0, LIMIT_BODY},
};

struct json_limits json_limits(const struct field *field) {
    struct json_limits limits = {field->min, field->max};
    if (!limits.min && !limits.max) limits = DEFAULTS[field->kind];
    if (limits.max < limits.min) limits.max = DEFAULTS[field->kind].max;
    bool required_text = field->kind == K_TEXT && (field->flags & F_REQUIRED);
    if (required_text && limits.min < 1) limits.min = 1;
    return limits;
}
