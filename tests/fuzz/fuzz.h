/* What the fuzz targets share. A target is a file fuzz_<name>.c with one LLVMFuzzerTestOneInput; its corpus
 * stands in fixtures/fuzz/<name>/ and is replayed by every `make test`. */
#ifndef CANARY_TESTS_FUZZ_H
#define CANARY_TESTS_FUZZ_H

#include "base/ctx.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* A property: what breaks it ends the run, and the input is kept. */
#define HOLDS(condition, ...)                                   \
    do {                                                        \
        if (!(condition)) {                                     \
            fprintf(stderr, "does not hold: %s: ", #condition); \
            fprintf(stderr, __VA_ARGS__);                       \
            fprintf(stderr, " (%s:%d)\n", __FILE__, __LINE__);  \
            abort();                                            \
        }                                                       \
    } while (0)

/* A fresh context; the arena of the one before is emptied. */
struct ctx *fuzz_ctx(void);
/* A copy of the bytes, exactly as long, so that reading behind it is seen. */
char *fuzz_copy(const uint8_t *bytes, size_t n);
/* The first line of the input as a word (in the arena), and what follows it. */
const char *fuzz_word(struct ctx *c, const uint8_t **bytes, size_t *n);
/* A database in memory with the newest schema, made once; c->db is set. Nothing in it but what `fill` (may be
 * NULL) puts there. */
void fuzz_database(struct ctx *c, void (*fill)(struct ctx *c));

#endif
