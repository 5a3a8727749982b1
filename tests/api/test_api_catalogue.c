/* The catalogue, the patients and the trail through the whole way of a request, without a socket. */
#include "api/api.h"
#include "base/date.h"
#include "base/id.h"
#include "base/text.h"
#include "world.h"
#include <stdio.h>

struct asked {
    int status;
    const char *body, *etag;
};

static const char *header(const struct http_response *response, const char *name) {
    for (size_t i = 0; i < COUNT(response->header); i++)
        if (response->header[i].name && strcmp(response->header[i].name, name) == 0)
            return response->header[i].value;
    return NULL;
}

/* "POST /v1/depots" as token-<who>-0; a body goes as JSON, or as CSV when it does not begin with a brace. */
static struct asked ask_if(struct world *w, const char *who, const char *what, const char *body,
                           const char *etag) {
    struct ctx *c = w->c;
    const char *space = strchr(what, ' '), *mark = strchr(space, '?');
    struct http_request request = {
        .arena = c->arena,
        .method = arena_memdup(c->arena, what, (size_t)(space - what)),
        .path = mark ? arena_memdup(c->arena, space + 1, (size_t)(mark - space - 1)) : space + 1,
        .query = mark ? mark + 1 : "",
        .body = body ? body : "",
        .body_size = body ? strlen(body) : 0,
        .authorization = arena_printf(c->arena, "Bearer token-%s-0", who),
        .content_type = !body          ? NULL
                        : *body == '{' ? "application/json"
                                       : "text/csv",
        .if_match = etag,
        .loopback = true,
    };
    ctx_fault_clear(c);
    api_handle(c, &request);
    return (struct asked){request.response.status, request.response.body ? request.response.body : "",
                          header(&request.response, "ETag")};
}

static struct asked ask(struct world *w, const char *who, const char *what, const char *body) {
    return ask_if(w, who, what, body, NULL);
}

static void check_answer(int line, struct asked got, int status, const char *part) {
    if (got.status != status || !strstr(got.body, part))
        check_fail(__FILE__, line, "%d %s", got.status, got.body);
}
#define CHECK_ANSWER(got, status, part) check_answer(__LINE__, (got), (status), (part))

static const char *id_text(struct world *w, struct id id) {
    char text[ID_TEXT_SIZE];
    return arena_strdup(w->c->arena, id_format(id, text));
}

static const char *path(struct world *w, const char *fmt, struct id id) {
    struct text out = text_in(w->c->arena);
    const char *hole = strchr(fmt, '$');
    text_add(&out, fmt, (size_t)(hole - fmt));
    text_str(&out, id_text(w, id));
    text_str(&out, hole + 1);
    return out.at;
}

/* The first "id":"…" of an answer. */
static const char *id_in(struct world *w, struct asked asked) {
    const char *at = strstr(asked.body, "\"id\":\"");
    CHECK(at != NULL);
    return arena_memdup(w->c->arena, at + 6, ID_TEXT_SIZE - 1);
}

TEST(cat_api_depot_lives) {
    struct world *w = world_make();
    struct asked made = ask(w, "admin", "POST /v1/depots",
                            "{\"code\":\"MEL\",\"name\":\"Melbourne\",\"timezone\":\"Australia/Melbourne\","
                            "\"location\":{\"lat\":-37.8136,\"lon\":144.9631}}");
    CHECK_ANSWER(made, 201, "\"location\":{\"lat\":-37.8136,\"lon\":144.9631}");
    CHECK_STR(made.etag, "\"1\"");
    const char *one = arena_printf(w->c->arena, "/v1/depots/%s", id_in(w, made));
    CHECK_ANSWER(ask(w, "rep", arena_printf(w->c->arena, "GET %s", one), NULL), 200, "\"code\":\"MEL\"");
    const char *patch = arena_printf(w->c->arena, "PATCH %s", one);
    CHECK_INT(ask(w, "manager", patch, "{\"name\":\"West\"}").status, 428);
    CHECK_INT(ask_if(w, "manager", patch, "{\"name\":\"West\"}", "\"7\"").status, 412);
    struct asked changed = ask_if(w, "manager", patch, "{\"name\":\"West\",\"location\":null}", "\"1\"");
    CHECK_ANSWER(changed, 200, "\"location\":null,\"version\":2");
    CHECK_STR(changed.etag, "\"2\"");
    CHECK_ANSWER(ask(w, "manager", "GET /v1/depots?code=MEL", NULL), 200, "\"name\":\"West\"");
    CHECK_ANSWER(ask(w, "admin", "POST /v1/depots", "{\"code\":\"MEL\",\"name\":\"x\",\"timezone\":\"UTC\"}"),
                 409, "code.taken");
}

