/* The way of a request: a row of checks in the order that the contract gives, each one function. The first
 * that fails ends the way; its fault becomes the problem. */
#include "api_work.h"
#include "api_batch.h"
#include "base/crypto.h"
#include "app/app_idempotency.h"
#include "app/app_user.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "db/db.h"
#include "json/json.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- 401, 403, 404, 405 ---- */

const char *api_bearer_token(const struct http_request *request) {
    const char *authorization = request->authorization;
    if (!authorization || strncasecmp(authorization, "Bearer ", 7) != 0) return NULL;
    return authorization + 7 + strspn(authorization + 7, " ");
}

static enum err check_sign_in(struct ctx *c, struct api_call *call) {
    c->actor = (struct actor){.role = NONE};
    if (!api_needs_token(call)) return OK;
    const char *token = api_bearer_token(call->request);
    enum err err = token ? app_session_actor(c, token, &c->actor) : ERR_NOT_FOUND;
    if (err != ERR_NOT_FOUND) return err;
    return FAIL(c, ERR_DENIED, "login.needed",
                "Send `Authorization: Bearer TOKEN` with a token of POST /v1/login.");
}

static enum err check_role(struct ctx *c, struct api_call *call) {
    unsigned roles = api_match_roles(call);
    if (roles == 0 || roles & MAY_OPEN || roles & MAY(c->actor.role)) return OK;
    return FAIL(c, ERR_DENIED, "denied", "The role %s may not do this.",
                names_word(&role_names, c->actor.role));
}

static enum err check_path(struct ctx *c, struct api_call *call) {
    bool hidden = call->route && call->route->flags & API_LOOPBACK && !call->request->loopback;
    if ((call->route || call->allow) && !hidden) return OK;
    return FAIL(c, ERR_NOT_FOUND, "not-found", "Nothing has this address.");
}

static enum err check_method(struct ctx *c, struct api_call *call) {
    if (call->route) return OK;
    return FAIL(c, ERR_INVALID, "method.not-allowed", "This address takes %s.", call->allow);
}

static enum err find(struct ctx *c, struct api_call *call) {
    call->version = NONE;
    return call->route->find ? call->route->find(c, call) : OK;
}

/* ---- 415, 413, 400, 422 ---- */

/* Which media types a route's body may have, how large it may be, and whether the handler gets it as it came.
 * The last row is everybody else's. */
static const struct {
    unsigned flag;
    size_t limit;
    const char *types;
    bool raw;
} MEDIA[] = {
    {API_CSV_IN, LIMIT_IMPORT, "text/csv", true},
    {API_BATCH, LIMIT_SYNC, "application/json", true},
    {API_IMAGE_IN, LIMIT_IMAGE, "image/png image/jpeg", true},
    {API_PATCH, LIMIT_BODY, "application/json application/merge-patch+json", false},
    {0, LIMIT_BODY, "application/json", false},
};

static size_t media_of(const struct api_route *route) {
    size_t i = 0;
    while (MEDIA[i].flag && !(route->flags & MEDIA[i].flag))
        i++;
    return i;
}

/* Is the type, without its parameters and in any case, one of the words? */
static bool type_among(const char *words, const char *type) {
    size_t n = strcspn(type, "; \t");
    for (const char *word = words; *word; word += strspn(word, " ")) {
        size_t word_n = strcspn(word, " ");
        if (word_n == n && strncasecmp(word, type, n) == 0) return true;
        word += word_n;
    }
    return false;
}

static enum err check_media(struct ctx *c, struct api_call *call) {
    const struct http_request *request = call->request;
    const char *types = MEDIA[media_of(call->route)].types;
    if (request->body_size == 0) return OK;
    if (!call->route->in && !MEDIA[media_of(call->route)].raw) return OK; /* refused by read_body */
    if (request->content_type && type_among(types, request->content_type)) return OK;
    return FAIL(c, ERR_INVALID, "request.media-type", "Send the body as Content-Type: %s.", types);
}

