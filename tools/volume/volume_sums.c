/* What follows from all that was written: the seconds of findings, and the sums of reports, by the use case
 * that makes them in a service. The events that the use cases wrote as rows, before the rest of their block
 * was there, go. */
#include "app/app_figure.h"
#include "base/date.h"
#include "db/db.h"
#include "volume.h"

enum { UNIT = 50000 }; /* commitments: a sync each */

static const struct db_stmt FOUND = {"volume.found",
                                     "INSERT INTO found_second (customer_id, second) SELECT DISTINCT "
                                     "customer_id, detected_at / 1000 FROM discrepancy",
                                     NULL};

static enum err found(struct ctx *c, void *unused) {
    (void)unused;
    return db_exec(c, &FOUND, NO_ARGS, NULL);
}

static enum err sum(struct ctx *c, void *more) {
    return app_figure_sum(c, UNIT, more);
}

static enum err forget_packed(struct ctx *c, void *user) {
    static const struct db_stmt FORGET = {
        "volume.forget",
        "DELETE FROM audit_entry WHERE seq <= 256 * (SELECT MAX(number) + 1 FROM audit_block)", NULL};
    (void)user;
    return db_exec(c, &FORGET, NO_ARGS, NULL);
}

void volume_sums(struct ctx *c, const struct volume *v) {
    bool more = true;
    c->now = v->today * DAY_MS + 7 * HOUR_MS;
    volume_must(c, db_open(c, v->options.db, DB_WRITE, &c->db), v->options.db);
    volume_must(c, db_ids_begin(c), "the ids");
    volume_must(c, db_unit(c, forget_packed, NULL), "the rows of a block");
    volume_must(c, db_unit(c, found, NULL), "the seconds of findings");
    while (more) {
        arena_reset(c->arena);
        volume_must(c, db_unit(c, sum, &more), "the sums");
    }
    db_close(&c->db);
}
