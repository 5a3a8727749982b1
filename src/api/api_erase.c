#include "api_erase.h"
#include "app/app_erase.h"
#include "store/store_erasure.h"

struct erasure_query {
    int64_t limit;
    const char *after;
};
static const struct field QUERY_FIELDS[] = {PAGE_FIELDS(struct erasure_query)};
const struct shape erasure_query_shape = SHAPE("erasure_query", struct erasure_query, QUERY_FIELDS);

enum err api_patient_erase(struct ctx *c, struct api_call *call) {
    struct erasure erasure;
    TRY(app_patient_erase(c, call->found, call->in, &erasure));
    return api_answer(c, call, 200, &erasure);
}

enum err api_erasure_list(struct ctx *c, struct api_call *call) {
    const struct erasure_query *query = call->query;
    int64_t before, limit = api_limit(query->limit);
    struct id before_id;
    struct list rows;
    TRY(api_cursor_read(c, query->after, &before, &before_id));
    TRY(store_erasure_list(c, before, before_id, limit + 1, &rows));
    bool more = rows.n > (size_t)limit;
    if (more) rows.n = (size_t)limit;
    const struct erasure *row = rows.at;
    return api_answer_page(c, call, rows, more ? api_cursor(c, row[limit - 1].at, row[limit - 1].id) : NULL);
}
