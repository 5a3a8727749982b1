/* Sums of rows: what the log holds of every row that an audited table has, or had.
 *
 * A row's image is its table's name and every column in the schema's order (schema/README.md says the bytes);
 * its hash is SHA-256 of that. A sum is the sum of such hashes, as numbers, modulo 2^256, and beside it a
 * short one for each table, which proves nothing but names the table when a total is wrong. A unit's sum is
 * that of the rows it leaves minus that of the rows it found: so the units' sums add up to that of all rows.
 */
#ifndef CANARY_DB_ROWS_H
#define CANARY_DB_ROWS_H

#include "base/crypto.h"
#include "base/ctx.h"

#define DB_ROWS_TABLES 64   /* that one sum can tell apart: more than the schema has */
#define DB_ROWS_TOTAL 32    /* bytes of the total, the lowest first */
#define DB_ROWS_KEY 2       /* of SHA-256 of a table's name: enough to tell those of the schema apart */
#define DB_ROWS_PER_TABLE 4 /* bytes: the key, and the table's sum modulo 2^16, the lowest first */
#define DB_ROWS_BYTES (DB_ROWS_TOTAL + 1 + DB_ROWS_TABLES * DB_ROWS_PER_TABLE)

/* {0} is the sum of no rows. */
struct db_rows {
    uint64_t total[4]; /* the lowest 64 bits first */
    struct db_rows_table {
        uint8_t key[DB_ROWS_KEY]; /* the first bytes of SHA-256 of the name; ascending */
        uint16_t sum;
    } table[DB_ROWS_TABLES];
    size_t tables;
};

bool db_rows_is_zero(const struct db_rows *rows);
bool db_rows_equal(const struct db_rows *a, const struct db_rows *b);
void db_rows_add(struct db_rows *sum, const struct db_rows *more);
void db_rows_subtract(struct db_rows *sum, const struct db_rows *less);
/* A row that has come, or gone. */
void db_rows_add_row(struct db_rows *sum, const uint8_t key[DB_ROWS_KEY], const uint8_t hash[SHA256_SIZE],
                     bool gone);
/* The first bytes of SHA-256 of a table's name. */
void db_rows_key(const char *table, uint8_t key_out[DB_ROWS_KEY]);
/* The sum as the log keeps it: the total, a byte that is 1, and the tables whose sum is not zero. Answers the
 * number of bytes. */
size_t db_rows_write(const struct db_rows *rows, uint8_t bytes_out[DB_ROWS_BYTES]);
/* Reads the older form, too: no byte between, and 12 bytes a table, of which the key has 4 and the sum 8.
 * false when the bytes are of neither form. */
bool db_rows_read(struct blob bytes, struct db_rows *rows_out);

/* Tables whose rows are not in the sums, each with the reason (rows_table.c). */
struct db_rows_unaudited {
    const char *table, *reason;
};
extern const struct db_rows_unaudited db_rows_unaudited[];
extern const size_t db_rows_unaudited_n;
bool db_rows_is_audited(const char *table);

/* What this connection has done to audited rows since the last take: the caller's event carries it from now
 * on. On a database without a log whose events have sums: nothing. What a write of the unit failed with may
 * be told here. */
MUST enum err db_rows_take(struct ctx *c, struct db_rows *rows_out);
/* Reads every row of every audited table. `table` is told each table's name with its own sum and number of
 * rows, `progress` the rows so far now and then; both may be NULL. */
struct db_rows_watch {
    void (*table)(void *user, const char *name, const struct db_rows *sum, int64_t rows);
    void (*progress)(void *user, int64_t rows);
    void *user;
};
MUST enum err db_rows_scan(struct ctx *c, const struct db_rows_watch *watch, struct db_rows *sum_out);

#endif