TEST(cat_api_zone_names_its_days_and_windows) {
    struct world *w = world_make();
    const char *body = arena_printf(w->c->arena, "{\"code\":\"N\",\"name\":\"North\",\"depot_id\":\"%s\"}",
                                    id_text(w, w->depot[SYDNEY]));
    struct asked made = ask(w, "admin", "POST /v1/zones", body);
    CHECK_ANSWER(
        made, 201,
        "\"weekdays\":[1,2,3,4,5],\"windows\":[{\"from\":\"08:00\",\"to\":\"12:00\",\"stops_max\":10},"
        "{\"from\":\"12:00\",\"to\":\"16:00\",\"stops_max\":10}],\"weight_max_g\":1000000");
    const char *patch = arena_printf(w->c->arena, "PATCH /v1/zones/%s", id_in(w, made));
    CHECK_ANSWER(ask_if(w, "admin", patch,
                        "{\"weekdays\":[7,2],\"windows\":[{\"from\":\"18:00\",\"to\":\"24:00\"}]}", "\"1\""),
                 200,
                 "\"weekdays\":[2,7],\"windows\":[{\"from\":\"18:00\",\"to\":\"24:00\",\"stops_max\":10}]");
    CHECK_ANSWER(ask_if(w, "admin", patch, "{\"weekdays\":[0]}", "\"2\""), 422, "/weekdays/0");
    CHECK_ANSWER(ask(w, "dispatcher", path(w, "GET /v1/zones?depot_id=$", w->depot[PERTH]), NULL), 200,
                 "\"code\":\"PER\"");
}

TEST(cat_api_quantities_are_exact) {
    struct world *w = world_make();
    static const struct {
        const char *units;
        int status;
    } CASES[] = {
        {"-1", 422},   {"0", 422},   {"1", 201},        {"2147483648", 422}, {"9007199254740993", 422},
        {"1.5", 422},  {"1.0", 201}, {"10000000", 201}, {"10000001", 422},   {"\"5\"", 422},
        {"null", 422}, {"007", 400}};
    for (size_t i = 0; i < COUNT(CASES); i++) {
        const char *body =
            arena_printf(w->c->arena,
                         "{\"code\":\"X%zu\",\"name\":\"x\",\"base_unit\":\"bag\",\"box_weight_g\":1,"
                         "\"units_per_box\":%s}",
                         i, CASES[i].units);
        struct asked asked = ask(w, "admin", "POST /v1/products", body);
        if (asked.status != CASES[i].status)
            check_fail(__FILE__, __LINE__, "%s: %d %s", CASES[i].units, asked.status, asked.body);
    }
}

TEST(cat_api_closure_is_removed) {
    struct world *w = world_make();
    const char *body =
        arena_printf(w->c->arena, "{\"date\":\"2026-12-25\",\"depot_id\":\"%s\",\"reason\":\"Christmas\"}",
                     id_text(w, w->depot[SYDNEY]));
    struct asked made = ask(w, "admin", "POST /v1/closures", body);
    CHECK_ANSWER(made, 201, "\"affected\":[]");
    CHECK_ANSWER(ask(w, "admin", "POST /v1/closures", body), 409, "closure.exists");
    CHECK_ANSWER(ask(w, "rep", "GET /v1/closures?from=2026-12-25&to=2026-12-25", NULL), 200, "Christmas");
    CHECK_ANSWER(ask(w, "rep", "GET /v1/closures?from=2026-12-26", NULL), 200, "\"items\":[]");
    const char *one = arena_printf(w->c->arena, "DELETE /v1/closures/%s", id_in(w, made));
    CHECK_INT(ask(w, "rep", one, NULL).status, 403);
    CHECK_INT(ask(w, "admin", one, NULL).status, 204);
    CHECK_INT(ask(w, "admin", one, NULL).status, 404);
    CHECK_ANSWER(ask(w, "admin", "POST /v1/closures", "{\"date\":\"2026-02-30\"}"), 422, "/depot_id");
}

