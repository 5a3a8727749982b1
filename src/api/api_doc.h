/* Writing JSON by hand, with the commas in the right places; and the parts of the OpenAPI document. */
#ifndef CANARY_API_DOC_H
#define CANARY_API_DOC_H

#include "api_work.h"
#include "base/text.h"

/* `key` NULL: an element of an array. */
void doc_open(struct text *out, const char *key, char bracket);
void doc_close(struct text *out, char bracket);
void doc_str(struct text *out, const char *key, const char *value);
void doc_int(struct text *out, const char *key, int64_t value);
void doc_raw(struct text *out, const char *key, const char *json);

/* ---- api_openapi_schema.c ---- */

enum doc_side { DOC_OUT, DOC_IN, DOC_PATCH }; /* an answer, a body, a body that changes only what it names */

/* {"$ref": …} to the component of a shape. */
void doc_ref(struct text *out, const char *key, const struct shape *shape, enum doc_side side);
/* The component itself, under its name. */
void doc_component(struct text *out, const struct shape *shape, enum doc_side side);
/* The schema of one value, and an example of it. */
void doc_field(struct text *out, const char *key, const struct field *field, enum doc_side side);
void doc_example(struct text *out, const char *key, const struct shape *shape, enum doc_side side);
/* Is the member part of what crosses on this side? */
bool doc_crosses(const struct field *field, enum doc_side side);

#endif
