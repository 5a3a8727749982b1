#include "base/arena.h"
#include "base/err.h"
#include "domain/report.h"
#include <string.h>

static const char *const GROUPS[] = {
    [GROUP_CUSTOMER] = "customer", [GROUP_MONTH] = "month",     [GROUP_DEPOT] = "depot",
    [GROUP_DRIVER] = "driver",     [GROUP_PRODUCT] = "product", [GROUP_KIND] = "kind"};
const struct names report_group_names = {GROUPS, GROUP_COUNT};

#define MAXED .max = INT64_MAX

static const struct field RATE_FIELDS[] = {
    FIELD(struct report_rate, K_REAL, value, .doc = "null when n is 0", .example = "0.972"),
    FIELD(struct report_rate, K_INT, n, MAXED, .doc = "the denominator"),
    FIELD(struct report_rate, K_REAL, low, .doc = "Wilson 95 %, only when 0 < n < 20", .example = "0.61"),
    FIELD(struct report_rate, K_REAL, high, .example = "0.99"),
};
static const struct shape rate_shape = SHAPE("rate", struct report_rate, RATE_FIELDS);

#define RATE(member) FIELD(struct report_rates, K_OBJ, member, .sub = &rate_shape)
static const struct field RATES_FIELDS[] = {
    RATE(on_time), RATE(early),   RATE(late),       RATE(missed),    RATE(in_full),
    RATE(otif),    RATE(perfect), RATE(inaccurate), RATE(line_fill), RATE(unit_fill),
};
static const struct shape rates_shape = SHAPE("rates", struct report_rates, RATES_FIELDS);

#define NET_RATE(member) FIELD(struct report_rates, K_OBJ, member, .sub = &rate_shape)
static const struct field NET_RATES_FIELDS[] = {
    NET_RATE(on_time), NET_RATE(early), NET_RATE(late),    NET_RATE(missed),
    NET_RATE(in_full), NET_RATE(otif),  NET_RATE(perfect), NET_RATE(inaccurate),
};
static const struct shape net_rates_shape = SHAPE("net_rates", struct report_rates, NET_RATES_FIELDS);

#define OUT(member, text) FIELD(struct report_excluded, K_INT, member, .doc = text)
static const struct field EXCLUDED_FIELDS[] = {
    OUT(cancelled, "by patient or customer before the cut-off"),
    OUT(skipped, "at their wish, likewise"),
    OUT(paused, "at their wish"),
    OUT(ended, "the patient left the programme before the window"),
    OUT(admitted, "the patient was in hospital"),
    OUT(overridden, "recorded too late, with a manager's reason"),
    OUT(not_stated, "due, but the source does not say what was handed over"),
};
static const struct shape excluded_shape = SHAPE("excluded", struct report_excluded, EXCLUDED_FIELDS);

#define NET(member) FIELD(struct report_net, K_INT, member)
static const struct field NET_FIELDS[] = {
    NET(due),        NET(on_time),
    NET(early),      NET(late),
    NET(missed),     NET(in_full),
    NET(otif),       NET(perfect),
    NET(inaccurate), FIELD(struct report_net, K_OBJ, rates, .sub = &net_rates_shape),
};
static const struct shape net_shape = SHAPE("net", struct report_net, NET_FIELDS);

#define FELT(member) FIELD(struct report_experienced, K_INT, member, .min = INT64_MIN + 1, MAXED)
static const struct field EXPERIENCED_FIELDS[] = {FELT(on_time), FELT(in_full), FELT(otif), FELT(perfect)};
static const struct shape experienced_shape =
    SHAPE("experienced", struct report_experienced, EXPERIENCED_FIELDS);

#define ROW(kind_, ...) FIELD(struct report_row, kind_, __VA_ARGS__)