static enum err check_size(struct ctx *c, struct api_call *call) {
    size_t limit = MEDIA[media_of(call->route)].limit;
    if (call->request->body_size <= limit) return OK;
    return FAIL(c, ERR_LIMIT, "request.too-large", "A body of this operation has at most %zu bytes.", limit);
}

/* Before anything is known but the address: the largest that a route of this form takes. */
size_t api_body_limit(const char *method, const char *path) {
    size_t limit = LIMIT_BODY;
    for (size_t i = 0; i < api_routes_n; i++) {
        const struct api_route *route = &api_routes[i];
        size_t routes_limit = MEDIA[media_of(route)].limit;
        if (routes_limit > limit && strcmp(route->method, method) == 0 && api_match_form(route->path, path))
            limit = routes_limit;
    }
    return limit;
}

bool api_body_hashed(const char *method, const char *path) {
    for (size_t i = 0; i < api_routes_n; i++)
        if (api_routes[i].flags & API_IMAGE_IN && strcmp(api_routes[i].method, method) == 0 &&
            api_match_form(api_routes[i].path, path))
            return true;
    return false;
}

static enum err read_parameter(struct ctx *c, struct api_call *call, const struct field *field) {
    const char *value, *pointer = arena_printf(c->arena, "?%s", field->name);
    if (!pointer) return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
    TRY(http_query(c, call->request->query, field->name, &value));
    if (value && *value)
        (void)json_read_word(c, field, value, pointer, call->query); /* its fault is an item */
    else if (field->flags & F_REQUIRED)
        ctx_fault_item(c, pointer, "is needed");
    return OK;
}

static const char FORMATS[] = "csv json";

bool api_wants_csv(const char *format, const char *accept) {
    if (format) return strcmp(format, "csv") == 0;
    const char *csv = accept ? strcasestr(accept, "text/csv") : NULL;
    const char *json = accept ? strcasestr(accept, "application/json") : NULL;
    return csv && (!json || csv < json);
}

static enum err read_format(struct ctx *c, struct api_call *call) {
    const char *format;
    if (!(call->route->flags & API_CSV_OUT)) return OK;
    TRY(http_query(c, call->request->query, "format", &format));
    if (format && !type_among(FORMATS, format)) ctx_fault_item(c, "?format", "is one of: %s", FORMATS);
    call->csv = api_wants_csv(format, call->request->accept);
    return OK;
}

static bool known_parameter(const struct api_route *route, const char *name) {
    if (route->flags & API_CSV_OUT && strcmp(name, "format") == 0) return true;
    return route->query && shape_field(route->query, name);
}

static enum err read_query(struct ctx *c, struct api_call *call) {
    const struct shape *shape = call->route->query;
    struct list names;
    TRY(http_query_names(c, call->request->query, &names));
    for (size_t i = 0; i < names.n; i++) {
        const char *name = ((const char *const *)names.at)[i];
        if (!known_parameter(call->route, name))
            ctx_fault_item(c, arena_printf(c->arena, "?%s", name), "is no parameter of this operation");
    }
    TRY(read_format(c, call));
    if (!shape) return OK;
    call->query = arena_alloc(c->arena, shape->size);
    if (!call->query) return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
    shape_clear(shape, call->query);
    for (size_t i = 0; i < shape->n; i++)
        TRY(read_parameter(c, call, &shape->field[i]));
    return OK;
}

/* PATCH: a copy of what find() loaded, so that the handler can compare both. */
static enum err read_patch(struct ctx *c, struct api_call *call) {
    const struct http_request *request = call->request;
    REQUIRE(call->found);
    memcpy(call->in, call->found, call->route->in->size);
    return json_patch(c, request->body, request->body_size, call->route->in, call->in);
}

