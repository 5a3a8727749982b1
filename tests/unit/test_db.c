/* Statements and records: every kind there and back, what is refused, what is reported. */
#include "db_things.h"
#include "base/date.h"
#include "base/id.h"
#include "base/text.h"
#include <math.h>
#include <stdio.h>

struct everything {
    int64_t n, flag, date, instant, time, milli, deg, word;
    const char *text, *raw;
    struct id id;
    struct blob hex;
    double real;
    struct list lines;
};

static const char *const WORDS[] = {"open", "shut"};
static const struct names words = {WORDS, COUNT(WORDS)};
static const struct field FIELDS[] = {
    FIELD(struct everything, K_INT, n),     FIELD(struct everything, K_BOOL, flag),
    FIELD(struct everything, K_DATE, date), FIELD(struct everything, K_INSTANT, instant),
    FIELD(struct everything, K_TIME, time), FIELD(struct everything, K_MILLI, milli),
    FIELD(struct everything, K_DEG, deg),   FIELD(struct everything, K_ENUM, word, .names = &words),
    FIELD(struct everything, K_TEXT, text), FIELD(struct everything, K_RAW, raw),
    FIELD(struct everything, K_ID, id),     FIELD(struct everything, K_HEX, hex),
    FIELD(struct everything, K_REAL, real), FIELD(struct everything, K_INTS, lines),
};
static const struct shape everything_shape = SHAPE("everything", struct everything, FIELDS);

STMT(TABLE,
     "CREATE TABLE everything (n INTEGER, flag INTEGER, date INTEGER, instant INTEGER, time INTEGER, "
     "milli INTEGER, deg INTEGER, word TEXT, text TEXT, raw TEXT, id BLOB, hex BLOB, real REAL) STRICT",
     NULL);
STMT(ADD,
     "INSERT INTO everything (n, flag, date, instant, time, milli, deg, word, text, raw, id, hex, real) "
     "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
     "n flag date instant time milli deg word text raw id hex real");
STMT(GET,
     "SELECT n, flag, date, instant, time, milli, deg, word, text, raw, id, hex, real FROM everything "
     "ORDER BY rowid DESC",
     NULL);

static struct ctx *open_everything(void) {
    struct ctx *c = check_ctx();
    things_open(c, ":memory:", DB_WRITE);
    CHECK_OK(c, db_exec(c, &TABLE, NO_ARGS, NULL));
    return c;
}

static struct everything there_and_back(struct ctx *c, const struct everything *record) {
    struct everything got;
    int64_t changed = -1;
    CHECK_OK(c, db_exec_row(c, &ADD, &everything_shape, record, &changed));
    CHECK_INT(changed, 1);
    CHECK_OK(c, db_one(c, &GET, NO_ARGS, &everything_shape, &got));
    return got;
}

static void check_same(const struct everything *got, const struct everything *want) {
    CHECK_INT(got->n, want->n);
    CHECK_INT(got->flag, want->flag);
    CHECK_INT(got->date, want->date);
    CHECK_INT(got->instant, want->instant);
    CHECK_INT(got->time, want->time);
    CHECK_INT(got->milli, want->milli);
    CHECK_INT(got->deg, want->deg);
    CHECK_INT(got->word, want->word);
    CHECK_STR(got->text, want->text);
    CHECK_STR(got->raw, want->raw);
    CHECK(id_equal(got->id, want->id));
    CHECK(isnan(want->real) ? isnan(got->real) : got->real == want->real);
    CHECK_INT(got->hex.n, want->hex.n);
    CHECK(!got->hex.at == !want->hex.at);
    CHECK(want->hex.n == 0 || memcmp(got->hex.at, want->hex.at, want->hex.n) == 0);
}

