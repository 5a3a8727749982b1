#include "api_order.h"
#include "app/app_order.h"
#include "app/app_patient.h"
#include "app/app_timeline.h"
#include "app/app_worklist.h"
#include "base/id.h"
#include "store/store_order.h"

struct order_query {
    int64_t state;
    struct id patient_id, customer_id;
    int64_t due_from, due_to, limit;
    const char *after;
};
#define ORDERS(kind_, ...) FIELD(struct order_query, kind_, __VA_ARGS__)
static const struct field ORDER_QUERY_FIELDS[] = {
    ORDERS(K_ENUM, state, .names = &order_state_names, .doc = "only orders that stand there"),
    ORDERS(K_ID, patient_id, .doc = "only this patient's"),
    ORDERS(K_ID, customer_id, .doc = "only this customer's"),
    ORDERS(K_DATE, due_from, .doc = "first due date"),
    ORDERS(K_DATE, due_to, .doc = "last due date"),
    PAGE_FIELDS(struct order_query),
};
const struct shape order_query_shape = SHAPE("order_query", struct order_query, ORDER_QUERY_FIELDS);

struct worklist_query {
    int64_t date;
    struct id depot_id;
    int64_t limit;
    const char *after;
};
static const struct field WORKLIST_QUERY_FIELDS[] = {
    FIELD(struct worklist_query, K_DATE, date, .doc = "orders to be called about by then; today unless told"),
    FIELD(struct worklist_query, K_ID, depot_id, .doc = "only this depot's"),
    PAGE_FIELDS(struct worklist_query),
};
const struct shape worklist_query_shape =
    SHAPE("worklist_query", struct worklist_query, WORKLIST_QUERY_FIELDS);

struct timeline_query {
    int64_t limit;
    const char *after;
};
static const struct field TIMELINE_QUERY_FIELDS[] = {PAGE_FIELDS(struct timeline_query)};
const struct shape timeline_query_shape =
    SHAPE("timeline_query", struct timeline_query, TIMELINE_QUERY_FIELDS);

MUST static enum err too_large(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large: ask for a smaller page.");
}

MUST static enum err answer(struct ctx *c, struct api_call *call, int status, const struct order_row *order) {
    struct order_view view;
    TRY(app_order_view(c, order, &view));
    return api_answer(c, call, status, &view);
}

/* ---- orders ---- */

enum err api_order_find(struct ctx *c, struct api_call *call) {
    struct order_row *order = arena_alloc(c->arena, sizeof *order);
    if (!order) return too_large(c);
    TRY(app_order_get(c, call->id[0], order));
    call->found = order;
    call->version = order->version;
    return OK;
}

enum err api_order_list(struct ctx *c, struct api_call *call) {
    const struct order_query *query = call->query;
    struct order_filter filter = {.state = query->state,
                                  .patient_id = query->patient_id,
                                  .customer_id = query->customer_id,
                                  .due_from = query->due_from,
                                  .due_to = query->due_to,
                                  .limit = api_limit(query->limit) + 1};
    struct list rows;
    TRY(api_cursor_read(c, query->after, &filter.after_date, &filter.after_id));
    TRY(store_order_list(c, &filter, &rows));
    bool more = rows.n == (size_t)filter.limit;
    if (more) rows.n--;
    const struct order_row *row = rows.at;
    struct order_view *view = arena_array(c->arena, rows.n + 1, sizeof *view);
    if (!view) return too_large(c);
    for (size_t i = 0; i < rows.n; i++)
        TRY(app_order_view(c, &row[i], &view[i]));
    const char *next = more ? api_cursor(c, row[rows.n - 1].due_date, row[rows.n - 1].id) : NULL;
    return api_answer_page(c, call, (struct list){view, rows.n}, next);
}

enum err api_order_add(struct ctx *c, struct api_call *call) {
    struct order_row order;
    TRY(app_order_add(c, call->in, &order));
    return answer(c, call, 201, &order);
}

enum err api_order_get(struct ctx *c, struct api_call *call) {
    return answer(c, call, 200, call->found);
}

enum err api_order_contact(struct ctx *c, struct api_call *call) {
    struct contact contact;
    bool replay;
    TRY(app_contact_add(c, call->found, call->in, &contact, &replay));
    return api_answer(c, call, replay ? 200 : 201, &contact);
}

enum err api_order_count(struct ctx *c, struct api_call *call) {
    TRY(app_count_put(c, call->found, call->in));
    return answer(c, call, 200, call->found);
}

enum err api_order_confirm(struct ctx *c, struct api_call *call) {
    TRY(app_order_confirm(c, call->found, call->in));
    return answer(c, call, 200, call->found);
}

enum err api_order_skip(struct ctx *c, struct api_call *call) {
    TRY(app_order_skip(c, call->found, call->in));
    return answer(c, call, 200, call->found);
}

enum err api_order_cancel(struct ctx *c, struct api_call *call) {
    TRY(app_order_cancel(c, call->found, call->in));
    return answer(c, call, 200, call->found);
}

/* ---- lists for the rep ---- */

enum err api_worklist(struct ctx *c, struct api_call *call) {
    const struct worklist_query *query = call->query;
    struct worklist_filter filter = {
        .date = query->date, .depot_id = query->depot_id, .limit = api_limit(query->limit)};
    struct list items;
    int64_t rank;
    bool more;
    TRY(api_cursor_read(c, query->after, &filter.after_rank, &filter.after_id));
    TRY(app_worklist(c, &filter, &items, &rank, &more));
    const struct work_item *item = items.at;
    return api_answer_page(c, call, items, more ? api_cursor(c, rank, item[items.n - 1].id) : NULL);
}

enum err api_timeline_find(struct ctx *c, struct api_call *call) {
    struct patient *patient = arena_alloc(c->arena, sizeof *patient);
    if (!patient) return too_large(c);
    TRY(app_patient_get(c, call->id[0], patient));
    bool own = c->actor.role != ROLE_CUSTOMER || id_equal(patient->customer_id, c->actor.customer_id);
    if (!own) return FAIL(c, ERR_NOT_FOUND, "not-found", "There is nothing here that you may see.");
    call->found = patient;
    return OK;
}

enum err api_timeline(struct ctx *c, struct api_call *call) {
    const struct timeline_query *query = call->query;
    const struct patient *patient = call->found;
    int64_t before;
    struct id before_id;
    struct list items;
    bool more;
    TRY(api_cursor_read(c, query->after, &before, &before_id));
    TRY(app_timeline(c, patient->id, before, before_id, api_limit(query->limit), &items, &more));
    const struct timeline_item *item = items.at;
    return api_answer_page(c, call, items,
                           more ? api_cursor(c, item[items.n - 1].at, item[items.n - 1].id) : NULL);
}
