#include "app/app_audit.h"
#include "app/app_log.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/audit_block.h"
#include "store/store_log.h"
#include <inttypes.h>
#include <string.h>

/* Rows that are not what was hashed must not be lost in a block, which keeps no hashes: then only the block
 * could be named, not the event. */
MUST static enum err is_sound(struct ctx *c, int64_t number, const struct audit_row *rows, bool *sound_out) {
    struct text canonical = text_in(c->arena);
    struct merkle_fold fold = {0};
    uint8_t leaf[SHA256_SIZE], node[SHA256_SIZE];
    *sound_out = false;
    for (size_t i = 0; i < AUDIT_BLOCK; i++) {
        if (!rows[i].action || !rows[i].entity || !app_audit_leaf(&canonical, &rows[i], leaf)) return OK;
        if (rows[i].leaf_hash.n != sizeof leaf || memcmp(rows[i].leaf_hash.at, leaf, sizeof leaf) != 0)
            return OK;
        merkle_fold_add(&fold, leaf);
    }
    enum err err = store_log_node_get(c, LOG_NODE_LEVEL, number, node);
    *sound_out = err == OK && memcmp(node, fold.last[LOG_NODE_LEVEL], sizeof node) == 0;
    return err == ERR_NOT_FOUND ? OK : err;
}

MUST static enum err pack(struct ctx *c, int64_t number, bool *packed_out) {
    struct list rows;
    bool sound = false;
    TRY(store_audit_block_rows(c, number, &rows));
    if (rows.n == AUDIT_BLOCK) TRY(is_sound(c, number, rows.at, &sound));
    *packed_out =
        sound && ((const struct audit_row *)rows.at)[AUDIT_BLOCK - 1].at <= c->now - LIMIT_PACK_AFTER_MS;
    if (*packed_out) return store_audit_block_add(c, number, rows.at);
    if (!sound) log_event(LOG_ERROR, "audit.not-packed", "block=%" PRId64, number);
    return OK;
}

/* The last events stay rows, whatever their age: the next one's number is theirs and one. */
enum err app_log_pack(struct ctx *c, int64_t limit, bool *more_out) {
    int64_t size, blocks;
    bool packed = true;
    TRY(store_log_size(c, &size));
    TRY(store_audit_blocks(c, &blocks));
    for (int64_t done = 0; packed && done < limit && size > (blocks + 1) * AUDIT_BLOCK; done += AUDIT_BLOCK)
        TRY(pack(c, blocks++, &packed));
    *more_out = packed && size > (blocks + 1) * AUDIT_BLOCK;
    return OK;
}

/* ---- blocks from before there was audit_noun ---- */

MUST static enum err name(struct ctx *apart, void *user) {
    struct audit_block block;
    TRY(store_audit_block_from(apart, *(int64_t *)user, NULL, (struct id){{0}}, &block));
    return store_audit_block_name(apart, &block);
}

/* The last block first: the verification counts on it. */
enum err app_log_name(struct ctx *c, int64_t limit, int64_t *left_out) {
    int64_t last;
    TRY(store_audit_unnamed(c, &last));
    for (int64_t done = 0; last >= 0 && done < limit; done += AUDIT_BLOCK) {
        TRY(ctx_apart(c, LIMIT_ARENA_BLOCK, name, &last));
        TRY(store_audit_unnamed(c, &last));
    }
    *left_out = last + 1;
    return OK;
}
