/* The way of a request: addresses, the order of the checks, problems, versions, keys, cursors. */
#include "api/api_work.h"
#include "api_calls.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/text.h"

#define ADMIN .token = "token-admin-0"
#define SOME_ID "019cac00-0000-7000-8000-000000000001"

static const char *target_of(struct world *w, struct id id) {
    char text[ID_TEXT_SIZE];
    return arena_printf(w->c->arena, "/v1/users/%s", id_format(id, text));
}

TEST(api_unknown_address_is_404) {
    struct world *w = world_make();
    static const char *const NONE_OF[] = {"/v1/nope",
                                          "/v1/users/",
                                          "/v1/users/7",
                                          "/v1/user",
                                          "/v1/users/" SOME_ID "/",
                                          "/v1/users/" SOME_ID "0",
                                          "/v1/users/" SOME_ID "/x"};
    for (size_t i = 0; i < COUNT(NONE_OF); i++)
        CHECK_STATUS(CALL(w, .method = "GET", .target = NONE_OF[i], ADMIN), 404, "not-found");
    CHECK_STATUS(CALL(w, .method = "GET", .target = "/favicon.ico"), 404, "not-found");
    CHECK_STATUS(CALL(w, .method = "GET", .target = "/v1/nope"), 401, "login.needed");
}

TEST(api_other_method_is_405_with_allow) {
    struct world *w = world_make();
    const struct http_response *answer = CALL(w, .method = "DELETE", .target = "/v1/users", ADMIN);
    CHECK_STATUS(answer, 405, "method.not-allowed");
    CHECK_STR(call_header(answer, "Allow"), "GET, HEAD, POST");
    answer = CALL(w, .method = "POST", .target = "/healthz");
    CHECK_STATUS(answer, 405, "method.not-allowed");
    CHECK_STR(call_header(answer, "Allow"), "GET, HEAD");
    CHECK_STATUS(CALL(w, .method = "DELETE", .target = "/v1/users"), 401, "login.needed");
    CHECK_STATUS(CALL(w, .method = "DELETE", .target = "/v1/users", .token = "token-rep-0"), 403, "denied");
}

TEST(api_head_is_get) {
    struct world *w = world_make();
    CHECK_STATUS(CALL(w, .method = "HEAD", .target = "/healthz"), 200, NULL);
    CHECK_STATUS(CALL(w, .method = "HEAD", .target = "/v1/login"), 405, "method.not-allowed");
}

TEST(api_ids_of_either_case_match) {
    struct world *w = world_make();
    char *upper = arena_strdup(w->c->arena, target_of(w, w->rep));
    for (char *at = upper + strlen("/v1/users/"); *at; at++)
        if (*at >= 'a') *at = (char)(*at - 'a' + 'A');
    CHECK_STATUS(CALL(w, .method = "GET", .target = upper, ADMIN), 200, NULL);
}

TEST(api_metrics_are_for_the_machine_itself) {
    struct world *w = world_make();
    CHECK_STATUS(CALL(w, .method = "GET", .target = "/metrics"), 200, NULL);
    CHECK_STATUS(CALL(w, .method = "GET", .target = "/metrics", .remote = true), 404, "not-found");
}

