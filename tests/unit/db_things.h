/* What the tests of the database floor share: tiny tables of their own. */
#ifndef CANARY_TESTS_DB_THINGS_H
#define CANARY_TESTS_DB_THINGS_H

#include "check.h"
#include "db/db.h"

/* A statement of a test: static, as every statement must be. */
#define STMT(name_, sql_, params_) static const struct db_stmt name_ = {#name_, sql_, params_}

struct pair {
    int64_t id, value;
};
extern const struct shape pair_shape;
/* CREATE TABLE pair (id INTEGER PRIMARY KEY, value INTEGER NOT NULL CHECK (value >= 0)) */
extern const struct db_stmt PAIR_TABLE, PAIR_ADD, PAIR_GET, PAIR_LIST, PAIR_COUNT, PAIR_SUM;

/* A path in the test's own folder. */
const char *things_path(struct ctx *c, const char *name);
/* Opens it as c->db. */
void things_open(struct ctx *c, const char *url, enum db_mode mode);
/* A file with the table `pair`, opened as c->db for writing. */
const char *things_file(struct ctx *c);
void things_add(struct ctx *c, int64_t id, int64_t value);
int64_t things_count(struct ctx *c);
/* A process that writes ids, one a row, in one unit: with the schema, and none twice. */
struct id_writes {
    const char *url;
    int64_t now, ids;
};
/* The unit: 0 without a fault. */
MUST enum err things_write_ids(struct ctx *c, void *id_writes);
/* A whole process, for things_child: from opening to closing. */
int things_id_process(void *id_writes);
/* Runs in a child process; answers its exit status, or 128 + the signal that ended it. */
int things_child(int (*run)(void *user), void *user);

#endif
