#include "api_report.h"
#include "app/app_driver_report.h"
#include "app/app_report.h"
#include "base/text.h"
#include "json/json.h"
#include <string.h>

enum err api_report_delivery_errors(struct ctx *c, struct api_call *call) {
    struct report report;
    struct text out = text_in(c->arena);
    const char *csv;
    unsigned groups;
    TRY(app_report(c, call->query, &report, &groups));
    if (call->csv) {
        TRY(app_report_csv(c, &report, groups, &csv));
        return api_answer_text(c, call, "text/csv; charset=utf-8", csv, strlen(csv));
    }
    const struct shape *shape = report_shape(c->arena, groups); /* the members that these groups answer */
    if (shape) json_object(&out, shape, &report);
    if (!shape || out.failed) return FAIL(c, ERR_LIMIT, "request.too-large", "The report is too large.");
    return api_answer_text(c, call, "application/json", out.at, out.n);
}

enum err api_report_drivers(struct ctx *c, struct api_call *call) {
    struct driver_report report;
    const char *csv;
    TRY(app_driver_report(c, call->query, &report));
    if (!call->csv) return api_answer(c, call, 200, &report);
    TRY(app_rows_csv(c, &driver_counts_shape, report.rows, report.total, &csv));
    return api_answer_text(c, call, "text/csv; charset=utf-8", csv, strlen(csv));
}
