/* One request, from its first line to the end of its answer: the callbacks of the library. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "http/http_guard.h"
#include "http/http_server.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BODY_FIRST = LIMIT_BODY };

/* Called when the first line is whole, before the library decodes and cuts it. */
void *http_exchange_line(void *server, const char *target, struct MHD_Connection *mhd) {
    (void)server;
    struct http_connection *connection = http_connection_of(mhd);
    size_t n = target ? strlen(target) : 0;
    struct http_exchange *exchange = connection ? calloc(1, sizeof *exchange + n + 2) : NULL;
    if (!exchange) return NULL;
    int64_t begun_us = connection->begun_us;
    http_connection_phase(connection, PHASE_ARRIVING);
    connection->arrive_ms = connection->server->config.request_ms;
    if (begun_us) connection->since_us = begun_us;
    if (n) memcpy(exchange->target, target, n);
    exchange->target_at = target;
    exchange->target_n = n;
    exchange->connection = connection;
    exchange->request = (struct http_request){.method = "",
                                              .path = "",
                                              .query = "",
                                              .body = "",
                                              .loopback = connection->loopback,
                                              .started_us = connection->since_us};
    return exchange;
}

static struct guard_span span(const char *text) {
    return (struct guard_span){text, strlen(text)};
}

static enum MHD_Result take_header(void *guard, enum MHD_ValueKind kind, const char *name, size_t name_n,
                                   const char *value, size_t value_n) {
    (void)kind;
    struct guard_request *request = guard;
    if (request->n < GUARD_HEADERS_MAX)
        request->header[request->n] =
            (struct guard_header){{name, name_n}, {value ? value : "", value ? value_n : 0}};
    request->n++;
    return request->n > GUARD_HEADERS_MAX ? MHD_NO : MHD_YES;
}

static void take_head(struct http_exchange *exchange, struct MHD_Connection *mhd, const char *method,
                      const char *version, struct guard_request *guard) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    exchange->head_bytes = info ? info->header_size : 0;
    guard->method = span(method);
    guard->version = span(version);
    guard->target = (struct guard_span){exchange->target_at, exchange->target_n};
    guard->target_text = exchange->target;
    guard->head_bytes = exchange->head_bytes;
    guard->n = 0;
    MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, take_header, guard);
}

/* Every answer, also a wrong one of ours, has these two unless it says otherwise. */
static const struct http_header ALWAYS[] = {{"X-Content-Type-Options", "nosniff"},
                                            {"Cache-Control", "no-store"}};

static bool has_header(const struct http_response *response, const char *name) {
    for (size_t i = 0; i < COUNT(response->header) && response->header[i].name; i++)
        if (strcasecmp(response->header[i].name, name) == 0) return true;
    return false;
}

static void add_header(struct MHD_Response *answer, const char *name, const char *value) {
    if (MHD_add_response_header(answer, name, value) != MHD_YES) log_bug("header %s cannot be sent", name);
}

static struct MHD_Response *answer_of(const struct http_response *response, bool close) {
    struct MHD_Response *answer = MHD_create_response_from_buffer(
        response->body_size, (void *)(uintptr_t)response->body, MHD_RESPMEM_PERSISTENT);
    if (!answer) return NULL;
    for (size_t i = 0; i < COUNT(ALWAYS); i++)
        if (!has_header(response, ALWAYS[i].name)) add_header(answer, ALWAYS[i].name, ALWAYS[i].value);
    if (response->content_type) add_header(answer, "Content-Type", response->content_type);
    for (size_t i = 0; i < COUNT(response->header) && response->header[i].name; i++)
        add_header(answer, response->header[i].name, response->header[i].value);
    if (close) add_header(answer, "Connection", "close");
    return answer;
}

/* While draining, a connection ends with the last request that had begun on it. */
static bool closes(const struct http_exchange *exchange) {
    const struct http_connection *connection = exchange->connection;
    const struct http_server *server = connection->server;
    if (exchange->request.response.close) return true;
    if (!atomic_load(&server->stopping)) return false;
    if (server->draining && clock_monotonic_us() > server->deadline_us) return true;
    return !http_connection_has_more(connection);
}

