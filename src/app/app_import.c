#include "app/app_import.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "import_kinds.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct import_kind KINDS[] = {
    {"depots", import_catalogue_run, &import_depots},
    {"zones", import_catalogue_run, &import_zones},
    {"closures", import_catalogue_run, &import_closures},
    {"products", import_catalogue_run, &import_products},
    {"customers", import_catalogue_run, &import_customers},
    {"patients", import_catalogue_run, &import_patients},
    {"prescriptions", import_prescriptions_run, NULL},
    {"history", import_history_run, NULL},
};

#define FAULT(kind_, ...) FIELD(struct import_fault, kind_, __VA_ARGS__)
static const struct field FAULT_FIELDS[] = {
    FAULT(K_INT, line, .doc = "line of the file, 1 is the header", .example = "7"),
    FAULT(K_TEXT, column, .doc = "name of the column; empty: the whole row", .example = "\"phone\""),
    FAULT(K_TEXT, detail, .doc = "what is wrong, in words", .example = "\"must be a date\""),
};
const struct shape import_fault_shape = SHAPE("import_fault", struct import_fault, FAULT_FIELDS);

#define RECEIPT(kind_, ...) FIELD(struct import_receipt, kind_, __VA_ARGS__)
static const struct field RECEIPT_FIELDS[] = {
    RECEIPT(K_TEXT, kind, .doc = "what was imported", .example = "\"patients\""),
    RECEIPT(K_INT, rows, .doc = "rows of the file without the header"),
    RECEIPT(K_INT, added, .doc = "rows that made something new"),
    RECEIPT(K_INT, changed, .doc = "rows that changed what was there"),
    RECEIPT(K_INT, unchanged, .doc = "rows that say what is there already"),
    RECEIPT(K_INT, refused, .doc = "rows with faults"),
    RECEIPT(K_LIST, faults, .sub = &import_fault_shape, .doc = "every fault of every refused row"),
    RECEIPT(K_LIST, warnings, .sub = &import_fault_shape,
            .doc = "what can hardly be true of rows that were taken"),
};
const struct shape import_receipt_shape = SHAPE("import_receipt", struct import_receipt, RECEIPT_FIELDS);

MUST static enum err memory_out(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "The file needs more memory than one import may have.");
}

/* Its row, or the number of rows. */
static size_t kind_at(const char *kind) {
    size_t i = 0;
    while (i < COUNT(KINDS) && strcmp(KINDS[i].name, kind) != 0)
        i++;
    return i;
}

bool app_import_known(const char *kind) {
    return kind_at(kind) < COUNT(KINDS);
}

const char *app_import_kinds(struct ctx *c) {
    struct text out = text_in(c->arena);
    for (size_t i = 0; i < COUNT(KINDS); i++)
        text_printf(&out, "%s%s", i ? ", " : "", KINDS[i].name);
    return out.failed ? "" : out.at;
}

/* ---- faults ---- */

static enum err keep_note(struct ctx *c, struct arena *arena, struct import_notes *notes, int64_t line,
                          const char *column, const char *detail) {
    if (notes->n == notes->cap) {
        size_t cap = notes->cap ? 2 * notes->cap : 32;
        struct import_fault *grown = arena_array(arena, cap, sizeof *grown);
        if (!grown) return memory_out(c);
        if (notes->n) memcpy(grown, notes->at, notes->n * sizeof *grown);
        notes->at = grown;
        notes->cap = cap;
    }
    struct import_fault note = {line, arena_strdup(arena, column), arena_strdup(arena, detail)};
    if (!note.column || !note.detail) return memory_out(c);
    notes->at[notes->n++] = note;
    return OK;
}

static enum err keep_fault(struct ctx *c, struct import *import, int64_t line, const char *column,
                           const char *detail) {
    return keep_note(c, import->arena, &import->faults, line, column, detail);
}

enum err import_warn(struct ctx *c, struct import *import, size_t i, const char *column, const char *text) {
    return keep_note(c, import->arena, &import->warnings, import->table.row[i].line, column, text);
}

