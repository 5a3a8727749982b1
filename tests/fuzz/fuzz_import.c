/* Imports: "<kind>\n<CSV>", all or nothing and with the good rows kept, each undone at the end. The receipt
 * adds up, and no file makes an error that is ours. */
#include "fuzz.h"
#include "app/app_import.h"
#include "db/db.h"
#include <string.h>

struct one {
    const char *kind;
    struct import_file file;
    struct import_receipt receipt;
    enum err err;
};

static enum err import(struct ctx *c, void *user) {
    struct one *one = user;
    one->err = app_import(c, one->kind, &one->file, &one->receipt);
    return ERR_STATE; /* undone, whatever it was */
}

/* A catalogue for what follows, so that patients and prescriptions find theirs. */
static const struct {
    const char *kind, *csv;
} CATALOGUE[] = {
    {"depots", "code,name,timezone\nSYD,Sydney,Australia/Sydney\n"},
    {"zones", "depot,code,name\nSYD,INNER,Inner\n"},
    {"products",
     "code,name,base_unit,units_per_box,box_weight_g\nBAG2000,Bag,bag,5,12000\nCAP,Cap,cap,60,500\n"},
    {"customers", "code,name\nHARBOUR,Harbour\n"},
    {"patients", "code,customer,zone,name\nP-1001,HARBOUR,INNER,Ada\n"},
};

static enum err import_catalogue(struct ctx *c, void *user) {
    (void)user;
    for (size_t i = 0; i < COUNT(CATALOGUE); i++) {
        struct import_receipt receipt;
        struct import_file file = {
            .name = CATALOGUE[i].kind, .bytes = CATALOGUE[i].csv, .n = strlen(CATALOGUE[i].csv)};
        TRY(app_import(c, CATALOGUE[i].kind, &file, &receipt));
    }
    return OK;
}

static void fill(struct ctx *c) {
    c->actor.role = ROLE_ADMIN;
    enum err err = db_unit(c, import_catalogue, NULL);
    HOLDS(err == OK, "%s %s %s", c->fault.detail, c->fault.first ? c->fault.first->pointer : "",
          c->fault.first ? c->fault.first->detail : "");
}

static void try_it(struct ctx *c, struct one *one) {
    ctx_fault_clear(c);
    one->receipt = (struct import_receipt){0};
    HOLDS(db_unit(c, import, one) == ERR_STATE, "not undone");
    const struct import_receipt *r = &one->receipt;
    HOLDS(one->err == OK || one->err == ERR_INVALID || one->err == ERR_LIMIT || one->err == ERR_NOT_FOUND ||
              one->err == ERR_STATE || one->err == ERR_CONFLICT || one->err == ERR_DENIED,
          "%s: %s", err_name(one->err), c->fault.detail);
    if (one->err == OK)
        HOLDS(r->rows == r->added + r->changed + r->unchanged + r->refused && r->refused <= r->rows,
              "%lld rows: %lld %lld %lld %lld", (long long)r->rows, (long long)r->added,
              (long long)r->changed, (long long)r->unchanged, (long long)r->refused);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    struct ctx *c = fuzz_ctx();
    struct one one = {.kind = fuzz_word(c, &bytes, &n)};
    if (!app_import_known(one.kind) || strcmp(one.kind, "history") == 0)
        return 0; /* history needs its mapping */
    fuzz_database(c, fill);
    char *copy = fuzz_copy(bytes, n);
    c->actor.role = ROLE_ADMIN;
    for (int keep = 0; keep < 2; keep++) {
        one.file = (struct import_file){.name = "F", .bytes = copy, .n = n, .keep_good = keep};
        try_it(c, &one);
    }
    free(copy);
    return 0;
}
