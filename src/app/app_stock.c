#include "app/app_stock.h"
#include "base/id.h"
#include "domain/suggest.h"
#include "store/store_patient.h"
#include "store/store_stock.h"

/* The use of one product from each version on. A version that does not name it ends its use; of two versions
 * from the same date the later one holds. */
static size_t use_of(const struct list *uses, struct id product_id, struct use_since *use) {
    const struct stock_use_row *row = uses->at;
    size_t n = 0;
    for (size_t i = 0; i < uses->n; i++) {
        bool version_begins = i == 0 || !id_equal(row[i].prescription_id, row[i - 1].prescription_id);
        if (version_begins && (n == 0 || use[n - 1].from != row[i].effective_from)) n++;
        if (version_begins) use[n - 1] = (struct use_since){row[i].effective_from, 0};
        if (id_equal(row[i].product_id, product_id)) use[n - 1].use_per_day = row[i].use_per_day;
    }
    return n;
}

/* All versions, and room for what one product makes of them. */
MUST static enum err load_uses(struct ctx *c, struct id patient_id, struct list *uses_out,
                               struct use_since **room_out) {
    TRY(store_stock_use(c, patient_id, uses_out));
    *room_out = arena_array(c->arena, uses_out->n + 1, sizeof **room_out);
    if (*room_out) return OK;
    return FAIL(c, ERR_LIMIT, "request.too-large", "this patient has more prescriptions than fit");
}

/* A product in use that was never counted is left out: it can only make the cover shorter. */
MUST static enum err least_cover(struct ctx *c, struct id patient_id, int64_t *date_out) {
    struct list stock, uses;
    struct use_since *use;
    *date_out = NONE;
    TRY(load_uses(c, patient_id, &uses, &use));
    TRY(store_stock_last(c, patient_id, &uses, &stock));
    for (size_t i = 0; i < stock.n; i++) {
        const struct stock_row *row = (const struct stock_row *)stock.at + i;
        size_t n = use_of(&uses, row->product_id, use);
        int64_t until = cover_until(row->date, row->on_hand + row->accepted, use, n);
        if (until != NONE && (*date_out == NONE || until < *date_out)) *date_out = until;
    }
    return OK;
}

enum err app_stock_refresh(struct ctx *c, struct id patient_id) {
    int64_t date;
    TRY(least_cover(c, patient_id, &date));
    return store_patient_cover_set(c, patient_id, date);
}

enum err app_stock_used(struct ctx *c, struct id patient_id, struct id product_id, int64_t from,
                        int64_t until, int64_t *milli_out) {
    struct list uses;
    struct use_since *use;
    TRY(load_uses(c, patient_id, &uses, &use));
    size_t n = use_of(&uses, product_id, use);
    *milli_out = use_between(use, n, from, until);
    return OK;
}
