#include "cli.h"
#include <stdio.h>

int cli_config(struct cli *cli) {
    struct text out = text_in(cli->c.arena);
    config_write(&out, cli_option(cli, "markdown") != NULL);
    fputs(out.at, stdout);
    return EXIT_DONE;
}
