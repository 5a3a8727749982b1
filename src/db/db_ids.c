/* How far ids went. Ids of two processes differ by the number that each has while it writes (base/id.h); the
 * next process with that number must begin behind the one before, whatever their clocks say and however many
 * ids were made. So it stands in the database, with the rows that have the ids. */
#include "db/driver.h"

/* `until` is written this much later than the latest id: a database that is busy writes it ten times a
 * second, not with every commit, and a process that follows at once is as much ahead of its clock. */
#define AHEAD_MS 100

enum { UNTIL, KEEP };
static const struct db_stmt S[] = {
    [UNTIL] = {"ids.until", "SELECT MAX(until) FROM id_writer", NULL},
    [KEEP] = {"ids.keep",
              "INSERT INTO id_writer (number, until) VALUES ($1, $2) "
              "ON CONFLICT (number) DO UPDATE SET until = excluded.until",
              NULL},
};

/* Of all numbers, not of ours alone: what is sorted by id stands as it happened. */
MUST static enum err read_until(struct ctx *c) {
    struct db_ids *ids = &c->db->ids;
    int64_t until, told = id_writer_told(); /* first: who is told another meanwhile reads again */
    TRY(db_value(c, &S[UNTIL], NO_ARGS, &until));
    if (until >= 0) id_begin_after(until);
    *ids = (struct db_ids){.on = true, .until = until, .told = told};
    return OK;
}

enum err db_ids_begin(struct ctx *c) {
    TRY(read_until(c));
    c->request_id = id_new(c->now);
    return OK;
}

enum err db_ids_follow(struct ctx *c) {
    const struct db_ids *ids = &c->db->ids;
    return ids->on && ids->told != id_writer_told() ? read_until(c) : OK;
}

enum err db_ids_keep(struct ctx *c, int64_t *until) {
    const struct db *db = c->db;
    int64_t latest = id_latest();
    if (!db->ids.on || db->writes == db->writes_at_begin || latest <= *until) return OK;
    *until = latest + AHEAD_MS;
    return db_exec(c, &S[KEEP], ARGS(db_int(id_writer()), db_int(*until)), NULL);
}
