#include "app/app_driver_report.h"
#include "base/limits.h"
#include <string.h>

#define QUERY(kind_, ...) FIELD(struct driver_query, kind_, __VA_ARGS__)
static const struct field QUERY_FIELDS[] = {
    QUERY(K_DATE, from, .flags = F_REQUIRED, .doc = "first date of the deliveries"),
    QUERY(K_DATE, to, .flags = F_REQUIRED, .doc = "last date"),
    QUERY(K_ID, driver_id, .doc = "only this driver"),
};
const struct shape driver_report_query_shape = SHAPE("driver_query", struct driver_query, QUERY_FIELDS);

#define REPORT(kind_, ...) FIELD(struct driver_report, kind_, __VA_ARGS__)
static const struct field REPORT_FIELDS[] = {
    REPORT(K_DATE, from),
    REPORT(K_DATE, to),
    REPORT(K_LIST, rows, .sub = &driver_counts_shape),
    REPORT(K_OBJ, total, .sub = &driver_counts_shape),
};
const struct shape driver_report_shape = SHAPE("driver_report", struct driver_report, REPORT_FIELDS);

/* Of the total these are the greatest of all drivers; every other count is their sum. */
static bool is_greatest(const struct field *field) {
    return field->at == offsetof(struct driver_counts, synced_late_s) ||
           field->at == offsetof(struct driver_counts, clock_skew_s);
}

static void add_row(struct driver_counts *total, const struct driver_counts *row) {
    for (size_t i = 0; i < driver_counts_shape.n; i++) {
        const struct field *field = &driver_counts_shape.field[i];
        int64_t sum, value;
        if (field->kind != K_INT) continue;
        memcpy(&sum, (const char *)total + field->at, sizeof sum);
        memcpy(&value, (const char *)row + field->at, sizeof value);
        if (!is_greatest(field))
            sum += value;
        else if (value != NONE && (sum == NONE || value > sum))
            sum = value;
        memcpy((char *)total + field->at, &sum, sizeof sum);
    }
}

MUST static enum err set_bypass(struct ctx *c, struct driver_counts *row) {
    struct bypass_counts *bypass = arena_alloc(c->arena, sizeof *bypass);
    if (!bypass) return FAIL(c, ERR_LIMIT, "request.too-large", "The report is too large.");
    *bypass =
        (struct bypass_counts){row->device_failed, row->receiver_declined, row->infection_risk, row->other};
    row->bypass = bypass;
    return OK;
}

enum err app_driver_report(struct ctx *c, const struct driver_query *query,
                           struct driver_report *report_out) {
    struct driver_counts *total = arena_alloc(c->arena, sizeof *total);
    if (!total) return FAIL(c, ERR_LIMIT, "request.too-large", "The report is too large.");
    if (query->to < query->from || query->to - query->from > LIMIT_REPORT_DAYS)
        ctx_fault_item(c, "?to", "must be on or after from, at most %d days later", LIMIT_REPORT_DAYS);
    TRY(ctx_faults(c));
    *report_out = (struct driver_report){.from = query->from, .to = query->to, .total = total};
    TRY(store_driver_counts(c, query->from, query->to, query->driver_id, &report_out->rows));
    struct driver_counts *row = (struct driver_counts *)(uintptr_t)report_out->rows.at;
    total->synced_late_s = NONE;
    for (size_t i = 0; i < report_out->rows.n; i++) {
        add_row(total, &row[i]);
        TRY(set_bypass(c, &row[i]));
    }
    return set_bypass(c, total);
}
