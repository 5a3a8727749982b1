#include "cli_backup.h"
#include "app/app_installation.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEAL_BYTES                                                                                          \
    512                 /* the smallest page of a database: no database alone ends in an odd number of them \
                         */
#define PAGE_BYTES 1024 /* what ours are multiples of */

/* ---- progress ---- */

static void tell(void *user, const char *what, int64_t done, int64_t of) {
    (void)user;
    fprintf(stderr, "\r%s: %lld of %lld MB\033[K", what, (long long)(done / 1000000),
            (long long)(of / 1000000));
}

struct progress cli_progress(const char *what) {
    return (struct progress){isatty(STDERR_FILENO) ? tell : NULL, NULL, what};
}

void cli_progress_end(void) {
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\r\033[K");
}

/* ---- the seal ---- */

enum err cli_seal(struct ctx *c, const struct file_part *part, struct backup_note *note) {
    char seal[SEAL_BYTES];
    const struct progress progress = cli_progress("sealing");
    uint8_t *digest = arena_alloc(c->arena, SHA256_SIZE);
    if (!digest) return FAIL(c, ERR_LIMIT, "request.too-large", "there is no memory for the seal");
    TRY(file_copy(c, part->fd, file_size(part->part), NULL, &progress, digest));
    note->sha256 = (struct blob){digest, SHA256_SIZE};
    const char *text = app_backup_text(c, note);
    if (!text || strlen(text) > sizeof seal)
        return FAIL(c, ERR_LIMIT, "request.too-large", "there is no room for the seal");
    memset(seal, ' ', sizeof seal);
    memcpy(seal, text, strlen(text) - 1); /* its line ends at the end of the file */
    seal[sizeof seal - 1] = '\n';
    return file_part_add(c, part, seal, sizeof seal);
}

MUST static enum err read_seal(struct ctx *c, struct cli_backup_file *file) {
    char seal[SEAL_BYTES];
    if (pread(file->fd, seal, sizeof seal, file->bytes) == (ssize_t)sizeof seal &&
        app_backup_read(c, seal, sizeof seal, &file->note) == OK && file->note.sha256.n == SHA256_SIZE)
        return OK;
    return FAIL(c, ERR_CORRUPT, "db.corrupt",
                "%s is damaged: it does not end as a backup does; take another backup", file->path);
}

/* ---- the file ---- */

MUST static enum err find_end(struct ctx *c, struct cli_backup_file *file, int64_t size) {
    file->is_sealed = size % PAGE_BYTES == SEAL_BYTES;
    file->bytes = file->is_sealed ? size - SEAL_BYTES : size;
    if (file->is_sealed) return read_seal(c, file);
    if (size % PAGE_BYTES == 0 && size > 0) return OK;
    return FAIL(c, ERR_CORRUPT, "db.corrupt", "%s is cut off, or no backup; take another one", file->path);
}

/* A database that somebody had open is more than its one file. */
MUST static enum err refuse_wal(struct ctx *c, const char *path) {
    const char *wal = arena_printf(c->arena, "%s-wal", path);
    int64_t size = wal ? file_size(wal) : NONE;
    if (size == NONE || size == 0) return OK;
    return FAIL(c, ERR_STATE, "file.open",
                "%s is no backup but a database in use, or left by a crash: %s "
                "belongs to it. Make a backup of it: canary backup FILE --db %s",
                path, wal, path);
}

enum err cli_backup_open(struct ctx *c, const char *path, struct cli_backup_file *file_out) {
    struct stat found;
    *file_out = (struct cli_backup_file){.path = path, .fd = -1};
    TRY(refuse_wal(c, path));
    file_out->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (file_out->fd < 0 || fstat(file_out->fd, &found) != 0)
        return FAIL(c, ERR_NOT_FOUND, "file.absent", "%s cannot be read: %s", path, strerror(errno));
    if (!S_ISREG(found.st_mode)) return FAIL(c, ERR_INVALID, "file.absent", "%s is no file", path);
    return find_end(c, file_out, (int64_t)found.st_size);
}

void cli_backup_close(struct cli_backup_file *file) {
    if (file->fd >= 0) close(file->fd);
    file->fd = -1;
}

void cli_drop_beside(struct ctx *c, const char *part) {
    static const char *const ENDS[] = {"-wal", "-shm", "-journal", ".lock"};
    for (size_t i = 0; part && i < COUNT(ENDS); i++) {
        const char *path = arena_printf(c->arena, "%s%s", part, ENDS[i]);
        if (path) unlink(path);
    }
}
