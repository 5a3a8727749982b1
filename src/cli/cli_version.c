#include "cli.h"
#include <stdio.h>

#define VERSION "1.0.0"

int cli_version(struct cli *cli) {
    (void)cli;
    printf("canary %s, schema %lld\n", VERSION, (long long)db_schema_latest());
    return EXIT_DONE;
}