static enum MHD_Result answer(struct http_exchange *exchange, struct MHD_Connection *mhd) {
    struct http_connection *connection = exchange->connection;
    const struct http_response *response = &exchange->request.response;
    REQUIRE(response->status >= 200 && response->status <= 599);
    struct MHD_Response *answer = answer_of(response, closes(exchange));
    if (!answer) return MHD_NO;
    http_connection_phase(connection, PHASE_ANSWERING);
    /* Slower than 4 bytes a millisecond over the idle limit is no reader but a holder of connections. */
    connection->answer_ms = connection->server->config.idle_ms + (int64_t)(response->body_size / 4);
    enum MHD_Result queued = MHD_queue_response(mhd, (unsigned)response->status, answer);
    MHD_destroy_response(answer);
    return queued;
}

static enum MHD_Result refuse(struct http_exchange *exchange, struct MHD_Connection *mhd,
                              struct guard_refusal refusal) {
    struct http_connection *connection = exchange->connection;
    const struct http_config *config = &connection->server->config;
    atomic_fetch_add(&connection->server->refused, 1);
    connection->refused = true;
    exchange->request.response.status = refusal.status;
    config->refuse(config->user, &exchange->request, refusal.status, refusal.slug, refusal.detail);
    exchange->request.response.close = true;
    exchange->stage = STAGE_ANSWERED;
    return answer(exchange, mhd);
}

static const char *value_of(struct http_exchange *exchange, const struct guard_request *guard,
                            const char *name) {
    const struct guard_span *value = http_guard_header(guard, name);
    if (!value) return NULL;
    size_t n = value->n;
    while (n && (value->at[n - 1] == ' ' || value->at[n - 1] == '\t'))
        n--;
    return arena_memdup(exchange->request.arena, value->at, n);
}

static void take_line(struct http_exchange *exchange, const struct guard_request *guard) {
    char *query = strchr(exchange->target, '?');
    if (query) *query++ = 0;
    exchange->request.path = exchange->target;
    exchange->request.query = query ? query : "";
    exchange->request.method = http_guard_method(guard->method);
    if (!exchange->request.method) exchange->request.method = "";
}

static void take_headers(struct http_exchange *exchange, const struct guard_request *guard) {
    struct http_request *request = &exchange->request;
    request->authorization = value_of(exchange, guard, "Authorization");
    request->content_type = value_of(exchange, guard, "Content-Type");
    request->accept = value_of(exchange, guard, "Accept");
    request->if_match = value_of(exchange, guard, "If-Match");
    request->idempotency_key = value_of(exchange, guard, "Idempotency-Key");
    exchange->content_length = http_guard_length(guard);
}

static bool body_fits(const struct http_exchange *exchange) {
    const struct http_config *config = &exchange->connection->server->config;
    const struct http_request *request = &exchange->request;
    if (exchange->content_length == 0) return true;
    return exchange->content_length <= config->body_limit(config->user, request->method, request->path);
}

static const struct guard_refusal BODY = {413, "request.too-large",
                                          "the body is larger than this request may have"};

static const struct guard_refusal FULL = {503, "busy",
                                          "Too many large bodies are being sent: repeat it in a moment."};

static bool is_large(const struct http_exchange *exchange) {
    return !exchange->discarding && exchange->content_length > LIMIT_BODY;
}

/* Counted by what is here, not by what was announced: nobody keeps others out with a promise. */
static bool has_room(const struct http_exchange *exchange, size_t more) {
    const struct http_server *server = exchange->connection->server;
    return server->config.bodies_max == 0 || server->bodies + more <= server->config.bodies_max;
}

static void begin_body(struct http_exchange *exchange) {
    const struct http_config *config = &exchange->connection->server->config;
    const struct http_request *request = &exchange->request;
    exchange->hashing = !exchange->discarding && config->body_hashed &&
                        config->body_hashed(config->user, request->method, request->path);
    if (exchange->hashing) sha256_begin(&exchange->hash);
    if (is_large(exchange))
        exchange->connection->arrive_ms += (int64_t)(exchange->content_length / LIMIT_DRIP);
    exchange->stage = STAGE_BODY;
}

/* The first call: the head is whole, the body is not read yet, nor was 100 Continue sent. */
static enum MHD_Result on_head(struct http_exchange *exchange, struct MHD_Connection *mhd, const char *method,
                               const char *version) {
    struct guard_request guard;
    take_head(exchange, mhd, method, version, &guard);
    exchange->request.arena = arena_create(exchange->connection->server->config.arena_cap);
    if (!exchange->request.arena) return MHD_NO;
    struct guard_refusal refusal = http_guard_line(&guard);
    if (refusal.status) return refuse(exchange, mhd, refusal);
    take_line(exchange, &guard);
    refusal = http_guard_headers(&guard);
    if (refusal.status) return refuse(exchange, mhd, refusal);
    take_headers(exchange, &guard);
    exchange->discarding = !body_fits(exchange);
    if (exchange->discarding && exchange->content_length > exchange->connection->server->config.discard_max)
        return refuse(exchange, mhd, BODY);
    if (is_large(exchange) && !has_room(exchange, exchange->content_length))
        return refuse(exchange, mhd, FULL);
    begin_body(exchange);
    return MHD_YES;
}

