/* The network between a device and the server: it cuts connections at any byte of a request or an answer,
 * takes its time, and delivers requests twice, at once or long after. It is what the device does with its own
 * sockets, so that what the server meets costs the machine no second program and no second way of every byte.
 */
#include "chaos.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum fate { PASS, CUT_REQUEST, CUT_ANSWER, DELAY, REPEAT, REPEAT_LATE };

static enum fate fate_of(struct chaos_link *link) {
    const struct chaos_options *o = link->network->options;
    if (chance_hits(&link->chance, o->cut)) return chance_hits(&link->chance, 500) ? CUT_REQUEST : CUT_ANSWER;
    if (chance_hits(&link->chance, o->delay)) return DELAY;
    if (chance_hits(&link->chance, o->repeat)) return chance_hits(&link->chance, 500) ? REPEAT : REPEAT_LATE;
    return PASS;
}

static void hang_up(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

struct message {
    const char *request;
    size_t n;
    char *answer;
};

static bool give(struct chaos_link *link, int *fd, const struct message *m, size_t n) {
    if (*fd < 0) *fd = wire_connect(atomic_load(&link->network->server->port));
    return *fd >= 0 && wire_send(*fd, m->request, n);
}

static bool take(struct chaos_link *link, int fd, const struct message *m) {
    size_t n = wire_read(fd, m->answer, CHAOS_ANSWER);
    if (n) link->answer_n = n;
    return n > 0;
}

/* ---- fates: false when the connection ends with it ---- */

static bool cut_request(struct chaos_link *link, const struct message *m) {
    atomic_fetch_add(&link->network->cut, 1);
    give(link, &link->fd, m, chance_below(&link->chance, m->n + 1));
    return false;
}

/* At a byte of an answer as long as the last one. */
static bool cut_answer(struct chaos_link *link, const struct message *m) {
    atomic_fetch_add(&link->network->cut, 1);
    if (give(link, &link->fd, m, m->n))
        wire_read_some(link->fd, m->answer, chance_below(&link->chance, link->answer_n + 1));
    return false;
}

static bool pass(struct chaos_link *link, const struct message *m) {
    return give(link, &link->fd, m, m->n) && take(link, link->fd, m);
}

static bool delay(struct chaos_link *link, const struct message *m) {
    atomic_fetch_add(&link->network->delayed, 1);
    usleep((useconds_t)chance_below(&link->chance, 30000));
    bool passed = pass(link, m);
    usleep((useconds_t)chance_below(&link->chance, 30000));
    return passed;
}

/* The same bytes over two connections at once; the device hears one of the two answers. */
static bool repeat(struct chaos_link *link, const struct message *m) {
    atomic_fetch_add(&link->network->repeated, 1);
    bool both = give(link, &link->fd, m, m->n) && give(link, &link->second, m, m->n);
    bool swapped = chance_hits(&link->chance, 500);
    return both && take(link, swapped ? link->second : link->fd, m) &&
           take(link, swapped ? link->fd : link->second, m);
}

static bool repeat_late(struct chaos_link *link, const struct message *m) {
    struct chaos_network *network = link->network;
    size_t i = chance_below(&link->chance, COUNT(network->late));
    pthread_mutex_lock(&network->lock);
    if (!network->late[i] && (network->late[i] = malloc(m->n))) {
        memcpy(network->late[i], m->request, m->n);
        network->late_n[i] = m->n;
    }
    pthread_mutex_unlock(&network->lock);
    return pass(link, m);
}

struct chaos_link chaos_link(struct chaos_network *network, long number) {
    return (struct chaos_link){.network = network,
                               .chance = chance_of(network->options->seed, 1000000 + number),
                               .fd = -1,
                               .second = -1,
                               .answer_n = 1024};
}

bool chaos_exchange(struct chaos_link *link, const char *request, size_t n, char *answer_out) {
    static bool (*const FATE[])(struct chaos_link * link, const struct message *m) = {
        [PASS] = pass,   [CUT_REQUEST] = cut_request, [CUT_ANSWER] = cut_answer,
        [DELAY] = delay, [REPEAT] = repeat,           [REPEAT_LATE] = repeat_late};
    const struct message m = {request, n, answer_out};
    atomic_fetch_add(&link->network->requests, 1);
    if (FATE[fate_of(link)](link, &m)) return true;
    chaos_hang_up(link);
    return false;
}

void chaos_hang_up(struct chaos_link *link) {
    hang_up(&link->fd);
    hang_up(&link->second);
}

/* ---- what comes late ---- */

static bool send_late(struct chaos_network *network, size_t i) {
    char answer[CHAOS_ANSWER];
    pthread_mutex_lock(&network->lock);
    char *request = network->late[i];
    size_t n = network->late_n[i];
    network->late[i] = NULL;
    pthread_mutex_unlock(&network->lock);
    if (!request) return false;
    int fd = wire_connect(atomic_load(&network->server->port));
    if (fd >= 0 && wire_send(fd, request, n) && wire_read(fd, answer, sizeof answer))
        atomic_fetch_add(&network->came_late, 1);
    hang_up(&fd);
    free(request);
    return true;
}

static void *send_all_late(void *user) {
    struct chaos_network *network = user;
    struct chance chance = chance_of(network->options->seed, -7);
    while (!atomic_load(&network->stopping)) {
        usleep((useconds_t)chance_below(&chance, 20000));
        send_late(network, chance_below(&chance, COUNT(network->late)));
    }
    for (size_t i = 0; i < COUNT(network->late); i++)
        send_late(network, i);
    return NULL;
}

/* ---- all of it ---- */

void chaos_network_open(struct chaos_network *network, const struct chaos_options *options,
                        struct chaos_server *server) {
    network->options = options;
    network->server = server;
    pthread_mutex_init(&network->lock, NULL);
    if (pthread_create(&network->ghost, NULL, send_all_late, network) != 0)
        bench_fail("no thread for what comes late");
}

void chaos_network_close(struct chaos_network *network) {
    atomic_store(&network->stopping, true);
    pthread_join(network->ghost, NULL);
}
