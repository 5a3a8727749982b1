#include "app/app_plan.h"
#include "base/date.h"
#include "cli.h"
#include <inttypes.h>
#include <stdio.h>

struct work {
    int64_t through;
    struct plan_receipt receipt;
};

/* Nobody waits for the database meanwhile: all in one unit. */
static enum err plan(struct ctx *c, void *user) {
    struct work *work = user;
    int64_t through = work->through;
    if (through == NONE) {
        TRY(app_plan_today(c, &through));
        through += c->rules->plan_days;
    }
    return app_plan(c, through, INT64_MAX, &work->receipt);
}

static int read_through(struct cli *cli, struct work *work) {
    const char *text = cli_option(cli, "through");
    work->through = text ? date_parse(text) : NONE;
    if (text && work->through == NONE) return cli_usage(cli, "--through is a date, such as 2026-04-06");
    return EXIT_DONE;
}

int cli_plan(struct cli *cli) {
    struct work work = {0};
    char through[DATE_TEXT_SIZE];
    int exit = read_through(cli, &work);
    if (exit == EXIT_DONE) exit = cli_open(cli, DB_WRITE);
    if (exit != EXIT_DONE) return exit;
    if (db_unit(&cli->c, plan, &work) != OK) return cli_fail(cli);
    const struct plan_receipt *r = &work.receipt;
    printf("through %s: %" PRId64 " due = %" PRId64 " opened + %" PRId64 " existing + %" PRId64
           " skipped + %" PRId64 " paused + %" PRId64 " missing\n",
           date_format(r->through, through), r->due, r->opened, r->existing, r->skipped, r->paused,
           r->missing);
    printf("%" PRId64 " active patients, %" PRId64 " of them with nothing due\n", r->active, r->none_due);
    return r->missing > 0 ? EXIT_FINDINGS : EXIT_DONE;
}
