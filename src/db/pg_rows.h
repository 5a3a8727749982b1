/* What the trigger canary_rows (pg_ddl.c) tells of a row: "table before after", the row before and after as
 * PostgreSQL's record_send writes it, in hexadecimal, or nothing. */
#ifndef CANARY_DB_PG_ROWS_H
#define CANARY_DB_PG_ROWS_H

#include "db/driver.h"

/* The types of values that we read; others are no cells. */
enum {
    PG_BOOL = 16,
    PG_BYTEA = 17,
    PG_NAME = 19,
    PG_INT8 = 20,
    PG_INT2 = 21,
    PG_INT4 = 23,
    PG_TEXT = 25,
    PG_FLOAT8 = 701,
    PG_UNKNOWN = 705,
    PG_VARCHAR = 1043,
    PG_NUMERIC = 1700
};

/* A value as PostgreSQL sends it in binary form. text and bytea: borrowed. false: of no type of ours. */
bool pg_cell(uint32_t type, const void *bytes, size_t n, struct db_cell *cell_out);
/* `n` bytes of a number, the highest first: as PostgreSQL has them. */
uint64_t pg_read(const uint8_t *bytes, int n);
void pg_write(uint64_t value, int n, uint8_t *bytes_out);

/* Adds the row to what is pending. */
void pg_rows_told(struct db_pending *pending, const char *message);

#endif
