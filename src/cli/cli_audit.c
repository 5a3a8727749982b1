#include "app/app_verify.h"
#include "cli.h"
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static void tell(void *user, const char *sentence) {
    (void)user;
    printf("%s\n", sentence);
}

static void progress(void *user, int64_t events) {
    (void)user;
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\r%" PRId64 " events", events);
}

static enum err work(struct ctx *c, void *user) {
    return app_verify(c, tell, progress, NULL, user);
}

int cli_audit_verify(struct cli *cli) {
    struct verify_result result;
    int64_t began = clock_monotonic_us();
    int exit = cli_open(cli, DB_READ);
    if (exit != EXIT_DONE) return exit;
    if (db_snapshot(&cli->c, work, &result) != OK) return cli_fail(cli);
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\r");
    if (result.bad_seq != NONE) printf("the first bad audit event is %" PRId64 "\n", result.bad_seq);
    printf("%" PRId64 " audit events verified, %" PRId64 " findings, %.1f s\n", result.events,
           result.findings, (double)(clock_monotonic_us() - began) / 1e6);
    return result.findings ? EXIT_FINDINGS : EXIT_DONE;
}
