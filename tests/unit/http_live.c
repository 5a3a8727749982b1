#include "http_live.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PATIENCE_S = 20 };

static void fill(struct http_request *request) {
    struct http_response *response = &request->response;
    const char *text = arena_printf(request->arena, "%s %s ?%s %s", request->method, request->path,
                                    request->query, request->body);
    *response = (struct http_response){.status = 200, .content_type = "text/plain", .body = text};
    response->body_size = text ? strlen(text) : 0;
    if (strcmp(request->path, "/cached") == 0)
        response->header[0] = (struct http_header){"cache-control", "max-age=60"};
    if (strcmp(request->path, "/close") == 0) response->close = true;
    if (strcmp(request->path, "/headers") == 0) {
        response->body = arena_printf(
            request->arena, "%s|%s|%s|%s|%s|%d", request->authorization ? request->authorization : "-",
            request->content_type ? request->content_type : "-", request->accept ? request->accept : "-",
            request->if_match ? request->if_match : "-",
            request->idempotency_key ? request->idempotency_key : "-", request->loopback);
        response->body_size = strlen(response->body);
    }
    if (strcmp(request->path, "/nothing") == 0) *response = (struct http_response){.status = 204};
}

static void finish(struct live *live, struct http_request *request) {
    fill(request);
    http_done(live->server, request);
}

static void *work(void *at) {
    struct live *live = at;
    pthread_mutex_lock(&live->lock);
    while (!live->ended || live->later) {
        struct http_request **from = live->later ? &live->later : live->released ? &live->held : NULL;
        if (!from || !*from) {
            pthread_cond_wait(&live->changed, &live->lock);
            continue;
        }
        struct http_request *request = *from;
        *from = request->next;
        pthread_mutex_unlock(&live->lock);
        finish(live, request);
        pthread_mutex_lock(&live->lock);
    }
    pthread_mutex_unlock(&live->lock);
    return NULL;
}

static void gate(struct live *live) {
    pthread_mutex_lock(&live->lock);
    atomic_store(&live->gated, 1);
    while (!live->released)
        pthread_cond_wait(&live->changed, &live->lock);
    pthread_mutex_unlock(&live->lock);
}

static void queue(struct live *live, struct http_request **list, struct http_request *request) {
    pthread_mutex_lock(&live->lock);
    request->next = *list;
    *list = request;
    if (list == &live->held) live->held_n++;
    pthread_cond_broadcast(&live->changed);
    pthread_mutex_unlock(&live->lock);
}

static void handle(void *user, struct http_request *request) {
    struct live *live = user;
    atomic_fetch_add(&live->handled, 1);
    if (strcmp(request->path, "/later") == 0)
        queue(live, &live->later, request);
    else if (strcmp(request->path, "/held") == 0)
        queue(live, &live->held, request);
    else {
        if (strcmp(request->path, "/gate") == 0) gate(live);
        finish(live, request);
    }
}

static size_t body_limit(void *user, const char *method, const char *path) {
    (void)user;
    (void)method;
    return strcmp(path, "/large") == 0 ? 4 << 20 : 1000;
}

static void refuse(void *user, struct http_request *request, int status, const char *slug,
                   const char *detail) {
    struct live *live = user;
    pthread_mutex_lock(&live->lock);
    snprintf(live->refused_slug, sizeof live->refused_slug, "%s", slug);
    snprintf(live->refused_path, sizeof live->refused_path, "%s %s", request->method, request->path);
    pthread_mutex_unlock(&live->lock);
    request->response.status = status;
    request->response.content_type = "text/plain";
    request->response.body = arena_strdup(request->arena, detail);
    request->response.body_size = strlen(request->response.body);
}

static void *run(void *at) {
    http_run(((struct live *)at)->server);
    return NULL;
}

