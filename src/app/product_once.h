/* Lines of a body that name products: each must be ours, and stand once. */
#ifndef CANARY_APP_PRODUCT_ONCE_H
#define CANARY_APP_PRODUCT_ONCE_H

#include "domain/catalogue.h"

/* Looks at line `i` of an array of records of `size` bytes that begin with their product's id. Adds a fault
 * item at /lines/i/product_id when it is unknown or stood before; *ok_out tells. */
MUST enum err product_once(struct ctx *c, const void *lines, size_t size, size_t i,
                           struct product *product_out, bool *ok_out);

#endif
