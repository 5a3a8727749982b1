/* The OpenAPI document: routes, shapes and problems, so that it cannot say anything else than the program
 * does. */
#include "api_doc.h"
#include "base/image.h"
#include "base/limits.h"
#include "base/log.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- which problems a route can answer ---- */

typedef bool applies_fn(const struct api_route *route);

static bool always(const struct api_route *route) {
    (void)route;
    return true;
}
static bool signed_in(const struct api_route *route) {
    return !(route->roles & MAY_OPEN);
}
static bool by_role(const struct api_route *route) {
    return signed_in(route) && (route->roles & MAY_ANY) != MAY_ANY;
}
static bool finds(const struct api_route *route) {
    return strchr(route->path, '{') || route->flags & API_LOOPBACK;
}
static bool has_body(const struct api_route *route) {
    return route->in || route->flags & (API_CSV_IN | API_IMAGE_IN);
}
static bool has_json(const struct api_route *route) {
    return route->in != NULL;
}
static bool is_conditional(const struct api_route *route) {
    return route->flags & API_IF_MATCH;
}
static bool creates(const struct api_route *route) {
    return route->flags & API_CREATES;
}
static bool is_paged(const struct api_route *route) {
    return route->query && shape_field(route->query, "after");
}
static bool has_database(const struct api_route *route) {
    return !(route->flags & API_INLINE);
}
static bool writes(const struct api_route *route) {
    return route->mode == API_WRITE;
}

static const struct {
    const char *slug;
    applies_fn *applies;
} COMMON[] = {
    {"busy", has_database},
    {"cursor.invalid", is_paged},
    {"denied", by_role},
    {"disk.full", writes},
    {"idempotency.invalid", creates},
    {"idempotency.other-body", creates},
    {"internal", always},
    {"login.needed", signed_in},
    {"not-found", finds},
    {"request.invalid", always},
    {"request.media-type", has_body},
    {"request.not-json", has_json},
    {"request.too-large", always},
    {"uncertain", writes},
    {"version.mismatch", is_conditional},
    {"version.needed", is_conditional},
};

static bool is_word(const char *words, const char *word) {
    size_t n = strlen(word);
    for (const char *at = words; at && (at = strstr(at, word)); at += n)
        if ((at == words || at[-1] == ' ') && (at[n] == 0 || at[n] == ' ')) return true;
    return false;
}

static bool may_answer(const struct api_route *route, const char *slug) {
    for (size_t i = 0; i < COUNT(COMMON); i++)
        if (strcmp(COMMON[i].slug, slug) == 0 && COMMON[i].applies(route)) return true;
    return is_word(route->problems, slug);
}

/* ---- responses ---- */

static void write_problem_ref(struct text *out, const char *slug) {
    doc_open(out, slug, '{');
    doc_str(out, "$ref", arena_printf(out->arena, "#/components/examples/%s", slug));
    doc_close(out, '}');
}

/* Headers that an answer has because of its status. */
static void write_problem_headers(struct text *out, int status) {
    if (status == 401)
        doc_raw(out, "headers",
                "{\"WWW-Authenticate\":{\"description\":\"Bearer\",\"schema\":{\"type\":\"string\"}}}");
    if (status == 429 || status == 503)
        doc_raw(out, "headers",
                "{\"Retry-After\":{\"description\":\"seconds\",\"required\":true,"
                "\"schema\":{\"type\":\"integer\"}}}");
}

static void write_problems(struct text *out, const struct api_route *route, int status) {
    bool opened = false;
    for (size_t i = 0; i < api_problem_rows_n; i++) {
        const struct api_problem_row *row = &api_problem_rows[i];
        if (row->status != status || !may_answer(route, row->slug)) continue;
        if (!opened) {
            char key[16];
            snprintf(key, sizeof key, "%d", status);
            doc_open(out, key, '{');
            doc_str(out, "description", row->title);
            write_problem_headers(out, status);
            doc_open(out, "content", '{');
            doc_open(out, "application/problem+json", '{');
            doc_raw(out, "schema", "{\"$ref\":\"#/components/schemas/problem\"}");
            doc_open(out, "examples", '{');
        }
        opened = true;
        write_problem_ref(out, row->slug);
    }
    if (opened) text_str(out, "}}}}");
}

static void write_page(struct text *out, const struct shape *shape) {
    doc_open(out, "schema", '{');
    doc_str(out, "type", "object");
    doc_open(out, "properties", '{');
    doc_open(out, "items", '{');
    doc_str(out, "type", "array");
    doc_ref(out, "items", shape, DOC_OUT);
    doc_int(out, "maxItems", LIMIT_PAGE);
    doc_close(out, '}');
    doc_raw(out, "next",
            "{\"type\":[\"string\",\"null\"],\"description\":\"cursor for `after`; null: the end\"}");
    doc_close(out, '}');
    doc_raw(out, "required", "[\"items\",\"next\"]");
    doc_close(out, '}');
    doc_open(out, "example", '{');
    doc_open(out, "items", '[');
    doc_example(out, NULL, shape, DOC_OUT);
    doc_close(out, ']');
    doc_raw(out, "next", "null");
    doc_close(out, '}');
}

