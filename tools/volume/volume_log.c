#include "app/app_audit.h"
#include "base/id.h"
#include "store/store_audit.h"
#include "app/app_log.h"
#include "volume.h"
#include <stdlib.h>
#include <string.h>

enum { ARENA = 4 << 20 };

/* ---- rows of the unit ---- */

static void add(struct volume_log *log, enum table table, const struct db_cell *cells, bool gone) {
    uint8_t hash[SHA256_SIZE];
    volume_hash(table, cells, hash);
    db_rows_add_row(&log->rows, volume_table[table].key, hash, gone);
}

void volume_write(struct volume_log *log, enum table table, const void *record) {
    struct volume_row row;
    volume_cells(table, record, &row);
    volume_queue_row(log->queue, table, row.cell);
}

void volume_now(struct volume_log *log, enum table table, const void *record) {
    struct volume_row row;
    volume_cells(table, record, &row);
    add(log, table, row.cell, false);
}

void volume_was(struct volume_log *log, enum table table, const void *record) {
    struct volume_row row;
    volume_cells(table, record, &row);
    add(log, table, row.cell, true);
}

void volume_put(struct volume_log *log, enum table table, const void *record) {
    struct volume_row row;
    volume_cells(table, record, &row);
    volume_queue_row(log->queue, table, row.cell);
    add(log, table, row.cell, false);
}

/* ---- the event ---- */

/* The subtrees that are complete with the event, as app_log_grow stores them. */
static void grow(struct volume_log *log, const uint8_t leaf[SHA256_SIZE]) {
    int64_t top = merkle_fold_add(&log->fold, leaf);
    for (int64_t level = LOG_NODE_LEVEL; level <= top; level++) {
        const struct node node = {level, (log->seq >> level) - 1, {log->fold.last[level], SHA256_SIZE}};
        volume_write(log, T_NODE, &node);
    }
}

int64_t volume_word(const struct volume_log *log, const char *word) {
    for (int64_t i = 0; i < AUDIT_WORDS; i++)
        if (log->word[i] && strcmp(log->word[i], word) == 0) return i;
    volume_fail("\"%s\" is no word of audit_word", word);
}

void volume_log_row(struct volume_log *log, const struct audit_row *row) {
    const struct audit_entry entry = {.seq = row->seq,
                                      .at = row->at,
                                      .actor_id = row->actor_id,
                                      .role = volume_word(log, names_word(&role_names, row->role)),
                                      .action = volume_word(log, row->action),
                                      .entity = volume_word(log, row->entity),
                                      .entity_id = row->entity_id,
                                      .entity_version = row->entity_version,
                                      .request_id = row->request_id,
                                      .change = row->change,
                                      .rows = row->rows,
                                      .leaf_hash = row->leaf_hash};
    volume_write(log, T_AUDIT, &entry);
}

void volume_audit(struct volume_log *log, const struct volume_event *event) {
    uint8_t sums[DB_ROWS_BYTES], leaf[SHA256_SIZE];
    struct audit_row row = {.seq = ++log->seq,
                            .at = event->at,
                            .actor_id = event->actor,
                            .role = event->role,
                            .action = event->action,
                            .entity = event->entity,
                            .entity_id = event->id,
                            .entity_version = event->version,
                            .request_id = volume_id(event->at, log->seq),
                            .change = event->change};
    row.rows = (struct blob){sums, db_rows_write(&log->rows, sums)};
    if (!event->change || !app_audit_leaf(&log->canonical, &row, leaf)) volume_fail("no memory");
    row.leaf_hash = (struct blob){leaf, sizeof leaf};
    grow(log, leaf);
    volume_block_add(log, &row);
    log->rows = (struct db_rows){0};
    arena_reset(log->arena);
}

/* ---- begin and end ---- */

static void read_words(struct volume_log *log, sqlite3 *db) {
    sqlite3_stmt *words;
    const char *sql = "SELECT number, word FROM audit_word";
    if (sqlite3_prepare_v2(db, sql, -1, &words, NULL) != SQLITE_OK) volume_fail("%s", sqlite3_errmsg(db));
    while (sqlite3_step(words) == SQLITE_ROW) {
        int64_t number = sqlite3_column_int64(words, 0);
        if (number < 0 || number >= AUDIT_WORDS) volume_fail("audit_word has more than %d", AUDIT_WORDS);
        log->word[number] = strdup((const char *)sqlite3_column_text(words, 1));
        if (!log->word[number]) volume_fail("no memory");
    }
    sqlite3_finalize(words);
}

void volume_log_begin(struct volume_log *log, const struct volume *v, struct volume_queue *queue,
                      sqlite3 *db) {
    *log = (struct volume_log){.v = v, .queue = queue};
    log->arena = arena_create(ARENA);
    log->canonical_arena = arena_create(ARENA);
    if (!log->arena || !log->canonical_arena) volume_fail("no memory");
    log->canonical = text_in(log->canonical_arena);
    log->c = (struct ctx){.arena = log->arena, .rules = &rules_default};
    log->seq = v->events;
    log->fold = v->fold;
    log->block = volume_block_begin(v);
    read_words(log, db);
}

void volume_log_end(struct volume_log *log) {
    volume_block_end(log);
}

void volume_log_free(struct volume_log *log) {
    volume_block_free(&log->block);
    for (size_t i = 0; i < AUDIT_WORDS; i++)
        free((char *)(uintptr_t)log->word[i]);
    arena_destroy(&log->arena);
    arena_destroy(&log->canonical_arena);
}
