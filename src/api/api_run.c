#include "api_run.h"
#include "app/app_run.h"
#include "base/id.h"

struct run_query {
    int64_t date;
    struct id depot_id, driver_id;
    int64_t limit;
    const char *after;
};
static const struct field RUN_QUERY_FIELDS[] = {
    FIELD(struct run_query, K_DATE, date),
    FIELD(struct run_query, K_ID, depot_id),
    FIELD(struct run_query, K_ID, driver_id),
    PAGE_FIELDS(struct run_query),
};
const struct shape run_query_shape = SHAPE("run_query", struct run_query, RUN_QUERY_FIELDS);

struct driver_query {
    int64_t date;
};
static const struct field DRIVER_QUERY_FIELDS[] = {
    FIELD(struct driver_query, K_DATE, date, .flags = F_REQUIRED, .doc = "the depot's date"),
};
const struct shape driver_query_shape = SHAPE("driver_query", struct driver_query, DRIVER_QUERY_FIELDS);

MUST static enum err answer(struct ctx *c, struct api_call *call, int status, const struct run_row *run) {
    struct run_view view;
    TRY(app_run_view(c, run, &view));
    return api_answer(c, call, status, &view);
}

enum err api_run_find(struct ctx *c, struct api_call *call) {
    struct run_row *run = arena_alloc(c->arena, sizeof *run);
    if (!run) return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
    enum err err = store_run_get(c, call->id[0], run);
    if (err == ERR_NOT_FOUND) return FAIL(c, err, "not-found", "There is nothing here that you may see.");
    call->found = run;
    call->version = run->version;
    return err;
}

enum err api_run_list(struct ctx *c, struct api_call *call) {
    const struct run_query *query = call->query;
    struct run_filter filter = {.date = query->date,
                                .depot_id = query->depot_id,
                                .driver_id = query->driver_id,
                                .limit = api_limit(query->limit) + 1};
    struct list rows;
    TRY(api_cursor_read(c, query->after, &filter.after_date, &filter.after_id));
    TRY(store_run_list(c, &filter, &rows));
    bool more = rows.n == (size_t)filter.limit;
    if (more) rows.n--;
    const struct run_row *row = rows.at;
    struct run_view *view = arena_array(c->arena, rows.n + 1, sizeof *view);
    if (!view) return FAIL(c, ERR_LIMIT, "request.too-large", "Ask for a smaller page.");
    for (size_t i = 0; i < rows.n; i++)
        TRY(app_run_view(c, &row[i], &view[i]));
    const char *next = more ? api_cursor(c, row[rows.n - 1].date, row[rows.n - 1].id) : NULL;
    return api_answer_page(c, call, (struct list){view, rows.n}, next);
}

enum err api_run_add(struct ctx *c, struct api_call *call) {
    struct run_row *run = call->in;
    TRY(app_run_add(c, run));
    return answer(c, call, 201, run);
}

enum err api_run_get(struct ctx *c, struct api_call *call) {
    return answer(c, call, 200, call->found);
}

enum err api_run_set_stops(struct ctx *c, struct api_call *call) {
    TRY(app_run_set_stops(c, call->found, call->in));
    return answer(c, call, 200, call->found);
}

enum err api_run_dispatch(struct ctx *c, struct api_call *call) {
    TRY(app_run_dispatch(c, call->found));
    return answer(c, call, 200, call->found);
}

enum err api_driver_runs(struct ctx *c, struct api_call *call) {
    const struct driver_query *query = call->query;
    struct list runs;
    TRY(app_run_of_driver(c, query->date, &runs));
    return api_answer_page(c, call, runs, NULL);
}
