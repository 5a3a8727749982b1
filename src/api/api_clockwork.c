/* What the server does by the clock: one row each, the last without a name. */
#include "api/api.h"
#include "app/app_erase.h"
#include "app/app_installation.h"
#include "app/app_plan.h"
#include "app/app_sweep.h"
#include "base/date.h"
#include "base/limits.h"

static enum err sweep(struct ctx *c, int64_t *left_out) {
    struct sweep_receipt receipt;
    TRY(app_sweep(c, LIMIT_SWEEP_GROUP, &receipt));
    *left_out = receipt.more;
    return OK;
}

static enum err plan(struct ctx *c, int64_t *left_out) {
    struct plan_receipt receipt;
    int64_t today;
    TRY(app_plan_today(c, &today));
    TRY(app_plan(c, today + c->rules->plan_days, LIMIT_PLAN_GROUP, &receipt));
    *left_out = receipt.opened > 0 ? receipt.missing : 0; /* what cannot be opened is for the report */
    return OK;
}

static enum err erase(struct ctx *c, int64_t *left_out) {
    *left_out = 0;
    return app_erase_clean(c);
}

/* A backup is made by another process, which leaves a note: devices wait for it before they forget. */
static enum err backup(struct ctx *c, int64_t *left_out) {
    (void)left_out;
    return app_installation_take_note(c);
}

/* clang-format off */
const struct api_clockwork api_clockwork[] = {
    {"plan", DAY_MS, plan},
    {"sweep", 0, sweep},
    {"erase", 0, erase},
    {"backup", LIMIT_BACKUP_NOTE_MS, backup},
    {NULL, 0, NULL},
};
/* clang-format on */