TEST(api_checks_run_in_the_contracts_order) {
    struct world *w = world_make();
    const char *unknown = "/v1/users/" SOME_ID, *known = target_of(w, w->admin);
    char *huge = arena_alloc(w->c->arena, LIMIT_BODY + 2);
    memset(huge, '{', LIMIT_BODY + 1);
#define TRY_PATCH(...) CALL(w, .method = "PATCH", __VA_ARGS__)
    CHECK_STATUS(TRY_PATCH(.target = unknown, .body = huge, .type = "text/plain"), 401, "login.needed");
    CHECK_STATUS(TRY_PATCH(.target = unknown, .token = "token-rep-0", .body = huge, .type = "text/plain"),
                 403, "denied");
    CHECK_STATUS(TRY_PATCH(.target = unknown, ADMIN, .body = huge, .type = "text/plain"), 404, "not-found");
    CHECK_STATUS(CALL(w, .method = "PUT", .target = known, ADMIN, .body = huge, .type = "text/plain"), 405,
                 "method.not-allowed");
    CHECK_STATUS(TRY_PATCH(.target = known, ADMIN, .body = huge, .type = "text/plain"), 415,
                 "request.media-type");
    CHECK_STATUS(TRY_PATCH(.target = known, ADMIN, .body = huge), 413, "request.too-large");
    CHECK_STATUS(TRY_PATCH(.target = known, ADMIN, .body = "{"), 400, "request.not-json");
    CHECK_STATUS(TRY_PATCH(.target = known, ADMIN, .body = "{\"role\":\"pope\"}"), 422, "request.invalid");
    CHECK_STATUS(TRY_PATCH(.target = known, ADMIN, .body = "{\"active\":false}"), 428, "version.needed");
    CHECK_STATUS(TRY_PATCH(.target = known, ADMIN, .body = "{\"active\":false}", .if_match = "\"9\""), 412,
                 "version.mismatch");
    CHECK_STATUS(TRY_PATCH(.target = known, ADMIN, .body = "{\"active\":false}", .if_match = "\"1\""), 409,
                 "user.last-admin");
}

TEST(api_body_may_be_as_large_as_the_limit) {
    struct world *w = world_make();
    char *body = arena_alloc(w->c->arena, LIMIT_BODY + 1);
    memset(body, ' ', LIMIT_BODY);
    memcpy(body, "{\"x\":1}", 7);
    CHECK_STATUS(CALL(w, .method = "POST", .target = "/v1/users", ADMIN, .body = body), 422,
                 "request.invalid");
    CHECK_INT(api_body_limit("POST", "/v1/users"), LIMIT_BODY);
}

TEST(api_media_types_may_have_parameters_and_any_case) {
    struct world *w = world_make();
    static const char *const GOOD[] = {"application/json", "Application/JSON",
                                       "application/json; charset=utf-8", "application/json;charset=UTF-8"};
    static const char *const BAD[] = {"application/jsonp", "text/json", "application/", "json", ""};
    for (size_t i = 0; i < COUNT(GOOD); i++)
        CHECK_STATUS(CALL(w, .method = "POST", .target = "/v1/users", ADMIN, .body = "{}", .type = GOOD[i]),
                     422, "request.invalid");
    for (size_t i = 0; i < COUNT(BAD); i++)
        CHECK_STATUS(CALL(w, .method = "POST", .target = "/v1/users", ADMIN, .body = "{}", .type = BAD[i]),
                     415, "request.media-type");
    CHECK_STATUS(CALL(w, .method = "POST", .target = "/v1/users", ADMIN), 400, "request.not-json");
}

TEST(api_body_where_none_is_taken_is_refused) {
    struct world *w = world_make();
    CHECK_STATUS(CALL(w, .method = "POST", .target = "/v1/logout", .token = "token-rep-0", .body = "{}"), 422,
                 "request.invalid");
    CHECK_STATUS(CALL(w, .method = "GET", .target = "/v1/me", .token = "token-rep-0"), 200, NULL);
}