/* What is no record: as it looks. */
static void write_plain(struct text *out, const char *type, const char *schema, const char *example) {
    doc_open(out, type, '{');
    doc_raw(out, "schema", schema);
    doc_raw(out, "example", example);
    doc_close(out, '}');
}

static void write_csv(struct text *out, const char *example) {
    write_plain(out, "text/csv", "{\"type\":\"string\"}", example);
}

/* Bytes as they are: no text, and no encoding of them. */
static void write_images(struct text *out) {
    for (size_t i = 0; i < image_type_names.n; i++)
        write_plain(out, image_type_names.word[i], "{\"type\":\"string\",\"format\":\"binary\"}",
                    "\"(the bytes of the image)\"");
}

static void write_record(struct text *out, const struct api_route *route) {
    doc_open(out, "application/json", '{');
    if (is_word(route->answer, "list"))
        write_page(out, route->out);
    else {
        doc_ref(out, "schema", route->out, DOC_OUT);
        doc_example(out, "example", route->out, DOC_OUT);
    }
    doc_close(out, '}');
}

static void write_content(struct text *out, const struct api_route *route) {
    doc_open(out, "content", '{');
    if (route->out)
        write_record(out, route);
    else if (route->flags & API_IMAGE_OUT)
        write_images(out);
    else if (is_word(route->answer, "text"))
        write_plain(out, "text/plain", "{\"type\":\"string\"}", "\"canary_connections 3\\n\"");
    else
        write_plain(out, "application/json", "{\"type\":\"object\"}", "{\"openapi\":\"3.1.0\"}");
    if (route->flags & API_CSV_OUT) write_csv(out, "\"due,on_time,late\\r\\n20,19,1\\r\\n\"");
    doc_close(out, '}');
}

static bool has_etag(const struct api_route *route) {
    return route->out && !is_word(route->answer, "list") && shape_field(route->out, "version");
}

/* Of what was created: can it be read at its own address? */
static bool has_location(struct text *out, const struct api_route *route) {
    const char *one = arena_printf(out->arena, "%s/{id}", route->path);
    bool found = false;
    for (size_t i = 0; one && route->out && shape_field(route->out, "id") && i < api_routes_n; i++)
        found |= strcmp(api_routes[i].method, "GET") == 0 && strcmp(api_routes[i].path, one) == 0;
    return found;
}

static void write_headers(struct text *out, const struct api_route *route, const char *status) {
    bool etag = has_etag(route), location = strcmp(status, "201") == 0 && has_location(out, route);
    if (!etag && !location) return;
    doc_open(out, "headers", '{');
    if (etag)
        doc_raw(out, "ETag",
                "{\"description\":\"for If-Match\",\"required\":true,\"schema\":{\"type\":\"string\"}}");
    if (location)
        doc_raw(out, "Location",
                "{\"description\":\"where it can be read\",\"schema\":{\"type\":\"string\"}}");
    doc_close(out, '}');
}

static void write_success(struct text *out, const struct api_route *route, const char *status,
                          const char *description) {
    bool none = strcmp(status, "204") == 0;
    doc_open(out, status, '{');
    doc_str(out, "description", description);
    write_headers(out, route, status);
    if (!none) write_content(out, route);
    doc_close(out, '}');
}

static void write_responses(struct text *out, const struct api_route *route) {
    doc_open(out, "responses", '{');
    const char *first = arena_memdup(out->arena, route->answer, strcspn(route->answer, " "));
    if (is_word(route->answer, "201") && is_word(route->answer, "200"))
        write_success(out, route, "200", "A repeat of what is known: the first answer");
    write_success(out, route, first ? first : "200", route->summary);
    for (int status = 400; status < 600; status++)
        write_problems(out, route, status);
    doc_close(out, '}');
}

/* ---- parameters and body ---- */

static void open_parameter(struct text *out, const char *name, const char *in, bool required) {
    doc_open(out, NULL, '{');
    doc_str(out, "name", name);
    doc_str(out, "in", in);
    doc_raw(out, "required", required ? "true" : "false");
}

static void write_path_parameter(struct text *out, const char *name) {
    size_t n = strlen(name);
    bool id = strcmp(name, "id") == 0 || (n > 3 && strcmp(name + n - 3, "_id") == 0);
    open_parameter(out, name, "path", true);
    doc_raw(out, "schema", id ? "{\"type\":\"string\",\"format\":\"uuid\"}" : "{\"type\":\"string\"}");
    doc_close(out, '}');
}

