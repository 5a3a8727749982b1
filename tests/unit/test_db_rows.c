/* Sums of rows: whatever way a row comes, changes or goes, what the hook added up is what a scan finds. */
#include "db/db_rows.h"
#include "base/random.h"
#include "db/driver.h"
#include "db/migrate.h"
#include "db_things.h"

#define LOG "CREATE TABLE audit_event (seq INTEGER PRIMARY KEY, rows BLOB) STRICT;\n"
static const struct db_migration FILES[] = {
    {1, "0001_rows",
     LOG "CREATE TABLE session (id INTEGER PRIMARY KEY, t TEXT) STRICT;\n"
         "CREATE TABLE parent (id BLOB PRIMARY KEY, name TEXT) STRICT, WITHOUT ROWID;\n"
         "CREATE TABLE child (name TEXT, n INTEGER NOT NULL, parent_id BLOB REFERENCES parent (id) "
         "ON DELETE CASCADE ON UPDATE CASCADE, bytes BLOB, PRIMARY KEY (n, name)) STRICT, WITHOUT ROWID;\n"
         "CREATE TABLE plain (id INTEGER PRIMARY KEY, a TEXT, b INTEGER, u TEXT UNIQUE) STRICT;\n"
         "CREATE TABLE copy (id INTEGER, what TEXT) STRICT;\n"
         "CREATE TRIGGER plain_copy AFTER UPDATE ON plain BEGIN INSERT INTO copy (id, what) VALUES (NEW.id, "
         "OLD.a); DELETE FROM copy WHERE id = NEW.id - 7; END;\n"
         "INSERT INTO plain (id, a) VALUES (1000, 'from the file');\n"},
    {2, "0002_columns",
     "ALTER TABLE plain ADD COLUMN n INTEGER NOT NULL DEFAULT 7;\n"
     "ALTER TABLE plain ADD COLUMN t TEXT NOT NULL DEFAULT 'it''s';\n"
     "ALTER TABLE plain ADD COLUMN bl BLOB NOT NULL DEFAULT x'0102';\n"
     "ALTER TABLE plain ADD COLUMN none TEXT;\n"},
};

static struct ctx *open_rows(size_t files) {
    struct ctx *c = check_ctx();
    things_open(c, ":memory:", DB_WRITE);
    CHECK_OK(c, migrate_files(c, FILES, files, NULL));
    return c;
}

static enum err run(struct ctx *c, const char *sql) {
    struct db_stmt *s = arena_alloc(c->arena, sizeof *s);
    *s = (struct db_stmt){"test.rows", arena_strdup(c->arena, sql), NULL};
    return db_exec(c, s, NO_ARGS, NULL);
}

static struct db_rows scan(struct ctx *c) {
    struct db_rows sum;
    CHECK_OK(c, db_rows_scan(c, NULL, &sum));
    return sum;
}

static void check_agrees(struct ctx *c, const struct db_rows *at_first, const char *what) {
    struct db_rows sum = *at_first, found = scan(c);
    db_rows_add(&sum, &c->db->driver->pending(c->db)->rows);
    if (!db_rows_equal(&sum, &found)) check_fail(__FILE__, __LINE__, "the sums differ after: %s", what);
}

TEST(rows_every_way_of_writing_is_seen) {
    static const char *const WAYS[] = {
        "INSERT INTO parent VALUES (x'01', 'a'), (x'02', NULL), (x'03', 'Zoë')",
        "INSERT INTO child VALUES ('k', 1, x'01', NULL), ('k', 2, x'01', x''), ('l', 1, x'02', x'00ff')",
        "UPDATE child SET bytes = zeroblob(5000) WHERE n = 1",
        "UPDATE child SET n = n + 10, name = name || 'x'",
        "UPDATE child SET n = n",
        "INSERT INTO parent VALUES (x'02', 'b') ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        "INSERT INTO parent VALUES (x'02', 'c') ON CONFLICT DO NOTHING",
        "INSERT OR REPLACE INTO parent VALUES (x'03', 'replaced')",
        "INSERT INTO parent VALUES (x'04', 'd') ON CONFLICT (id) DO UPDATE SET name = 'never'",
        "UPDATE parent SET id = x'07' WHERE id = x'01'", /* cascades */
        "DELETE FROM parent WHERE id = x'07'",           /* cascades */
        ("INSERT INTO plain (id, a, b, u) VALUES (1, 'one', 15, 'u1'), (2, '2', 2, 'u2'), (8, '', NULL, "
         "NULL)"),
        "INSERT INTO plain (a) SELECT a || '!' FROM plain",
        "UPDATE plain SET a = a || '?' WHERE id < 9", /* the trigger writes */
        "UPDATE plain SET b = 3, id = id + 20 WHERE id = 2",
        "INSERT OR REPLACE INTO plain (id, a, u) VALUES (77, 'takes the place of u1', 'u1')",
        "UPDATE OR REPLACE plain SET u = 'u1' WHERE id = 8",
        "DELETE FROM copy WHERE what = 'one'",
        "DELETE FROM plain", /* no short cut */
        "INSERT INTO session VALUES (1, 'not audited')",
        "DELETE FROM parent WHERE id > x'02'"};
    for (size_t files = 1; files <= COUNT(FILES); files++) {
        struct ctx *c = open_rows(files);
        struct db_rows at_first = scan(c), rows;
        CHECK(!db_rows_is_zero(&at_first));
        CHECK(db_rows_is_zero(&c->db->driver->pending(c->db)->rows)); /* a file's rows are app_migrate's */
        for (size_t i = 0; i < COUNT(WAYS); i++) {
            CHECK_OK(c, run(c, WAYS[i]));
            check_agrees(c, &at_first, WAYS[i]);
        }
        CHECK_OK(c, db_rows_take(c, &rows));
        CHECK(!db_rows_is_zero(&rows));
        CHECK(db_rows_is_zero(&c->db->driver->pending(c->db)->rows));
        db_close(&c->db);
    }
}

