/* Bytes one value after the other, numbers in as few as they need; and bytes made small as a whole. */
#ifndef CANARY_BASE_BYTES_H
#define CANARY_BASE_BYTES_H

#include "base/text.h"
#include "base/value.h"

/* Seven bits a byte, the lowest first, the last byte without its highest bit (LEB128): 1 … 10 bytes. */
void bytes_add_number(struct text *out, uint64_t value);
/* The same of a number that may be negative: 0, -1, 1, -2 … are 0, 1, 2, 3 … */
void bytes_add_signed(struct text *out, int64_t value);

/* Reads on from `at`. What is not there, or is none, reads as zeros and sets `bad`, which stays. */
struct bytes {
    const uint8_t *at, *end;
    bool bad;
};
struct bytes bytes_of(struct blob blob);
uint64_t bytes_number(struct bytes *from);
int64_t bytes_signed(struct bytes *from);
/* The next n bytes, where they stand; {NULL, 0} when there are fewer. */
struct blob bytes_take(struct bytes *from, uint64_t n);
/* The text up to the next NUL, where it stands; "" when there is none. */
const char *bytes_text(struct bytes *from);

/* Zstandard (RFC 8878). {NULL, 0}: no memory. The bytes differ between releases of the library, and every
 * release reads them. */
struct blob bytes_zip(struct arena *arena, struct blob plain);
/* {NULL, 0}: they are none, or more than `most` when unpacked, or there is no memory. A NUL follows. */
struct blob bytes_unzip(struct arena *arena, struct blob zipped, size_t most);

#endif
