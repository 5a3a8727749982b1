#include "trial.h"
#include "base/clock.h"
#include "base/date.h"
#include "db/driver.h"
#include <stdlib.h>

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
const struct sample samples[] = {
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
    {.route = "PUT /v1/evidence/{sha256}", "/v1/evidence/e74b1ffb543ed018f0666262f235af73118c63f4b47b06be2f876ad2c7192af6",
     DRIVER, "\xff\xd8\xff\xe0 an image \xff\xd9", MONTH_CONTEST, .type = "image/jpeg"},
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
    {.route = "POST /v1/patients/{id}/erase", "/v1/patients/<@patient>/erase", MANAGER, "{\"reason\":\"mistake\"}",
     .sql = "UPDATE patient SET status = 'ended', status_from = 20500 WHERE id = (SELECT id FROM patient ORDER BY id DESC LIMIT 1)"},
    {.route = "POST /v1/imports/{kind}", "/v1/imports/customers", ADMIN, "code,name\nI<i>,N\nJ<i>,N\n", .type = "text/csv"},
};
/* clang-format on */

const size_t samples_n = COUNT(samples);

/* ---- one try ---- */

struct tried {
    struct trial *t;
    enum err err;
    bool is_undone;
};

static enum err run_call(struct ctx *c, void *user) {
    struct tried *tried = user;
    struct trial *t = tried->t;
    api_call_begin(c, &t->call, &t->request);
    if (t->route) t->call.route = t->route;
    tried->err = api_call_run(c, &t->call);
    if (tried->err == OK && tried->is_undone && c->db->broken != OK) /* it could not be committed */
        tried->err = FAIL(c, ERR_INTERNAL, "db.unit-broken", "a statement failed and nobody looked");
    return tried->err == OK && tried->is_undone ? ERR_STATE : tried->err;
}

static enum err run_once(struct trial *t, bool is_undone) {
    struct ctx *c = t->w->c;
    struct tried tried = {t, OK, is_undone};
    ctx_fault_clear(c);
    c->request_id = id_new(c->now);
    api_call_begin(c, &t->call, &t->request);
    enum err err = db_unit(c, run_call, &tried);
    if (is_undone && tried.err == OK && err == ERR_STATE) err = OK;
    api_call_end(c, &t->call, &t->request, err);
    t->tries++;
    return err;
}

enum err trial_run(struct trial *t) {
    return run_once(t, false);
}

enum err trial_run_undone(struct trial *t) {
    return run_once(t, true);
}

bool trial_is_problem(const struct trial *t, int status) {
    const struct http_response *r = &t->request.response;
    return r->status == status && r->body && strstr(r->body, "\"type\":\"urn:canary:problem:") &&
           strcmp(r->content_type, "application/problem+json") == 0;
}

const char *trial_complaint(struct trial *t, const char *where, int64_t n, const char *what) {
    const struct http_response *r = &t->request.response;
    return arena_printf(t->w->c->arena, "%s, %s %lld: %s (%d %s)", t->sample->route, where, (long long)n,
                        what, r->status, r->body ? r->body : "");
}

/* ---- the world around it ---- */

static const char *probe_token;

struct world *trial_world(void) {
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

struct trial trial_of(struct world *w, const struct sample *sample, int number) {
    struct trial t = {.w = w, .sample = sample};
    struct month month = {.number = number};
    drive(w, &month, sample->stage);
    if (sample->sql) world_run(w, sample->sql);
    fill_request(&t, &month);
    if (sample->at) world_at(w, sample->at);
    return t;
}

void trial_prepare(struct trial *t) {
    struct ctx *c = t->w->c;
    api_call_begin(c, &t->call, &t->request);
    if (!t->call.route)
        check_fail(__FILE__, __LINE__, "%s: no route for %s", t->sample->route, t->request.path);
    if (t->call.route->prepare) CHECK_OK(c, api_call_prepare(c, &t->call));
}

bool sample_has_route(struct ctx *c, const struct sample *sample) {
    for (size_t i = 0; i < api_routes_n; i++) {
        const char *name = arena_printf(c->arena, "%s %s", api_routes[i].method, api_routes[i].path);
        if (strcmp(name, sample->route) == 0) return true;
    }
    return false;
}

/* ---- known to be bad ---- */

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

/* Kept in a row, so that only those who count see it. */
struct leak {
    struct leak *before;
};

static enum err leaking(struct ctx *c, struct api_call *call) {
    static struct leak *newest;
    struct leak *one = malloc(sizeof *one);
    if (!one) return FAIL(c, ERR_LIMIT, "db.memory", "no memory");
    one->before = newest;
    newest = one;
    TRY(db_exec(c, &LONGER, NO_ARGS, NULL));
    return api_answer_none(call);
}

#define BAD_ROUTE(function) \
    { "POST", "/v1/sweep", .roles = MAY_MANAGER, .mode = API_WRITE, .handle = (function), .answer = "204" }
static const struct api_route BAD[TRIAL_BAD] = {
    [TRIAL_TWO_TRANSACTIONS] = BAD_ROUTE(two_transactions),
    [TRIAL_UNCHECKED] = BAD_ROUTE(unchecked_result),
    [TRIAL_LEAK] = BAD_ROUTE(leaking),
};

struct trial trial_of_bad(struct world *w, int which) {
    static const struct sample SWEEP = {.route = "POST /v1/sweep", "/v1/sweep", MANAGER, NULL};
    struct trial t = trial_of(w, &SWEEP, 0);
    t.route = &BAD[which];
    return t;
}
