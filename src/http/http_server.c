/* The loop that drives the library, the way answers come back to it from other threads, and the
 * orderly end. Our own loop, because the library's stalls when a multiple of 128 connections is ready. */
#include "http/http_server.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    EVENTS = 16,
    TURNS = 4,          /* runs of the library before other things get their turn */
    TICK_MS_MAX = 1000, /* how often limits of time are looked at, at the least */
    TICK_MS_MIN = 5,
    TICKS = 8, /* a limit is met with this precision: an eighth of it */
    DRAIN_MS = 10,
    POOL =
        3 *
        LIMIT_HEADER_BYTES, /* of a connection: half of it reads, the rest holds headers and the answer's */
    FILES_BESIDE = 512,     /* descriptors for all that is no connection */
    ACCEPT_QUEUE = 1024
};

int http_port(const struct http_server *server) {
    return server->port;
}

void http_stats(const struct http_server *server, struct http_stats *stats_out) {
    *stats_out = (struct http_stats){.connections = atomic_load(&server->open),
                                     .requests = atomic_load(&server->requests),
                                     .refused = atomic_load(&server->refused),
                                     .dripped = atomic_load(&server->dripped)};
}

/* write is all that a signal handler may do here; a full counter wakes as well. */
static void wake(struct http_server *server) {
    uint64_t one = 1;
    int error = errno;
    ssize_t n = write(server->wake_fd, &one, sizeof one);
    (void)n;
    errno = error;
}

void http_stop(struct http_server *server) {
    atomic_store(&server->stopping, true);
    wake(server);
}

static bool is_calling(const struct http_server *server, const struct http_request *request) {
    return pthread_equal(server->loop, pthread_self()) && server->calling &&
           &server->calling->request == request;
}

static void exchange_answered(struct http_server *server, struct http_request *request) {
    if (server->config.finish) server->config.finish(server->config.user, request);
    ((struct http_exchange *)request)->stage = STAGE_ANSWERED;
}

void http_done(struct http_server *server, struct http_request *request) {
    if (is_calling(server, request)) {
        REQUIRE(!server->answered_at_once);
        server->answered_at_once = true;
        exchange_answered(server, request);
        return;
    }
    request->next = NULL;
    pthread_mutex_lock(&server->lock);
    bool first = !server->done;
    *server->done_end = request;
    server->done_end = &request->next;
    pthread_mutex_unlock(&server->lock);
    if (first) wake(server);
}

static void resume_answered(struct http_server *server) {
    pthread_mutex_lock(&server->lock);
    struct http_request *request = server->done;
    server->done = NULL;
    server->done_end = &server->done;
    pthread_mutex_unlock(&server->lock);
    while (request) {
        struct http_request *next = request->next;
        exchange_answered(server, request);
        MHD_resume_connection(((struct http_exchange *)request)->connection->mhd);
        request = next;
    }
}

/* How long the library can wait, at most `most_ms` (-1: for ever). */
static int library_wait(struct http_server *server, int most_ms) {
    MHD_UNSIGNED_LONG_LONG ms = 0;
    if (MHD_get_timeout(server->daemon, &ms) != MHD_YES) return most_ms;
    return most_ms >= 0 && ms > (MHD_UNSIGNED_LONG_LONG)most_ms ? most_ms : (int)ms;
}

static void take_event(struct http_server *server, const struct epoll_event *event) {
    uint64_t ignored;
    if (event->data.ptr == server->daemon) return; /* MHD_run looks itself */
    if (event->data.ptr != server) {
        http_linger_read(event->data.ptr);
        return;
    }
    ssize_t n = read(server->wake_fd, &ignored, sizeof ignored);
    (void)n;
}

/* One run of the library; gives how long it can wait for the next. When connections ended, it
 * listens again only in the next run. */
static int library_run(struct http_server *server, int most_ms) {
    int64_t open = atomic_load(&server->open);
    MHD_run(server->daemon);
    return atomic_load(&server->open) < open ? 0 : library_wait(server, most_ms);
}

static void turn(struct http_server *server, int most_ms) {
    struct epoll_event event[EVENTS];
    resume_answered(server);
    int wait_ms = 0;
    for (int i = 0; i < TURNS && wait_ms == 0; i++)
        wait_ms = library_run(server, most_ms);
    int n = epoll_wait(server->epoll_fd, event, EVENTS, wait_ms);
    for (int i = 0; i < n; i++)
        take_event(server, &event[i]);
}

static int tick_ms(const struct http_server *server) {
    int64_t least = server->config.request_ms < server->config.idle_ms ? server->config.request_ms
                                                                       : server->config.idle_ms;
    int64_t tick = least / TICKS;
    if (tick > TICK_MS_MAX) return TICK_MS_MAX;
    return tick < TICK_MS_MIN ? TICK_MS_MIN : (int)tick;
}

static size_t sweep(struct http_server *server) {
    int64_t now_us = clock_monotonic_us();
    server->swept_us = now_us;
    http_linger_sweep(server, now_us);
    return http_connection_sweep(server, now_us);
}

static void serve(struct http_server *server) {
    int tick = tick_ms(server);
    while (!atomic_load(&server->stopping)) {
        turn(server, server->connections || server->lingering ? tick : -1);
        if (clock_monotonic_us() - server->swept_us >= tick * INT64_C(1000)) sweep(server);
    }
}

