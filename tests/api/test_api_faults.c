/* Every operation that writes, with the database failing at its first call, its second, … until none is
 * left: each time a problem of the right status and nothing written, then the same request succeeds. A route
 * without a sample here fails: add a row. */
#include "api/api_work.h"
#include "base/clock.h"
#include "base/date.h"
#include "month.h"
#include <stdio.h>

struct sample {
    const char *route, *target, *token, *body; /* with the holes of month_text */
    int stage;                                 /* of the month: what it is ready for */
    const char *type, *if_match, *key, *at;    /* at: the server's time, or that of the world */
};

#define EVENT "\"at\":\"2026-03-02T00:00:00Z\""
#define LINE "{\"product_id\":\"<p0>\",\"qty\":5,\"lot\":\"L1\",\"expiry\":\"2028-05-31\"}"
#define WITHDRAWN "{\"reason\":\"R\",\"requested_by\":\"patient\"}"
#define REP "token-rep-0"
#define ADMIN "token-admin-0"
#define MANAGER "token-manager-0"
#define DISPATCHER "token-dispatcher-0"
#define DRIVER "token-driver-0"

/* In an order in which what one made is there for the next. Rows of routes that are not there yet are left
 * out. */
/* clang-format off */
static const struct sample SAMPLES[] = {
    {.route = "POST /v1/login", "/v1/login", NULL, "{\"email\":\"probe@example.org\",\"password\":\"" PASSWORD "\"}"},
    {.route = "POST /v1/logout", "/v1/logout", "token-customer-1", NULL},
    {.route = "POST /v1/me/password", "/v1/me/password", "probe",
     "{\"current_password\":\"" PASSWORD "\",\"password\":\"another password\"}"},
    {.route = "POST /v1/users", "/v1/users", ADMIN,
     "{\"email\":\"new@example.org\",\"name\":\"N\",\"role\":\"rep\",\"password\":\"" PASSWORD "\"}", .key = "user"},
    {.route = "PATCH /v1/users/{id}", "/v1/users/<@user_account>", ADMIN, "{\"name\":\"Other\"}", .if_match = "*"},

    {.route = "POST /v1/orders", "/v1/orders", REP,
     "{\"patient_id\":\"<h>\",\"due_date\":\"<t>\",\"kind\":\"emergency\",\"reason\":\"R\"}", .key = "order"},
    {.route = "POST /v1/orders/{id}/contacts", "/v1/orders/<o>/contacts", REP,
     "{\"id\":\"<n1>\"," EVENT ",\"channel\":\"call\",\"outcome\":\"reached\",\"identity_checked\":true}",
     MONTH_CONTACT},
    {.route = "PUT /v1/orders/{id}/count", "/v1/orders/<o>/count", REP, "{\"lines\":[{\"product_id\":\"<p0>\",\"on_hand\":7}]}",
     MONTH_COUNT},
    {.route = "POST /v1/orders/{id}/confirm", "/v1/orders/<o>/confirm", MANAGER,
     "{\"reason\":\"R\",\"lines\":[{\"product_id\":\"<p0>\",\"ordered\":120}]}", MONTH_CONFIRM},
    {.route = "POST /v1/orders/{id}/skip", "/v1/orders/<o>/skip", REP, WITHDRAWN, MONTH_CONTACT},
    {.route = "POST /v1/orders/{id}/cancel", "/v1/orders/<o>/cancel", REP, WITHDRAWN, MONTH_RUN},

    {.route = "POST /v1/deliveries", "/v1/deliveries", DISPATCHER,
     "{\"order_id\":\"<o>\",\"date\":\"2026-03-12\",\"window\":{\"from\":\"08:00\",\"to\":\"12:00\"}}", MONTH_BOOK,
     .key = "delivery"},
    {.route = "POST /v1/deliveries/{id}/reschedule", "/v1/deliveries/<d>/reschedule", DISPATCHER,
     "{\"date\":\"2026-03-13\",\"window\":{\"from\":\"08:00\",\"to\":\"12:00\"},\"reason\":\"R\",\"requested_by\":\"us\"}",
     MONTH_RUN},
    {.route = "POST /v1/deliveries/{id}/cancel", "/v1/deliveries/<d>/cancel", DISPATCHER, WITHDRAWN, MONTH_RUN},
    {.route = "POST /v1/runs", "/v1/runs", DISPATCHER,
     "{\"depot_id\":\"<s>\",\"date\":\"2026-03-12\",\"driver_id\":\"<v>\",\"vehicle\":\"V\"}", .key = "run"},
    {.route = "PUT /v1/runs/{id}/stops", "/v1/runs/<r>/stops", DISPATCHER, "{\"delivery_ids\":[\"<d>\"]}", MONTH_STOPS,
     .if_match = "*"},
    {.route = "POST /v1/runs/{id}/dispatch", "/v1/runs/<r>/dispatch", DISPATCHER, NULL, MONTH_DISPATCH},
    {.route = "POST /v1/deliveries/{id}/failures", "/v1/deliveries/<d>/failures", DRIVER,
     "{\"id\":\"<n4>\"," EVENT ",\"reason\":\"nobody_home\",\"note\":\"N\"}", MONTH_DROP},
    {.route = "POST /v1/deliveries/{id}/confirmations", "/v1/deliveries/<d>/confirmations", DRIVER,
     "{\"id\":\"<n2>\"," EVENT ",\"received_by\":{\"name\":\"Marker\",\"relation\":\"patient\"},\"lines\":[" LINE
     "],\"bypass\":\"device_failed\",\"note\":\"N\"}", MONTH_DROP},
    {.route = "POST /v1/confirmations/{id}/amendments", "/v1/confirmations/<n2>/amendments", DRIVER,
     "{\"id\":\"<n5>\",\"reason\":\"Counted again\",\"lines\":[" LINE "]}", MONTH_CONTEST},
    {.route = "POST /v1/deliveries/{id}/contests", "/v1/deliveries/<d>/contests", REP,
     "{\"id\":\"<n3>\"," EVENT ",\"what\":\"short\",\"note\":\"N\"}", MONTH_CONTEST},
    {.route = "PATCH /v1/discrepancies/{id}", "/v1/discrepancies/<@discrepancy>", MANAGER, "{\"state\":\"acknowledged\"}",
     MONTH_CONTEST, .if_match = "*"},
    {.route = "POST /v1/discrepancies/{id}/resolve", "/v1/discrepancies/<@discrepancy>/resolve", MANAGER,
     "{\"reason\":\"R\"}", MONTH_CONTEST},
    {.route = "POST /v1/discrepancies/{id}/void", "/v1/discrepancies/<@discrepancy>/void", MANAGER, "{\"reason\":\"R\"}",
     MONTH_CONTEST},
    {.route = "POST /v1/recalls", "/v1/recalls", MANAGER, "{\"product_id\":\"<p0>\",\"lot\":\"L1\",\"reason\":\"R\"}",
     MONTH_CONTEST},
    {.route = "POST /v1/sweep", "/v1/sweep", MANAGER, NULL, MONTH_RUN, .at = "2026-03-14T02:00:00Z"},
    {.route = "POST /v1/plan", "/v1/plan", MANAGER, "{\"through\":\"2026-04-20\"}"},

    {.route = "POST /v1/depots", "/v1/depots", ADMIN, "{\"code\":\"D<i>\",\"name\":\"D\",\"timezone\":\"Australia/Perth\"}"},
    {.route = "PATCH /v1/depots/{id}", "/v1/depots/<@depot>", ADMIN, "{\"name\":\"Other\"}", .if_match = "*"},
    {.route = "POST /v1/zones", "/v1/zones", ADMIN, "{\"code\":\"Z<i>\",\"name\":\"Z\",\"depot_id\":\"<s>\"}"},
    {.route = "PATCH /v1/zones/{id}", "/v1/zones/<@zone>", ADMIN, "{\"weekdays\":[1,2]}", .if_match = "*"},
    {.route = "POST /v1/closures", "/v1/closures", ADMIN, "{\"depot_id\":\"<s>\",\"date\":\"2026-03-12\",\"reason\":\"R\"}",
     MONTH_RUN},
    {.route = "PATCH /v1/closures/{id}", "/v1/closures/<@closure>", ADMIN, "{\"reason\":\"Other\"}", .if_match = "*"},
    {.route = "DELETE /v1/closures/{id}", "/v1/closures/<@closure>", ADMIN, NULL},
    {.route = "POST /v1/products", "/v1/products", ADMIN,
     "{\"code\":\"P<i>\",\"name\":\"P\",\"base_unit\":\"bag\",\"units_per_box\":5,\"box_weight_g\":900}"},
    {.route = "PATCH /v1/products/{id}", "/v1/products/<@product>", ADMIN, "{\"name\":\"Other\"}", .if_match = "*"},
    {.route = "POST /v1/customers", "/v1/customers", ADMIN, "{\"code\":\"C<i>\",\"name\":\"C\"}", .key = "customer"},
    {.route = "PATCH /v1/customers/{id}", "/v1/customers/<@customer>", ADMIN, "{\"name\":\"Other\"}", .if_match = "*"},
    {.route = "POST /v1/patients", "/v1/patients", REP,
     "{\"code\":\"N<i>\",\"customer_id\":\"<c>\",\"zone_id\":\"<z>\",\"name\":\"New\",\"phone\":\"0400\","
     "\"address\":\"1 A St\",\"location\":{\"lat\":-33.8,\"lon\":151.2},\"receivers\":[{\"name\":\"A\",\"relation\":"
     "\"spouse\"}],\"cycle\":{\"every\":1,\"unit\":\"month\",\"anchor\":\"2026-03-16\"}}", .key = "patient"},
    {.route = "PATCH /v1/patients/{id}", "/v1/patients/<h>", REP, "{\"access_notes\":\"N\",\"receivers\":[]}", .if_match = "*"},
    {.route = "PUT /v1/patients/{id}/prescription", "/v1/patients/<h>/prescription", REP,
     "{\"effective_from\":\"2026-02-01\",\"lines\":[{\"product_id\":\"<p0>\",\"use_per_day\":3}]}"},
    {.route = "POST /v1/patients/{id}/pauses", "/v1/patients/<h>/pauses", REP,
     "{\"from\":\"2027-05-01\",\"to\":\"2027-05-02\",\"reason\":\"R\"}"},
    {.route = "DELETE /v1/patients/{id}/pauses/{pause_id}", "/v1/patients/<h>/pauses/<@pause>", REP, NULL},
    {.route = "POST /v1/imports/{kind}", "/v1/imports/customers", ADMIN, "code,name\nI<i>,N\nJ<i>,N\n", .type = "text/csv"},
};
/* clang-format on */

