#include "api_calls.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include <stdio.h>

static struct http_request *request_of(struct world *w, const struct sent *sent) {
    struct http_request *request = arena_alloc(w->c->arena, sizeof *request);
    char *path = arena_strdup(w->c->arena, sent->target), *query = strchr(path, '?');
    if (query) *query++ = 0;
    *request = (struct http_request){.arena = w->c->arena,
                                     .method = sent->method,
                                     .path = path,
                                     .query = query ? query : "",
                                     .body = sent->body ? sent->body : "",
                                     .body_size = sent->body_size ? sent->body_size
                                                                  : strlen(sent->body ? sent->body : ""),
                                     .content_type = sent->type   ? sent->type
                                                     : sent->body ? "application/json"
                                                                  : NULL,
                                     .accept = sent->accept,
                                     .if_match = sent->if_match,
                                     .idempotency_key = sent->key,
                                     .loopback = !sent->remote,
                                     .started_us = clock_monotonic_us()};
    if (sent->token) request->authorization = arena_printf(w->c->arena, "Bearer %s", sent->token);
    return request;
}

const struct http_response *call_send(struct world *w, const struct sent *sent) {
    struct http_request *request = request_of(w, sent);
    struct actor actor = w->c->actor;
    w->c->request_id = id_new(w->c->now);
    api_handle(w->c, request);
    w->c->actor = actor;
    return &request->response;
}

const char *call_header(const struct http_response *response, const char *name) {
    for (size_t i = 0; i < COUNT(response->header) && response->header[i].name; i++)
        if (strcmp(response->header[i].name, name) == 0) return response->header[i].value;
    return NULL;
}

bool call_says(const struct http_response *response, const char *part) {
    return response->body && strstr(response->body, part);
}

void call_check(const char *file, int line, const struct http_response *response, int status,
                const char *slug) {
    char type[100];
    snprintf(type, sizeof type, "\"type\":\"urn:canary:problem:%s\"", slug ? slug : "");
    if (response->status != status || (slug && !call_says(response, type)))
        check_fail(file, line, "the answer is %d %s, not %d %s", response->status,
                   response->body ? response->body : "-", status, slug ? slug : "");
}

const char *call_member(struct world *w, const struct http_response *response, const char *name) {
    const char *key = arena_printf(w->c->arena, "\"%s\":", name);
    const char *at = response->body ? strstr(response->body, key) : NULL;
    if (!at) return NULL;
    at += strlen(key);
    if (*at == '"') return arena_memdup(w->c->arena, at + 1, strcspn(at + 1, "\""));
    return arena_memdup(w->c->arena, at, strcspn(at, ",}]"));
}

const char *call_user(struct world *w, const char *email, const char *role) {
    const char *body = arena_printf(
        w->c->arena, "{\"email\":\"%s\",\"name\":\"Some One\",\"role\":\"%s\",\"password\":\"%s\"}", email,
        role, PASSWORD);
    const struct http_response *answer =
        CALL(w, .method = "POST", .target = "/v1/users", .token = "token-admin-0", .body = body);
    CHECK_STATUS(answer, 201, NULL);
    return call_member(w, answer, "id");
}

const char *call_login(struct world *w, const char *email, const char *password) {
    const char *body = arena_printf(w->c->arena, "{\"email\":\"%s\",\"password\":\"%s\"}", email, password);
    const struct http_response *answer = CALL(w, .method = "POST", .target = "/v1/login", .body = body);
    CHECK_STATUS(answer, 200, NULL);
    return call_member(w, answer, "token");
}
