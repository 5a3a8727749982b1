/* Cases kept as folders of JSON: fixtures/<kind>/<case>/input.json and expected.json. */
#ifndef CANARY_TESTS_CASES_H
#define CANARY_TESTS_CASES_H

#include "base/ctx.h"
#include "base/shape.h"

/* Calls `run` with each folder of fixtures/<kind>, sorted; fails when there are fewer than `least`. */
void cases_run(struct ctx *c, const char *kind, size_t least, void (*run)(struct ctx *c, const char *folder));
/* Reads a file of the folder; fails with the first fault when it is not of that shape. */
void cases_read(struct ctx *c, const char *folder, const char *file, const struct shape *shape,
                void *record_out);
/* Fails, with the sentence the case is about and both records, unless they are the same. */
void cases_same(struct ctx *c, const char *folder, const char *about, const struct shape *shape,
                const void *got, const void *want);

#endif
