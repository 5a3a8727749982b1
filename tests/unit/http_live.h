/* A server of our own on 127.0.0.1 for tests, and a client that sends raw bytes. */
#ifndef CANARY_TESTS_HTTP_LIVE_H
#define CANARY_TESTS_HTTP_LIVE_H

#include "check.h"
#include "http/http.h"
#include <pthread.h>
#include <stdatomic.h>

/* The handler answers by path: /now at once, /later from another thread, /held when live_release
 * is called, /gate blocks the loop itself until then; 200 with "METHOD path ?query body". */
struct live {
    struct http_server *server;
    struct http_config config;
    pthread_t loop, worker;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct http_request *later, *held;
    size_t held_n;
    bool released, ended;
    atomic_int gated, handled;
    char refused_slug[64], refused_path[64];
};

/* What differs from the usual: members that are 0 or NULL stay as usual. */
struct live *live_start(struct http_config config);
void live_stop(struct live *live); /* stops, waits, frees */
void live_release(struct live *live);
void live_wait_held(struct live *live, size_t n);

struct client {
    int fd;
    size_t n; /* bytes received and not yet taken as an answer */
    char bytes[16384];
};

struct answer {
    int status; /* 0: the connection ended before an answer */
    char head[2048], body[8192];
};

void client_open(struct client *client, const struct live *live);
void client_close(struct client *client);
void client_send(struct client *client, const char *bytes, size_t n);
void client_text(struct client *client, const char *text);
/* The next answer; `head`: one without a body, to HEAD. */
void client_answer(struct client *client, bool head, struct answer *answer);
/* true when the server ends the connection within the patience of a test, with nothing further sent. */
bool client_ended(struct client *client);
const char *answer_header(const struct answer *answer, const char *name, char text[200]);

#endif
