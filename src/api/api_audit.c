#include "api_audit.h"
#include "api_server.h"
#include "app/app_log.h"
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
    TRY(app_log_events(c, query->entity, query->id, query->after == NONE ? 0 : query->after, limit + 1,
                       &events));
    if ((int64_t)events.n > limit) {
        events.n--;
        next = arena_printf(c->arena, "%" PRId64, ((const struct audit_row *)events.at)[limit - 1].seq);
    }
    return api_answer_page(c, call, events, next);
}

/* ---- the log as a Merkle tree ---- */

struct proof_query {
    int64_t seq, size;
};
static const struct field PROOF_QUERY_FIELDS[] = {
    FIELD(struct proof_query, K_INT, seq, .flags = F_REQUIRED, .max = INT64_MAX, .doc = "of the event",
          .example = "1"),
    FIELD(struct proof_query, K_INT, size, .max = INT64_MAX,
          .doc = "events in the log that it is proved for, as of a signed head; all of now unless told"),
};
const struct shape proof_query_shape = SHAPE("proof_query", struct proof_query, PROOF_QUERY_FIELDS);

struct consistency_query {
    int64_t from, to;
};
static const struct field CONSISTENCY_QUERY_FIELDS[] = {
    FIELD(struct consistency_query, K_INT, from, .flags = F_REQUIRED, .max = INT64_MAX,
          .doc = "size of the older head", .example = "1"),
    FIELD(struct consistency_query, K_INT, to, .max = INT64_MAX,
          .doc = "size of the newer one; all events of now unless told"),
};
const struct shape consistency_query_shape =
    SHAPE("consistency_query", struct consistency_query, CONSISTENCY_QUERY_FIELDS);

enum err api_audit_head(struct ctx *c, struct api_call *call) {
    struct log_head head;
    TRY(app_log_head(c, call->server ? api_server_key_path(call->server) : "", &head));
    return api_answer(c, call, 200, &head);
}

enum err api_audit_proof(struct ctx *c, struct api_call *call) {
    const struct proof_query *query = call->query;
    struct log_proof proof;
    TRY(app_log_proof(c, query->seq, query->size, &proof));
    return api_answer(c, call, 200, &proof);
}

enum err api_audit_consistency(struct ctx *c, struct api_call *call) {
    const struct consistency_query *query = call->query;
    struct log_consistency proof;
    TRY(app_log_consistency(c, query->from, query->to, &proof));
    return api_answer(c, call, 200, &proof);
}
