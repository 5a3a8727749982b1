#include "cli.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/log.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- usage: what a verb takes ---- */

struct token {
    const char *at;
    size_t n;
    bool optional, opens_only; /* "[--as" of "[--as NAME]" */
};

static bool next_token(const char **usage, struct token *token_out) {
    *usage += strspn(*usage, " ");
    struct token token = {.at = *usage, .n = strcspn(*usage, " ")};
    if (token.n == 0) return false;
    *usage += token.n;
    token.optional = *token.at == '[';
    bool closes = token.at[token.n - 1] == ']';
    token.opens_only = token.optional && !closes;
    token.at += token.optional;
    token.n -= (size_t)token.optional + (size_t)closes;
    *token_out = token;
    return true;
}

static bool is_option(const struct token *token) {
    return token->n > 2 && memcmp(token->at, "--", 2) == 0;
}

/* The number of words that --key has: 0 a flag, 1 a value; -1: no option of this verb. */
static int option_words(const char *usage, const char *key) {
    struct token token, value;
    while (next_token(&usage, &token)) {
        if (!is_option(&token) || strlen(key) != token.n - 2 || memcmp(token.at + 2, key, token.n - 2) != 0)
            continue;
        if (token.optional) return token.opens_only;
        return next_token(&usage, &value) && !value.optional && !is_option(&value);
    }
    return -1;
}

static size_t positional_words(const char *usage) {
    struct token token;
    size_t most = 0;
    while (next_token(&usage, &token) && !is_option(&token)) {
        bool rest = token.n > 3 && memcmp(token.at + token.n - 3, "...", 3) == 0;
        most += rest ? CLI_WORDS : 1;
    }
    return most;
}

/* The first word that the usage does not put in brackets and that was not said. */
static const char *missing_word(const struct cli *cli, char *name_out, size_t n) {
    const char *usage = cli->verb->usage;
    struct token token;
    for (size_t i = 0; next_token(&usage, &token) && !is_option(&token); i++) {
        if (i < cli->words || token.optional) continue;
        snprintf(name_out, n, "%.*s", (int)token.n, token.at);
        return name_out;
    }
    return NULL;
}

/* Options that the usage does not put in brackets. */
static const char *missing_option(const struct cli *cli, char *name_out, size_t n) {
    const char *usage = cli->verb->usage;
    struct token token;
    while (next_token(&usage, &token)) {
        if (!is_option(&token) || token.optional) continue;
        snprintf(name_out, n, "%.*s", (int)token.n - 2, token.at + 2);
        if (!cli_option(cli, name_out)) return name_out;
    }
    return NULL;
}

/* ---- what a verb may say and ask ---- */

const char *cli_option(const struct cli *cli, const char *name) {
    for (size_t i = 0; i < cli->options; i++)
        if (strcmp(cli->option[i].key, name) == 0) return cli->option[i].value;
    return NULL;
}

int cli_usage(const struct cli *cli, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    fprintf(stderr, "canary: ");
    vfprintf(stderr, fmt, args);
    va_end(args);
    fprintf(stderr, "\n");
    if (cli->verb)
        fprintf(stderr, "usage: canary %s%s%s\n", cli->verb->name, *cli->verb->usage ? " " : "",
                cli->verb->usage);
    else
        fprintf(stderr, "`canary help` shows what there is.\n");
    return EXIT_USAGE;
}

/* "?group_by" and "/through" as they were said: "--group-by", "--through". */
static const char *as_said(struct cli *cli, const char *pointer) {
    if (*pointer != '?' && *pointer != '/') return pointer;
    char *key = arena_memdup(cli->c.arena, pointer + 1, strlen(pointer + 1));
    for (char *at = key; at && *at; at++)
        if (*at == '_') *at = '-';
    bool own = key && option_words(cli->verb->usage, key) >= 0;
    return own ? arena_printf(cli->c.arena, "--%s", key) : pointer;
}

int cli_fail(struct cli *cli) {
    const struct fault *fault = &cli->c.fault;
    bool by_items = fault->first && fault->slug && strcmp(fault->slug, "request.invalid") == 0;
    const char *detail = by_items ? "nothing was done:" : fault->detail;
    fprintf(stderr, "canary %s: %s\n", cli->verb->name, detail ? detail : "it failed");
    for (const struct fault_item *item = fault->first; item; item = item->next)
        fprintf(stderr, "  %s: %s\n", as_said(cli, item->pointer), item->detail);
    bool settings = fault->slug && strncmp(fault->slug, "config.", 7) == 0;
    return settings ? EXIT_USAGE : EXIT_FAILED;
}

