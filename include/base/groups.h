/* Records found by their first bytes, in an arena: a hash table with open addressing, at most half full. */
#ifndef CANARY_BASE_GROUPS_H
#define CANARY_BASE_GROUPS_H

#include "base/arena.h"

/* {.key = …, .record = …} is empty. */
struct groups {
    size_t key, record; /* bytes: of the key a record begins with, which has no padding; of a record */
    void **slot;        /* `slots` of them, a power of two; NULL: free */
    size_t slots, n;
};

/* The record that begins with those bytes; a new one, zero behind its key, when there is none. NULL: the
 * arena is full. It stays where it is. */
void *groups_at(struct arena *arena, struct groups *groups, const void *key);
/* The same when there is one; NULL: there is none. */
void *groups_find(const struct groups *groups, const void *key);

#endif