enum err import_refuse(struct ctx *c, struct import *import, size_t i, const char *column, const char *fmt,
                       ...) {
    va_list args;
    va_start(args, fmt);
    const char *detail = arena_vprintf(import->arena, fmt, args);
    va_end(args);
    import->refused[i] = true;
    return detail ? keep_fault(c, import, import->table.row[i].line, column, detail) : memory_out(c);
}

/* A constraint of the database is not about the row: its unit is broken. */
static bool about_row(const struct ctx *c, enum err err) {
    static const enum err ABOUT[] = {ERR_INVALID, ERR_NOT_FOUND, ERR_CONFLICT, ERR_STATE, ERR_DENIED};
    if (c->fault.slug && strncmp(c->fault.slug, "db.", 3) == 0) return false;
    for (size_t i = 0; i < COUNT(ABOUT); i++)
        if (ABOUT[i] == err) return true;
    return false;
}

enum err import_refuse_for(struct ctx *c, struct import *import, size_t i, enum err err) {
    const struct fault fault = c->fault;
    if (!about_row(c, err)) return err;
    ctx_fault_clear(c);
    for (const struct fault_item *item = fault.first; item; item = item->next)
        TRY(import_refuse(c, import, i, item->pointer, "%s", item->detail));
    if (!fault.first) TRY(import_refuse(c, import, i, "", "%s", fault.detail ? fault.detail : "is refused"));
    return OK;
}

/* "NAME:LINE:COLUMN" of the CSV reader. The name may hold colons, line and column do not. */
static enum err keep_csv_fault(struct ctx *c, struct import *import, const struct fault_item *item) {
    const char *column = strrchr(item->pointer, ':'), *line = column;
    REQUIRE(column);
    while (line > item->pointer && line[-1] != ':')
        line--;
    int64_t number = strtoll(line, NULL, 10);
    if (number > import->table.header.line) return keep_fault(c, import, number, column + 1, item->detail);
    ctx_fault_item(c, item->pointer, "%s", item->detail); /* without its header the file says nothing */
    return OK;
}

static int by_line(const void *a, const void *b) {
    const struct import_fault *x = a, *y = b;
    return x->line < y->line ? -1 : x->line > y->line;
}

/* ---- reading ---- */

static bool is_word(const char *words, const char *word) {
    size_t n = strlen(word);
    for (const char *at = words; n && (at = strstr(at, word)); at += n)
        if ((at == words || at[-1] == ' ') && (at[n] == ' ' || at[n] == 0)) return true;
    return false;
}

static void judge_header(struct ctx *c, const struct import *import, const char *known, const char *needed) {
    const struct csv_row *header = &import->table.header;
    for (size_t i = 0; known && i < header->n; i++)
        if (!is_word(known, header->cell[i]))
            ctx_fault_item(
                c, arena_printf(c->arena, "%s:%" PRId64 ":%zu", import->file->name, header->line, i + 1),
                "\"%.60s\" is no column of this kind: %s%s", header->cell[i],
                header->n == 1 && strchr(header->cell[i], ';') ? "put commas, not semicolons, between: "
                                                               : "they are ",
                known);
    for (const char *at = needed; *at; at += strspn(at, " ")) {
        size_t n = strcspn(at, " ");
        const char *name = arena_memdup(c->arena, at, n);
        if (name && csv_column(&import->table, name) < 0)
            ctx_fault_item(
                c, arena_printf(c->arena, "%s:%" PRId64 ":%s", import->file->name, header->line, name),
                "is a column that is needed");
        at += n;
    }
}

/* Rows that the reader left out count as rows, once each. */
static void count_left_out(struct import *import) {
    const struct import_notes *faults = &import->faults;
    if (faults->n) qsort(faults->at, faults->n, sizeof *faults->at, by_line);
    for (size_t i = 0; i < faults->n; i++)
        if (i == 0 || faults->at[i - 1].line != faults->at[i].line) import_count(import, IMPORT_REFUSED);
}

enum err import_read(struct ctx *c, struct import *import, const char *known, const char *needed) {
    const struct import_file *file = import->file;
    TRY(csv_read(c, file->name, file->bytes, file->n, true, &import->table));
    const struct fault_item *item = c->fault.first;
    ctx_fault_clear(c);
    for (; item; item = item->next)
        TRY(keep_csv_fault(c, import, item));
    judge_header(c, import, known, needed);
    TRY(ctx_faults(c));
    count_left_out(import);
    import->refused = arena_array(import->arena, import->table.n + 1, sizeof *import->refused);
    return import->refused ? OK : memory_out(c);
}

