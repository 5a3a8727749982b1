/* The past of the log in blocks: 256 events, those of one subtree of the log (LOG_NODE_LEVEL), in a third of
 * the bytes that they take as rows. Nothing is lost: an event's leaf hash follows from the others. */
#ifndef CANARY_STORE_AUDIT_BLOCK_H
#define CANARY_STORE_AUDIT_BLOCK_H

#include "base/ctx.h"
#include "store/store_audit.h"

#define AUDIT_BLOCK 256 /* events; block n has those from n * 256 + 1 on */

/* ---- audit_block.c: rows to bytes and back ---- */

/* The rows must be AUDIT_BLOCK, their sequence numbers those of a block; reason and leaf_hash are not looked
 * at. {NULL, 0}: a row is not what a log can hold (a word that is none), or there is no memory. */
struct blob audit_block_pack(struct arena *arena, const struct audit_row *rows);
/* All AUDIT_BLOCK rows of block `number`, in the arena, without reason and leaf_hash. NULL: the bytes are not
 * such a block, or there is no memory. */
struct audit_row *audit_block_unpack(struct arena *arena, int64_t number, struct blob packed);

/* ---- store_audit_block.c: the tables audit_block, audit_place and audit_noun ---- */

struct audit_block {
    int64_t number;
    const struct audit_row *row; /* AUDIT_BLOCK */
};

/* How many blocks there are: the events up to count * AUDIT_BLOCK stand in them, later ones as rows. */
MUST enum err store_audit_blocks(struct ctx *c, int64_t *count_out);
/* The events of a block that stand as rows still, oldest first: fewer than AUDIT_BLOCK when some are missing.
 */
MUST enum err store_audit_block_rows(struct ctx *c, int64_t number, struct list *rows_out);
/* Puts those AUDIT_BLOCK rows into a block, and says where each entity is found, and each noun. */
MUST enum err store_audit_block_add(struct ctx *c, int64_t number, const struct audit_row *rows);
/* The first block from `number` on; of those that have an event of the entity, if one is named, or else may
 * have one of the noun `entity`, unless that is NULL. In c->arena (some 100 KB). ERR_NOT_FOUND without a
 * fault: there is none. CORRUPT: it cannot be read. */
MUST enum err store_audit_block_from(struct ctx *c, int64_t number, const char *entity, struct id entity_id,
                                     struct audit_block *block_out);

/* The last block from before there was audit_noun, which may speak of any noun; -1: there is none. */
MUST enum err store_audit_unnamed(struct ctx *c, int64_t *last_out);
/* Says of such a block which nouns it has. */
MUST enum err store_audit_block_name(struct ctx *c, const struct audit_block *block);

#endif
