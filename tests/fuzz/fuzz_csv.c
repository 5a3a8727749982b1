/* Files of CSV: what was read has whole rows, and written again with every cell in quotes it is read as the
 * same. */
#include "fuzz.h"
#include "base/text.h"
#include "json/csv.h"
#include <string.h>

static void write_row(struct text *out, const struct csv_row *row) {
    for (size_t i = 0; i < row->n; i++) {
        text_str(out, i ? ",\"" : "\"");
        for (const char *at = row->cell[i]; *at; at++) {
            if (*at == '"') text_char(out, '"');
            text_char(out, *at);
        }
        text_char(out, '"');
    }
    text_str(out, "\r\n");
}

static void same_row(const struct csv_row *a, const struct csv_row *b) {
    HOLDS(a->n == b->n, "%zu cells, then %zu", a->n, b->n);
    for (size_t i = 0; i < a->n; i++)
        HOLDS(strcmp(a->cell[i], b->cell[i]) == 0, "\"%s\", then \"%s\"", a->cell[i], b->cell[i]);
}

static void check_again(struct ctx *c, const struct csv_table *table) {
    struct text out = text_in(c->arena);
    struct csv_table again;
    write_row(&out, &table->header);
    for (size_t i = 0; i < table->n; i++)
        write_row(&out, &table->row[i]);
    HOLDS(!out.failed, "no memory");
    ctx_fault_clear(c);
    HOLDS(csv_read(c, "again", out.at, out.n, false, &again) == OK, "what was written is refused: %s",
          out.at);
    HOLDS(again.n == table->n, "%zu rows, then %zu: %s", table->n, again.n, out.at);
    same_row(&table->header, &again.header);
    for (size_t i = 0; i < table->n; i++)
        same_row(&table->row[i], &again.row[i]);
}

static void check_rows(const struct csv_table *table) {
    int64_t line = table->header.line;
    for (size_t i = 0; i < table->n; i++) {
        HOLDS(table->row[i].n == table->header.n, "a row of %zu cells", table->row[i].n);
        HOLDS(table->row[i].line > line, "lines go backwards");
        line = table->row[i].line;
        for (size_t k = 0; k < table->row[i].n; k++)
            HOLDS(text_utf8_valid(table->row[i].cell[k], strlen(table->row[i].cell[k])), "no UTF-8");
    }
}

/* With keep_good what is faulty is left out, the rest is the same. */
static void check(struct ctx *c, const char *bytes, size_t n, bool keep_good) {
    struct csv_table table;
    ctx_fault_clear(c);
    enum err err = csv_read(c, "F", bytes, n, keep_good, &table);
    HOLDS(err == OK || err == ERR_INVALID || err == ERR_LIMIT, "%s", err_name(err));
    if (err == ERR_INVALID) HOLDS(c->fault.first, "refused without a word");
    if (err != OK) return;
    check_rows(&table);
    check_again(c, &table);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    struct ctx *c = fuzz_ctx();
    char *copy = fuzz_copy(bytes, n);
    check(c, copy, n, false);
    check(c, copy, n, true);
    free(copy);
    return 0;
}