/* A column that came later is not in the rows from before: the library says null, a SELECT the default. */
TEST(rows_from_before_a_column_have_its_default) {
    struct ctx *c = open_rows(1);
    struct db_rows rows, at_first;
    CHECK_OK(c, run(c, "INSERT INTO plain (id, a) VALUES (1, 'one'), (2, 'two'), (3, 'three')"));
    CHECK_OK(c, db_rows_take(c, &rows));
    CHECK_OK(c, migrate_files(c, FILES, 2, NULL));
    at_first = scan(c);
    CHECK_OK(c, run(c, "UPDATE plain SET a = 'ein' WHERE id = 1"));
    check_agrees(c, &at_first, "update");
    CHECK_OK(c, run(c, "DELETE FROM plain WHERE id = 2"));
    check_agrees(c, &at_first, "delete");
    db_close(&c->db);
}

static enum err write_only(struct ctx *c, void *user) {
    return run(c, user);
}

static enum err write_and_take(struct ctx *c, void *user) {
    struct db_rows rows;
    TRY(run(c, user));
    CHECK_OK(c, db_rows_take(c, &rows));
    return OK;
}

TEST(rows_a_unit_that_no_event_tells_of_is_refused) {
    char insert[] = "INSERT INTO plain (id, a) VALUES (1, 'one')",
         session[] = "INSERT INTO session VALUES (1, 's')", nothing[] = "UPDATE parent SET name = name";
    struct ctx *c = open_rows(1);
    CHECK_INT(db_unit(c, write_only, insert), ERR_INTERNAL);
    CHECK_STR(c->fault.slug, "db.unaudited");
    CHECK(strstr(c->fault.detail, "plain"));
    ctx_fault_clear(c);
    struct db_rows pending = c->db->driver->pending(c->db)->rows;
    CHECK(db_rows_is_zero(&pending));
    CHECK_OK(c, db_unit(c, write_only, session));
    CHECK_OK(c, db_unit(c, write_only, nothing)); /* changes nothing */
    CHECK_OK(c, db_unit(c, write_and_take, insert));
    db_close(&c->db);
}

TEST(rows_a_rollback_takes_its_sums_back) {
    struct ctx *c = open_rows(1);
    struct db_rows at_first = scan(c), rows;
    CHECK_OK(c, db_begin(c));
    CHECK_OK(c, db_savepoint(c));
    CHECK_OK(c, run(c, "INSERT INTO plain (id, a) VALUES (1, 'one')"));
    CHECK_INT(db_release(c), ERR_INTERNAL); /* nobody told of it */
    ctx_fault_clear(c);
    db_rollback_to(c);
    check_agrees(c, &at_first, "rollback to");
    CHECK_OK(c, db_savepoint(c));
    CHECK_OK(c, run(c, "INSERT INTO plain (id, a) VALUES (1, 'one')"));
    CHECK_OK(c, db_rows_take(c, &rows));
    CHECK_OK(c, db_release(c));
    CHECK_OK(c, run(c, "DELETE FROM plain"));
    db_rollback(c);
    CHECK(db_rows_is_zero(&c->db->driver->pending(c->db)->rows));
    struct db_rows found = scan(c);
    CHECK(db_rows_equal(&found, &at_first));
    db_close(&c->db);
}

