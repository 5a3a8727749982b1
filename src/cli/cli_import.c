/* canary import KIND FILE [--map MAP] [--keep-good] */
#include "app/app_import.h"
#include "app/app_import_history.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct work {
    const char *kind;
    struct import_file file;
    struct history_map map;
    struct import_receipt receipt;
};

static enum err import(struct ctx *c, void *user) {
    struct work *work = user;
    return app_import(c, work->kind, &work->file, &work->receipt);
}

static void show_progress(void *user, int64_t done, int64_t rows) {
    (void)user;
    fprintf(stderr, "\r%" PRId64 " of %" PRId64 " rows%s", done, rows, done == rows ? "\n" : "");
}

static bool read_whole(FILE *file, struct text *out) {
    char part[65536];
    size_t n;
    text_str(out, "");
    while ((n = fread(part, 1, sizeof part, file)) > 0 && out->n <= LIMIT_IMPORT)
        text_add(out, part, n);
    return !ferror(file) && !out->failed;
}

/* Reads a file; "-" is standard input. EXIT_DONE or the exit code, said on stderr. */
static int read_bytes(struct cli *cli, const char *path, struct text *bytes_out) {
    bool input = strcmp(path, "-") == 0;
    FILE *file = input ? stdin : fopen(path, "rb");
    *bytes_out = text_in(cli->c.arena);
    bool read = file && read_whole(file, bytes_out);
    if (!read) fprintf(stderr, "canary import: %s cannot be read: %s\n", path, strerror(errno));
    if (file && !input) fclose(file);
    if (!read) return EXIT_FAILED;
    if (bytes_out->n <= LIMIT_IMPORT) return EXIT_DONE;
    fprintf(stderr, "canary import: %s has more than %d bytes: split it\n", path, LIMIT_IMPORT);
    return EXIT_FAILED;
}

static int read_file(struct cli *cli, const char *path, struct work *work) {
    struct text bytes;
    int exit = read_bytes(cli, path, &bytes);
    work->file.name = strcmp(path, "-") == 0 ? "standard input" : path;
    work->file.bytes = bytes.at;
    work->file.n = bytes.n;
    return exit;
}

/* History needs a mapping file, the other kinds have their own column names. */
static int read_map(struct cli *cli, struct work *work) {
    const char *path = cli_option(cli, "map");
    bool history = strcmp(work->kind, "history") == 0;
    struct text bytes;
    if (history && !path)
        return cli_usage(cli, "history needs --map MAP, the file that says which column is what");
    if (!history && path) return cli_usage(cli, "--map is for history only");
    if (!path) return EXIT_DONE;
    int exit = read_bytes(cli, path, &bytes);
    if (exit != EXIT_DONE) return exit;
    work->file.map = &work->map;
    if (app_history_map(&cli->c, bytes.at, bytes.n, &work->map) == OK) return EXIT_DONE;
    fprintf(stderr, "canary import: %s is no mapping file:\n", path);
    return cli_fail(cli);
}

static void print_notes(const struct work *work, struct list notes, const char *what) {
    const struct import_fault *note = notes.at;
    for (size_t i = 0; i < notes.n; i++)
        fprintf(stderr, "%s:%" PRId64 ":%s: %s%s\n", work->file.name, note[i].line, note[i].column, what,
                note[i].detail);
}

static int report(const struct work *work) {
    const struct import_receipt *receipt = &work->receipt;
    print_notes(work, receipt->faults, "");
    print_notes(work, receipt->warnings, "warning: ");
    printf("%s: %" PRId64 " rows: %" PRId64 " added, %" PRId64 " changed, %" PRId64 " unchanged, %" PRId64
           " refused, %zu warnings\n",
           receipt->kind, receipt->rows, receipt->added, receipt->changed, receipt->unchanged,
           receipt->refused, receipt->warnings.n);
    return receipt->refused || receipt->warnings.n ? EXIT_FINDINGS : EXIT_DONE;
}

static int refused(struct cli *cli) {
    int exit = cli_fail(cli);
    const char *slug = cli->c.fault.slug;
    if (slug && strcmp(slug, "import.refused") == 0)
        fprintf(stderr, "With --keep-good the rows without faults are taken.\n");
    return exit;
}

int cli_import(struct cli *cli) {
    struct work work = {.kind = cli->word[0],
                        .file = {.keep_good = cli_option(cli, "keep-good") != NULL,
                                 .progress = isatty(STDERR_FILENO) ? show_progress : NULL}};
    if (!app_import_known(work.kind))
        return cli_usage(cli, "\"%s\" is no kind: take one of %s", work.kind, app_import_kinds(&cli->c));
    int exit = read_map(cli, &work);
    if (exit == EXIT_DONE) exit = read_file(cli, cli->word[1], &work);
    if (exit == EXIT_DONE) exit = cli_open(cli, DB_WRITE);
    if (exit != EXIT_DONE) return exit;
    if (db_unit(&cli->c, import, &work) != OK) return refused(cli);
    return report(&work);
}
