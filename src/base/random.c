#include "base/random.h"
#include "base/log.h"
#include <errno.h>
#include <sys/random.h>

void random_fill(void *bytes_out, size_t n) {
    char *at = bytes_out;
    while (n > 0) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0 && errno == EINTR) continue;
        REQUIRE(got > 0); /* it waits until the kernel's pool is ready, and never fails then */
        at += got;
        n -= (size_t)got;
    }
}