/* Connections made before the stop wait in the kernel's queue, perhaps with whole requests: they
 * are taken in too. At most a queue of them: whoever comes later is not owed an answer. */
static bool listener_waits(const struct http_server *server, int64_t until) {
    struct pollfd fd = {.fd = server->listen_fd, .events = POLLIN};
    return atomic_load(&server->accepted) < until && clock_monotonic_us() < server->deadline_us &&
           poll(&fd, 1, 0) == 1;
}

static void stop_listening(struct http_server *server) {
    MHD_quiesce_daemon(server->daemon);
    close(server->listen_fd);
    server->listen_fd = -1;
}

static void drain(struct http_server *server) {
    int64_t until = atomic_load(&server->accepted) + ACCEPT_QUEUE;
    server->draining = true;
    server->deadline_us = clock_monotonic_us() + server->config.request_ms * 1000;
    for (;;) {
        size_t busy = sweep(server);
        if (server->listen_fd >= 0 && !listener_waits(server, until)) stop_listening(server);
        if (server->listen_fd < 0 && busy == 0 && !server->lingering) return;
        turn(server, DRAIN_MS);
    }
}

void http_run(struct http_server *server) {
    server->loop = pthread_self();
    log_event(LOG_INFO, "http.listen", "port=%d", server->port);
    serve(server);
    drain(server);
    log_event(LOG_INFO, "http.drained", "requests=%lld", (long long)atomic_load(&server->requests));
}

/* Each connection is a descriptor; the usual limit of 1024 is for other kinds of programs. */
static void raise_files(unsigned connections) {
    struct rlimit limit;
    rlim_t wanted = (rlim_t)connections + FILES_BESIDE;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted)
        log_event(LOG_WARN, "http.files", "limit=%llu wanted=%llu", (unsigned long long)limit.rlim_cur,
                  (unsigned long long)wanted);
}

/* Paths reach us as they were sent: the library's decoding would cut them at %00. */
static size_t unescape_not(void *user, struct MHD_Connection *mhd, char *text) {
    (void)user;
    (void)mhd;
    size_t n = 0;
    while (text[n])
        n++;
    return n;
}

/* The library's strictness is off: what it would refuse without our answer, the guard refuses with one. */
static struct MHD_Daemon *daemon_start(struct http_server *server) {
    unsigned idle_s = (unsigned)((server->config.idle_ms + 1999) / 1000);
    return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, http_exchange_run,
                            server, MHD_OPTION_LISTEN_SOCKET, server->listen_fd, MHD_OPTION_CONNECTION_LIMIT,
                            server->config.connections_max, MHD_OPTION_CONNECTION_TIMEOUT, idle_s,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL, MHD_OPTION_STRICT_FOR_CLIENT, 0,
                            MHD_OPTION_UNESCAPE_CALLBACK, unescape_not, NULL, MHD_OPTION_URI_LOG_CALLBACK,
                            http_exchange_line, server, MHD_OPTION_NOTIFY_CONNECTION, http_connection_notify,
                            server, MHD_OPTION_NOTIFY_COMPLETED, http_exchange_end, server, MHD_OPTION_END);
}

static bool watch(struct http_server *server, int fd, void *what) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};
    return epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool open_all(struct http_server *server) {
    server->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (server->wake_fd < 0 || server->epoll_fd < 0) return false;
    server->daemon = daemon_start(server);
    if (!server->daemon) return false;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info && watch(server, info->epoll_fd, server->daemon) && watch(server, server->wake_fd, server);
}

static struct http_server *create(const struct http_config *config) {
    struct http_server *server = calloc(1, sizeof *server);
    if (!server) return NULL;
    server->config = *config;
    server->listen_fd = server->wake_fd = server->epoll_fd = -1;
    server->done_end = &server->done;
    pthread_mutex_init(&server->lock, NULL);
    return server;
}

enum err http_start(struct ctx *c, const struct http_config *config, struct http_server **server_out) {
    REQUIRE(config->request && config->body_limit && config->refuse);
    REQUIRE(config->request_ms > 0 && config->idle_ms > 0 && config->connections_max > 0);
    struct http_server *server = create(config);
    if (!server) return FAIL(c, ERR_INTERNAL, "listen.failed", "out of memory");
    enum err err = http_listen_open(c, config->listen, &server->listen_fd, &server->port);
    signal(SIGPIPE, SIG_IGN);
    raise_files(config->connections_max);
    if (err == OK && !open_all(server))
        err = FAIL(c, ERR_INTERNAL, "listen.failed", "the HTTP server cannot be started");
    if (err == OK)
        *server_out = server;
    else
        http_destroy(&server);
    return err;
}

static void close_if_open(int fd) {
    if (fd >= 0) close(fd);
}

void http_destroy(struct http_server **server) {
    struct http_server *gone = *server;
    if (!gone) return;
    if (gone->daemon) {
        if (gone->listen_fd >= 0) stop_listening(gone);
        resume_answered(gone); /* what was done after the drain's time */
        MHD_stop_daemon(gone->daemon);
    }
    http_linger_sweep(gone, INT64_MAX);
    close_if_open(gone->listen_fd);
    close_if_open(gone->wake_fd);
    close_if_open(gone->epoll_fd);
    pthread_mutex_destroy(&gone->lock);
    free(gone);
    *server = NULL;
}
