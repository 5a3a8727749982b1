/* The list of connections, and how long each may take for what it is doing. The library's own
 * timer is one of inactivity: a byte every few seconds would hold a connection for ever. */
#include "base/clock.h"
#include "base/log.h"
#include "http/http_server.h"
#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum {
    US_PER_MS = 1000,
    STATE_CLOSE_WAIT = 8 /* TCP_CLOSE_WAIT of netinet/tcp.h, which excludes linux/tcp.h */
};

struct http_connection *http_connection_of(struct MHD_Connection *mhd) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static bool is_loopback(struct MHD_Connection *mhd) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (!info || !info->client_addr) return false;
    if (info->client_addr->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, info->client_addr, sizeof v4);
        return ntohl(v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    struct sockaddr_in6 v6;
    memcpy(&v6, info->client_addr, sizeof v6);
    bool mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) && v6.sin6_addr.s6_addr[12] == IN_LOOPBACKNET;
    return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) || mapped;
}

static struct http_connection *opened(struct http_server *server, struct MHD_Connection *mhd) {
    struct http_connection *connection = calloc(1, sizeof *connection);
    if (!connection) return NULL;
    connection->server = server;
    connection->mhd = mhd;
    connection->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    connection->loopback = is_loopback(mhd);
    connection->since_us = clock_monotonic_us();
    connection->next = server->connections;
    connection->link = &server->connections;
    if (connection->next) connection->next->link = &connection->next;
    server->connections = connection;
    atomic_fetch_add(&server->open, 1);
    atomic_fetch_add(&server->accepted, 1);
    return connection;
}

static void closed(struct http_connection *connection) {
    struct http_server *server = connection->server;
    if (connection->refused) http_linger_add(server, connection->fd);
    *connection->link = connection->next;
    if (connection->next) connection->next->link = connection->link;
    free(connection);
    atomic_fetch_sub(&server->open, 1);
}

void http_connection_notify(void *server, struct MHD_Connection *mhd, void **connection,
                            enum MHD_ConnectionNotificationCode code) {
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        *connection = opened(server, mhd);
    else if (*connection)
        closed(*connection);
}

void http_connection_phase(struct http_connection *connection, enum http_phase phase) {
    connection->phase = phase;
    connection->since_us = clock_monotonic_us();
    connection->begun_us = 0;
}

struct peer {
    bool more; /* bytes arrived that belong to no request handed over yet */
    bool gone; /* it has ended its side and we have read all it sent */
};

/* The kernel counts what arrived, we count what was in whole requests: this sees a single byte of
 * a next request, whether it waits in the socket or in the library's buffer. And it sees an end
 * that came together with bytes, which the library overlooks (edge-triggered, short read). */
static struct peer peer_of(const struct http_connection *connection) {
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    int unread = 0;
    if (getsockopt(connection->fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return (struct peer){0};
    bool ended = info.tcpi_state == STATE_CLOSE_WAIT; /* then the end is counted as one byte */
    if (ended && ioctl(connection->fd, FIONREAD, &unread) != 0) unread = 0;
    return (struct peer){.more = info.tcpi_bytes_received - ended > connection->consumed,
                         .gone = ended && unread == 0};
}

bool http_connection_has_more(const struct http_connection *connection) {
    return peer_of(connection).more;
}

static void shut(struct http_connection *connection) {
    connection->shut = true;
    shutdown(connection->fd, SHUT_RDWR);
}

static bool over(int64_t since_us, int64_t limit_ms, int64_t now_us) {
    return now_us - since_us > limit_ms * US_PER_MS;
}

static bool sweep_arriving(struct http_connection *connection, int64_t since_us, int64_t limit_ms,
                           int64_t now_us) {
    struct http_server *server = connection->server;
    bool late = over(since_us, limit_ms, now_us) || (server->draining && now_us > server->deadline_us);
    bool gone = peer_of(connection).gone;
    if (late && !gone) atomic_fetch_add(&server->dripped, 1);
    if (late || gone) shut(connection);
    return !connection->shut;
}

static bool sweep_idle(struct http_connection *connection, int64_t now_us) {
    const struct http_server *server = connection->server;
    struct peer peer = peer_of(connection);
    if (peer.more && !connection->begun_us) connection->begun_us = now_us;
    if (peer.more) return sweep_arriving(connection, connection->begun_us, server->config.request_ms, now_us);
    bool over_time = over(connection->since_us, server->config.idle_ms, now_us);
    if (server->draining || peer.gone || over_time) shut(connection);
    return false;
}

static bool sweep_answering(struct http_connection *connection, int64_t now_us) {
    const struct http_server *server = connection->server;
    int64_t limit_ms = server->draining ? server->config.request_ms : connection->answer_ms;
    if (over(connection->since_us, limit_ms, now_us)) shut(connection);
    return !connection->shut;
}

static bool sweep_one(struct http_connection *connection, int64_t now_us) {
    switch (connection->phase) {
    case PHASE_IDLE:
        return sweep_idle(connection, now_us);
    case PHASE_ARRIVING:
        return sweep_arriving(connection, connection->since_us, connection->arrive_ms, now_us);
    case PHASE_HANDLED:
        return true; /* the handler answers: it has promised to */
    case PHASE_ANSWERING:
        return sweep_answering(connection, now_us);
    }
    REQUIRE(false);
    return false;
}

size_t http_connection_sweep(struct http_server *server, int64_t now_us) {
    size_t busy = 0;
    for (struct http_connection *connection = server->connections; connection; connection = connection->next)
        if (!connection->shut && sweep_one(connection, now_us)) busy++;
    return busy;
}
