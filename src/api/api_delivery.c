#include "api_delivery.h"
#include "app/app_contest.h"
#include "app/app_delivery.h"
#include "app/app_delivery_view.h"
#include "base/id.h"
#include "base/text.h"
#include "store/store_delivery.h"
#include "store/store_drop.h"
#include "store/store_order.h"

struct slot_query {
    int64_t from, to;
};
static const struct field SLOT_QUERY_FIELDS[] = {
    FIELD(struct slot_query, K_DATE, from, .doc = "today unless told"),
    FIELD(struct slot_query, K_DATE, to, .doc = "28 days on unless told, at most 62"),
};
const struct shape slot_query_shape = SHAPE("slot_query", struct slot_query, SLOT_QUERY_FIELDS);

struct delivery_query {
    int64_t date, state, timeliness;
    struct id customer_id;
    const char *run_id; /* an id, or none */
    int64_t displaced, reused, limit;
    const char *after;
};
#define QUERY(kind_, ...) FIELD(struct delivery_query, kind_, __VA_ARGS__)
static const struct field DELIVERY_QUERY_FIELDS[] = {
    QUERY(K_DATE, date),
    QUERY(K_ENUM, state, .names = &delivery_state_names),
    QUERY(K_ENUM, timeliness, .names = &timeliness_names, .doc = "of the commitment, by the clock"),
    QUERY(K_ID, customer_id),
    QUERY(K_TEXT, run_id, .max = 36, .doc = "a run's id, or none: stops that no run has yet",
          .example = "\"none\""),
    QUERY(K_BOOL, displaced, .doc = "true: open deliveries on a day that was closed after they were booked"),
    QUERY(K_BOOL, reused,
          .doc = "true: an image of it is named for another delivery too; not for drivers and customers"),
    PAGE_FIELDS(struct delivery_query),
};
const struct shape delivery_query_shape =
    SHAPE("delivery_query", struct delivery_query, DELIVERY_QUERY_FIELDS);

MUST static enum err unknown(struct ctx *c) {
    return FAIL(c, ERR_NOT_FOUND, "not-found", "There is nothing here that you may see.");
}

MUST static enum err may_see(struct ctx *c, const struct delivery_row *row, bool *may_out) {
    *may_out = c->actor.role != ROLE_CUSTOMER || id_equal(row->customer_id, c->actor.customer_id);
    if (c->actor.role != ROLE_DRIVER) return OK;
    return store_drop_is_drivers(c, row->id, c->actor.user_id, may_out);
}

enum err api_delivery_find(struct ctx *c, struct api_call *call) {
    struct delivery_row *row = arena_alloc(c->arena, sizeof *row);
    bool may = false;
    if (!row) return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
    enum err err = store_delivery_get(c, call->id[0], row);
    if (err == OK) TRY(may_see(c, row, &may));
    if (err != OK && err != ERR_NOT_FOUND) return err;
    if (!may) return unknown(c);
    call->found = row;
    call->version = row->version;
    return OK;
}

enum err api_slot_find(struct ctx *c, struct api_call *call) {
    struct order_row *order = arena_alloc(c->arena, sizeof *order);
    if (!order) return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
    enum err err = store_order_get(c, call->id[0], order);
    call->found = order;
    return err == ERR_NOT_FOUND ? unknown(c) : err;
}

enum err api_slot_list(struct ctx *c, struct api_call *call) {
    const struct slot_query *query = call->query;
    struct list slots;
    TRY(app_slot_list(c, call->found, query->from, query->to, &slots));
    return api_answer_page(c, call, slots, NULL);
}

MUST static enum err answer(struct ctx *c, struct api_call *call, int status,
                            const struct delivery_row *row) {
    struct delivery_view view;
    TRY(app_delivery_view(c, row, c->now, &view));
    return api_answer(c, call, status, &view);
}

enum err api_delivery_add(struct ctx *c, struct api_call *call) {
    const struct booking *in = call->in;
    struct order_row order;
    struct delivery_row row;
    enum err err = store_order_get(c, in->order_id, &order);
    if (err == ERR_NOT_FOUND)
        ctx_fault_item(c, "/order_id", "there is no such order");
    else if (err != OK)
        return err;
    TRY(ctx_faults(c));
    TRY(app_delivery_book(c, &order, in, &row));
    return answer(c, call, 201, &row);
}

/* run_id=none, or an id. */
MUST static enum err read_run(struct ctx *c, const struct delivery_query *query,
                              struct delivery_filter *filter) {
    filter->no_run = text_equal(query->run_id, "none");
    if (query->run_id && !filter->no_run && !id_parse(query->run_id, &filter->run_id))
        ctx_fault_item(c, "?run_id", "must be a run's id, or none");
    return ctx_faults(c);
}

enum err api_delivery_list(struct ctx *c, struct api_call *call) {
    const struct delivery_query *query = call->query;
    struct delivery_filter filter = {.date = query->date,
                                     .state = query->state,
                                     .timeliness = query->timeliness,
                                     .customer_id = query->customer_id,
                                     .displaced = query->displaced == 1,
                                     .reused = query->reused == 1,
                                     .limit = api_limit(query->limit) + 1};
    struct list rows;
    bool all = c->actor.role != ROLE_DRIVER && c->actor.role != ROLE_CUSTOMER;
    if (filter.reused && !all) return api_answer_page(c, call, (struct list){NULL, 0}, NULL);
    TRY(read_run(c, query, &filter));
    TRY(api_cursor_read(c, query->after, &filter.after_date, &filter.after_id));
    if (c->actor.role == ROLE_DRIVER) filter.driver_id = c->actor.user_id;
    if (c->actor.role == ROLE_CUSTOMER) {
        bool other = !id_is_none(query->customer_id) && !id_equal(query->customer_id, c->actor.customer_id);
        if (other) return api_answer_page(c, call, (struct list){NULL, 0}, NULL);
        filter.customer_id = c->actor.customer_id;
    }
    TRY(app_delivery_list(c, &filter, &rows));
    bool more = rows.n == (size_t)filter.limit;
    if (more) rows.n--;
    const struct delivery_row *row = rows.at;
    struct delivery_view *view = arena_array(c->arena, rows.n + 1, sizeof *view);
    if (!view) return FAIL(c, ERR_LIMIT, "request.too-large", "Ask for a smaller page.");
    for (size_t i = 0; i < rows.n; i++)
        TRY(app_delivery_view(c, &row[i], c->now, &view[i]));
    const char *next = more ? api_cursor(c, row[rows.n - 1].date, row[rows.n - 1].id) : NULL;
    return api_answer_page(c, call, (struct list){view, rows.n}, next);
}

enum err api_delivery_get(struct ctx *c, struct api_call *call) {
    return answer(c, call, 200, call->found);
}

enum err api_delivery_reschedule(struct ctx *c, struct api_call *call) {
    TRY(app_delivery_reschedule(c, call->found, call->in));
    return answer(c, call, 200, call->found);
}

enum err api_delivery_cancel(struct ctx *c, struct api_call *call) {
    TRY(app_delivery_cancel(c, call->found, call->in));
    return answer(c, call, 200, call->found);
}

enum err api_delivery_contest(struct ctx *c, struct api_call *call) {
    struct contest_row contest;
    bool replay;
    TRY(app_contest_add(c, call->found, call->in, &contest, &replay));
    return api_answer(c, call, replay ? 200 : 201, &contest);
}
