/* The sums of reports, by the use case that makes them in a service: they follow from what was written. */
#include "app/app_figure.h"
#include "base/date.h"
#include "db/db.h"
#include "volume.h"

enum { UNIT = 50000 }; /* commitments: a sync each */

static enum err sum(struct ctx *c, void *more) {
    return app_figure_sum(c, UNIT, more);
}

void volume_sums(struct ctx *c, const struct volume *v) {
    bool more = true;
    c->now = v->today * DAY_MS + 7 * HOUR_MS;
    volume_must(c, db_open(c, v->options.db, DB_WRITE, &c->db), v->options.db);
    volume_must(c, db_ids_begin(c), "the ids");
    while (more) {
        arena_reset(c->arena);
        volume_must(c, db_unit(c, sum, &more), "the sums");
    }
    db_close(&c->db);
}
