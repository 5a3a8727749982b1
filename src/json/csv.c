#include "json/csv.h"
#include "base/limits.h"
#include "base/log.h"
#include <csv.h>
#include <inttypes.h>
#include <string.h>

#define BOM "\xef\xbb\xbf"
#define BUFFER_STEP ((size_t)64 << 10) /* libcsv grows its cell in steps: 128 bytes each would crawl */

/* What the callbacks of libcsv fill. */
struct reading {
    struct ctx *c;
    const char *name;
    struct csv_table *table;
    bool no_memory, unreadable;
    int64_t line, row_line; /* of the file: now, and where the row began */
    char *bytes;            /* all cells with their NULs: never more than the file's bytes and one */
    size_t used, room;
    const char **cell; /* the row so far; its cells beyond `width` are only counted */
    size_t n, width;
    size_t row_faults;
    size_t rows, rows_cap; /* seen, with the header; room in table->row */
};

__attribute__((format(printf, 3, 4))) static void fault(struct reading *r, size_t column, const char *fmt,
                                                        ...) {
    va_list args;
    va_start(args, fmt);
    const char *text = arena_vprintf(r->c->arena, fmt, args);
    va_end(args);
    const char *pointer = arena_printf(r->c->arena, "%s:%" PRId64 ":%zu", r->name, r->row_line, column);
    if (!text || !pointer)
        r->no_memory = true;
    else
        ctx_fault_item(r->c, pointer, "%s", text);
    r->row_faults++;
}

static bool make_cells(struct reading *r) {
    if (r->cell) return true;
    r->width = r->rows ? r->table->header.n : LIMIT_COLUMNS;
    r->cell = arena_array(r->c->arena, r->width, sizeof *r->cell);
    if (!r->cell) r->no_memory = true;
    return r->cell != NULL;
}

static void on_cell(void *bytes, size_t n, void *user) {
    struct reading *r = user;
    if (r->no_memory || !make_cells(r) || ++r->n > r->width) return;
    REQUIRE(n < r->room - r->used);
    char *text = r->bytes + r->used;
    if (n) memcpy(text, bytes, n);
    text[n] = 0;
    r->used += n + 1;
    r->cell[r->n - 1] = text;
    if (memchr(text, 0, n))
        fault(r, r->n, "this cell holds a NUL: save the file as UTF-8 text");
    else if (!text_utf8_valid(text, n))
        fault(r, r->n, "this cell is not UTF-8 text: save the file as UTF-8");
}

static void take_header(struct reading *r) {
    if (r->n > LIMIT_COLUMNS) {
        fault(r, LIMIT_COLUMNS + 1, "the file has more than %d columns", LIMIT_COLUMNS);
        return;
    }
    r->table->header = (struct csv_row){r->row_line, r->cell, r->n};
    for (size_t i = 0; i < r->n; i++) {
        int64_t same = csv_column(r->table, r->cell[i]);
        if (!*r->cell[i])
            fault(r, i + 1, "this column has no name");
        else if (same < (int64_t)i)
            fault(r, i + 1, "this column has the name of column %" PRId64, same + 1);
    }
    r->cell = NULL;
}

static bool make_row(struct reading *r) {
    struct csv_table *table = r->table;
    if (table->n < r->rows_cap) return true;
    size_t cap = r->rows_cap ? r->rows_cap * 2 : 64;
    struct csv_row *row = arena_array(r->c->arena, cap, sizeof *row);
    if (!row) return r->no_memory = true, false;
    if (table->n) memcpy(row, table->row, table->n * sizeof *row);
    table->row = row;
    r->rows_cap = cap;
    return true;
}

/* A row that is refused leaves its cells' array to the next one. */
static void take_row(struct reading *r) {
    size_t width = r->table->header.n;
    if (r->n != width)
        fault(r, r->n < width ? r->n : width + 1, "this row has %zu cells, the header has %zu", r->n, width);
    if (r->row_faults || !make_row(r)) return;
    r->table->row[r->table->n++] = (struct csv_row){r->row_line, r->cell, r->n};
    r->cell = NULL;
}

static void on_row(int end, void *user) {
    struct reading *r = user;
    (void)end;
    if (r->no_memory) return;
    if (r->rows++ == 0) {
        take_header(r);
        r->unreadable = r->row_faults > 0;
    } else {
        take_row(r);
    }
    r->n = r->row_faults = 0;
}