static void write_path_parameters(struct text *out, const char *path) {
    while ((path = strchr(path, '{'))) {
        const char *name = arena_memdup(out->arena, path + 1, strcspn(path, "}") - 1);
        if (name) write_path_parameter(out, name);
        path++;
    }
}

static void write_query_parameters(struct text *out, const struct shape *query) {
    for (size_t i = 0; query && i < query->n; i++) {
        struct field field = query->field[i];
        bool required = field.flags & F_REQUIRED;
        field.flags |= F_REQUIRED; /* a parameter is there or not, never null */
        if (!required && field.min == 0 && field.max == 0 && field.kind == K_TEXT) field.max = LIMIT_NAME;
        open_parameter(out, field.name, "query", required);
        if (field.doc) doc_str(out, "description", field.doc);
        doc_field(out, "schema", &field, DOC_IN);
        doc_close(out, '}');
    }
}

static void write_header_parameter(struct text *out, const char *name, bool required, const char *what) {
    open_parameter(out, name, "header", required);
    doc_str(out, "description", what);
    doc_raw(out, "schema", "{\"type\":\"string\"}");
    doc_close(out, '}');
}

static void write_parameters(struct text *out, const struct api_route *route) {
    doc_open(out, "parameters", '[');
    write_path_parameters(out, route->path);
    write_query_parameters(out, route->query);
    if (route->flags & API_CSV_OUT && !(route->query && shape_field(route->query, "format"))) {
        open_parameter(out, "format", "query", false);
        doc_raw(out, "schema", "{\"type\":\"string\",\"enum\":[\"json\",\"csv\"]}");
        doc_close(out, '}');
    }
    if (creates(route))
        write_header_parameter(
            out, "Idempotency-Key", false,
            "1 to 120 visible characters: the same key and body get the first answer again");
    if (is_conditional(route)) write_header_parameter(out, "If-Match", true, "the ETag of what was read");
    doc_close(out, ']');
}

static enum doc_side side_of(const struct api_route *route) {
    return route->flags & API_PATCH ? DOC_PATCH : DOC_IN;
}

static void write_body(struct text *out, const struct api_route *route) {
    if (!has_body(route)) return;
    doc_open(out, "requestBody", '{');
    doc_raw(out, "required", route->flags & API_NO_BODY ? "false" : "true");
    doc_open(out, "content", '{');
    if (route->flags & API_CSV_IN)
        write_csv(out, "\"code,name\\r\\nCLINIC-1,A. Clinic\\r\\n\"");
    else if (route->flags & API_IMAGE_IN)
        write_images(out);
    else {
        doc_open(out, "application/json", '{');
        doc_ref(out, "schema", route->in, side_of(route));
        doc_example(out, "example", route->in, side_of(route));
        doc_close(out, '}');
    }
    doc_close(out, '}');
    doc_close(out, '}');
}

/* ---- operations ---- */

/* POST /v1/orders/{id}/confirm → post_orders_id_confirm */
static const char *operation_id(struct text *out, const struct api_route *route) {
    const char *path = strncmp(route->path, "/v1/", 4) == 0 ? route->path + 3 : route->path;
    char *id = arena_printf(out->arena, "%s%s", route->method, path);
    char *to = id;
    for (const char *at = id; at && *at; at++)
        if (isalnum((unsigned char)*at))
            *to++ = (char)tolower((unsigned char)*at);
        else if (to > id && to[-1] != '_')
            *to++ = '_';
    while (to > id && to[-1] == '_')
        to--;
    if (id) *to = 0;
    return id;
}

static const char *tag_of(struct text *out, const struct api_route *route) {
    if (strncmp(route->path, "/v1/", 4) != 0) return "system";
    return arena_memdup(out->arena, route->path + 4, strcspn(route->path + 4, "/"));
}

static const char *roles_of(struct text *out, unsigned roles) {
    struct text said = text_in(out->arena);
    text_str(&said, roles & MAY_OPEN ? "Open to all." : "Roles:");
    for (int role = ROLE_ADMIN; role < ROLE_SYSTEM && !(roles & MAY_OPEN); role++)
        if (roles & MAY(role)) text_printf(&said, " %s", names_word(&role_names, role));
    return said.failed ? NULL : said.at;
}

