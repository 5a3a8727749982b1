/* The route table and nothing else. Rows of one resource stand together. */
#include "api_delivery.h"
#include "api_discrepancy.h"
#include "api_drop.h"
#include "api_run.h"
#include "api_system.h"
#include "api_user.h"
#include "app/app_delivery.h"
#include "app/app_discrepancy.h"
#include "app/app_drop.h"
#include "app/app_run.h"
#include "app/app_sweep.h"
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

    {"GET", "/v1/orders/{id}/slots", .roles = MAY_REP, .find = api_slot_find, .handle = api_slot_list,
     .query = &slot_query_shape, .out = &slot_shape, .answer = "200 list", .problems = "order.no-zone",
     .summary = "Windows that still have room for this order"},
    {"GET", "/v1/deliveries", .roles = MAY_REP | MAY_DISPATCHER | MAY_DRIVER | MAY_CUSTOMER,
     .handle = api_delivery_list, .query = &delivery_query_shape, .out = &delivery_view_shape, .answer = "200 list",
     .problems = "cursor.invalid", .summary = "Deliveries by date; a driver's own stops, a customer's own patients"},
    {"POST", "/v1/deliveries", .roles = MAY_REP | MAY_DISPATCHER, .mode = API_WRITE, .flags = API_CREATES,
     .handle = api_delivery_add, .in = &booking_shape, .out = &delivery_view_shape, .answer = "201",
     .problems = "order.not-bookable order.nothing-left order.no-zone slot.full slot.not-served slot.closed slot.past",
     .summary = "Book the rest of an order into a window"},
    {"GET", "/v1/deliveries/{id}", .roles = MAY_REP | MAY_DISPATCHER | MAY_DRIVER | MAY_CUSTOMER,
     .find = api_delivery_find, .handle = api_delivery_get, .out = &delivery_view_shape, .answer = "200",
     .summary = "One delivery with all that belongs to it"},
    {"POST", "/v1/deliveries/{id}/reschedule", .roles = MAY_REP | MAY_DISPATCHER, .mode = API_WRITE,
     .find = api_delivery_find, .handle = api_delivery_reschedule, .in = &reschedule_shape,
     .out = &delivery_view_shape, .answer = "200",
     .problems = "delivery.not-open slot.full slot.not-served slot.closed slot.past",
     .summary = "Another window; what every figure counts follows by its own rules"},
    {"POST", "/v1/deliveries/{id}/cancel", .roles = MAY_REP | MAY_DISPATCHER, .mode = API_WRITE,
     .find = api_delivery_find, .handle = api_delivery_cancel, .in = &withdrawal_shape,
     .out = &delivery_view_shape, .answer = "200", .problems = "delivery.not-open",
     .summary = "No window at all; a repeat changes nothing"},
    {"POST", "/v1/deliveries/{id}/contests", .roles = MAY_REP | MAY_CUSTOMER, .mode = API_WRITE,
     .find = api_delivery_find, .handle = api_delivery_contest, .in = &contest_in_shape, .out = &contest_shape,
     .answer = "201", .problems = "event.id-reused",
     .summary = "The customer's word that it was not so; kept, never changing the record"},
    {"POST", "/v1/deliveries/{id}/confirmations", .roles = MAY_DRIVER | MAY_DISPATCHER, .mode = API_WRITE,
     .find = api_drop_find, .handle = api_drop_confirm, .in = &drop_in_shape, .out = &drop_answer_shape,
     .answer = "201", .problems = "event.id-reused delivery.already-confirmed",
     .summary = "The drop; a repeat with the same id answers 200 with the verdict as first given"},
    {"POST", "/v1/deliveries/{id}/failures", .roles = MAY_DRIVER | MAY_DISPATCHER, .mode = API_WRITE,
     .find = api_drop_find, .handle = api_drop_fail, .in = &failure_in_shape, .out = &failure_answer_shape,
     .answer = "201", .problems = "event.id-reused", .summary = "A failed attempt"},

    {"GET", "/v1/runs", .roles = MAY_DISPATCHER, .handle = api_run_list, .query = &run_query_shape,
     .out = &run_view_shape, .answer = "200 list", .problems = "cursor.invalid", .summary = "Runs by date"},
    {"POST", "/v1/runs", .roles = MAY_DISPATCHER, .mode = API_WRITE, .flags = API_CREATES, .handle = api_run_add,
     .in = &run_row_shape, .out = &run_view_shape, .answer = "201", .summary = "Plan a run"},
    {"GET", "/v1/runs/{id}", .roles = MAY_DISPATCHER, .find = api_run_find, .handle = api_run_get,
     .out = &run_view_shape, .answer = "200", .summary = "One run with its stops and its load sheet"},
    {"PUT", "/v1/runs/{id}/stops", .roles = MAY_DISPATCHER, .mode = API_WRITE, .flags = API_IF_MATCH,
     .find = api_run_find, .handle = api_run_set_stops, .in = &stops_in_shape, .out = &run_view_shape,
     .answer = "200", .problems = "run.closed run.stop-done", .summary = "The stops, in driving order"},
    {"POST", "/v1/runs/{id}/dispatch", .roles = MAY_DISPATCHER, .mode = API_WRITE, .find = api_run_find,
     .handle = api_run_dispatch, .out = &run_view_shape, .answer = "200",
     .problems = "run.not-planned run.no-stops", .summary = "Send the run on the road"},
    {"GET", "/v1/driver/runs", .roles = MAY_DRIVER, .handle = api_driver_runs, .query = &driver_query_shape,
     .out = &driver_run_shape, .answer = "200 list", .summary = "The driver's own runs of a date, with what the door needs"},

    {"GET", "/v1/discrepancies", .roles = MAY_MANAGER | MAY_CUSTOMER, .handle = api_discrepancy_list,
     .query = &discrepancy_query_shape, .out = &discrepancy_shape, .answer = "200 list",
     .problems = "cursor.invalid", .summary = "What was found, newest first"},
    {"GET", "/v1/discrepancies/{id}", .roles = MAY_MANAGER | MAY_CUSTOMER, .find = api_discrepancy_find,
     .handle = api_discrepancy_get, .out = &discrepancy_shape, .answer = "200", .summary = "One discrepancy"},
    {"PATCH", "/v1/discrepancies/{id}", .roles = MAY_MANAGER, .mode = API_WRITE, .flags = API_IF_MATCH | API_PATCH,
     .find = api_discrepancy_change_find, .handle = api_discrepancy_change, .in = &discrepancy_change_shape,
     .out = &discrepancy_shape, .answer = "200", .problems = "discrepancy.closed",
     .summary = "State, responsibility, cause"},
    {"POST", "/v1/discrepancies/{id}/resolve", .roles = MAY_MANAGER, .mode = API_WRITE,
     .find = api_discrepancy_find, .handle = api_discrepancy_resolve, .in = &discrepancy_reason_shape,
     .out = &discrepancy_shape, .answer = "200", .problems = "discrepancy.closed", .summary = "Done, and how"},
    {"POST", "/v1/discrepancies/{id}/void", .roles = MAY_MANAGER, .mode = API_WRITE,
     .find = api_discrepancy_find, .handle = api_discrepancy_void, .in = &discrepancy_reason_shape,
     .out = &discrepancy_shape, .answer = "200", .problems = "discrepancy.closed",
     .summary = "It was none, and why; still counted and listed; no timeliness moves"},
    {"POST", "/v1/sweep", .roles = MAY_MANAGER, .mode = API_WRITE, .handle = api_sweep,
     .out = &sweep_receipt_shape, .answer = "200", .summary = "Look now for what is late and missed"},
};
/* clang-format on */
const size_t api_routes_n = COUNT(api_routes);