/* LF, CR LF and the lone CR of old spreadsheets end a line. */
static size_t line_length(const char *bytes, size_t n) {
    size_t i = 0;
    while (i < n && bytes[i] != '\n' && bytes[i] != '\r')
        i++;
    if (i + 1 < n && bytes[i] == '\r' && bytes[i + 1] == '\n') i++;
    return i < n ? i + 1 : n;
}

static bool is_blank(const char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!strchr(" \t\r\n", bytes[i]) || !bytes[i]) return false;
    return true;
}

/* Line by line, so that each row knows the line of the file it began on. */
static bool feed(struct reading *r, struct csv_parser *parser, const char *bytes, size_t n) {
    bool inside = false; /* a quoted cell with line breaks */
    for (size_t length; n && !r->no_memory; bytes += length, n -= length, r->line++) {
        size_t rows = r->rows;
        length = line_length(bytes, n);
        if (!inside) r->row_line = r->line;
        if (csv_parse(parser, bytes, length, on_cell, on_row, r) != length) {
            if (csv_error(parser) != CSV_EPARSE) return r->no_memory = true, false;
            r->row_line = r->line;
            fault(r, r->n + 1,
                  "a quote is out of place: a cell with quotes is quoted whole, its quotes doubled");
            return false;
        }
        if (r->rows && !r->table->header.cell) return false;
        inside = r->rows == rows && (inside || !is_blank(bytes, length));
    }
    return true;
}

static void read_all(struct reading *r, struct csv_parser *parser, const char *bytes, size_t n) {
    csv_set_blk_size(parser, BUFFER_STEP);
    if (!feed(r, parser, bytes, n)) {
        r->unreadable = true;
    } else if (csv_fini(parser, on_cell, on_row, r) != 0) {
        fault(r, r->n + 1, "a quote is opened here and never closed");
        r->unreadable = true;
    } else if (!r->rows) {
        r->row_line = 1;
        fault(r, 1, "the file is empty: its first line names the columns");
        r->unreadable = true;
    }
}

enum err csv_read(struct ctx *c, const char *name, const char *bytes, size_t n, bool keep_good,
                  struct csv_table *table_out) {
    struct csv_parser parser;
    size_t bom = n >= 3 && memcmp(bytes, BOM, 3) == 0 ? 3 : 0;
    struct reading r = {.c = c, .name = name, .line = 1, .row_line = 1, .table = table_out, .room = n + 1};
    *table_out = (struct csv_table){0};
    r.bytes = arena_alloc(c->arena, r.room);
    if (!r.bytes || csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return FAIL(c, ERR_LIMIT, "request.too-large", "The file is too large to be read.");
    read_all(&r, &parser, bytes + bom, n - bom);
    csv_free(&parser);
    if (r.no_memory) return FAIL(c, ERR_LIMIT, "request.too-large", "The file is too large to be read.");
    if (r.unreadable)
        return FAIL(c, ERR_INVALID, "request.invalid",
                    "The file cannot be read as CSV: nothing was taken from it.");
    return keep_good ? OK : ctx_faults(c);
}

int64_t csv_column(const struct csv_table *table, const char *name) {
    for (size_t i = 0; i < table->header.n; i++)
        if (strcmp(table->header.cell[i], name) == 0) return (int64_t)i;
    return -1;
}

/* Reading trims what is unquoted. */
static bool needs_quotes(const char *utf8) {
    size_t n = strlen(utf8);
    return utf8[strcspn(utf8, "\",\r\n")] || (n && (strchr(" \t", utf8[0]) || strchr(" \t", utf8[n - 1])));
}

void csv_cell(struct text *out, const char *utf8) {
    if (!utf8) return;
    bool formula = utf8[0] && strchr("=+-@\t\r", utf8[0]);
    if (!formula && !needs_quotes(utf8)) {
        text_str(out, utf8);
        return;
    }
    text_char(out, '"');
    if (formula) text_char(out, '\'');
    for (const char *at = utf8; *at; at++) {
        if (*at == '"') text_char(out, '"');
        text_char(out, *at);
    }
    text_char(out, '"');
}
