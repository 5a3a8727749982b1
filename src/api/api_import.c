#include "api_import.h"
#include "app/app_import.h"

struct import_query {
    int64_t keep_good;
};
static const struct field QUERY_FIELDS[] = {
    FIELD(struct import_query, K_BOOL, keep_good,
          .doc = "true: the good rows are kept; false, unless told: all rows or none"),
};
const struct shape import_query_shape = SHAPE("import_query", struct import_query, QUERY_FIELDS);

enum err api_import(struct ctx *c, struct api_call *call) {
    const struct import_query *query = call->query;
    struct import_file file = {.name = call->word,
                               .bytes = call->request->body,
                               .n = call->request->body_size,
                               .keep_good = query->keep_good == 1};
    struct import_receipt receipt;
    TRY(app_import(c, call->word, &file, &receipt));
    return api_answer(c, call, 200, &receipt);
}
