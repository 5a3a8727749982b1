#include "db/driver.h"
#include "base/log.h"
#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_FIRST 64 /* a power of two, as every later size */

static enum err out_of_memory(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "db.memory", "the machine has no memory left");
}

static size_t home(const struct db_cache *cache, const struct db_stmt *s) {
    uint64_t mixed = (uint64_t)(uintptr_t)s * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(mixed >> 32) & (cache->cap - 1);
}

/* The slot that holds the statement, or the empty one where it belongs. */
static struct db_cached **slot_of(const struct db_cache *cache, const struct db_stmt *s) {
    size_t i = home(cache, s);
    while (cache->slot[i] && cache->slot[i]->stmt != s)
        i = (i + 1) & (cache->cap - 1);
    return &cache->slot[i];
}

/* Room for one more: at most half full, so that a search ends soon. */
static enum err grow(struct ctx *c, struct db_cache *cache) {
    if (2 * (cache->n + 1) <= cache->cap) return OK;
    struct db_cache larger = {.cap = cache->cap ? 2 * cache->cap : CACHE_FIRST, .n = cache->n};
    larger.slot = calloc(larger.cap, sizeof *larger.slot);
    if (!larger.slot) return out_of_memory(c);
    for (size_t i = 0; i < cache->cap; i++)
        if (cache->slot[i]) *slot_of(&larger, cache->slot[i]->stmt) = cache->slot[i];
    free(cache->slot);
    *cache = larger;
    return OK;
}

static enum err add(struct ctx *c, const struct db_stmt *s, struct db_cached **cached_out) {
    struct db *db = c->db;
    TRY(grow(c, &db->cache));
    struct db_cached *cached = calloc(1, sizeof *cached);
    if (!cached) return out_of_memory(c);
    enum err err = db->driver->prepare(c, db, s, &cached->prepared);
    if (err != OK) {
        free(cached);
        return err;
    }
    cached->stmt = s;
    cached->sql = s->sql;
    *slot_of(&db->cache, s) = cached;
    db->cache.n++;
    *cached_out = cached;
    return OK;
}

enum err db_cache_get(struct ctx *c, const struct db_stmt *s, struct db_cached **cached_out) {
    struct db_cache *cache = &c->db->cache;
    struct db_cached *cached = cache->cap ? *slot_of(cache, s) : NULL;
    if (!cached) return add(c, s, cached_out);
    REQUIRE(cached->sql == s->sql); /* otherwise the statement was not static */
    *cached_out = cached;
    return OK;
}

static const struct db_map *find(const struct db_map *map, const struct shape *shape) {
    while (map && map->shape != shape)
        map = map->next;
    return map;
}

static enum err new_map(struct ctx *c, const struct shape *shape, int n, struct db_map **map_out) {
    struct db_map *map = calloc(1, sizeof *map + (size_t)n * sizeof(struct field *));
    void *blank = malloc(shape->size);
    if (!map || !blank) {
        free(map);
        free(blank);
        return out_of_memory(c);
    }
    shape_clear(shape, blank);
    map->shape = shape;
    map->blank = blank;
    *map_out = map;
    return OK;
}

static enum err no_member(struct ctx *c, const struct db_stmt *s, const char *name,
                          const struct shape *shape) {
    return FAIL(c, ERR_INTERNAL, "db.statement", "statement %s: \"%s\" is no stored member of %s", s->name,
                name, shape->name);
}

static enum err map_columns(struct ctx *c, const struct db_cached *cached, struct db_map *map) {
    for (int i = 0; i < cached->prepared.columns; i++) {
        const char *name = c->db->driver->column_name(c->db, &cached->prepared, i);
        const struct field *field = shape_field(map->shape, name);
        if (!field || !db_value_stored(field->kind)) return no_member(c, cached->stmt, name, map->shape);
        for (int j = 0; j < i; j++)
            if (map->field[j] == field)
                return FAIL(c, ERR_INTERNAL, "db.statement", "statement %s: two columns are named \"%s\"",
                            cached->stmt->name, name);
        map->field[i] = field;
    }
    return OK;
}

static enum err map_params(struct ctx *c, const struct db_cached *cached, struct db_map *map) {
    const struct db_stmt *s = cached->stmt;
    int n = 0;
    const char *word = s->params ? s->params : "";
    for (word += strspn(word, " "); *word; word += strspn(word, " "), n++) {
        size_t length = strcspn(word, " ");
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)length, word);
        const struct field *field = shape_field(map->shape, name);
        if (!field || !db_value_stored(field->kind)) return no_member(c, s, name, map->shape);
        if (n < cached->prepared.params) map->field[n] = field;
        word += length;
    }
    if (n == cached->prepared.params) return OK;
    return FAIL(c, ERR_INTERNAL, "db.statement", "statement %s: %d names for %d parameters", s->name, n,
                cached->prepared.params);
}

static void free_maps(struct db_map *map) {
    while (map) {
        struct db_map *next = map->next;
        free(map->blank);
        free(map);
        map = next;
    }
}

typedef enum err (*fill_map)(struct ctx *c, const struct db_cached *cached, struct db_map *map);

static enum err map_of(struct ctx *c, const struct db_cached *cached, struct db_map **maps, int n,
                       const struct shape *shape, fill_map fill, const struct db_map **map_out) {
    *map_out = find(*maps, shape);
    if (*map_out) return OK;
    struct db_map *map = NULL;
    TRY(new_map(c, shape, n, &map));
    enum err err = fill(c, cached, map);
    if (err != OK) {
        free_maps(map);
        return err;
    }
    map->next = *maps;
    *map_out = *maps = map;
    return OK;
}

enum err db_cache_columns(struct ctx *c, struct db_cached *cached, const struct shape *shape,
                          const struct db_map **map_out) {
    return map_of(c, cached, &cached->columns, cached->prepared.columns, shape, map_columns, map_out);
}

enum err db_cache_params(struct ctx *c, struct db_cached *cached, const struct shape *shape,
                         const struct db_map **map_out) {
    return map_of(c, cached, &cached->params, cached->prepared.params, shape, map_params, map_out);
}

void db_cache_clear(struct db *db) {
    for (size_t i = 0; i < db->cache.cap; i++) {
        struct db_cached *cached = db->cache.slot[i];
        if (!cached) continue;
        db->driver->finalize(db, &cached->prepared);
        free_maps(cached->columns);
        free_maps(cached->params);
        free(cached);
    }
    free(db->cache.slot);
    db->cache = (struct db_cache){0};
}
