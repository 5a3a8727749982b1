/* The epoch of this database and how far a backup covers it (reliability: what a device may forget). */
#ifndef CANARY_APP_INSTALLATION_H
#define CANARY_APP_INSTALLATION_H

#include "base/ctx.h"
#include "domain/installation.h"

/* Begins the first epoch of a database that has none; one that has is left as it is. After db_migrate, and
 * before anything is written: every database has an epoch. In a unit. */
MUST enum err app_installation_begin(struct ctx *c);

/* One read of one row. ERR_INTERNAL when app_installation_begin never ran here (a test world: call it). */
MUST enum err app_installation_get(struct ctx *c, struct installation *out);

/* What a backup that was made of this database has to say of itself: the log has no gap, and an epoch. On a
 * connection to the backup. ERR_CORRUPT otherwise. sha256 and schema are left empty. */
MUST enum err app_backup_describe(struct ctx *c, struct backup_note *note_out);
/* As one line of JSON; NULL when the arena is full. */
const char *app_backup_text(struct ctx *c, const struct backup_note *note);
/* The other way; ERR_NOT_FOUND without a fault: it is none. */
MUST enum err app_backup_read(struct ctx *c, const char *text, size_t n, struct backup_note *note_out);

/* The note beside a database file: what its last backup holds. It is a file because the backup is another
 * process, which may not write the database; the service takes it over. Read: ERR_NOT_FOUND without a fault.
 */
MUST enum err app_backup_note_write(struct ctx *c, const char *db_file, const struct backup_note *note);
MUST enum err app_backup_note_read(struct ctx *c, const char *db_file, struct backup_note *note_out);
/* Takes it over into the row that devices are told of, once, if it is of this very database: same epoch, and
 * its last event stands in our log with the same hash. Anything else is left alone. In a unit. */
MUST enum err app_installation_take_note(struct ctx *c);

/* A backup that the database server's own tools made holds the audit events up to `seq`: devices are told,
 * once for each number. CONFLICT: the log has no such event, or they were told of more. In a unit. */
MUST enum err app_installation_backed_up(struct ctx *c, int64_t seq, struct installation *row_out);

/* On a copy of a backup that is about to be the database: another epoch, and every session ends (a token that
 * was taken back after the backup must not live again). `at`: when the backup was made; NONE: nobody knows.
 * In a unit. */
MUST enum err app_installation_restore(struct ctx *c, int64_t at, struct installation *row_out);

#endif
