/* The schema files as PostgreSQL reads them. Nothing here speaks to a database. */
#ifndef CANARY_DB_PG_DDL_H
#define CANARY_DB_PG_DDL_H

#include "base/arena.h"

/* The functions that triggers of the schema call; made before the first file. */
extern const char pg_ddl_functions[];

/* A script of ours in PostgreSQL's words, in the arena; NULL: memory was out. name: of the schema file, for
 * what only PostgreSQL has to do after it. */
const char *pg_ddl(struct arena *arena, const char *name, const char *sql);

#endif
