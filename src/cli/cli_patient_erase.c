#include "app/app_erase.h"
#include "app/app_patient.h"
#include "base/id.h"
#include "cli.h"
#include "json/json.h"
#include "store/store_patient.h"
#include <inttypes.h>
#include <stdio.h>

struct work {
    const char *word; /* code or id */
    bool sure;
    struct erasure_in in;
    struct patient patient;
    struct erasure erasure;
};

MUST static enum err find(struct ctx *c, struct work *work) {
    struct id id;
    enum err err = store_patient_by_code(c, work->word, &work->patient);
    if (err == ERR_NOT_FOUND && id_parse(work->word, &id)) err = store_patient_get(c, id, &work->patient);
    if (err == ERR_NOT_FOUND)
        return FAIL(c, err, "not-found", "there is no patient with the code or id %s", work->word);
    return err;
}

static enum err erase(struct ctx *c, void *user) {
    struct work *work = user;
    TRY(find(c, work));
    if (!work->sure) return app_patient_erase_check(c, &work->patient);
    return app_patient_erase(c, &work->patient, &work->in, &work->erasure);
}

static enum err clean(struct ctx *c, void *user) {
    (void)user;
    return app_erase_clean(c);
}

/* Nothing to be sorry for yet. */
static int say_what_for(const struct cli *cli, const struct work *work) {
    fprintf(
        stderr,
        "canary %s: nothing was done. %s can be erased, for good: nobody brings the words back. Say --yes "
        "to do it.\n",
        cli->verb->name, work->patient.code);
    return EXIT_USAGE;
}

/* The words are gone from every row; now from every page of the file. */
static int write_anew(struct cli *cli, const struct work *work) {
    char id[ID_TEXT_SIZE];
    printf("%s (%s) erased: %" PRId64 " rows held words of this patient\n", work->patient.code,
           id_format(work->patient.id, id), work->erasure.erased);
    printf("Mind: " ERASE_BACKUPS ".\n");
    if (db_rewrite(&cli->c) == OK && db_unit(&cli->c, clean, NULL) == OK) {
        printf("The file was written anew: no trace of them is left in it.\n");
        return EXIT_DONE;
    }
    (void)cli_fail(cli);
    fprintf(stderr,
            "Traces may be left in pages of the file until a service, or this verb, has written it anew.\n");
    return EXIT_FINDINGS;
}

int cli_patient_erase(struct cli *cli) {
    struct work work = {.word = cli->word[0], .sure = cli_option(cli, "yes") != NULL};
    const struct field *reason = shape_field(&erasure_in_shape, "reason");
    (void)json_read_word(&cli->c, reason, cli_option(cli, "reason"), "--reason", &work.in); /* an item */
    if (ctx_faults(&cli->c) != OK) return cli_fail(cli);
    int exit = cli_open(cli, work.sure ? DB_WRITE : DB_READ);
    if (exit != EXIT_DONE) return exit;
    enum err err = work.sure ? db_unit(&cli->c, erase, &work) : db_snapshot(&cli->c, erase, &work);
    if (err != OK) return cli_fail(cli);
    return work.sure ? write_anew(cli, &work) : say_what_for(cli, &work);
}
