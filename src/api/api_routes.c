/* The route table and nothing else. Rows of one resource stand together. */
#include "api_system.h"
#include "api_user.h"
#include "domain/user.h"

/* clang-format off */
const struct api_route api_routes[] = {
    {"GET", "/healthz", .roles = MAY_OPEN, .flags = API_INLINE, .handle = api_healthz,
     .out = &health_shape, .answer = "200", .summary = "The process is alive"},
    {"GET", "/readyz", .roles = MAY_OPEN, .mode = API_WRITE, .handle = api_readyz,
     .out = &health_shape, .answer = "200", .problems = "not-ready",
     .summary = "Ready: database readable, schema current, writer alive"},
    {"GET", "/metrics", .roles = MAY_OPEN, .flags = API_INLINE | API_LOOPBACK, .handle = api_metrics,
     .answer = "200 text", .summary = "Counters as Prometheus text, on loopback only"},
    {"GET", "/openapi.json", .roles = MAY_OPEN, .handle = api_openapi_json,
     .answer = "200 json", .summary = "This document"},

    {"POST", "/v1/login", .roles = MAY_OPEN, .mode = API_WRITE, .prepare = api_login_prepare, .handle = api_login,
     .in = &login_shape, .out = &session_shape, .answer = "200", .problems = "login.failed login.throttled",
     .summary = "Sign in"},
    {"POST", "/v1/logout", .roles = MAY_ANY, .mode = API_WRITE, .handle = api_logout,
     .answer = "204", .summary = "End this session"},
    {"GET", "/v1/me", .roles = MAY_ANY, .handle = api_me,
     .out = &user_shape, .answer = "200", .summary = "Who is signed in"},
    {"POST", "/v1/me/password", .roles = MAY_ANY, .mode = API_WRITE, .prepare = api_me_password_prepare,
     .handle = api_me_password, .in = &password_change_shape, .answer = "204",
     .problems = "password.wrong login.throttled conflict", .summary = "Change your password; ends all your sessions"},

    {"GET", "/v1/users", .roles = MAY_ADMIN, .handle = api_user_list,
     .query = &user_query_shape, .out = &user_shape, .answer = "200 list", .problems = "cursor.invalid",
     .summary = "Users, oldest first"},
    {"POST", "/v1/users", .roles = MAY_ADMIN, .mode = API_WRITE, .flags = API_CREATES, .prepare = api_user_prepare,
     .handle = api_user_add, .in = &user_shape, .out = &user_shape, .answer = "201", .problems = "user.email-taken",
     .summary = "Add a user"},
    {"GET", "/v1/users/{id}", .roles = MAY_ADMIN, .find = api_user_find, .handle = api_user_get,
     .out = &user_shape, .answer = "200", .summary = "One user"},
    {"PATCH", "/v1/users/{id}", .roles = MAY_ADMIN, .mode = API_WRITE, .flags = API_IF_MATCH | API_PATCH,
     .find = api_user_find, .prepare = api_user_prepare, .handle = api_user_change,
     .in = &user_shape, .out = &user_shape, .answer = "200", .problems = "user.email-taken user.last-admin",
     .summary = "Change a user; a new password or active = false ends all sessions"},
};
/* clang-format on */
const size_t api_routes_n = COUNT(api_routes);
