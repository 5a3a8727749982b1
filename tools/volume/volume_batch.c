/* Batches of packed rows, handed from the thread that computes to the one that writes. A row is where the
 * next of its table stands and its cells: a byte of type, then eight of a number, or four of a length and the
 * bytes. So the rows of one table are written one behind the other, while the pages they go to are in the
 * processor's cache. */
#include "volume.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BATCHES = 4, BATCH_BYTES = 4 << 20, ROW_ROOM = 128 << 10 };

struct volume_queue {
    struct volume_batch batch[BATCHES];
    size_t filled, taken; /* batches handed over, and batches done with, since the beginning */
    bool reading, ended;
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

static void empty(struct volume_batch *batch) {
    batch->n = 0;
    for (size_t i = 0; i < TABLES; i++)
        batch->first[i] = batch->last[i] = VOLUME_NO_ROW;
}

struct volume_queue *volume_queue_new(void) {
    struct volume_queue *queue = calloc(1, sizeof *queue);
    if (!queue) volume_fail("no memory");
    for (size_t i = 0; i < BATCHES; i++) {
        queue->batch[i].cap = BATCH_BYTES;
        queue->batch[i].at = malloc(BATCH_BYTES);
        if (!queue->batch[i].at) volume_fail("no memory");
        empty(&queue->batch[i]);
    }
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->changed, NULL);
    return queue;
}

void volume_queue_free(struct volume_queue **queue) {
    for (size_t i = 0; i < BATCHES; i++)
        free((*queue)->batch[i].at);
    free(*queue);
    *queue = NULL;
}

/* ---- filling ---- */

static void put(struct volume_batch *batch, const void *bytes, size_t n) {
    memcpy(batch->at + batch->n, bytes, n);
    batch->n += n;
}

static void put_cell(struct volume_batch *batch, const struct db_cell *cell) {
    uint8_t type = (uint8_t)cell->type;
    uint32_t n = (uint32_t)cell->n;
    put(batch, &type, 1);
    if (cell->type == CELL_INT) put(batch, &cell->integer, sizeof cell->integer);
    if (cell->type != CELL_TEXT && cell->type != CELL_BLOB) return;
    put(batch, &n, sizeof n);
    put(batch, cell->at, cell->n);
}

/* The row begins here: the one before it in its table says so. */
static void link_row(struct volume_batch *batch, enum table table) {
    static const uint32_t NONE_YET = VOLUME_NO_ROW;
    uint32_t here = (uint32_t)batch->n;
    if (batch->first[table] == VOLUME_NO_ROW)
        batch->first[table] = here;
    else
        memcpy(batch->at + batch->last[table], &here, sizeof here);
    batch->last[table] = here;
    put(batch, &NONE_YET, sizeof NONE_YET);
}

/* Waits until a batch is free. */
static void hand_over(struct volume_queue *queue) {
    pthread_mutex_lock(&queue->lock);
    queue->filled++;
    pthread_cond_broadcast(&queue->changed);
    while (queue->filled - queue->taken == BATCHES)
        pthread_cond_wait(&queue->changed, &queue->lock);
    empty(&queue->batch[queue->filled % BATCHES]);
    pthread_mutex_unlock(&queue->lock);
}

void volume_queue_row(struct volume_queue *queue, enum table table, const struct db_cell *cells) {
    struct volume_batch *batch = &queue->batch[queue->filled % BATCHES];
    size_t size = sizeof(uint32_t);
    for (size_t i = 0; i < volume_table[table].columns; i++)
        size += 16 + cells[i].n;
    if (size > ROW_ROOM) volume_fail("a row of %zu bytes", size);
    link_row(batch, table);
    for (size_t i = 0; i < volume_table[table].columns; i++)
        put_cell(batch, &cells[i]);
    if (batch->n + ROW_ROOM > batch->cap) hand_over(queue);
}

void volume_queue_end(struct volume_queue *queue) {
    hand_over(queue);
    pthread_mutex_lock(&queue->lock);
    queue->ended = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

/* ---- emptying ---- */

const struct volume_batch *volume_queue_next(struct volume_queue *queue) {
    pthread_mutex_lock(&queue->lock);
    if (queue->reading) queue->taken++;
    pthread_cond_broadcast(&queue->changed);
    while (queue->filled == queue->taken && !queue->ended)
        pthread_cond_wait(&queue->changed, &queue->lock);
    queue->reading = queue->filled > queue->taken;
    const struct volume_batch *batch = queue->reading ? &queue->batch[queue->taken % BATCHES] : NULL;
    pthread_mutex_unlock(&queue->lock);
    return batch;
}

static void take(const struct volume_batch *batch, size_t *at, void *bytes_out, size_t n) {
    memcpy(bytes_out, batch->at + *at, n);
    *at += n;
}

static void take_cell(const struct volume_batch *batch, size_t *at, struct db_cell *cell_out) {
    uint8_t type;
    uint32_t n;
    take(batch, at, &type, 1);
    *cell_out = (struct db_cell){.type = (enum db_cell_type)type};
    if (cell_out->type == CELL_INT) take(batch, at, &cell_out->integer, sizeof cell_out->integer);
    if (cell_out->type != CELL_TEXT && cell_out->type != CELL_BLOB) return;
    take(batch, at, &n, sizeof n);
    cell_out->at = batch->at + *at;
    cell_out->n = n;
    *at += n;
}

bool volume_batch_row(const struct volume_batch *batch, enum table table, uint32_t *row,
                      struct db_cell cells_out[COLUMNS]) {
    size_t at = *row;
    if (*row == VOLUME_NO_ROW) return false;
    take(batch, &at, row, sizeof *row);
    for (size_t i = 0; i < volume_table[table].columns; i++)
        take_cell(batch, &at, &cells_out[i]);
    return true;
}
