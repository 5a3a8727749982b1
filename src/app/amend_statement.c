#include "app/amend_statement.h"
#include "app/app_delivery_view.h"
#include "base/id.h"
#include "base/text.h"
#include "domain/commitment.h"
#include "store/store_drop.h"
#include <string.h>

MUST static enum err full(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "the report is too large");
}

struct report amend_report(const struct ctx *c, const struct field_event *base,
                           const struct amendment_in *in) {
    return (struct report){.id = in->id,
                           .kind = EVENT_AMENDMENT,
                           .at = in->at == NONE ? c->now : in->at,
                           .on_behalf_of = base->driver_id,
                           .reason = in->reason,
                           .shape = &amendment_in_shape,
                           .body = in};
}

/* ---- lines and evidence ---- */

MUST static enum err keep_lines(struct ctx *c, struct statement *statement) {
    struct list rows;
    TRY(store_event_lines(c, statement->standing.own_id, &rows));
    const struct field_event_line *row = rows.at;
    struct drop_line *line = arena_array(c->arena, rows.n + 1, sizeof *line);
    if (!line) return full(c);
    for (size_t i = 0; i < rows.n; i++) {
        shape_clear(&drop_line_shape, &line[i]);
        line[i].product_id = row[i].product_id;
        if (id_is_none(row[i].product_id)) line[i].code = row[i].stated;
        line[i].qty = row[i].qty;
        line[i].lot = row[i].lot;
        line[i].expiry = row[i].expiry;
        line[i].condition = row[i].condition;
        line[i].scanned = row[i].scanned;
    }
    statement->whole.lines = (struct list){line, rows.n};
    statement->kept = row;
    return OK;
}

void amend_keep_scans(const struct statement *statement, struct field_event_line *line) {
    if (!statement->kept) return;
    for (size_t i = 0; i < statement->whole.lines.n; i++) {
        line[i].stated = statement->kept[i].stated;
        line[i].scan = statement->kept[i].scan;
    }
}

static bool names(const struct drop_evidence *item, size_t n, const struct drop_evidence *one) {
    for (size_t i = 0; i < n; i++)
        if (item[i].kind == one->kind && strcasecmp(item[i].sha256, one->sha256) == 0) return true;
    return false;
}

/* What was named stays named; what is named anew is added, once. */
MUST static enum err add_evidence(struct ctx *c, const struct amendment_in *in, struct statement *statement) {
    struct list rows;
    TRY(store_event_evidence(c, statement->standing.own_id, &rows));
    struct drop_evidence *item = arena_array(c->arena, rows.n + in->evidence.n + 1, sizeof *item);
    if (!item) return full(c);
    for (size_t i = 0; i < rows.n; i++) {
        const struct field_event_evidence *row = (const struct field_event_evidence *)rows.at + i;
        item[i] = (struct drop_evidence){row->kind, text_hex(c->arena, row->sha256.at, row->sha256.n)};
        if (!item[i].sha256) return full(c);
    }
    size_t n = rows.n;
    for (size_t i = 0; i < in->evidence.n; i++) {
        const struct drop_evidence *one = (const struct drop_evidence *)in->evidence.at + i;
        if (!names(item, n, one)) item[n++] = *one;
    }
    statement->whole.evidence = (struct list){item, n};
    return OK;
}

/* ---- the whole ---- */

/* The last amendment that stands; else the confirmation itself. */
MUST static enum err find_standing(struct ctx *c, struct statement *statement) {
    enum err err = store_statement_standing(c, statement->base.id, INT64_MAX, &statement->standing);
    if (err != OK && err != ERR_NOT_FOUND) return err;
    if (err == ERR_NOT_FOUND) statement->standing = statement->base;
    statement->standing_at = err == OK ? statement->standing.at : NONE;
    return OK;
}

static void set_time(const struct amend_found *found, const struct amendment_in *in,
                     struct statement *statement) {
    const struct field_event *base = &statement->base;
    statement->put_right = in->dropped_at != NONE ? in->dropped_at : statement->standing.dropped_at;
    statement->dropped_at = statement->put_right != NONE
                                ? statement->put_right
                                : completed_at(base->at, base->received_at, found->delivery.booked_at);
}

enum err amend_statement(struct ctx *c, const struct amend_found *found, const struct amendment_in *in,
                         struct statement *statement_out) {
    struct statement *s = statement_out;
    struct confirmation before;
    *s = (struct statement){.base = found->confirmation};
    TRY(find_standing(c, s));
    set_time(found, in, s);
    TRY(app_statement_view(c, &s->standing, false, &before));
    shape_clear(&drop_in_shape, &s->whole);
    s->whole.id = in->id;
    s->whole.at = s->base.at;
    s->whole.received_by = in->received_by ? in->received_by : before.received_by;
    s->whole.location = in->location ? in->location : before.location;
    s->whole.note = in->note ? in->note : before.note;
    s->whole.bypass = in->bypass != NONE ? in->bypass : s->standing.bypass;
    s->whole.lines = in->lines;
    if (!in->lines.at) TRY(keep_lines(c, s));
    return add_evidence(c, in, s);
}
