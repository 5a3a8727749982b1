#include "api_recall.h"
#include "app/app_recall.h"
#include "store/store_recall.h"

struct recall_query {
    int64_t limit;
    const char *after;
};
static const struct field QUERY_FIELDS[] = {PAGE_FIELDS(struct recall_query)};
const struct shape recall_query_shape = SHAPE("recall_query", struct recall_query, QUERY_FIELDS);

enum err api_recall_find(struct ctx *c, struct api_call *call) {
    struct recall *recall = arena_alloc(c->arena, sizeof *recall);
    if (!recall) return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
    TRY(app_recall_get(c, call->id[0], recall));
    call->found = recall;
    call->version = recall->version;
    return OK;
}

enum err api_recall_list(struct ctx *c, struct api_call *call) {
    const struct recall_query *query = call->query;
    int64_t before, limit = api_limit(query->limit);
    struct id before_id;
    struct list recalls;
    TRY(api_cursor_read(c, query->after, &before, &before_id));
    TRY(store_recall_list(c, before, before_id, limit + 1, &recalls));
    bool more = recalls.n > (size_t)limit;
    if (more) recalls.n = (size_t)limit;
    const struct recall *recall = recalls.at;
    return api_answer_page(c, call, recalls,
                           more ? api_cursor(c, recall[limit - 1].at, recall[limit - 1].id) : NULL);
}

enum err api_recall_add(struct ctx *c, struct api_call *call) {
    struct recall recall;
    TRY(app_recall_add(c, call->in, &recall));
    return api_answer(c, call, 201, &recall);
}

enum err api_recall_get(struct ctx *c, struct api_call *call) {
    return api_answer(c, call, 200, call->found);
}

enum err api_recall_affected(struct ctx *c, struct api_call *call) {
    const struct recall_query *query = call->query;
    int64_t key, limit = api_limit(query->limit);
    struct id after;
    struct list homes;
    TRY(api_cursor_read(c, query->after, &key, &after));
    TRY(app_recall_affected(c, call->found, after, limit + 1, &homes));
    bool more = homes.n > (size_t)limit;
    if (more) homes.n = (size_t)limit;
    const struct recall_home *home = homes.at;
    return api_answer_page(c, call, homes, more ? api_cursor(c, 0, home[limit - 1].delivery_id) : NULL);
}
