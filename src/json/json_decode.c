/* A body into a record by its field table, naming every fault. */
#include "base/log.h"
#include "json_doc.h"
#include <string.h>

struct decode {
    struct json_read read;
    const struct json_doc *doc;
    bool whole; /* what is required must be there */
    bool only;  /* the members of the body that its shape has not are left alone */
};

static void read_object(struct decode *d, const cJSON *node, const struct json_path *path,
                        const struct shape *shape, void *record, bool whole);

static void refuse(struct decode *d, const struct json_path *path, const char *prefix,
                   const struct field *field) {
    struct ctx *c = d->read.c;
    if (json_faults_full(c)) return;
    json_fault(c, json_pointer(c->arena, path), "%s%s", prefix, field ? json_allowed(c->arena, field) : "");
}

static void *reserve(struct decode *d, size_t n, size_t size) {
    void *at = arena_array(d->read.c->arena, n ? n : 1, size);
    if (!at) d->read.no_memory = true;
    return at;
}

/* Which JSON type carries a kind; everything else is written as a string. */
static const int FORM[] = {
    [K_INT] = cJSON_Number,   [K_BOOL] = cJSON_True | cJSON_False,
    [K_MILLI] = cJSON_Number, [K_DEG] = cJSON_Number,
    [K_REAL] = cJSON_Number,  [K_OBJ] = cJSON_Object,
    [K_LIST] = cJSON_Array,   [K_IDS] = cJSON_Array,
    [K_TEXTS] = cJSON_Array,  [K_INTS] = cJSON_Array,
    [K_RAW] = 0xff,
};

static bool has_form(const cJSON *node, enum kind kind) {
    int form = FORM[kind] ? FORM[kind] : cJSON_String;
    return (node->type & form) != 0;
}

static bool read_scalar(struct decode *d, const cJSON *node, const struct field *field, void *at) {
    if (!has_form(node, field->kind)) return false;
    const struct json_span *span = &d->doc->span[node->valueint];
    if (field->kind == K_BOOL)
        return json_read_scalar(&d->read, field, cJSON_IsTrue(node) ? "true" : "false", 4, at);
    if (FORM[field->kind]) return json_read_scalar(&d->read, field, d->doc->bytes + span->at, span->n, at);
    return json_read_scalar(&d->read, field, node->valuestring, strlen(node->valuestring), at);
}

/* The parts of a list, as fields of their own at offset 0 of each element. */
static const struct {
    enum kind kind;
    size_t size;
} ELEMENT[] = {
    [K_IDS] = {K_ID, sizeof(struct id)},
    [K_TEXTS] = {K_TEXT, sizeof(const char *)},
    [K_INTS] = {K_INT, sizeof(int64_t)},
};

static void read_element(struct decode *d, const cJSON *node, const struct json_path *path,
                         const struct field *list, void *at) {
    struct field element = {.kind = list->kind == K_LIST ? K_OBJ : ELEMENT[list->kind].kind,
                            .flags = F_REQUIRED};
    if (list->kind == K_LIST && cJSON_IsObject(node)) {
        shape_clear(list->sub, at);
        read_object(d, node, path, list->sub, at, true);
    } else if (list->kind == K_LIST || !read_scalar(d, node, &element, at)) {
        refuse(d, path, "must be ", &element);
    }
}

static void read_list(struct decode *d, const cJSON *node, const struct json_path *path,
                      const struct field *field, struct list *at) {
    struct json_limits limits = json_limits(field);
    int64_t n = cJSON_IsArray(node) ? cJSON_GetArraySize(node) : -1;
    if (n < 0 || n < limits.min || n > limits.max) {
        refuse(d, path, "must be ", field);
        return;
    }
    size_t size = field->kind == K_LIST ? field->sub->size : ELEMENT[field->kind].size;
    char *items = reserve(d, (size_t)n, size);
    if (!items) return;
    struct json_path part = {.up = path};
    for (const cJSON *child = node->child; child; child = child->next, part.index++)
        read_element(d, child, &part, field, items + part.index * size);
    *at = (struct list){items, (size_t)n};
}

static void read_sub(struct decode *d, const cJSON *node, const struct json_path *path,
                     const struct field *field, const void **at) {
    if (!cJSON_IsObject(node)) {
        refuse(d, path, "must be ", field);
        return;
    }
    void *record = reserve(d, 1, field->sub->size);
    if (!record) return;
    shape_clear(field->sub, record);
    read_object(d, node, path, field->sub, record, true);
    *at = record;
}

static void read_member(struct decode *d, const cJSON *node, const struct json_path *path,
                        const struct field *field, void *at) {
    if (cJSON_IsNull(node)) {
        if (field->flags & F_REQUIRED) refuse(d, path, "must not be null: it is ", field);
        json_clear(field, at);
    } else if (field->kind == K_OBJ) {
        read_sub(d, node, path, field, at);
    } else if (FORM[field->kind] == cJSON_Array) {
        read_list(d, node, path, field, at);
    } else if (!read_scalar(d, node, field, at)) {
        refuse(d, path, "must be ", field);
    }
}

