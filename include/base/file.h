/* Files that are there whole or not at all: backups, and notes beside the database. Never use them on the
 * file of a database that this process has open: closing any descriptor of it drops the library's locks. */
#ifndef CANARY_BASE_FILE_H
#define CANARY_BASE_FILE_H

#include "base/ctx.h"
#include "base/crypto.h"

/* What is on its way: `<path>.part`, until it is done. Nobody but its owner may read it. */
struct file_part {
    const char *path, *part;
    int fd; /* -1: done, or dropped */
};

/* Makes `<path>.part`, empty; what a killed process left there is begun again. ERR_BUSY "file.busy": another
 * process writes it. ERR_INVALID "file.cannot-write" says why not. */
MUST enum err file_part_begin(struct ctx *c, const char *path, struct file_part *part_out);
/* Writes behind what is there. ERR_FULL "file.full". */
MUST enum err file_part_add(struct ctx *c, const struct file_part *part, const void *bytes, size_t n);
/* The part becomes `path`, durably: synced, renamed, its folder synced. What was there before goes if
 * `replace`; otherwise ERR_CONFLICT "file.exists". The part stays after an error. */
MUST enum err file_part_end(struct ctx *c, struct file_part *part, bool replace);
/* Removes it; nothing after its end. */
void file_part_drop(struct file_part *part);

/* A whole small file at once: part, text, end; replaces. */
MUST enum err file_write(struct ctx *c, const char *path, const char *text);
/* A text of less than LIMIT_NOTE bytes. ERR_NOT_FOUND, without a fault: no such file, or it is longer. */
MUST enum err file_read(struct ctx *c, const char *path, const char **text_out);

/* Called now and then by what takes long. */
struct progress {
    void (*tell)(void *user, const char *what, int64_t done, int64_t of); /* bytes; may be NULL */
    void *user;
    const char *what;
};
void progress_tell(const struct progress *progress, int64_t done, int64_t of);

/* Reads the first n bytes of `from`, gives their SHA-256, and writes them behind what is in `to` (NULL:
 * nowhere). ERR_CORRUPT "file.short": there are fewer. */
MUST enum err file_copy(struct ctx *c, int from, int64_t n, const struct file_part *to,
                        const struct progress *progress, uint8_t digest_out[SHA256_SIZE]);

/* The one absolute name of a file, there or not, whatever links it was reached by; NULL: it has no folder. */
const char *file_real(struct arena *arena, const char *path);
int64_t file_size(const char *path);          /* bytes; NONE: there is no such file */
bool file_same(const char *a, const char *b); /* two names of one file */
/* Puts the folder's entry of a file on the disk; false: errno says why. */
bool file_sync_folder(const char *path);
/* Renames, and syncs the folder; never onto what is there: ERR_CONFLICT "file.exists". */
MUST enum err file_move(struct ctx *c, const char *from, const char *to);

#endif