static const struct {
    enum err err;
    int status;
} KINDS[] = {{ERR_FULL, 507}, {ERR_UNCERTAIN, 503}, {ERR_INTERNAL, 500}, {ERR_LIMIT, 503}};

/* ---- one request, tried again and again ---- */

struct trial {
    struct world *w;
    const struct sample *sample;
    const struct api_route *route; /* instead of the table's; NULL: the table's */
    struct http_request request;
    struct api_call call;
    int64_t tries;
};

static enum err run_call(struct ctx *c, void *user) {
    struct trial *t = user;
    api_call_begin(c, &t->call, &t->request);
    if (t->route) t->call.route = t->route;
    return api_call_run(c, &t->call);
}

/* Fails at the nth call, 0: nowhere. What a route prepares outside its unit (a password's hash) is made once.
 */
static enum err try_once(struct trial *t, int64_t nth, enum err kind) {
    struct ctx *c = t->w->c;
    ctx_fault_clear(c);
    c->request_id = id_new(c->now);
    api_call_begin(c, &t->call, &t->request);
    db_failing_set(c->db, nth, kind);
    enum err err = db_unit(c, run_call, t);
    db_failing_set(c->db, 0, kind);
    api_call_end(c, &t->call, &t->request, err);
    t->tries++;
    return err;
}

