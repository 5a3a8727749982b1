#include "app/app_report.h"
#include "base/text.h"
#include "json/csv.h"
#include "json/json.h"
#include <string.h>

/* One column: the way from the row to its value, and its name. */
struct column {
    const struct field *step[4];
    size_t steps;
    const char *name;
};

#define COLUMNS_MAX 200

struct columns {
    struct column column[COLUMNS_MAX];
    size_t n;
};

/* excluded.cancelled → excluded_cancelled, rates.otif.value → otif_rate, net.rates.otif.n → net_otif_n. */
static const char *column_name(struct ctx *c, const struct column *column) {
    struct text name = text_in(c->arena);
    for (size_t i = 0; i < column->steps; i++) {
        const char *word = column->step[i]->name;
        if (text_equal(word, "rates")) continue;
        if (text_equal(word, "value")) word = "rate";
        if (name.n) text_char(&name, '_');
        text_str(&name, word);
    }
    return name.failed ? NULL : name.at;
}

MUST static enum err add_columns(struct ctx *c, const struct shape *shape, struct column way,
                                 struct columns *columns) {
    for (size_t i = 0; i < shape->n; i++) {
        if (shape->field[i].flags & F_HIDDEN) continue;
        struct column here = way;
        here.step[here.steps++] = &shape->field[i];
        if (shape->field[i].kind == K_OBJ) {
            TRY(add_columns(c, shape->field[i].sub, here, columns));
            continue;
        }
        here.name = column_name(c, &here);
        if (!here.name || columns->n == COLUMNS_MAX)
            return FAIL(c, ERR_LIMIT, "request.too-large", "The report is too wide.");
        columns->column[columns->n++] = here;
    }
    return OK;
}

/* The record that holds the last step's member, NULL when an object on the way is not stated. */
static const void *record_of(const struct column *column, const void *row) {
    for (size_t i = 0; row && i + 1 < column->steps; i++)
        memcpy(&row, (const char *)row + column->step[i]->at, sizeof row);
    return row;
}

static bool is_text(const struct field *field) {
    return field->kind == K_TEXT;
}

MUST static enum err write_cell(struct ctx *c, struct text *out, const struct column *column,
                                const void *row) {
    const struct field *field = column->step[column->steps - 1];
    const void *record = record_of(column, row);
    struct text word = text_in(c->arena);
    if (record) json_word(&word, field, record);
    if (is_text(field))
        csv_cell(out, word.n ? word.at : "");
    else if (word.n)
        text_add(out, word.at, word.n);
    return OK;
}

MUST static enum err write_row(struct ctx *c, struct text *out, const struct columns *columns,
                               const void *row, bool total) {
    for (size_t i = 0; i < columns->n; i++) {
        if (i) text_char(out, ',');
        if (i == 0 && total)
            text_str(out, "total");
        else
            TRY(write_cell(c, out, &columns->column[i], row));
    }
    text_str(out, "\r\n");
    return OK;
}

enum err app_rows_csv(struct ctx *c, const struct shape *shape, struct list rows, const void *total,
                      const char **csv_out) {
    struct columns *columns = arena_alloc(c->arena, sizeof *columns);
    struct text out = text_in(c->arena);
    if (!shape || !columns) return FAIL(c, ERR_LIMIT, "request.too-large", "The report is too large.");
    TRY(add_columns(c, shape, (struct column){0}, columns));
    for (size_t i = 0; i < columns->n; i++)
        text_printf(&out, "%s%s", i ? "," : "", columns->column[i].name);
    text_str(&out, "\r\n");
    for (size_t i = 0; i < rows.n; i++)
        TRY(write_row(c, &out, columns, (const char *)rows.at + i * shape->size, false));
    TRY(write_row(c, &out, columns, total, true));
    if (out.failed) return FAIL(c, ERR_LIMIT, "request.too-large", "The report is too large.");
    *csv_out = out.at;
    return OK;
}

enum err app_report_csv(struct ctx *c, const struct report *report, unsigned groups, const char **csv_out) {
    return app_rows_csv(c, report_row_shape(c->arena, groups), report->rows, report->total, csv_out);
}
