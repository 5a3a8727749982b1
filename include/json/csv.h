/* CSV (RFC 4180) through libcsv: rows with their line and column for messages; formula-safe output. */
#ifndef CANARY_JSON_CSV_H
#define CANARY_JSON_CSV_H

#include "base/ctx.h"
#include "base/text.h"

struct csv_row {
    int64_t line;      /* line of the file its first cell starts on, 1 = the header */
    const char **cell; /* n texts, never NULL; quotes undone, outer white space of unquoted cells trimmed */
    size_t n;
};

struct csv_table {
    struct csv_row header;
    struct csv_row *row; /* blank lines are skipped */
    size_t n;
};

/* Reads a whole file's bytes: a byte-order mark is skipped; LF, CR LF and a lone CR end a line;
 * embedded newlines and quotes are taken. ERR_INVALID with one fault item per fault, pointer
 * "FILE:LINE:COLUMN" (`name` is the file's name; the line is the one the row begins on): a cell that
 * is not UTF-8 or holds a NUL, a row with more or fewer cells than the header (says how many of
 * each); and, which make the file as a whole unreadable: a quote left open or out of place, no
 * header, an empty or repeated header name, more than LIMIT_COLUMNS columns. With `keep_good`, rows
 * with faults are left out and their faults are still recorded as items, but OK is returned unless
 * the file as a whole is unreadable. */
MUST enum err csv_read(struct ctx *c, const char *name, const char *bytes, size_t n, bool keep_good,
                       struct csv_table *table_out);
/* Index of the column of that header name (exact), -1 when there is none. */
int64_t csv_column(const struct csv_table *table, const char *name);

/* One cell, quoted when it must be; a text that starts with = + - @ tab or NUL/CR gets a leading '.
 * Numbers are written with text_int or text_printf and need no quoting. */
void csv_cell(struct text *out, const char *utf8);

#endif
