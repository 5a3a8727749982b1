#include "fuzz.h"
#include "base/date.h"
#include "base/id.h"
#include "base/log.h"
#include "db/db.h"
#include <string.h>

static struct ctx context;
static struct db *database;

struct ctx *fuzz_ctx(void) {
    if (!context.arena) {
        context.arena = arena_create((size_t)64 << 20);
        log_set_level(LOG_ERROR);
    }
    HOLDS(context.arena, "no memory");
    arena_reset(context.arena);
    context = (struct ctx){.arena = context.arena, .rules = &rules_default};
    context.now = instant_parse("2026-03-02T00:00:00.000Z");
    context.actor.role = ROLE_SYSTEM;
    context.request_id = id_new(context.now);
    return &context;
}

char *fuzz_copy(const uint8_t *bytes, size_t n) {
    char *copy = malloc(n ? n : 1);
    HOLDS(copy, "no memory");
    if (n) memcpy(copy, bytes, n);
    return copy;
}

const char *fuzz_word(struct ctx *c, const uint8_t **bytes, size_t *n) {
    const uint8_t *end = *n ? memchr(*bytes, '\n', *n) : NULL;
    size_t word = end ? (size_t)(end - *bytes) : *n;
    char *text = arena_memdup(c->arena, *n ? (const void *)*bytes : "", word);
    *bytes += end ? word + 1 : word;
    *n -= end ? word + 1 : word;
    return text;
}

void fuzz_database(struct ctx *c, void (*fill)(struct ctx *c)) {
    int64_t applied;
    if (!database) {
        HOLDS(db_open(c, ":memory:", DB_WRITE, &database) == OK, "no database");
        c->db = database;
        HOLDS(db_migrate(c, &applied) == OK, "%s", c->fault.detail);
        if (fill) fill(c);
    }
    c->db = database;
}
