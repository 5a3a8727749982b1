#include "base/id.h"
#include "base/limits.h"
#include "volume.h"
#include <stdlib.h>
#include <string.h>

enum { ARENA = 8 << 20 };

struct volume_block {
    struct arena *arena; /* of the events of one block */
    struct audit_row row[AUDIT_BLOCK];
    size_t n;
    int64_t stand;  /* events up to this one stand as rows already: the use cases wrote them */
    bool is_recent; /* an event was too young to be packed: it and all behind it stay rows */
};

static struct blob copy(struct arena *arena, struct blob blob) {
    if (!blob.at) return blob;
    struct blob copied = {(const uint8_t *)arena_memdup(arena, blob.at, blob.n), blob.n};
    if (!copied.at) volume_fail("no memory");
    return copied;
}

static void keep(struct volume_block *block, const struct audit_row *row) {
    struct audit_row *kept = &block->row[block->n++];
    *kept = *row;
    kept->rows = copy(block->arena, row->rows);
    kept->reason_digest = copy(block->arena, row->reason_digest);
    kept->leaf_hash = copy(block->arena, row->leaf_hash);
    kept->action = arena_strdup(block->arena, row->action);
    kept->entity = arena_strdup(block->arena, row->entity);
    kept->change = arena_strdup(block->arena, row->change);
    if (!kept->action || !kept->entity || !kept->change) volume_fail("no memory");
}

struct volume_block *volume_block_begin(const struct volume *v) {
    struct volume_block *block = calloc(1, sizeof *block);
    if (!block) volume_fail("no memory");
    block->arena = arena_create(ARENA);
    if (!block->arena) volume_fail("no memory");
    block->stand = v->events;
    for (size_t i = 0; i < v->tail.n; i++)
        keep(block, (const struct audit_row *)v->tail.at + i);
    return block;
}

void volume_block_free(struct volume_block **block) {
    arena_destroy(&(*block)->arena);
    free(*block);
    *block = NULL;
}

static void write_rows(struct volume_log *log) {
    for (size_t i = 0; i < log->block->n; i++)
        if (log->block->row[i].seq > log->block->stand) volume_log_row(log, &log->block->row[i]);
}

static void write_places(struct volume_log *log, int64_t number) {
    struct id entity[AUDIT_BLOCK];
    for (size_t i = 0; i < AUDIT_BLOCK; i++)
        entity[i] = log->block->row[i].entity_id;
    qsort(entity, AUDIT_BLOCK, sizeof *entity, id_compare_at);
    for (size_t i = 0; i < AUDIT_BLOCK; i++)
        if (i == 0 || !id_equal(entity[i], entity[i - 1]))
            volume_write(log, T_PLACE, &(struct block_place){entity[i], number});
}

static void write_nouns(struct volume_log *log, int64_t number) {
    bool has[AUDIT_WORDS] = {false};
    for (size_t i = 0; i < AUDIT_BLOCK; i++)
        has[volume_word(log, log->block->row[i].entity)] = true;
    for (int64_t word = 0; word < AUDIT_WORDS; word++)
        if (has[word]) volume_write(log, T_NOUN, &(struct block_noun){word, number});
}

static void write_block(struct volume_log *log) {
    struct volume_block *block = log->block;
    int64_t number = block->row[0].seq / AUDIT_BLOCK;
    struct blob packed = audit_block_pack(block->arena, block->row);
    if (!packed.at) volume_fail("block %lld cannot be packed", (long long)number);
    volume_write(log, T_BLOCK, &(struct block){number, packed});
    write_places(log, number);
    write_nouns(log, number);
}

/* With the event behind it: the last one stays a row. */
static void end_block(struct volume_log *log) {
    struct volume_block *block = log->block;
    block->is_recent |= block->row[AUDIT_BLOCK - 1].at > log->v->options.until - LIMIT_PACK_AFTER_MS;
    if (block->is_recent)
        write_rows(log);
    else
        write_block(log);
    block->n = 0;
    arena_reset(block->arena);
}

void volume_block_add(struct volume_log *log, const struct audit_row *row) {
    if (log->block->n == AUDIT_BLOCK) end_block(log);
    keep(log->block, row);
}

void volume_block_end(struct volume_log *log) {
    write_rows(log);
    log->block->n = 0;
}
