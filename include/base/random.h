/* Where every random byte of ours comes from that ends up in the database, or beside it: ids, salts, the key
 * of signed heads. One function in a file of its own: a program that must make the same data again
 * (tools/seed) links its own in its place, so `canary` itself has no switch that could be left on. */
#ifndef CANARY_BASE_RANDOM_H
#define CANARY_BASE_RANDOM_H

#include <stddef.h>

/* n bytes from the kernel. */
void random_fill(void *bytes_out, size_t n);

#endif
