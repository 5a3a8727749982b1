/* JSON by field tables: text → strict check → record with all faults at once; record → text.
 * cJSON does the parsing and never leaves src/json. */
#ifndef CANARY_JSON_JSON_H
#define CANARY_JSON_JSON_H

#include "base/ctx.h"
#include "base/shape.h"
#include "base/text.h"

/* Is this one RFC 8259 text, in UTF-8, whole buffer, at most LIMIT_JSON_DEPTH deep and
 * LIMIT_JSON_NODES values? Otherwise ERR_INVALID, slug "request.not-json" (status 400), with the
 * byte offset in the detail. Well-formed but refused, as fault items with their pointer (422):
 * \u0000 or half a surrogate pair in a string, repeated member names (also when one is escaped),
 * numbers of more than 60 characters. Here and below: one item a pointer, and after 100 items one
 * that says "and more". */
MUST enum err json_check(struct ctx *c, const char *bytes, size_t n);

/* Reads an object into `record_out` (cleared first) by the shape's table. Everything wrong is
 * named at once, each with its JSON pointer: unknown member, wrong type, missing required member,
 * number not whole or out of range, more decimals than the kind takes, text too long or empty
 * where required, bad date, instant, time, id, unknown word (with the words allowed), too many items.
 * ERR_INVALID: slug "request.not-json" (400) or "request.invalid" (422). Default limits when
 * min = max = 0: K_INT 0 … LIMIT_UNITS; K_TEXT LIMIT_NAME bytes; K_LIST, K_IDS, K_TEXTS, K_INTS LIMIT_LINES
 * items; K_MILLI 0 … LIMIT_UNITS × 1000; K_DEG ±180°; dates DATE_MIN … DATE_MAX. A required text must hold a
 * non-space. Texts with control characters other than \n and \t are refused. */
MUST enum err json_decode(struct ctx *c, const char *bytes, size_t n, const struct shape *shape,
                          void *record_out);
/* As json_decode for PATCH: only members present are written, others keep what record holds;
 * required applies only to members present (null for one is refused). */
MUST enum err json_patch(struct ctx *c, const char *bytes, size_t n, const struct shape *shape, void *record);
/* As json_decode, for one value given as text (query parameters, CSV cells): false + a fault item
 * under `pointer` when it is not of the field's kind and limits. Empty text is "not stated". */
bool json_read_word(struct ctx *c, const struct field *field, const char *text, const char *pointer,
                    void *record);

/* The limits in force for a field, its own or its kind's (a required text has at least 1 byte):
 * what decoding judges by and the OpenAPI document states. */
struct json_limits {
    int64_t min, max;
};
struct json_limits json_limits(const struct field *field);

/* Reads the members of an object that the shape has, and no others; none is required. For the head of a body
 * whose form depends on it. Faults as json_decode. */
MUST enum err json_peek(struct ctx *c, const char *bytes, size_t n, const struct shape *shape,
                        void *record_out);

/* For batches whose items are judged one by one: the elements of the array `name`, the only member
 * of an object body, each as its JSON text (const char *, in the arena) for json_decode. Faults
 * inside an element are left to its own decoding. ERR_INVALID as json_decode, also when there are
 * more than `max` elements. */
MUST enum err json_items(struct ctx *c, const char *bytes, size_t n, const char *name, size_t max,
                         struct list *texts_out);

/* Writes a record as one object, members in table order, without white space. Flags of
 * enum field_flags apply. */
void json_object(struct text *out, const struct shape *shape, const void *record);
/* Writes [object, …]. */
void json_array(struct text *out, const struct shape *shape, struct list records);
/* {"items":[…],"next":…}; next NULL → null. */
void json_page(struct text *out, const struct shape *shape, struct list records, const char *next);
/* A string with quotes and escapes; NULL → null. */
void json_string(struct text *out, const char *utf8);

/* One value of a record as its JSON text would be without quotes (for CSV): "" when not stated. */
void json_word(struct text *out, const struct field *field, const void *record);

#endif
