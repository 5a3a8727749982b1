/* The lock file next to a database file: one writer in the whole machine. */
#ifndef CANARY_DB_LOCK_H
#define CANARY_DB_LOCK_H

#include "base/ctx.h"

/* Takes `<path>.lock` until the descriptor is closed (or the process ends, however it does).
 * ERR_BUSY, slug "db.locked", when somebody else has it. The file stays: removing it would let two
 * writers hold two different files of the same name. */
MUST enum err lock_take(struct ctx *c, const char *path, int *lock_out);

#endif
