/* The schema files, embedded by tools/embed. */
#ifndef CANARY_DB_MIGRATE_H
#define CANARY_DB_MIGRATE_H

#include <stddef.h>

struct db_migration {
    int number;
    const char *name;
    const char *sql;
};
extern const struct db_migration db_migrations[];
extern const size_t db_migrations_n;

#endif