TEST(db_every_kind_there_and_back) {
    struct ctx *c = open_everything();
    struct everything record = {.n = 7,
                                .flag = 1,
                                .date = date_of(2026, 3, 2),
                                .instant = c->now,
                                .time = 1440,
                                .milli = -1500,
                                .deg = -1800000000,
                                .word = 1,
                                .text = "Zoë",
                                .raw = "{}",
                                .id = id_new(c->now),
                                .hex = {(const uint8_t *)"\0\1\377", 3},
                                .real = 0.1};
    struct everything got = there_and_back(c, &record);
    check_same(&got, &record);
    db_close(&c->db);
}

TEST(db_not_stated_there_and_back) {
    struct ctx *c = open_everything();
    struct everything record;
    shape_clear(&everything_shape, &record);
    struct everything got = there_and_back(c, &record);
    for (size_t i = 0; i < COUNT(FIELDS); i++)
        CHECK(shape_is_none(&FIELDS[i], &got));
    db_close(&c->db);
}

TEST(db_extremes_there_and_back) {
    struct ctx *c = open_everything();
    struct everything low = {.n = -INT64_MAX,
                             .date = date_of(1, 1, 1),
                             .instant = instant_parse("0001-01-01T00:00:00Z"),
                             .milli = -INT64_MAX,
                             .deg = 0,
                             .text = "",
                             .raw = "",
                             .id = {{[15] = 1}},
                             .hex = {(const uint8_t *)"", 0},
                             .real = -1.7976931348623157e308};
    struct everything got = there_and_back(c, &low);
    check_same(&got, &low);
    struct everything high = {.n = INT64_MAX,
                              .date = date_of(9999, 12, 31),
                              .instant = instant_parse("9999-12-31T23:59:59.999Z"),
                              .milli = INT64_MAX,
                              .deg = 1800000000,
                              .text = "x",
                              .raw = "x",
                              .id = {{255}},
                              .hex = {(const uint8_t *)"\0", 1},
                              .real = 5e-324};
    got = there_and_back(c, &high);
    check_same(&got, &high);
    db_close(&c->db);
}

/* Nothing of it may read as a value, or as "not stated". */
TEST(db_stored_values_that_a_kind_forbids) {
    STMT(N, "SELECT -9223372036854775807 - 1 AS n", NULL);
    STMT(FLAG, "SELECT 2 AS flag", NULL);
    STMT(FLAG_MINUS, "SELECT -1 AS flag", NULL);
    STMT(DATE, "SELECT 2932897 AS date", NULL);
    STMT(DATE_TEXT, "SELECT '2026-01-01' AS date", NULL);
    STMT(INSTANT, "SELECT 253402300800000 AS instant", NULL);
    STMT(TIME, "SELECT 1441 AS time", NULL);
    STMT(MILLI, "SELECT 0.5 AS milli", NULL);
    STMT(DEG, "SELECT 1800000001 AS deg", NULL);
    STMT(WORD, "SELECT 'ajar' AS word", NULL);
    STMT(WORD_NUL, "SELECT CAST(x'6f70656e0078' AS TEXT) AS word", NULL);
    STMT(WORD_INT, "SELECT 1 AS word", NULL);
    STMT(TEXT_INT, "SELECT 1 AS text", NULL);
    STMT(TEXT_NUL, "SELECT CAST(x'610062' AS TEXT) AS text", NULL);
    STMT(TEXT_BAD, "SELECT CAST(x'ff' AS TEXT) AS text", NULL);
    STMT(TEXT_BLOB, "SELECT x'61' AS text", NULL);
    STMT(INT_TEXT, "SELECT '7' AS n", NULL);
    STMT(ID_15, "SELECT zeroblob(15) AS id", NULL);
    STMT(ID_17, "SELECT zeroblob(17) AS id", NULL);
    STMT(ID_ZERO, "SELECT zeroblob(16) AS id", NULL);
    STMT(ID_EMPTY, "SELECT zeroblob(0) AS id", NULL);
    STMT(ID_TEXT, "SELECT '0123456789abcdef' AS id", NULL);
    STMT(HEX, "SELECT 'ab' AS hex", NULL);
    STMT(REAL, "SELECT 9e999 AS real", NULL);
    STMT(REAL_TEXT, "SELECT '1' AS real", NULL);
    static const struct db_stmt *const ALL[] = {
        &N,     &FLAG,     &FLAG_MINUS, &DATE,     &DATE_TEXT, &INSTANT,  &TIME,      &MILLI,    &DEG,
        &WORD,  &WORD_NUL, &WORD_INT,   &TEXT_INT, &TEXT_NUL,  &TEXT_BAD, &TEXT_BLOB, &INT_TEXT, &ID_15,
        &ID_17, &ID_ZERO,  &ID_EMPTY,   &ID_TEXT,  &HEX,       &REAL,     &REAL_TEXT};
    struct ctx *c = open_everything();
    for (size_t i = 0; i < COUNT(ALL); i++) {
        struct everything got;
        const char *column = strrchr(ALL[i]->sql, ' ') + 1;
        ctx_fault_clear(c);
        enum err err = db_one(c, ALL[i], NO_ARGS, &everything_shape, &got);
        if (err != ERR_CORRUPT) check_fail(__FILE__, __LINE__, "%s: %s", ALL[i]->name, err_name(err));
        CHECK_STR(c->fault.slug, "db.corrupt");
        CHECK(strstr(c->fault.detail, ALL[i]->name));
        CHECK(strstr(c->fault.detail, column));
    }
    db_close(&c->db);
}

