#include "app/app_migrate.h"
#include "app/app_audit.h"
#include "base/id.h"
#include "db/db.h"
#include "db/db_rows.h"
#include "store/store_audit.h"
#include <inttypes.h>

MUST static enum err tell(struct ctx *c, int64_t version, const struct db_rows *change) {
    int64_t next;
    TRY(store_audit_next(c, &next));
    if (next == 1 && db_rows_is_zero(change)) return OK; /* a new database, and nothing in it */
    return app_audit_rows(
        c,
        &(struct audit){.action = "schema.migrate",
                        .entity = "schema",
                        .id = id_new(c->now),
                        .version = db_schema_latest(),
                        .change = arena_printf(c->arena, "{\"from\":%" PRId64 ",\"to\":%" PRId64 "}", version,
                                               db_schema_latest())},
        change);
}

static enum err migrate(struct ctx *c, void *user) {
    int64_t version, *applied = user;
    struct db_rows before, after;
    TRY(db_schema_version(c, &version));
    if (version != db_schema_latest()) TRY(db_rows_scan(c, NULL, &before));
    TRY(db_migrate(c, applied)); /* a database of a newer program is its fault to tell */
    TRY(db_ids_begin(c));
    if (*applied == 0) return OK;
    TRY(db_rows_scan(c, NULL, &after));
    db_rows_subtract(&after, &before);
    return tell(c, version, &after);
}

enum err app_migrate(struct ctx *c, int64_t *applied_out) {
    return db_unit(c, migrate, applied_out);
}
