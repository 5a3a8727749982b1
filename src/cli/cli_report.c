#include "app/app_report.h"
#include "base/text.h"
#include "cli.h"
#include "json/json.h"
#include <stdio.h>
#include <string.h>

/* The option of the command line for each member of the query. */
static const struct {
    const char *option, *member;
} OPTIONS[] = {{"from", "from"},         {"to", "to"},
               {"group-by", "group_by"}, {"customer-id", "customer_id"},
               {"basis", "basis"},       {"as-of", "as_of"}};

MUST static enum err read_query(struct cli *cli, struct report_query *query_out) {
    struct ctx *c = &cli->c;
    shape_clear(&report_query_shape, query_out);
    for (size_t i = 0; i < COUNT(OPTIONS); i++) {
        const char *text = cli_option(cli, OPTIONS[i].option);
        const struct field *field = shape_field(&report_query_shape, OPTIONS[i].member);
        const char *name = arena_printf(c->arena, "--%s", OPTIONS[i].option);
        if (text && !json_read_word(c, field, text, name, query_out)) continue; /* the fault is recorded */
    }
    return ctx_faults(c);
}

struct job {
    struct report_query query;
    struct report report;
    unsigned groups;
};

static enum err work(struct ctx *c, void *user) {
    struct job *job = user;
    return app_report(c, &job->query, &job->report, &job->groups);
}

MUST static enum err print(struct ctx *c, const struct job *job, bool csv) {
    struct text out = text_in(c->arena);
    const char *text;
    if (csv) {
        TRY(app_report_csv(c, &job->report, job->groups, &text));
        fputs(text, stdout);
        return OK;
    }
    const struct shape *shape = report_shape(c->arena, job->groups);
    if (shape) json_object(&out, shape, &job->report);
    if (!shape || out.failed) return FAIL(c, ERR_LIMIT, "request.too-large", "The report is too large.");
    printf("%s\n", out.at);
    return OK;
}

int cli_report(struct cli *cli) {
    struct job job;
    const char *format = cli_option(cli, "format");
    if (strcmp(cli->word[0], "delivery-errors") != 0)
        return cli_usage(cli, "there is one report: delivery-errors");
    if (format && strcmp(format, "csv") != 0 && strcmp(format, "json") != 0)
        return cli_usage(cli, "--format is csv or json");
    if (read_query(cli, &job.query) != OK) {
        cli_fail(cli);
        return EXIT_USAGE;
    }
    int exit = cli_open(cli, DB_READ);
    if (exit != EXIT_DONE) return exit;
    enum err err = db_snapshot(&cli->c, work, &job);
    if (err == OK) err = print(&cli->c, &job, !format || strcmp(format, "csv") == 0);
    return err == OK ? EXIT_DONE : cli_fail(cli);
}
