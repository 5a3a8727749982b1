/* What is kept of each patient's stock is what the counts, the drops and the prescriptions make of it. */
#include "app/app_stock.h"
#include "base/id.h"
#include "base/limits.h"
#include "store/store_stock.h"
#include "verify_walk.h"

enum { PAGE = 200 };

MUST static enum err look_at(struct ctx *c, struct verify_walk *walk, const struct stock_kept *kept) {
    char id[ID_TEXT_SIZE];
    bool right;
    TRY(app_stock_is_right(c, kept, &right));
    if (!right)
        verify_find(walk,
                    "patient %s: the stock and the cover that are kept are not what counts, drops and "
                    "prescriptions make of them",
                    id_format(kept->patient_id, id));
    return OK;
}

MUST static enum err look_at_page(struct ctx *c, struct verify_walk *walk, struct id *after, bool *more_out) {
    struct list rows;
    TRY(store_stock_all_kept(c, *after, PAGE, &rows));
    const struct stock_kept *kept = rows.at;
    for (size_t i = 0; i < rows.n; i++)
        TRY(look_at(c, walk, &kept[i]));
    if (rows.n > 0) *after = kept[rows.n - 1].patient_id;
    *more_out = rows.n == PAGE;
    return OK;
}

enum err verify_stock(struct ctx *c, struct verify_walk *walk) {
    return verify_pages(c, walk, look_at_page);
}
