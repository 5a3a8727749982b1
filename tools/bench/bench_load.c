/* The drivers: one thread, 64 keep-alive connections, on each the next drop only after the last one's answer.
 */
#include "bench.h"
#include "base/date.h"
#include "base/id.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BODY_MAX = 4096, ANSWER_MAX = 65536 };

struct driver {
    int fd, number;
    size_t next; /* stop */
    double sent_at;
    bool waiting;
    size_t got; /* bytes of the answer */
    char token[32];
    char answer[ANSWER_MAX];
};

struct bench_load {
    const struct bench_plan *plan;
    int epoll;
    struct driver driver[BENCH_DRIVERS];
    uint32_t *latency; /* µs */
    size_t latencies;
    size_t waiting; /* drivers with a request on its way */
    double until;   /* no request begins after it */
    uint64_t random;
};

/* ---- a drop ---- */

static uint64_t next_random(struct bench_load *load) {
    load->random ^= load->random << 13;
    load->random ^= load->random >> 7;
    load->random ^= load->random << 17;
    return load->random;
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static size_t write_lines(char *to, size_t room, const struct bench_stop *stop, bool is_short) {
    char id[ID_TEXT_SIZE];
    size_t n = 0;
    for (int i = 0; i < BENCH_LINES; i++) {
        int64_t units = stop->line[i].units - (is_short && i == 0);
        n += (size_t)snprintf(
            to + n, room - n,
            "%s{\"product_id\":\"%s\",\"qty\":%lld,\"lot\":\"24K11G4%d\",\"expiry\":\"2029-0%d-28\","
            "\"scanned\":true}",
            i ? "," : "", id_format(stop->line[i].product_id, id), (long long)units, i, i + 1);
    }
    return n;
}

/* Every 50th drop lacks a unit; every fifth is received by the person listed, not by the patient. */
static size_t write_body(struct bench_load *load, const struct driver *driver, char *to) {
    const struct bench_stop *stop = &load->plan->stop[driver->next];
    char id[ID_TEXT_SIZE], at[INSTANT_TEXT_SIZE];
    int64_t now = now_ms();
    bool listed = driver->next % 5 == 0;
    size_t n = (size_t)snprintf(
        to, BODY_MAX,
        "{\"id\":\"%s\",\"at\":\"%s\",\"received_by\":{\"name\":\"Robin Example\",\"relation\":\"%s\"},"
        "\"location\":{\"lat\":%.7f,\"lon\":%.7f,\"accuracy_m\":8},\"lines\":[",
        id_format(id_new(now), id), instant_format(now, at), listed ? "partner" : "patient",
        (double)stop->lat / 1e7 + 0.0001, (double)stop->lon / 1e7);
    n += write_lines(to + n, BODY_MAX - n, stop, driver->next % 50 == 7);
    n += (size_t)snprintf(
        to + n, BODY_MAX - n,
        "],\"evidence\":[{\"kind\":\"signature\",\"sha256\":\"%016llx%016llx%016llx%016llx\"}]}",
        (unsigned long long)next_random(load), (unsigned long long)next_random(load),
        (unsigned long long)next_random(load), (unsigned long long)next_random(load));
    return n;
}

static void send_drop(struct bench_load *load, struct driver *driver) {
    char body[BODY_MAX], request[BODY_MAX + 512], id[ID_TEXT_SIZE];
    size_t body_n = write_body(load, driver, body);
    size_t n = (size_t)snprintf(request, sizeof request,
                                "POST /v1/deliveries/%s/confirmations HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                                "Content-Length: %zu\r\n\r\n%.*s",
                                id_format(load->plan->stop[driver->next].delivery_id, id), driver->token,
                                body_n, (int)body_n, body);
    driver->got = 0;
    driver->sent_at = bench_seconds();
    if (send(driver->fd, request, n, MSG_NOSIGNAL) != (ssize_t)n) bench_fail("the server takes no request");
    driver->next++;
    driver->waiting = true;
    load->waiting++;
}

/* ---- an answer ---- */

/* Bytes of head and body; 0 while the head is not whole. */
static size_t whole_size(const struct driver *driver) {
    const char *end = memmem(driver->answer, driver->got, "\r\n\r\n", 4);
    const char *length = end ? strcasestr(driver->answer, "\r\nContent-Length:") : NULL;
    if (!end) return 0;
    if (!length || length > end) bench_fail("an answer without Content-Length");
    return (size_t)(end - driver->answer) + 4 + strtoul(length + 17, NULL, 10);
}

static void take_answer(struct bench_load *load, struct driver *driver) {
    double us = (bench_seconds() - driver->sent_at) * 1e6;
    if (strncmp(driver->answer, "HTTP/1.1 201 ", 13) != 0) bench_fail("not 201: %.300s", driver->answer);
    load->latency[load->latencies++] = (uint32_t)us;
    driver->waiting = false;
    load->waiting--;
    if (bench_seconds() < load->until && driver->next < load->plan->end[driver->number])
        send_drop(load, driver);
}

static void read_answer(struct bench_load *load, struct driver *driver) {
    ssize_t n = recv(driver->fd, driver->answer + driver->got, ANSWER_MAX - 1 - driver->got, 0);
    if (n <= 0) bench_fail("the server closed a connection (%s)", n < 0 ? strerror(errno) : "end");
    driver->got += (size_t)n;
    driver->answer[driver->got] = 0;
    size_t whole = whole_size(driver);
    if (whole >= ANSWER_MAX) bench_fail("an answer of %zu bytes", whole);
    if (whole && driver->got >= whole) take_answer(load, driver);
}

/* ---- the run ---- */

static void connect_driver(struct bench_load *load, int i, int port) {
    struct driver *driver = &load->driver[i];
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = driver};
    int one = 1;
    driver->number = i;
    driver->next = load->plan->first[i];
    bench_token(i, driver->token);
    driver->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (driver->fd < 0 || connect(driver->fd, (struct sockaddr *)&to, sizeof to) != 0)
        bench_fail("no connection to port %d", port);
    setsockopt(driver->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, driver->fd, &event) != 0) bench_fail("epoll");
}