TEST(db_value_refuses_what_is_no_number) {
    STMT(TEXT, "SELECT 'x'", NULL);
    STMT(MIN, "SELECT -9223372036854775807 - 1", NULL);
    struct ctx *c = open_everything();
    int64_t value = 5;
    CHECK_INT(db_value(c, &TEXT, NO_ARGS, &value), ERR_CORRUPT);
    CHECK_INT(db_value(c, &MIN, NO_ARGS, &value), ERR_CORRUPT);
    CHECK_INT(value, 5);
    db_close(&c->db);
}

TEST(db_value_null_and_no_row) {
    STMT(NOTHING, "SELECT NULL", NULL);
    STMT(NO_ROW, "SELECT 1 WHERE 1 = 0", NULL);
    struct ctx *c = open_everything();
    int64_t value = 5;
    CHECK_OK(c, db_value(c, &NOTHING, NO_ARGS, &value));
    CHECK_INT(value, NONE);
    value = 5;
    CHECK_INT(db_value(c, &NO_ROW, NO_ARGS, &value), ERR_NOT_FOUND);
    CHECK_INT(value, 5);
    CHECK(!c->fault.slug);
    db_close(&c->db);
}

TEST(db_one_clears_members_without_a_column) {
    STMT(SOME, "SELECT 3 AS n", NULL);
    struct ctx *c = open_everything();
    struct everything got;
    memset(&got, 0x5a, sizeof got);
    CHECK_OK(c, db_one(c, &SOME, NO_ARGS, &everything_shape, &got));
    CHECK_INT(got.n, 3);
    for (size_t i = 1; i < COUNT(FIELDS); i++)
        CHECK(shape_is_none(&FIELDS[i], &got));
    db_close(&c->db);
}

TEST(db_one_without_a_row_has_no_fault) {
    struct ctx *c = open_everything();
    struct everything got = {.n = 9};
    CHECK_INT(db_one(c, &GET, NO_ARGS, &everything_shape, &got), ERR_NOT_FOUND);
    CHECK(!c->fault.slug);
    CHECK_INT(got.n, 9);
    db_close(&c->db);
}

TEST(db_arguments_go_by_name) {
    STMT(BACKWARDS, "SELECT $3 AS n, $1 AS text, $2 AS real", NULL);
    struct ctx *c = open_everything();
    struct everything got;
    CHECK_OK(c, db_one(c, &BACKWARDS, ARGS(db_text("a"), db_real(0.5), db_int(3)), &everything_shape, &got));
    CHECK_INT(got.n, 3);
    CHECK_STR(got.text, "a");
    CHECK(got.real == 0.5);
    db_close(&c->db);
}

