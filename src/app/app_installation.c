#include "app/app_installation.h"
#include "app/app_audit.h"
#include "base/id.h"
#include "store/store_installation.h"

MUST static enum err note(struct ctx *c, const char *action, const struct installation *before,
                          const struct installation *after) {
    const char *change = app_change(c, &installation_shape, before, after);
    if (!change) return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
    return app_audit(c, &(struct audit){.action = action,
                                        .entity = "installation",
                                        .id = after->epoch,
                                        .version = after->version,
                                        .change = change});
}

enum err app_installation_begin(struct ctx *c) {
    struct installation row;
    int64_t added;
    shape_clear(&installation_shape, &row);
    row.epoch = id_new(c->now);
    row.epoch_began_at = c->now;
    row.backed_up_seq = 0;
    row.version = 1;
    TRY(store_installation_add(c, &row, &added));
    return added ? note(c, "installation.begin", NULL, &row) : OK;
}

enum err app_installation_get(struct ctx *c, struct installation *out) {
    enum err err = store_installation_get(c, out);
    if (err != ERR_NOT_FOUND) return err;
    return FAIL(c, ERR_INTERNAL, "internal", "this database has no epoch: it was made without one");
}