const char *cli_first_line(struct cli *cli, const char *path) {
    char line[1000];
    bool input = strcmp(path, "-") == 0;
    FILE *file = input ? stdin : fopen(path, "r");
    bool read = file && fgets(line, sizeof line, file);
    if (!read)
        fprintf(stderr, "canary %s: %s cannot be read: %s\n", cli->verb->name, path,
                file ? "it is empty" : strerror(errno));
    if (file && !input) fclose(file);
    if (read) line[strcspn(line, "\r\n")] = 0;
    return read ? arena_strdup(cli->c.arena, line) : NULL;
}

const char *cli_key_path(const struct cli *cli) {
    if (*cli->config.key) return cli->config.key;
    if (!db_is_file(cli->config.db)) return "canary.key";
    const char *path = arena_printf(cli->c.arena, "%s.key", cli->config.db);
    REQUIRE(path);
    return path;
}

const char *cli_db_name(const struct cli *cli) {
    const char *name = db_shown(cli->c.arena, cli->config.db);
    return name ? name : "the database";
}

int cli_no_schema(const struct cli *cli) {
    fprintf(stderr, "canary %s: %s is no database of Canary; `canary init` makes one\n", cli->verb->name,
            cli_db_name(cli));
    return EXIT_FAILED;
}

static int check_schema(struct cli *cli) {
    int64_t version, latest = db_schema_latest();
    if (db_schema_version(&cli->c, &version) != OK) return cli_fail(cli);
    if (version == latest) return EXIT_DONE;
    if (version == 0) return cli_no_schema(cli);
    fprintf(stderr, "canary %s: %s has schema %lld, this program %lld: %s\n", cli->verb->name,
            cli_db_name(cli), (long long)version, (long long)latest,
            version < latest ? "`canary serve --migrate` brings it up to date" : "take a newer program");
    return EXIT_FAILED;
}

int cli_open(struct cli *cli, enum db_mode mode) {
    enum err err = db_open(&cli->c, cli->config.db, mode, &cli->c.db);
    if (err != OK) {
        int exit = cli_fail(cli);
        if (err == ERR_BUSY && cli->verb->instead)
            fprintf(stderr, "A service has this database: call %s there instead.\n", cli->verb->instead);
        return exit;
    }
    if (mode == DB_READ) db_keep_seen(cli->c.db);
    if (mode == DB_CREATE || mode == DB_BULK) return EXIT_DONE;
    int exit = check_schema(cli);
    if (exit == EXIT_DONE && mode == DB_WRITE && db_ids_begin(&cli->c) != OK) exit = cli_fail(cli);
    if (exit != EXIT_DONE) cli_close(cli);
    return exit;
}

void cli_close(struct cli *cli) {
    if (cli->c.db) db_close(&cli->c.db);
}

bool cli_read_seq(const char *word, int64_t *seq_out) {
    char *end;
    errno = 0;
    *seq_out = strtoll(word, &end, 10);
    return errno == 0 && *end == 0 && *seq_out > 0;
}

/* ---- the words after the program's name ---- */

static const struct cli_verb *find_verb(char **argv, int argc, int *words_out) {
    char two[100];
    for (*words_out = argc < 2 ? argc : 2; *words_out > 0; (*words_out)--) {
        snprintf(two, sizeof two, "%s%s%s", argv[0], *words_out == 2 ? " " : "",
                 *words_out == 2 ? argv[1] : "");
        for (size_t i = 0; i < cli_verbs_n; i++)
            if (strcmp(cli_verbs[i].name, two) == 0) return &cli_verbs[i];
    }
    return NULL;
}

struct arguments {
    char **at;
    struct config_word setting[CLI_WORDS];
    size_t settings;
};

static void keep(struct config_word *list, size_t *n, const char *key, const char *value) {
    list[(*n)++] = (struct config_word){key, value};
}

