#include "base/file.h"
#include "base/limits.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES ((size_t)1 << 20)

MUST static enum err memory_out(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "there is no memory for the name of a file");
}

MUST static enum err cannot(struct ctx *c, const char *what, const char *path) {
    if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
        return FAIL(c, ERR_FULL, "file.full",
                    "the disk is full: %s cannot be written; make room there, or "
                    "name a file on another disk",
                    path);
    return FAIL(c, ERR_INVALID, "file.cannot-write", "%s cannot be %s: %s", path, what, strerror(errno));
}

MUST static enum err exists(struct ctx *c, const char *path) {
    return FAIL(c, ERR_CONFLICT, "file.exists", "%s exists already; it is left as it is", path);
}

/* ---- parts ---- */

/* Is it still the file of that name? Between our open and our lock its owner may have renamed it. */
static bool is_named(int fd, const char *path) {
    struct stat opened, named;
    return fstat(fd, &opened) == 0 && stat(path, &named) == 0 && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
}

MUST static enum err open_locked(struct ctx *c, const char *path, int *fd_out) {
    for (;;) {
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0) return cannot(c, "made", path);
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            close(fd);
            return FAIL(c, ERR_BUSY, "file.busy", "another command writes %s; wait for its end", path);
        }
        *fd_out = fd;
        if (is_named(fd, path)) return OK;
        close(fd);
    }
}

enum err file_part_begin(struct ctx *c, const char *path, struct file_part *part_out) {
    struct file_part part = {.path = arena_strdup(c->arena, path),
                             .part = arena_printf(c->arena, "%s.part", path)};
    if (!part.path || !part.part) return memory_out(c);
    TRY(open_locked(c, part.part, &part.fd));
    if (ftruncate(part.fd, 0) != 0 || fchmod(part.fd, 0600) != 0) {
        enum err err = cannot(c, "written", part.part);
        close(part.fd);
        return err;
    }
    *part_out = part;
    return OK;
}

enum err file_part_add(struct ctx *c, const struct file_part *part, const void *bytes, size_t n) {
    const char *at = bytes;
    if (lseek(part->fd, 0, SEEK_END) < 0) return cannot(c, "written", part->part);
    while (n > 0) {
        ssize_t written = write(part->fd, at, n);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return cannot(c, "written", part->part);
        at += written;
        n -= (size_t)written;
    }
    return OK;
}

bool file_sync_folder(const char *path) {
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int n = snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
    if (n < 0 || (size_t)n >= sizeof folder) return errno = ENAMETOOLONG, false;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0) close(fd);
    errno = why;
    return synced;
}

MUST static enum err sync_folder(struct ctx *c, const char *path) {
    return file_sync_folder(path) ? OK : cannot(c, "put into its folder", path);
}

/* Some file systems know no exchange-free rename: there a look has to do. */
static int rename_new(const char *from, const char *to) {
    struct stat there;
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return -1;
    errno = EEXIST;
    return lstat(to, &there) == 0 ? -1 : rename(from, to);
}

enum err file_move(struct ctx *c, const char *from, const char *to) {
    if (rename_new(from, to) == 0) return sync_folder(c, to);
    return errno == EEXIST ? exists(c, to) : cannot(c, "made", to);
}

enum err file_part_end(struct ctx *c, struct file_part *part, bool replace) {
    if (fsync(part->fd) != 0) return cannot(c, "synced", part->part);
    if (!replace)
        TRY(file_move(c, part->part, part->path));
    else if (rename(part->part, part->path) != 0)
        return cannot(c, "made", part->path);
    close(part->fd);
    part->fd = -1;
    return replace ? sync_folder(c, part->path) : OK;
}

void file_part_drop(struct file_part *part) {
    if (part->fd < 0) return;
    unlink(part->part); /* first: nobody else can have it while it is locked */
    close(part->fd);
    part->fd = -1;
}

/* ---- notes ---- */

enum err file_write(struct ctx *c, const char *path, const char *text) {
    struct file_part part;
    TRY(file_part_begin(c, path, &part));
    enum err err = file_part_add(c, &part, text, strlen(text));
    if (err == OK) err = file_part_end(c, &part, true);
    file_part_drop(&part);
    return err;
}

enum err file_read(struct ctx *c, const char *path, const char **text_out) {
    char text[LIMIT_NOTE];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (fd >= 0) close(fd);
    if (n < 0 || (size_t)n == sizeof text) return ERR_NOT_FOUND;
    *text_out = arena_memdup(c->arena, text, (size_t)n);
    return *text_out ? OK : memory_out(c);
}

/* ---- copies ---- */

void progress_tell(const struct progress *progress, int64_t done, int64_t of) {
    if (progress && progress->tell) progress->tell(progress->user, progress->what, done, of);
}

enum err file_copy(struct ctx *c, int from, int64_t n, const struct file_part *to,
                   const struct progress *progress, uint8_t digest_out[SHA256_SIZE]) {
    char *piece = arena_alloc(c->arena, COPY_BYTES);
    struct sha256 hash;
    if (!piece) return memory_out(c);
    sha256_begin(&hash);
    for (int64_t at = 0; at < n;) {
        size_t want = n - at < (int64_t)COPY_BYTES ? (size_t)(n - at) : COPY_BYTES;
        ssize_t got = pread(from, piece, want, at);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0)
            return FAIL(c, ERR_CORRUPT, "file.short", "a file cannot be read to its end: %s",
                        got < 0 ? strerror(errno) : "it is shorter than it was");
        sha256_add(&hash, piece, (size_t)got);
        if (to) TRY(file_part_add(c, to, piece, (size_t)got));
        progress_tell(progress, at += got, n);
    }
    sha256_end(&hash, digest_out);
    return OK;
}

/* ---- looks ---- */

const char *file_real(struct arena *arena, const char *path) {
    char buffer[PATH_MAX];
    if (realpath(path, buffer)) return arena_strdup(arena, buffer);
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *folder = slash ? arena_printf(arena, "%.*s/", (int)(slash - path), path) : ".";
    if (!folder || !realpath(folder, buffer)) return NULL;
    return arena_printf(arena, "%s/%s", strcmp(buffer, "/") == 0 ? "" : buffer, name);
}

int64_t file_size(const char *path) {
    struct stat file;
    return stat(path, &file) == 0 ? (int64_t)file.st_size : NONE;
}

bool file_same(const char *a, const char *b) {
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}
