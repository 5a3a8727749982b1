#include "app/app_delivery.h"
#include "base/id.h"
#include "store/store_commitment.h"
#include "store/store_delivery.h"

/* The filters that no single index serves: the ids beside the one the statement is narrowed to, and the
 * clock's. */
MUST static enum err passes(struct ctx *c, const struct delivery_filter *f, const struct delivery_row *row,
                            bool *pass_out) {
    struct commitment commitment;
    *pass_out = (id_is_none(f->customer_id) || id_equal(f->customer_id, row->customer_id)) &&
                (id_is_none(f->run_id) || id_equal(f->run_id, row->run_id));
    if (!*pass_out || f->timeliness == NONE) return OK;
    *pass_out = false;
    if (row->kind == DELIVERY_RECOVERY) return OK; /* never a commitment */
    TRY(store_commitment_get(c, row->order_id, &commitment));
    *pass_out = commitment_timeliness(&commitment, c->now) == f->timeliness;
    return OK;
}

enum err app_delivery_list(struct ctx *c, const struct delivery_filter *filter, struct list *rows_out) {
    struct delivery_filter page = *filter;
    struct delivery_row *kept = arena_array(c->arena, (size_t)filter->limit, sizeof *kept);
    size_t n = 0;
    struct list rows = {NULL, (size_t)filter->limit};
    if (!kept) return FAIL(c, ERR_LIMIT, "request.too-large", "ask for a smaller page");
    while (rows.n == (size_t)page.limit && n < (size_t)filter->limit) {
        TRY(store_delivery_list(c, &page, &rows));
        for (size_t i = 0; i < rows.n && n < (size_t)filter->limit; i++) {
            const struct delivery_row *row = (const struct delivery_row *)rows.at + i;
            bool pass;
            TRY(passes(c, filter, row, &pass));
            if (pass) kept[n++] = *row;
            page.after_date = row->date;
            page.after_id = row->id;
        }
    }
    *rows_out = (struct list){kept, n};
    return OK;
}
