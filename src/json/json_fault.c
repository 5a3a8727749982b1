/* Where in a body something is wrong, and how much of it is told. */
#include "json_doc.h"
#include <stdarg.h>

static void escape(struct text *out, const char *name) {
    for (; *name; name++) {
        if (*name == '~')
            text_str(out, "~0");
        else if (*name == '/')
            text_str(out, "~1");
        else
            text_char(out, *name);
    }
}

static void walk(struct text *out, const struct json_path *path) {
    if (!path) return;
    walk(out, path->up);
    text_char(out, '/');
    if (path->name)
        escape(out, path->name);
    else
        text_int(out, (int64_t)path->index);
}

const char *json_pointer(struct arena *arena, const struct json_path *path) {
    struct text out = text_in(arena);
    walk(&out, path);
    return out.at ? out.at : "";
}

bool json_faults_full(const struct ctx *c) {
    size_t n = 0;
    for (const struct fault_item *item = c->fault.first; item; item = item->next)
        n++;
    return n > JSON_FAULTS_MAX;
}

void json_fault(struct ctx *c, const char *pointer, const char *fmt, ...) {
    size_t n = 0;
    for (const struct fault_item *item = c->fault.first; item; item = item->next, n++)
        if (text_equal(item->pointer, pointer)) return; /* the first fault of a value explains the others */
    if (n == JSON_FAULTS_MAX)
        ctx_fault_item(c, "", "and more: these are the first %d faults", JSON_FAULTS_MAX);
    if (n >= JSON_FAULTS_MAX) return;
    va_list args;
    va_start(args, fmt);
    const char *detail = arena_vprintf(c->arena, fmt, args);
    va_end(args);
    ctx_fault_item(c, pointer, "%s", detail ? detail : "is wrong");
}
