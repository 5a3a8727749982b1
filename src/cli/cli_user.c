#include "cli_user.h"
#include "base/crypto.h"
#include "app/app_user.h"
#include "json/json.h"

static void read_member(struct cli *cli, const char *member, const char *option, const char *text,
                        struct user *user) {
    const struct field *field = shape_field(&user_shape, member);
    if (text && *text)
        (void)json_read_word(&cli->c, field, text, option, user); /* its fault is an item */
    else if (text)
        ctx_fault_item(&cli->c, option, "must not be empty");
}

int cli_user_read(struct cli *cli, const char *email, const char *role, struct user *user_out) {
    const char *password = cli_first_line(cli, cli_option(cli, "password-file"));
    const char *name = cli_option(cli, "name");
    if (!password) return EXIT_FAILED;
    shape_clear(&user_shape, user_out);
    read_member(cli, "email", "--email", email, user_out);
    read_member(cli, "role", "--role", role, user_out);
    read_member(cli, "name", "--name", name ? name : email, user_out);
    read_member(cli, "customer_id", "--customer-id", cli_option(cli, "customer-id"), user_out);
    read_member(cli, "password", "--password-file", password, user_out);
    if (ctx_faults(&cli->c) != OK) return cli_fail(cli);
    if (password_seal(&cli->c, user_out->password, &user_out->password_hash) != OK) return cli_fail(cli);
    return EXIT_DONE;
}

static enum err add(struct ctx *c, void *user) {
    return app_user_add(c, user);
}

int cli_user_write(struct cli *cli, struct user *user) {
    if (db_unit(&cli->c, add, user) != OK) return cli_fail(cli);
    return EXIT_DONE;
}
