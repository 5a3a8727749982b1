/* Rows that are records of the catalogue: a known key changes what is there, a new one adds. An empty cell,
 * like a column the file has not, says nothing: the default of a new record, no change of a known one. */
#include "app/app_patient.h"
#include "base/text.h"
#include "import_kinds.h"
#include "json/json.h"
#include <stdlib.h>
#include <string.h>

/* ---- keys stated twice ---- */

struct key {
    const char *text;
    size_t i;
};

static int by_key(const void *a, const void *b) {
    const struct key *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    return order ? order : (x->i > y->i) - (x->i < y->i);
}

static const char *key_of(struct ctx *c, const struct import *import, const char *columns, size_t i) {
    const char *key = "";
    for (const char *at = columns; key && *at; at += strspn(at, " ")) {
        size_t n = strcspn(at, " ");
        const char *name = arena_memdup(c->arena, at, n);
        if (!name) return NULL;
        key = arena_printf(c->arena, "%s%s\n", key, import_cell(import, &import->table.row[i], name));
        at += n;
    }
    return key;
}

static enum err refuse_repeats(struct ctx *c, struct import *import, const char *columns) {
    struct key *key = arena_array(c->arena, import->table.n + 1, sizeof *key);
    size_t n = import->table.n;
    bool memory = key != NULL;
    for (size_t i = 0; i < n && memory; i++) {
        key[i] = (struct key){key_of(c, import, columns, i), i};
        memory = key[i].text != NULL;
    }
    if (!memory)
        return FAIL(c, ERR_LIMIT, "request.too-large",
                    "The file needs more memory than one import may have.");
    qsort(key, n, sizeof *key, by_key);
    const char *last = strrchr(columns, ' ');
    for (size_t i = 1; i < n; i++)
        if (*key[i].text != '\n' && strcmp(key[i - 1].text, key[i].text) == 0)
            TRY(import_refuse(c, import, key[i].i, last ? last + 1 : columns,
                              "is stated in line %lld already",
                              (long long)import->table.row[key[i - 1].i].line));
    return OK;
}

/* ---- one row ---- */

/* Spreadsheets write TRUE and Active. */
static void read_member(struct ctx *c, const struct field *field, const char *cell, void *record) {
    const char *lower = field->kind == K_BOOL || field->kind == K_ENUM ? text_fold(c->arena, cell) : NULL;
    (void)json_read_word(c, field, lower ? lower : cell, field->name, record); /* its fault is an item */
}

static enum err read_cells(struct ctx *c, const struct import *import,
                           const struct import_catalogue *catalogue, const struct csv_row *row,
                           void *record) {
    const struct shape *shape = catalogue->noun->shape;
    for (size_t i = 0; i < catalogue->n; i++) {
        const struct import_column *column = &catalogue->column[i];
        const char *cell = import_cell(import, row, column->name);
        if (!*cell) continue;
        if (column->read)
            TRY(column->read(c, import, row, cell, record));
        else
            read_member(c, shape_field(shape, column->name), cell, record);
    }
    return OK;
}

static bool has_column(const struct import_catalogue *catalogue, const char *name) {
    for (size_t i = 0; i < catalogue->n; i++)
        if (strcmp(catalogue->column[i].name, name) == 0) return true;
    return false;
}

/* The column that a member came from: "/cycle/every" is cycle_every, "/depot_id" depot, "/windows/0/to"
 * windows. */
static const char *column_of(struct ctx *c, const struct import_catalogue *catalogue, const char *pointer) {
    if (*pointer != '/') return pointer;
    size_t n = strcspn(pointer + 1, "/");
    char *name = arena_memdup(c->arena, pointer + 1, n);
    if (!name) return "";
    const struct field *flat =
        pointer[n + 1] ? nest_flat(catalogue->noun->shape, name, pointer + n + 2) : NULL;
    if (flat) return flat->name;
    if (!has_column(catalogue, name) && n > 3 && strcmp(name + n - 3, "_id") == 0) name[n - 3] = 0;
    return name;
}

static enum err name_columns(struct ctx *c, const struct import_catalogue *catalogue, enum err err) {
    const struct fault fault = c->fault;
    ctx_fault_clear(c);
    for (const struct fault_item *item = fault.first; item; item = item->next)
        ctx_fault_item(c, column_of(c, catalogue, item->pointer), "%s", item->detail);
    return fault.slug ? FAIL(c, err, fault.slug, "%s", fault.detail) : err;
}

