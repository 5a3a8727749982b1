#include "base/groups.h"
#include <stdint.h>
#include <string.h>

static uint64_t hash_of(const void *bytes, size_t n) {
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * UINT64_C(1099511628211); /* FNV-1a */
    return hash;
}

static void **find_slot(void **slot, size_t slots, const void *key, size_t n) {
    size_t i = (size_t)hash_of(key, n) & (slots - 1);
    while (slot[i] && memcmp(slot[i], key, n) != 0)
        i = (i + 1) & (slots - 1);
    return &slot[i];
}

static bool grow(struct arena *arena, struct groups *groups) {
    size_t slots = groups->slots ? groups->slots * 2 : 64;
    if (groups->slots && groups->n * 2 < groups->slots) return true;
    void **slot = arena_array(arena, slots, sizeof *slot);
    if (!slot) return false;
    for (size_t i = 0; i < groups->slots; i++)
        if (groups->slot[i]) *find_slot(slot, slots, groups->slot[i], groups->key) = groups->slot[i];
    groups->slot = slot;
    groups->slots = slots;
    return true;
}

void *groups_at(struct arena *arena, struct groups *groups, const void *key) {
    if (!grow(arena, groups)) return NULL;
    void **slot = find_slot(groups->slot, groups->slots, key, groups->key);
    if (*slot) return *slot;
    void *record = arena_alloc(arena, groups->record);
    if (!record) return NULL;
    *slot = memcpy(record, key, groups->key);
    groups->n++;
    return record;
}

void *groups_find(const struct groups *groups, const void *key) {
    return groups->slots ? *find_slot(groups->slot, groups->slots, key, groups->key) : NULL;
}