struct bench_load *bench_load_open(const struct bench_plan *plan, int port) {
    struct bench_load *load = calloc(1, sizeof *load);
    uint32_t *latency = calloc(plan->n, sizeof *latency);
    if (!load || !latency) bench_fail("no memory");
    load->plan = plan;
    load->latency = latency;
    load->random = 0x2545F4914F6CDD1D;
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < BENCH_DRIVERS; i++)
        connect_driver(load, i, port);
    return load;
}

static void wait_for_answers(struct bench_load *load) {
    struct epoll_event event[BENCH_DRIVERS];
    int n = epoll_wait(load->epoll, event, BENCH_DRIVERS, 15000);
    if (n == 0 || (n < 0 && errno != EINTR)) bench_fail("no answer for 15 seconds");
    for (int i = 0; i < n; i++)
        read_answer(load, event[i].data.ptr);
}

double bench_load_run(struct bench_load *load, double seconds, size_t *drops_out) {
    size_t before = load->latencies;
    double started = bench_seconds();
    load->until = started + seconds;
    for (int i = 0; i < BENCH_DRIVERS; i++)
        if (load->driver[i].next < load->plan->end[i]) send_drop(load, &load->driver[i]);
    while (load->waiting)
        wait_for_answers(load);
    *drops_out = load->latencies - before;
    return bench_seconds() - started;
}

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

const uint32_t *bench_load_latencies(struct bench_load *load, size_t *n_out) {
    qsort(load->latency, load->latencies, sizeof *load->latency, by_value);
    *n_out = load->latencies;
    load->latencies = 0;
    return load->latency;
}

void bench_load_close(struct bench_load *load) {
    for (int i = 0; i < BENCH_DRIVERS; i++)
        close(load->driver[i].fd);
    close(load->epoll);
    free(load->latency);
    free(load);
}
