#include "api_work.h"
#include "base/id.h"
#include "base/log.h"
#include "base/text.h"
#include "json/json.h"
#include <string.h>

static enum err finish(struct ctx *c, struct api_call *call, int status, const char *type,
                       const struct text *text) {
    if (text->failed)
        return FAIL(c, ERR_LIMIT, "request.too-large", "The answer is too large: ask for less.");
    call->status = status;
    call->content_type = type;
    call->body = text->n ? text->at : "";
    call->body_size = text->n;
    return OK;
}

static const char *etag_of(struct ctx *c, const struct shape *shape, const void *record) {
    const struct field *field = shape_field(shape, "version");
    if (!field || shape_is_none(field, record)) return NULL;
    int64_t version;
    memcpy(&version, (const char *)record + field->at, sizeof version);
    return arena_printf(c->arena, "\"%lld\"", (long long)version);
}

/* Where the new resource can be read: the path it was posted to and its id, when there is such a GET. */
static const char *location_of(struct ctx *c, const struct api_call *call, const void *record) {
    const struct field *field = shape_field(call->route->out, "id");
    if (!field || field->kind != K_ID) return NULL;
    struct id id;
    char text[ID_TEXT_SIZE];
    memcpy(&id, (const char *)record + field->at, sizeof id);
    const char *location = arena_printf(c->arena, "%s/%s", call->request->path, id_format(id, text));
    struct api_call probe = {0};
    for (size_t i = 0; location && i < api_routes_n; i++)
        if (strcmp(api_routes[i].method, "GET") == 0 &&
            api_match_path(c, api_routes[i].path, location, &probe))
            return location;
    return NULL;
}

static enum err write_record(struct ctx *c, struct api_call *call, int status, const void *record) {
    struct text out = text_in(c->arena);
    json_object(&out, call->route->out, record);
    TRY(finish(c, call, status, "application/json", &out));
    call->etag = etag_of(c, call->route->out, record);
    if (status == 201) call->location = location_of(c, call, record);
    return OK;
}

enum err api_answer(struct ctx *c, struct api_call *call, int status, const void *record) {
    REQUIRE(call->route->out);
    if (!(call->route->flags & API_EVENT)) return write_record(c, call, status, record);
    call->status = status;
    call->record = arena_memdup(c->arena, record, call->route->out->size);
    return call->record ? OK : FAIL(c, ERR_LIMIT, "request.too-large", "The answer is too large.");
}

enum err api_answer_write(struct ctx *c, struct api_call *call) {
    if (write_record(c, call, call->status, call->record) == OK) return OK;
    ctx_fault_clear(c); /* it was done, whatever becomes of its answer */
    return FAIL(c, ERR_UNCERTAIN, "uncertain", "The answer has no room: repeat it with the same id.");
}

enum err api_answer_page(struct ctx *c, struct api_call *call, struct list records, const char *next) {
    REQUIRE(call->route->out);
    struct text out = text_in(c->arena);
    json_page(&out, call->route->out, records, next);
    return finish(c, call, 200, "application/json", &out);
}

enum err api_answer_none(struct api_call *call) {
    call->status = 204;
    return OK;
}

enum err api_answer_text(struct ctx *c, struct api_call *call, const char *content_type, const char *text,
                         size_t n) {
    struct text whole = {.at = (char *)text, .n = n, .failed = text == NULL};
    return finish(c, call, 200, content_type, &whole);
}

/* A browser that was led here shows nothing, runs nothing, keeps nothing, and lets no other page embed it. */
enum err api_answer_file(struct ctx *c, struct api_call *call, const char *content_type, struct blob bytes,
                         const char *name) {
    const struct http_header headers[] = {
        {"Cache-Control", "private, no-store"},
        {"Content-Security-Policy", "default-src 'none'; sandbox"},
        {"Content-Disposition", arena_printf(c->arena, "attachment; filename=\"%s\"", name)},
        {"Cross-Origin-Resource-Policy", "same-origin"},
    };
    struct http_header *kept = arena_alloc(c->arena, sizeof headers);
    if (!kept || !headers[2].value)
        return FAIL(c, ERR_LIMIT, "request.too-large", "The answer is too large.");
    memcpy(kept, headers, sizeof headers);
    call->headers = kept;
    call->headers_n = COUNT(headers);
    return api_answer_text(c, call, content_type, (const char *)bytes.at, bytes.n);
}
