/* The log alone: every event is there, and is what was hashed when it was written. */
#include "app/app_audit.h"
#include "store/store_verify.h"
#include "verify_walk.h"
#include <inttypes.h>
#include <string.h>

#define PROGRESS_EVERY 10000

struct log_walk {
    struct verify_walk *walk;
    struct text canonical; /* of one event, used again */
};

static void bad_event(struct ctx *c, struct verify_walk *walk, int64_t seq, const char *what) {
    if (walk->result.bad_seq == NONE) walk->result.bad_seq = seq;
    verify_find(c, walk, "audit event %" PRId64 " %s", seq, what);
}

static bool is_leaf(struct log_walk *log, const struct audit_row *row) {
    uint8_t leaf[SHA256_SIZE];
    return app_audit_leaf(&log->canonical, row, leaf) && row->leaf_hash.n == sizeof leaf &&
           memcmp(leaf, row->leaf_hash.at, sizeof leaf) == 0;
}

static enum err walk_event(struct ctx *c, void *record, void *user) {
    struct log_walk *log = user;
    struct verify_walk *walk = log->walk;
    const struct verify_event *event = record;
    int64_t expected = ++walk->result.events;
    if (event->row.seq != expected) {
        bad_event(c, walk, expected, "is missing");
        walk->result.events = event->row.seq;
    }
    if (!is_leaf(log, &event->row))
        bad_event(c, walk, event->row.seq, "is not what was hashed when it was written");
    if (event->row.reason && !verify_is_digest(event->row.reason_digest, event->salt, event->row.reason))
        bad_event(c, walk, event->row.seq, "has another reason than the one it was written with");
    if (walk->progress && expected % PROGRESS_EVERY == 0) walk->progress(walk->user, expected);
    return OK;
}

enum err verify_log(struct ctx *c, struct verify_walk *walk) {
    struct log_walk log = {walk, text_in(c->arena)};
    return store_verify_events(c, walk_event, &log);
}
