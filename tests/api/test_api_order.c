/* The plan, the worklist, orders and the timeline through the whole way of a request. */
#include "../unit/api_calls.h"
#include "app/app_plan.h"
#include "base/date.h"
#include "base/id.h"
#include <stdio.h>
#include <stdlib.h>

#define REP .token = "token-rep-0"
#define MANAGER .token = "token-manager-0"
#define DISPATCHER .token = "token-dispatcher-0"

static const char *text_of(struct world *w, struct id id) {
    char text[ID_TEXT_SIZE];
    return arena_strdup(w->c->arena, id_format(id, text));
}

static const char *fmt_order(struct world *w, const char *order, const char *more) {
    return arena_printf(w->c->arena, "/v1/orders/%s%s", order, more);
}

/* Planned by the manager up to 20 April; the id of patient 0's order of March. */
static struct world *planned(const char **order_out) {
    struct world *w = world_make();
    const struct http_response *r =
        CALL(w, "POST", "/v1/plan", MANAGER, .body = "{\"through\":\"2026-04-20\"}");
    CHECK_STATUS(r, 200, NULL);
    CHECK_STR(call_member(w, r, "opened"), "8");
    CHECK_STR(call_member(w, r, "missing"), "0");
    r = CALL(
        w, "GET",
        arena_printf(w->c->arena, "/v1/orders?patient_id=%s&due_to=2026-03-31", text_of(w, w->patient[0])),
        REP);
    CHECK_STATUS(r, 200, NULL);
    *order_out = call_member(w, r, "id");
    return w;
}

static const struct http_response *contact(struct world *w, const char *order, const char *id,
                                           const char *rest) {
    const char *body = arena_printf(
        w->c->arena, "{\"id\":\"%s\",\"at\":\"2026-03-02T00:00:00Z\",\"channel\":\"call\",%s}", id, rest);
    return CALL(w, "POST", fmt_order(w, order, "/contacts"), REP, .body = body);
}

#define CONTACT_ID "01930000-0000-7000-8000-000000000001"

static const struct http_response *count(struct world *w, const char *order) {
    const char *body = arena_printf(
        w->c->arena,
        "{\"lines\":[{\"product_id\":\"%s\",\"on_hand\":100},{\"product_id\":\"%s\",\"on_hand\":10},"
        "{\"product_id\":\"%s\",\"on_hand\":300}]}",
        text_of(w, w->product[0]), text_of(w, w->product[1]), text_of(w, w->product[2]));
    return CALL(w, "PUT", fmt_order(w, order, "/count"), REP, .body = body);
}

static const char *lines(struct world *w, int a, int b, const char *rest) {
    return arena_printf(
        w->c->arena,
        "{\"lines\":[{\"product_id\":\"%s\",\"ordered\":%d},{\"product_id\":\"%s\",\"ordered\":%d}]%s}",
        text_of(w, w->product[0]), a, text_of(w, w->product[1]), b, rest);
}

TEST(ord_api_the_call) {
    const char *order;
    struct world *w = planned(&order);
    const struct http_response *r = CALL(w, "GET", "/v1/worklist?date=2026-03-09", REP);
    CHECK_STATUS(r, 200, NULL);
    CHECK(call_says(r, "\"patient\":{\"id\":\""));
    CHECK(call_says(r, "\"cover_days\":null,\"attempts\":0,\"last_outcome\":null"));
    CHECK_STATUS(count(w, order), 409, "count.identity-first");
    r = contact(w, order, CONTACT_ID,
                "\"outcome\":\"reached\",\"identity_checked\":true,\"note\":\"rings back\"");
    CHECK_STATUS(r, 201, NULL);
    CHECK(call_says(r, "\"last_delivery_ok\":null"));
    const char *first = r->body;
    r = contact(w, order, CONTACT_ID,
                "\"outcome\":\"reached\",\"identity_checked\":true,\"note\":\"rings back\"");
    CHECK_STATUS(r, 200, NULL);
    CHECK_STR(r->body, first);
    r = contact(w, order, CONTACT_ID, "\"outcome\":\"declined\"");
    CHECK_STATUS(r, 409, "event.id-reused");
    CHECK_STATUS(CALL(w, "POST", fmt_order(w, order, "/confirm"), REP, .body = lines(w, 140, 80, "")), 409,
                 "order.no-count");
    r = count(w, order);
    CHECK_STATUS(r, 200, NULL);
    CHECK(call_says(r, "\"prescribed\":125,\"on_hand\":100,\"suggested\":140,\"ordered\":null"));
    CHECK_STR(call_member(w, r, "cover_days"), "6");
    CHECK_STR(call_member(w, r, "need_by"), "2026-03-06");
    CHECK_STATUS(CALL(w, "POST", fmt_order(w, order, "/confirm"), REP, .body = lines(w, 200, 80, "")), 403,
                 "confirm.needs-manager");
    CHECK_STATUS(CALL(w, "POST", fmt_order(w, order, "/confirm"), MANAGER, .body = lines(w, 200, 80, "")),
                 422, "request.invalid");
    r = CALL(w, "POST", fmt_order(w, order, "/confirm"), MANAGER,
             .body = lines(w, 200, 80, ",\"reason\":\"trip\""));
    CHECK_STATUS(r, 200, NULL);
    CHECK_STR(call_member(w, r, "state"), "confirmed");
    CHECK(call_says(r, "\"ordered\":200,\"authorised\":200,\"accepted\":0,\"outstanding\":200"));
    CHECK(call_says(r, "\"deliveries\":[]"));
    CHECK(call_says(r, "\"cause\":\"not_scheduled\""));
    CHECK_STR(call_header(r, "ETag"), "\"3\"");
}

