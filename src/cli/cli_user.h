/* A user made from options: what `init` and `user add` share. */
#ifndef CANARY_CLI_USER_H
#define CANARY_CLI_USER_H

#include "cli.h"
#include "domain/user.h"

/* Reads e-mail, role and the options --name, --customer-id and --password-file into a user with a hashed
 * password, judged by the same table as a request. EXIT_DONE or the exit code, said on stderr. */
MUST int cli_user_read(struct cli *cli, const char *email, const char *role, struct user *user_out);
/* Adds it in one unit of cli->c.db. */
MUST int cli_user_write(struct cli *cli, struct user *user);

#endif