static enum err read_body(struct ctx *c, struct api_call *call) {
    const struct http_request *request = call->request;
    const struct api_route *route = call->route;
    if (MEDIA[media_of(route)].raw) return ctx_faults(c);
    if (!route->in) {
        if (request->body_size > 0) ctx_fault_item(c, "", "this operation takes no body");
        return ctx_faults(c);
    }
    call->in = arena_alloc(c->arena, route->in->size);
    if (!call->in) return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
    shape_clear(route->in, call->in);
    if (route->flags & API_NO_BODY && request->body_size == 0) return ctx_faults(c);
    if (route->flags & API_PATCH) return read_patch(c, call);
    return json_decode(c, request->body, request->body_size, route->in, call->in);
}

static enum err read_request(struct ctx *c, struct api_call *call) {
    TRY(check_media(c, call));
    TRY(check_size(c, call));
    TRY(read_query(c, call));
    return read_body(c, call);
}

/* ---- the same, ahead of its turn ---- */

struct api_ahead {
    enum err err;
    struct fault fault; /* told when its turn comes */
    void *query, *in;
    bool csv;
};

void api_call_read_ahead(struct ctx *c, struct api_call *call) {
    struct api_ahead *ahead;
    struct ctx own = *c;
    if (!call->route->in || call->route->flags & API_PATCH || call->request->body_size > LIMIT_AHEAD) return;
    ahead = arena_alloc(c->arena, sizeof *ahead);
    if (!ahead) return;
    ahead->err = read_request(&own, call);
    ahead->fault = own.fault;
    ahead->query = call->query;
    ahead->in = call->in;
    ahead->csv = call->csv;
    call->ahead = ahead;
}

static enum err take_request(struct ctx *c, struct api_call *call) {
    const struct api_ahead *ahead = call->ahead;
    if (!ahead) return read_request(c, call);
    c->fault = ahead->fault;
    call->query = ahead->query;
    call->in = ahead->in;
    call->csv = ahead->csv;
    return ahead->err;
}

/* ---- 428, 412 ---- */

/* Is the strong tag among those of the header ("*" is any)? */
static bool tag_among(const char *header, const char *tag) {
    size_t n = strlen(tag);
    for (const char *at = header; *at; at += *at == ',') {
        at += strspn(at, " \t");
        size_t length = strcspn(at, ",");
        while (length > 0 && strchr(" \t", at[length - 1]))
            length--;
        if (length == 1 && *at == '*') return true;
        if (length == n && memcmp(at, tag, n) == 0) return true;
        at += strcspn(at, ",");
    }
    return false;
}

static enum err check_version(struct ctx *c, struct api_call *call) {
    if (!(call->route->flags & API_IF_MATCH)) return OK;
    if (!call->request->if_match)
        return FAIL(c, ERR_INVALID, "version.needed", "Read the resource and send its ETag as If-Match.");
    char tag[32];
    snprintf(tag, sizeof tag, "\"%lld\"", (long long)call->version);
    if (tag_among(call->request->if_match, tag)) return OK;
    return FAIL(c, ERR_CONFLICT, "version.mismatch", "Its ETag is now %s: read it again.", tag);
}

/* ---- the first answer to an Idempotency-Key ---- */

static bool takes_key(const struct ctx *c, const struct api_call *call) {
    return call->route->flags & API_CREATES && call->request->idempotency_key && c->actor.role != NONE;
}

/* "key" or key: 1 … 120 visible characters. */
static const char *key_of(struct ctx *c, const char *header) {
    size_t n = strlen(header);
    bool quoted = n >= 2 && header[0] == '"' && header[n - 1] == '"';
    const char *key = arena_memdup(c->arena, header + quoted, n - 2 * (size_t)quoted);
    if (!key || !*key || strlen(key) > 120) return NULL;
    for (const char *at = key; *at; at++)
        if (*at <= 0x20 || *at >= 0x7f || *at == '"') return NULL;
    return key;
}

