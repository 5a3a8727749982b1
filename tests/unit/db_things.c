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

int things_child(int (*run)(void *user), void *user) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) _exit(run(user));
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) check_fail(__FILE__, __LINE__, "no child process");
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
