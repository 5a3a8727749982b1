/* What the server does by the clock: one row each, the last without a name. */
#include "api/api.h"
#include "app/app_sweep.h"
#include "base/limits.h"

static enum err sweep(struct ctx *c, int64_t *left_out) {
    struct sweep_receipt receipt;
    TRY(app_sweep(c, LIMIT_SWEEP_GROUP, &receipt));
    *left_out = receipt.more;
    return OK;
}

const struct api_clockwork api_clockwork[] = {
    {"sweep", 0, sweep},
    {NULL, 0, NULL},
};
