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

#endif