TEST(api_problem_has_the_members_of_rfc_9457) {
    struct world *w = world_make();
    const struct http_response *answer = CALL(w, .method = "POST", .target = "/v1/users", ADMIN,
                                              .body = "{\"email\":\"a@b\",\"role\":7,\"x\":1}");
    char id[ID_TEXT_SIZE];
    CHECK_STATUS(answer, 422, "request.invalid");
    CHECK_STR(answer->content_type, "application/problem+json");
    CHECK_STR(call_member(w, answer, "status"), "422");
    CHECK_STR(call_member(w, answer, "title"), "The request has faults");
    CHECK_STR(call_member(w, answer, "instance"),
              arena_printf(w->c->arena, "urn:uuid:%s", id_format(w->c->request_id, id)));
    CHECK(call_says(answer, "\"detail\":"));
    CHECK(call_says(answer, "{\"pointer\":\"/role\",\"detail\":")); /* all faults of the body at once */
    CHECK(call_says(answer, "{\"pointer\":\"/x\",\"detail\":"));
    CHECK(call_says(answer, "{\"pointer\":\"/name\",\"detail\":"));
    CHECK(call_says(answer, "{\"pointer\":\"/password\",\"detail\":"));
    CHECK(!call_says(answer, "{\"pointer\":\"/email\""));
}

TEST(api_headers_of_every_answer) {
    struct world *w = world_make();
    const struct http_response *answer = CALL(w, .method = "GET", .target = "/v1/me", .token = "token-rep-0");
    CHECK_STR(call_header(answer, "Cache-Control"), "no-store");
    CHECK_STR(call_header(answer, "X-Content-Type-Options"), "nosniff");
    answer = CALL(w, .method = "GET", .target = "/v1/me", .token = "nobody");
    CHECK_STR(call_header(answer, "WWW-Authenticate"), "Bearer");
}

TEST(api_query_faults_are_named) {
    struct world *w = world_make();
    static const struct {
        const char *target, *pointer;
    } BAD[] = {
        {"/v1/users?limit=0", "?limit"},     {"/v1/users?limit=501", "?limit"},
        {"/v1/users?limit=x", "?limit"},     {"/v1/users?limit=1&limit=2", "?limit"},
        {"/v1/users?colour=red", "?colour"}, {"/v1/users?role=pope", "?role"},
        {"/v1/users?after=0193", "?after"},  {"/v1/me?x=1", "?x"},
        {"/v1/users?format=csv", "?format"},
    };
    for (size_t i = 0; i < COUNT(BAD); i++) {
        const struct http_response *answer = CALL(w, .method = "GET", .target = BAD[i].target, ADMIN);
        if (answer->status != 422 ||
            !call_says(answer, arena_printf(w->c->arena, "{\"pointer\":\"%s\"", BAD[i].pointer)))
            check_fail(__FILE__, __LINE__, "%s: %d %s", BAD[i].target, answer->status, answer->body);
    }
    CHECK_STATUS(CALL(w, .method = "GET", .target = "/v1/users?limit=500&role=driver", ADMIN), 200, NULL);
}

TEST(api_etag_and_if_match) {
    struct world *w = world_make();
    const char *target = target_of(w, w->rep);
    const struct http_response *answer = CALL(w, .method = "GET", .target = target, ADMIN);
    CHECK_STR(call_header(answer, "ETag"), "\"1\"");
    static const char *const WRONG[] = {"\"2\"", "1", "W/\"1\"", "\"11\"", "", ",", "\"1"};
    for (size_t i = 0; i < COUNT(WRONG); i++)
        CHECK_STATUS(CALL(w, .method = "PATCH", .target = target, ADMIN, .body = "{}", .if_match = WRONG[i]),
                     412, "version.mismatch");
    static const char *const RIGHT[] = {"\"1\"", "\"7\", \"2\"", "*", "\"4\" ,\"3\""};
    for (size_t i = 0; i < COUNT(RIGHT); i++) {
        answer = CALL(w, .method = "PATCH", .target = target, ADMIN, .body = "{}", .if_match = RIGHT[i]);
        CHECK_STATUS(answer, 200, NULL);
        CHECK_STR(call_header(answer, "ETag"), arena_printf(w->c->arena, "\"%zu\"", i + 2));
    }
}

