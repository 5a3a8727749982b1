#include "app/app_catalogue.h"
#include "app/app_audit.h"
#include "base/id.h"
#include "base/text.h"
#include <string.h>

MUST static enum err memory_out(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "The request needs more memory than one may have.");
}

enum err app_catalogue_new(struct ctx *c, const struct noun *noun, void **record_out) {
    *record_out = arena_alloc(c->arena, noun->shape->size);
    if (!*record_out) return memory_out(c);
    shape_clear(noun->shape, *record_out);
    return OK;
}

enum err app_catalogue_get(struct ctx *c, const struct noun *noun, struct id id, void **record_out) {
    TRY(app_catalogue_new(c, noun, record_out));
    enum err err = noun->get(c, id, *record_out);
    if (err == ERR_NOT_FOUND) return FAIL(c, err, "not-found", "There is nothing here that you may see.");
    return err;
}

/* What changed as clients see it: flat members only repeat the objects. */
static enum err change_of(struct ctx *c, const struct shape *shape, const void *before, const void *after,
                          const char **change_out) {
    struct field *field = arena_array(c->arena, shape->n, sizeof *field);
    struct shape seen = {shape->name, shape->size, field, 0};
    if (!field) return memory_out(c);
    for (size_t i = 0; i < shape->n; i++)
        if (!(shape->field[i].flags & F_HIDDEN)) field[seen.n++] = shape->field[i];
    *change_out = app_change(c, &seen, before, after);
    return *change_out ? OK : memory_out(c);
}

/* A reason that is only an input is for the trail. */
static const char *reason_of(const struct shape *shape, const void *record) {
    const struct field *field = shape_field(shape, "reason");
    const char *reason = NULL;
    if (field && field->flags & F_INPUT) memcpy(&reason, (const char *)record + field->at, sizeof reason);
    return reason;
}

static enum err write(struct ctx *c, const struct noun *noun, const char *verb, const void *before,
                      const void *record, const char *change) {
    const struct head *head = record;
    struct audit event = {
        .action = arena_printf(c->arena, "%s.%s", noun->name, verb),
        .entity = noun->name,
        .id = head->id,
        .version = head->version,
        .change = change,
        .reason = reason_of(noun->shape, record),
    };
    if (!event.action) return memory_out(c);
    TRY(noun->put(c, before, record));
    return app_audit(c, &event);
}

enum err app_catalogue_add(struct ctx *c, const struct noun *noun, void *record) {
    struct head *head = record;
    const char *change;
    head->id = id_new(c->now);
    head->version = 1;
    TRY(noun->check(c, NULL, record));
    nest_close(noun->shape, record);
    TRY(change_of(c, noun->shape, NULL, record, &change));
    return write(c, noun, "add", NULL, record, change);
}

enum err app_catalogue_set(struct ctx *c, const struct noun *noun, const void *before, void *after,
                           bool *changed_out) {
    struct head *head = after;
    const char *change;
    TRY(noun->check(c, before, after));
    nest_close(noun->shape, after);
    TRY(change_of(c, noun->shape, before, after, &change));
    bool changed = !text_equal(change, "{}");
    if (changed_out) *changed_out = changed;
    if (!changed) return OK;
    head->version++;
    return write(c, noun, "change", before, after, change);
}
