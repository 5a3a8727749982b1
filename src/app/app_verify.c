#include "app/app_verify.h"
#include "app/app_audit.h"
#include "base/crypto.h"
#include "base/id.h"
#include "store/store_verify.h"
#include <inttypes.h>
#include <string.h>

#define PROGRESS_EVERY 10000

struct walk {
    void (*tell)(void *user, const char *sentence);
    void (*progress)(void *user, int64_t events);
    void *user;
    struct verify_result result;
    struct arena *scratch; /* of one event */
};

__attribute__((format(printf, 3, 4))) static void find(struct ctx *c, struct walk *walk, const char *fmt,
                                                       ...) {
    va_list args;
    va_start(args, fmt);
    const char *sentence = arena_vprintf(c->arena, fmt, args);
    va_end(args);
    walk->result.findings++;
    if (walk->tell && sentence) walk->tell(walk->user, sentence);
}

static void bad_event(struct ctx *c, struct walk *walk, int64_t seq, const char *what) {
    if (walk->result.bad_seq == NONE) walk->result.bad_seq = seq;
    find(c, walk, "audit event %" PRId64 " %s", seq, what);
}

static bool is_digest(struct blob digest, struct blob salt, const char *value) {
    uint8_t hash[SHA256_SIZE];
    if (digest.n != sizeof hash) return false;
    sha256_two(salt.at, salt.n, value, strlen(value), hash);
    return memcmp(hash, digest.at, sizeof hash) == 0;
}

/* ---- the log ---- */

static bool is_leaf(struct ctx *c, const struct audit_row *row) {
    uint8_t hash[SHA256_SIZE];
    const char *canonical = app_audit_canonical(c, row);
    if (!canonical || row->leaf_hash.n != sizeof hash) return false;
    sha256_two("", 1, canonical, strlen(canonical), hash);
    return memcmp(hash, row->leaf_hash.at, sizeof hash) == 0;
}

static enum err walk_event(struct ctx *c, void *record, void *user) {
    struct walk *walk = user;
    const struct verify_event *event = record;
    struct arena *keep = c->arena;
    int64_t expected = ++walk->result.events;
    if (event->row.seq != expected) {
        bad_event(c, walk, expected, "is missing");
        walk->result.events = event->row.seq;
    }
    c->arena = walk->scratch;
    bool leaf = is_leaf(c, &event->row);
    c->arena = keep;
    arena_reset(walk->scratch);
    if (!leaf) bad_event(c, walk, event->row.seq, "is not what was hashed when it was written");
    if (event->row.reason && !is_digest(event->row.reason_digest, event->salt, event->row.reason))
        bad_event(c, walk, event->row.seq, "has another reason than the one it was written with");
    if (walk->progress && expected % PROGRESS_EVERY == 0) walk->progress(walk->user, expected);
    return OK;
}

/* ---- private parts ---- */

static enum err walk_private(struct ctx *c, void *record, void *user) {
    const struct verify_private *row = record;
    char id[ID_TEXT_SIZE];
    if (!is_digest(row->digest, row->salt, row->value))
        find(c, user, "%s %s: its private part is not the one it was written with", row->entity,
             id_format(row->id, id));
    return OK;
}

/* ---- figures and states ---- */

MUST static enum err run_check(struct ctx *c, struct walk *walk, size_t check) {
    struct list rows;
    char id[ID_TEXT_SIZE];
    TRY(store_verify_check(c, check, &rows));
    for (size_t i = 0; i < rows.n; i++)
        find(c, walk, "%s: not so for %s", store_verify_check_name(check),
             id_format(((const struct verify_contradiction *)rows.at)[i].id, id));
    return OK;
}

enum err app_verify(struct ctx *c, void (*tell)(void *user, const char *sentence),
                    void (*progress)(void *user, int64_t events), void *user,
                    struct verify_result *result_out) {
    struct walk walk = {.tell = tell, .progress = progress, .user = user, .result = {.bad_seq = NONE}};
    walk.scratch = arena_create((size_t)1 << 20);
    if (!walk.scratch) return FAIL(c, ERR_LIMIT, "request.too-large", "no memory");
    enum err err = store_verify_events(c, walk_event, &walk);
    arena_destroy(&walk.scratch);
    TRY(err);
    TRY(store_verify_private(c, walk_private, &walk));
    for (size_t check = 0; check < store_verify_checks(); check++)
        TRY(run_check(c, &walk, check));
    *result_out = walk.result;
    return OK;
}
