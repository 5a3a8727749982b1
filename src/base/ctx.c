#include "base/ctx.h"
#include "base/log.h"
#include <stdarg.h>

static const char *const ROLE[] = {"admin", "manager", "rep", "dispatcher", "driver", "customer", "system"};
const struct names role_names = {ROLE, COUNT(ROLE)};

enum err ctx_fail(struct ctx *c, enum err err, const char *slug, const char *file, int line, const char *fmt,
                  ...) {
    REQUIRE(err != OK);
    if (c->fault.err != OK) return err;
    va_list args;
    va_start(args, fmt);
    const char *detail = arena_vprintf(c->arena, fmt, args);
    va_end(args);
    c->fault.err = err;
    c->fault.slug = slug;
    c->fault.detail = detail ? detail : "No memory is left to say more.";
    c->fault.file = file;
    c->fault.line = line;
    return err;
}

void ctx_fault_item(struct ctx *c, const char *pointer, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    struct fault_item *item = arena_alloc(c->arena, sizeof *item);
    const char *detail = arena_vprintf(c->arena, fmt, args);
    const char *where = arena_strdup(c->arena, pointer);
    va_end(args);
    if (!item || !detail || !where) { /* a fault that cannot be named must not pass for none */
        (void)FAIL(c, ERR_LIMIT, "request.too-large", "%s", "The request has too many faults to name.");
        return;
    }
    *item = (struct fault_item){.pointer = where, .detail = detail};
    if (c->fault.last)
        c->fault.last->next = item;
    else
        c->fault.first = item;
    c->fault.last = item;
}

enum err ctx_faults(struct ctx *c) {
    if (c->fault.err != OK) return c->fault.err;
    if (!c->fault.first) return OK;
    return FAIL(c, ERR_INVALID, "request.invalid", "%s", "The request has faults: each is named in errors.");
}

/* Its words must outlive the arena they stand in; no one who has an arena apart checks a body with it. */
static void take_fault(struct ctx *c, const struct fault *fault) {
    if (fault->err == OK || c->fault.err != OK) return;
    const char *detail = arena_strdup(c->arena, fault->detail);
    c->fault = *fault;
    c->fault.detail = detail ? detail : "No memory is left to say more.";
    c->fault.first = c->fault.last = NULL;
}

enum err ctx_apart(struct ctx *c, size_t cap, enum err (*work)(struct ctx *apart, void *user), void *user) {
    struct ctx apart = *c;
    apart.arena = arena_create(cap);
    if (!apart.arena) return FAIL(c, ERR_LIMIT, "request.too-large", "the machine has no memory left");
    enum err err = work(&apart, user);
    take_fault(c, &apart.fault);
    arena_destroy(&apart.arena);
    return err;
}

void ctx_fault_clear(struct ctx *c) {
    c->fault = (struct fault){0};
}
