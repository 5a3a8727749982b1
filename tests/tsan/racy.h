/* Included in front of one source file, this makes a build that is known to be bad: what is counted by
 * several threads is counted as if there were one. */
#ifndef CANARY_TESTS_RACY_H
#define CANARY_TESTS_RACY_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

_Static_assert(sizeof(size_t) == sizeof(int64_t), "one width for all that is counted");
#undef atomic_fetch_add
#undef atomic_fetch_sub
#define atomic_fetch_add(at, n) (*(int64_t *)(at) += (int64_t)(n))
#define atomic_fetch_sub(at, n) (*(int64_t *)(at) -= (int64_t)(n))

#endif