const char *import_cell(const struct import *import, const struct csv_row *row, const char *column) {
    int64_t i = csv_column(&import->table, column);
    return i < 0 ? "" : row->cell[i];
}

/* ---- rows ---- */

void import_count(struct import *import, enum import_fate fate) {
    struct import_receipt *receipt = &import->receipt;
    int64_t *count[] = {&receipt->added, &receipt->changed, &receipt->unchanged, &receipt->refused};
    if (fate == IMPORT_WAITING) return;
    ++*count[fate];
    receipt->rows++;
}

static void show_progress(const struct import *import, size_t done, size_t n) {
    const struct import_file *file = import->file;
    if (file->progress && (done % 1000 == 0 || done == n))
        file->progress(file->user, (int64_t)done, (int64_t)n);
}

static enum err all_steps(struct ctx *c, struct import *import, size_t n, import_step *step, void *user) {
    for (size_t i = 0; i < n; i++) {
        TRY(step(c, import, i, user));
        arena_reset(c->arena);
        show_progress(import, i + 1, n);
    }
    return OK;
}

enum err import_each(struct ctx *c, struct import *import, size_t n, import_step *step, void *user) {
    struct arena *step_arena = arena_create(LIMIT_ARENA), *whole = c->arena;
    if (!step_arena) return memory_out(c);
    c->arena = step_arena;
    enum err err = all_steps(c, import, n, step, user);
    c->arena = whole;
    if (c->fault.detail) c->fault.detail = arena_strdup(whole, c->fault.detail);
    c->fault.first = c->fault.last = NULL;
    arena_destroy(&step_arena);
    return err;
}

struct rows {
    import_row *row;
    void *user;
};

static enum err one_row(struct ctx *c, struct import *import, size_t i, void *user) {
    const struct rows *rows = user;
    enum import_fate fate = IMPORT_REFUSED;
    if (!import->refused[i]) {
        enum err err = rows->row(c, import, i, rows->user, &fate);
        if (err != OK) TRY(import_refuse_for(c, import, i, err));
    }
    import_count(import, import->refused[i] ? IMPORT_REFUSED : fate);
    return OK;
}

enum err import_rows(struct ctx *c, struct import *import, import_row *row, void *user) {
    return import_each(c, import, import->table.n, one_row, &(struct rows){row, user});
}

/* ---- one import ---- */

/* Every fault, as the whole file's. */
static enum err refuse_file(struct ctx *c, const struct import *import) {
    for (size_t i = 0; i < import->faults.n; i++) {
        const struct import_fault *fault = &import->faults.at[i];
        ctx_fault_item(
            c, arena_printf(c->arena, "%s:%" PRId64 ":%s", import->file->name, fault->line, fault->column),
            "%s", fault->detail);
    }
    return FAIL(c, ERR_INVALID, "import.refused",
                "%" PRId64 " of %" PRId64
                " rows have faults; nothing was imported. Mend them, or keep the good ones.",
                import->receipt.refused, import->receipt.rows);
}

/* By line, and never not stated: an empty list is one, too. */
static struct list sorted(const struct import_notes *notes) {
    if (notes->n) qsort(notes->at, notes->n, sizeof *notes->at, by_line);
    return (struct list){notes->n ? (const void *)notes->at : KINDS, notes->n};
}

enum err app_import(struct ctx *c, const char *kind, const struct import_file *file,
                    struct import_receipt *receipt_out) {
    struct import import = {.file = file, .arena = c->arena};
    size_t i = kind_at(kind);
    if (i == COUNT(KINDS))
        return FAIL(c, ERR_NOT_FOUND, "not-found", "What can be imported: %s.", app_import_kinds(c));
    import.receipt.kind = KINDS[i].name;
    TRY(KINDS[i].run(c, &import, &KINDS[i]));
    import.receipt.faults = sorted(&import.faults);
    import.receipt.warnings = sorted(&import.warnings);
    if (import.receipt.refused && !file->keep_good) return refuse_file(c, &import);
    *receipt_out = import.receipt;
    return OK;
}
