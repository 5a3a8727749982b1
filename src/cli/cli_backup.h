/* What `backup` and `restore` share: the file of a backup. It is a database, and behind it a seal: one line
 * of JSON with the SHA-256 of all before it, so that one changed byte shows. SQLite does not mind the seal.
 */
#ifndef CANARY_CLI_BACKUP_H
#define CANARY_CLI_BACKUP_H

#include "base/file.h"
#include "cli.h"
#include "domain/installation.h"

/* Tells the terminal how far it is, where there is one. */
struct progress cli_progress(const char *what);
void cli_progress_end(void); /* the line is free for other words */

/* Writes the seal behind a part that holds a whole database; note->sha256 is set. */
MUST enum err cli_seal(struct ctx *c, const struct file_part *part, struct backup_note *note);

/* A file to be restored. */
struct cli_backup_file {
    const char *path;
    int fd;
    int64_t bytes; /* of the database in it */
    bool is_sealed;
    struct backup_note note; /* when it is */
};
/* ERR_CORRUPT: it is damaged, cut off, or no backup. */
MUST enum err cli_backup_open(struct ctx *c, const char *path, struct cli_backup_file *file_out);
void cli_backup_close(struct cli_backup_file *file);

/* Removes what a killed process left beside a part; NULL-safe. Not the part itself. */
void cli_drop_beside(struct ctx *c, const char *part);

#endif
