/* The command line: verbs as rows of one table (cli_verbs.c), each verb one function in src/cli/cli_<verb>.c.
 */
#ifndef CANARY_CLI_CLI_H
#define CANARY_CLI_CLI_H

#include "base/clock.h"
#include "config.h"
#include "db/db.h"

enum cli_exit { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_FINDINGS = 3 };

struct cli;

/* `usage` declares the verb's own words: positional ones first, then options: "KIND FILE [--keep-good] --as
 * NAME". An option followed by a word takes a value; "[--x]" and "[--x VALUE]" may be left out; "WORD..."
 * takes the rest. */
struct cli_verb {
    const char *name; /* "serve", "user add" */
    const char *usage;
    const char *help;    /* one line */
    const char *example; /* a whole command, or NULL */
    const char *instead; /* what to call while a service has the database: "POST /v1/plan"; NULL: nothing */
    int (*run)(struct cli *cli);
};
extern const struct cli_verb cli_verbs[];
extern const size_t cli_verbs_n;

#define CLI_WORDS 64

/* One command: settings are in force, the context is the system's. */
struct cli {
    const struct cli_verb *verb;
    struct ctx c; /* arena, rules, clock's now, ROLE_SYSTEM; db after cli_open */
    struct config config;
    struct clock clock;
    const char *word[CLI_WORDS]; /* positional */
    size_t words;
    struct config_word option[CLI_WORDS]; /* the verb's own */
    size_t options;
};

/* The value of one of the verb's own options; "" for a flag; NULL when it was not given. */
const char *cli_option(const struct cli *cli, const char *name);
/* Opens the database of the settings into cli->c.db, where DB_READ tells only what is on the disk
 * (db_keep_seen); says on stderr why not (the schema, or the service that
 * holds it and what to call instead). EXIT_DONE or the exit code. */
MUST int cli_open(struct cli *cli, enum db_mode mode);
void cli_close(struct cli *cli);
/* The file of the private key that signs heads of the log. */
const char *cli_key_path(const struct cli *cli);
/* The database as it may be shown: without the password that its URL may hold. */
const char *cli_db_name(const struct cli *cli);
/* Says that the file is not ours; gives EXIT_FAILED. */
int cli_no_schema(const struct cli *cli);
/* Says the fault, all its items, on stderr; gives EXIT_FAILED (EXIT_USAGE for wrong settings). */
int cli_fail(struct cli *cli);
/* Says why the command is wrong, and its usage; gives EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int cli_usage(const struct cli *cli, const char *fmt, ...);
/* The first line of a file without its end; NULL (said on stderr) when it cannot be read. "-": standard
 * input. */
const char *cli_first_line(struct cli *cli, const char *path);

/* The number of an audit event; false: no whole number above 0. */
bool cli_read_seq(const char *word, int64_t *seq_out);

/* Reads the words after the program's name and runs the verb. */
int cli_main(int argc, char **argv, char **environ_words);

int cli_serve(struct cli *cli);
int cli_init(struct cli *cli);
int cli_user_add(struct cli *cli);
int cli_plan(struct cli *cli);
int cli_sweep(struct cli *cli);
int cli_report(struct cli *cli);
int cli_import(struct cli *cli);
int cli_audit_events(struct cli *cli);
int cli_audit_head(struct cli *cli);
int cli_audit_rotate_key(struct cli *cli);
int cli_audit_verify(struct cli *cli);
int cli_patient_erase(struct cli *cli);
int cli_backup(struct cli *cli);
int cli_backup_begin(struct cli *cli);
int cli_backup_done(struct cli *cli);
int cli_backup_restored(struct cli *cli);
int cli_restore(struct cli *cli);
int cli_config(struct cli *cli);
int cli_copy(struct cli *cli);
int cli_routes(struct cli *cli);
int cli_version(struct cli *cli);
int cli_help(struct cli *cli);

#endif
