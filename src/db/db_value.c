#include "db/driver.h"
#include "base/date.h"
#include "base/text.h"
#include <math.h>
#include <string.h>

#define DATE_FIRST (-719162) /* 0001-01-01 … 9999-12-31: what "YYYY-MM-DD" can say */
#define DATE_LAST 2932896
#define INSTANT_FIRST (DATE_FIRST * DAY_MS)
#define INSTANT_LAST ((DATE_LAST + 1) * DAY_MS - 1)
#define DEG_LAST INT64_C(1800000000)

struct cell_of {
    struct ctx *c;
    const struct db_stmt *stmt;
    const struct field *field;
    const struct db_cell *cell;
    bool keep;
};

struct db_arg db_int(int64_t value) {
    return (struct db_arg){.type = DB_ARG_INT, .integer = value};
}

struct db_arg db_text(const char *text) {
    return (struct db_arg){.type = DB_ARG_TEXT, .at = text, .n = text ? strlen(text) : 0};
}

struct db_arg db_blob(const void *at, size_t n) {
    return (struct db_arg){.type = DB_ARG_BLOB, .at = at, .n = n};
}

struct db_arg db_place(const struct id *id) {
    struct db_arg arg = {.type = DB_ARG_ID};
    return id_shorten(id, arg.id) ? arg : db_blob(id->b, sizeof id->b);
}

struct db_arg db_id(const struct id *id) {
    static const struct id no_id;
    bool none = !id || memcmp(id, &no_id, sizeof no_id) == 0;
    return none ? db_blob(NULL, 0) : db_place(id);
}

struct db_arg db_real(double value) {
    return (struct db_arg){.type = DB_ARG_REAL, .real = value};
}

struct db_arg db_word(const struct names *names, int64_t value) {
    return db_text(names_word(names, value));
}

static struct db_arg arg_integer(const struct field *field, const void *at) {
    (void)field;
    return db_int(*(const int64_t *)at);
}

static struct db_arg arg_text(const struct field *field, const void *at) {
    (void)field;
    return db_text(*(const char *const *)at);
}

static struct db_arg arg_id(const struct field *field, const void *at) {
    (void)field;
    return db_id(at);
}

static struct db_arg arg_word(const struct field *field, const void *at) {
    return db_word(field->names, *(const int64_t *)at);
}

static struct db_arg arg_blob(const struct field *field, const void *at) {
    (void)field;
    const struct blob *blob = at;
    return db_blob(blob->at, blob->n);
}

static struct db_arg arg_real(const struct field *field, const void *at) {
    (void)field;
    return db_real(*(const double *)at);
}

static enum err forbidden(const struct cell_of *of, const char *why) {
    return FAIL(of->c, ERR_CORRUPT, "db.corrupt", "statement %s, column %s: %s", of->stmt->name,
                of->field->name, why);
}

static enum err out_of_memory(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "the answer needs more memory than one request may use");
}

static enum err keep_bytes(const struct cell_of *of, const void **at_out) {
    *at_out = of->cell->at;
    if (!of->keep) return OK;
    *at_out = arena_memdup(of->c->arena, of->cell->at, of->cell->n);
    return *at_out ? OK : out_of_memory(of->c);
}

static enum err fill_text(const struct cell_of *of, void *at) {
    if (!text_utf8_valid(of->cell->at, of->cell->n)) return forbidden(of, "the text is not UTF-8");
    const void *bytes;
    TRY(keep_bytes(of, &bytes));
    *(const char **)at = bytes;
    return OK;
}

static enum err fill_id(const struct cell_of *of, void *at) {
    static const struct id no_id;
    if (of->cell->n == ID_SHORT_SIZE) {
        *(struct id *)at = id_lengthen(of->cell->at);
        return OK;
    }
    if (of->cell->n != sizeof no_id) return forbidden(of, "an id has 16 bytes, or 6");
    if (memcmp(of->cell->at, &no_id, sizeof no_id) == 0) return forbidden(of, "an id is never all zero");
    memcpy(at, of->cell->at, sizeof no_id);
    return OK;
}

