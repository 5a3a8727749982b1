#include "db/lock.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static enum err cannot_lock(struct ctx *c, const char *name) {
    if (errno == EWOULDBLOCK)
        return FAIL(c, ERR_BUSY, "db.locked",
                    "a service is running on this database (it holds %s); use its API, or stop it first",
                    name);
    return FAIL(c, ERR_INVALID, "db.cannot-open",
                "cannot open %s: %s; the folder of the database must be writable", name, strerror(errno));
}

enum err lock_take(struct ctx *c, const char *path, int *lock_out) {
    const char *name = arena_printf(c->arena, "%s.lock", path);
    if (!name) return FAIL(c, ERR_LIMIT, "request.too-large", "no memory for the name of the lock file");
    int lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) return cannot_lock(c, name);
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        enum err err = cannot_lock(c, name);
        close(lock);
        return err;
    }
    *lock_out = lock;
    return OK;
}
