#include "db_things.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct field PAIR_FIELDS[] = {
    FIELD(struct pair, K_INT, id, .flags = F_REQUIRED),
    FIELD(struct pair, K_INT, value, .flags = F_REQUIRED),
};
const struct shape pair_shape = SHAPE("pair", struct pair, PAIR_FIELDS);

const struct db_stmt PAIR_TABLE = {"pair.table",
                                   "CREATE TABLE pair (id INTEGER PRIMARY KEY, "
                                   "value INTEGER NOT NULL CHECK (value >= 0)) STRICT",
                                   NULL};
const struct db_stmt PAIR_ADD = {"pair.add", "INSERT INTO pair (id, value) VALUES ($1, $2)", "id value"};
const struct db_stmt PAIR_GET = {"pair.get", "SELECT id, value FROM pair WHERE id = $1", NULL};
const struct db_stmt PAIR_LIST = {"pair.list", "SELECT id, value FROM pair ORDER BY id", NULL};
const struct db_stmt PAIR_COUNT = {"pair.count", "SELECT count(*) FROM pair", NULL};
const struct db_stmt PAIR_SUM = {"pair.sum", "SELECT sum(value) FROM pair", NULL};

const char *things_path(struct ctx *c, const char *name) {
    return arena_printf(c->arena, "%s/%s", check_dir(), name);
}

void things_open(struct ctx *c, const char *url, enum db_mode mode) {
    c->db = NULL;
    CHECK_OK(c, db_open(c, url, mode, &c->db));
}

const char *things_file(struct ctx *c) {
    const char *path = things_path(c, "t.db");
    things_open(c, path, DB_CREATE);
    CHECK_OK(c, db_exec(c, &PAIR_TABLE, NO_ARGS, NULL));
    return path;
}

void things_add(struct ctx *c, int64_t id, int64_t value) {
    CHECK_OK(c, db_exec(c, &PAIR_ADD, ARGS(db_int(id), db_int(value)), NULL));
}

int64_t things_count(struct ctx *c) {
    int64_t n = NONE;
    CHECK_OK(c, db_value(c, &PAIR_COUNT, NO_ARGS, &n));
    return n;
}

/* No event has to tell of this table's rows. */
STMT(ID_ADD,
     "INSERT INTO idempotency (actor_id, key, fingerprint, status, body, at) VALUES ($1, '', $1, 200, '', 0)",
     NULL);

enum err things_write_ids(struct ctx *c, void *user) {
    const struct id_writes *writes = user;
    for (int64_t i = 0; i < writes->ids; i++) {
        struct id id = id_new(c->now);
        TRY(db_exec(c, &ID_ADD, ARGS(db_id(&id)), NULL));
    }
    return OK;
}

int things_id_process(void *user) {
    const struct id_writes *writes = user;
    struct ctx c = {.arena = arena_create((size_t)1 << 20), .now = writes->now};
    enum err err = db_open(&c, writes->url, DB_WRITE, &c.db);
    if (err == OK) err = db_ids_begin(&c);
    if (err == OK) err = db_unit(&c, things_write_ids, user);
    if (err != OK) fprintf(stderr, "%s\n", c.fault.detail ? c.fault.detail : "?");
    db_close(&c.db);
    arena_destroy(&c.arena);
    return (int)err;
}

int things_child(int (*run)(void *user), void *user) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) _exit(run(user));
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) check_fail(__FILE__, __LINE__, "no child process");
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