TEST(api_idempotency_key_gives_the_first_answer_again) {
    struct world *w = world_make();
    static const char BODY[] = "{\"email\":\"one@example.org\",\"name\":\"One\",\"role\":\"rep\","
                               "\"password\":\"" PASSWORD "\"}";
    const struct http_response *first =
        CALL(w, .method = "POST", .target = "/v1/users", ADMIN, .body = BODY, .key = "\"k-1\"");
    CHECK_STATUS(first, 201, NULL);
    const struct http_response *again =
        CALL(w, .method = "POST", .target = "/v1/users", ADMIN, .body = BODY, .key = "k-1");
    CHECK_STATUS(again, 201, NULL);
    CHECK_STR(again->body, first->body);
    CHECK_STR(call_header(again, "ETag"), call_header(first, "ETag"));
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM user_account WHERE email = 'one@example.org'"), 1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM idempotency"), 1);
    CHECK_STATUS(CALL(w, .method = "POST", .target = "/v1/users", ADMIN, .body = BODY), 409,
                 "user.email-taken");
    CHECK_STATUS(
        CALL(w, .method = "POST", .target = "/v1/users", ADMIN, .key = "k-1",
             .body =
                 "{\"email\":\"two@example.org\",\"name\":\"Two\",\"role\":\"rep\",\"password\":\"" PASSWORD
                 "\"}"),
        422, "idempotency.other-body");
}

TEST(api_idempotency_keys_are_each_callers_own) {
    struct world *w = world_make();
    static const char BODY[] = "{\"email\":\"one@example.org\",\"name\":\"One\",\"role\":\"admin\","
                               "\"password\":\"" PASSWORD "\"}";
    CHECK_STATUS(CALL(w, .method = "POST", .target = "/v1/users", ADMIN, .body = BODY, .key = "k"), 201,
                 NULL);
    const char *other = call_login(w, "one@example.org", PASSWORD);
    CHECK_STATUS(CALL(w, .method = "POST", .target = "/v1/users", .token = other, .body = BODY, .key = "k"),
                 409, "user.email-taken");
}

TEST(api_idempotency_keeps_no_refusal_and_no_password) {
    struct world *w = world_make();
    CHECK_STATUS(
        CALL(w, .method = "POST", .target = "/v1/users", ADMIN, .key = "k",
             .body = "{\"email\":\"nobody\",\"name\":\"N\",\"role\":\"rep\",\"password\":\"" PASSWORD "\"}"),
        422, "request.invalid");
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM idempotency"), 0);
    CHECK_STATUS(
        CALL(w, .method = "POST", .target = "/v1/users", ADMIN, .key = "k",
             .body = "{\"email\":\"a@b.org\",\"name\":\"N\",\"role\":\"rep\",\"password\":\"" PASSWORD "\"}"),
        201, NULL);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM idempotency WHERE body LIKE '%correct%'"), 0);
}

TEST(api_idempotency_key_must_be_readable) {
    struct world *w = world_make();
    static const char *const BAD[] = {"", "\"\"", "a b", "\"a\"b\"", "caf\xc3\xa9"};
    for (size_t i = 0; i < COUNT(BAD); i++)
        CHECK_STATUS(
            CALL(w, .method = "POST", .target = "/v1/users", ADMIN, .key = BAD[i],
                 .body =
                     "{\"email\":\"a@b.org\",\"name\":\"N\",\"role\":\"rep\",\"password\":\"" PASSWORD "\"}"),
            400, "idempotency.invalid");
}

TEST(api_location_is_where_it_can_be_read) {
    struct world *w = world_make();
    const struct http_response *answer =
        CALL(w, .method = "POST", .target = "/v1/users", ADMIN,
             .body = "{\"email\":\"a@b.org\",\"name\":\"N\",\"role\":\"rep\",\"password\":\"" PASSWORD "\"}");
    CHECK_STATUS(CALL(w, .method = "GET", .target = call_header(answer, "Location"), ADMIN), 200, NULL);
}

