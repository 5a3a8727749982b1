/* A refusal is answered while bytes of the client are still unread or on their way. Closing the
 * socket then makes the kernel send a reset, which can destroy the answer before the client has
 * read it: a phone would see "connection lost" instead of 413 and send the same again for ever. So
 * a second descriptor keeps the socket for a moment, reading and forgetting. */
#include "base/clock.h"
#include "http/http_server.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINGER_US = 1000000, SCRATCH = 16384, READS = 16, LINGERING_MAX = 256 };

static void end(struct http_linger *linger) {
    close(linger->fd);
    linger->fd = -1;
}

void http_linger_add(struct http_server *server, int fd) {
    struct http_linger *linger = server->lingerers < LINGERING_MAX ? calloc(1, sizeof *linger) : NULL;
    if (!linger) return;
    linger->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = linger};
    if (linger->fd < 0 || epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, linger->fd, &event) != 0) {
        if (linger->fd >= 0) close(linger->fd);
        free(linger);
        return;
    }
    linger->until_us = clock_monotonic_us() + LINGER_US;
    linger->next = server->lingering;
    server->lingering = linger;
    server->lingerers++;
}

void http_linger_read(struct http_linger *linger) {
    char scratch[SCRATCH];
    for (int i = 0; i < READS && linger->fd >= 0; i++) {
        ssize_t n = recv(linger->fd, scratch, sizeof scratch, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) end(linger);
        if (n <= 0) return;
    }
}

void http_linger_sweep(struct http_server *server, int64_t now_us) {
    for (struct http_linger **link = &server->lingering; *link;) {
        struct http_linger *linger = *link;
        if (linger->fd >= 0 && now_us > linger->until_us) end(linger);
        if (linger->fd >= 0) {
            link = &linger->next;
            continue;
        }
        *link = linger->next;
        free(linger);
        server->lingerers--;
    }
}