TEST(ord_api_skip_and_cancel) {
    const char *order;
    struct world *w = planned(&order);
    const char *body = "{\"reason\":\"enough\",\"requested_by\":\"patient\"}";
    CHECK_STATUS(CALL(w, "POST", fmt_order(w, order, "/skip"), REP, .body = "{}"), 422, "request.invalid");
    const struct http_response *r = CALL(w, "POST", fmt_order(w, order, "/cancel"), REP, .body = body);
    CHECK_STATUS(r, 200, NULL);
    CHECK_STR(call_member(w, r, "state"), "cancelled");
    CHECK_STR(call_member(w, r, "excluded"), "cancelled");
    CHECK_STATUS(CALL(w, "POST", fmt_order(w, order, "/cancel"), REP, .body = body), 200, NULL);
    CHECK_STATUS(CALL(w, "POST", fmt_order(w, order, "/skip"), REP, .body = body), 409,
                 "order.not-withdrawable");
}

TEST(ord_api_emergency) {
    const char *order;
    struct world *w = planned(&order);
    const char *body =
        arena_printf(w->c->arena,
                     "{\"patient_id\":\"%s\",\"due_date\":\"2026-03-04\",\"kind\":\"emergency\","
                     "\"reason\":\"spilt\"}",
                     text_of(w, w->patient[0]));
    const struct http_response *r = CALL(w, "POST", "/v1/orders", REP, .body = body, .key = "one");
    CHECK_STATUS(r, 201, NULL);
    CHECK_STR(call_member(w, r, "kind"), "emergency");
    CHECK(call_says(r, "\"deliver_to\":null"));
    CHECK_STATUS(CALL(w, "POST", "/v1/orders", REP, .body = body, .key = "one"), 201, NULL);
    CHECK_STATUS(CALL(w, "POST", "/v1/orders", REP, .body = body), 409, "order.exists");
    CHECK_STATUS(CALL(w, "POST", "/v1/orders", REP,
                      .body = "{\"patient_id\":\"01930000-0000-7000-8000-000000000001\",\"due_date\":"
                              "\"2026-03-04\",\"kind\":\"cycle\"}"),
                 422, "request.invalid");
}

TEST(ord_api_roles) {
    const char *order;
    struct world *w = planned(&order);
    CHECK_STATUS(CALL(w, "GET", fmt_order(w, order, ""), DISPATCHER), 200, NULL);
    CHECK_STATUS(CALL(w, "POST", fmt_order(w, order, "/confirm"), DISPATCHER, .body = lines(w, 1, 1, "")),
                 403, "denied");
    CHECK_STATUS(CALL(w, "GET", "/v1/worklist", DISPATCHER), 403, "denied");
    CHECK_STATUS(CALL(w, "GET", fmt_order(w, order, ""), .token = "token-customer-0"), 403, "denied");
    CHECK_STATUS(CALL(w, "POST", "/v1/plan", REP, .body = "{\"through\":\"2026-04-20\"}"), 403, "denied");
    CHECK_STATUS(CALL(w, "GET", "/v1/orders/01930000-0000-7000-8000-000000000009", REP), 404, "not-found");
    CHECK_STATUS(CALL(w, "PUT", "/v1/orders/01930000-0000-7000-8000-000000000009/count", REP,
                      .body = "{\"lines\":[]}"),
                 404, "not-found");
}

