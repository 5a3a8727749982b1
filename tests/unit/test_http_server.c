/* The running server: answers, keep-alive, many connections, limits of time and size, the orderly end. */
#include "http_live.h"
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"

static void check_answer(struct client *client, int status, const char *body) {
    struct answer answer;
    client_answer(client, false, &answer);
    CHECK_INT(answer.status, status);
    if (body) CHECK_STR(answer.body, body);
}

static void check_exchange(const struct live *live, const char *text, int status, const char *body) {
    struct client client;
    client_open(&client, live);
    client_text(&client, text);
    check_answer(&client, status, body);
    client_close(&client);
}

TEST(http_answers_at_once_and_from_another_thread) {
    struct live *live = live_start((struct http_config){0});
    check_exchange(live, GET("/now?a=1&b=%20"), 200, "GET /now ?a=1&b=%20 ");
    check_exchange(live, GET("/later"), 200, "GET /later ? ");
    check_exchange(live, "POST /later HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", 200,
                   "POST /later ? hello");
    check_exchange(live, "PATCH /a%2Fb%20 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 200,
                   "PATCH /a%2Fb%20 ? ");
    live_stop(live);
}