TEST(db_arguments_not_stated_are_null) {
    STMT(NULLS,
         "SELECT ($1 IS NULL) + ($2 IS NULL) + ($3 IS NULL) + ($4 IS NULL) + ($5 IS NULL) + ($6 IS NULL)",
         NULL);
    struct ctx *c = open_everything();
    int64_t n = 0;
    struct id none = {{0}};
    CHECK_OK(c, db_value(c, &NULLS,
                         ARGS(db_int(NONE), db_text(NULL), db_id(&none), db_blob(NULL, 0),
                              db_real((double)NAN), db_word(&words, NONE)),
                         &n));
    CHECK_INT(n, 6);
    db_close(&c->db);
}

TEST(db_word_binds_the_word) {
    STMT(WORD, "SELECT $1 AS word", NULL);
    struct ctx *c = open_everything();
    struct everything got;
    CHECK_OK(c, db_one(c, &WORD, ARGS(db_word(&words, 1)), &everything_shape, &got));
    CHECK_INT(got.word, 1);
    db_close(&c->db);
}

TEST(db_sum_of_whole_numbers_fills_a_real) {
    STMT(SUM, "SELECT 3 AS real", NULL);
    struct ctx *c = open_everything();
    struct everything got;
    CHECK_OK(c, db_one(c, &SUM, NO_ARGS, &everything_shape, &got));
    CHECK(got.real == 3.0);
    db_close(&c->db);
}

static void check_internal(struct ctx *c, enum err err, const char *detail) {
    CHECK_INT(err, ERR_INTERNAL);
    CHECK_STR(c->fault.slug, "db.statement");
    if (!strstr(c->fault.detail, detail)) check_fail(__FILE__, __LINE__, "\"%s\"", c->fault.detail);
    ctx_fault_clear(c);
}

TEST(db_wrong_statements) {
    STMT(SYNTAX, "SELEKT 1", NULL);
    STMT(EMPTY, " ", NULL);
    STMT(TWO, "SELECT 1; SELECT 2", NULL);
    STMT(NO_MEMBER, "SELECT 1 AS nobody", NULL);
    STMT(A_LIST, "SELECT 1 AS lines", NULL);
    STMT(TWICE, "SELECT 1 AS n, 2 AS n", NULL);
    STMT(GAP, "SELECT $1, $3", NULL);
    STMT(QUESTION, "SELECT ?", NULL);
    STMT(NAMES_MISSING, "SELECT $1, $2", "n");
    STMT(NAMES_WRONG, "SELECT $1", "nobody");
    STMT(NAMES_NONE, "SELECT $1", NULL);
    struct ctx *c = open_everything();
    struct everything record;
    shape_clear(&everything_shape, &record);
    check_internal(c, db_exec(c, &SYNTAX, NO_ARGS, NULL), "SYNTAX");
    check_internal(c, db_exec(c, &EMPTY, NO_ARGS, NULL), "EMPTY");
    check_internal(c, db_exec(c, &TWO, NO_ARGS, NULL), "TWO");
    check_internal(c, db_one(c, &NO_MEMBER, NO_ARGS, &everything_shape, &record), "\"nobody\"");
    check_internal(c, db_one(c, &A_LIST, NO_ARGS, &everything_shape, &record), "\"lines\"");
    check_internal(c, db_one(c, &TWICE, NO_ARGS, &everything_shape, &record), "two columns");
    check_internal(c, db_exec(c, &GAP, ARGS(db_int(1), db_int(2)), NULL), "$2");
    check_internal(c, db_exec(c, &QUESTION, ARGS(db_int(1)), NULL), "$1");
    check_internal(c, db_exec(c, &ADD, ARGS(db_int(1)), NULL), "1 values for 13");
    check_internal(c, db_exec_row(c, &NAMES_MISSING, &everything_shape, &record, NULL), "1 names for 2");
    check_internal(c, db_exec_row(c, &NAMES_WRONG, &everything_shape, &record, NULL), "nobody");
    check_internal(c, db_exec_row(c, &NAMES_NONE, &everything_shape, &record, NULL), "0 names for 1");
    db_close(&c->db);
}

