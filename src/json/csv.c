#include "json/csv.h"
#include "base/log.h"
#include <csv.h>
#include <string.h>

#define BOM "\xef\xbb\xbf"

/* What the callbacks of libcsv fill. */
struct reading {
    struct ctx *c;
    const char *name;
    bool failed;            /* the arena is full */
    int64_t line, row_line; /* of the file: now, and where the row began */
    const char **cell;      /* the row so far */
    size_t n, room;
    struct csv_table *table;
    size_t rows_room;
    size_t faults;
};

__attribute__((format(printf, 4, 5))) static void fault(struct reading *r, int64_t line, size_t column,
                                                        const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    const char *text = arena_vprintf(r->c->arena, fmt, args);
    va_end(args);
    const char *pointer = arena_printf(r->c->arena, "%s:%lld:%zu", r->name, (long long)line, column);
    if (!text || !pointer)
        r->failed = true;
    else
        ctx_fault_item(r->c, pointer, "%s", text);
    r->faults++;
}

/* Room for one more of `n` pieces, doubling; the arena keeps what is outgrown until the request ends. */
static void *roomy(struct reading *r, void *had, size_t n, size_t *room, size_t size) {
    if (n < *room) return had;
    size_t more = *room ? *room * 2 : 16;
    void *at = arena_array(r->c->arena, more, size);
    if (!at) {
        r->failed = true;
        return NULL;
    }
    if (n) memcpy(at, had, n * size);
    *room = more;
    return at;
}

static void on_cell(void *bytes, size_t n, void *user) {
    struct reading *r = user;
    const char **cell = roomy(r, r->cell, r->n, &r->room, sizeof *cell);
    if (!cell) return;
    r->cell = cell;
    r->cell[r->n] = arena_memdup(r->c->arena, bytes ? bytes : "", n);
    if (!r->cell[r->n]) r->failed = true;
    r->n++;
}

static void check_header(struct reading *r, const struct csv_row *header) {
    for (size_t i = 0; i < header->n; i++) {
        if (!*header->cell[i]) fault(r, header->line, i + 1, "this column has no name");
        for (size_t k = 0; k < i; k++)
            if (*header->cell[i] && strcmp(header->cell[i], header->cell[k]) == 0)
                fault(r, header->line, i + 1, "this column has the name of column %zu", k + 1);
    }
}

static void keep_row(struct reading *r, struct csv_row row) {
    struct csv_table *table = r->table;
    if (row.n != table->header.n) {
        fault(r, row.line, row.n < table->header.n ? row.n : table->header.n + 1,
              "this row has %zu cells, the header has %zu", row.n, table->header.n);
        return;
    }
    struct csv_row *rows = roomy(r, table->row, table->n, &r->rows_room, sizeof *rows);
    if (!rows) return;
    table->row = rows;
    table->row[table->n++] = row;
}

static void on_row(int end, void *user) {
    struct reading *r = user;
    (void)end;
    if (r->failed) return;
    const char **cell = arena_array(r->c->arena, r->n + 1, sizeof *cell);
    struct csv_row row = {r->row_line, cell, r->n};
    if (!cell) {
        r->failed = true;
        return;
    }
    memcpy(cell, r->cell, r->n * sizeof *cell);
    r->n = 0;
    r->row_line = r->line + 1;
    if (r->table->header.cell) {
        keep_row(r, row);
        return;
    }
    r->table->header = row;
    check_header(r, &row);
}

/* Line by line, so that each row knows the line of the file it began on. false: a quote is out of place. */
static bool feed(struct reading *r, struct csv_parser *parser, const char *bytes, size_t n) {
    for (size_t at = 0; at < n && !r->failed; r->line++) {
        const char *newline = memchr(bytes + at, '\n', n - at);
        size_t length = newline ? (size_t)(newline - bytes) - at + 1 : n - at;
        size_t before = r->n;
        if (csv_parse(parser, bytes + at, length, on_cell, on_row, r) != length) {
            fault(r, r->line, r->n + 1,
                  "a quote is out of place: a cell with quotes is quoted whole, its quotes doubled");
            return false;
        }
        if (r->n == 0 && before == 0 && !parser->quoted)
            r->row_line = r->line + 1; /* blank, or a row ended here */
        at += length;
    }
    return true;
}

MUST static enum err unreadable(struct ctx *c) {
    return FAIL(c, ERR_INVALID, "request.invalid",
                "the file cannot be read as CSV; nothing was taken from it");
}

MUST static enum err check_text(struct ctx *c, const char *name, const char *bytes, size_t n) {
    int64_t line = 1;
    if (text_utf8_valid(bytes, n)) return OK;
    for (size_t at = 0; at < n;) {
        const char *newline = memchr(bytes + at, '\n', n - at);
        size_t length = newline ? (size_t)(newline - bytes) - at + 1 : n - at;
        if (!text_utf8_valid(bytes + at, length)) break;
        at += length;
        line++;
    }
    ctx_fault_item(c, arena_printf(c->arena, "%s:%lld:1", name, (long long)line),
                   "this line is not UTF-8 text: save the file as UTF-8");
    return unreadable(c);
}

enum err csv_read(struct ctx *c, const char *name, const char *bytes, size_t n, bool keep_good,
                  struct csv_table *table_out) {
    struct csv_parser parser;
    struct reading r = {.c = c, .name = name, .line = 1, .row_line = 1, .table = table_out};
    *table_out = (struct csv_table){0};
    size_t bom = n >= 3 && memcmp(bytes, BOM, 3) == 0 ? 3 : 0;
    bytes += bom;
    n -= bom;
    TRY(check_text(c, name, bytes, n));
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return FAIL(c, ERR_LIMIT, "request.too-large", "no memory");
    bool whole = feed(&r, &parser, bytes, n);
    int64_t begun = r.row_line;
    if (whole && csv_fini(&parser, on_cell, on_row, &r) != 0) {
        fault(&r, begun, r.n + 1, "a quote is opened here and never closed");
        whole = false;
    }
    csv_free(&parser);
    if (r.failed) return FAIL(c, ERR_LIMIT, "request.too-large", "the file is too large");
    if (!table_out->header.cell) fault(&r, 1, 1, "the file is empty: its first line names the columns");
    if (!whole || !table_out->header.cell) return unreadable(c);
    return keep_good ? OK : ctx_faults(c);
}

int64_t csv_column(const struct csv_table *table, const char *name) {
    for (size_t i = 0; i < table->header.n; i++)
        if (strcmp(table->header.cell[i], name) == 0) return (int64_t)i;
    return -1;
}

void csv_cell(struct text *out, const char *utf8) {
    bool formula = utf8[0] && strchr("=+-@\t\r", utf8[0]);
    if (!formula && !utf8[strcspn(utf8, "\",\r\n")] && utf8[0] != ' ') {
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
