/* The phones: each sends its events in any order, some twice, and repeats each until it is answered; what it
 * was told is kept. */
#include "chaos.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/id.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN = 5, KEPT = 20000 }; /* faults that are printed; events whose answers are kept in full */

/* ---- what a device has to say ---- */

/* Every stop is confirmed; some had been tried in vain before. */
static void make_events(struct chaos_device *device, int64_t now) {
    struct chaos_history *history = device->history;
    size_t stop = device->plan->first[device->number];
    device->first = history->n;
    for (long i = 0; i < device->options->stops; i++, stop++)
        for (int failure = chance_hits(&device->chance, device->options->failures); failure >= 0; failure--) {
            int64_t at = now - (int64_t)chance_below(&device->chance, 3600000);
            history->event[history->n++] =
                (struct chaos_event){.id = id_random(now),
                                     .at = at,
                                     .stop = stop,
                                     .is_failure = failure,
                                     .lacks_one = chance_hits(&device->chance, 20)};
        }
    device->end = history->n;
}

struct chaos_device *chaos_devices(const struct chaos_options *options, const struct bench_plan *plan,
                                   struct chaos_network *network, struct chaos_history *history) {
    struct clock clock = clock_system();
    size_t most = 2 * (size_t)(options->devices * options->stops);
    struct chaos_device *device = calloc((size_t)options->devices, sizeof *device);
    history->event = calloc(most, sizeof *history->event);
    if (!device || !history->event) bench_fail("no memory for %zu events", most);
    for (long i = 0; i < options->devices; i++) {
        device[i] = (struct chaos_device){.options = options,
                                          .plan = plan,
                                          .history = history,
                                          .number = i,
                                          .chance = chance_of(options->seed, i),
                                          .link = chaos_link(network, i)};
        if (plan->end[i] - plan->first[i] < (size_t)options->stops)
            bench_fail("device %ld has too few stops", i);
        make_events(&device[i], clock_now(&clock));
    }
    return device;
}

/* ---- an event as it goes over the wire ---- */

static size_t write_lines(char *to, size_t room, const struct bench_stop *stop, bool lacks_one) {
    char id[ID_TEXT_SIZE];
    size_t n = 0;
    for (int i = 0; i < BENCH_LINES; i++)
        n += (size_t)snprintf(
            to + n, room - n,
            "%s{\"product_id\":\"%s\",\"qty\":%lld,\"lot\":\"24K11G4%d\",\"expiry\":\"2029-0%d-28\"}",
            i ? "," : "", id_format(stop->line[i].product_id, id),
            (long long)(stop->line[i].units - (lacks_one && i == 0)), bench_lot(stop->line[i].product_id),
            bench_lot(stop->line[i].product_id) % 9 + 1);
    return n;
}

static size_t write_body(char *to, size_t room, const struct bench_stop *stop,
                         const struct chaos_event *event, const char *note) {
    char id[ID_TEXT_SIZE], at[INSTANT_TEXT_SIZE];
    size_t n = (size_t)snprintf(to, room, "{\"id\":\"%s\",\"at\":\"%s\",\"note\":\"%s\"",
                                id_format(event->id, id), instant_format(event->at, at), note);
    if (event->is_failure) return n + (size_t)snprintf(to + n, room - n, ",\"reason\":\"nobody_home\"}");
    n += (size_t)snprintf(
        to + n, room - n,
        ",\"received_by\":{\"name\":\"Robin Example\",\"relation\":\"partner\"},\"location\":"
        "{\"lat\":%.7f,\"lon\":%.7f,\"accuracy_m\":8},\"bypass\":\"device_failed\",\"lines\":[",
        (double)stop->lat / 1e7, (double)stop->lon / 1e7);
    n += write_lines(to + n, room - n, stop, event->lacks_one);
    return n + (size_t)snprintf(to + n, room - n, "]}");
}

/* driver: whose session; at: the stop in whose name it is sent. */
static size_t write_request(const struct chaos_device *device, const struct chaos_event *event, long driver,
                            size_t at, const char *note, char *to) {
    char body[CHAOS_REQUEST / 2], token[32], id[ID_TEXT_SIZE];
    const struct bench_stop *stop = &device->plan->stop[event->stop];
    size_t body_n = write_body(body, sizeof body, stop, event, note);
    return (size_t)snprintf(to, CHAOS_REQUEST,
                            "POST /v1/deliveries/%s/%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                            "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                            "Content-Length: %zu\r\n\r\n%s",
                            id_format(device->plan->stop[at].delivery_id, id),
                            event->is_failure ? "failures" : "confirmations", bench_token((int)driver, token),
                            body_n, body);
}

/* ---- sent until it is answered ---- */

/* The status of an answer that says something: not busy, not uncertain, not cut off. */
static int send_until_answered(struct chaos_device *device, const char *request, size_t n, char *answer) {
    double until = bench_seconds() + 300;
    for (useconds_t wait = 1000; bench_seconds() < until; wait = wait < 50000 ? wait * 2 : wait) {
        int status = chaos_exchange(&device->link, request, n, answer) ? wire_status(answer) : 0;
        if (status > 0 && status < 500 && status != 429) return status;
        atomic_fetch_add(&device->history->unanswered, 1);
        usleep((useconds_t)chance_below(&device->chance, wait));
    }
    bench_fail("device %ld was not answered for five minutes", device->number);
}