/* "nocol" is a string in SQLite as it comes. */
TEST(db_double_quotes_are_no_strings) {
    STMT(QUERY, "SELECT \"nocol\"", NULL);
    STMT(SCHEMA, "CREATE INDEX i ON everything (\"nocol\")", NULL);
    struct ctx *c = open_everything();
    check_internal(c, db_exec(c, &QUERY, NO_ARGS, NULL), "nocol");
    check_internal(c, db_exec(c, &SCHEMA, NO_ARGS, NULL), "nocol");
    db_close(&c->db);
}

static void open_pairs(struct ctx *c, int64_t n) {
    things_open(c, ":memory:", DB_WRITE);
    CHECK_OK(c, db_exec(c, &PAIR_TABLE, NO_ARGS, NULL));
    for (int64_t i = 1; i <= n; i++)
        things_add(c, i, 10 * i);
}

TEST(db_all_gives_every_row_in_order) {
    static const int64_t SIZES[] = {0, 1, 15, 16, 17, 500};
    for (size_t i = 0; i < COUNT(SIZES); i++) {
        struct ctx *c = check_ctx();
        open_pairs(c, SIZES[i]);
        struct list got;
        CHECK_OK(c, db_all(c, &PAIR_LIST, NO_ARGS, &pair_shape, &got));
        CHECK_INT(got.n, SIZES[i]);
        const struct pair *pairs = got.at;
        for (size_t j = 0; j < got.n; j++)
            CHECK_INT(pairs[j].value, 10 * (int64_t)(j + 1));
        db_close(&c->db);
    }
}

TEST(db_all_texts_outlive_the_rows) {
    STMT(TWO, "SELECT 'one' AS text, 1 AS n UNION ALL SELECT 'two', 2 ORDER BY 2", NULL);
    struct ctx *c = open_everything();
    struct list got;
    CHECK_OK(c, db_all(c, &TWO, NO_ARGS, &everything_shape, &got));
    db_close(&c->db);
    CHECK_STR(((const struct everything *)got.at)[0].text, "one");
    CHECK_STR(((const struct everything *)got.at)[1].text, "two");
}

TEST(db_all_too_many_rows_for_the_arena) {
    STMT(MANY,
         "WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5000) SELECT n FROM t",
         NULL);
    struct ctx *c = open_everything();
    struct arena *large = c->arena;
    c->arena = arena_create(64 * 1024);
    struct list got = {NULL, 77};
    CHECK_INT(db_all(c, &MANY, NO_ARGS, &everything_shape, &got), ERR_LIMIT);
    CHECK_STR(c->fault.slug, "request.too-large");
    CHECK_INT(got.n, 77);
    arena_destroy(&c->arena);
    c->arena = large;
    db_close(&c->db);
}

static enum err add_up(struct ctx *c, void *record, void *user) {
    struct pair *pair = record;
    int64_t *sum = user, value = 0;
    TRY(db_value(c, &PAIR_COUNT, NO_ARGS, &value)); /* another statement may run */
    if (pair->id == 4) return FAIL(c, ERR_STATE, "test.stop", "enough");
    *sum += pair->value;
    return OK;
}

TEST(db_each_walks_until_an_error) {
    struct ctx *c = check_ctx();
    open_pairs(c, 3);
    struct pair pair;
    int64_t sum = 0;
    CHECK_OK(c, db_each(c, &PAIR_LIST, NO_ARGS, &pair_shape, &pair, add_up, &sum));
    CHECK_INT(sum, 60);
    things_add(c, 4, 1000);
    sum = 0;
    CHECK_INT(db_each(c, &PAIR_LIST, NO_ARGS, &pair_shape, &pair, add_up, &sum), ERR_STATE);
    CHECK_INT(sum, 60);
    db_close(&c->db);
}