/* Members and parts of objects that a record can not be without. */
static void require_stated(struct ctx *c, const struct shape *shape, const void *record) {
    for (size_t i = 0; i < shape->n; i++) {
        const struct field *field = &shape->field[i];
        const char *pointer = arena_printf(c->arena, "/%s", field->name);
        const void *part = NULL;
        if (field->kind == K_OBJ) memcpy(&part, (const char *)record + field->at, sizeof part);
        if (field->flags & F_REQUIRED && shape_is_none(field, record))
            ctx_fault_item(c, pointer, "is needed for a new one");
        for (size_t k = 0; part && k < field->sub->n; k++)
            if (field->sub->field[k].flags & F_REQUIRED && shape_is_none(&field->sub->field[k], part))
                ctx_fault_item(c, arena_printf(c->arena, "%s/%s", pointer, field->sub->field[k].name),
                               "is needed beside the other parts");
    }
}

static enum err add(struct ctx *c, const struct import_catalogue *catalogue, void *record) {
    const struct noun *noun = catalogue->noun;
    TRY(nest_open(c, noun->shape, record));
    require_stated(c, noun->shape, record);
    TRY(ctx_faults(c));
    return app_catalogue_add(c, noun, record);
}

/* A status without a date is from today, not from the old one's date. */
static void forget_date(const struct import *import, const struct csv_row *row, const struct noun *noun,
                        void *record) {
    if (noun == &noun_patient && !*import_cell(import, row, "status_from"))
        ((struct patient *)record)->status_from = NONE;
}

static enum err change(struct ctx *c, const struct import *import, const struct import_catalogue *catalogue,
                       const struct csv_row *row, const void *found, bool *changed_out) {
    const struct noun *noun = catalogue->noun;
    void *after;
    TRY(app_catalogue_new(c, noun, &after));
    memcpy(after, found, noun->shape->size);
    forget_date(import, row, noun, after);
    TRY(read_cells(c, import, catalogue, row, after));
    TRY(nest_open(c, noun->shape, after));
    require_stated(c, noun->shape, after);
    TRY(ctx_faults(c));
    return app_catalogue_set(c, noun, found, after, changed_out);
}

static enum err put(struct ctx *c, const struct import *import, const struct import_catalogue *catalogue,
                    const struct csv_row *row, enum import_fate *fate_out) {
    void *record, *found;
    bool changed = false;
    TRY(app_catalogue_new(c, catalogue->noun, &record));
    TRY(app_catalogue_new(c, catalogue->noun, &found));
    TRY(read_cells(c, import, catalogue, row, record));
    TRY(ctx_faults(c));
    enum err err = catalogue->noun->same(c, record, found);
    *fate_out = IMPORT_ADDED;
    if (err == ERR_NOT_FOUND) return add(c, catalogue, record);
    TRY(err);
    TRY(change(c, import, catalogue, row, found, &changed));
    *fate_out = changed ? IMPORT_CHANGED : IMPORT_UNCHANGED;
    return OK;
}

static void require_key(struct ctx *c, const struct import *import, const char *columns,
                        const struct csv_row *row) {
    for (const char *at = columns; *at; at += strspn(at, " ")) {
        size_t n = strcspn(at, " ");
        const char *name = arena_memdup(c->arena, at, n);
        if (name && !*import_cell(import, row, name)) ctx_fault_item(c, name, "is needed");
        at += n;
    }
}

static enum err row(struct ctx *c, struct import *import, size_t i, void *user, enum import_fate *fate_out) {
    const struct import_catalogue *catalogue = user;
    const struct csv_row *cells = &import->table.row[i];
    require_key(c, import, catalogue->key, cells);
    TRY(ctx_faults(c));
    enum err err = put(c, import, catalogue, cells, fate_out);
    return err == OK ? OK : name_columns(c, catalogue, err);
}

enum err import_catalogue_run(struct ctx *c, struct import *import, const struct import_kind *kind) {
    struct text known = text_in(c->arena);
    for (size_t i = 0; i < kind->catalogue->n; i++)
        text_printf(&known, "%s%s", i ? " " : "", kind->catalogue->column[i].name);
    if (known.failed)
        return FAIL(c, ERR_LIMIT, "request.too-large", "The import needs more memory than one may have.");
    TRY(import_read(c, import, known.at, kind->catalogue->key));
    TRY(refuse_repeats(c, import, kind->catalogue->key));
    return import_rows(c, import, row, (void *)kind->catalogue);
}
