#include "app/app_audit.h"
#include "verify_walk.h"
#include "base/crypto.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/text.h"
#include "store/store_verify.h"
#include "store/store_verify_drops.h"
#include <inttypes.h>
#include <string.h>

void verify_find(struct verify_walk *walk, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    const char *sentence = arena_vprintf(walk->arena, fmt, args);
    va_end(args);
    walk->result.findings++;
    if (walk->tell && sentence) walk->tell(walk->user, sentence);
}

void verify_progress(const struct verify_walk *walk, const char *what, int64_t done) {
    if (walk->progress) walk->progress(walk->user, what, done);
}

bool verify_is_digest(struct blob digest, struct blob salt, const char *value) {
    uint8_t hash[SHA256_SIZE];
    if (digest.n != PRIVATE_DIGEST_SIZE && digest.n != sizeof hash) return false;
    sha256_two(salt.at, salt.n, value, strlen(value), hash);
    return memcmp(hash, digest.at, digest.n) == 0;
}

/* ---- private parts ---- */

static enum err walk_private(struct ctx *c, void *record, void *user) {
    const struct verify_private *row = record;
    char id[ID_TEXT_SIZE];
    (void)c;
    if (!verify_is_digest(row->digest, row->salt, row->value))
        verify_find(user, "%s %s: its private part is not the one it was written with", row->entity,
                    id_format(row->id, id));
    return OK;
}

/* ---- images ---- */

static enum err walk_image(struct ctx *c, void *record, void *user) {
    const struct verify_image *row = record;
    uint8_t digest[SHA256_SIZE];
    sha256(row->image.at, row->image.n, digest);
    if (row->sha256.n != sizeof digest || memcmp(digest, row->sha256.at, sizeof digest) != 0)
        verify_find(user, "evidence %s: the image is not the one of that hash",
                    text_hex(c->arena, row->sha256.at, row->sha256.n));
    return OK;
}

/* ---- pages ---- */

struct pages {
    struct verify_walk *walk;
    verify_page *page;
};

static enum err walk_pages(struct ctx *apart, void *user) {
    const struct pages *pages = user;
    struct id after = {{0}};
    for (bool more = true; more;) {
        arena_reset(apart->arena);
        TRY(pages->page(apart, pages->walk, &after, &more));
    }
    return OK;
}

enum err verify_pages(struct ctx *c, struct verify_walk *walk, verify_page *page) {
    return ctx_apart(c, LIMIT_VERIFY_PAGE_BYTES, walk_pages, &(struct pages){walk, page});
}

/* ---- figures and states ---- */

enum err verify_not_so(struct ctx *c, struct verify_walk *walk, const char *what, struct id id) {
    char text[ID_TEXT_SIZE];
    int64_t seq;
    TRY(store_audit_last_of(c, id, &seq));
    verify_find(walk, "%s: not so for %s (its last audit event is %" PRId64 ")", what, id_format(id, text),
                seq);
    return OK;
}

MUST static enum err run_check(struct ctx *c, struct verify_walk *walk, size_t check) {
    struct list rows;
    TRY(store_verify_check(c, check, &rows));
    for (size_t i = 0; i < rows.n; i++)
        TRY(verify_not_so(c, walk, store_verify_check_name(check),
                          ((const struct verify_contradiction *)rows.at)[i].id));
    return OK;
}

/* What the database holds against our types is found; the parts after it are looked at all the same. */
MUST static enum err found_corrupt(struct ctx *c, struct verify_walk *walk, enum err err) {
    if (err != ERR_CORRUPT) return err;
    verify_find(walk, "%s", c->fault.detail ? c->fault.detail : "the database is damaged");
    ctx_fault_clear(c);
    walk->is_cut = true;
    return OK;
}

MUST static enum err recompute(struct ctx *c, struct verify_walk *walk) {
    TRY(found_corrupt(c, walk, store_verify_private(c, walk_private, walk)));
    TRY(found_corrupt(c, walk, store_verify_images(c, walk_image, walk)));
    for (size_t check = 0; check < store_verify_checks(); check++) {
        verify_progress(walk, "checks", (int64_t)check);
        TRY(found_corrupt(c, walk, run_check(c, walk, check)));
    }
    TRY(found_corrupt(c, walk, verify_capacity(c, walk)));
    TRY(found_corrupt(c, walk, verify_units(c, walk)));
    TRY(found_corrupt(c, walk, verify_figures(c, walk)));
    TRY(found_corrupt(c, walk, verify_plan(c, walk)));
    TRY(found_corrupt(c, walk, verify_drops(c, walk)));
    return found_corrupt(c, walk, verify_stock(c, walk));
}

enum err app_verify_as(struct ctx *c, const struct verify_wish *wish, struct verify_result *result_out) {
    struct verify_walk walk = {.arena = c->arena,
                               .tell = wish->tell,
                               .progress = wish->progress,
                               .user = wish->user,
                               .head = wish->head,
                               .result = {.bad_seq = NONE, .bad_last = NONE}};
    TRY(found_corrupt(c, &walk, verify_log(c, &walk)));
    if (!wish->log_only && !walk.is_cut) TRY(found_corrupt(c, &walk, verify_rows(c, &walk)));
    if (!wish->log_only && !wish->rows_only) TRY(recompute(c, &walk));
    *result_out = walk.result;
    return OK;
}

enum err app_verify(struct ctx *c, void (*tell)(void *user, const char *sentence),
                    void (*progress)(void *user, const char *what, int64_t done), void *user,
                    struct verify_result *result_out) {
    return app_verify_as(c, &(struct verify_wish){.tell = tell, .progress = progress, .user = user},
                         result_out);
}
