/* canary backup begin, done SEQ, restored: what the tools of a database server back up and restore, Canary is
 * told. */
#include "app/app_installation.h"
#include "cli.h"
#include "store/store_log.h"
#include <inttypes.h>
#include <stdio.h>

static enum err last_event(struct ctx *c, void *user) {
    return store_log_size(c, user);
}

int cli_backup_begin(struct cli *cli) {
    int64_t seq;
    int exit = cli_open(cli, DB_READ);
    if (exit != EXIT_DONE) return exit;
    if (db_snapshot(&cli->c, last_event, &seq) != OK) return cli_fail(cli);
    printf("%" PRId64 "\n", seq);
    return EXIT_DONE;
}

struct told {
    int64_t seq;
    struct installation row;
};

static enum err backed_up(struct ctx *c, void *user) {
    struct told *told = user;
    return app_installation_backed_up(c, told->seq, &told->row);
}

int cli_backup_done(struct cli *cli) {
    struct told told;
    if (!cli_read_seq(cli->word[0], &told.seq))
        return cli_usage(cli, "SEQ is the number that `canary backup begin` printed");
    int exit = cli_open(cli, DB_WRITE);
    if (exit != EXIT_DONE) return exit;
    if (db_unit(&cli->c, backed_up, &told) != OK) return cli_fail(cli);
    printf("devices may forget the audit events up to %" PRId64 "\n", told.row.backed_up_seq);
    return EXIT_DONE;
}

static enum err restored(struct ctx *c, void *user) {
    struct told *told = user;
    return app_installation_restore(c, NONE, &told->row);
}

int cli_backup_restored(struct cli *cli) {
    struct told told;
    int exit = cli_open(cli, DB_WRITE);
    if (exit != EXIT_DONE) return exit;
    if (db_unit(&cli->c, restored, &told) != OK) return cli_fail(cli);
    printf("a new epoch: devices repeat what they have above audit event %" PRId64 "\n",
           told.row.restored_seq);
    return EXIT_DONE;
}
