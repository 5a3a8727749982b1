#include "api_discrepancy.h"
#include "app/app_discrepancy.h"
#include "app/app_sweep.h"
#include "base/date.h"
#include "base/id.h"
#include "store/store_discrepancy.h"

#define SWEEP_ALL 1000000 /* by hand: everything that is due, in one unit */

struct discrepancy_query {
    struct id customer_id;
    int64_t kind, state, severity, from, to, limit;
    const char *after;
};
#define QUERY(kind_, ...) FIELD(struct discrepancy_query, kind_, __VA_ARGS__)
static const struct field QUERY_FIELDS[] = {
    QUERY(K_ID, customer_id),
    QUERY(K_ENUM, kind, .names = &discrepancy_kind_names),
    QUERY(K_ENUM, state, .names = &discrepancy_state_names),
    QUERY(K_ENUM, severity, .names = &severity_names),
    QUERY(K_DATE, from, .doc = "found on this date (UTC) or later"),
    QUERY(K_DATE, to, .doc = "found on this date (UTC) or earlier"),
    PAGE_FIELDS(struct discrepancy_query),
};
const struct shape discrepancy_query_shape =
    SHAPE("discrepancy_query", struct discrepancy_query, QUERY_FIELDS);

MUST static enum err unknown(struct ctx *c) {
    return FAIL(c, ERR_NOT_FOUND, "not-found", "There is nothing here that you may see.");
}

MUST static enum err load(struct ctx *c, struct id id, struct discrepancy **row_out) {
    struct discrepancy *row = arena_alloc(c->arena, sizeof *row);
    if (!row) return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
    enum err err = store_discrepancy_get(c, id, row);
    if (err == ERR_NOT_FOUND) return unknown(c);
    if (err != OK) return err;
    if (c->actor.role == ROLE_CUSTOMER && !id_equal(row->customer_id, c->actor.customer_id))
        return unknown(c);
    *row_out = row;
    return OK;
}

enum err api_discrepancy_find(struct ctx *c, struct api_call *call) {
    struct discrepancy *row;
    TRY(load(c, call->id[0], &row));
    call->found = row;
    call->version = row->version;
    return OK;
}

enum err api_discrepancy_list(struct ctx *c, struct api_call *call) {
    const struct discrepancy_query *query = call->query;
    struct discrepancy_filter filter = {.customer_id = query->customer_id,
                                        .kind = query->kind,
                                        .state = query->state,
                                        .severity = query->severity,
                                        .from = NONE,
                                        .to = NONE,
                                        .limit = api_limit(query->limit) + 1};
    struct list rows;
    if (query->from != NONE) filter.from = query->from * DAY_MS;
    if (query->to != NONE) filter.to = (query->to + 1) * DAY_MS;
    TRY(api_cursor_read(c, query->after, &filter.before_at, &filter.before_id));
    if (c->actor.role == ROLE_CUSTOMER) {
        bool other = !id_is_none(query->customer_id) && !id_equal(query->customer_id, c->actor.customer_id);
        if (other) return api_answer_page(c, call, (struct list){NULL, 0}, NULL);
        filter.customer_id = c->actor.customer_id;
    }
    TRY(store_discrepancy_list(c, &filter, &rows));
    bool more = rows.n == (size_t)filter.limit;
    if (more) rows.n--;
    const struct discrepancy *row = rows.at;
    return api_answer_page(c, call, rows,
                           more ? api_cursor(c, row[rows.n - 1].detected_at, row[rows.n - 1].id) : NULL);
}

enum err api_discrepancy_get(struct ctx *c, struct api_call *call) {
    return api_answer(c, call, 200, call->found);
}

enum err api_discrepancy_change_find(struct ctx *c, struct api_call *call) {
    struct discrepancy *row;
    struct discrepancy_change *change = arena_alloc(c->arena, sizeof *change);
    if (!change) return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
    TRY(load(c, call->id[0], &row));
    *change = (struct discrepancy_change){row->state, row->responsibility, row->cause, row->version};
    call->found = change;
    call->version = row->version;
    return OK;
}

enum err api_discrepancy_change(struct ctx *c, struct api_call *call) {
    struct discrepancy *row;
    TRY(load(c, call->id[0], &row));
    TRY(app_discrepancy_change(c, row, call->found));
    return api_answer(c, call, 200, row);
}

enum err api_discrepancy_resolve(struct ctx *c, struct api_call *call) {
    const struct discrepancy_reason *in = call->in;
    TRY(app_discrepancy_resolve(c, call->found, in->reason));
    return api_answer(c, call, 200, call->found);
}

enum err api_discrepancy_void(struct ctx *c, struct api_call *call) {
    const struct discrepancy_reason *in = call->in;
    TRY(app_discrepancy_void(c, call->found, in->reason));
    return api_answer(c, call, 200, call->found);
}

enum err api_sweep(struct ctx *c, struct api_call *call) {
    struct sweep_receipt receipt;
    TRY(app_sweep(c, SWEEP_ALL, &receipt));
    return api_answer(c, call, 200, &receipt);
}