/* Members a group adds to a row, and which. */
static const struct {
    unsigned groups;
    struct field field;
} GROUP_FIELDS[] = {
    {GROUP_BIT(GROUP_CUSTOMER), ROW(K_ID, customer_id)},
    {GROUP_BIT(GROUP_CUSTOMER), ROW(K_TEXT, customer_code)},
    {GROUP_BIT(GROUP_CUSTOMER), ROW(K_TEXT, customer, .doc = "its name")},
    {GROUP_BIT(GROUP_MONTH), ROW(K_TEXT, month, .example = "\"2026-03\"")},
    {GROUP_BIT(GROUP_DEPOT), ROW(K_ID, depot_id)},
    {GROUP_BIT(GROUP_DEPOT), ROW(K_TEXT, depot_code)},
    {GROUP_BIT(GROUP_DEPOT), ROW(K_TEXT, depot, .doc = "its name")},
    {GROUP_BIT(GROUP_DRIVER), ROW(K_ID, driver_id, .doc = "of the latest attempt; null when it had none")},
    {GROUP_BIT(GROUP_DRIVER), ROW(K_TEXT, driver, .doc = "name")},
    {GROUP_BIT(GROUP_PRODUCT), ROW(K_ID, product_id)},
    {GROUP_BIT(GROUP_PRODUCT), ROW(K_TEXT, product_code)},
    {GROUP_BIT(GROUP_PRODUCT), ROW(K_TEXT, product, .doc = "its name")},
    {GROUP_BIT(GROUP_KIND), ROW(K_ENUM, kind, .names = &discrepancy_kind_names)},
};

#define PART GROUPS_PARTITION
#define PROD GROUP_BIT(GROUP_PRODUCT)
#define KIND GROUP_BIT(GROUP_KIND)

/* Figures, and the families of groups that carry them. */
static const struct {
    unsigned families;
    struct field field;
} FIGURE_FIELDS[] = {
    {PART,
     ROW(K_INT, due,
         .doc = "commitments whose window ended in the period and by as_of, and that were not excluded")},
    {PART, ROW(K_INT, on_time)},
    {PART, ROW(K_INT, early)},
    {PART, ROW(K_INT, late)},
    {PART, ROW(K_INT, missed)},
    {PART, ROW(K_INT, pending, .doc = "with basis=window only: the current window has not ended")},
    {PART, ROW(K_INT, in_full, .doc = "null: the source does not state what was handed over")},
    {PART, ROW(K_INT, otif)},
    {PART, ROW(K_INT, perfect)},
    {PART, ROW(K_INT, inaccurate)},
    {PART | PROD, ROW(K_INT, lines)},
    {PART | PROD, ROW(K_INT, lines_right)},
    {PART | PROD, ROW(K_INT, units_authorised, MAXED)},
    {PART | PROD, ROW(K_INT, units_accepted, MAXED, .doc = "at most what was authorised, line by line")},
    {PART, ROW(K_INT, recoveries, .doc = "deliveries of what was missing; never a commitment")},
    {PART, ROW(K_INT, reversals, .doc = "late or missed by the clock, disproved by a later drop")},
    {PART, ROW(K_OBJ, excluded, .sub = &excluded_shape)},
    {PART | PROD, ROW(K_OBJ, rates, .sub = &rates_shape)},
    {PART, ROW(K_OBJ, net, .sub = &net_shape,
               .doc = "without those whose every failure is outside our responsibility")},
    {PART, ROW(K_OBJ, experienced, .sub = &experienced_shape,
               .doc = "contested commitments counted as the customer says")},
    {PART, ROW(K_OBJ, canary_gap, .sub = &experienced_shape, .doc = "recorded minus experienced")},
    {KIND, ROW(K_INT, n)},
    {KIND, ROW(K_INT, open, .doc = "open, acknowledged or disputed")},
    {KIND, ROW(K_INT, resolved)},
    {KIND, FIELD_AS(struct report_row, K_INT, "void", voided)},
};