TEST(api_cursor_goes_there_and_back) {
    struct ctx *c = check_ctx();
    static const int64_t KEYS[] = {0, 1, -1, INT64_MAX, INT64_MIN + 1, 20514};
    struct id id = id_new(c->now), got;
    int64_t key;
    for (size_t i = 0; i < COUNT(KEYS); i++) {
        CHECK_OK(c, api_cursor_read(c, api_cursor(c, KEYS[i], id), &key, &got));
        CHECK_INT(key, KEYS[i]);
        CHECK(id_equal(id, got));
    }
    CHECK_OK(c, api_cursor_read(c, NULL, &key, &got));
    CHECK_INT(key, NONE);
    CHECK(id_is_none(got));
    CHECK_INT(api_cursor_read(c, "zz", &key, &got), ERR_INVALID);
    CHECK_STR(c->fault.slug, "cursor.invalid");
    CHECK_STR(c->fault.first->pointer, "?after");
    CHECK_INT(api_limit(NONE), 50);
    CHECK_INT(api_limit(7), 7);
}

TEST(api_lists_page_by_cursor) {
    struct world *w = world_make();
    const char *after = "";
    int64_t seen = 0, pages = 0;
    do {
        const char *target =
            arena_printf(w->c->arena, "/v1/users?limit=3%s%s", *after ? "&after=" : "", after);
        const struct http_response *answer = CALL(w, .method = "GET", .target = target, ADMIN);
        CHECK_STATUS(answer, 200, NULL);
        for (const char *at = answer->body; (at = strstr(at, "\"email\":")); at++)
            seen++;
        after = call_member(w, answer, "next");
        pages++;
    } while (strcmp(after, "null") != 0);
    CHECK_INT(seen, world_count(w, "SELECT COUNT(*) FROM user_account"));
    CHECK_INT(pages, (seen + 2) / 3);
}

TEST(api_writes_on_a_failing_database_are_503_or_500_and_leave_nothing) {
    struct world *w = world_make();
    static const char BODY[] = "{\"active\":false}";
    const char *target = target_of(w, w->rep);
    for (int64_t nth = 1; nth < 60; nth++) {
        db_failing_set(w->c->db, nth, ERR_FULL);
        const struct http_response *answer =
            CALL(w, .method = "PATCH", .target = target, ADMIN, .body = BODY, .if_match = "\"1\"");
        db_failing_set(w->c->db, 0, ERR_FULL);
        if (answer->status == 200) {
            CHECK(nth > 4);
            return;
        }
        CHECK(answer->status == 507 || answer->status == 503);
        CHECK_INT(world_count(w, "SELECT COUNT(*) FROM user_account WHERE active = 0"), 0);
        CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event"), 0);
    }
    CHECK(false);
}

TEST(api_body_limits_by_address) {
    for (size_t i = 0; i < api_routes_n; i++) {
        const struct api_route *route = &api_routes[i];
        size_t least = route->flags & API_CSV_IN ? LIMIT_IMPORT : LIMIT_BODY;
        CHECK(api_body_limit(route->method, route->path) >= least);
    }
    CHECK_INT(api_body_limit("POST", "/v1/nope"), LIMIT_BODY);
    CHECK_INT(api_body_limit("", ""), LIMIT_BODY);
}

TEST(api_csv_is_asked_for) {
    static const struct {
        const char *format, *accept;
        bool csv;
    } CASES[] = {
        {NULL, NULL, false},
        {NULL, "*/*", false},
        {NULL, "text/csv", true},
        {NULL, "Text/CSV; q=0.9, */*", true},
        {NULL, "application/json, text/csv", false},
        {NULL, "text/csv, application/json", true},
        {"csv", "application/json", true},
        {"json", "text/csv", false},
        {"csv", NULL, true},
    };
    for (size_t i = 0; i < COUNT(CASES); i++)
        CHECK_INT(api_wants_csv(CASES[i].format, CASES[i].accept), CASES[i].csv);
}
