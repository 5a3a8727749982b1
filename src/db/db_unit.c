#include "db/driver.h"
#include "base/clock.h"
#include "base/log.h"
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#define TRIES 6             /* of a unit that finds the database busy */
#define FIRST_WAIT_US 4000u /* doubled each time, plus as much again by chance: at most 0.25 s in all */

void db_set_deadline(struct db *db, bool on) {
    if (db->read_limit_ms == 0 && db->deadline_us == 0) return;
    bool limited = on && db->read_limit_ms > 0;
    db->deadline_us = limited ? clock_monotonic_us() + db->read_limit_ms * 1000 : 0;
    db->driver->set_deadline(db, db->deadline_us);
}

enum err db_broke(struct db *db, enum err err) {
    if (err != OK && err != ERR_NOT_FOUND && db->in_unit) db->broken = err;
    return err;
}

bool db_in_unit(const struct db *db) {
    return db->in_unit;
}

/* ---- primitives ---- */

static void set_unit(struct db *db, bool in_unit) {
    db->in_unit = in_unit;
    db->in_savepoint = false;
    db->broken = OK;
}

static enum err begin(struct ctx *c, enum db_control how) {
    struct db *db = c->db;
    REQUIRE(!db->in_unit && db->walks == 0);
    TRY(db->driver->control(c, db, how));
    set_unit(db, true);
    db->rows_at_begin = db->driver->pending(db)->rows;
    db->writes_at_begin = db->writes;
    if (how != CONTROL_BEGIN_WRITE) return OK;
    enum err err = db_ids_follow(c);
    if (err != OK) db_rollback(c);
    return err;
}

/* ---- every write is in the log ---- */

static void forget_writes(struct db *db, const struct db_rows *before) {
    struct db_pending *pending = db->driver->pending(db);
    pending->rows = *before;
    pending->failed = false;
}

/* An audited row that was written, and that no event has taken: such a unit must not become durable. */
MUST static enum err check_audited(struct ctx *c, const struct db_rows *before) {
    const struct db_pending *pending = c->db->driver->pending(c->db);
    TRY(db_broke(c->db, c->db->driver->gather(c, c->db)));
    if (pending->failed)
        return FAIL(c, ERR_LIMIT, "db.memory", "the machine has no memory left to sum up %s", pending->table);
    if (db_rows_is_zero(&pending->rows) || db_rows_equal(&pending->rows, before)) return OK;
    log_bug("db.unaudited table=%s", pending->table);
    return FAIL(c, ERR_INTERNAL, "db.unaudited", "%s was written, and no audit event after it says so",
                pending->table);
}

enum err db_begin(struct ctx *c) {
    return begin(c, CONTROL_BEGIN_WRITE);
}

/* A transaction that can be neither committed nor undone must not live on: restart recovers. */
_Noreturn static void end_process(const char *what) {
    log_event(LOG_ERROR, "db.rollback-failed", "what=%s", what);
    abort();
}

void db_rollback(struct ctx *c) {
    struct db *db = c->db;
    db_set_deadline(db, false);
    if (db->driver->in_transaction(db) && db->driver->control(c, db, CONTROL_ROLLBACK) != OK &&
        db->driver->in_transaction(db))
        end_process("rollback");
    if (db->in_unit) forget_writes(db, &db->rows_at_begin);
    set_unit(db, false);
}

static enum err broken(struct ctx *c) {
    return FAIL(c, ERR_INTERNAL, "db.unit-broken", "the unit goes on after a statement of it failed (%s)",
                err_name(c->db->broken));
}

/* What is known to be undone keeps its own name; anything else at COMMIT may have happened. */
static enum err commit_failed(struct ctx *c, enum err err) {
    if (err == ERR_FULL || err == ERR_CONFLICT) return err;
    ctx_fault_clear(c);
    return FAIL(c, ERR_UNCERTAIN, "db.uncertain",
                "the change could not be made durable (%s); repeat it with the same id", err_name(err));
}