TEST(cat_api_lists_page) {
    struct world *w = world_make();
    struct asked first = ask(w, "rep", "GET /v1/products?limit=3", NULL);
    const char *next = strstr(first.body, "\"next\":\"");
    CHECK(next != NULL);
    const char *cursor = arena_memdup(w->c->arena, next + 8, strcspn(next + 8, "\""));
    struct asked second =
        ask(w, "rep", arena_printf(w->c->arena, "GET /v1/products?limit=3&after=%s", cursor), NULL);
    CHECK_ANSWER(second, 200, "\"next\":null");
    CHECK(strcmp(id_in(w, first), id_in(w, second)) != 0);
    CHECK_ANSWER(ask(w, "rep", "GET /v1/products?after=zz", NULL), 422, "cursor.invalid");
    CHECK_ANSWER(ask(w, "rep", "GET /v1/products?limit=501", NULL), 422, "?limit");
    CHECK_ANSWER(ask(w, "rep", "GET /v1/products?colour=red", NULL), 422, "?colour");
}

TEST(cat_api_patient_lives) {
    struct world *w = world_make();
    const char *body = arena_printf(
        w->c->arena,
        "{\"code\":\"P-9\",\"name\":\"Zo\xc3\xab Unseen\",\"phone\":\"0400 123 456\","
        "\"customer_id\":\"%s\",\"zone_id\":\"%s\",\"location\":{\"lat\":-33.9,\"lon\":151},"
        "\"receivers\":[{\"name\":\"R\",\"relation\":\"son\"}],\"cycle\":{\"anchor\":\"2026-01-31\"}}",
        id_text(w, w->customer[0]), id_text(w, w->zone[SYDNEY]));
    struct asked made = ask(w, "rep", "POST /v1/patients", body);
    CHECK_ANSWER(made, 201, "\"cycle\":{\"every\":1,\"unit\":\"month\",\"anchor\":\"2026-01-31\"}");
    CHECK_ANSWER(made, 201, "\"status\":\"active\",\"status_from\":\"2026-03-02\"");
    CHECK_ANSWER(made, 201, "\"safety_days\":14");
    CHECK(!strstr(made.body, "cycle_every"));
    CHECK(!strstr(made.body, "\"reason\""));
    const char *one = arena_printf(w->c->arena, "/v1/patients/%s", id_in(w, made));
    const char *patch = arena_printf(w->c->arena, "PATCH %s", one);
    CHECK_ANSWER(ask_if(w, "rep", patch, "{\"status\":\"admitted\"}", "\"1\""), 200,
                 "\"status\":\"admitted\",\"status_from\":\"2026-03-02\"");
    CHECK_ANSWER(ask_if(w, "rep", patch, "{\"cycle\":{\"every\":2},\"phone\":null}", "\"2\""), 200,
                 "\"cycle\":{\"every\":2,\"unit\":\"month\",\"anchor\":\"2026-01-31\"}");
    CHECK_ANSWER(ask_if(w, "rep", patch, "{\"status_from\":\"2026-03-20\"}", "\"3\""), 200,
                 "\"status\":\"admitted\",\"status_from\":\"2026-03-20\"");
    CHECK_ANSWER(ask(w, "rep", arena_printf(w->c->arena, "GET %s", one), NULL), 200, "\"phone\":null");
    CHECK_ANSWER(ask_if(w, "rep", patch, "{\"version\":9,\"active_from\":\"2026-01-01\"}", "\"4\""), 422,
                 "/active_from");
    CHECK_ANSWER(ask(w, "dispatcher", "POST /v1/patients/search", "{\"q\":\"ZOE uns\"}"), 200,
                 "\"code\":\"P-9\"");
    CHECK_ANSWER(ask(w, "rep", "POST /v1/patients/search", "{\"q\":\"0400 123\"}"), 200, "\"items\":[]");
    CHECK_ANSWER(ask(w, "rep", "POST /v1/patients/search", "{\"q\":\" \"}"), 422, "/q");
    CHECK_ANSWER(
        ask(w, "rep", path(w, "GET /v1/patients?customer_id=$&status=admitted", w->customer[0]), NULL), 200,
        "P-9");
}

