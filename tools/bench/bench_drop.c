/* A drop as a phone sends it: 6 lines with lot and expiry, receiver, place, signature. */
#include "bench_load.h"
#include "base/date.h"
#include "base/id.h"
#include <stdio.h>
#include <time.h>

enum { BODY_MAX = 4096 };

static uint64_t next_random(uint64_t *random) {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int bench_lot(struct id product_id) {
    return product_id.b[15] % 10;
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
            i ? "," : "", id_format(stop->line[i].product_id, id), (long long)units,
            bench_lot(stop->line[i].product_id), bench_lot(stop->line[i].product_id) % 9 + 1);
    }
    return n;
}

/* Every 50th drop lacks a unit; every fifth is received by the person listed, not by the patient. */
static size_t write_body(const struct bench_stop *stop, size_t number, uint64_t *random, char *to) {
    char id[ID_TEXT_SIZE], at[INSTANT_TEXT_SIZE];
    int64_t now = now_ms();
    bool listed = number % 5 == 0;
    size_t n = (size_t)snprintf(
        to, BODY_MAX,
        "{\"id\":\"%s\",\"at\":\"%s\",\"received_by\":{\"name\":\"Robin Example\",\"relation\":\"%s\"},"
        "\"location\":{\"lat\":%.7f,\"lon\":%.7f,\"accuracy_m\":8},\"lines\":[",
        id_format(id_random(now), id), instant_format(now, at), listed ? "partner" : "patient",
        (double)stop->lat / 1e7 + 0.0001, (double)stop->lon / 1e7);
    n += write_lines(to + n, BODY_MAX - n, stop, number % 50 == 7);
    n += (size_t)snprintf(
        to + n, BODY_MAX - n,
        "],\"evidence\":[{\"kind\":\"signature\",\"sha256\":\"%016llx%016llx%016llx%016llx\"}]}",
        (unsigned long long)next_random(random), (unsigned long long)next_random(random),
        (unsigned long long)next_random(random), (unsigned long long)next_random(random));
    return n;
}

size_t bench_drop_write(const struct bench_stop *stop, size_t number, const char *token, uint64_t *random,
                        char request[BENCH_REQUEST_MAX]) {
    char body[BODY_MAX], id[ID_TEXT_SIZE];
    size_t n = write_body(stop, number, random, body);
    return (size_t)snprintf(request, BENCH_REQUEST_MAX,
                            "POST /v1/deliveries/%s/confirmations HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                            "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                            "Content-Length: %zu\r\n\r\n%.*s",
                            id_format(stop->delivery_id, id), token, n, (int)n, body);
}