enum err db_commit(struct ctx *c) {
    struct db *db = c->db;
    REQUIRE(db->in_unit && !db->in_savepoint && db->walks == 0);
    if (db->broken != OK) {
        enum err err = broken(c);
        db_rollback(c);
        return err;
    }
    int64_t until = db->ids.until;
    enum err err = db_ids_keep(c, &until);
    if (err == OK) err = check_audited(c, &db->rows_at_begin);
    if (err != OK) {
        db_rollback(c);
        return err;
    }
    err = db->driver->control(c, db, CONTROL_COMMIT);
    if (err != OK) {
        db_rollback(c);
        return commit_failed(c, err);
    }
    db->ids.until = until;
    set_unit(db, false);
    return OK;
}

enum err db_savepoint(struct ctx *c) {
    struct db *db = c->db;
    REQUIRE(db->in_unit && !db->in_savepoint);
    TRY(db_broke(db, db->driver->control(c, db, CONTROL_SAVEPOINT)));
    db->rows_at_savepoint = db->driver->pending(db)->rows;
    db->in_savepoint = true;
    return OK;
}

enum err db_part(struct ctx *c) {
    struct db *db = c->db;
    REQUIRE(db->in_unit);
    if (db->broken != OK) return broken(c);
    return db_broke(db, check_audited(c, db->in_savepoint ? &db->rows_at_savepoint : &db->rows_at_begin));
}

enum err db_release(struct ctx *c) {
    struct db *db = c->db;
    REQUIRE(db->in_savepoint);
    TRY(db_part(c));
    TRY(db_broke(db, db->driver->control(c, db, CONTROL_RELEASE)));
    db->in_savepoint = false;
    return OK;
}

void db_rollback_to(struct ctx *c) {
    struct db *db = c->db;
    REQUIRE(db->in_savepoint);
    bool is_undone = db->driver->in_transaction(db) && db->driver->control(c, db, CONTROL_ROLLBACK_TO) == OK;
    /* After some errors the database undoes the whole transaction by itself, or the server is gone with it.
     */
    if (!is_undone && !db->driver->in_transaction(db)) {
        forget_writes(db, &db->rows_at_begin);
        set_unit(db, false);
        return;
    }
    if (!is_undone) end_process("rollback to savepoint");
    forget_writes(db, &db->rows_at_savepoint);
    set_unit(db, true);
}

/* ---- units ---- */

struct unit {
    enum db_control how;
    enum err (*work)(struct ctx *c, void *user);
    void *user;
};

static enum err end_unit(struct ctx *c, const struct unit *unit, enum err err) {
    if (err == OK && unit->how == CONTROL_BEGIN_WRITE) return db_commit(c);
    db_rollback(c);
    return err;
}

static enum err run_once(struct ctx *c, const struct unit *unit) {
    TRY(begin(c, unit->how));
    db_set_deadline(c->db, unit->how == CONTROL_BEGIN_READ);
    enum err err = end_unit(c, unit, unit->work(c, unit->user));
    c->db->driver->settle(c->db, false);
    return err;
}

static void wait_before(int attempt) {
    useconds_t most = FIRST_WAIT_US << attempt;
    uint32_t chance = 0;
    if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) != sizeof chance) chance = 0;
    usleep(most + chance % most);
}

static enum err run_unit(struct ctx *c, const struct unit *unit) {
    for (int attempt = 0;; attempt++) {
        enum err err = run_once(c, unit);
        if (err != ERR_BUSY || attempt + 1 == TRIES) return err;
        ctx_fault_clear(c);
        wait_before(attempt);
    }
}

enum err db_unit(struct ctx *c, enum err (*work)(struct ctx *c, void *user), void *user) {
    return run_unit(c, &(struct unit){CONTROL_BEGIN_WRITE, work, user});
}

enum err db_snapshot(struct ctx *c, enum err (*work)(struct ctx *c, void *user), void *user) {
    return run_unit(c, &(struct unit){CONTROL_BEGIN_READ, work, user});
}
