#include "app/drop_scan.h"
#include "base/date.h"
#include "base/id.h"
#include "base/limits.h"
#include "domain/gs1.h"
#include "store/store_drop.h"
#include <inttypes.h>
#include <string.h>

static const char *pointer(struct ctx *c, size_t i, const char *member) {
    return arena_printf(c->arena, "/lines/%zu/%s", i, member);
}

static int this_year(const struct ctx *c) {
    int year, month, day;
    date_split(c->now / DAY_MS, &year, &month, &day);
    return year;
}

/* ---- what the scan says, where the line says nothing, or otherwise ---- */

static void fill_lot(struct ctx *c, const char *scanned, size_t i, struct drop_line *line) {
    if (!scanned[0]) return;
    if (line->lot && !gs1_same_lot(line->lot, scanned))
        ctx_fault_item(c, pointer(c, i, "lot"), "must be the scan's, %s: leave out the one that is wrong",
                       scanned);
    line->lot = arena_strdup(c->arena, scanned);
}

static void fill_expiry(struct ctx *c, int64_t scanned, size_t i, struct drop_line *line) {
    char text[DATE_TEXT_SIZE];
    if (scanned == NONE) return;
    if (line->expiry != NONE && line->expiry != scanned)
        ctx_fault_item(c, pointer(c, i, "expiry"), "must be the scan's, %s: leave out the one that is wrong",
                       date_format(scanned, text));
    line->expiry = scanned;
}

static void fill_gtin(struct ctx *c, const char *scanned, size_t i, struct drop_line *line) {
    char stated[GS1_GTIN_SIZE];
    if (!scanned[0]) return;
    if (line->gtin && (!gs1_gtin14(line->gtin, stated) || strcmp(stated, scanned) != 0))
        ctx_fault_item(c, pointer(c, i, "gtin"), "must be the scan's, %s: leave out the one that is wrong",
                       scanned);
    line->gtin = arena_strdup(c->arena, scanned);
}

/* A catalogue's GTIN is that of one base unit, so a count of it is a count of base units. What the driver
 * states is what was handed over, be it less than the label counts (part of a carton, or two of it damaged)
 * or more (two cartons): it stands. */
static void fill_qty(struct ctx *c, const struct gs1 *scan, size_t i, struct drop_line *line) {
    int64_t count = scan->contained != NONE ? scan->contained : scan->count;
    if (line->qty != NONE || count == NONE) return;
    if (scan->contained != NONE && scan->count != NONE)
        ctx_fault_item(c, pointer(c, i, "qty"), "is required: the scan holds two counts");
    else if (count > LIMIT_UNITS)
        ctx_fault_item(c, pointer(c, i, "scan"), "holds a count of %" PRId64 ": at most %d can be stated",
                       count, LIMIT_UNITS);
    line->qty = count;
}

/* A scan that cannot be read is one fault: what it might have held is not asked for beside it. */
MUST static enum err read_scan(struct ctx *c, size_t i, struct drop_line *line, bool *read_out) {
    const struct gs1_known known = {this_year(c), line->lot, line->gtin};
    struct gs1 scan;
    struct gs1_fault fault;
    line->scanned = 1;
    *read_out = gs1_read(line->scan, strlen(line->scan), &known, &scan, &fault) == OK;
    if (!*read_out) {
        ctx_fault_item(c, pointer(c, i, "scan"), "cannot be read at position %zu: %s", fault.at, fault.text);
        return OK;
    }
    const char *gtin = scan.gtin[0] ? scan.gtin : scan.content_gtin;
    fill_gtin(c, gtin, i, line);
    fill_lot(c, scan.lot, i, line);
    fill_expiry(c, scan.expiry, i, line);
    fill_qty(c, &scan, i, line);
    if ((gtin[0] && !line->gtin) || (scan.lot[0] && !line->lot))
        return FAIL(c, ERR_LIMIT, "request.too-large", "the report is too large");
    return OK;
}

enum err drop_scan_fill(struct ctx *c, const struct drop_line *line, size_t i, struct drop_line *line_out) {
    bool read = true;
    *line_out = *line;
    if (line->scan) TRY(read_scan(c, i, line_out, &read));
    if (!read) return OK;
    if (line_out->qty == NONE)
        ctx_fault_item(c, pointer(c, i, "qty"), "is required: a whole number from 0 to %d%s", LIMIT_UNITS,
                       line->scan ? ", for the scan holds no count" : "");
    if (id_is_none(line_out->product_id) && !line_out->code && !line_out->gtin)
        ctx_fault_item(c, arena_printf(c->arena, "/lines/%zu", i),
                       "must name a product_id, a code or a gtin, or hold a scan with a GTIN");
    return OK;
}

/* ---- the product ---- */

enum err drop_scan_check(struct ctx *c, const struct drop_line *line, size_t i, struct drop_line *line_out) {
    struct drop_product scanned, named;
    bool by_id = !id_is_none(line->product_id);
    TRY(drop_scan_fill(c, line, i, line_out));
    if (!line->scan || !line_out->gtin || (!by_id && !line->code)) return OK;
    enum err of_scan = store_drop_product(c, (struct id){{0}}, NULL, line_out->gtin, &scanned);
    if (of_scan != OK && of_scan != ERR_NOT_FOUND) return of_scan;
    enum err of_name = store_drop_product(c, line->product_id, line->code, NULL, &named);
    if (of_name != OK && of_name != ERR_NOT_FOUND) return of_name;
    bool other = of_scan == OK && (of_name != OK || !id_equal(scanned.id, named.id));
    other = other || (of_scan != OK && of_name == OK && named.gtin);
    if (other)
        ctx_fault_item(c, pointer(c, i, by_id ? "product_id" : "code"),
                       "must be the product of the scan, whose GTIN is %s: leave out the one that is wrong",
                       line_out->gtin);
    return OK;
}
