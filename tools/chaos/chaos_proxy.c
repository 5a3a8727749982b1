/* Between the devices and the server: a network that cuts connections at any byte of a request or an answer,
 * takes its time, and delivers requests twice, at once or long after. A thread for each connection. */
#include "chaos.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum fate { PASS, CUT_REQUEST, CUT_ANSWER, DELAY, REPEAT, REPEAT_LATE };

struct link {
    struct chaos_proxy *proxy;
    struct chance chance;
    int client, server, second; /* -1: not connected */
    size_t request_n, answer_n;
    char request[CHAOS_REQUEST], answer[CHAOS_ANSWER];
};

static enum fate fate_of(struct link *link) {
    const struct chaos_options *o = link->proxy->options;
    if (chance_hits(&link->chance, o->cut)) return chance_hits(&link->chance, 500) ? CUT_REQUEST : CUT_ANSWER;
    if (chance_hits(&link->chance, o->delay)) return DELAY;
    if (chance_hits(&link->chance, o->repeat)) return chance_hits(&link->chance, 500) ? REPEAT : REPEAT_LATE;
    return PASS;
}

static void hang_up(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

/* ---- to the server ---- */

static bool connected(struct link *link, int *fd) {
    if (*fd < 0) *fd = wire_connect(atomic_load(&link->proxy->server->port));
    return *fd >= 0;
}

static bool give(struct link *link, int *fd, size_t n) {
    return connected(link, fd) && wire_send(*fd, link->request, n);
}

static bool take(struct link *link, int fd) {
    link->answer_n = wire_read(fd, link->answer, sizeof link->answer);
    return link->answer_n > 0;
}

static bool answer(struct link *link) {
    return wire_send(link->client, link->answer, link->answer_n);
}

/* ---- fates: false when the device's connection ends with it ---- */

static bool cut_request(struct link *link) {
    atomic_fetch_add(&link->proxy->cut, 1);
    give(link, &link->server, chance_below(&link->chance, link->request_n + 1));
    return false;
}

static bool cut_answer(struct link *link) {
    atomic_fetch_add(&link->proxy->cut, 1);
    if (!give(link, &link->server, link->request_n) || !take(link, link->server)) return false;
    wire_send(link->client, link->answer, chance_below(&link->chance, link->answer_n));
    return false;
}

static bool pass(struct link *link) {
    return give(link, &link->server, link->request_n) && take(link, link->server) && answer(link);
}

static bool delay(struct link *link) {
    useconds_t before = (useconds_t)chance_below(&link->chance, 30000);
    atomic_fetch_add(&link->proxy->delayed, 1);
    usleep(before);
    if (!give(link, &link->server, link->request_n) || !take(link, link->server)) return false;
    usleep((useconds_t)chance_below(&link->chance, 30000));
    return answer(link);
}

/* The same bytes over two connections at once; the device hears one of the two answers. */
static bool repeat(struct link *link) {
    atomic_fetch_add(&link->proxy->repeated, 1);
    bool both = give(link, &link->server, link->request_n) && give(link, &link->second, link->request_n);
    bool swapped = chance_hits(&link->chance, 500);
    return both && take(link, swapped ? link->second : link->server) &&
           take(link, swapped ? link->server : link->second) && answer(link);
}

static bool repeat_late(struct link *link) {
    struct chaos_proxy *proxy = link->proxy;
    size_t i = chance_below(&link->chance, COUNT(proxy->late));
    pthread_mutex_lock(&proxy->lock);
    if (!proxy->late[i] && (proxy->late[i] = malloc(link->request_n))) {
        memcpy(proxy->late[i], link->request, link->request_n);
        proxy->late_n[i] = link->request_n;
    }
    pthread_mutex_unlock(&proxy->lock);
    return pass(link);
}

static bool forward(struct link *link) {
    static bool (*const FATE[])(struct link * link) = {
        [PASS] = pass,   [CUT_REQUEST] = cut_request, [CUT_ANSWER] = cut_answer,
        [DELAY] = delay, [REPEAT] = repeat,           [REPEAT_LATE] = repeat_late};
    atomic_fetch_add(&link->proxy->requests, 1);
    return FATE[fate_of(link)](link);
}

static void *serve(void *user) {
    struct link *link = user;
    while ((link->request_n = wire_read(link->client, link->request, sizeof link->request)) > 0)
        if (!forward(link)) break;
    hang_up(&link->client);
    hang_up(&link->server);
    hang_up(&link->second);
    free(link);
    return NULL;
}

/* ---- connections ---- */

static void begin(struct chaos_proxy *proxy, int client, const pthread_attr_t *small) {
    pthread_t thread;
    struct link *link = malloc(sizeof *link);
    if (!link) bench_fail("no memory for a connection");
    link->proxy = proxy;
    link->chance = chance_of(proxy->options->seed, 1000000 + atomic_fetch_add(&proxy->connections, 1));
    link->client = client;
    link->server = link->second = -1;
    if (pthread_create(&thread, small, serve, link) != 0) bench_fail("no thread for a connection");
}

static void *accept_all(void *user) {
    struct chaos_proxy *proxy = user;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&small, 256 * 1024);
    for (;;) {
        int client = accept4(proxy->listener, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0) break;
        begin(proxy, client, &small);
    }
    pthread_attr_destroy(&small);
    return NULL;
}

/* ---- what comes late ---- */

static bool send_late(struct chaos_proxy *proxy, size_t i) {
    char answer[CHAOS_ANSWER];
    pthread_mutex_lock(&proxy->lock);
    char *request = proxy->late[i];
    size_t n = proxy->late_n[i];
    proxy->late[i] = NULL;
    pthread_mutex_unlock(&proxy->lock);
    if (!request) return false;
    int fd = wire_connect(atomic_load(&proxy->server->port));
    if (fd >= 0 && wire_send(fd, request, n) && wire_read(fd, answer, sizeof answer))
        atomic_fetch_add(&proxy->came_late, 1);
    hang_up(&fd);
    free(request);
    return true;
}

static void *send_all_late(void *user) {
    struct chaos_proxy *proxy = user;
    struct chance chance = chance_of(proxy->options->seed, -7);
    while (!atomic_load(&proxy->stopping)) {
        usleep((useconds_t)chance_below(&chance, 20000));
        send_late(proxy, chance_below(&chance, COUNT(proxy->late)));
    }
    for (size_t i = 0; i < COUNT(proxy->late); i++)
        send_late(proxy, i);
    return NULL;
}

/* ---- all of it ---- */

void chaos_proxy_open(struct chaos_proxy *proxy, const struct chaos_options *options,
                      struct chaos_server *server) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    proxy->options = options;
    proxy->server = server;
    pthread_mutex_init(&proxy->lock, NULL);
    proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (proxy->listener < 0 || bind(proxy->listener, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(proxy->listener, 4096) != 0 ||
        getsockname(proxy->listener, (struct sockaddr *)&at, &size) != 0)
        bench_fail("no port for the proxy");
    proxy->port = ntohs(at.sin_port);
    if (pthread_create(&proxy->thread, NULL, accept_all, proxy) != 0 ||
        pthread_create(&proxy->ghost, NULL, send_all_late, proxy) != 0)
        bench_fail("no thread for the proxy");
}

void chaos_proxy_close(struct chaos_proxy *proxy) {
    atomic_store(&proxy->stopping, true);
    pthread_join(proxy->ghost, NULL);
    shutdown(proxy->listener, SHUT_RDWR);
    pthread_join(proxy->thread, NULL);
    close(proxy->listener);
}
