#include "base/log.h"
#include "db/driver.h"

static enum err scan(struct ctx *c, const struct db_stmt *s, struct db_prepared *p, db_scan_row row,
                     void *user) {
    for (;;) {
        enum err err = c->db->driver->step(c, c->db, s, p);
        if (err == ERR_NOT_FOUND) return OK;
        TRY(err);
        TRY(row(c, p, user));
    }
}

/* "SELECT *": what no list of ours could leave out. */
enum err db_scan_table(struct ctx *c, const char *table, db_scan_row row, void *user) {
    const struct db_driver *driver = c->db->driver;
    struct db_prepared p;
    const struct db_stmt s = {"rows.scan", arena_printf(c->arena, "SELECT * FROM \"%s\"", table), NULL};
    if (!s.sql) return FAIL(c, ERR_LIMIT, "db.memory", "the machine has no memory left");
    TRY(driver->prepare(c, c->db, &s, &p));
    p.walks = p.once = true;
    enum err err = scan(c, &s, &p, row, user);
    driver->reset(c->db, &p);
    driver->finalize(c->db, &p);
    return err;
}
