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

/* Once for each answer, on the loop's thread. */
static void finish(void *user, struct http_request *request) {
    struct live *live = user;
    if (!pthread_equal(pthread_self(), live->loop)) return;
    request->response.body = arena_printf(request->arena, "%s, finished", request->response.body);
    request->response.body_size = strlen(request->response.body);
}

TEST(http_answers_are_finished_on_the_loops_thread) {
    struct live *live = live_start((struct http_config){.finish = finish});
    check_exchange(live, GET("/now"), 200, "GET /now ? , finished");
    check_exchange(live, GET("/later"), 200, "GET /later ? , finished");
    live_stop(live);
}

TEST(http_done_inside_the_handler_and_headers_reach_it) {
    struct live *live = live_start((struct http_config){0});
    check_exchange(
        live,
        "GET /headers HTTP/1.1\r\nhost: h\r\nAUTHORIZATION: Bearer x  \r\nContent-Type:text/csv\r\n"
        "Accept: a/b\r\nIf-Match: \"3\"\r\nIdempotency-Key: k\r\n\r\n",
        200, "Bearer x|text/csv|a/b|\"3\"|k|1");
    check_exchange(live, GET("/headers"), 200, "-|-|-|-|-|1");
    live_stop(live);
}

TEST(http_every_answer_has_the_security_headers) {
    struct live *live = live_start((struct http_config){0});
    static const char *const REQUESTS[] = {GET("/now"), GET("/later"), GET("/nothing"), GET("no-slash")};
    for (size_t i = 0; i < COUNT(REQUESTS); i++) {
        struct client client;
        struct answer answer;
        char text[200];
        client_open(&client, live);
        client_text(&client, REQUESTS[i]);
        client_answer(&client, false, &answer);
        CHECK_STR(answer_header(&answer, "X-Content-Type-Options", text), "nosniff");
        CHECK_STR(answer_header(&answer, "Cache-Control", text), "no-store");
        client_close(&client);
    }
    live_stop(live);
}

TEST(http_a_header_given_replaces_the_usual_one) {
    struct live *live = live_start((struct http_config){0});
    struct client client;
    struct answer answer;
    char text[200];
    client_open(&client, live);
    client_text(&client, GET("/cached"));
    client_answer(&client, false, &answer);
    CHECK_STR(answer_header(&answer, "Cache-Control", text), "max-age=60");
    CHECK(!strstr(answer.head, "no-store"));
    client_close(&client);
    live_stop(live);
}

TEST(http_head_is_get_without_a_body) {
    struct live *live = live_start((struct http_config){0});
    struct client client;
    struct answer answer;
    char text[200];
    client_open(&client, live);
    for (int i = 0; i < 2; i++) { /* the second one shows that no body byte came */
        client_text(&client, "HEAD /now HTTP/1.1\r\nHost: h\r\n\r\n");
        client_answer(&client, true, &answer);
        CHECK_INT(answer.status, 200);
        CHECK_STR(answer_header(&answer, "Content-Length", text), "12");
    }
    client_text(&client, GET("/nothing"));
    check_answer(&client, 204, "");
    client_close(&client);
    live_stop(live);
}

TEST(http_close_closes) {
    struct live *live = live_start((struct http_config){0});
    struct client client;
    client_open(&client, live);
    client_text(&client, GET("/close"));
    check_answer(&client, 200, "GET /close ? ");
    CHECK(client_ended(&client));
    client_close(&client);
    live_stop(live);
}

TEST(http_keeps_alive_for_100_requests) {
    struct live *live = live_start((struct http_config){0});
    struct client client;
    client_open(&client, live);
    for (int i = 0; i < 100; i++) {
        char text[200], body[200];
        snprintf(body, sizeof body, "POST /%s ?n=%d body%d", i % 2 ? "later" : "now", i, i);
        snprintf(text, sizeof text, "POST /%s?n=%d HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\nbody%d",
                 i % 2 ? "later" : "now", i, strlen("body") + (i < 10 ? 1 : 2), i);
        client_text(&client, text);
        check_answer(&client, 200, body);
    }
    struct http_stats stats;
    http_stats(live->server, &stats);
    CHECK_INT(stats.requests, 100);
    CHECK_INT(stats.connections, 1);
    CHECK_INT(stats.refused, 0);
    client_close(&client);
    live_stop(live);
}

