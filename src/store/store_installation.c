#include "store/store_installation.h"
#include "db/db.h"

#define COLS "epoch, epoch_began_at, restored_epoch, restored_seq, backed_up_seq, backed_up_at, version"
#define PARAMS "epoch epoch_began_at restored_epoch restored_seq backed_up_seq backed_up_at version"

enum { GET, ADD, SET, LOG };
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
    [LOG] = {"installation.log",
             "SELECT COUNT(*) + 256 * (SELECT COUNT(*) FROM audit_block) AS events, "
             "COALESCE(MAX(seq), 0) AS last_seq FROM audit_entry",
             NULL},
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

struct log {
    int64_t events, last_seq;
};
static const struct field LOG_FIELDS[] = {
    FIELD(struct log, K_INT, events),
    FIELD(struct log, K_INT, last_seq),
};
static const struct shape LOG_SHAPE = SHAPE("log", struct log, LOG_FIELDS);

enum err store_installation_log(struct ctx *c, int64_t *events_out, int64_t *last_seq_out) {
    struct log log;
    TRY(db_one(c, &S[LOG], NO_ARGS, &LOG_SHAPE, &log));
    *events_out = log.events;
    *last_seq_out = log.last_seq;
    return OK;
}
