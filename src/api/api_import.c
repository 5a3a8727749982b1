#include "api_import.h"
#include "app/app_import.h"
#include "app/app_import_history.h"
#include <string.h>

struct import_query {
    int64_t keep_good;
    const char *map;
};
static const struct field QUERY_FIELDS[] = {
    FIELD(struct import_query, K_BOOL, keep_good,
          .doc = "true: the good rows are kept; false, unless told: all rows or none"),
    FIELD(
        struct import_query, K_TEXT, map, .max = LIMIT_PATH_BYTES,
        .doc =
            "of history, which needs it: the mapping as JSON text {source, depot {code, name, timezone}, "
            "columns {ref, order_ref, customer, item, quantity, promised, delivered, recorded, window_from, "
            "window_to, delivered_time}, date_format}; a column is named as in the file's header"),
};
const struct shape import_query_shape = SHAPE("import_query", struct import_query, QUERY_FIELDS);

/* NULL when the query has none. */
MUST static enum err read_map(struct ctx *c, const struct import_query *query,
                              const struct history_map **map_out) {
    struct history_map *map = arena_alloc(c->arena, sizeof *map);
    *map_out = NULL;
    if (!query->map) return OK;
    if (!map) return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
    enum err err = app_history_map(c, query->map, strlen(query->map), map);
    bool no_json = err == ERR_INVALID && strcmp(c->fault.slug, "request.not-json") == 0;
    if (no_json) { /* a fault of the parameter: the body is no JSON anyway */
        ctx_fault_clear(c);
        ctx_fault_item(c, "?map", "is not one JSON text");
        return ctx_faults(c);
    }
    TRY(err);
    *map_out = map;
    return OK;
}

enum err api_import(struct ctx *c, struct api_call *call) {
    const struct import_query *query = call->query;
    struct import_file file = {.name = call->word,
                               .bytes = call->request->body,
                               .n = call->request->body_size,
                               .keep_good = query->keep_good == 1};
    struct import_receipt receipt;
    TRY(read_map(c, query, &file.map));
    TRY(app_import(c, call->word, &file, &receipt));
    return api_answer(c, call, 200, &receipt);
}