static const struct field PRODUCT_RATES_FIELDS[] = {RATE(line_fill), RATE(unit_fill)};
static const struct shape product_rates_shape =
    SHAPE("product_rates", struct report_rates, PRODUCT_RATES_FIELDS);

static size_t add_fields(struct field *field, unsigned groups, unsigned family) {
    size_t n = 0;
    for (size_t i = 0; i < COUNT(GROUP_FIELDS); i++)
        if (GROUP_FIELDS[i].groups & groups) field[n++] = GROUP_FIELDS[i].field;
    for (size_t i = 0; i < COUNT(FIGURE_FIELDS); i++) {
        if (!(FIGURE_FIELDS[i].families & family)) continue;
        field[n] = FIGURE_FIELDS[i].field;
        if (family & PROD && field[n].sub == &rates_shape) field[n].sub = &product_rates_shape;
        n++;
    }
    return n;
}

/* The members that tell the rows of these groups apart, and the family's figures. */
static const struct shape *row_shape(struct arena *arena, unsigned groups, unsigned family) {
    struct field *field = arena_array(arena, COUNT(GROUP_FIELDS) + COUNT(FIGURE_FIELDS), sizeof *field);
    struct shape *shape = arena_alloc(arena, sizeof *shape);
    if (!field || !shape) return NULL;
    *shape = (struct shape){"delivery_errors_row", sizeof(struct report_row), field,
                            add_fields(field, groups, family)};
    return shape;
}

static unsigned family_of(unsigned groups) {
    return groups ? groups : PART;
}

const struct shape *report_row_shape(struct arena *arena, unsigned groups) {
    return row_shape(arena, groups, family_of(groups));
}

#define RESTATED(kind_, ...) FIELD(struct report_restated, kind_, __VA_ARGS__)
static const struct field RESTATED_FIELDS[] = {
    RESTATED(K_ID, order_id),
    RESTATED(K_ID, customer_id),
    RESTATED(K_DATE, due_on),
    RESTATED(K_ENUM, was, .names = &timeliness_names,
             .doc = "as known when the period ended; null: not known at all"),
    RESTATED(K_ENUM, is, .names = &timeliness_names, .doc = "as of as_of"),
    RESTATED(K_INSTANT, known_from, .doc = "when the facts arrived"),
};
static const struct shape restated_shape = SHAPE("restated", struct report_restated, RESTATED_FIELDS);

#define TOP(kind_, ...) FIELD(struct report, kind_, __VA_ARGS__)
#define TOP_FIELDS(rows_, total_)                                                                            \
    {                                                                                                        \
        TOP(K_INSTANT, as_of), TOP(K_DATE, from), TOP(K_DATE, to),                                           \
            TOP(K_ENUM, basis, .names = &kpi_basis_names), TOP(K_TEXT, group_by, .example = "\"customer\""), \
            TOP(K_RAW, definitions, .doc = "what each figure means, one sentence each", .example = "{}"),    \
            TOP(K_LIST, rows, .sub = (rows_)), TOP(K_OBJ, total, .sub = (total_)),                           \
            TOP(K_LIST, restated, .sub = &restated_shape,                                                    \
                .doc = "commitments whose facts arrived after the period")                                   \
    }

const struct shape *report_shape(struct arena *arena, unsigned groups) {
    const struct shape *row = report_row_shape(arena, groups);
    const struct shape *total = row_shape(arena, 0, family_of(groups));
    struct shape *shape = arena_alloc(arena, sizeof *shape);
    if (!row || !total || !shape) return NULL;
    const struct field fields[] = TOP_FIELDS(row, total);
    const struct field *kept = (const void *)arena_memdup(arena, fields, sizeof fields);
    if (!kept) return NULL;
    *shape = (struct shape){"delivery_errors", sizeof(struct report), kept, COUNT(fields)};
    return shape;
}

/* ---- for the OpenAPI document: every member that some grouping answers, none of them promised ---- */