TEST(cat_api_prescription_and_pauses) {
    struct world *w = world_make();
    const char *put = path(w, "PUT /v1/patients/$/prescription", w->patient[0]);
    const char *get = path(w, "GET /v1/patients/$/prescription", w->patient[0]);
    const char *line =
        arena_printf(w->c->arena, "{\"product_id\":\"%s\",\"use_per_day\":", id_text(w, w->product[2]));
    CHECK_ANSWER(
        ask(w, "rep", put,
            arena_printf(w->c->arena, "{\"effective_from\":\"2026-03-01\",\"lines\":[%s2.125}]}", line)),
        200, "\"use_per_day\":2.125");
    CHECK_ANSWER(
        ask(w, "rep", put,
            arena_printf(w->c->arena, "{\"effective_from\":\"2026-02-30\",\"lines\":[%s2.1255}]}", line)),
        422, "/lines/0/use_per_day");
    struct asked view = ask(w, "manager", get, NULL);
    CHECK_ANSWER(view, 200, "\"effective_from\":\"2026-03-01\"");
    CHECK_ANSWER(view, 200, "\"effective_from\":\"2026-01-01\"");
    const char *pauses = path(w, " /v1/patients/$/pauses", w->patient[0]);
    struct asked made = ask(w, "rep", arena_printf(w->c->arena, "POST%s", pauses),
                            "{\"from\":\"2026-04-01\",\"to\":\"2026-04-30\",\"reason\":\"Travelling\"}");
    CHECK_ANSWER(made, 201, "\"to\":\"2026-04-30\"");
    CHECK_ANSWER(ask(w, "rep", arena_printf(w->c->arena, "GET%s", pauses), NULL), 200, "Travelling");
    CHECK_ANSWER(ask(w, "rep", arena_printf(w->c->arena, "POST%s", pauses),
                     "{\"from\":\"2026-04-02\",\"to\":\"2026-04-01\",\"reason\":\"x\"}"),
                 422, "/to");
    const char *one = arena_printf(w->c->arena, "DELETE%s/%s", pauses, id_in(w, made));
    CHECK_INT(ask(w, "rep", one, NULL).status, 204);
    CHECK_INT(ask(w, "rep", one, NULL).status, 404);
}

/* Contract 6: an admin manages the catalogue and sees no patient; the others see what the table says. */
TEST(cat_api_roles) {
    struct world *w = world_make();
    static const char *const WHO[] = {"admin", "manager", "rep", "dispatcher", "driver", "customer"};
    static const struct {
        const char *what, *body;
        const char *may; /* a letter per role above */
    } CASES[] = {
        {"GET /v1/depots", NULL, "ymyy--"},
        {"GET /v1/zones", NULL, "ymyy--"},
        {"GET /v1/closures", NULL, "ymyy--"},
        {"GET /v1/products", NULL, "ymyy--"},
        {"GET /v1/customers", NULL, "ymyy--"},
        {"POST /v1/depots", "{}", "ym----"},
        {"POST /v1/zones", "{}", "ym----"},
        {"POST /v1/closures", "{}", "ym----"},
        {"POST /v1/products", "{}", "ym----"},
        {"POST /v1/customers", "{}", "ym----"},
        {"GET /v1/patients", NULL, "-yy---"},
        {"POST /v1/patients", "{}", "-yy---"},
        {"POST /v1/patients/search", "{\"q\":\"p\"}", "-yyy--"},
        {"GET /v1/audit", NULL, "-y----"},
    };
    for (size_t i = 0; i < COUNT(CASES); i++)
        for (size_t k = 0; k < COUNT(WHO); k++) {
            int status = ask(w, WHO[k], CASES[i].what, CASES[i].body).status;
            if ((status == 403) != (CASES[i].may[k] == '-'))
                check_fail(__FILE__, __LINE__, "%s by %s: %d", CASES[i].what, WHO[k], status);
        }
}

