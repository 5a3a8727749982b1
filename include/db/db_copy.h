/* All rows of one database in another one of the same schema, whichever databases the two are. */
#ifndef CANARY_DB_COPY_H
#define CANARY_DB_COPY_H

#include "db/db.h"

struct db_copied {
    int64_t tables, rows;
};
/* Told now and then, and at each table's end; may be NULL. */
struct db_copy_watch {
    void (*tell)(void *user, const char *table, int64_t rows);
    void *user;
};

/* Copies from c->db, where a snapshot is open, into `to`, where a unit is open and the tables are empty, but
 * for what the migration wrote of itself. Then reads every table of both anew and compares numbers and sums
 * of rows: CORRUPT, slug "copy.differs", names the table. Nothing of the copy is pending afterwards. The
 * caller commits. */
MUST enum err db_copy(struct ctx *c, struct db *to, const struct db_copy_watch *watch,
                      struct db_copied *copied_out);

#endif