/* SHA-256 of method, path, query and body. Where the body holds a password, of what was decoded without it: a
 * quick hash of a password must not be kept. */
static enum err take_fingerprint(struct ctx *c, struct api_call *call) {
    const struct http_request *request = call->request;
    struct text head = text_in(c->arena);
    uint8_t *digest = arena_alloc(c->arena, SHA256_SIZE);
    text_printf(&head, "%s %s?%s\n", request->method, request->path, request->query);
    if (call->route->prepare) json_object(&head, call->route->in, call->in);
    if (head.failed || !digest) return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
    sha256_two(head.at, head.n, request->body, call->route->prepare ? 0 : request->body_size, digest);
    call->fingerprint = (struct blob){digest, SHA256_SIZE};
    return OK;
}

static enum err replay(struct ctx *c, struct api_call *call) {
    struct idempotency first;
    if (!takes_key(c, call)) return OK;
    call->key = key_of(c, call->request->idempotency_key);
    if (!call->key)
        return FAIL(c, ERR_INVALID, "idempotency.invalid",
                    "A key is 1 to 120 visible characters, quoted or not.");
    TRY(take_fingerprint(c, call));
    enum err err = app_idempotency_find(c, call->key, call->fingerprint.at, &first);
    if (err == ERR_NOT_FOUND) return OK;
    TRY(err);
    TRY(api_answer_text(c, call, "application/json", first.body, strlen(first.body)));
    call->etag = first.etag;
    call->status = (int)first.status;
    return OK;
}

static enum err keep(struct ctx *c, const struct api_call *call) {
    if (!call->key) return OK;
    return app_idempotency_keep(c, &(struct idempotency){.key = call->key,
                                                         .fingerprint = call->fingerprint,
                                                         .status = call->status,
                                                         .etag = call->etag,
                                                         .body = call->body ? call->body : ""});
}

static enum err handle(struct ctx *c, struct api_call *call) {
    if (call->status) return OK; /* answered by replay */
    TRY(call->route->handle(c, call));
    REQUIRE(call->status || call->batch);
    return keep(c, call);
}

/* ---- the row of checks ---- */

static api_step *const STEPS[] = {check_sign_in, check_role,    check_path, check_method, find,
                                  take_request,  check_version, replay,     handle};
#define STEPS_BEFORE_PREPARE 6 /* up to take_request */

static enum err steps(struct ctx *c, struct api_call *call, size_t n) {
    for (size_t i = 0; i < n; i++)
        TRY(STEPS[i](c, call));
    return OK;
}

void api_call_begin(struct ctx *c, struct api_call *call, const struct http_request *request) {
    *call = (struct api_call){.request = request,
                              .server = call->server,
                              .prepared = call->prepared,
                              .ahead = call->ahead,
                              .version = NONE};
    ctx_fault_clear(c);
    api_match(c, call);
}

enum err api_call_prepare(struct ctx *c, struct api_call *call) {
    TRY(steps(c, call, STEPS_BEFORE_PREPARE));
    return call->route->prepare(c, call);
}

enum err api_call_run(struct ctx *c, struct api_call *call) {
    return steps(c, call, COUNT(STEPS));
}

/* ---- the answer ---- */

/* The first of a name stays. */
static void add_header(struct http_response *response, const char *name, const char *value) {
    size_t i = 0;
    if (!value) return;
    for (; i < COUNT(response->header) && response->header[i].name; i++)
        if (strcmp(response->header[i].name, name) == 0) return;
    REQUIRE(i < COUNT(response->header));
    response->header[i] = (struct http_header){name, value};
}

/* Of an answer that says "later" without saying when. */
static int64_t retry_after_s(const struct api_call *call) {
    if (call->retry_after_s) return call->retry_after_s;
    return call->status == 503 ? 1 : 0;
}

