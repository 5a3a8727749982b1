/* What an image is, by its bytes, whatever anybody calls it (libmagic, in image.c alone). */
#ifndef CANARY_BASE_IMAGE_H
#define CANARY_BASE_IMAGE_H

#include "base/ctx.h"

enum image_type { IMAGE_PNG, IMAGE_JPEG };
extern const struct names image_type_names; /* "image/png", "image/jpeg" */

/* *type_out: enum image_type, or NONE for anything else, also for an image in whose first or last bytes there
 * is text that a browser could run. *found_out: what the bytes are, in words for the sender; in the arena.
 * ERR_INTERNAL when the library has no data of its own; ERR_LIMIT. */
MUST enum err image_sniff(struct ctx *c, const void *bytes, size_t n, int64_t *type_out,
                          const char **found_out);

#endif
