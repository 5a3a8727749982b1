/* The schema files, embedded by tools/embed, in the order of their numbers. */
#ifndef CANARY_DB_MIGRATE_H
#define CANARY_DB_MIGRATE_H

#include "base/ctx.h"

struct db_migration {
    int number;
    const char *name;
    const char *sql;
};
extern const struct db_migration db_migrations[];
extern const size_t db_migrations_n;

/* db_migrate with files of one's own. */
MUST enum err migrate_files(struct ctx *c, const struct db_migration *files, size_t n, int64_t *applied_out);

#endif
