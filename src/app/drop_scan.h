/* A line's scan: read, filled in where nothing was stated, held against what was stated. */
#ifndef CANARY_APP_DROP_SCAN_H
#define CANARY_APP_DROP_SCAN_H

#include "base/ctx.h"
#include "domain/drop.h"

/* *line_out is the line with its scan's GTIN, lot, expiry and count where none was stated, and scanned;
 * without a scan it is the line. Names as faults of line i: a scan that cannot be read (with the position in
 * it), a lot, an expiry or a GTIN beside it that says otherwise, a quantity or a product that neither states;
 * ctx_faults tells them. Its own error is a lack of memory. */
MUST enum err drop_scan_fill(struct ctx *c, const struct drop_line *line, size_t i,
                             struct drop_line *line_out);

/* The same, and names a product_id or code that is another product than the scan's. Its own errors are those
 * of the database and of memory. */
MUST enum err drop_scan_check(struct ctx *c, const struct drop_line *line, size_t i,
                              struct drop_line *line_out);

#endif
