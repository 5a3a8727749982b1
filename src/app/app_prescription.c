#include "app/app_audit.h"
#include "app/app_patient.h"
#include "app/app_stock.h"
#include "base/id.h"
#include "base/text.h"
#include "store/store_patient.h"
#include <stdlib.h>
#include <string.h>

enum err app_prescription_get(struct ctx *c, struct id patient_id, struct prescription_view *view_out) {
    struct patient patient;
    struct prescription now;
    int64_t today;
    shape_clear(&prescription_view_shape, view_out);
    view_out->lines.at = view_out->history.at = &prescription_view_shape; /* stated, and empty */
    TRY(app_patient_get(c, patient_id, &patient));
    TRY(app_patient_today(c, patient.zone_id, &today));
    TRY(store_prescription_all(c, patient_id, &view_out->history));
    if (!view_out->history.at) view_out->history.at = &prescription_view_shape;
    view_out->version = (int64_t)view_out->history.n;
    enum err err = store_prescription_on(c, patient_id, today, &now);
    if (err == ERR_NOT_FOUND) return OK;
    TRY(err);
    view_out->effective_from = now.effective_from;
    view_out->lines = now.lines;
    return OK;
}

static int by_product(const void *a, const void *b) {
    return id_compare(((const struct prescription_line *)a)->product_id,
                      ((const struct prescription_line *)b)->product_id);
}

static enum err check_line(struct ctx *c, const struct prescription_line *line, size_t i,
                           const char *pointer) {
    struct product product;
    if (!pointer)
        return FAIL(c, ERR_LIMIT, "request.too-large", "The request needs more memory than one may have.");
    for (size_t k = 1; k <= i; k++)
        if (id_equal(line[0].product_id, (line - k)->product_id)) {
            ctx_fault_item(c, pointer, "must be stated only once");
            return OK;
        }
    enum err err = store_product_get(c, line->product_id, &product);
    if (err == ERR_NOT_FOUND)
        ctx_fault_item(c, pointer, "is no product of ours");
    else
        TRY(err);
    if (err == OK && !product.active && line->use_per_day > 0)
        ctx_fault_item(c, pointer, "is a product that is no longer active");
    return OK;
}

static enum err check_lines(struct ctx *c, struct list lines) {
    const struct prescription_line *line = lines.at;
    for (size_t i = 0; i < lines.n; i++)
        TRY(check_line(c, &line[i], i, arena_printf(c->arena, "/lines/%zu/product_id", i)));
    return ctx_faults(c);
}

/* Sorted, as the store answers them. */
static enum err sorted(struct ctx *c, struct list lines, struct list *lines_out) {
    struct prescription_line *line =
        (struct prescription_line *)(void *)arena_memdup(c->arena, lines.at, lines.n * sizeof *line);
    if (!line)
        return FAIL(c, ERR_LIMIT, "request.too-large", "The request needs more memory than one may have.");
    qsort(line, lines.n, sizeof *line, by_product);
    *lines_out = (struct list){line, lines.n};
    return OK;
}

/* Is it what holds from that very date on already? */
static enum err is_known(struct ctx *c, struct id patient_id, int64_t date, struct list lines,
                         bool *known_out) {
    struct prescription there;
    enum err err = store_prescription_on(c, patient_id, date, &there);
    *known_out = err == OK && there.effective_from == date && there.lines.n == lines.n &&
                 memcmp(there.lines.at, lines.at, lines.n * sizeof(struct prescription_line)) == 0;
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err app_prescription_put(struct ctx *c, struct id patient_id, const struct prescription_in *in,
                              bool *added_out) {
    struct patient patient;
    struct prescription next = {.id = id_new(c->now),
                                .patient_id = patient_id,
                                .effective_from = in->effective_from,
                                .recorded_at = c->now,
                                .recorded_by = c->actor.user_id};
    bool known;
    TRY(app_patient_get(c, patient_id, &patient));
    TRY(check_lines(c, in->lines));
    TRY(sorted(c, in->lines, &next.lines));
    TRY(is_known(c, patient_id, next.effective_from, next.lines, &known));
    if (added_out) *added_out = !known;
    if (known) return OK;
    TRY(store_prescription_add(c, &next));
    TRY(app_stock_refresh(c, patient_id));
    struct audit event = {.action = "prescription.add",
                          .entity = "patient",
                          .id = patient_id,
                          .version = patient.version,
                          .change = app_change(c, &prescription_shape, NULL, &next)};
    return app_audit(c, &event);
}
