/* One checked body: cJSON's tree beside the text it was parsed from. Private to src/json. */
#ifndef CANARY_JSON_DOC_H
#define CANARY_JSON_DOC_H

#include "json/json.h"
#include <cjson/cJSON.h>

/* cJSON reads a number through a buffer of 64 bytes; none of ours needs half of it. */
#define JSON_NUMBER_MAX 60

/* Well-formed and refused: what the scanner saw and the tree no longer shows. */
enum json_oddity { JSON_ODD_ESCAPE = 1, JSON_ODD_NAME = 2, JSON_ODD_NUMBER = 4 };

struct json_span {
    size_t at, n; /* the value's text */
    unsigned odd; /* enum json_oddity */
};

struct json_doc {
    const char *bytes;
    size_t n;
    char *patched; /* a copy in which oddities are replaced, so that cJSON keeps the rest; NULL: none */
    struct json_span *span; /* one a value, in the order in which the values begin */
    size_t nodes, cap;
    cJSON *root; /* each node's valueint is its index in span */
};

struct json_path {
    const struct json_path *up;
    const char *name; /* NULL: an element, `index` counts */
    size_t index;
};

/* Scans the grammar and fills spans and oddities (json_scan.c). */
MUST enum err json_scan(struct ctx *c, struct json_doc *doc);
/* Length of the RFC 8259 number that text begins with, 0 when there is none. */
size_t json_number_length(const char *text, size_t n);
/* value × 10^scale of a number's text, exactly. false when decimals are left over (unless `round`,
 * then half away from zero) or it does not fit. */
bool json_number_scaled(const char *text, size_t n, int scale, bool round, int64_t *value_out);

/* Scan, parse, tie the tree to the text. Close it on every path after OK. */
MUST enum err json_open(struct ctx *c, const char *bytes, size_t n, struct json_doc *doc_out);
void json_close(struct json_doc *doc);
/* Adds fault items for oddities and repeated names at and below node. */
MUST enum err json_judge(struct ctx *c, const struct json_doc *doc, const cJSON *node,
                         const struct json_path *path);

/* RFC 6901 text of a path; NULL is the whole body, "". */
const char *json_pointer(struct arena *arena, const struct json_path *path);
/* ctx_fault_item, once a pointer, and at most JSON_FAULTS_MAX of them before one "and more". */
#define JSON_FAULTS_MAX 100
__attribute__((format(printf, 3, 4))) void json_fault(struct ctx *c, const char *pointer, const char *fmt,
                                                      ...);
/* Nothing more will be told: 20,000 faults must not cost 20,000 texts. */
bool json_faults_full(const struct ctx *c);

/* A value of a kind that has no parts (K_INT … K_REAL, K_RAW) from its text: a string's content, a
 * number's or a literal's text. NUL-terminated unless it is a number. */
struct json_read {
    struct ctx *c;
    bool no_memory;
};
bool json_read_scalar(struct json_read *read, const struct field *field, const char *text, size_t n,
                      void *at);
/* "a whole number from 0 to 10000000": what a field takes, for fault texts. */
const char *json_allowed(struct arena *arena, const struct field *field);
/* Sets one member to "not stated". */
void json_clear(const struct field *field, void *at);

#endif
