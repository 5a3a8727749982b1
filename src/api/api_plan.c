#include "api_plan.h"
#include "app/app_plan.h"
#include "base/limits.h"
#include "base/text.h"
#include "json/json.h"

struct receipt_query {
    int64_t limit;
    const char *after;
};
static const struct field RECEIPT_QUERY_FIELDS[] = {PAGE_FIELDS(struct receipt_query)};
const struct shape receipt_query_shape = SHAPE("receipt_query", struct receipt_query, RECEIPT_QUERY_FIELDS);

struct completeness_query {
    int64_t from, to;
};
static const struct field COMPLETENESS_QUERY_FIELDS[] = {
    FIELD(struct completeness_query, K_DATE, from, .flags = F_REQUIRED, .doc = "first due date"),
    FIELD(struct completeness_query, K_DATE, to, .flags = F_REQUIRED, .doc = "last due date"),
};
const struct shape completeness_query_shape =
    SHAPE("completeness_query", struct completeness_query, COMPLETENESS_QUERY_FIELDS);

enum err api_plan(struct ctx *c, struct api_call *call) {
    const struct plan_in *in = call->in;
    struct plan_receipt receipt;
    TRY(app_plan(c, in->through, LIMIT_PLAN_OPEN, &receipt));
    return api_answer(c, call, 200, &receipt);
}

enum err api_plan_receipts(struct ctx *c, struct api_call *call) {
    const struct receipt_query *query = call->query;
    int64_t before, limit = api_limit(query->limit);
    struct id before_id;
    struct list receipts;
    TRY(api_cursor_read(c, query->after, &before, &before_id));
    TRY(store_plan_receipts(c, before, before_id, limit + 1, &receipts));
    bool more = receipts.n > (size_t)limit;
    if (more) receipts.n = (size_t)limit;
    const struct plan_receipt *receipt = receipts.at;
    return api_answer_page(c, call, receipts,
                           more ? api_cursor(c, receipt[limit - 1].at, receipt[limit - 1].id) : NULL);
}

/* ---- completeness ---- */

static void cells(struct text *out, const struct shape *shape, const void *record) {
    for (size_t i = 0; i < shape->n; i++) {
        if (shape->field[i].kind == K_LIST) continue;
        if (i) text_char(out, ',');
        if (record)
            json_word(out, &shape->field[i], record);
        else
            text_str(out, shape->field[i].name);
    }
}

/* The equation, and beside it each missing pair on a row of its own. */
static void csv(struct text *out, const struct completeness *report) {
    const struct shape *pair_shape = shape_field(&completeness_shape, "missing_pairs")->sub;
    const struct plan_pair none = {.due_date = NONE}, *pair = report->missing_pairs.at;
    size_t n = report->missing_pairs.n;
    cells(out, &completeness_shape, NULL);
    text_char(out, ',');
    cells(out, pair_shape, NULL);
    text_str(out, "\r\n");
    for (size_t i = 0; i < n || i == 0; i++) {
        cells(out, &completeness_shape, report);
        text_char(out, ',');
        cells(out, pair_shape, n ? &pair[i] : &none);
        text_str(out, "\r\n");
    }
}

enum err api_report_completeness(struct ctx *c, struct api_call *call) {
    const struct completeness_query *query = call->query;
    struct completeness report;
    struct text out = text_in(c->arena);
    TRY(app_completeness(c, query->from, query->to, &report));
    if (!call->csv) return api_answer(c, call, 200, &report);
    csv(&out, &report);
    if (out.failed) return FAIL(c, ERR_LIMIT, "request.too-large", "The report is too large.");
    return api_answer_text(c, call, "text/csv; charset=utf-8", out.at, out.n);
}
