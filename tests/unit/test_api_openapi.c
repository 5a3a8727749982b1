/* The document says what the program does: each route, each parameter, no two shapes of one name. */
#include "api/api.h"
#include "base/text.h"
#include "check.h"
#include <stdio.h>

static size_t occurrences(const char *text, const char *part) {
    size_t n = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        n++;
    return n;
}

TEST(api_openapi_has_every_route_once) {
    struct ctx *c = check_ctx();
    const char *document = api_openapi(c);
    CHECK(document);
    CHECK(strncmp(document, "{\"openapi\":\"3.1.0\"", 18) == 0);
    CHECK_INT(occurrences(document, "\"operationId\":"), api_routes_n);
    for (size_t i = 0; i < api_routes_n; i++)
        if (occurrences(document, arena_printf(c->arena, "\"%s\":{", api_routes[i].path)) != 1)
            check_fail(__FILE__, __LINE__, "%s is not there once", api_routes[i].path);
}

TEST(api_openapi_routes_are_whole_and_different) {
    for (size_t i = 0; i < api_routes_n; i++) {
        const struct api_route *route = &api_routes[i];
        bool whole = route->roles && route->handle && route->answer && route->summary;
        bool answers = route->out || strcmp(route->answer, "204") == 0 || strstr(route->answer, "text") ||
                       strstr(route->answer, "json") || route->flags & (API_CSV_OUT | API_IMAGE_OUT);
        bool patches = !(route->flags & API_PATCH) || (route->find && route->in);
        bool reads = route->mode == API_READ || strcmp(route->method, "GET") != 0 ||
                     strcmp(route->path, "/readyz") == 0;
        if (!whole || !answers || !patches || !reads)
            check_fail(__FILE__, __LINE__, "%s %s is not whole", route->method, route->path);
        for (size_t k = 0; k < i; k++)
            CHECK(strcmp(api_routes[k].path, route->path) != 0 ||
                  strcmp(api_routes[k].method, route->method) != 0);
    }
}

struct seen {
    const struct shape *shape[500];
    size_t n;
};

static void see(struct seen *seen, const struct shape *shape) {
    if (!shape) return;
    for (size_t i = 0; i < seen->n; i++) {
        if (seen->shape[i] == shape) return;
        if (strcmp(seen->shape[i]->name, shape->name) == 0)
            check_fail(__FILE__, __LINE__, "two shapes have the name %s", shape->name);
    }
    CHECK(seen->n < COUNT(seen->shape));
    seen->shape[seen->n++] = shape;
    for (size_t i = 0; i < shape->n; i++)
        see(seen, shape->field[i].sub);
}

TEST(api_openapi_components_have_one_name_each) {
    struct seen seen = {.n = 0};
    for (size_t i = 0; i < api_routes_n; i++) {
        see(&seen, api_routes[i].in);
        see(&seen, api_routes[i].out);
    }
    CHECK(seen.n > 3);
}

TEST(api_openapi_says_what_a_patch_of_users_needs) {
    struct ctx *c = check_ctx();
    const char *document = api_openapi(c), *patch = strstr(document, "\"operationId\":\"patch_users_id\"");
    static const char *const SAID[] = {"\"name\":\"id\",\"in\":\"path\"",
                                       "\"name\":\"If-Match\",\"in\":\"header\",\"required\":true",
                                       "#/components/schemas/user_patch",
                                       "\"401\":",
                                       "\"403\":",
                                       "\"404\":",
                                       "\"409\":",
                                       "\"412\":",
                                       "\"413\":",
                                       "\"415\":",
                                       "\"422\":",
                                       "\"428\":",
                                       "\"503\":",
                                       "\"507\":",
                                       "#/components/examples/user.last-admin"};
    CHECK(patch);
    for (size_t i = 0; i < COUNT(SAID); i++)
        if (!strstr(patch, SAID[i])) check_fail(__FILE__, __LINE__, "it does not say %s", SAID[i]);
    CHECK(strstr(document, "\"user_patch\":{\"type\":\"object\",\"properties\":{\"email\":"));
    CHECK(strstr(document, "\"password\":{\"type\":\"string\",\"minLength\":10,\"maxLength\":200"));
    CHECK(
        strstr(document, "\"enum\":[\"admin\",\"manager\",\"rep\",\"dispatcher\",\"driver\",\"customer\"]"));
}