TEST(http_answers_pipelined_requests_in_order) {
    struct live *live = live_start((struct http_config){0});
    struct client client;
    client_open(&client, live);
    client_text(&client, GET("/later?1") "POST /now?2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab" GET(
                             "/later?3") GET("/now?4"));
    check_answer(&client, 200, "GET /later ?1 ");
    check_answer(&client, 200, "POST /now ?2 ab");
    check_answer(&client, 200, "GET /later ?3 ");
    check_answer(&client, 200, "GET /now ?4 ");
    client_close(&client);
    live_stop(live);
}

TEST(http_takes_a_request_byte_by_byte) {
    static const char TEXT[] =
        "POST /later?x HTTP/1.1\r\nHost: h\r\nAccept: \tz\r\nContent-Length: 4\r\n\r\nabcd";
    struct live *live = live_start((struct http_config){0});
    struct client client;
    client_open(&client, live);
    for (size_t i = 0; i < strlen(TEXT); i++) {
        client_send(&client, TEXT + i, 1);
        usleep(500);
    }
    check_answer(&client, 200, "POST /later ?x abcd");
    client_close(&client);
    live_stop(live);
}

TEST(http_takes_a_large_body_whole) {
    enum { SIZE = 1 << 20, HEAD = 1000 };
    struct live *live = live_start((struct http_config){.arena_cap = 8 << 20});
    struct client client;
    char *body = malloc(SIZE), *got = malloc(SIZE + HEAD);
    size_t n = 0;
    for (size_t i = 0; i < SIZE; i++)
        body[i] = (char)('a' + i % 23);
    client_open(&client, live);
    client_text(&client,
                "POST /large HTTP/1.1\r\nHost: h\r\nContent-Length: 1048576\r\nConnection: close\r\n\r\n");
    client_send(&client, body, SIZE);
    for (ssize_t more; (more = recv(client.fd, got + n, SIZE + HEAD - n, 0)) > 0;)
        n += (size_t)more;
    CHECK(n > SIZE && memcmp(got + n - SIZE, body, SIZE) == 0);
    free(got);
    free(body);
    client_close(&client);
    live_stop(live);
}

/* All of them have a whole request waiting when the loop looks: the gate holds it until then. */
static void check_ready(size_t n) {
    struct live *live = live_start((struct http_config){0});
    struct client gate, *client = calloc(n, sizeof *client);
    client_open(&gate, live);
    for (size_t i = 0; i < n; i++)
        client_open(&client[i], live);
    for (size_t i = 0; i < n; i++)
        client_text(&client[i], GET("/now"));
    for (size_t i = 0; i < n; i++)
        check_answer(&client[i], 200, NULL);
    client_text(&gate, GET("/gate"));
    while (!atomic_load(&live->gated))
        usleep(200);
    for (size_t i = 0; i < n; i++)
        client_text(&client[i], i % 2 ? GET("/now") : GET("/later"));
    live_release(live);
    for (size_t i = 0; i < n; i++)
        check_answer(&client[i], 200, i % 2 ? "GET /now ? " : "GET /later ? ");
    check_answer(&gate, 200, NULL);
    for (size_t i = 0; i < n; i++)
        client_close(&client[i]);
    client_close(&gate);
    free(client);
    live_stop(live);
}

TEST(http_does_not_stall_when_a_multiple_of_128_is_ready) {
    static const size_t READY[] = {127, 128, 129, 255, 256, 257, 512, 1000};
    for (size_t i = 0; i < COUNT(READY); i++)
        check_ready(READY[i]);
}

TEST(http_answers_300_connections_20_times) {
    enum { N = 300, ROUNDS = 20 };
    struct live *live = live_start((struct http_config){0});
    struct client *client = calloc(N, sizeof *client);
    for (size_t i = 0; i < N; i++)
        client_open(&client[i], live);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < N; i++)
            client_text(&client[i], GET("/later"));
        for (size_t i = 0; i < N; i++)
            check_answer(&client[i], 200, "GET /later ? ");
    }
    struct http_stats stats;
    http_stats(live->server, &stats);
    CHECK_INT(stats.requests, N * ROUNDS);
    CHECK_INT(stats.connections, N);
    for (size_t i = 0; i < N; i++)
        client_close(&client[i]);
    free(client);
    live_stop(live);
}