static bool is_problem(const struct trial *t, int status) {
    const struct http_response *r = &t->request.response;
    return r->status == status && r->body && strstr(r->body, "\"type\":\"urn:canary:problem:") &&
           strcmp(r->content_type, "application/problem+json") == 0;
}

static const char *complaint(struct trial *t, int64_t nth, const char *what) {
    return arena_printf(t->w->c->arena, "%s, database call %lld fails: %s (%d %s)", t->sample->route,
                        (long long)nth, what, t->request.response.status,
                        t->request.response.body ? t->request.response.body : "");
}

/* NULL, or what is wrong with the route: the first thing. `first`: which kind of failure begins. */
static const char *fails_at_every_call(struct trial *t, size_t first) {
    const char *before = world_digest(t->w);
    for (int64_t nth = 1; nth < 3000; nth++) {
        size_t kind = (first + (size_t)nth) % COUNT(KINDS);
        int64_t calls = db_failing_calls(t->w->c->db);
        enum err err = try_once(t, nth, KINDS[kind].err);
        bool has_failed = db_failing_calls(t->w->c->db) - calls >= nth;
        bool is_same = strcmp(before, world_digest(t->w)) == 0;
        if (err == OK && has_failed) return complaint(t, nth, "it succeeds all the same");
        if (err == OK) return is_same ? complaint(t, nth, "it wrote nothing") : NULL;
        if (!is_same) return complaint(t, nth, "something was written");
        if (!has_failed) return complaint(t, 0, "it does not succeed");
        if (!is_problem(t, KINDS[kind].status) &&
            !(KINDS[kind].err != ERR_FULL && is_problem(t, 503))) /* at COMMIT nobody knows */
            return complaint(t, nth, "not the problem that it is");
    }
    return complaint(t, 3000, "it never succeeds");
}

