/* From a listen address to a listening socket. */
#include "http/http_server.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static bool is_port(const char *text) {
    size_t n = strspn(text, "0123456789");
    return n > 0 && n <= 5 && !text[n] && strtol(text, NULL, 10) <= UINT16_MAX;
}

/* Splits "host:port" and "[host]:port" in place; false when it is neither. */
static bool split(char *text, char **host_out, char **port_out) {
    char *colon = strrchr(text, ':');
    if (!colon || colon == text || !is_port(colon + 1)) return false;
    *colon = 0;
    *port_out = colon + 1;
    *host_out = text;
    if (text[0] != '[') return !strchr(text, ':');
    if (colon[-1] != ']') return false;
    colon[-1] = 0;
    *host_out = text + 1;
    return true;
}

static struct addrinfo *resolve(struct ctx *c, const char *address) {
    char *copy = arena_strdup(c->arena, address), *host, *port;
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (!copy || !split(copy, &host, &port) || getaddrinfo(host, port, &hints, &found) != 0) return NULL;
    return found;
}

static int bound(const struct addrinfo *at) {
    int on = 1;
    int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int port_of(int fd) {
    struct sockaddr_storage at = {0};
    socklen_t size = sizeof at;
    if (getsockname(fd, (struct sockaddr *)&at, &size) != 0) return 0;
    if (at.ss_family == AF_INET6) return ntohs(((const struct sockaddr_in6 *)&at)->sin6_port);
    return ntohs(((const struct sockaddr_in *)&at)->sin_port);
}

enum err http_listen_open(struct ctx *c, const char *address, int *fd_out, int *port_out) {
    struct addrinfo *at = resolve(c, address);
    if (!at)
        return FAIL(c, ERR_INVALID, "listen.invalid",
                    "%s is no address to listen on: write 127.0.0.1:8080 or [::1]:8080", address);
    int fd = bound(at);
    int error = errno;
    freeaddrinfo(at);
    if (fd < 0 && error == EADDRINUSE)
        return FAIL(c, ERR_STATE, "listen.in-use", "%s is in use: another program listens there", address);
    if (fd < 0)
        return FAIL(c, ERR_INTERNAL, "listen.failed", "cannot listen on %s: %s", address, strerror(error));
    *fd_out = fd;
    *port_out = port_of(fd);
    return OK;
}
