/* Rows of older schemas become the same rows on PostgreSQL as on SQLite, whose test is
 * tests/server/test_migrate.py. */
#include "app/app_migrate.h"
#include "app/app_verify.h"
#include "db/db_rows.h"
#include "db/driver.h"
#include "db/migrate.h"
#include "world.h"
#include <stdio.h>

static const char *read_text(struct ctx *c, const char *path) {
    FILE *file = fopen(path, "rb");
    size_t most = 1 << 16;
    char *text = arena_array(c->arena, most, 1);
    if (!file) return NULL;
    text[fread(text, 1, most - 1, file)] = '\0';
    CHECK(feof(file));
    fclose(file);
    return text;
}

static enum err run_script(struct ctx *c, void *user) {
    const char **sql = user;
    return db_broke(c->db, c->db->driver->script(c, c->db, "rows", *sql));
}

/* Each file of fixtures/migrate is run when the schema has come to it. Answers how many there were. */
static size_t fill_old(struct ctx *c) {
    int64_t applied;
    size_t files = 0;
    for (size_t i = 0; i < db_migrations_n && db_migrations[i].number < 9; i++) { /* then rows are summed */
        CHECK_OK(c, migrate_files(c, db_migrations, i + 1, &applied));
        char path[64];
        snprintf(path, sizeof path, "fixtures/migrate/%04d.sql", (int)db_migrations[i].number);
        const char *rows = read_text(c, path);
        if (rows) CHECK_OK(c, db_unit(c, run_script, &rows));
        files += rows != NULL;
    }
    return files;
}

struct tables {
    struct table {
        const char *name;
        struct db_rows sum;
        int64_t rows;
    } table[DB_ROWS_TABLES];
    size_t n;
    int64_t rows;
};

static void take_table(void *user, const char *name, const struct db_rows *sum, int64_t rows) {
    struct tables *tables = user;
    CHECK(tables->n < DB_ROWS_TABLES);
    tables->table[tables->n++] = (struct table){name, *sum, rows};
    tables->rows += rows;
}

static void print_finding(void *user, const char *sentence) {
    (void)user;
    fprintf(stderr, "%s\n", sentence);
}

/* Each database draws its own. */
static const char SAME_SALTS[] = "UPDATE customer SET salt = x'00112233445566778899aabbccddeeff';\n"
                                 "UPDATE patient SET salt = x'00112233445566778899aabbccddeeff';\n"
                                 "UPDATE user_account SET salt = x'00112233445566778899aabbccddeeff';\n";

/* The last thing that is done to it: no event tells of it. */
static enum err salt_alike(struct ctx *c, void *user) {
    const char *sql = SAME_SALTS;
    struct db_rows untold;
    (void)user;
    TRY(run_script(c, &sql));
    return db_rows_take(c, &untold);
}

static void bring_up(struct ctx *c, struct tables *tables_out) {
    struct db_rows all;
    struct verify_result result;
    int64_t applied;
    CHECK_INT(fill_old(c), 2);
    CHECK_OK(c, app_migrate(c, &applied));
    CHECK(applied > 0);
    CHECK_OK(c, app_verify(c, print_finding, NULL, NULL, &result));
    CHECK_INT(result.findings, 0);
    CHECK_INT(result.events, 3); /* two of the first release, and the migration */
    CHECK_OK(c, db_unit(c, salt_alike, NULL));
    CHECK_OK(c, db_rows_scan(c, &(struct db_rows_watch){.table = take_table, .user = tables_out}, &all));
}

/* A connection to the world's database, which is empty now. */
static struct db *open_emptied(struct world *w) {
    const char *empty = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;";
    struct ctx c = *w->c;
    w->tampered = true;
    CHECK_OK(&c, db_open(&c, world_url(), DB_WRITE, &c.db));
    CHECK_OK(&c, db_unit(&c, run_script, &empty));
    db_close(&c.db);
    CHECK_OK(&c, db_open(&c, world_url(), DB_WRITE, &c.db));
    return c.db;
}

TEST(pg_migrates_old_rows_as_sqlite_does) {
    static struct tables here, there;
    struct world *w = world_make();
    struct ctx lite = *w->c, pg = *w->c;
    CHECK_OK(&lite, db_open(&lite, ":memory:", DB_WRITE, &lite.db));
    bring_up(&lite, &here);
    pg.db = open_emptied(w);
    bring_up(&pg, &there);
    CHECK_INT(there.n, here.n);
    CHECK(here.rows > 20);
    for (size_t i = 0; i < here.n; i++) {
        CHECK_STR(there.table[i].name, here.table[i].name);
        CHECK_INT(there.table[i].rows, here.table[i].rows);
        if (!db_rows_equal(&there.table[i].sum, &here.table[i].sum))
            check_fail(__FILE__, __LINE__, "other rows in table %s", here.table[i].name);
    }
    db_close(&lite.db);
    db_close(&pg.db);
}
