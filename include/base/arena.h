/* One capped arena per request: everything a request allocates dies with it. */
#ifndef CANARY_BASE_ARENA_H
#define CANARY_BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;

/* An arena that hands out at most `cap` bytes. NULL when the machine has no memory. */
struct arena *arena_create(size_t cap);
void arena_destroy(struct arena **arena);

/* Gives all memory back to the arena and keeps its first block: for loops over many small jobs. */
void arena_reset(struct arena *arena);

/* Zeroed memory, aligned for any type, valid until reset or destroy. NULL when the cap is
 * reached or memory is out: callers pass that up as FAIL(c, ERR_LIMIT, "request.too-large"). */
void *arena_alloc(struct arena *arena, size_t size);
/* n × size with overflow check. */
void *arena_array(struct arena *arena, size_t n, size_t size);
/* Copies. NULL in gives NULL out. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_memdup(struct arena *arena, const void *bytes, size_t size); /* adds a NUL */
__attribute__((format(printf, 2, 3))) char *arena_printf(struct arena *arena, const char *fmt, ...);
__attribute__((format(printf, 2, 0))) char *arena_vprintf(struct arena *arena, const char *fmt, va_list args);
/* Makes the newest allocation larger where it stands; the new bytes are zero. false when it is not
 * the newest, or there is no room behind it: allocate and copy then. */
bool arena_extend(struct arena *arena, const void *at, size_t size, size_t larger);
/* Bytes handed out since creation or reset, each allocation rounded up to its alignment. */
size_t arena_used(const struct arena *arena);

#endif
