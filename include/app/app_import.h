/* CSV files of the catalogue, patients, prescriptions and history: the command line and the API import the
 * same way, through the use cases that single requests use. */
#ifndef CANARY_APP_IMPORT_H
#define CANARY_APP_IMPORT_H

#include "base/ctx.h"
#include "base/shape.h"
#include "json/csv.h"

struct history_map;

/* In: one file. */
struct import_file {
    const char *name; /* how faults name it */
    const char *bytes;
    size_t n;
    bool keep_good; /* keep the good rows; otherwise all or nothing */
    void (*progress)(void *user, int64_t done, int64_t rows); /* now and then; NULL: nobody watches */
    void *user;
    const struct history_map *map; /* of history: which column is what (app_import_history.h) */
};

struct import_fault {
    int64_t line;
    const char *column; /* "": the whole row */
    const char *detail; /* holds no personal value */
};
extern const struct shape import_fault_shape;

/* Out: what became of the rows. rows = added + changed + unchanged + refused. */
struct import_receipt {
    const char *kind;
    int64_t rows, added, changed, unchanged, refused;
    struct list faults;   /* struct import_fault, by line */
    struct list warnings; /* the same, of rows that were taken all the same */
};
extern const struct shape import_receipt_shape;

/* Runs inside the caller's unit. Faults: not-found (no such kind), import.refused (bad rows and not
 * keep_good: every fault is an item with pointer NAME:LINE:COLUMN; the caller's unit must be undone),
 * request.invalid (the file as a whole can not be read). */
MUST enum err app_import(struct ctx *c, const char *kind, const struct import_file *file,
                         struct import_receipt *receipt_out);
bool app_import_known(const char *kind);
/* "depots, zones, …" for people. */
const char *app_import_kinds(struct ctx *c);

/* ---- for those who write a kind ---- */

/* A growing list. */
struct import_notes {
    struct import_fault *at;
    size_t n, cap;
};

/* A running import. Its faults live in its arena, the request's; what a row needs lives in an arena of its
 * own, which is c->arena inside import_each and import_rows. */
struct import {
    const struct import_file *file;
    struct csv_table table;
    struct import_receipt receipt;
    struct arena *arena;
    bool *refused; /* of each row of the table */
    struct import_notes faults, warnings;
};

/* WAITING: the row is judged and counted later. */
enum import_fate { IMPORT_ADDED, IMPORT_CHANGED, IMPORT_UNCHANGED, IMPORT_REFUSED, IMPORT_WAITING };

/* Reads the file into import->table; what is wrong with single rows is kept as faults. The header must name
 * each of `needed` and nothing outside `known` (both space-separated; known NULL: whatever there is). */
MUST enum err import_read(struct ctx *c, struct import *import, const char *known, const char *needed);
/* The cell of a column in a row: "" when the file has no such column. */
const char *import_cell(const struct import *import, const struct csv_row *row, const char *column);
/* Refuses row i of the table for one fault more; the text must hold no personal value. */
__attribute__((format(printf, 5, 6))) MUST enum err
import_refuse(struct ctx *c, struct import *import, size_t i, const char *column, const char *fmt, ...);
/* Says of row i, which is taken, that it can hardly be true; the text must hold no personal value. */
MUST enum err import_warn(struct ctx *c, struct import *import, size_t i, const char *column,
                          const char *text);
/* As import_refuse for what the context's fault says, which it forgets; items are pointers to columns. Passes
 * `err` up when it is not about the row: only invalid, conflict, state, denied and not found are, and a use
 * case that answers them has written nothing. */
MUST enum err import_refuse_for(struct ctx *c, struct import *import, size_t i, enum err err);
/* Counts one row of the table. */
void import_count(struct import *import, enum import_fate fate);

typedef enum err import_step(struct ctx *c, struct import *import, size_t i, void *user);
typedef enum err import_row(struct ctx *c, struct import *import, size_t i, void *user,
                            enum import_fate *fate_out);

/* Calls step for 0 … n - 1, with an empty c->arena each time. */
MUST enum err import_each(struct ctx *c, struct import *import, size_t n, import_step *step, void *user);
/* Calls row for each row of the table that is not refused yet, and counts all; a row that fails is refused
 * for it (import_refuse_for). */
MUST enum err import_rows(struct ctx *c, struct import *import, import_row *row, void *user);

/* One kind, a row of the table in app_import.c. */
struct import_kind {
    const char *name;
    enum err (*run)(struct ctx *c, struct import *import, const struct import_kind *kind);
    const struct import_catalogue *catalogue; /* of import_catalogue_run, else NULL */
};

#endif
