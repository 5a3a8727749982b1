#include "seed.h"
#include "app/app_plan.h"
#include "app/app_sweep.h"
#include "base/date.h"
#include "base/limits.h"

enum { AHEAD_DAYS = 35 };

/* ---- the clock's own work ---- */

struct new_order {
    struct id id, patient_id;
    int64_t call_due;
};
#define NEW(kind_, member) FIELD(struct new_order, kind_, member)
static const struct field NEW_FIELDS[] = {NEW(K_ID, id), NEW(K_ID, patient_id), NEW(K_DATE, call_due)};
static const struct shape new_shape = SHAPE("new_order", struct new_order, NEW_FIELDS);

static const struct db_stmt OPENED = {
    "seed.opened",
    "SELECT id, patient_id, call_due FROM patient_order WHERE created_at = $1 AND due_date >= $2 "
    "ORDER BY call_due, id",
    NULL};

/* Whoever has a new order is called, about when the worklist says so. */
enum err seed_act_plan(struct seed *s, const struct act *act) {
    struct plan_receipt receipt;
    struct list orders;
    int64_t today;
    TRY(app_plan_today(s->c, &today));
    TRY(app_plan(s->c, today + AHEAD_DAYS, INT64_MAX, &receipt));
    TRY(db_all(s->c, &OPENED, ARGS(db_int(act->at), db_int(today - 60)), &new_shape, &orders));
    for (size_t i = 0; i < orders.n; i++) {
        const struct new_order *order = (const struct new_order *)orders.at + i;
        const struct home *home = seed_home_of(s, order->patient_id);
        int64_t day = order->call_due + seed_between(s, 0, 2);
        seed_push(s, (struct act){.at = seed_office_time(s, &s->depot[home->depot], day),
                                  .kind = ACT_CALL,
                                  .id = order->id,
                                  .home = home - s->home,
                                  .value = 1});
    }
    s->tally.orders += (int64_t)orders.n;
    return OK;
}

enum err seed_act_sweep(struct seed *s, const struct act *act) {
    struct sweep_receipt receipt = {.more = 1};
    (void)act;
    while (receipt.more)
        TRY(app_sweep(s->c, LIMIT_CLOCKWORK_PART, &receipt));
    return OK;
}