static void write_operation(struct text *out, const struct api_route *route) {
    char method[8];
    snprintf(method, sizeof method, "%s", route->method);
    for (char *at = method; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    doc_open(out, method, '{');
    doc_str(out, "operationId", operation_id(out, route));
    doc_str(out, "summary", route->summary);
    doc_str(out, "description", roles_of(out, route->roles));
    doc_open(out, "tags", '[');
    doc_str(out, NULL, tag_of(out, route));
    doc_close(out, ']');
    if (route->roles & MAY_OPEN) doc_raw(out, "security", "[]");
    write_parameters(out, route);
    write_body(out, route);
    write_responses(out, route);
    doc_close(out, '}');
}

static bool is_first_of_path(size_t i) {
    for (size_t before = 0; before < i; before++)
        if (strcmp(api_routes[before].path, api_routes[i].path) == 0) return false;
    return true;
}

static void write_paths(struct text *out) {
    doc_open(out, "paths", '{');
    for (size_t i = 0; i < api_routes_n; i++) {
        if (!is_first_of_path(i)) continue;
        doc_open(out, api_routes[i].path, '{');
        for (size_t same = i; same < api_routes_n; same++)
            if (strcmp(api_routes[same].path, api_routes[i].path) == 0)
                write_operation(out, &api_routes[same]);
        doc_close(out, '}');
    }
    doc_close(out, '}');
}

/* ---- components ---- */

#define COMPONENTS_MAX 500

struct components {
    size_t n;
    struct {
        const struct shape *shape;
        enum doc_side side;
    } at[COMPONENTS_MAX];
};

static void collect(struct components *all, const struct shape *shape, enum doc_side side) {
    if (!shape) return;
    for (size_t i = 0; i < all->n; i++)
        if (all->at[i].shape == shape && all->at[i].side == side) return;
    REQUIRE(all->n < COMPONENTS_MAX);
    all->at[all->n].shape = shape;
    all->at[all->n++].side = side;
    for (size_t i = 0; i < shape->n; i++)
        if (shape->field[i].sub && doc_crosses(&shape->field[i], side))
            collect(all, shape->field[i].sub, side == DOC_PATCH ? DOC_IN : side);
}

static const char PROBLEM[] =
    "{\"type\":\"object\",\"required\":[\"type\",\"title\",\"status\",\"detail\",\"instance\",\"errors\"],"
    "\"properties\":{"
    "\"type\":{\"type\":\"string\",\"description\":\"urn:canary:problem:SLUG: stable\"},"
    "\"title\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},\"detail\":{\"type\":\"string\"},"
    "\"instance\":{\"type\":\"string\",\"description\":\"id of the request, as in the log\"},"
    "\"errors\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"pointer\",\"detail\"],"
    "\"properties\":{"
    "\"pointer\":{\"type\":\"string\",\"description\":\"JSON pointer into the body, ?name of a "
    "parameter, or kind:line:column of a CSV file\"},"
    "\"detail\":{\"type\":\"string\"}}}}}}";

static void write_schemas(struct text *out) {
    struct components *all = arena_alloc(out->arena, sizeof *all);
    doc_open(out, "schemas", '{');
    doc_raw(out, "problem", PROBLEM);
    for (size_t i = 0; all && i < api_routes_n; i++) {
        collect(all, api_routes[i].out, DOC_OUT);
        collect(all, api_routes[i].in, side_of(&api_routes[i]));
    }
    for (size_t i = 0; all && i < all->n; i++)
        doc_component(out, all->at[i].shape, all->at[i].side);
    doc_close(out, '}');
}

static void write_problem_example(struct text *out, const struct api_problem_row *row) {
    doc_open(out, row->slug, '{');
    doc_str(out, "summary", row->title);
    doc_open(out, "value", '{');
    doc_str(out, "type", arena_printf(out->arena, "urn:canary:problem:%s", row->slug));
    doc_str(out, "title", row->title);
    doc_int(out, "status", row->status);
    doc_str(out, "detail", row->title);
    doc_str(out, "instance", "urn:uuid:019cac00-0000-7000-8000-000000000001");
    doc_raw(out, "errors", "[]");
    doc_close(out, '}');
    doc_close(out, '}');
}

static void write_components(struct text *out) {
    doc_open(out, "components", '{');
    doc_raw(out, "securitySchemes", "{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"}}");
    write_schemas(out);
    doc_open(out, "examples", '{');
    for (size_t i = 0; i < api_problem_rows_n; i++)
        write_problem_example(out, &api_problem_rows[i]);
    doc_close(out, '}');
    doc_close(out, '}');
}

const char *api_openapi(struct ctx *c) {
    struct text out = text_in(c->arena);
    doc_open(&out, NULL, '{');
    doc_str(&out, "openapi", "3.1.0");
    doc_raw(
        &out, "info",
        "{\"title\":\"Canary\",\"version\":\"1\",\"description\":\"Monthly home delivery of medical supplies "
        "that audits its own errors.\"}");
    doc_raw(&out, "security", "[{\"token\":[]}]");
    write_paths(&out);
    write_components(&out);
    doc_close(&out, '}');
    return out.failed ? NULL : out.at;
}
