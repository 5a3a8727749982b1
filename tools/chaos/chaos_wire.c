#include "chaos.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct chance chance_of(long seed, long number) {
    struct chance chance = {((uint64_t)seed + 1) * 0x9E3779B97F4A7C15 ^
                            ((uint64_t)number + 1) * 0xD1B54A32D192ED03};
    for (int i = 0; i < 8; i++)
        chance_below(&chance, 2);
    return chance;
}

uint64_t chance_below(struct chance *chance, uint64_t n) {
    chance->at ^= chance->at << 13;
    chance->at ^= chance->at >> 7;
    chance->at ^= chance->at << 17;
    return (chance->at >> 16) % n;
}

bool chance_hits(struct chance *chance, long of_1000) {
    return chance_below(chance, 1000) < (uint64_t)of_1000;
}

int wire_connect(int port) {
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct timeval limit = {CHAOS_LIMIT_MS / 1000, 0};
    int one = 1, fd = port ? socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) return fd;
    close(fd);
    return -1;
}

bool wire_send(int fd, const char *bytes, size_t n) {
    while (n > 0) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes += sent;
        n -= (size_t)sent;
    }
    return true;
}

/* Bytes of head and body; 0 while the head is not whole. */
static size_t whole_size(const char *message) {
    const char *end = strstr(message, "\r\n\r\n");
    const char *length = end ? strcasestr(message, "\r\nContent-Length:") : NULL;
    if (!end) return 0;
    return (size_t)(end - message) + 4 + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
}

size_t wire_read(int fd, char *to, size_t room) {
    size_t got = 0, whole = 0;
    while (whole == 0 || got < whole) {
        ssize_t n = got < room - 1 ? recv(fd, to + got, room - 1 - got, 0) : 0;
        if (n <= 0) return 0;
        got += (size_t)n;
        to[got] = 0;
        whole = whole_size(to);
    }
    return got == whole ? got : 0;
}

void wire_read_some(int fd, char *to, size_t n) {
    for (size_t got = 0, whole = 0; got < n && (whole == 0 || got < whole);) {
        ssize_t more = recv(fd, to + got, n - got, 0);
        if (more <= 0) return;
        got += (size_t)more;
        to[got] = 0;
        whole = whole_size(to);
    }
}

int wire_status(const char *answer) {
    return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? atoi(answer + 9) : 0;
}

const char *wire_body(const char *message) {
    const char *end = strstr(message, "\r\n\r\n");
    return end ? end + 4 : "";
}
