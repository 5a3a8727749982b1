#include "api_system.h"
#include "api_server.h"
#include "app/app_installation.h"
#include "base/text.h"
#include "db/db.h"
#include <string.h>

struct health {
    const char *status;
    int64_t schema;
};
static const struct field HEALTH_FIELDS[] = {
    FIELD(struct health, K_TEXT, status, .flags = F_REQUIRED, .example = "\"ok\""),
    FIELD(struct health, K_INT, schema, .flags = F_OMIT, .doc = "number of the database's schema",
          .example = "4"),
};
const struct shape health_shape = SHAPE("health", struct health, HEALTH_FIELDS);

/* The process answers. */
enum err api_healthz(struct ctx *c, struct api_call *call) {
    return api_answer(c, call, 200, &(struct health){"ok", NONE});
}

/* Runs as a write without writing: an answer shows that the writer is alive and commits. */
enum err api_readyz(struct ctx *c, struct api_call *call) {
    struct health health = {.status = "ready"};
    TRY(db_schema_version(c, &health.schema));
    if (health.schema == db_schema_latest()) return api_answer(c, call, 200, &health);
    return FAIL(c, ERR_BUSY, "not-ready", "The database has schema %lld, the program %lld.",
                (long long)health.schema, (long long)db_schema_latest());
}

enum err api_installation(struct ctx *c, struct api_call *call) {
    struct installation row;
    TRY(app_installation_get(c, &row));
    return api_answer(c, call, 200, &row);
}

enum err api_metrics(struct ctx *c, struct api_call *call) {
    struct text out = text_in(c->arena);
    text_str(&out, "# Canary\n");
    if (call->server) api_server_metrics(call->server, &out);
    if (out.failed) return FAIL(c, ERR_LIMIT, "request.too-large", "The answer is too large.");
    return api_answer_text(c, call, "text/plain; version=0.0.4; charset=utf-8", out.at, out.n);
}

enum err api_openapi_json(struct ctx *c, struct api_call *call) {
    const char *document = api_openapi(c);
    return api_answer_text(c, call, "application/json", document, document ? strlen(document) : 0);
}