static void fill_response(struct ctx *c, const struct api_call *call, struct http_response *response) {
    *response = (struct http_response){.status = call->status,
                                       .content_type = call->content_type,
                                       .body = call->body,
                                       .body_size = call->body_size};
    for (size_t i = 0; i < call->headers_n; i++)
        add_header(response, call->headers[i].name, call->headers[i].value);
    add_header(response, "Cache-Control", "no-store");
    add_header(response, "X-Content-Type-Options", "nosniff");
    add_header(response, "ETag", call->etag);
    add_header(response, "Location", call->location);
    if (call->status == 405) add_header(response, "Allow", call->allow);
    if (call->status == 401) add_header(response, "WWW-Authenticate", "Bearer");
    if (retry_after_s(call))
        add_header(response, "Retry-After", arena_printf(c->arena, "%lld", (long long)retry_after_s(call)));
}

void api_log_fault(const struct ctx *c) {
    const struct fault *fault = &c->fault;
    if (fault->err != ERR_CORRUPT && fault->err != ERR_INTERNAL) return;
    log_bug_at(fault->file ? fault->file : "", fault->line, "%s %s", fault->slug, fault->detail);
}

static void log_request(const struct ctx *c, const struct api_call *call) {
    char id[ID_TEXT_SIZE];
    long long us = (long long)(clock_monotonic_us() - call->request->started_us);
    log_event(LOG_INFO, "request", "method=%s route=%s status=%d us=%lld request=%s", call->request->method,
              call->route ? call->route->path : "-", call->status, us, id_format(c->request_id, id));
}

void api_call_end(struct ctx *c, struct api_call *call, struct http_request *request, enum err err) {
    if (err == OK && call->record) err = api_answer_write(c, call);
    if (err != OK) {
        if (c->fault.err == OK) (void)FAIL(c, err, api_problem_slug(err), "%s", "");
        api_problem(c, call);
        api_log_fault(c);
    }
    fill_response(c, call, &request->response);
    log_request(c, call);
}

/* ---- without a server ---- */

struct unit {
    struct api_call *call;
    const struct http_request *request;
};

static enum err run_unit(struct ctx *c, void *user) {
    struct unit *unit = user;
    api_call_begin(c, unit->call, unit->request); /* BUSY repeats the unit: from the beginning */
    return api_call_run(c, unit->call);
}

static enum err in_unit(struct ctx *c, struct unit *unit) {
    const struct api_route *route = unit->call->route;
    if (route && route->flags & API_INLINE) return run_unit(c, unit);
    bool writes = route && route->mode == API_WRITE && !(route->flags & API_BATCH);
    if (writes && !route->prepare) api_call_read_ahead(c, unit->call);
    if (db_in_unit(c->db)) return run_unit(c, unit);
    if (writes) return db_unit(c, run_unit, unit);
    return db_snapshot(c, run_unit, unit);
}

/* One after the other, each in a unit of its own. */
static enum err run_item(struct ctx *c, void *user) {
    struct api_batch_item *item = user;
    return api_batch_run(item, c->db);
}

static void run_batch(struct ctx *c, struct api_call *call) {
    struct api_batch *batch = call->batch;
    for (size_t i = 0; i < batch->n; i++) {
        struct api_batch_item *item = &batch->item[i];
        if (item->result) continue;
        item->end = db_unit(c, run_item, item);
        ctx_fault_clear(c);
    }
    api_batch_answer(c, call);
}

void api_handle(struct ctx *c, struct http_request *request) {
    struct api_call call = {0};
    struct unit unit = {&call, request};
    bool outer = db_in_unit(c->db);
    api_call_begin(c, &call, request);
    enum err err = call.route && call.route->prepare ? api_call_prepare(c, &call) : OK;
    if (err == OK) err = in_unit(c, &unit);
    if (err == OK && call.batch) run_batch(c, &call);
    api_call_end(c, &call, request, err);
    REQUIRE(db_in_unit(c->db) == outer);
}
