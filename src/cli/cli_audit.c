/* The audit verbs: what proves the log to somebody who does not trust us. */
#include "app/app_key.h"
#include "app/app_log.h"
#include "app/app_verify.h"
#include "base/limits.h"
#include "cli.h"
#include "json/json.h"
#include "store/store_audit.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- verify ---- */

static void tell(void *user, const char *sentence) {
    (void)user;
    printf("%s\n", sentence);
}

static void progress(void *user, const char *what, int64_t done) {
    (void)user;
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\r%" PRId64 " %s        ", done, what);
}

struct wanted {
    struct verify_wish wish;
    struct verify_result result;
};

static enum err verify(struct ctx *c, void *user) {
    struct wanted *wanted = user;
    return app_verify_as(c, &wanted->wish, &wanted->result);
}

/* At most a line of JSON: a head has some 400 bytes. */
static int read_head(struct cli *cli, const char *path, struct log_head *head_out) {
    char bytes[LIMIT_NOTE + 1];
    FILE *file = fopen(path, "r");
    size_t n = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    bool read = file && !ferror(file);
    if (!read) fprintf(stderr, "canary audit verify: %s cannot be read: %s\n", path, strerror(errno));
    if (file) fclose(file);
    if (!read) return EXIT_FAILED;
    if (json_decode(&cli->c, bytes, n, &log_head_shape, head_out) == OK) return EXIT_DONE;
    int exit = cli_fail(cli);
    fprintf(stderr, "%s is not a head that canary audit head, or GET /v1/audit/head, gave\n", path);
    return exit;
}

static void print_bad(const struct verify_result *result) {
    if (result->bad_seq == NONE) return;
    if (result->bad_seq == result->bad_last)
        printf("the first bad audit event is %" PRId64 "\n", result->bad_seq);
    else
        printf("the first bad audit event is one of %" PRId64 " to %" PRId64 "\n", result->bad_seq,
               result->bad_last);
}

int cli_audit_verify(struct cli *cli) {
    struct wanted wanted = {
        .wish = {.tell = tell, .progress = progress, .log_only = cli_option(cli, "log") != NULL}};
    struct log_head head;
    const char *path = cli_option(cli, "head");
    int64_t began = clock_monotonic_us();
    int exit = path ? read_head(cli, path, &head) : EXIT_DONE;
    if (path) wanted.wish.head = &head;
    if (exit == EXIT_DONE) exit = cli_open(cli, DB_READ);
    if (exit != EXIT_DONE) return exit;
    if (db_snapshot(&cli->c, verify, &wanted) != OK) return cli_fail(cli);
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\r%40s\r", "");
    print_bad(&wanted.result);
    printf("%" PRId64 " audit events verified%s, %" PRId64 " findings, %.1f s\n", wanted.result.events,
           path ? " against the head" : "", wanted.result.findings,
           (double)(clock_monotonic_us() - began) / 1e6);
    return wanted.result.findings ? EXIT_FINDINGS : EXIT_DONE;
}

/* ---- head ---- */

struct wanted_head {
    const char *key_path;
    struct log_head head;
};

static enum err sign_head(struct ctx *c, void *user) {
    struct wanted_head *wanted = user;
    return app_log_head(c, wanted->key_path, &wanted->head);
}

static int cannot_write(const char *path) {
    if (errno == EEXIST)
        fprintf(stderr, "canary audit head: %s is there already, and a head is evidence: name a new file\n",
                path);
    else
        fprintf(stderr, "canary audit head: %s cannot be written: %s\n", path, strerror(errno));
    return EXIT_FAILED;
}

static int write_new(const char *path, const struct text *json) {
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0) return cannot_write(path);
    bool written = write(file, json->at, json->n) == (ssize_t)json->n && fsync(file) == 0;
    written = close(file) == 0 && written;
    return written ? EXIT_DONE : cannot_write(path);
}

int cli_audit_head(struct cli *cli) {
    struct wanted_head wanted = {.key_path = cli_key_path(cli)};
    struct text json = text_in(cli->c.arena);
    int exit = cli_open(cli, DB_READ);
    if (exit != EXIT_DONE) return exit;
    if (db_snapshot(&cli->c, sign_head, &wanted) != OK) return cli_fail(cli);
    json_object(&json, &log_head_shape, &wanted.head);
    text_char(&json, '\n');
    if (json.failed) return EXIT_FAILED;
    if (cli->words == 0) {
        fputs(json.at, stdout);
        return EXIT_DONE;
    }
    exit = write_new(cli->word[0], &json);
    if (exit == EXIT_DONE)
        printf("%s: the head of %" PRId64 " audit events, signed with key %s\n", cli->word[0],
               wanted.head.size, wanted.head.key_id);
    return exit;
}

/* ---- events ---- */

MUST static enum err cannot_print(struct ctx *c) {
    return FAIL(c, ERR_FULL, "disk.full", "the events cannot be written: %s", strerror(errno));
}

static enum err print_events(struct ctx *apart, void *user) {
    int64_t *after = user;
    for (struct list events = {NULL, LIMIT_PAGE}; events.n == LIMIT_PAGE;) {
        arena_reset(apart->arena);
        struct text lines = text_in(apart->arena);
        TRY(app_log_events(apart, NULL, (struct id){{0}}, *after, LIMIT_PAGE, &events));
        for (size_t i = 0; i < events.n; i++) {
            const struct audit_row *event = (const struct audit_row *)events.at + i;
            json_object(&lines, &audit_row_shape, event);
            text_char(&lines, '\n');
            *after = event->seq;
        }
        if (lines.failed)
            return FAIL(apart, ERR_LIMIT, "request.too-large", "%d events are too large", LIMIT_PAGE);
        if (lines.n && fwrite(lines.at, 1, lines.n, stdout) != lines.n) return cannot_print(apart);
    }
    return fflush(stdout) == 0 ? OK : cannot_print(apart);
}

static enum err events_apart(struct ctx *c, void *user) {
    return ctx_apart(c, LIMIT_ARENA_BLOCK, print_events, user);
}

int cli_audit_events(struct cli *cli) {
    int64_t after = 0;
    if (cli->words == 1 && !cli_read_seq(cli->word[0], &after))
        return cli_usage(cli, "SEQ is the number of an audit event");
    int exit = cli_open(cli, DB_READ);
    if (exit != EXIT_DONE) return exit;
    return db_snapshot(&cli->c, events_apart, &after) == OK ? EXIT_DONE : cli_fail(cli);
}

/* ---- rotate-key ---- */

int cli_audit_rotate_key(struct cli *cli) {
    struct log_key key;
    int exit = cli_open(cli, DB_WRITE);
    if (exit != EXIT_DONE) return exit;
    if (app_key_rotate(&cli->c, cli_key_path(cli), &key) != OK) return cli_fail(cli);
    printf("key %s signs from audit event %" PRId64 " on%s%s\n", key.key_id, key.seq,
           key.replaces ? "; it replaces " : "", key.replaces ? key.replaces : "");
    return EXIT_DONE;
}
