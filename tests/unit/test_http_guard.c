/* The guard: each trick by which two programs are made to read one stream of bytes differently, on
 * its rules alone and through the running server. What the guard refuses must reach no handler and close. */
#include "http/http_guard.h"
#include "http_live.h"
#include "base/limits.h"
#include <stdio.h>
#include <sched.h>
#include <stdlib.h>

#define LINE "GET /now HTTP/1.1\r\n"
#define HOST "Host: h\r\n"
#define END "\r\n"
#define NEXT "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
#define BYTES(text) (text), sizeof(text) - 1

struct trick {
    const char *what, *bytes;
    size_t n;
    int status;
};

static const struct trick TRICKS[] = {
    {"two Content-Length, different",
     BYTES("POST /now HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd" NEXT), 400},
    {"two Content-Length, same",
     BYTES("POST /now HTTP/1.1\r\n" HOST "Content-Length: 3\r\ncontent-length: 3\r\n\r\nabc" NEXT), 400},
    {"Content-Length list", BYTES("POST /now HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\nabc" NEXT), 400},
    {"Content-Length signed", BYTES("POST /now HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\nabc" NEXT), 400},
    {"Content-Length negative", BYTES("POST /now HTTP/1.1\r\n" HOST "Content-Length: -3\r\n\r\nabc" NEXT),
     400},
    {"Content-Length hexadecimal", BYTES("POST /now HTTP/1.1\r\n" HOST "Content-Length: 0x3\r\n\r\nabc" NEXT),
     400},
    {"Content-Length empty", BYTES("POST /now HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\nabc" NEXT), 400},
    {"Content-Length with a blank behind",
     BYTES("POST /now HTTP/1.1\r\n" HOST "Content-Length: 3 \r\n\r\nabc" NEXT), 400},
    {"Content-Length beyond 64 bits",
     BYTES("POST /now HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551619\r\n\r\nabc" NEXT), 413},
    {"Content-Length of 16 digits",
     BYTES("POST /now HTTP/1.1\r\n" HOST "Content-Length: 1000000000000000\r\n\r\nabc" NEXT), 413},
    {"Content-Length and Transfer-Encoding",
     BYTES("POST /now HTTP/1.1\r\n" HOST
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT),
     411},
    {"Transfer-Encoding and Content-Length",
     BYTES("POST /now HTTP/1.1\r\n" HOST
           "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" NEXT),
     411},
    {"Transfer-Encoding alone",
     BYTES("POST /now HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" NEXT),
     411},
    {"Transfer-Encoding identity",
     BYTES("POST /now HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n" NEXT), 411},
    {"Transfer-Encoding with a tab",
     BYTES("POST /now HTTP/1.1\r\n" HOST "Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n" NEXT), 411},
    {"blank before the colon",
     BYTES("POST /now HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" NEXT), 400},
    {"bare LF after the first line", BYTES("GET /now HTTP/1.1\n" HOST END NEXT), 400},
    {"bare LF after a header", BYTES(LINE "Host: h\nX: y\r\n\r\n" NEXT), 400},
    {"bare LF after the last header", BYTES(LINE "Host: h\n\r\n" NEXT), 400},
    {"bare LF as the empty line", BYTES(LINE HOST "\n" NEXT), 400},
    {"bare LF before the body", BYTES("POST /now HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\n\0" NEXT), 400},
    {"bare LF everywhere", BYTES("GET /now HTTP/1.1\nHost: h\n\n" NEXT), 400},
    {"bare LF hiding a header", BYTES(LINE HOST "X: a\nContent-Length: 5\r\n\r\n" NEXT), 400},
    {"bare CR in a value", BYTES(LINE HOST "X: a\rContent-Length: 5\r\n\r\n" NEXT), 400},
    {"bare CR as a line end", BYTES(LINE HOST "X: a\rY: b\r\n\r\n" NEXT), 400},
    {"folded header", BYTES(LINE HOST "X: a\r\n b\r\n\r\n" NEXT), 400},
    {"folded header with a tab", BYTES(LINE HOST "X: a\r\n\tb\r\n\r\n" NEXT), 400},
    {"folded to nothing", BYTES(LINE HOST "X: a\r\n \r\n\r\n" NEXT), 400},
    {"folded first header", BYTES(LINE " X: a\r\n" HOST "\r\n" NEXT), 400},
    {"folded Content-Length", BYTES("POST /now HTTP/1.1\r\n" HOST "Content-Length:\r\n 3\r\n\r\nabc" NEXT),
     400},
    {"a colon alone as the empty line", BYTES(LINE HOST ":\r\n" NEXT), 400},
    {"a colon and a blank, between bare LF", BYTES(LINE "Host: h\n: \n" NEXT), 400},
    {"two Hosts", BYTES(LINE HOST "Host: i\r\n\r\n" NEXT), 400},
    {"two Hosts, same", BYTES(LINE HOST "HOST: h\r\n\r\n" NEXT), 400},
    {"no Host", BYTES(LINE "\r\n" NEXT), 400},
    {"empty Host", BYTES(LINE "Host:\r\n\r\n" NEXT), 400},
    {"Host with a path", BYTES(LINE "Host: h/x\r\n\r\n" NEXT), 400},
    {"Host with a user", BYTES(LINE "Host: a@h\r\n\r\n" NEXT), 400},
    {"%00 in the path", BYTES("GET /now%00x HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
    {"%00 in the query", BYTES("GET /now?a=%00 HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
    {"NUL in the path", BYTES("GET /now\0x HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
    {"NUL in a name", BYTES(LINE HOST "X\0Y: a\r\n\r\n" NEXT), 400},
    {"NUL in a value", BYTES(LINE HOST "X: a\0b\r\n\r\n" NEXT), 400},
    {"NUL starting a line", BYTES(LINE HOST "\0X: a\r\n\r\n" NEXT), 400},
    {"NUL before a line end", BYTES(LINE HOST "X: a\0\r\n\r\n" NEXT), 400},
    {"high byte in the path", BYTES("GET /n\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
    {"tab in the path", BYTES("GET /no\tw HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
    {"DEL in the path", BYTES("GET /now\x7f HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
    {"blank in the path", BYTES("GET /no w HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
    {"two blanks after the method", BYTES("GET  /now HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
    {"two blanks before the version", BYTES("GET /now  HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
    {"a blank behind the version", BYTES("GET /now HTTP/1.1 \r\n" HOST "\r\n" NEXT), 400},
    {"a target without a slash", BYTES("GET now HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
    {"a whole URL as target", BYTES("GET http://h/now HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
    {"a target of *", BYTES("GET * HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
    {"HTTP/1.0", BYTES("GET /now HTTP/1.0\r\n" HOST "\r\n" NEXT), 505},
    {"HTTP/1.2", BYTES("GET /now HTTP/1.2\r\n" HOST "\r\n" NEXT), 505},
    {"HTTP/2.0", BYTES("GET /now HTTP/2.0\r\n" HOST "\r\n" NEXT), 505},
    {"HTTP/0.9", BYTES("GET /now\r\n" HOST "\r\n" NEXT), 400},
    {"http/1.1", BYTES("GET /now http/1.1\r\n" HOST "\r\n" NEXT), 400},
    {"TRACE", BYTES("TRACE /now HTTP/1.1\r\n" HOST "\r\n" NEXT), 405},
    {"CONNECT", BYTES("CONNECT /now HTTP/1.1\r\n" HOST "\r\n" NEXT), 405},
    {"OPTIONS", BYTES("OPTIONS /now HTTP/1.1\r\n" HOST "\r\n" NEXT), 405},
    {"get", BYTES("get /now HTTP/1.1\r\n" HOST "\r\n" NEXT), 405},
    {"GETX", BYTES("GETX /now HTTP/1.1\r\n" HOST "\r\n" NEXT), 405},
    {"control byte in a value", BYTES(LINE HOST "X: a\x01\r\n\r\n" NEXT), 400},
    {"ESC in a value", BYTES(LINE HOST "X: \x1b[2J\r\n\r\n" NEXT), 400},
    {"DEL in a value", BYTES(LINE HOST "X: a\x7f\r\n\r\n" NEXT), 400},
    {"a name with a bracket", BYTES(LINE HOST "X(Y): a\r\n\r\n" NEXT), 400},
    {"a name with a high byte", BYTES(LINE HOST "X\xe9: a\r\n\r\n" NEXT), 400},
    {"a name of a control byte", BYTES(LINE HOST "X\x0b: a\r\n\r\n" NEXT), 400},
    {"an empty name", BYTES(LINE HOST ": a\r\n\r\n" NEXT), 400},
    {"a header without a colon", BYTES(LINE HOST "Xa\r\n\r\n" NEXT), 400},
    {"two Authorization", BYTES(LINE HOST "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n" NEXT),
     400},
    {"two Idempotency-Key", BYTES(LINE HOST "Idempotency-Key: a\r\nidempotency-key: a\r\n\r\n" NEXT), 400},
    {"two Content-Type", BYTES(LINE HOST "Content-Type: a/b\r\nContent-Type: a/b\r\n\r\n" NEXT), 400},
    {"two If-Match", BYTES(LINE HOST "If-Match: 1\r\nIf-Match: 2\r\n\r\n" NEXT), 400},
};

static void try_trick(struct live *live, const struct trick *trick) {
    struct client client;
    struct answer answer;
    int handled = atomic_load(&live->handled);
    client_open(&client, live);
    client_send(&client, trick->bytes, trick->n);
    client_answer(&client, false, &answer);
    client.n = 0; /* to a wrong Content-Length the library answers itself, with its head twice */
    bool ended = client_ended(&client);
    client_close(&client);
    if (answer.status != trick->status)
        check_fail(__FILE__, __LINE__, "%s: %d, not %d", trick->what, answer.status, trick->status);
    if (!ended) check_fail(__FILE__, __LINE__, "%s: the connection stays open", trick->what);
    if (atomic_load(&live->handled) != handled) check_fail(__FILE__, __LINE__, "%s: handled", trick->what);
}

TEST(http_guard_refuses_every_trick_and_closes) {
    struct live *live = live_start((struct http_config){0});
    struct http_stats stats;
    for (size_t i = 0; i < COUNT(TRICKS); i++)
        try_trick(live, &TRICKS[i]);
    http_stats(live->server, &stats);
    CHECK_INT(stats.requests, 0);
    CHECK(stats.refused >
          (int64_t)COUNT(TRICKS) - 5); /* the library counts no first line that it cannot read */
    live_stop(live);
}

/* The same in small pieces: the library's buffer grows and moves while they come. */
TEST(http_guard_refuses_every_trick_in_pieces) {
    struct live *live = live_start((struct http_config){0});
    for (size_t i = 0; i < COUNT(TRICKS); i++) {
        struct client client;
        struct answer answer;
        client_open(&client, live);
        for (size_t at = 0; at < TRICKS[i].n; at += 7) {
            client_send(&client, TRICKS[i].bytes + at, TRICKS[i].n - at < 7 ? TRICKS[i].n - at : 7);
            sched_yield();
        }
        client_answer(&client, false, &answer);
        client_close(&client);
        if (answer.status != TRICKS[i].status)
            check_fail(__FILE__, __LINE__, "%s: %d, not %d", TRICKS[i].what, answer.status, TRICKS[i].status);
    }
    CHECK_INT(atomic_load(&live->handled), 0);
    live_stop(live);
}

/* On a connection that was good before, behind a request that is good. */
TEST(http_guard_refuses_a_second_request_too) {
    struct live *live = live_start((struct http_config){0});
    struct client client;
    struct answer answer;
    client_open(&client, live);
    client_text(&client, "POST /later HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" LINE HOST
                         "X: a\n\r\n" NEXT);
    client_answer(&client, false, &answer);
    CHECK_INT(answer.status, 200);
    client_answer(&client, false, &answer);
    CHECK_INT(answer.status, 400);
    CHECK(client_ended(&client));
    CHECK_INT(atomic_load(&live->handled), 1);
    client_close(&client);
    live_stop(live);
}

static const struct trick GOOD[] = {
    {"the least", BYTES(LINE "Host: h\r\n\r\n"), 200},
    {"no blank after a colon", BYTES(LINE "Host:h\r\nX:\r\n\r\n"), 200},
    {"blanks around a value", BYTES(LINE "Host: h\r\nX: \t a b \t\r\n\r\n"), 200},
    {"an empty last value", BYTES(LINE "Host: h\r\nX: \r\n\r\n"), 200},
    {"UTF-8 in a value", BYTES(LINE "Host: h\r\nX: \xc3\xa9\r\n\r\n"), 200},
    {"a cookie", BYTES(LINE "Host: h\r\nCookie: a=b; c=\"d\"\r\nX: y\r\n\r\n"), 200},
    {"two Accept", BYTES(LINE "Host: h\r\nAccept: a/b\r\nAccept: c/d\r\n\r\n"), 200},
    {"a query with all signs", BYTES("GET /now?a=%25&b=+&&c HTTP/1.1\r\nHost: h\r\n\r\n"), 200},
    {"an IPv6 host", BYTES(LINE "Host: [::1]:8080\r\n\r\n"), 200},
    {"every token sign", BYTES(LINE "Host: h\r\n!#$%&'*+-.^_`|~09azAZ: x\r\n\r\n"), 200},
    {"DELETE", BYTES("DELETE /now HTTP/1.1\r\nHost: h\r\n\r\n"), 200},
    {"PUT without a body", BYTES("PUT /now HTTP/1.1\r\nHost: h\r\n\r\n"), 200},
    {"Content-Length with zeros", BYTES("POST /now HTTP/1.1\r\nHost: h\r\nContent-Length: 003\r\n\r\nabc"),
     200},
};

TEST(http_guard_lets_in_what_is_right) {
    struct live *live = live_start((struct http_config){0});
    struct client client;
    struct answer answer;
    client_open(&client, live); /* all on one connection: none of them closes */
    for (size_t i = 0; i < COUNT(GOOD); i++) {
        client_send(&client, GOOD[i].bytes, GOOD[i].n);
        client_answer(&client, false, &answer);
        if (answer.status != 200) check_fail(__FILE__, __LINE__, "%s: %d", GOOD[i].what, answer.status);
    }
    client_close(&client);
    live_stop(live);
}

/* A head with a target of `target` bytes and one value that makes it `head` bytes long. */
static char *sized(size_t target, size_t head) {
    char *text = malloc(head + 1), *at = text;
    at += sprintf(at, "GET /");
    memset(at, 'a', target - 1);
    at += target - 1;
    at += sprintf(at, " HTTP/1.1\r\nHost: h\r\nX: ");
    size_t value = head - (size_t)(at - text) - 4;
    memset(at, 'v', value);
    strcpy(at + value, "\r\n\r\n");
    return text;
}

static void check_size(struct live *live, size_t target, size_t head, int status) {
    struct client client;
    struct answer answer;
    char *text = sized(target, head);
    client_open(&client, live);
    client_text(&client, text);
    client_answer(&client, false, &answer);
    client_close(&client);
    free(text);
    CHECK_INT(answer.status, status);
}

TEST(http_guard_limits_the_sizes_of_a_head) {
    struct live *live = live_start((struct http_config){0});
    check_size(live, LIMIT_PATH_BYTES, 2000, 200);
    check_size(live, LIMIT_PATH_BYTES + 1, 2000, 414);
    check_size(live, 10, LIMIT_HEADER_BYTES, 200);
    check_size(live, 10, LIMIT_HEADER_BYTES + 1, 431);
    check_size(live, 10, 100000, 431);
    check_size(live, 100000, 100100, 414);
    live_stop(live);
}

static void check_headers(struct live *live, int n, int status) {
    struct client client;
    struct answer answer;
    char text[4096], *at = text;
    at += sprintf(at, LINE HOST);
    for (int i = 1; i < n; i++)
        at += sprintf(at, "X%d: y\r\n", i);
    strcpy(at, END);
    client_open(&client, live);
    client_text(&client, text);
    client_answer(&client, false, &answer);
    client_close(&client);
    CHECK_INT(answer.status, status);
}

TEST(http_guard_limits_the_number_of_headers) {
    struct live *live = live_start((struct http_config){0});
    check_headers(live, GUARD_HEADERS_MAX, 200);
    check_headers(live, GUARD_HEADERS_MAX + 1, 431);
    live_stop(live);
}

TEST(http_guard_tells_the_handler_of_refusals_what_it_may_know) {
    struct live *live = live_start((struct http_config){0});
    static const struct {
        const char *bytes, *slug, *path;
    } ROWS[] = {
        {"OPTIONS /now HTTP/1.1\r\nHost: h\r\n\r\n", "method.not-allowed", " /now"},
        {"GET /now HTTP/1.0\r\nHost: h\r\n\r\n", "request.version", " "},
        {"GET /now HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: x\r\n\r\n", "request.length-required",
         "GET /now"},
        {"GET /now HTTP/1.1\r\nHost: h\n\r\n", "request.malformed", " "},
    };
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct client client;
        struct answer answer;
        client_open(&client, live);
        client_text(&client, ROWS[i].bytes);
        client_answer(&client, false, &answer);
        client_close(&client);
        CHECK_STR(live->refused_slug, ROWS[i].slug);
        CHECK_STR(live->refused_path, ROWS[i].path);
    }
    live_stop(live);
}

/* --- the rules alone: a head split as the library splits it ------------------------------------ */

struct split {
    char bytes[512];
    struct guard_request request;
};

static struct guard_span cut(char **at, char stop, size_t skip) {
    char *end = strchr(*at, stop);
    struct guard_span span = {*at, (size_t)(end - *at)};
    *at = end + skip;
    memset(end, 0, skip);
    return span;
}

/* Takes a well-formed head only; the tests then move its pieces. */
static void split(struct split *split, const char *text) {
    char *at = split->bytes;
    struct guard_request *r = &split->request;
    snprintf(split->bytes, sizeof split->bytes, "%s", text);
    r->head_bytes = strlen(text);
    r->method = cut(&at, ' ', 1);
    r->target = cut(&at, ' ', 1);
    r->target_text = r->target.at;
    r->version = cut(&at, '\r', 2);
    for (r->n = 0; *at != '\r'; r->n++) {
        r->header[r->n].name = cut(&at, ':', 1);
        at += strspn(at, " \t");
        r->header[r->n].value = cut(&at, '\r', 2);
    }
    memset(at, 0, 2);
}

static int judged(const struct guard_request *r) {
    struct guard_refusal refusal = http_guard_line(r);
    if (!refusal.status) refusal = http_guard_headers(r);
    return refusal.status;
}

TEST(http_guard_rules_see_every_shift_of_a_piece) {
    static const char TEXT[] = "GET /now HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n";
    struct split s;
    split(&s, TEXT);
    CHECK_INT(judged(&s.request), 0);
    size_t *const SIZES[] = {&s.request.method.n,          &s.request.target.n,
                             &s.request.version.n,         &s.request.header[0].name.n,
                             &s.request.header[0].value.n, &s.request.header[1].name.n,
                             &s.request.header[1].value.n, &s.request.head_bytes};
    for (size_t i = 0; i < COUNT(SIZES); i++)
        for (size_t by = 1; by < 3; by++) {
            split(&s, TEXT);
            bool shorter = *SIZES[i] >= by;
            *SIZES[i] -= shorter ? by : 0;
            if (shorter && judged(&s.request) == 0)
                check_fail(__FILE__, __LINE__, "piece %zu shorter by %zu", i, by);
            split(&s, TEXT);
            *SIZES[i] += by;
            if (judged(&s.request) == 0) check_fail(__FILE__, __LINE__, "piece %zu longer by %zu", i, by);
        }
}

TEST(http_guard_rules_see_a_piece_that_was_moved) {
    static const char TEXT[] = "GET /now HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n";
    static const char ELSEWHERE[] = "X";
    struct split s;
    split(&s, TEXT);
    s.request.header[1].name.at = ELSEWHERE;
    CHECK_INT(judged(&s.request), 400);
    split(&s, TEXT);
    s.request.header[1].value.at = ELSEWHERE;
    CHECK_INT(judged(&s.request), 400);
    split(&s, TEXT);
    s.request.n = 1; /* a header that the library did not tell of */
    CHECK_INT(judged(&s.request), 400);
}

TEST(http_guard_rules_read_the_length) {
    struct split s;
    split(&s, "PUT /now HTTP/1.1\r\nHost: h\r\ncontent-LENGTH: 999999999999999\r\n\r\n");
    CHECK_INT(judged(&s.request), 0);
    CHECK_INT(http_guard_length(&s.request), 999999999999999);
    split(&s, "PUT /now HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK_INT(http_guard_length(&s.request), 0);
}