static const struct field *input_field(const struct shape *shape, const char *name) {
    const struct field *field = shape_field(shape, name);
    return field && !(field->flags & (F_READONLY | F_HIDDEN)) ? field : NULL;
}

static void require_members(struct decode *d, const struct json_path *path, const struct shape *shape,
                            const bool *stated) {
    for (size_t i = 0; i < shape->n; i++) {
        const struct field *field = &shape->field[i];
        if (stated[i] || !(field->flags & F_REQUIRED) || (field->flags & (F_READONLY | F_HIDDEN))) continue;
        struct json_path part = {.up = path, .name = field->name};
        refuse(d, &part, "is required: ", field);
    }
}

static void read_object(struct decode *d, const cJSON *node, const struct json_path *path,
                        const struct shape *shape, void *record, bool whole) {
    bool *stated = reserve(d, shape->n, sizeof *stated);
    if (!stated) return;
    for (const cJSON *child = node->child; child; child = child->next) {
        struct json_path part = {.up = path, .name = child->string};
        const struct field *field = input_field(shape, child->string);
        if (!field && d->only && !path) continue;
        if (!field) {
            refuse(d, &part, "is not a member that can be stated here", NULL);
            continue;
        }
        stated[field - shape->field] = true;
        read_member(d, child, &part, field, (char *)record + field->at);
    }
    if (whole) require_members(d, path, shape, stated);
}

static enum err decode(struct ctx *c, const struct json_doc *doc, const struct shape *shape, void *record,
                       struct decode how) {
    struct decode d = {.read = {.c = c}, .doc = doc, .whole = how.whole, .only = how.only};
    if (!d.only) TRY(json_judge(c, doc, doc->root, NULL));
    if (cJSON_IsObject(doc->root))
        read_object(&d, doc->root, NULL, shape, record, d.whole);
    else
        json_fault(c, "", "must be an object");
    if (d.read.no_memory) return FAIL(c, ERR_LIMIT, "request.too-large", "The body is too large to be read.");
    return ctx_faults(c);
}

enum err json_decode(struct ctx *c, const char *bytes, size_t n, const struct shape *shape,
                     void *record_out) {
    struct json_doc doc;
    shape_clear(shape, record_out);
    TRY(json_open(c, bytes, n, &doc));
    enum err err = decode(c, &doc, shape, record_out, (struct decode){.whole = true});
    json_close(&doc);
    return err;
}

enum err json_patch(struct ctx *c, const char *bytes, size_t n, const struct shape *shape, void *record) {
    struct json_doc doc;
    void *patched = arena_memdup(c->arena, record, shape->size);
    if (!patched) return FAIL(c, ERR_LIMIT, "request.too-large", "The body is too large to be read.");
    TRY(json_open(c, bytes, n, &doc));
    enum err err = decode(c, &doc, shape, patched, (struct decode){.whole = false});
    json_close(&doc);
    if (err == OK) memcpy(record, patched, shape->size);
    return err;
}

enum err json_peek(struct ctx *c, const char *bytes, size_t n, const struct shape *shape, void *record_out) {
    struct json_doc doc;
    shape_clear(shape, record_out);
    TRY(json_open(c, bytes, n, &doc));
    enum err err = decode(c, &doc, shape, record_out, (struct decode){.only = true});
    json_close(&doc);
    return err;
}

/* Whatever the object has besides the one member. */
static void refuse_others(struct decode *d, const cJSON *root, const char *name) {
    bool again = false;
    for (const cJSON *child = cJSON_IsObject(root) ? root->child : NULL; child; child = child->next) {
        struct json_path path = {.name = child->string};
        bool is_it = strcmp(child->string, name) == 0;
        if (!is_it) refuse(d, &path, "is not a member that can be stated here", NULL);
        if (is_it && again) refuse(d, &path, "must be stated only once", NULL);
        again |= is_it;
    }
}

static enum err split(struct ctx *c, const struct json_doc *doc, const char *name, size_t max,
                      struct list *texts_out) {
    const struct field field = {.name = name, .kind = K_LIST, .max = (int64_t)max};
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(doc->root, name);
    struct decode d = {.read = {.c = c}, .doc = doc};
    struct json_path path = {.name = name};
    size_t n = (size_t)cJSON_GetArraySize(array), i = 0;
    if (!cJSON_IsArray(array) || n > max) refuse(&d, &path, "must be ", &field);
    refuse_others(&d, doc->root, name);
    TRY(ctx_faults(c));
    const char **text = reserve(&d, n, sizeof *text);
    for (const cJSON *child = array->child; text && child; child = child->next) {
        const struct json_span *span = &doc->span[child->valueint];
        text[i] = arena_memdup(c->arena, doc->bytes + span->at, span->n);
        if (!text[i++]) d.read.no_memory = true;
    }
    if (d.read.no_memory) return FAIL(c, ERR_LIMIT, "request.too-large", "The body is too large to be read.");
    *texts_out = (struct list){text, n};
    return OK;
}

enum err json_items(struct ctx *c, const char *bytes, size_t n, const char *name, size_t max,
                    struct list *texts_out) {
    struct json_doc doc;
    TRY(json_open(c, bytes, n, &doc));
    enum err err = split(c, &doc, name, max, texts_out);
    json_close(&doc);
    return err;
}