/* ---- the world around it ---- */

static const char *probe_token;

static struct world *world_of_faults(void) {
    struct world *w = world_make();
    call_user(w, "probe@example.org", "rep");
    probe_token = call_login(w, "probe@example.org", PASSWORD);
    world_run(w, "UPDATE zone_window SET stops_max = 10000");
    world_run(w, "UPDATE zone SET weight_max_g = 1000000000");
    return w;
}

/* A month of its own for each sample, driven to the stage that the sample is about. */
static void drive(struct world *w, struct month *m, int stage) {
    while (m->stage < stage) {
        struct sent sent = month_request(w->c, w, m);
        const struct http_response *r = call_send(w, &sent);
        if (r->status > 201) check_fail(__FILE__, __LINE__, "%s: %d %s", sent.target, r->status, r->body);
        month_answered(m, r->body);
    }
}

static void fill_request(struct trial *t, const struct month *m) {
    const struct sample *s = t->sample;
    struct ctx *c = t->w->c;
    const char *token = s->token && strcmp(s->token, "probe") == 0 ? probe_token : s->token;
    size_t method = strcspn(s->route, " ");
    t->request = (struct http_request){.arena = c->arena,
                                       .method = arena_memdup(c->arena, s->route, method),
                                       .path = month_text(c, t->w, m, s->target),
                                       .query = "",
                                       .body = s->body ? month_text(c, t->w, m, s->body) : "",
                                       .if_match = s->if_match,
                                       .idempotency_key = s->key,
                                       .loopback = true};
    t->request.body_size = strlen(t->request.body);
    if (s->body) t->request.content_type = s->type ? s->type : "application/json";
    if (token) t->request.authorization = arena_printf(c->arena, "Bearer %s", token);
}

static struct trial trial_of(struct world *w, const struct sample *sample, int number) {
    struct trial t = {.w = w, .sample = sample};
    struct month month = {.number = number};
    drive(w, &month, sample->stage);
    fill_request(&t, &month);
    if (sample->at) world_at(w, sample->at);
    return t;
}

