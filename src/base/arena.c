#include "base/arena.h"
#include "base/log.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define RED_ZONE ALIGNMENT /* so that an overflow inside a block is found, too */
#else
#define RED_ZONE 0
#define ASAN_POISON_MEMORY_REGION(at, n) ((void)(at), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(at, n) ((void)(at), (void)(n))
#endif

#define ALIGNMENT _Alignof(max_align_t)
#define BLOCK_FIRST ((size_t)8 << 10)
#define BLOCK_LARGEST ((size_t)1 << 20)

struct block {
    struct block *next; /* older */
    size_t size, used;
    _Alignas(max_align_t) char at[];
};

struct arena {
    struct block *newest, *first;
    size_t cap, used;
    char *last; /* the newest allocation, the one that can grow in place */
};

static size_t round_up(size_t size) {
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static struct block *block_create(size_t size) {
    struct block *block = malloc(sizeof *block + size);
    if (!block) return NULL;
    *block = (struct block){.size = size};
    ASAN_POISON_MEMORY_REGION(block->at, size);
    return block;
}

static void blocks_destroy(struct block *block, const struct block *end) {
    while (block != end) {
        struct block *next = block->next;
        ASAN_UNPOISON_MEMORY_REGION(block->at, block->size);
        free(block);
        block = next;
    }
}

struct arena *arena_create(size_t cap) {
    struct arena *arena = calloc(1, sizeof *arena);
    struct block *block = block_create(BLOCK_FIRST);
    if (!arena || !block) {
        free(arena);
        free(block);
        return NULL;
    }
    arena->newest = arena->first = block;
    arena->cap = cap < SIZE_MAX / 2 ? cap : SIZE_MAX / 2; /* rounding up cannot overflow below that */
    return arena;
}

void arena_destroy(struct arena **arena) {
    if (!*arena) return;
    blocks_destroy((*arena)->newest, NULL);
    free(*arena);
    *arena = NULL;
}

void arena_reset(struct arena *arena) {
    blocks_destroy(arena->newest, arena->first);
    arena->newest = arena->first;
    arena->newest->used = arena->used = 0;
    arena->last = NULL;
    ASAN_POISON_MEMORY_REGION(arena->newest->at, arena->newest->size);
}

/* A block of at least `size`; each is twice the one before, so that their number stays small. */
static struct block *block_with(struct arena *arena, size_t size) {
    struct block *newest = arena->newest;
    if (newest->size - newest->used >= size) return newest;
    size_t wanted = newest->size < BLOCK_LARGEST / 2 ? newest->size * 2 : BLOCK_LARGEST;
    struct block *block = block_create(size > wanted ? size : wanted);
    if (!block) return NULL;
    block->next = newest;
    arena->newest = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size) {
    if (size > arena->cap || round_up(size) > arena->cap - arena->used) return NULL;
    struct block *block = block_with(arena, round_up(size) + RED_ZONE);
    if (!block) return NULL;
    char *at = block->at + block->used;
    block->used += round_up(size) + RED_ZONE;
    arena->used += round_up(size);
    arena->last = at;
    ASAN_UNPOISON_MEMORY_REGION(at, size);
    return memset(at, 0, size);
}

bool arena_extend(struct arena *arena, const void *at, size_t size, size_t larger) {
    struct block *block = arena->newest;
    REQUIRE(larger >= size);
    if (at != arena->last || !at || larger > arena->cap) return false;
    size_t more = round_up(larger) - round_up(size);
    if (more > arena->cap - arena->used || more > block->size - block->used) return false;
    block->used += more;
    arena->used += more;
    ASAN_UNPOISON_MEMORY_REGION(arena->last, larger);
    memset(arena->last + size, 0, larger - size);
    return true;
}

void *arena_array(struct arena *arena, size_t n, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes)) return NULL;
    return arena_alloc(arena, bytes);
}

char *arena_strdup(struct arena *arena, const char *text) {
    return text ? arena_memdup(arena, text, strlen(text)) : NULL;
}

char *arena_memdup(struct arena *arena, const void *bytes, size_t size) {
    if (!bytes || size == SIZE_MAX) return NULL;
    char *copy = arena_alloc(arena, size + 1);
    return copy ? memcpy(copy, bytes, size) : NULL;
}

char *arena_printf(struct arena *arena, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    char *text = arena_vprintf(arena, fmt, args);
    va_end(args);
    return text;
}

char *arena_vprintf(struct arena *arena, const char *fmt, va_list args) {
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    REQUIRE(n >= 0);
    char *text = arena_alloc(arena, (size_t)n + 1);
    if (text) vsnprintf(text, (size_t)n + 1, fmt, args);
    return text;
}

size_t arena_used(const struct arena *arena) {
    return arena->used;
}
