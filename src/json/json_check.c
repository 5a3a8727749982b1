/* A body becomes a tree whose nodes know their text, and is judged for what is well-formed and refused. */
#include "base/log.h"
#include "json_doc.h"
#include <stdlib.h>
#include <string.h>

/* In document order, as the scanner counted: cJSON keeps the order of members and elements. */
static void tie(cJSON *node, int *next) {
    node->valueint = (*next)++;
    for (cJSON *child = node->child; child; child = child->next)
        tie(child, next);
}

enum err json_open(struct ctx *c, const char *bytes, size_t n, struct json_doc *doc_out) {
    struct json_doc doc = {.bytes = bytes, .n = n};
    TRY(json_scan(c, &doc));
    doc.root = cJSON_ParseWithLength(doc.patched ? doc.patched : bytes, n);
    if (!doc.root) return FAIL(c, ERR_LIMIT, "request.too-large", "The body is too large to be read.");
    int next = 0;
    tie(doc.root, &next);
    REQUIRE((size_t)next == doc.nodes);
    *doc_out = doc;
    return OK;
}

void json_close(struct json_doc *doc) {
    cJSON_Delete(doc->root);
    doc->root = NULL;
}

static void judge_oddities(struct ctx *c, unsigned odd, const struct json_path *path) {
    static const struct {
        unsigned odd;
        const char *text;
    } TEXTS[] = {
        {JSON_ODD_NAME, "its name holds \\u0000 or half a surrogate pair"},
        {JSON_ODD_ESCAPE, "must not hold \\u0000 or half a surrogate pair"},
        {JSON_ODD_NUMBER, "must be a number of at most 60 characters"},
    };
    for (size_t i = 0; i < COUNT(TEXTS); i++)
        if (odd & TEXTS[i].odd) json_fault(c, json_pointer(c->arena, path), "%s", TEXTS[i].text);
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, because a body of 10,000 members must not cost 10,000² comparisons. */
static enum err judge_repeats(struct ctx *c, const cJSON *object, const struct json_path *path) {
    size_t n = (size_t)cJSON_GetArraySize(object), i = 0;
    if (n < 2) return OK;
    const char **name = arena_array(c->arena, n, sizeof *name);
    if (!name) return FAIL(c, ERR_LIMIT, "request.too-large", "The body is too large to be read.");
    for (const cJSON *child = object->child; child; child = child->next)
        name[i++] = child->string;
    qsort(name, n, sizeof *name, by_name);
    for (i = 1; i < n; i++) {
        if (strcmp(name[i - 1], name[i]) != 0 || json_faults_full(c)) continue;
        const char *pointer = json_pointer(c->arena, &(struct json_path){.up = path, .name = name[i]});
        json_fault(c, pointer, "must be stated only once");
    }
    return OK;
}

enum err json_judge(struct ctx *c, const struct json_doc *doc, const cJSON *node,
                    const struct json_path *path) {
    unsigned odd = doc->span[node->valueint].odd;
    if (odd && !json_faults_full(c)) judge_oddities(c, odd, path);
    if (cJSON_IsObject(node)) TRY(judge_repeats(c, node, path));
    struct json_path part = {.up = path};
    for (const cJSON *child = node->child; child; child = child->next, part.index++) {
        part.name = child->string;
        TRY(json_judge(c, doc, child, &part));
    }
    return OK;
}

enum err json_check(struct ctx *c, const char *bytes, size_t n) {
    struct json_doc doc;
    TRY(json_open(c, bytes, n, &doc));
    enum err err = json_judge(c, &doc, doc.root, NULL);
    json_close(&doc);
    return err == OK ? ctx_faults(c) : err;
}
