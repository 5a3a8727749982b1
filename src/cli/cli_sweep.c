#include "app/app_sweep.h"
#include "base/limits.h"
#include "cli.h"
#include <inttypes.h>
#include <stdio.h>

static enum err work(struct ctx *c, void *user) {
    return app_sweep(c, LIMIT_CLOCKWORK_PART, user);
}

int cli_sweep(struct cli *cli) {
    struct sweep_receipt part, all = {0};
    int exit = cli_open(cli, DB_WRITE);
    if (exit != EXIT_DONE) return exit;
    do {
        if (db_unit(&cli->c, work, &part) != OK) return cli_fail(cli);
        all.looked += part.looked;
        all.late += part.late;
        all.missed += part.missed;
        all.runs_closed += part.runs_closed;
        all.recalled += part.recalled;
        arena_reset(cli->c.arena);
    } while (part.more);
    printf("looked at %" PRId64 " commitments: %" PRId64 " late, %" PRId64 " missed; %" PRId64
           " runs closed, %" PRId64 " deliveries of recalled lots\n",
           all.looked, all.late, all.missed, all.runs_closed, all.recalled);
    return EXIT_DONE;
}