static enum err fill_word(const struct cell_of *of, void *at) {
    const char *word = of->cell->at;
    int64_t value = strlen(word) == of->cell->n ? names_value(of->field->names, word) : NONE;
    if (value == NONE) return forbidden(of, "the word is not one of its enum's");
    *(int64_t *)at = value;
    return OK;
}

static enum err fill_blob(const struct cell_of *of, void *at) {
    const void *bytes;
    TRY(keep_bytes(of, &bytes));
    *(struct blob *)at = (struct blob){bytes, of->cell->n};
    return OK;
}

static enum err fill_real(const struct cell_of *of, void *at) {
    if (!isfinite(of->cell->real)) return forbidden(of, "the number is not finite");
    *(double *)at = of->cell->real;
    return OK;
}

/* One row a kind: an integer kind has limits, any other a function. */
static const struct {
    enum db_cell_type cell; /* CELL_NULL: not a column */
    int64_t min, max;
    enum err (*fill)(const struct cell_of *of, void *at);
    struct db_arg (*arg)(const struct field *field, const void *at);
} KINDS[] = {
    [K_INT] = {CELL_INT, -INT64_MAX, INT64_MAX, NULL, arg_integer},
    [K_BOOL] = {CELL_INT, 0, 1, NULL, arg_integer},
    [K_TEXT] = {CELL_TEXT, 0, 0, fill_text, arg_text},
    [K_ID] = {CELL_BLOB, 0, 0, fill_id, arg_id},
    [K_DATE] = {CELL_INT, DATE_FIRST, DATE_LAST, NULL, arg_integer},
    [K_INSTANT] = {CELL_INT, INSTANT_FIRST, INSTANT_LAST, NULL, arg_integer},
    [K_TIME] = {CELL_INT, 0, 1440, NULL, arg_integer},
    [K_MILLI] = {CELL_INT, -INT64_MAX, INT64_MAX, NULL, arg_integer},
    [K_DEG] = {CELL_INT, -DEG_LAST, DEG_LAST, NULL, arg_integer},
    [K_ENUM] = {CELL_TEXT, 0, 0, fill_word, arg_word},
    [K_HEX] = {CELL_BLOB, 0, 0, fill_blob, arg_blob},
    [K_REAL] = {CELL_REAL, 0, 0, fill_real, arg_real},
    [K_RAW] = {CELL_TEXT, 0, 0, fill_text, arg_text},
};

bool db_value_stored(enum kind kind) {
    return KINDS[kind].cell != CELL_NULL;
}

struct db_arg db_value_arg(const struct field *field, const void *record) {
    return KINDS[field->kind].arg(field, (const char *)record + field->at);
}

static enum err fill_integer(const struct cell_of *of, void *at) {
    int64_t value = of->cell->integer;
    if (value < KINDS[of->field->kind].min || value > KINDS[of->field->kind].max)
        return forbidden(of, "the number is out of its kind's range");
    *(int64_t *)at = value;
    return OK;
}

/* A sum of whole numbers is a whole number to the database. */
static enum err fill_real_from_integer(const struct cell_of *of, void *at) {
    *(double *)at = (double)of->cell->integer;
    return OK;
}

enum err db_value_fill(struct ctx *c, const struct db_stmt *s, const struct field *field,
                       const struct db_cell *cell, bool keep, void *record) {
    if (cell->type == CELL_NULL) return OK;
    struct cell_of of = {c, s, field, cell, keep};
    void *at = (char *)record + field->at;
    if (field->kind == K_REAL && cell->type == CELL_INT) return fill_real_from_integer(&of, at);
    if (cell->type != KINDS[field->kind].cell) return forbidden(&of, "the value has another type");
    if (cell->type == CELL_INT) return fill_integer(&of, at);
    if (cell->n > 0 && !cell->at) return out_of_memory(c);
    return KINDS[field->kind].fill(&of, at);
}