TEST(cat_api_trail_is_read_by_page_and_by_thing) {
    struct world *w = world_make();
    for (int i = 0; i < 3; i++)
        CHECK_INT(ask(w, "admin", "POST /v1/customers",
                      arena_printf(w->c->arena, "{\"code\":\"K%d\",\"name\":\"n\"}", i))
                      .status,
                  201);
    struct asked page = ask(w, "manager", "GET /v1/audit?limit=2", NULL);
    CHECK_ANSWER(page, 200, "\"next\":\"2\"");
    CHECK_ANSWER(page, 200, "\"action\":\"customer.add\"");
    CHECK_ANSWER(page, 200, "\"change\":{");
    CHECK_ANSWER(ask(w, "manager", "GET /v1/audit?limit=2&after=2", NULL), 200, "\"next\":null");
    CHECK_ANSWER(ask(w, "manager", "GET /v1/audit?entity=depot", NULL), 200, "\"items\":[]");
    CHECK_ANSWER(ask(w, "manager", path(w, "GET /v1/audit?entity=customer&id=$", w->customer[0]), NULL), 200,
                 "\"items\":[]");
}

TEST(cat_api_idempotent_creation) {
    struct world *w = world_make();
    struct http_request request = {.arena = w->c->arena,
                                   .method = "POST",
                                   .path = "/v1/customers",
                                   .query = "",
                                   .body = "{\"code\":\"K\",\"name\":\"n\"}",
                                   .content_type = "application/json",
                                   .authorization = "Bearer token-admin-0",
                                   .idempotency_key = "\"once\""};
    request.body_size = strlen(request.body);
    for (int i = 0; i < 2; i++) {
        ctx_fault_clear(w->c);
        api_handle(w->c, &request);
        CHECK_INT(request.response.status, 201);
    }
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM customer WHERE code = 'K'"), 1);
}

TEST(cat_api_import_is_the_admins_and_names_no_person) {
    struct world *w = world_make();
    static const char CSV[] =
        "code,customer,zone,name\nN-1,C-0,SYD,Unseen Marker\nN-2,C-9,SYD,Unseen Marker\n";
    CHECK_INT(ask(w, "manager", "POST /v1/imports/patients", CSV).status, 403);
    struct asked refused = ask(w, "admin", "POST /v1/imports/patients", CSV);
    CHECK_ANSWER(refused, 422, "\"pointer\":\"patients:3:customer\"");
    CHECK(!strstr(refused.body, "Unseen"));
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient"), WORLD_PATIENTS);
    struct asked kept = ask(w, "admin", "POST /v1/imports/patients?keep_good=true", CSV);
    CHECK_ANSWER(kept, 200,
                 "{\"kind\":\"patients\",\"rows\":2,\"added\":1,\"changed\":0,\"unchanged\":0,\"refused\":1,"
                 "\"faults\":[{\"line\":3,\"column\":\"customer\",\"detail\":");
    CHECK(!strstr(kept.body, "Unseen"));
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient"), WORLD_PATIENTS + 1);
    CHECK_INT(ask(w, "admin", "POST /v1/imports/secrets", CSV).status, 404);
    CHECK_ANSWER(ask(w, "admin", "POST /v1/imports/patients", "{}"), 415, "text/csv");
    CHECK_ANSWER(ask(w, "admin", "POST /v1/imports/depots", "code,name\n\"x,y\n"), 422, "depots:2:");
}
