#include "db/migrate.h"
#include "base/log.h"
#include "db/driver.h"

enum { TABLE, VERSION, ADD };
static const struct db_stmt S[] = {
    [TABLE] = {"schema.make",
               "CREATE TABLE IF NOT EXISTS schema_migration "
               "(number INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL) STRICT",
               NULL},
    [VERSION] = {"schema.version", "SELECT coalesce(max(number), 0) FROM schema_migration", NULL},
    [ADD] = {"schema.add", "INSERT INTO schema_migration (number, name, at) VALUES ($1, $2, $3)", NULL},
};

static int64_t latest(const struct db_migration *files, size_t n) {
    int64_t number = 0;
    for (size_t i = 0; i < n; i++)
        if (files[i].number > number) number = files[i].number;
    return number;
}

int64_t db_schema_latest(void) {
    return latest(db_migrations, db_migrations_n);
}

enum err db_schema_version(struct ctx *c, int64_t *version_out) {
    enum err err = c->db->driver->has_table(c, c->db, "schema_migration");
    if (err == OK) return db_value(c, &S[VERSION], NO_ARGS, version_out);
    if (err == ERR_NOT_FOUND) *version_out = 0;
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err apply(struct ctx *c, void *user) {
    const struct db_migration *file = user;
    TRY(db_exec(c, &S[TABLE], NO_ARGS, NULL));
    struct db_rows rows; /* what the file did to rows: app_migrate tells the log, of all files at once */
    TRY(db_broke(c->db, c->db->driver->script(c, c->db, file->name, file->sql)));
    TRY(db_rows_take(c, &rows));
    return db_exec(c, &S[ADD], ARGS(db_int(file->number), db_text(file->name), db_int(c->now)), NULL);
}

enum err migrate_files(struct ctx *c, const struct db_migration *files, size_t n, int64_t *applied_out) {
    int64_t version = 0, applied = 0;
    TRY(db_schema_version(c, &version));
    if (version > latest(files, n))
        return FAIL(c, ERR_STATE, "db.newer",
                    "the database has schema %lld, this program knows %lld: use the newer program",
                    (long long)version, (long long)latest(files, n));
    for (size_t i = 0; i < n; i++) {
        if (files[i].number <= version) continue;
        struct db_migration file = files[i];
        TRY(db_in_unit(c->db) ? apply(c, &file) : db_unit(c, apply, &file));
        log_event(LOG_DEBUG, "db.migrated", "file=%s", file.name);
        applied++;
    }
    if (applied_out) *applied_out = applied;
    return OK;
}

enum err db_migrate(struct ctx *c, int64_t *applied_out) {
    return migrate_files(c, db_migrations, db_migrations_n, applied_out);
}