static bool grow(struct http_exchange *exchange, size_t needed) {
    if (needed <= exchange->body_cap) return true;
    size_t cap = exchange->body_cap ? exchange->body_cap * 2 : BODY_FIRST;
    if (cap < needed) cap = needed;
    if (cap > exchange->content_length + 1) cap = exchange->content_length + 1;
    if (is_large(exchange) && !has_room(exchange, cap - exchange->body_cap)) return false;
    char *body = realloc(exchange->body, cap);
    if (!body) return false;
    if (is_large(exchange)) exchange->connection->server->bodies += cap - exchange->body_cap;
    exchange->body = body;
    exchange->body_cap = cap;
    return true;
}

static bool keep(struct http_exchange *exchange, const char *bytes, size_t n) {
    struct http_request *request = &exchange->request;
    if (!grow(exchange, request->body_size + n + 1)) return false;
    memcpy(exchange->body + request->body_size, bytes, n);
    exchange->body[request->body_size + n] = 0;
    request->body = exchange->body;
    return true;
}

static enum MHD_Result on_body(struct http_exchange *exchange, const char *bytes, size_t *n) {
    struct http_request *request = &exchange->request;
    REQUIRE(*n <= exchange->content_length - request->body_size);
    if (!exchange->discarding && !keep(exchange, bytes, *n)) return MHD_NO;
    if (exchange->hashing) sha256_add(&exchange->hash, bytes, *n);
    request->body_size += *n;
    *n = 0;
    return MHD_YES;
}

static enum MHD_Result hand_over(struct http_exchange *exchange, struct MHD_Connection *mhd) {
    struct http_connection *connection = exchange->connection;
    struct http_server *server = connection->server;
    if (exchange->hashing) sha256_end(&exchange->hash, exchange->digest);
    if (exchange->hashing) exchange->request.body_sha256 = exchange->digest;
    connection->consumed += exchange->head_bytes + exchange->content_length;
    http_connection_phase(connection, PHASE_HANDLED);
    exchange->stage = STAGE_HANDED;
    atomic_fetch_add(&server->requests, 1);
    server->calling = exchange;
    server->answered_at_once = false;
    server->config.request(server->config.user, &exchange->request);
    server->calling = NULL;
    if (server->answered_at_once) return answer(exchange, mhd);
    MHD_suspend_connection(mhd);
    return MHD_YES;
}

enum MHD_Result http_exchange_run(void *server, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *bytes, size_t *n,
                                  void **exchange) {
    (void)server;
    (void)url;
    struct http_exchange *at = *exchange;
    if (!at) return MHD_NO;
    switch (at->stage) {
    case STAGE_LINE:
        return on_head(at, mhd, method, version);
    case STAGE_BODY:
        return *n ? on_body(at, bytes, n) : hand_over(at, mhd);
    case STAGE_ANSWERED:
        return answer(at, mhd);
    case STAGE_HANDED:
        break;
    }
    REQUIRE(false);
    return MHD_NO;
}

/* The library refuses some heads itself (no colon, no version it knows, larger than its buffer). */
static bool refused_by_library(const struct http_exchange *exchange, struct MHD_Connection *mhd) {
    return exchange->stage == STAGE_LINE && MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_HTTP_STATUS);
}

void http_exchange_end(void *server, struct MHD_Connection *mhd, void **exchange,
                       enum MHD_RequestTerminationCode why) {
    (void)why;
    struct http_exchange *at = *exchange;
    if (!at) return;
    if (refused_by_library(at, mhd)) {
        at->connection->refused = true;
        atomic_fetch_add(&((struct http_server *)server)->refused, 1);
    }
    http_connection_phase(at->connection, PHASE_IDLE);
    arena_destroy(&at->request.arena);
    if (is_large(at)) at->connection->server->bodies -= at->body_cap;
    free(at->body);
    free(at);
    *exchange = NULL;
}