static void prepare(struct trial *t) {
    struct ctx *c = t->w->c;
    api_call_begin(c, &t->call, &t->request);
    if (!t->call.route)
        check_fail(__FILE__, __LINE__, "%s: no route for %s", t->sample->route, t->request.path);
    if (t->call.route->prepare) CHECK_OK(c, api_call_prepare(c, &t->call));
}

static const char *name_of(struct ctx *c, const struct api_route *route) {
    return arena_printf(c->arena, "%s %s", route->method, route->path);
}

static bool has_route(struct ctx *c, const char *name) {
    for (size_t i = 0; i < api_routes_n; i++)
        if (strcmp(name_of(c, &api_routes[i]), name) == 0) return true;
    return false;
}

TEST(api_faults_every_writing_route_has_a_sample) {
    struct ctx *c = check_ctx();
    for (size_t i = 0; i < api_routes_n; i++) {
        bool is_there = api_routes[i].mode != API_WRITE || strcmp(api_routes[i].method, "GET") == 0 ||
                        api_routes[i].flags & API_BATCH; /* units of direct calls, each with its own result */
        for (size_t k = 0; k < COUNT(SAMPLES) && !is_there; k++)
            is_there = strcmp(SAMPLES[k].route, name_of(c, &api_routes[i])) == 0;
        if (!is_there)
            check_fail(__FILE__, __LINE__, "%s writes and has no row in SAMPLES", name_of(c, &api_routes[i]));
    }
}

TEST(api_faults_every_writing_route_at_every_database_call) {
    struct world *w = world_of_faults();
    int64_t tries = 0, now = w->c->now;
    for (size_t i = 0; i < COUNT(SAMPLES); i++) {
        if (!has_route(w->c, SAMPLES[i].route)) continue;
        struct trial t = trial_of(w, &SAMPLES[i], 6 * (int)i); /* driver 0; short */
        prepare(&t);
        const char *wrong = fails_at_every_call(&t, i);
        if (wrong) check_fail(__FILE__, __LINE__, "%s", wrong);
        tries += t.tries;
        w->c->now = now;
    }
    printf("    faults: %lld failed database calls over %zu routes, nothing half-written\n", (long long)tries,
           COUNT(SAMPLES));
}

/* ---- known to be bad, and caught ---- */

static const struct db_stmt LONGER = {"test.longer", "UPDATE session SET expires_at = expires_at + 1", NULL};

static enum err two_transactions(struct ctx *c, struct api_call *call) {
    TRY(db_exec(c, &LONGER, NO_ARGS, NULL));
    TRY(db_commit(c));
    TRY(db_begin(c));
    TRY(db_exec(c, &LONGER, NO_ARGS, NULL));
    return api_answer_none(call);
}

static enum err unchecked_result(struct ctx *c, struct api_call *call) {
    enum err err = db_exec(c, &LONGER, NO_ARGS, NULL);
    (void)err;
    ctx_fault_clear(c);
    return api_answer_none(call);
}

static const struct {
    enum err (*handle)(struct ctx *c, struct api_call *call);
    const char *complaint;
} BAD[] = {{two_transactions, "something was written"}, {unchecked_result, "not the problem that it is"}};

TEST(api_faults_bad_use_cases_are_caught) {
    static const struct sample SWEEP = {.route = "POST /v1/sweep", "/v1/sweep", MANAGER, NULL};
    for (size_t i = 0; i < COUNT(BAD); i++) {
        const struct api_route route = {
            "POST",         "/v1/sweep", .roles = MAY_MANAGER, .mode = API_WRITE, .handle = BAD[i].handle,
            .answer = "204"};
        struct trial t = trial_of(world_of_faults(), &SWEEP, 0);
        t.route = &route;
        const char *wrong = fails_at_every_call(&t, 0);
        if (!wrong || !strstr(wrong, BAD[i].complaint))
            check_fail(__FILE__, __LINE__, "\"%s\" is not found, but %s", BAD[i].complaint,
                       wrong ? wrong : "nothing");
    }
}
