/* The clock's part of the worklist: whose day to call has come is kept by cover (store_to_call.h). */
#include "app/app_worklist.h"
#include "app/app_plan.h"
#include "store/store_to_call.h"

enum err app_to_call(struct ctx *c, int64_t most, int64_t *left_out) {
    struct to_call_place through;
    struct list rows;
    int64_t today;
    TRY(app_plan_today(c, &today));
    TRY(store_to_call_through(c, &through));
    TRY(store_to_call_next(c, &through, today, most, &rows));
    const struct to_call *row = rows.at;
    for (size_t i = 0; i < rows.n; i++)
        TRY(store_to_call_add(c, &row[i]));
    *left_out = rows.n == (size_t)most;
    if (rows.n == 0) return OK;
    through = (struct to_call_place){row[rows.n - 1].call_due, row[rows.n - 1].order_id};
    return store_to_call_through_set(c, &through);
}