#define ANY_RATE(member) FIELD(struct report_rates, K_OBJ, member, .flags = F_VARIES, .sub = &rate_shape)
static const struct field ANY_RATES_FIELDS[] = {
    ANY_RATE(on_time), ANY_RATE(early),   ANY_RATE(late),       ANY_RATE(missed),    ANY_RATE(in_full),
    ANY_RATE(otif),    ANY_RATE(perfect), ANY_RATE(inaccurate), ANY_RATE(line_fill), ANY_RATE(unit_fill),
};
static const struct shape any_rates_shape = SHAPE("rates", struct report_rates, ANY_RATES_FIELDS);

static const struct field ANY_ROW_FIELDS[] = {
    ROW(K_ID, customer_id, .flags = F_VARIES),
    ROW(K_TEXT, customer_code, .flags = F_VARIES),
    ROW(K_TEXT, customer, .flags = F_VARIES),
    ROW(K_TEXT, month, .flags = F_VARIES, .example = "\"2026-03\""),
    ROW(K_ID, depot_id, .flags = F_VARIES),
    ROW(K_TEXT, depot_code, .flags = F_VARIES),
    ROW(K_TEXT, depot, .flags = F_VARIES),
    ROW(K_ID, driver_id, .flags = F_VARIES),
    ROW(K_TEXT, driver, .flags = F_VARIES),
    ROW(K_ID, product_id, .flags = F_VARIES),
    ROW(K_TEXT, product_code, .flags = F_VARIES),
    ROW(K_TEXT, product, .flags = F_VARIES),
    ROW(K_ENUM, kind, .flags = F_VARIES, .names = &discrepancy_kind_names),
    ROW(K_INT, due, .flags = F_VARIES),
    ROW(K_INT, on_time, .flags = F_VARIES),
    ROW(K_INT, early, .flags = F_VARIES),
    ROW(K_INT, late, .flags = F_VARIES),
    ROW(K_INT, missed, .flags = F_VARIES),
    ROW(K_INT, pending, .flags = F_VARIES),
    ROW(K_INT, in_full, .flags = F_VARIES),
    ROW(K_INT, otif, .flags = F_VARIES),
    ROW(K_INT, perfect, .flags = F_VARIES),
    ROW(K_INT, inaccurate, .flags = F_VARIES),
    ROW(K_INT, lines, .flags = F_VARIES),
    ROW(K_INT, lines_right, .flags = F_VARIES),
    ROW(K_INT, units_authorised, .flags = F_VARIES, MAXED),
    ROW(K_INT, units_accepted, .flags = F_VARIES, MAXED),
    ROW(K_INT, recoveries, .flags = F_VARIES),
    ROW(K_INT, reversals, .flags = F_VARIES),
    ROW(K_OBJ, excluded, .flags = F_VARIES, .sub = &excluded_shape),
    ROW(K_OBJ, rates, .flags = F_VARIES, .sub = &any_rates_shape),
    ROW(K_OBJ, net, .flags = F_VARIES, .sub = &net_shape),
    ROW(K_OBJ, experienced, .flags = F_VARIES, .sub = &experienced_shape),
    ROW(K_OBJ, canary_gap, .flags = F_VARIES, .sub = &experienced_shape),
    ROW(K_INT, n, .flags = F_VARIES),
    ROW(K_INT, open, .flags = F_VARIES),
    ROW(K_INT, resolved, .flags = F_VARIES),
    FIELD_AS(struct report_row, K_INT, "void", voided, .flags = F_VARIES),
};
static const struct shape any_row_shape = SHAPE("delivery_errors_row", struct report_row, ANY_ROW_FIELDS);
static const struct field ANY_FIELDS[] = TOP_FIELDS(&any_row_shape, &any_row_shape);
const struct shape report_any_shape = SHAPE("delivery_errors", struct report, ANY_FIELDS);
