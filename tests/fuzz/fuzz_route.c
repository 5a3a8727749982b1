/* Addresses: "<method> <path?query>\n<body>". The router agrees with itself, the query's decoding with an
 * independent one, and a signed-in manager's read is never answered by a 500. */
#include "fuzz.h"
#include "api/api_work.h"
#include "base/crypto.h"
#include "base/date.h"
#include "base/id.h"
#include "db/db.h"
#include <string.h>

static void fill(struct ctx *c) {
    static const struct db_stmt USER = {
        "fuzz.user",
        "INSERT INTO user_account (id, email, email_folded, name, role, active, password_hash, version) "
        "VALUES ($1, 'm', 'm', 'm', 'manager', 1, '!', 1)",
        NULL};
    static const struct db_stmt SESSION = {
        "fuzz.session",
        "INSERT INTO session (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)", NULL};
    struct id id = id_new(c->now);
    uint8_t hash[SHA256_SIZE];
    sha256("token", 5, hash);
    HOLDS(db_exec(c, &USER, ARGS(db_id(&id)), NULL) == OK, "%s", c->fault.detail);
    HOLDS(db_exec(c, &SESSION,
                  ARGS(db_blob(hash, sizeof hash), db_id(&id), db_int(c->now), db_int(c->now + 365 * DAY_MS)),
                  NULL) == OK,
          "%s", c->fault.detail);
}

/* Every route whose form the path has, and no other, is the one that is found. */
static void check_match(struct ctx *c, struct http_request *request) {
    struct api_call call = {0};
    api_call_begin(c, &call, request);
    if (call.route)
        HOLDS(api_match_form(call.route->path, request->path), "%s is no %s", request->path,
              call.route->path);
    HOLDS(!call.route || !call.allow, "a route and others");
    for (size_t i = 0; i < api_routes_n && !call.route; i++) {
        struct api_call other = {0};
        if (strcmp(api_routes[i].method, request->method) != 0) continue;
        HOLDS(!api_match_path(c, api_routes[i].path, request->path, &other), "%s was not found",
              request->path);
    }
}

static int hex(char c) {
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;
    if (c >= '0' && c <= '9') return c - '0';
    return at && (c | 0x20) >= 'a' ? (int)(at - digits) : -1;
}

/* How many of the query's names are `name`, by a decoder of its own. */
static int count_named(const char *query, const char *name) {
    int n = 0;
    for (const char *at = query; *at;) {
        size_t length = strcspn(at, "&"), used = 0, i = 0;
        const char *equals = memchr(at, '=', length);
        size_t name_n = equals ? (size_t)(equals - at) : length;
        bool is_same = true;
        for (; i < name_n && is_same; i++, used++) {
            char c = at[i] == '+' ? ' ' : at[i];
            if (at[i] == '%' && i + 2 < name_n + 0 + 1 && i + 2 <= name_n - 1 && hex(at[i + 1]) >= 0 &&
                hex(at[i + 2]) >= 0) {
                c = (char)(hex(at[i + 1]) * 16 + hex(at[i + 2]));
                i += 2;
            }
            is_same = name[used] == c && c;
        }
        n += length > 0 && is_same && !name[used];
        at += length + (at[length] == '&');
    }
    return n;
}

static void check_query(struct ctx *c, const char *query) {
    struct list names;
    if (http_query_names(c, query, &names) != OK) return;
    for (size_t i = 0; i < names.n; i++) {
        const char *name = ((const char *const *)names.at)[i], *value = NULL;
        ctx_fault_clear(c);
        enum err err = http_query(c, query, name, &value);
        int n = count_named(query, name);
        HOLDS(n >= 1, "%s is said to be in %s", name, query);
        HOLDS(err != OK || (value && n == 1), "%s of %s: %d times, %s", name, query, n,
              value ? value : "none");
    }
    ctx_fault_clear(c);
}

static bool is_read(struct ctx *c, struct http_request *request) {
    struct api_call call = {0};
    api_call_begin(c, &call, request);
    return !call.route || (call.route->mode == API_READ && !call.route->prepare &&
                           strcmp(call.route->path, "/metrics") != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    static const char *const METHODS[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    struct ctx *c = fuzz_ctx();
    char *line = (char *)(uintptr_t)fuzz_word(c, &bytes, &n), *path = strchr(line, ' ');
    if (!path || strlen(path) < 2 || path[1] != '/') return 0;
    *path++ = 0;
    const char *method = NULL;
    for (size_t i = 0; i < COUNT(METHODS); i++)
        if (strcmp(METHODS[i], line) == 0) method = METHODS[i];
    for (const char *at = path; *at; at++)
        if (*at <= 0x20 || *at >= 0x7f) return 0; /* the guard's */
    if (!method || strstr(path, "%00")) return 0;
    char *query = strchr(path, '?');
    if (query) *query++ = 0;
    struct http_request request = {
        .arena = c->arena, .method = method, .path = path, .query = query ? query : ""};
    request.authorization = "Bearer token";
    request.body = arena_memdup(c->arena, n ? (const void *)bytes : "", n);
    request.body_size = n;
    request.content_type = n ? "application/json" : NULL;
    fuzz_database(c, fill);
    check_match(c, &request);
    check_query(c, request.query);
    if (!is_read(c, &request)) return 0;
    api_handle(c, &request);
    HOLDS(request.response.status >= 200 && request.response.status != 500, "%s %s: %d", method, path,
          request.response.status);
    return 0;
}
