#include "base/shape.h"
#include "base/id.h"
#include "base/log.h"
#include <math.h>
#include <string.h>

/* How a kind is held in the struct. */
enum held { HELD_INT, HELD_POINTER, HELD_ID, HELD_LIST, HELD_BLOB, HELD_REAL };

static const enum held HELD[] = {
    [K_INT] = HELD_INT,     [K_BOOL] = HELD_INT,    [K_TEXT] = HELD_POINTER, [K_ID] = HELD_ID,
    [K_DATE] = HELD_INT,    [K_INSTANT] = HELD_INT, [K_TIME] = HELD_INT,     [K_MILLI] = HELD_INT,
    [K_DEG] = HELD_INT,     [K_ENUM] = HELD_INT,    [K_HEX] = HELD_BLOB,     [K_REAL] = HELD_REAL,
    [K_OBJ] = HELD_POINTER, [K_LIST] = HELD_LIST,   [K_IDS] = HELD_LIST,     [K_TEXTS] = HELD_LIST,
    [K_INTS] = HELD_LIST,   [K_RAW] = HELD_POINTER,
};

static enum held held(const struct field *field) {
    REQUIRE((unsigned)field->kind < sizeof HELD / sizeof *HELD);
    return HELD[field->kind];
}

const struct field *shape_field(const struct shape *shape, const char *name) {
    for (size_t i = 0; i < shape->n; i++)
        if (strcmp(shape->field[i].name, name) == 0) return &shape->field[i];
    return NULL;
}

void shape_clear(const struct shape *shape, void *record) {
    memset(record, 0, shape->size);
    for (size_t i = 0; i < shape->n; i++) {
        const struct field *field = &shape->field[i];
        char *member = (char *)record + field->at;
        if (held(field) == HELD_INT) memcpy(member, &(int64_t){NONE}, sizeof(int64_t));
        if (held(field) == HELD_REAL) memcpy(member, &(double){NAN}, sizeof(double));
    }
}

bool shape_is_none(const struct field *field, const void *record) {
    const void *member = (const char *)record + field->at;
    switch (held(field)) {
    case HELD_INT:
        return *(const int64_t *)member == NONE;
    case HELD_POINTER:
        return *(const void *const *)member == NULL;
    case HELD_ID:
        return id_is_none(*(const struct id *)member);
    case HELD_LIST:
        return ((const struct list *)member)->at == NULL;
    case HELD_BLOB:
        return ((const struct blob *)member)->at == NULL;
    case HELD_REAL:
        return isnan(*(const double *)member);
    }
    return true;
}
