#include "base/id.h"
#include "cli_user.h"
#include <stdio.h>

int cli_user_add(struct cli *cli) {
    struct user user;
    char id[ID_TEXT_SIZE];
    int exit = cli_user_read(cli, cli_option(cli, "email"), cli_option(cli, "role"), &user);
    if (exit == EXIT_DONE) exit = cli_open(cli, DB_WRITE);
    if (exit == EXIT_DONE) exit = cli_user_write(cli, &user);
    if (exit == EXIT_DONE) printf("user %s added\n", id_format(user.id, id));
    return exit;
}
