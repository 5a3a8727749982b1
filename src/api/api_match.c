#include "api_work.h"
#include "base/id.h"
#include "base/text.h"
#include <string.h>

struct hole { /* of a pattern, with what the path has there */
    const char *name, *at;
    size_t name_n, n;
};

#define HOLES 2

static bool is_id(const struct hole *hole) {
    if (hole->name_n == 2) return memcmp(hole->name, "id", 2) == 0;
    return hole->name_n > 3 && memcmp(hole->name + hole->name_n - 3, "_id", 3) == 0;
}

/* Reads one {…} of the pattern and its segment of the path; false when the segment is empty. */
static bool take_hole(const char **pattern, const char **path, struct hole *hole_out) {
    const char *end = strchr(*pattern, '}');
    *hole_out = (struct hole){
        .name = *pattern + 1, .name_n = (size_t)(end - *pattern - 1), .at = *path, .n = strcspn(*path, "/")};
    *pattern = end + 1;
    *path += hole_out->n;
    return hole_out->n > 0;
}

/* The literal parts and the holes, without looking into the holes yet: most rows end here. */
static bool match_form(const char *pattern, const char *path, struct hole holes[HOLES], size_t *holes_n_out) {
    size_t n = 0;
    while (*pattern) {
        if (*pattern == '{') {
            if (!take_hole(&pattern, &path, &holes[n++])) return false;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    *holes_n_out = n;
    return *path == 0;
}

bool api_match_form(const char *pattern, const char *path) {
    struct hole holes[HOLES];
    size_t n;
    return match_form(pattern, path, holes, &n);
}

static bool read_id(const struct hole *hole, struct id *id_out) {
    char text[ID_TEXT_SIZE];
    if (hole->n != ID_TEXT_SIZE - 1) return false;
    memcpy(text, hole->at, hole->n);
    text[hole->n] = 0;
    return id_parse(text, id_out);
}

bool api_match_path(struct ctx *c, const char *pattern, const char *path, struct api_call *call) {
    struct hole holes[HOLES];
    size_t n = 0, ids = 0;
    if (!match_form(pattern, path, holes, &n)) return false;
    for (size_t i = 0; i < n; i++) {
        if (is_id(&holes[i])) {
            if (!read_id(&holes[i], &call->id[ids++])) return false;
        } else {
            call->word = arena_memdup(c->arena, holes[i].at, holes[i].n);
            if (!call->word) return false;
        }
    }
    return true;
}

/* HEAD is GET without the body, which the http floor leaves out. */
static bool method_is(const struct api_route *route, const char *method) {
    return strcmp(route->method, strcmp(method, "HEAD") == 0 ? "GET" : method) == 0;
}

static void match_others(struct ctx *c, struct api_call *call) {
    struct text allow = text_in(c->arena);
    for (size_t i = 0; i < api_routes_n; i++) {
        const struct api_route *route = &api_routes[i];
        if (!api_match_path(c, route->path, call->request->path, call)) continue;
        text_printf(&allow, "%s%s", allow.n ? ", " : "", route->method);
        if (strcmp(route->method, "GET") == 0) text_str(&allow, ", HEAD");
    }
    call->allow = allow.n ? allow.at : NULL;
}

void api_match(struct ctx *c, struct api_call *call) {
    const struct http_request *request = call->request;
    for (size_t i = 0; i < api_routes_n && !call->route; i++)
        if (method_is(&api_routes[i], request->method) &&
            api_match_path(c, api_routes[i].path, request->path, call))
            call->route = &api_routes[i];
    if (!call->route) match_others(c, call);
}

unsigned api_match_roles(const struct api_call *call) {
    if (call->route) return call->route->roles;
    unsigned roles = 0;
    for (size_t i = 0; i < api_routes_n; i++)
        if (api_match_form(api_routes[i].path, call->request->path)) roles |= api_routes[i].roles;
    return call->allow ? roles : 0;
}

bool api_needs_token(const struct api_call *call) {
    if (call->route || call->allow) return !(api_match_roles(call) & MAY_OPEN);
    return strncmp(call->request->path, "/v1/", 4) == 0;
}
