#include "db_things.h"
#include "db/migrate.h"

static const struct db_migration FILES[] = {
    {1, "0001_first",
     "CREATE TABLE first (id INTEGER PRIMARY KEY) STRICT;\nINSERT INTO first (id) VALUES (1);\n"},
    {2, "0002_second", "ALTER TABLE first ADD COLUMN more INTEGER;\nUPDATE first SET more = 2;\n"},
    {4, "0004_fourth", "CREATE TABLE fourth (id INTEGER PRIMARY KEY) STRICT;\n"},
};
static const struct db_migration BROKEN[] = {
    {1, "0001_first", "CREATE TABLE first (id INTEGER PRIMARY KEY) STRICT;\n"},
    {2, "0002_broken", "CREATE TABLE second (id INTEGER PRIMARY KEY) STRICT;\nSELEKT;\n"},
};
STMT(TABLES, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'", NULL);
STMT(MORE, "SELECT sum(more) FROM first", NULL);
STMT(RECORDED, "SELECT count(*) FROM schema_migration WHERE number = $1 AND name = $2 AND at = $3", NULL);

static int64_t number(struct ctx *c, const struct db_stmt *s) {
    int64_t value = NONE;
    CHECK_OK(c, db_value(c, s, NO_ARGS, &value));
    return value;
}

static int64_t version(struct ctx *c) {
    int64_t value = NONE;
    CHECK_OK(c, db_schema_version(c, &value));
    return value;
}

static struct ctx *open_empty(void) {
    struct ctx *c = check_ctx();
    things_open(c, ":memory:", DB_WRITE);
    return c;
}

TEST(db_migrations_apply_once) {
    struct ctx *c = open_empty();
    int64_t applied = -1, recorded = 0;
    CHECK_INT(version(c), 0);
    CHECK_OK(c, migrate_files(c, FILES, 3, &applied));
    CHECK_INT(applied, 3);
    CHECK_INT(version(c), 4);
    CHECK_OK(c, db_value(c, &RECORDED, ARGS(db_int(2), db_text("0002_second"), db_int(c->now)), &recorded));
    CHECK_INT(recorded, 1);
    CHECK_OK(c, migrate_files(c, FILES, 3, &applied));
    CHECK_INT(applied, 0);
    CHECK_INT(number(c, &TABLES), 3);
    CHECK_INT(number(c, &MORE), 2);
    db_close(&c->db);
}

TEST(db_migrations_that_are_missing) {
    struct ctx *c = open_empty();
    int64_t applied = -1;
    CHECK_OK(c, migrate_files(c, FILES, 1, &applied));
    CHECK_INT(applied, 1);
    CHECK_INT(version(c), 1);
    CHECK_OK(c, migrate_files(c, FILES, 3, &applied));
    CHECK_INT(applied, 2);
    CHECK_INT(version(c), 4);
    db_close(&c->db);
}

TEST(db_newer_than_the_program) {
    struct ctx *c = open_empty();
    int64_t applied = -1;
    CHECK_OK(c, migrate_files(c, FILES, 3, NULL));
    CHECK_INT(migrate_files(c, FILES, 2, &applied), ERR_STATE);
    CHECK_STR(c->fault.slug, "db.newer");
    CHECK_INT(applied, -1);
    CHECK_INT(version(c), 4);
    db_close(&c->db);
}

TEST(db_a_migration_is_one_transaction) {
    struct ctx *c = open_empty();
    CHECK_INT(migrate_files(c, BROKEN, 2, NULL), ERR_INTERNAL);
    CHECK(strstr(c->fault.detail, "0002_broken"));
    CHECK_INT(version(c), 1);
    CHECK_INT(number(c, &TABLES), 2);
    CHECK(!db_in_unit(c->db));
    db_close(&c->db);
}

/* Whatever call fails, each file is there whole or not at all, and the next attempt goes on. */
TEST(db_migration_fails_at_every_call) {
    for (int64_t nth = 1;; nth++) {
        struct ctx *c = open_empty();
        c->db = db_failing(c->db, nth, ERR_INTERNAL);
        enum err err = migrate_files(c, FILES, 3, NULL);
        CHECK(!db_in_unit(c->db));
        ctx_fault_clear(c);
        db_failing_set(c->db, 0, OK);
        if (err != OK) CHECK_OK(c, migrate_files(c, FILES, 3, NULL));
        CHECK_INT(number(c, &TABLES), 3);
        CHECK_INT(number(c, &MORE), 2);
        db_close(&c->db);
        if (err == OK) break;
        CHECK(nth < 100);
    }
}

TEST(db_program_schema_applies) {
    struct ctx *c = open_empty();
    int64_t applied = -1;
    CHECK_OK(c, db_migrate(c, &applied));
    CHECK_INT(applied, db_migrations_n);
    CHECK_INT(version(c), db_schema_latest());
    db_close(&c->db);
}