/* Own patients' only, and another one's is as one that does not exist. */
TEST(ord_api_timeline_scope) {
    const char *order;
    struct world *w = planned(&order);
    const char *own = arena_printf(w->c->arena, "/v1/patients/%s/timeline", text_of(w, w->patient[0]));
    const char *other = arena_printf(w->c->arena, "/v1/patients/%s/timeline", text_of(w, w->patient[2]));
    const struct http_response *r = CALL(w, "GET", own, .token = "token-customer-0");
    CHECK_STATUS(r, 200, NULL);
    CHECK(call_says(r, "\"type\":\"order\""));
    CHECK(!call_says(r, "\"contact\""));
    r = CALL(w, "GET", other, .token = "token-customer-0");
    CHECK_STATUS(r, 404, "not-found");
    const struct http_response *none = CALL(
        w, "GET", "/v1/patients/01930000-0000-7000-8000-000000000009/timeline", .token = "token-customer-0");
    CHECK_STATUS(none, 404, "not-found");
    CHECK_STR(call_member(w, r, "detail"), call_member(w, none, "detail"));
    CHECK_STATUS(CALL(w, "GET", other, REP), 200, NULL);
    CHECK_STATUS(CALL(w, "GET", own, DISPATCHER), 403, "denied");
}

/* Every list to its end, two at a time. */
static int64_t walk(struct world *w, const char *target, const char *token) {
    int64_t seen = 0;
    for (const char *after = ""; after;) {
        const struct http_response *r =
            CALL(w, "GET", arena_printf(w->c->arena, "%slimit=2%s", target, after), .token = token);
        CHECK_STATUS(r, 200, NULL);
        for (const char *at = r->body; (at = strstr(at, "{\"id\":\"")); at++)
            seen += at == r->body + strlen("{\"items\":[") || at[-1] == ',';
        const char *next = call_member(w, r, "next");
        after = next && strcmp(next, "null") != 0 ? arena_printf(w->c->arena, "&after=%s", next) : NULL;
    }
    return seen;
}

TEST(ord_api_pages) {
    const char *order;
    struct world *w = planned(&order);
    for (int i = 0; i < 4; i++) {
        w->c->now++;
        CHECK_STATUS(CALL(w, "POST", "/v1/plan", MANAGER, .body = "{\"through\":\"2026-04-20\"}"), 200, NULL);
    }
    CHECK_INT(walk(w, "/v1/orders?", "token-rep-0"), 8);
    CHECK_INT(walk(w, arena_printf(w->c->arena, "/v1/orders?customer_id=%s&", text_of(w, w->customer[0])),
                   "token-rep-0"),
              6);
    CHECK_INT(walk(w, "/v1/orders?state=open&due_from=2026-04-01&", "token-rep-0"), 4);
    CHECK_INT(walk(w, "/v1/orders?state=confirmed&", "token-rep-0"), 0);
    CHECK_INT(walk(w, "/v1/worklist?date=2026-04-09&", "token-rep-0"), 8);
    CHECK_INT(walk(w, "/v1/plan/receipts?", "token-manager-0"), 5);
    CHECK_STATUS(CALL(w, "GET", "/v1/worklist?after=zz", REP), 422, "cursor.invalid");
}

TEST(ord_api_completeness) {
    const char *order;
    struct world *w = planned(&order);
    const char *target = "/v1/reports/completeness?from=2026-04-01&to=2026-05-31";
    const struct http_response *r = CALL(w, "GET", target, MANAGER);
    CHECK_STATUS(r, 200, NULL);
    CHECK(call_says(r, "\"due\":8,\"opened\":0,\"existing\":4,\"skipped\":0,\"paused\":0,\"missing\":4,"
                       "\"active\":4,\"none_due\":0,\"missing_pairs\":[{\"patient_id\":\""));
    r = CALL(w, "GET", target, MANAGER, .accept = "text/csv");
    CHECK_STATUS(r, 200, NULL);
    CHECK(call_says(
        r, "from,to,due,opened,existing,skipped,paused,missing,active,none_due,patient_id,due_date\r\n"
           "2026-04-01,2026-05-31,8,0,4,0,0,4,4,0,"));
    r = CALL(w, "GET", "/v1/reports/completeness?from=2026-03-01&to=2026-03-31&format=csv", MANAGER);
    CHECK(call_says(r, "2026-03-01,2026-03-31,4,0,4,0,0,0,4,0,,\r\n"));
    CHECK_STATUS(CALL(w, "GET", target, REP), 403, "denied");
}
