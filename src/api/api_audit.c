#include "api_audit.h"
#include "base/limits.h"
#include "store/store_audit.h"
#include <inttypes.h>

struct audit_query {
    const char *entity;
    struct id id;
    int64_t after, limit;
};
#define QUERY(kind_, ...) FIELD(struct audit_query, kind_, __VA_ARGS__)
static const struct field QUERY_FIELDS[] = {
    QUERY(K_TEXT, entity, .max = LIMIT_CODE, .doc = "only events about this kind of thing",
          .example = "\"order\""),
    QUERY(K_ID, id, .doc = "only events about this one"),
    QUERY(K_INT, after, .max = INT64_MAX,
          .doc = "only events behind this sequence number: `next` of the answer before"),
    QUERY(K_INT, limit, .min = 1, .max = LIMIT_PAGE, .doc = "items in one answer, 50 unless told"),
};
const struct shape audit_query_shape = SHAPE("audit_query", struct audit_query, QUERY_FIELDS);

enum err api_audit_list(struct ctx *c, struct api_call *call) {
    const struct audit_query *query = call->query;
    int64_t limit = api_limit(query->limit);
    struct list events;
    const char *next = NULL;
    TRY(store_audit_list(c, query->entity, query->id, query->after == NONE ? 0 : query->after, limit + 1,
                         &events));
    if ((int64_t)events.n > limit) {
        events.n--;
        next = arena_printf(c->arena, "%" PRId64, ((const struct audit_row *)events.at)[limit - 1].seq);
    }
    return api_answer_page(c, call, events, next);
}
