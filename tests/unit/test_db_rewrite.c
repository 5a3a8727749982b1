/* What is deleted for good: no byte of it in the file or its log. And what deleting alone leaves there. */
#include "base/text.h"
#include "db_things.h"
#include "db/driver.h"
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#define PEOPLE 300
#define GONE 60

STMT(TABLE,
     "CREATE TABLE word (id BLOB PRIMARY KEY, person INTEGER NOT NULL, value TEXT NOT NULL) STRICT, WITHOUT "
     "ROWID",
     NULL);
STMT(INDEX, "CREATE INDEX word_person ON word (person, value)", NULL);
STMT(ADD, "INSERT INTO word (id, person, value) VALUES ($1, $2, $3)", NULL);
STMT(CHANGE, "UPDATE word SET value = $2 WHERE person = $1", NULL);
STMT(ERASE, "DELETE FROM word WHERE person < $1", NULL);
STMT(COUNT_ALL, "SELECT COUNT(*) FROM word", NULL);

/* Numbers that are the same in every run. */
static uint64_t next(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* "person-0042;" over and over: any two in a row are found, wherever a piece was left. */
static const char *words_of(struct ctx *c, uint64_t person, uint64_t times) {
    struct text out = text_in(c->arena);
    for (uint64_t i = 0; i < times + 2; i++)
        text_printf(&out, "person-%04d;", (int)person);
    return out.at;
}

static enum err set_word(struct ctx *c, uint64_t *state, bool is_new) {
    uint64_t person = next(state) % PEOPLE, id[2] = {next(state) << 20, next(state)};
    uint64_t times = next(state) % (next(state) % 20 == 0 ? 300 : 12);
    if (!is_new)
        return db_exec(c, &CHANGE, ARGS(db_int((int64_t)person), db_text(words_of(c, person, times))), NULL);
    return db_exec(c, &ADD,
                   ARGS(db_blob(id, sizeof id), db_int((int64_t)person), db_text(words_of(c, person, times))),
                   NULL);
}

static enum err churn(struct ctx *c, void *user) {
    for (int i = 0; i < 600; i++)
        TRY(set_word(c, user, i % 4 != 3));
    return OK;
}

static enum err make(struct ctx *c, void *user) {
    (void)user;
    TRY(db_exec(c, &TABLE, NO_ARGS, NULL));
    return db_exec(c, &INDEX, NO_ARGS, NULL);
}

static enum err erase(struct ctx *c, void *user) {
    (void)user;
    return db_exec(c, &ERASE, ARGS(db_int(GONE)), NULL);
}

/* People of whom something is left among the bytes of a file. */
static int left_in(const char *path) {
    static char bytes[32 * 1024 * 1024];
    static bool seen[PEOPLE];
    FILE *file = fopen(path, "r");
    size_t n = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    int people = 0;
    if (file) fclose(file);
    CHECK(n < sizeof bytes);
    memset(seen, 0, sizeof seen);
    for (const char *at = bytes; at + 12 < bytes + n; at++)
        if (*at == 'p' && memcmp(at, "person-0", 8) == 0 && at[11] == ';')
            seen[((at[8] - '0') * 100 + (at[9] - '0') * 10 + at[10] - '0') % PEOPLE] = true;
    for (int i = 0; i < GONE; i++)
        people += seen[i];
    return people;
}

static int left(struct ctx *c, const char *path) {
    return left_in(path) + left_in(arena_printf(c->arena, "%s-wal", path)) +
           left_in(arena_printf(c->arena, "%s-journal", path));
}

static const char *churned(struct ctx *c, uint64_t seed) {
    const char *path = things_path(c, arena_printf(c->arena, "words-%d", (int)seed));
    things_open(c, path, DB_CREATE);
    CHECK_OK(c, db_unit(c, make, NULL));
    for (int i = 0; i < 6; i++)
        CHECK_OK(c, db_unit(c, churn, &seed));
    CHECK(left(c, path) > GONE / 2);
    CHECK_OK(c, db_unit(c, erase, NULL));
    return path;
}

/* The known-bad way: overwritten when deleted, the log emptied, and still there. */
TEST(db_rewrite_finds_what_deleting_leaves) {
    struct ctx *c = check_ctx();
    int people = 0;
    for (uint64_t seed = 1; seed <= 8 && people == 0; seed++) {
        const char *path = churned(c, seed);
        CHECK(c->db->driver->settle(c->db, true));
        people = left(c, path);
        CHECK_OK(c, db_rewrite(c));
        CHECK_INT(db_rewrite_state(c->db), DB_REWRITE_DONE);
        CHECK_INT(left(c, path), 0);
        int64_t rows;
        CHECK_OK(c, db_value(c, &COUNT_ALL, NO_ARGS, &rows));
        CHECK(rows > 1000);
        db_close(&c->db);
    }
    CHECK(people > 0);
}

/* ---- by the writer, when nobody waits ---- */

struct job {
    struct db_job job;
    struct ctx c;
    atomic_int done;
};

static struct job *job_of(struct db_job *job) {
    return (struct job *)job;
}

static enum err run_erase(struct db_job *job, struct db *db) {
    struct ctx *c = &job_of(job)->c;
    c->db = db;
    TRY(erase(c, NULL));
    db_ask_rewrite(db);
    return OK;
}

static enum err run_look(struct db_job *job, struct db *db) {
    return db_rewrite_state(db) == DB_REWRITE_DONE ? OK
                                                   : FAIL(&job_of(job)->c, ERR_STATE, "state", "not yet");
}

static void note_done(struct db_job *job, enum err err) {
    job_of(job)->done = err == OK ? 1 : 2;
}

/* 1: it answered OK. */
static int run(struct ctx *c, struct db_writer *writer, enum err (*work)(struct db_job *job, struct db *db)) {
    struct job job = {.job = {.run = work, .done = note_done}, .c = *c};
    CHECK(db_writer_submit(writer, &job.job));
    while (!job.done)
        usleep(1000);
    return job.done;
}

TEST(db_rewrite_is_done_by_the_writer_when_nobody_waits) {
    struct ctx *c = check_ctx();
    struct db_writer *writer;
    uint64_t seed = 5;
    const char *path = things_path(c, "words");
    things_open(c, path, DB_CREATE);
    CHECK_OK(c, db_unit(c, make, NULL));
    CHECK_OK(c, db_unit(c, churn, &seed));
    CHECK_INT(db_rewrite_state(c->db), DB_REWRITE_NOT_ASKED);
    CHECK_OK(c, db_writer_start(c, c->db, &writer));
    c->db = NULL;
    CHECK_INT(run(c, writer, run_erase), 1);
    for (int i = 0; i < 50 && run(c, writer, run_look) != 1; i++)
        usleep(600000); /* idle */
    CHECK_INT(run(c, writer, run_look), 1);
    CHECK_INT(left(c, path), 0);
    db_writer_stop(&writer);
    CHECK_INT(left(c, path), 0);
}

/* Given up where it fails: who wants it asks again. */
TEST(db_rewrite_that_fails_is_no_success) {
    struct ctx *c = check_ctx();
    things_file(c);
    c->db = db_failing(c->db, 1, ERR_FULL);
    db_ask_rewrite(c->db);
    (void)db_settle_idle(c);
    CHECK_INT(db_rewrite_state(c->db), DB_REWRITE_NOT_ASKED);
    db_ask_rewrite(c->db);
    CHECK(db_settle_idle(c));
    CHECK_INT(db_rewrite_state(c->db), DB_REWRITE_DONE);
    db_close(&c->db);
}
