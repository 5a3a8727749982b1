/* A shape describes the members of a struct once, for both boundaries: the JSON codecs write and
 * read them, the database binds and fills them, the OpenAPI document describes them. */
#ifndef CANARY_BASE_SHAPE_H
#define CANARY_BASE_SHAPE_H

#include "base/value.h"

enum kind {            /* C member              JSON                            database */
            K_INT,     /* int64_t               integer                         INTEGER */
            K_BOOL,    /* int64_t 0 or 1        true, false                     INTEGER 0, 1 */
            K_TEXT,    /* const char *          string                          TEXT */
            K_ID,      /* struct id             UUID string                     BLOB(16) */
            K_DATE,    /* int64_t day number    "YYYY-MM-DD"                    INTEGER */
            K_INSTANT, /* int64_t ms            RFC 3339                        INTEGER */
            K_TIME,    /* int64_t minutes       "HH:MM"                         INTEGER */
            K_MILLI,   /* int64_t thousandths   number, at most 3 decimals      INTEGER */
            K_DEG,     /* int64_t 1e-7 degrees  number (7 decimals kept)        INTEGER */
            K_ENUM,    /* int64_t               word of `names`                 TEXT, the word */
            K_HEX,     /* struct blob           lower-case hex string           BLOB */
            K_REAL,    /* double; NAN = null    number, 6 significant decimals  REAL */
            K_OBJ,     /* const T *, NULL       object of `sub`                 - */
            K_LIST,    /* struct list of T      array of objects of `sub`       - */
            K_IDS,     /* struct list           array of UUID strings           - */
            K_TEXTS,   /* struct list           array of strings                - */
            K_INTS,    /* struct list           array of integers               - */
            K_RAW      /* const char *          JSON text, put in as it stands  TEXT */
};

/* What a member means in JSON. Default (0): optional in, "null when not stated" out. */
enum field_flags {
    F_REQUIRED = 1,   /* must be in an input, and not null */
    F_READONLY = 2,   /* never accepted in an input (unknown member); always written */
    F_OMIT = 4,       /* left out of the output when not stated, instead of null */
    F_HIDDEN = 8,     /* database only: neither read from nor written to JSON */
    F_INPUT = 16,     /* JSON input only: never written (passwords) */
    F_PERSONAL = 32,  /* a name, place, phone, note: the audit says that it changed, never to what */
    F_VARIES = 64,    /* for the OpenAPI document only: not in every answer, and null where not stated */
    F_CONTROLS = 128, /* K_TEXT: control characters are part of it (a scanner's separators); NUL never is */
    F_KEPT = 256      /* what a new one has stands in a row for good: the audit of it does not repeat it */
};

struct shape;

struct field {
    const char *name; /* JSON member and database column */
    enum kind kind;
    unsigned flags;
    size_t at;                 /* offsetof */
    const struct names *names; /* K_ENUM */
    const struct shape *sub;   /* K_OBJ, K_LIST */
    int64_t min, max;          /* numbers: value; text: bytes; lists: items. Both 0: the kind's
                                  default limits (src/json/json_limits: documented there) */
    const char *doc;           /* one line for the OpenAPI document */
    const char *example;       /* JSON text of an example value */
};

struct shape {
    const char *name; /* "patient": the OpenAPI component */
    size_t size;      /* sizeof the struct */
    const struct field *field;
    size_t n;
};

/* Table rows read like a declaration:
 *   static const struct field FIELDS[] = {
 *       FIELD(struct product, K_TEXT, code, .flags = F_REQUIRED, .max = 40, .doc = "…"), …
 *   };
 *   const struct shape product_shape = SHAPE("product", struct product, FIELDS); */
#define FIELD(type, kind_, ...) FIELD_(type, kind_, __VA_ARGS__, )
#define FIELD_(type, kind_, member, ...) \
    { .name = #member, .kind = (kind_), .at = offsetof(type, member), __VA_ARGS__ }
/* A member whose wire name is not a C name of ours ("from" inside a window is `from_min`). */
#define FIELD_AS(type, kind_, name_, ...) FIELD_AS_(type, kind_, name_, __VA_ARGS__, )
#define FIELD_AS_(type, kind_, name_, member, ...) \
    { .name = (name_), .kind = (kind_), .at = offsetof(type, member), __VA_ARGS__ }
/* A file with one record shortens it: #define ROW(kind_, ...) FIELD(struct order_row, kind_, __VA_ARGS__) */
#define SHAPE(name_, type, fields) \
    { (name_), sizeof(type), (fields), COUNT(fields) }

/* The field of that name, NULL when there is none. */
const struct field *shape_field(const struct shape *shape, const char *name);
/* Sets every member to "not stated": NONE, NULL, no id, empty list, NAN. Memory of shape->size. */
void shape_clear(const struct shape *shape, void *record);
/* true when the member was not stated. A list is stated when `at` is set, even if it is empty. */
bool shape_is_none(const struct field *field, const void *record);

#endif