struct live *live_start(struct http_config config) {
    struct live *live = calloc(1, sizeof *live);
    pthread_mutex_init(&live->lock, NULL);
    pthread_cond_init(&live->changed, NULL);
    if (!config.listen) config.listen = "127.0.0.1:0";
    if (!config.arena_cap) config.arena_cap = 1 << 20;
    if (!config.request_ms) config.request_ms = 10000;
    if (!config.idle_ms) config.idle_ms = 60000;
    if (!config.connections_max) config.connections_max = 1100;
    config.request = handle;
    config.body_limit = body_limit;
    config.refuse = refuse;
    config.user = live;
    live->config = config;
    CHECK_OK(check_ctx(), http_start(check_ctx(), &live->config, &live->server));
    pthread_create(&live->worker, NULL, work, live);
    pthread_create(&live->loop, NULL, run, live);
    return live;
}

void live_stop(struct live *live) {
    http_stop(live->server);
    pthread_join(live->loop, NULL);
    pthread_mutex_lock(&live->lock);
    live->ended = true;
    pthread_cond_broadcast(&live->changed);
    pthread_mutex_unlock(&live->lock);
    pthread_join(live->worker, NULL);
    http_destroy(&live->server);
    pthread_mutex_destroy(&live->lock);
    pthread_cond_destroy(&live->changed);
    free(live);
}

void live_release(struct live *live) {
    pthread_mutex_lock(&live->lock);
    live->released = true;
    pthread_cond_broadcast(&live->changed);
    pthread_mutex_unlock(&live->lock);
}

void live_wait_held(struct live *live, size_t n) {
    pthread_mutex_lock(&live->lock);
    while (live->held_n < n)
        pthread_cond_wait(&live->changed, &live->lock);
    pthread_mutex_unlock(&live->lock);
}

void client_open(struct client *client, const struct live *live) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)http_port(live->server))};
    struct timeval patience = {.tv_sec = PATIENCE_S};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->n = 0;
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(client->fd >= 0);
    setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    CHECK_INT(connect(client->fd, (struct sockaddr *)&at, sizeof at), 0);
}

void client_close(struct client *client) {
    close(client->fd);
}

/* A peer that has closed already is no fault of the client: the answer tells. */
void client_send(struct client *client, const char *bytes, size_t n) {
    while (n > 0) {
        ssize_t sent = send(client->fd, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes += sent;
        n -= (size_t)sent;
    }
}

void client_text(struct client *client, const char *text) {
    client_send(client, text, strlen(text));
}

static bool receive(struct client *client) {
    ssize_t n = recv(client->fd, client->bytes + client->n, sizeof client->bytes - 1 - client->n, 0);
    if (n <= 0) return false;
    client->n += (size_t)n;
    client->bytes[client->n] = 0;
    return true;
}

const char *answer_header(const struct answer *answer, const char *name, char text[200]) {
    for (const char *line = strstr(answer->head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, strlen(name)) != 0 || line[2 + strlen(name)] != ':') continue;
        snprintf(text, 200, "%s", line + 2 + strlen(name) + 1 + strspn(line + 3 + strlen(name), " "));
        text[strcspn(text, "\r")] = 0;
        return text;
    }
    return NULL;
}

static void take(struct client *client, size_t n) {
    memmove(client->bytes, client->bytes + n, client->n - n + 1);
    client->n -= n;
}

void client_answer(struct client *client, bool head, struct answer *answer) {
    char text[200];
    memset(answer, 0, sizeof *answer);
    client->bytes[client->n] = 0;
    const char *end;
    while (!(end = strstr(client->bytes, "\r\n\r\n")))
        if (!receive(client)) return;
    size_t head_n = (size_t)(end - client->bytes) + 4;
    snprintf(answer->head, sizeof answer->head, "%.*s", (int)head_n, client->bytes);
    answer->status = atoi(answer->head + strlen("HTTP/1.1 "));
    const char *length = answer_header(answer, "Content-Length", text);
    size_t body_n = length && !head && answer->status != 100 ? (size_t)atoi(length) : 0;
    take(client, head_n);
    while (client->n < body_n)
        if (!receive(client)) {
            answer->status = 0;
            return;
        }
    snprintf(answer->body, sizeof answer->body, "%.*s", (int)body_n, client->bytes);
    take(client, body_n);
}

bool client_ended(struct client *client) {
    char byte;
    if (client->n > 0) return false;
    ssize_t n = recv(client->fd, &byte, 1, 0);
    return n == 0 || (n < 0 && errno == ECONNRESET);
}
