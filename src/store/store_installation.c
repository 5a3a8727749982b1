#include "store/store_installation.h"
#include "db/db.h"

#define COLS "epoch, epoch_began_at, restored_epoch, restored_seq, backed_up_seq, backed_up_at, version"
#define PARAMS "epoch epoch_began_at restored_epoch restored_seq backed_up_seq backed_up_at version"

enum { GET, ADD, SET, LAST_SEQ };
static const struct db_stmt S[] = {
    [GET] = {"installation.get", "SELECT " COLS " FROM installation WHERE one = 1", NULL},
    [ADD] = {"installation.add",
             "INSERT INTO installation (one, " COLS ") VALUES (1, $1, $2, $3, $4, $5, $6, $7) "
             "ON CONFLICT (one) DO NOTHING",
             PARAMS},
    [SET] = {"installation.set",
             "UPDATE installation SET epoch = $1, epoch_began_at = $2, restored_epoch = $3, "
             "restored_seq = $4, backed_up_seq = $5, backed_up_at = $6, version = $7 WHERE one = 1",
             PARAMS},
    [LAST_SEQ] = {"installation.last-seq", "SELECT COALESCE(MAX(seq), 0) FROM audit_event", NULL},
};

enum err store_installation_get(struct ctx *c, struct installation *out) {
    return db_one(c, &S[GET], NO_ARGS, &installation_shape, out);
}

enum err store_installation_add(struct ctx *c, const struct installation *row, int64_t *added_out) {
    return db_exec_row(c, &S[ADD], &installation_shape, row, added_out);
}

enum err store_installation_set(struct ctx *c, struct installation *row) {
    row->version++;
    return db_exec_row(c, &S[SET], &installation_shape, row, NULL);
}

enum err store_installation_last_seq(struct ctx *c, int64_t *seq_out) {
    return db_value(c, &S[LAST_SEQ], NO_ARGS, seq_out);
}
