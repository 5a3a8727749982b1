#include "app/app_installation.h"
#include "app/app_key.h"
#include "app/app_migrate.h"
#include "cli_user.h"
#include <stdio.h>
#include <unistd.h>

static void remove_file(const struct cli *cli, const char *of, const char *end) {
    const char *path = arena_printf(cli->c.arena, "%s%s", of, end);
    if (path) unlink(path);
}

/* A database without an admin is of no use to anybody, and would stand in the way of the next try. */
static void undo(struct cli *cli) {
    static const char *const ENDS[] = {"", "-wal", "-shm", ".lock"};
    cli_close(cli);
    for (size_t i = 0; db_is_file(cli->config.db) && i < COUNT(ENDS); i++)
        remove_file(cli, cli->config.db, ENDS[i]);
    remove_file(cli, cli_key_path(cli), "");
    remove_file(cli, cli_key_path(cli), ".new");
    if (!db_is_file(cli->config.db))
        fprintf(stderr, "What was made of it stays on the server: drop the database, and make it anew.\n");
}

static enum err begin(struct ctx *c, void *user) {
    (void)user;
    return app_installation_begin(c);
}

static int fill(struct cli *cli, struct user *user) {
    int64_t applied;
    if (app_migrate(&cli->c, &applied) != OK) return cli_fail(cli);
    if (app_key_first(&cli->c, cli_key_path(cli)) != OK) return cli_fail(cli);
    if (db_unit(&cli->c, begin, NULL) != OK) return cli_fail(cli);
    return cli_user_write(cli, user);
}

/* The key of a database that is gone may be the only thing that can still be told from a forgery. */
static int check_key_file(const struct cli *cli) {
    if (access(cli_key_path(cli), F_OK) != 0) return EXIT_DONE;
    fprintf(stderr, "canary init: %s is there already, and belongs to another database: move it away\n",
            cli_key_path(cli));
    return EXIT_FAILED;
}

int cli_init(struct cli *cli) {
    struct user user;
    int exit = cli_user_read(cli, cli_option(cli, "admin"), "admin", &user);
    bool is_there =
        db_is_file(cli->config.db) && access(cli->config.db, F_OK) == 0; /* said when it is opened */
    if (exit == EXIT_DONE && !is_there) exit = check_key_file(cli);
    if (exit == EXIT_DONE) exit = cli_open(cli, DB_CREATE);
    if (exit != EXIT_DONE) return exit;
    exit = fill(cli, &user);
    if (exit == EXIT_DONE)
        printf("%s made, with the admin %s\n", cli_db_name(cli), user.email);
    else
        undo(cli);
    return exit;
}
