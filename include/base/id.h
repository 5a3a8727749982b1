/* Ids: UUID version 7 (RFC 9562): 48 bits of Unix milliseconds, then a count, then bits that look random. Not
 * secrets.
 *
 * A third of a database would be ids, most of them bits that say nothing. So the last 62 bits of an id that
 * Canary makes follow from the others, and 6 bytes tell all of it: its short form, which is what the database
 * keeps. Ids that others made (devices, older databases) have none and are kept whole. */
#ifndef CANARY_BASE_ID_H
#define CANARY_BASE_ID_H

#include "base/value.h"

#define ID_TEXT_SIZE 37
#define ID_SHORT_SIZE 6
#define ID_WRITERS 8 /* processes that make ids for one database at the same time */

/* A new id, later than every one that this process made: of the instant `now` (ms since 1970), or, when the
 * clock was set back or the 32 ids of a millisecond are used up, of a later one. */
struct id id_new(int64_t now);
/* As a device makes them: random, without a short form. Also for what must differ from ids that were made
 * elsewhere at the same instant (the epoch of a restored database). */
struct id id_random(int64_t now);
/* Ids of this process are later than `instant` from now on: the last thing that a process before it wrote. */
void id_begin_after(int64_t instant);
/* Milliseconds of the latest id that this process made, or begins after; 0: none yet. */
int64_t id_latest(void);
/* Which of the processes that write at the same time this one is, 0 … ID_WRITERS - 1: no two of them make the
 * same id. 0 until it is told. */
void id_set_writer(int64_t writer);
int64_t id_writer(void);
/* How often it was told: before each time, another process may have had the same number. */
int64_t id_writer_told(void);

/* The short form: the lower 40 bits of the milliseconds, most significant first, and the count, so that short
 * forms are ordered as ids are. false: it has none, because it was not made by id_new, or before November
 * 2004 or after September 2039. */
bool id_shorten(const struct id *id, uint8_t short_out[ID_SHORT_SIZE]);
struct id id_lengthen(const uint8_t short_form[ID_SHORT_SIZE]);

/* Milliseconds since 1970, as a version 7 id has them. */
int64_t id_instant(struct id id);
/* Reads the 36-character form, either case, any version. false when it is not one; the nil UUID
 * is none either, because it would read as "not stated". */
bool id_parse(const char *text, struct id *id_out);
/* Writes the lower-case form and a NUL into text; returns text. */
const char *id_format(struct id id, char text[ID_TEXT_SIZE]);
bool id_equal(struct id a, struct id b);
bool id_is_none(struct id id);
/* The order of the 16 bytes: by time. The database has ids without a short form before all others. */
int id_compare(struct id a, struct id b);
/* The same for qsort and bsearch over struct id. */
int id_compare_at(const void *a, const void *b);

#endif
