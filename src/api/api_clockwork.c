/* What the server does by the clock: one row each, the last without a name. */
#include "api/api.h"
#include "app/app_erase.h"
#include "app/app_installation.h"
#include "app/app_log.h"
#include "app/app_plan.h"
#include "app/app_sweep.h"
#include "app/app_worklist.h"
#include "base/date.h"
#include "base/limits.h"

static enum err sweep(struct ctx *c, struct plan_part *plan, int64_t most, int64_t *left_out) {
    (void)plan;
    struct sweep_receipt receipt;
    TRY(app_sweep(c, most, &receipt));
    *left_out = receipt.more;
    return OK;
}

static enum err plan_orders(struct ctx *c, struct plan_part *plan, int64_t most, int64_t *left_out) {
    int64_t today;
    TRY(app_plan_today(c, &today));
    int64_t through = today + c->rules->plan_days;
    if (plan->done || plan->through != through) *plan = (struct plan_part){.through = through};
    TRY(app_plan_part(c, plan, most));
    *left_out = !plan->done;
    return OK;
}

static enum err to_call(struct ctx *c, struct plan_part *plan, int64_t most, int64_t *left_out) {
    (void)plan;
    return app_to_call(c, most, left_out);
}

static enum err erase(struct ctx *c, struct plan_part *plan, int64_t most, int64_t *left_out) {
    (void)plan, (void)most;
    *left_out = 0;
    return app_erase_clean(c);
}

static enum err pack(struct ctx *c, struct plan_part *plan, int64_t most, int64_t *left_out) {
    bool more;
    (void)plan;
    TRY(app_log_pack(c, most, &more));
    *left_out = more;
    return OK;
}

static enum err name(struct ctx *c, struct plan_part *plan, int64_t most, int64_t *left_out) {
    (void)plan;
    return app_log_name(c, most, left_out);
}

/* A backup is made by another process, which leaves a note: devices wait for it before they forget. */
static enum err backup(struct ctx *c, struct plan_part *plan, int64_t most, int64_t *left_out) {
    (void)plan, (void)most, (void)left_out;
    return app_installation_take_note(c);
}

/* clang-format off */
const struct api_clockwork api_clockwork[] = {
    {"plan", DAY_MS, plan_orders},
    {"sweep", 0, sweep},
    {"call", 0, to_call},
    {"erase", 0, erase},
    {"backup", LIMIT_BACKUP_NOTE_MS, backup},
    {"pack", DAY_MS, pack},
    {"name", DAY_MS, name},
    {NULL, 0, NULL},
};
/* clang-format on */
