#include "domain/location.h"
#include "base/log.h"
#include <stdio.h>
#include <string.h>

static const struct field FIELDS[] = {
    FIELD(struct location, K_DEG, lat, .flags = F_REQUIRED, .min = -INT64_C(900000000),
          .max = INT64_C(900000000), .doc = "degrees north, WGS 84", .example = "-33.8731"),
    FIELD(struct location, K_DEG, lon, .flags = F_REQUIRED, .min = -INT64_C(1800000000),
          .max = INT64_C(1800000000), .doc = "degrees east, WGS 84", .example = "151.2065"),
};
const struct shape location_shape = SHAPE("location", struct location, FIELDS);

#define FLAT_NAME_SIZE 64

const struct field *nest_flat(const struct shape *shape, const char *object, const char *part) {
    char name[FLAT_NAME_SIZE];
    int n = snprintf(name, sizeof name, "%s_%s", object, part);
    REQUIRE(n > 0 && (size_t)n < sizeof name);
    const struct field *flat = shape_field(shape, name);
    if (!flat) flat = shape_field(shape, part);
    return flat && flat->flags & F_HIDDEN ? flat : NULL;
}

/* Integers and texts only: both are eight bytes, and no object of ours has other parts. */
static void copy_part(void *to, const struct field *to_field, const void *from,
                      const struct field *from_field) {
    REQUIRE(to_field->kind == from_field->kind && to_field->kind != K_ID && to_field->kind < K_OBJ);
    memcpy((char *)to + to_field->at, (const char *)from + from_field->at, sizeof(int64_t));
}

static enum err open_one(struct ctx *c, const struct shape *shape, const struct field *object, void *record) {
    void *part = arena_alloc(c->arena, object->sub->size);
    if (!part)
        return FAIL(c, ERR_LIMIT, "request.too-large", "The request needs more memory than one may have.");
    bool stated = false;
    shape_clear(object->sub, part);
    for (size_t i = 0; i < object->sub->n; i++) {
        const struct field *flat = nest_flat(shape, object->name, object->sub->field[i].name);
        if (!flat) return OK;
        copy_part(part, &object->sub->field[i], record, flat);
        stated = stated || !shape_is_none(flat, record);
    }
    const void *member = stated ? part : NULL;
    memcpy((char *)record + object->at, &member, sizeof member);
    return OK;
}

enum err nest_open(struct ctx *c, const struct shape *shape, void *record) {
    for (size_t i = 0; i < shape->n; i++)
        if (shape->field[i].kind == K_OBJ) TRY(open_one(c, shape, &shape->field[i], record));
    return OK;
}

enum err nest_open_all(struct ctx *c, const struct shape *shape, struct list records) {
    for (size_t i = 0; i < records.n; i++)
        TRY(nest_open(c, shape, (char *)records.at + i * shape->size));
    return OK;
}

static void close_one(const struct shape *shape, const struct field *object, void *record) {
    const void *part;
    int64_t nothing[16];
    REQUIRE(object->sub->size <= sizeof nothing);
    memcpy(&part, (char *)record + object->at, sizeof part);
    shape_clear(object->sub, nothing);
    for (size_t i = 0; i < object->sub->n; i++) {
        const struct field *flat = nest_flat(shape, object->name, object->sub->field[i].name);
        if (flat) copy_part(record, flat, part ? part : nothing, &object->sub->field[i]);
    }
}

void nest_close(const struct shape *shape, void *record) {
    for (size_t i = 0; i < shape->n; i++)
        if (shape->field[i].kind == K_OBJ) close_one(shape, &shape->field[i], record);
}