static enum err nothing(struct ctx *c, void *record, void *user) {
    const struct everything *row = record;
    (void)c;
    *(size_t *)user += strlen(row->text);
    return OK;
}

TEST(db_each_does_not_use_the_arena) {
    STMT(MANY,
         "WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 2000) SELECT n, 'a text "
         "of some length' AS text FROM t",
         NULL);
    struct ctx *c = open_everything();
    struct everything row;
    size_t bytes = 0, before = arena_used(c->arena);
    CHECK_OK(c, db_each(c, &MANY, NO_ARGS, &everything_shape, &row, nothing, &bytes));
    CHECK_INT(bytes, 2000 * strlen("a text of some length"));
    CHECK_INT(arena_used(c->arena), before);
    db_close(&c->db);
}

static enum err same_again(struct ctx *c, void *record, void *user) {
    (void)record, (void)user;
    struct list got;
    return db_all(c, &PAIR_LIST, NO_ARGS, &pair_shape, &got);
}

static void walk_in_a_walk(void) {
    struct ctx *c = check_ctx();
    open_pairs(c, 1);
    struct pair pair;
    CHECK_OK(c, db_each(c, &PAIR_LIST, NO_ARGS, &pair_shape, &pair, same_again, NULL));
}

static void statement_that_is_not_static(void) {
    struct ctx *c = check_ctx();
    open_pairs(c, 0);
    struct db_stmt s = {"one", "SELECT 1", NULL};
    int64_t value;
    CHECK_OK(c, db_value(c, &s, NO_ARGS, &value));
    s.sql = "SELECT 2";
    CHECK_OK(c, db_value(c, &s, NO_ARGS, &value));
}

TEST(db_misuse_aborts) {
    CHECK_DIES(walk_in_a_walk);
    CHECK_DIES(statement_that_is_not_static);
}

TEST(db_changed_counts_rows) {
    STMT(RAISE, "UPDATE pair SET value = value + 1 WHERE id <= $1", NULL);
    STMT(MAYBE, "INSERT INTO pair (id, value) VALUES ($1, 0) ON CONFLICT DO NOTHING", NULL);
    STMT(LOOK, "SELECT 1", NULL);
    struct ctx *c = check_ctx();
    open_pairs(c, 3);
    int64_t changed = -1;
    CHECK_OK(c, db_exec(c, &RAISE, ARGS(db_int(2)), &changed));
    CHECK_INT(changed, 2);
    CHECK_OK(c, db_exec(c, &LOOK, NO_ARGS, &changed));
    CHECK_INT(changed, 0);
    CHECK_OK(c, db_exec(c, &MAYBE, ARGS(db_int(2)), &changed));
    CHECK_INT(changed, 0);
    CHECK_OK(c, db_exec(c, &MAYBE, ARGS(db_int(9)), &changed));
    CHECK_INT(changed, 1);
    db_close(&c->db);
}

STMT(PARENT, "CREATE TABLE parent (id INTEGER PRIMARY KEY) STRICT", NULL);
STMT(CHILD,
     "CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parent (id)) STRICT",
     NULL);
STMT(FROZEN,
     "CREATE TRIGGER frozen BEFORE DELETE ON pair BEGIN SELECT raise(ABORT, 'pair is append-only'); END",
     NULL);

static void check_refused(struct ctx *c, enum err err) {
    CHECK_INT(err, ERR_CONFLICT);
    CHECK_STR(c->fault.slug, "db.constraint");
    ctx_fault_clear(c);
}