TEST(rows_without_a_log_are_not_summed) {
    struct ctx *c = check_ctx();
    things_open(c, ":memory:", DB_WRITE);
    CHECK_OK(c, db_exec(c, &PAIR_TABLE, NO_ARGS, NULL));
    things_add(c, 1, 2);
    CHECK(db_rows_is_zero(&c->db->driver->pending(c->db)->rows));
    struct db_rows sum = scan(c);
    CHECK(db_rows_is_zero(&sum));
    db_close(&c->db);
}

/* Addition is that of numbers modulo 2^256, whatever the order; what is written is read again. */
TEST(rows_sums_add_up_in_any_order) {
    struct db_rows forth = {0}, back = {0}, part = {0}, again;
    uint8_t hash[200][SHA256_SIZE], key[200][DB_ROWS_KEY], bytes[DB_ROWS_BYTES];
    random_fill(hash, sizeof hash);
    memset(hash[3], 255, SHA256_SIZE); /* carries all the way */
    for (size_t i = 0; i < COUNT(hash); i++) {
        db_rows_key(i % 7 ? "order_line" : "promise", key[i]);
        db_rows_add_row(&forth, key[i], hash[i], i % 3 == 0);
    }
    for (size_t i = COUNT(hash); i-- > 0;)
        db_rows_add_row(i % 2 ? &back : &part, key[i], hash[i], i % 3 == 0);
    db_rows_add(&back, &part);
    CHECK(db_rows_equal(&forth, &back));
    size_t n = db_rows_write(&forth, bytes);
    CHECK_INT((int64_t)n, DB_ROWS_TOTAL + 1 + 2 * DB_ROWS_PER_TABLE);
    CHECK(db_rows_read((struct blob){bytes, n}, &again));
    CHECK(db_rows_equal(&again, &forth));
    CHECK(!db_rows_read((struct blob){bytes, n - 1}, &again));
    CHECK(!db_rows_read((struct blob){bytes, 32 + 2}, &again));
    for (size_t i = 0; i < COUNT(hash); i++)
        db_rows_add_row(&forth, key[i], hash[i], i % 3 != 0);
    CHECK(db_rows_is_zero(&forth));
    CHECK_INT((int64_t)db_rows_write(&forth, bytes), DB_ROWS_TOTAL + 1);
}

/* The image of schema/README.md, made by hand there: another program must come to the same number. */
TEST(rows_an_image_is_what_the_readme_says) {
    static const char IMAGE[] = "R\6\0\0\0\0\0\0\0parent"
                                "B\2\0\0\0\0\0\0\0\1\2"
                                "T\4\0\0\0\0\0\0\0Zo\xc3\xab";
    struct ctx *c = open_rows(1);
    uint8_t hash[SHA256_SIZE], key[DB_ROWS_KEY];
    struct db_rows at_first = scan(c), want = at_first;
    sha256(IMAGE, sizeof IMAGE - 1, hash);
    db_rows_key("parent", key);
    db_rows_add_row(&want, key, hash, false);
    CHECK_OK(c, run(c, "INSERT INTO parent VALUES (x'0102', 'Zoë')"));
    struct db_rows found = scan(c);
    CHECK(db_rows_equal(&found, &want));
    db_close(&c->db);
}

/* Two bytes are enough to tell the tables of the schema apart. */
TEST(rows_keys_of_all_tables_differ) {
    struct ctx *c = check_ctx();
    struct list tables;
    int64_t applied;
    CHECK_OK(c, db_open(c, ":memory:", DB_WRITE, &c->db));
    CHECK_OK(c, db_migrate(c, &applied));
    CHECK_OK(c, c->db->driver->tables(c, c->db, &tables));
    const char *const *name = tables.at;
    CHECK(tables.n > 40);
    for (size_t i = 0; i < tables.n; i++)
        for (size_t k = 0; k < i; k++) {
            uint8_t a[DB_ROWS_KEY], b[DB_ROWS_KEY];
            db_rows_key(name[i], a);
            db_rows_key(name[k], b);
            if (memcmp(a, b, DB_ROWS_KEY) == 0)
                check_fail(__FILE__, __LINE__, "%s and %s have one key", name[i], name[k]);
        }
    db_close(&c->db);
}

/* Events of before hold 4 bytes of the name and 8 of the sum. */
TEST(rows_the_older_form_is_read) {
    uint8_t bytes[32 + 12] = {7, [32] = 0xab, 0xcd, 0xef, 0x01, 7};
    struct db_rows rows;
    CHECK(db_rows_read((struct blob){bytes, sizeof bytes}, &rows));
    CHECK_INT(rows.total[0], 7);
    CHECK_INT((int64_t)rows.tables, 1);
    CHECK(rows.table[0].key[0] == 0xab && rows.table[0].key[1] == 0xcd && rows.table[0].sum == 7);
    CHECK(db_rows_read((struct blob){bytes, 32}, &rows) && rows.tables == 0);
}
