#include "cli.h"
#include <stdio.h>
#include <string.h>

static void explain(const struct cli_verb *verb) {
    printf("canary %s%s%s\n    %s\n", verb->name, *verb->usage ? " " : "", verb->usage, verb->help);
    if (verb->example) printf("    example: %s\n", verb->example);
    if (verb->instead) printf("    while a service has the database: %s\n", verb->instead);
}

/* "user" explains "user add", too. */
static bool wanted(const struct cli *cli, const struct cli_verb *verb) {
    return cli->words == 0 || strncmp(verb->name, cli->word[0], strlen(cli->word[0])) == 0;
}

int cli_help(struct cli *cli) {
    size_t explained = 0;
    for (size_t i = 0; i < cli_verbs_n; i++) {
        if (!wanted(cli, &cli_verbs[i])) continue;
        explain(&cli_verbs[i]);
        explained++;
    }
    if (explained == 0) cli->verb = NULL; /* not the usage of help, but all verbs */
    if (explained == 0) return cli_usage(cli, "there is no verb \"%s\"", cli->word[0]);
    if (cli->words == 0)
        printf("\nEvery verb also takes the settings as --key value, first of all --db FILE (canary.db);\n"
               "`canary config` shows them.\n"
               "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done with warnings or findings.\n");
    return EXIT_DONE;
}
