/* One line per patient, product and date; the lines of one patient and date are one prescription. A
 * prescription with a bad line is refused whole: without that line it would say that the product is no longer
 * used. */
#include "app/app_patient.h"
#include "base/id.h"
#include "import_kinds.h"
#include "json/json.h"
#include "store/store_patient.h"
#include <stdlib.h>

struct line {
    size_t i; /* row of the table */
    struct id patient_id, product_id;
    int64_t effective_from, use_per_day;
};
static const struct field LINE_FIELDS[] = {
    FIELD(struct line, K_DATE, effective_from, .flags = F_REQUIRED),
    FIELD(struct line, K_MILLI, use_per_day, .flags = F_REQUIRED),
};
static const struct shape line_shape = SHAPE("line", struct line, LINE_FIELDS);

static enum err refer(struct ctx *c, const char *cell, const char *column, enum err err) {
    if (!*cell)
        ctx_fault_item(c, column, "is needed");
    else if (err == ERR_NOT_FOUND)
        ctx_fault_item(c, column, "is the code of no %s of ours", column);
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err read_line(struct ctx *c, struct import *import, size_t i, void *user,
                          enum import_fate *fate_out) {
    const struct csv_row *row = &import->table.row[i];
    struct line *line = (struct line *)user + i;
    struct patient patient = {.id = {{0}}};
    struct product product = {.id = {{0}}};
    const char *patient_code = import_cell(import, row, "patient"),
               *code = import_cell(import, row, "product");
    TRY(refer(c, patient_code, "patient", store_patient_by_code(c, patient_code, &patient)));
    TRY(refer(c, code, "product", store_product_by_code(c, code, &product)));
    line->patient_id = patient.id;
    line->product_id = product.id;
    for (size_t k = 0; k < line_shape.n; k++)
        (void)json_read_word(c, &line_shape.field[k], import_cell(import, row, line_shape.field[k].name),
                             line_shape.field[k].name, line);
    *fate_out = IMPORT_WAITING;
    return ctx_faults(c);
}

static int by_prescription(const void *a, const void *b) {
    const struct line *x = a, *y = b;
    int order = id_compare(x->patient_id, y->patient_id);
    if (!order) order = (x->effective_from > y->effective_from) - (x->effective_from < y->effective_from);
    if (!order) order = id_compare(x->product_id, y->product_id);
    return order ? order : (x->i > y->i) - (x->i < y->i);
}

static bool same_prescription(const struct line *a, const struct line *b) {
    return id_equal(a->patient_id, b->patient_id) && a->effective_from == b->effective_from;
}

/* Lines at … at + n - 1 of one prescription. */
struct group {
    const struct line *line;
    size_t n;
};

static enum err refuse_repeats(struct ctx *c, struct import *import, const struct group *group) {
    for (size_t k = 1; k < group->n; k++)
        if (id_equal(group->line[k - 1].product_id, group->line[k].product_id) &&
            !import->refused[group->line[k].i]) {
            import_count(import, IMPORT_REFUSED);
            TRY(import_refuse(c, import, group->line[k].i, "product", "is stated in line %lld already",
                              (long long)import->table.row[group->line[k - 1].i].line));
        }
    return OK;
}

/* The good lines of a prescription that has a bad one. */
static enum err refuse_rest(struct ctx *c, struct import *import, const struct group *group,
                            bool *refused_out) {
    *refused_out = false;
    for (size_t k = 0; k < group->n; k++)
        *refused_out = *refused_out || import->refused[group->line[k].i];
    for (size_t k = 0; k < group->n && *refused_out; k++) {
        if (import->refused[group->line[k].i]) continue;
        import_count(import, IMPORT_REFUSED);
        TRY(import_refuse(c, import, group->line[k].i, "", "another line of this prescription is refused"));
    }
    return OK;
}

static enum err put(struct ctx *c, const struct group *group, bool *added_out) {
    struct prescription_line *line = arena_array(c->arena, group->n, sizeof *line);
    if (!line)
        return FAIL(c, ERR_LIMIT, "request.too-large", "The import needs more memory than one may have.");
    for (size_t k = 0; k < group->n; k++)
        line[k] = (struct prescription_line){group->line[k].product_id, group->line[k].use_per_day};
    struct prescription_in in = {group->line->effective_from, {line, group->n}};
    return app_prescription_put(c, group->line->patient_id, &in, added_out);
}

/* What the use case refuses is the prescription, not one of its lines. */
static enum err refuse_group(struct ctx *c, struct import *import, const struct group *group, enum err err) {
    TRY(import_refuse_for(c, import, group->line->i, err));
    import_count(import, IMPORT_REFUSED);
    bool refused;
    return refuse_rest(c, import, group, &refused);
}

static enum err one_group(struct ctx *c, struct import *import, size_t i, void *user) {
    const struct group *group = (const struct group *)user + i;
    bool refused, added = false;
    TRY(refuse_repeats(c, import, group));
    TRY(refuse_rest(c, import, group, &refused));
    if (refused) return OK;
    enum err err = put(c, group, &added);
    if (err != OK) return refuse_group(c, import, group, err);
    for (size_t k = 0; k < group->n; k++)
        import_count(import, added ? IMPORT_ADDED : IMPORT_UNCHANGED);
    return OK;
}

/* Lines whose patient or date is not known stand alone: they are refused already. */
static size_t make_groups(const struct line *line, size_t n, struct group *group) {
    size_t groups = 0;
    for (size_t i = 0; i < n; i++) {
        bool placed = !id_is_none(line[i].patient_id) && line[i].effective_from != NONE;
        if (!placed) continue;
        if (groups && same_prescription(group[groups - 1].line, &line[i]))
            group[groups - 1].n++;
        else
            group[groups++] = (struct group){&line[i], 1};
    }
    return groups;
}

enum err import_prescriptions_run(struct ctx *c, struct import *import, const struct import_kind *kind) {
    static const char COLUMNS[] = "patient product effective_from use_per_day";
    (void)kind;
    TRY(import_read(c, import, COLUMNS, COLUMNS));
    size_t n = import->table.n;
    struct line *line = arena_array(c->arena, n + 1, sizeof *line);
    struct group *group = arena_array(c->arena, n + 1, sizeof *group);
    if (!line || !group)
        return FAIL(c, ERR_LIMIT, "request.too-large",
                    "The file needs more memory than one import may have.");
    for (size_t i = 0; i < n; i++)
        line[i] = (struct line){.i = i, .effective_from = NONE, .use_per_day = NONE};
    TRY(import_rows(c, import, read_line, line));
    qsort(line, n, sizeof *line, by_prescription);
    return import_each(c, import, make_groups(line, n, group), one_group, group);
}
