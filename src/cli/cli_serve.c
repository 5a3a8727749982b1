#include "api/api.h"
#include "app/app_key.h"
#include "app/app_log.h"
#include "app/app_migrate.h"
#include "cli.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* For the signal handler alone. */
static struct api_server *serving;

static void on_signal(int signal_number) {
    (void)signal_number;
    api_server_stop(serving);
}

static void listen_to_signals(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

static enum err fill_log(struct ctx *c, void *user) {
    return app_log_fill(c, user);
}

/* What a database from before there were signed heads lacks; the key may be missing (say_key). */
static enum err complete_log(struct cli *cli) {
    int64_t nodes;
    TRY(db_unit(&cli->c, fill_log, &nodes));
    if (app_key_first(&cli->c, cli_key_path(cli)) == OK) return OK;
    fprintf(stderr, "canary serve: no key was made: %s\n", cli->c.fault.detail);
    ctx_fault_clear(&cli->c);
    return OK;
}

static int migrate(struct cli *cli) {
    int64_t version = 0, applied = 0;
    if (db_open(&cli->c, cli->config.db, DB_WRITE, &cli->c.db) != OK) return cli_fail(cli);
    enum err err = db_schema_version(&cli->c, &version);
    bool ours = err != OK || version > 0; /* tables of ours are not put into another's file */
    if (err == OK && ours) err = app_migrate(&cli->c, &applied);
    if (err == OK && ours) err = complete_log(cli);
    cli_close(cli);
    if (err != OK) return cli_fail(cli);
    if (!ours) return cli_no_schema(cli);
    if (applied) fprintf(stderr, "canary serve: %lld schema files applied\n", (long long)applied);
    return EXIT_DONE;
}

static enum err check_key(struct ctx *c, void *user) {
    return app_key_check(c, cli_key_path(user));
}

/* Drops do not wait for a key: without the right one the service starts, says so now, and again to whoever
 * asks for a head. */
static void say_key(struct cli *cli) {
    enum err err = db_open(&cli->c, cli->config.db, DB_READ, &cli->c.db);
    if (err == OK) err = db_snapshot(&cli->c, check_key, cli);
    cli_close(cli);
    if (err != OK)
        fprintf(stderr, "canary serve: heads of the log cannot be signed. %s\n", cli->c.fault.detail);
    ctx_fault_clear(&cli->c);
}

static void say_address(const struct cli *cli) {
    const char *listen = cli->config.listen, *colon = strrchr(listen, ':');
    printf("serving on http://%.*s:%d\n", colon ? (int)(colon - listen) : 0, listen,
           api_server_port(serving));
    fflush(stdout);
}

int cli_serve(struct cli *cli) {
    const struct api_server_config config = {.listen = cli->config.listen,
                                             .db_url = cli->config.db,
                                             .key_path = cli_key_path(cli),
                                             .rules = &cli->config.rules,
                                             .clock = &cli->clock,
                                             .sweep_every_ms = cli->config.sweep_every_ms};
    int exit = cli_option(cli, "migrate") ? migrate(cli) : EXIT_DONE;
    if (exit != EXIT_DONE) return exit;
    if (api_server_start(&cli->c, &config, &serving) != OK) return cli_fail(cli);
    say_key(cli);
    listen_to_signals();
    say_address(cli);
    api_server_run(serving);
    api_server_destroy(&serving);
    return EXIT_DONE;
}