/* Sends one more byte every few milliseconds until the server has had enough. */
static bool drips_until_shut(struct client *client, int64_t ms) {
    for (int64_t i = 0; i < ms / 5; i++) {
        if (send(client->fd, "x", 1, MSG_NOSIGNAL) < 0) return true;
        usleep(5000);
    }
    return false;
}

static void check_drip(const char *begin) {
    struct live *live = live_start((struct http_config){.request_ms = 80});
    struct client client;
    struct http_stats stats;
    client_open(&client, live);
    client_text(&client, begin);
    CHECK(drips_until_shut(&client, 10000));
    http_stats(live->server, &stats);
    CHECK_INT(stats.dripped, 1);
    CHECK_INT(stats.requests, 0);
    client_close(&client);
    live_stop(live);
}

TEST(http_shuts_down_a_slow_drip) {
    check_drip("POST /large HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
    check_drip("GET / HTTP/1.1\r\nHost: h\r\nX: ");
    check_drip("GET /");
}

TEST(http_a_slow_handler_is_no_slow_drip) {
    struct live *live = live_start((struct http_config){.request_ms = 20, .idle_ms = 20});
    struct client client;
    client_open(&client, live);
    client_text(&client, GET("/held"));
    live_wait_held(live, 1);
    usleep(120000);
    live_release(live);
    check_answer(&client, 200, "GET /held ? ");
    client_close(&client);
    live_stop(live);
}

TEST(http_closes_idle_connections) {
    struct live *live = live_start((struct http_config){.idle_ms = 60});
    struct client fresh, used;
    struct http_stats stats;
    client_open(&fresh, live);
    client_open(&used, live);
    client_text(&used, GET("/now"));
    check_answer(&used, 200, NULL);
    CHECK(client_ended(&fresh));
    CHECK(client_ended(&used));
    http_stats(live->server, &stats);
    CHECK_INT(stats.dripped, 0);
    client_close(&fresh);
    client_close(&used);
    live_stop(live);
}

static void check_too_large(const char *head, size_t sent) {
    struct live *live = live_start((struct http_config){0});
    struct client client;
    char *body = calloc(1, sent + 1);
    client_open(&client, live);
    client_text(&client, head);
    client_send(&client, body, sent);
    check_answer(&client, 413, NULL);
    CHECK(client_ended(&client));
    CHECK_STR(live->refused_slug, "request.too-large");
    CHECK_STR(live->refused_path, "POST /a");
    CHECK_INT(atomic_load(&live->handled), 0);
    free(body);
    client_close(&client);
    live_stop(live);
}

TEST(http_refuses_a_body_over_its_limit_and_closes) {
    check_too_large("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n", 1001);
    check_too_large("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n", 0);
    /* far more than the buffers hold: the answer must survive the bytes that nobody reads */
    check_too_large("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n", 3000000);
}

TEST(http_throws_away_what_is_too_large_and_hands_over_the_rest) {
    struct live *live = live_start((struct http_config){.discard_max = 2000000});
    struct client client;
    char *body = calloc(1, 2000001);
    memset(body, 'b', 2000000);
    client_open(&client, live);
    client_text(&client, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n");
    client_send(&client, body, 2000000);
    check_answer(&client, 200, "POST /a ? ");
    client_text(&client, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    check_answer(&client, 200, "POST /a ? abc");
    client_text(&client, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2000001\r\n\r\n");
    check_answer(&client, 413, NULL);
    CHECK(client_ended(&client));
    free(body);
    client_close(&client);
    live_stop(live);
}

TEST(http_takes_a_body_of_just_its_limit) {
    struct live *live = live_start((struct http_config){0});
    struct client client;
    char body[1001] = {0};
    memset(body, 'b', 1000);
    client_open(&client, live);
    client_text(&client, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
    client_text(&client, body);
    check_answer(&client, 200, NULL);
    client_close(&client);
    live_stop(live);
}

TEST(http_says_continue_only_to_a_body_it_will_take) {
    struct live *live = live_start((struct http_config){0});
    struct client client;
    client_open(&client, live);
    client_text(&client, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    check_answer(&client, 100, NULL);
    client_text(&client, "abc");
    check_answer(&client, 200, "POST /a ? abc");
    client_text(&client,
                "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
    check_answer(&client, 413, NULL);
    CHECK(client_ended(&client));
    client_close(&client);
    live_stop(live);
}

TEST(http_answers_a_client_that_has_ended_its_side) {
    static const char *const PATHS[] = {GET("/now"), GET("/later") GET("/later")};
    struct live *live = live_start((struct http_config){.request_ms = 200});
    for (size_t i = 0; i < COUNT(PATHS); i++) {
        struct client client;
        client_open(&client, live);
        client_text(&client, PATHS[i]);
        shutdown(client.fd, SHUT_WR);
        for (size_t answers = 0; answers <= i; answers++)
            check_answer(&client, 200, NULL);
        CHECK(client_ended(&client));
        client_close(&client);
    }
    live_stop(live);
}

TEST(http_survives_a_client_that_leaves) {
    struct live *live = live_start((struct http_config){0});
    struct client client;
    static const char *const PARTS[] = {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc",
                                        "GET /", GET("/later"), GET("/held")};
    for (size_t i = 0; i < COUNT(PARTS); i++) {
        client_open(&client, live);
        client_text(&client, PARTS[i]);
        if (i == 3) live_wait_held(live, 1);
        client_close(&client);
    }
    live_release(live);
    check_exchange(live, GET("/now"), 200, "GET /now ? ");
    live_stop(live);
}

struct burst {
    const struct live *live;
    size_t sent;
    struct client client[50];
};

/* Some in the hands of the handler, some unread in the sockets, some not even accepted. */
static void send_burst(struct burst *burst, const char *text) {
    for (burst->sent = 0; burst->sent < COUNT(burst->client); burst->sent++) {
        client_open(&burst->client[burst->sent], burst->live);
        client_text(&burst->client[burst->sent], text);
    }
}

TEST(http_stop_answers_all_that_was_sent) {
    struct live *live = live_start((struct http_config){.request_ms = 2000});
    struct client gate, idle, half;
    struct burst *held = calloc(1, sizeof *held), *late = calloc(1, sizeof *late);
    held->live = late->live = live;
    client_open(&idle, live);
    client_text(&idle, GET("/now"));
    check_answer(&idle, 200, NULL);
    client_open(&half, live);
    client_text(&half, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na");
    send_burst(held, GET("/held"));
    live_wait_held(live, 50);
    client_open(&gate, live);
    client_text(&gate, GET("/gate"));
    while (!atomic_load(&live->gated))
        usleep(200);
    send_burst(late, GET("/later") GET("/now")); /* the loop is held: nothing of it is read before the stop */
    http_stop(live->server);
    live_release(live);
    check_answer(&gate, 200, NULL);
    CHECK(client_ended(&gate));
    client_text(&half, "b"); /* what had begun may still be finished */
    check_answer(&half, 200, "POST /a ? ab");
    CHECK(client_ended(&idle));
    for (size_t i = 0; i < 50; i++) {
        check_answer(&held->client[i], 200, "GET /held ? ");
        CHECK(client_ended(&held->client[i]));
        check_answer(&late->client[i], 200, "GET /later ? ");
        check_answer(&late->client[i], 200, "GET /now ? ");
        CHECK(client_ended(&late->client[i]));
        client_close(&held->client[i]);
        client_close(&late->client[i]);
    }
    client_close(&gate);
    client_close(&idle);
    client_close(&half);
    free(held);
    free(late);
    live_stop(live);
}

TEST(http_stop_does_not_wait_for_a_request_that_never_comes_whole) {
    struct live *live = live_start((struct http_config){.request_ms = 100});
    struct client body, line;
    client_open(&body, live);
    client_open(&line, live);
    client_text(&body, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na");
    client_text(&line, "GE");
    live_stop(live);
    CHECK(client_ended(&body));
    CHECK(client_ended(&line));
    client_close(&body);
    client_close(&line);
}

struct load {
    const struct live *live;
    pthread_t thread;
    atomic_bool *stopped;
    int answered, lost; /* lost: sent whole before the stop, and no answer */
};

static void *load_run(void *at) {
    struct load *load = at;
    struct client client;
    struct answer answer;
    client_open(&client, load->live);
    for (;;) {
        client_text(&client, "POST /later HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\ndrop");
        bool before = !atomic_load(load->stopped);
        client_answer(&client, false, &answer);
        if (answer.status == 200)
            load->answered++;
        else {
            load->lost += before;
            break;
        }
    }
    client_close(&client);
    return NULL;
}

TEST(http_stop_under_load_loses_nothing) {
    enum { N = 16 };
    struct live *live = live_start((struct http_config){0});
    struct load load[N];
    atomic_bool stopped = false;
    int answered = 0, lost = 0;
    for (size_t i = 0; i < N; i++) {
        load[i] = (struct load){.live = live, .stopped = &stopped};
        pthread_create(&load[i].thread, NULL, load_run, &load[i]);
    }
    usleep(100000);
    atomic_store(&stopped, true);
    live_stop(live);
    for (size_t i = 0; i < N; i++) {
        pthread_join(load[i].thread, NULL);
        answered += load[i].answered;
        lost += load[i].lost;
    }
    CHECK(answered > N);
    CHECK_INT(lost, 0);
}

static struct http_server *signalled;

static void on_signal(int number) {
    (void)number;
    http_stop(signalled);
}

TEST(http_stop_works_from_a_signal_handler) {
    struct live *live = live_start((struct http_config){0});
    signalled = live->server;
    void (*before)(int) = signal(SIGUSR1, on_signal);
    check_exchange(live, GET("/now"), 200, NULL);
    raise(SIGUSR1);
    live_stop(live);
    signal(SIGUSR1, before);
}

TEST(http_start_ignores_sigpipe) {
    signal(SIGPIPE, SIG_DFL);
    struct live *live = live_start((struct http_config){0});
    CHECK(signal(SIGPIPE, SIG_IGN) == SIG_IGN);
    live_stop(live);
}

static void check_not_started(const char *listen, enum err err, const char *slug) {
    struct live *other = live_start((struct http_config){0});
    struct http_config config = other->config;
    struct http_server *server = NULL;
    struct ctx *c = check_ctx();
    char text[64];
    snprintf(text, sizeof text, "127.0.0.1:%d", http_port(other->server));
    config.listen = listen ? listen : text;
    CHECK_INT(http_start(c, &config, &server), err);
    CHECK_STR(c->fault.slug, slug);
    CHECK(server == NULL);
    live_stop(other);
}

TEST(http_start_says_that_the_address_is_in_use) {
    check_not_started(NULL, ERR_STATE, "listen.in-use");
}

TEST(http_start_names_what_is_wrong_with_the_address) {
    static const char *const WRONG[] = {"127.0.0.1",      ":8080",          "::1:8080",
                                        "[::1]",          "127.0.0.1:http", "127.0.0.1:70000",
                                        "example.org:80", "[::1:80",        ""};
    for (size_t i = 0; i < COUNT(WRONG); i++)
        check_not_started(WRONG[i], ERR_INVALID, "listen.invalid");
    check_not_started("192.0.2.1:0", ERR_INTERNAL, "listen.failed");
}

TEST(http_listens_on_ipv6_loopback) {
    int probe = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    if (probe < 0 || bind(probe, (struct sockaddr *)&at, sizeof at) != 0) {
        close(probe);
        check_skip("this machine has no IPv6");
    }
    close(probe);
    struct live *live = live_start((struct http_config){.listen = "[::1]:0"});
    struct client client = {.fd = socket(AF_INET6, SOCK_STREAM, 0)};
    at.sin6_port = htons((uint16_t)http_port(live->server));
    CHECK_INT(connect(client.fd, (struct sockaddr *)&at, sizeof at), 0);
    client_text(&client, GET("/headers"));
    check_answer(&client, 200, "-|-|-|-|-|1");
    client_close(&client);
    live_stop(live);
}

TEST(http_takes_no_more_connections_than_its_limit_and_goes_on_when_one_ends) {
    struct live *live = live_start((struct http_config){.connections_max = 2});
    struct client client[3];
    for (size_t i = 0; i < 3; i++)
        client_open(&client[i], live);
    for (size_t i = 0; i < 3; i++)
        client_text(&client[i], GET("/now"));
    check_answer(&client[0], 200, NULL);
    check_answer(&client[1], 200, NULL);
    struct http_stats stats;
    http_stats(live->server, &stats);
    CHECK_INT(stats.connections, 2);
    client_close(&client[0]);
    check_answer(&client[2], 200, NULL);
    client_close(&client[1]);
    client_close(&client[2]);
    live_stop(live);
}
