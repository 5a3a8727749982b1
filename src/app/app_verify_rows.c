/* Rows: what stands in every audited table, cell by cell, is what the events of the log say was written. */
#include "store/store_audit.h"
#include "verify_walk.h"
#include <inttypes.h>
#include <string.h>

/* ---- what the log says ---- */

void verify_rows_event(struct verify_walk *walk, const struct audit_row *row) {
    struct db_rows rows;
    bool read = row->rows.at && db_rows_read(row->rows, &rows);
    if (read) db_rows_add(&walk->stated, &rows);
    if (!read && (row->rows.at || walk->summed))
        verify_find(walk, "audit event %" PRId64 " does not say what it wrote", row->seq);
    walk->summed |= read;
}

/* ---- what there is ---- */

struct rows_walk {
    struct verify_walk *walk;
    struct db_rows left; /* what the log says minus the tables that were read */
    size_t named;        /* tables that were told of */
};

static uint64_t sum_of(const struct db_rows *rows, const uint8_t key[DB_ROWS_KEY]) {
    for (size_t i = 0; i < rows->tables; i++)
        if (memcmp(rows->table[i].key, key, DB_ROWS_KEY) == 0) return rows->table[i].sum;
    return 0;
}

static void compare_table(void *user, const char *name, const struct db_rows *sum, int64_t rows) {
    struct rows_walk *all = user;
    uint8_t key[DB_ROWS_KEY];
    db_rows_key(name, key);
    bool same = sum_of(sum, key) == sum_of(&all->left, key);
    db_rows_subtract(&all->left, sum);
    if (same) return;
    all->named++;
    verify_find(all->walk,
                "table %s: its %" PRId64
                " rows are not those that the log tells of: one was changed, added or "
                "deleted behind it",
                name, rows);
}

static void tell_progress(void *user, int64_t rows) {
    verify_progress(((struct rows_walk *)user)->walk, "rows", rows);
}

enum err verify_rows(struct ctx *c, struct verify_walk *walk) {
    struct rows_walk all = {.walk = walk, .left = walk->stated};
    const struct db_rows_watch watch = {compare_table, tell_progress, &all};
    struct db_rows sum;
    TRY(db_rows_scan(c, &watch, &sum));
    if (all.named == 0 && !db_rows_is_zero(&all.left))
        verify_find(walk, "the rows are not those that the log tells of, and it cannot say in which table");
    return OK;
}
