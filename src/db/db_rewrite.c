#include "db/driver.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include <unistd.h>

#define TRIES 50 /* for the readers of other processes to end: LIMIT_READ_MS at least */
#define WAIT_US 100000

void db_ask_rewrite(struct db *db) {
    db->rewrite = DB_REWRITE_WANTED;
    db->is_rewritten = false;
}

enum db_rewrite db_rewrite_state(const struct db *db) {
    return db->rewrite;
}

/* Given up where it fails: whoever wants it asks again. */
static void rewrite_wanted(struct ctx *c) {
    struct db *db = c->db;
    if (db->rewrite != DB_REWRITE_WANTED || db->is_rewritten) return;
    db->is_rewritten = db->driver->rewrite(c, db, LIMIT_REWRITE_BYTES) == OK;
    if (db->is_rewritten) return;
    log_event(LOG_WARN, "db.rewrite-failed", "slug=%s detail=%s", c->fault.slug, c->fault.detail);
    db->rewrite = text_equal(c->fault.slug, "db.too-big") ? DB_REWRITE_TOO_LARGE : DB_REWRITE_NOT_ASKED;
    ctx_fault_clear(c);
}

bool db_settle_idle(struct ctx *c) {
    struct db *db = c->db;
    rewrite_wanted(c);
    bool is_settled = db->driver->settle(db, true);
    if (is_settled && db->is_rewritten) db->rewrite = DB_REWRITE_DONE;
    return is_settled;
}

enum err db_rewrite(struct ctx *c) {
    struct db *db = c->db;
    REQUIRE(!db->in_unit && db->walks == 0);
    db_ask_rewrite(db);
    TRY(db->driver->rewrite(c, db, 0));
    db->is_rewritten = true;
    for (int i = 0; i < TRIES && !db_settle_idle(c); i++)
        usleep(WAIT_US);
    if (db->rewrite == DB_REWRITE_DONE) return OK;
    return FAIL(c, ERR_BUSY, "db.busy", "somebody reads the database: the log of its changes is not empty");
}
