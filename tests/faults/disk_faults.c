/* Loaded in front of the C library (LD_PRELOAD), this is a disk that fails on demand. The file that
 * DISK_FAULT names says how, now: "full" (no write of the database succeeds), "torn" (half a write, then
 * full), "short" (every write is done by halves, as it may be), "eio" (writes fail), "fsync" (syncs fail, and
 * what was written is not to be trusted). Empty or not there: a good disk. Only files with ".db" in their
 * name are touched. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at);
ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at);

static void read_fault(char out[16]) {
    const char *path = getenv("DISK_FAULT");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t n = fd < 0 ? 0 : read(fd, out, 15);
    if (fd >= 0) close(fd);
    out[n > 0 ? n : 0] = 0;
}

static bool is_of_database(int fd) {
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0) return false;
    path[n] = 0;
    return strstr(path, ".db");
}

static ssize_t real_write(int fd, const void *bytes, size_t n, off64_t at) {
    return (ssize_t)syscall(SYS_pwrite64, fd, bytes, n, at);
}

static ssize_t fail(int error) {
    errno = error;
    return -1;
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) {
    char fault[16];
    read_fault(fault);
    if (!*fault || !is_of_database(fd)) return real_write(fd, bytes, n, at);
    if (strcmp(fault, "full") == 0) return fail(ENOSPC);
    if (strcmp(fault, "eio") == 0) return fail(EIO);
    if (strcmp(fault, "torn") == 0) return n > 1 ? real_write(fd, bytes, n / 2, at) : fail(ENOSPC);
    if (strcmp(fault, "short") == 0) return real_write(fd, bytes, n > 1 ? n / 2 : n, at);
    return real_write(fd, bytes, n, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) {
    return pwrite64(fd, bytes, n, at);
}

static int sync_or_fail(int fd, long call) {
    char fault[16];
    read_fault(fault);
    if (strcmp(fault, "fsync") == 0 && is_of_database(fd)) return (int)fail(EIO);
    return (int)syscall(call, fd);
}

int fsync(int fd) {
    return sync_or_fail(fd, SYS_fsync);
}

int fdatasync(int fd) {
    return sync_or_fail(fd, SYS_fdatasync);
}