TEST(db_constraints_are_conflicts) {
    STMT(ORPHAN, "INSERT INTO child (id, parent) VALUES (1, 7)", NULL);
    STMT(REMOVE, "DELETE FROM pair WHERE id = 1", NULL);
    STMT(NO_VALUE, "INSERT INTO pair (id, value) VALUES (5, NULL)", NULL);
    STMT(REPLACE, "REPLACE INTO pair (id, value) VALUES (1, 1)", NULL);
    struct ctx *c = check_ctx();
    open_pairs(c, 1);
    CHECK_OK(c, db_exec(c, &PARENT, NO_ARGS, NULL));
    CHECK_OK(c, db_exec(c, &CHILD, NO_ARGS, NULL));
    CHECK_OK(c, db_exec(c, &FROZEN, NO_ARGS, NULL));
    check_refused(c, db_exec(c, &PAIR_ADD, ARGS(db_int(1), db_int(1)), NULL));  /* UNIQUE */
    check_refused(c, db_exec(c, &PAIR_ADD, ARGS(db_int(2), db_int(-1)), NULL)); /* CHECK */
    check_refused(c, db_exec(c, &NO_VALUE, NO_ARGS, NULL));
    check_refused(c, db_exec(c, &ORPHAN, NO_ARGS, NULL));
    check_refused(c, db_exec(c, &REMOVE, NO_ARGS, NULL));
    check_refused(c, db_exec(c, &REPLACE, NO_ARGS, NULL)); /* deletes by another name */
    CHECK_INT(things_count(c), 1);
    db_close(&c->db);
}

STMT(ORPHANS, "INSERT INTO child (id, parent) VALUES (1, 7), (2, 7) RETURNING id", NULL);

static enum err orphans_by_value(struct ctx *c, void *user) {
    int64_t id;
    (void)user;
    return db_value(c, &ORPHANS, NO_ARGS, &id);
}

static enum err orphans_by_record(struct ctx *c, void *user) {
    struct pair pair;
    (void)user;
    return db_one(c, &ORPHANS, NO_ARGS, &pair_shape, &pair);
}

TEST(db_returning_still_checks_foreign_keys) {
    STMT(CHILDREN, "SELECT count(*) FROM child", NULL);
    struct ctx *c = check_ctx();
    int64_t n = -1;
    open_pairs(c, 0);
    CHECK_OK(c, db_exec(c, &PARENT, NO_ARGS, NULL));
    CHECK_OK(c, db_exec(c, &CHILD, NO_ARGS, NULL));
    check_refused(c, db_unit(c, orphans_by_value, NULL));
    check_refused(c, db_unit(c, orphans_by_record, NULL));
    CHECK_OK(c, db_value(c, &CHILDREN, NO_ARGS, &n));
    CHECK_INT(n, 0);
    db_close(&c->db);
}

TEST(db_a_refused_statement_can_run_again) {
    struct ctx *c = check_ctx();
    open_pairs(c, 1);
    check_refused(c, db_exec(c, &PAIR_ADD, ARGS(db_int(1), db_int(1)), NULL));
    things_add(c, 2, 1);
    CHECK_INT(things_count(c), 2);
    db_close(&c->db);
}

TEST(db_many_statements_of_one_connection) {
    static struct db_stmt many[300];
    static char sql[300][32];
    struct ctx *c = open_everything();
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 300; i++) {
            snprintf(sql[i], sizeof sql[i], "SELECT %d", i);
            many[i] = (struct db_stmt){"many", sql[i], NULL};
            int64_t value = -1;
            CHECK_OK(c, db_value(c, &many[i], NO_ARGS, &value));
            CHECK_INT(value, i);
        }
    db_close(&c->db);
}

/* A statement may fill records of different shapes. */
TEST(db_two_shapes_of_one_statement) {
    STMT(BOTH, "SELECT 4 AS n", NULL);
    struct small {
        int64_t n;
    };
    static const struct field SMALL_FIELDS[] = {FIELD(struct small, K_INT, n)};
    static const struct shape small_shape = SHAPE("small", struct small, SMALL_FIELDS);
    struct ctx *c = open_everything();
    for (int i = 0; i < 2; i++) {
        struct small small = {0};
        struct everything large = {0};
        CHECK_OK(c, db_one(c, &BOTH, NO_ARGS, &small_shape, &small));
        CHECK_OK(c, db_one(c, &BOTH, NO_ARGS, &everything_shape, &large));
        CHECK_INT(small.n + large.n, 8);
    }
    db_close(&c->db);
}
