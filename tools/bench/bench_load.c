/* The drivers: one thread, keep-alive connections, on each the next drop only after the last one's answer. */
#include "bench_load.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 64 };

/* ---- a drop ---- */

/* Of more drivers than there are devices: whose sessions nobody has used. */
static bool become_next(const struct bench_load *load, struct driver *driver) {
    if ((size_t)(driver->number + load->connected) >= load->plan->drivers) return false;
    driver->number += load->connected;
    bench_token(driver->number, driver->token);
    return true;
}

/* Whole runs, stop by stop: a device that has ended one takes the next of its driver. */
bool bench_load_has_stop(struct bench_load *load, struct driver *driver) {
    size_t of = (size_t)driver->number % load->plan->drivers, end = load->plan->end[of];
    if (driver->next < driver->end) return true;
    if (load->claimed[of] == end) return become_next(load, driver) && bench_load_has_stop(load, driver);
    driver->next = load->claimed[of];
    driver->end = driver->next + BENCH_STOPS < end ? driver->next + BENCH_STOPS : end;
    load->claimed[of] = driver->end;
    return true;
}

static void send_request(struct bench_load *load, struct driver *driver) {
    driver->got = 0;
    if (send(driver->fd, driver->request, driver->sent, MSG_NOSIGNAL) != (ssize_t)driver->sent)
        bench_fail("the server takes no request");
    driver->waiting = true;
    load->waiting++;
}

void bench_load_send(struct bench_load *load, struct driver *driver, double since) {
    driver->sent = bench_drop_write(&load->plan->stop[driver->next], driver->next, driver->token,
                                    &load->random, driver->request);
    driver->since = since;
    send_request(load, driver);
    driver->next++;
}

size_t bench_load_left(const struct bench_load *load) {
    size_t left = 0;
    for (size_t i = 0; i < load->plan->drivers; i++)
        left += load->plan->end[i] - load->claimed[i];
    return left;
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
    const char *wanted = load->is_again ? "HTTP/1.1 200 " : "HTTP/1.1 201 ";
    if (strncmp(driver->answer, wanted, 13) != 0) bench_fail("not %s: %.300s", wanted, driver->answer);
    if (load->is_again)
        load->copies++;
    else
        load->latency[load->latencies++] = (uint32_t)((bench_seconds() - driver->since) * 1e6);
    driver->waiting = false;
    load->waiting--;
    load->answered(load, driver);
}

static void read_answer(struct bench_load *load, struct driver *driver) {
    ssize_t n = recv(driver->fd, driver->answer + driver->got, BENCH_ANSWER_MAX - 1 - driver->got, 0);
    if (n <= 0) bench_fail("the server closed a connection (%s)", n < 0 ? strerror(errno) : "end");
    driver->got += (size_t)n;
    driver->answer[driver->got] = 0;
    size_t whole = whole_size(driver);
    if (whole >= BENCH_ANSWER_MAX) bench_fail("an answer of %zu bytes", whole);
    if (whole && driver->got >= whole) take_answer(load, driver);
}

bool bench_load_take(struct bench_load *load, double seconds) {
    struct epoll_event event[EVENTS];
    if (seconds < 0) seconds = 0;
    struct timespec most = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    int n = epoll_pwait2(load->epoll, event, EVENTS, &most, NULL);
    if (n < 0 && errno != EINTR) bench_fail("epoll: %s", strerror(errno));
    for (int i = 0; i < n; i++)
        read_answer(load, event[i].data.ptr);
    return n > 0;
}

/* ---- connections ---- */

static void connect_driver(struct bench_load *load, struct driver *driver) {
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)load->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = driver};
    int one = 1;
    driver->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (driver->fd < 0 || connect(driver->fd, (struct sockaddr *)&to, sizeof to) != 0)
        bench_fail("no connection to port %d: %s", load->port, strerror(errno));
    setsockopt(driver->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, driver->fd, &event) != 0) bench_fail("epoll");
}

void bench_load_connect(struct bench_load *load, int n) {
    for (int i = load->connected; i < n; i++)
        connect_driver(load, &load->driver[i]);
    for (int i = n; i < load->connected; i++) {
        close(load->driver[i].fd);
        load->driver[i].fd = -1;
    }
    load->connected = n;
}

/* A descriptor for every device. */
static void raise_files(void) {
    const rlim_t wanted = BENCH_CONNECTIONS + 256;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted)
        bench_fail("%d open files are needed", (int)wanted);
}

struct bench_load *bench_load_open(const struct bench_plan *plan, int port) {
    struct bench_load *load = calloc(1, sizeof *load);
    if (!load) bench_fail("no memory");
    *load = (struct bench_load){.plan = plan,
                                .port = port,
                                .epoll = epoll_create1(EPOLL_CLOEXEC),
                                .driver = calloc(BENCH_CONNECTIONS, sizeof *load->driver),
                                .claimed = calloc(plan->drivers, sizeof *load->claimed),
                                .latency = calloc(plan->n, sizeof *load->latency),
                                .random = 0x2545F4914F6CDD1D};
    if (!load->driver || !load->claimed || !load->latency) bench_fail("no memory");
    raise_files();
    memcpy(load->claimed, plan->first, plan->drivers * sizeof *load->claimed);
    for (int i = 0; i < BENCH_CONNECTIONS; i++) {
        load->driver[i].number = i;
        load->driver[i].fd = -1;
        bench_token(i, load->driver[i].token);
    }
    return load;
}

/* ---- the closed loop ---- */

static void send_next(struct bench_load *load, struct driver *driver) {
    double now = bench_seconds();
    if (now < load->until && bench_load_has_stop(load, driver)) bench_load_send(load, driver, now);
}

static void send_again(struct bench_load *load, struct driver *driver) {
    if (driver->sent > 0 && bench_seconds() < load->until) send_request(load, driver);
}

/* Every connected device sends with each answer, until the time is over. */
static double run(struct bench_load *load, void (*send_one)(struct bench_load *, struct driver *),
                  double seconds) {
    double started = bench_seconds();
    load->until = started + seconds;
    load->answered = send_one;
    for (int i = 0; i < load->connected; i++)
        send_one(load, &load->driver[i]);
    while (load->waiting)
        if (!bench_load_take(load, 15)) bench_fail("no answer for 15 seconds");
    return bench_seconds() - started;
}

double bench_load_run(struct bench_load *load, int connections, double seconds, size_t *drops_out) {
    size_t before = load->latencies;
    bench_load_connect(load, connections);
    double took = run(load, send_next, seconds);
    *drops_out = load->latencies - before;
    return took;
}

double bench_load_again(struct bench_load *load, double seconds, size_t *copies_out) {
    load->copies = 0;
    load->is_again = true;
    double took = run(load, send_again, seconds);
    load->is_again = false;
    *copies_out = load->copies;
    return took;
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
    bench_load_connect(load, 0);
    close(load->epoll);
    free(load->driver);
    free(load->claimed);
    free(load->latency);
    free(load);
}
