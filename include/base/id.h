/* Ids: UUID version 7 (RFC 9562): 48 bits of Unix milliseconds, a count, then random bits. Not secrets. */
#ifndef CANARY_BASE_ID_H
#define CANARY_BASE_ID_H

#include "base/value.h"

#define ID_TEXT_SIZE 37

/* A new version 7 id for the instant `now` (ms since 1970): 12 bits count the ids of that millisecond, so
 * that up to 4,096 of them keep their order; the rest is random. */
struct id id_new(int64_t now);
/* Reads the 36-character form, either case, any version. false when it is not one; the nil UUID
 * is none either, because it would read as "not stated". */
bool id_parse(const char *text, struct id *id_out);
/* Writes the lower-case form and a NUL into text; returns text. */
const char *id_format(struct id id, char text[ID_TEXT_SIZE]);
bool id_equal(struct id a, struct id b);
bool id_is_none(struct id id);
/* memcmp order, the database's order of its 16-byte blobs. */
int id_compare(struct id a, struct id b);

#endif