/* --key value, --key=value or --key. */
static int take_option(struct cli *cli, struct arguments *args) {
    char *word = *args->at++ + 2, *equals = strchr(word, '=');
    const char *key = equals ? arena_memdup(cli->c.arena, word, (size_t)(equals - word)) : word;
    int own = option_words(cli->verb->usage, key);
    if (own < 0 && !config_known(key)) return cli_usage(cli, "--%s is not known here", key);
    bool flag = own == 0 || (own < 0 && config_is_flag(key));
    const char *value = equals ? equals + 1 : flag ? (own < 0 ? "true" : "") : *args->at;
    if (!value) return cli_usage(cli, "--%s needs a value", key);
    if (!equals && !flag) args->at++;
    if (own >= 0 && cli_option(cli, key)) return cli_usage(cli, "--%s is given twice", key);
    keep(own < 0 ? args->setting : cli->option, own < 0 ? &args->settings : &cli->options, key, value);
    return EXIT_DONE;
}

static int take_words(struct cli *cli, struct arguments *args) {
    while (*args->at) {
        if (args->settings + cli->options + cli->words >= CLI_WORDS - 1)
            return cli_usage(cli, "too many words");
        int exit = EXIT_DONE;
        if (strncmp(*args->at, "--", 2) == 0)
            exit = take_option(cli, args);
        else
            cli->word[cli->words++] = *args->at++;
        if (exit != EXIT_DONE) return exit;
    }
    return EXIT_DONE;
}

static int check_words(const struct cli *cli) {
    size_t most = positional_words(cli->verb->usage);
    char name[40];
    if (missing_word(cli, name, sizeof name)) return cli_usage(cli, "%s is missing", name);
    if (cli->words > most) return cli_usage(cli, "\"%s\" is one word too many", cli->word[most]);
    if (missing_option(cli, name, sizeof name)) return cli_usage(cli, "--%s is needed", name);
    return EXIT_DONE;
}

/* Only a service says what it does; other verbs say what is wrong. */
static void set_level(const struct cli *cli) {
    bool service = cli->verb->run == cli_serve;
    bool usual = cli->config.log_level == LOG_INFO;
    log_set_level(!service && usual ? LOG_WARN : (enum log_level)cli->config.log_level);
}

static int run_verb(struct cli *cli, char **argv, char **environ_words) {
    struct arguments args = {.at = argv};
    int exit = take_words(cli, &args);
    if (exit == EXIT_DONE) exit = check_words(cli);
    if (exit != EXIT_DONE) return exit;
    if (config_read(&cli->c, args.setting, args.settings, environ_words, &cli->config) != OK)
        return cli_fail(cli);
    cli->clock = cli->config.clock == NONE ? clock_system() : clock_starting_at(cli->config.clock);
    cli->c.rules = &cli->config.rules;
    cli->c.now = clock_now(&cli->clock);
    cli->c.request_id = id_new(cli->c.now);
    cli->c.actor.role = ROLE_SYSTEM;
    set_level(cli);
    exit = cli->verb->run(cli);
    cli_close(cli);
    return exit;
}

/* "user" alone: say what goes on from there. */
static int no_such_verb(struct cli *cli, const char *word) {
    size_t n = strlen(word);
    for (size_t i = 0; i < cli_verbs_n && !cli->verb; i++)
        if (strncmp(cli_verbs[i].name, word, n) == 0 && cli_verbs[i].name[n] == ' ')
            cli->verb = &cli_verbs[i];
    return cli_usage(cli, cli->verb ? "\"%s\" is half a verb" : "there is no verb \"%s\"", word);
}

static bool asks_for_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int cli_main(int argc, char **argv, char **environ_words) {
    struct cli cli = {.c.rules = &rules_default};
    int words = 0;
    if (argc < 2) return cli_usage(&cli, "say what to do");
    if (strcmp(argv[1], "--version") == 0) return cli_version(&cli);
    cli.c.arena = arena_create(LIMIT_ARENA_IMPORT);
    if (!cli.c.arena) return EXIT_FAILED;
    cli.verb = find_verb(argv + 1, argc - 1, &words);
    bool help = asks_for_help(argv[argc - 1]);
    if (help) cli.word[0] = cli.verb ? cli.verb->name : NULL;
    if (help) cli.words = cli.verb ? 1 : 0;
    int exit = help       ? cli_help(&cli)
               : cli.verb ? run_verb(&cli, argv + 1 + words, environ_words)
                          : no_such_verb(&cli, argv[1]);
    arena_destroy(&cli.c.arena);
    return exit;
}