static void show(atomic_long *faults, const char *what, const struct chaos_event *event, const char *answer) {
    char id[ID_TEXT_SIZE];
    if (atomic_fetch_add(faults, 1) < SHOWN)
        printf("event %s: %s: %d %.300s\n", id_format(event->id, id), what, wire_status(answer),
               wire_body(answer));
}

static void show_difference(const struct chaos_event *event, const char *now) {
    size_t same = 0;
    if (!event->text) return;
    while (event->text[same] && event->text[same] == now[same])
        same++;
    size_t from = same > 60 ? same - 60 : 0;
    printf("  was …%.160s\n  is  …%.160s\n", event->text + from, now + from);
}

/* How long nothing new was acknowledged to anybody. */
static void note_moment(struct chaos_pauses *pauses) {
    pthread_mutex_lock(&pauses->lock);
    double now = bench_seconds();
    if ((now - pauses->last) * 1000 > CHAOS_PAUSE_MS && pauses->n < CHAOS_PAUSES) {
        pauses->from[pauses->n] = pauses->last;
        pauses->until[pauses->n++] = now;
    }
    pauses->last = now;
    pthread_mutex_unlock(&pauses->lock);
}

void chaos_print_pauses(struct chaos_history *history) {
    const struct chaos_pauses *p = &history->pauses;
    for (long i = 0; i < p->n; i++)
        printf("no new answer from %.1f s to %.1f s: %.1f s\n", p->from[i] - p->started,
               p->until[i] - p->started, p->until[i] - p->from[i]);
}

static void note_answer(struct chaos_device *device, struct chaos_event *event, int status,
                        const char *answer) {
    struct chaos_history *history = device->history;
    uint8_t digest[SHA256_SIZE];
    if (status != 200 && status != 201) {
        show(&history->refused, "refused", event, answer);
        return;
    }
    sha256(wire_body(answer), strlen(wire_body(answer)), digest);
    atomic_fetch_add(&history->answers, 1);
    if (event->answers++ == 0) {
        memcpy(event->answer, digest, sizeof digest);
        atomic_fetch_add(&history->acknowledged, 1);
        note_moment(&history->pauses);
        if (history->n < KEPT) event->text = strdup(wire_body(answer));
    } else if (memcmp(event->answer, digest, sizeof digest) != 0) {
        show(&history->differing, "another answer than before", event, answer);
        show_difference(event, wire_body(answer));
    }
}

static void send_event(struct chaos_device *device, struct chaos_event *event) {
    char request[CHAOS_REQUEST], answer[CHAOS_ANSWER];
    size_t n = write_request(device, event, device->number, event->stop, "", request);
    note_answer(device, event, send_until_answered(device, request, n, answer), answer);
}

/* An id that is taken: of another content it is refused, of another driver it is not there. */
static void probe(struct chaos_device *device, const struct chaos_event *event) {
    char request[CHAOS_REQUEST], answer[CHAOS_ANSWER];
    long other = (device->number + 1) % device->options->devices;
    size_t n = write_request(device, event, device->number, event->stop, "another", request);
    if (send_until_answered(device, request, n, answer) != 409)
        show(&device->history->refused, "other content is not 409", event, answer);
    n = write_request(device, event, other, device->plan->first[other], "", request);
    if (other != device->number && send_until_answered(device, request, n, answer) != 404)
        show(&device->history->refused, "another driver's id is not 404", event, answer);
    atomic_fetch_add(&device->history->probes, 1);
}

/* ---- a device's day ---- */

/* Its events and the copies of some, in any order. */
static size_t *queue_of(struct chaos_device *device, size_t *n_out) {
    size_t n = 0, *queue = calloc(2 * (device->end - device->first), sizeof *queue);
    if (!queue) bench_fail("no memory for a queue");
    for (size_t i = device->first; i < device->end; i++) {
        queue[n++] = i;
        if (chance_hits(&device->chance, device->options->copies)) queue[n++] = i;
    }
    for (size_t i = n; i > 1; i--) {
        size_t k = chance_below(&device->chance, i), was = queue[k];
        queue[k] = queue[i - 1];
        queue[i - 1] = was;
    }
    *n_out = n;
    return queue;
}

static void *work(void *user) {
    struct chaos_device *device = user;
    size_t n, *queue = queue_of(device, &n);
    for (size_t i = 0; i < n; i++) {
        struct chaos_event *event = &device->history->event[queue[i]];
        send_event(device, event);
        if (chance_hits(&device->chance, device->options->probes)) probe(device, event);
    }
    chaos_hang_up(&device->link);
    free(queue);
    return NULL;
}

void chaos_devices_start(struct chaos_device *device, long n) {
    pthread_attr_t small;
    struct chaos_pauses *pauses = &device->history->pauses;
    pthread_mutex_init(&pauses->lock, NULL);
    pauses->started = pauses->last = bench_seconds();
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 512 * 1024);
    for (long i = 0; i < n; i++)
        if (pthread_create(&device[i].thread, &small, work, &device[i]) != 0)
            bench_fail("no thread for a device");
    pthread_attr_destroy(&small);
}

void chaos_devices_join(struct chaos_device *device, long n) {
    for (long i = 0; i < n; i++)
        pthread_join(device[i].thread, NULL);
}
