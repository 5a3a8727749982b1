/* The schema of a database that has a log: what the files do to rows is an event, too. */
#ifndef CANARY_APP_MIGRATE_H
#define CANARY_APP_MIGRATE_H

#include "base/ctx.h"

/* Applies the schema files that are missing in one unit of its own. Where there are events, or a file has
 * made rows, the event `schema.migrate` carries the sum of all rows after the files minus that before them:
 * both are read from the rows, so what did not agree with the log before does not agree with it afterwards
 * either. A database from before there were sums begins with the sum of all its rows. Ids begin
 * (db_ids_begin) when its files are there. */
MUST enum err app_migrate(struct ctx *c, int64_t *applied_out);

#endif
