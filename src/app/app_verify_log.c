/* The log alone: every event is there and is what was hashed when it was written; the stored subtrees are
 * those of the leaves; every key has its event; an exported head is still the beginning of it. */
#include "app/app_audit.h"
#include "app/app_key.h"
#include "app/app_log.h"
#include "base/date.h"
#include "base/id.h"
#include "store/store_log.h"
#include "store/store_verify.h"
#include "verify_walk.h"
#include <inttypes.h>
#include <string.h>

#define PROGRESS_EVERY 10000

struct log_walk {
    struct verify_walk *walk;
    struct text canonical;   /* of one event, used again */
    struct merkle_fold fold; /* of the leaves up to the first gap */
    bool gap;
    bool head_seen;   /* what there is to say about it was said */
    struct list keys; /* struct log_key, oldest first */
    size_t keys_seen; /* of them, had their event */
};

/* The walk goes by sequence number, and looks at an event before it looks at a subtree over it: the first is
 * the most exact. */
static void note_bad(struct verify_result *result, int64_t first, int64_t last) {
    if (result->bad_seq != NONE) return;
    result->bad_seq = first;
    result->bad_last = last;
}

static void bad_event(struct verify_walk *walk, int64_t seq, const char *what) {
    note_bad(&walk->result, seq, seq);
    verify_find(walk, "audit event %" PRId64 " %s", seq, what);
}

/* ---- stored subtrees ---- */

static bool same(const uint8_t *hash, struct blob other) {
    return other.n == SHA256_SIZE && memcmp(hash, other.at, SHA256_SIZE) == 0;
}

/* Which of the two was changed cannot be told from here: the sentence names both. */
MUST static enum err check_node(struct ctx *c, struct log_walk *log, int64_t level) {
    struct verify_walk *walk = log->walk;
    int64_t last = log->fold.size, first = last - (INT64_C(1) << level) + 1;
    uint8_t stored[SHA256_SIZE];
    enum err err = store_log_node_get(c, level, (first - 1) >> level, stored);
    if (err == ERR_NOT_FOUND) {
        verify_find(walk, "the stored subtree of audit events %" PRId64 " to %" PRId64 " is missing", first,
                    last);
        return OK;
    }
    TRY(err);
    if (memcmp(stored, log->fold.last[level], sizeof stored) == 0) return OK;
    note_bad(&walk->result, first, last);
    verify_find(walk,
                "one of the audit events %" PRId64 " to %" PRId64
                ", or the stored subtree over them, was changed",
                first, last);
    return OK;
}

MUST static enum err check_nodes_beyond(struct ctx *c, struct log_walk *log) {
    struct log_node node;
    enum err err = store_log_node_beyond(c, log->walk->result.events, &node);
    if (err == ERR_NOT_FOUND) return OK;
    TRY(err);
    int64_t last = (node.number + 1) << node.level;
    verify_find(log->walk,
                "a stored subtree reaches to audit event %" PRId64 ", and the log ends with %" PRId64
                ": its end was deleted",
                last, log->walk->result.events);
    return OK;
}

/* ---- an exported head ---- */

static const struct log_key *key_of(const struct log_walk *log, const char *key_id, size_t *at_out) {
    const struct log_key *key = log->keys.at;
    for (*at_out = 0; *at_out < log->keys.n; ++*at_out)
        if (strcmp(key[*at_out].key_id, key_id) == 0) return &key[*at_out];
    return NULL;
}

/* A key signs what is there between its own event and that of the next key. */
static bool signs_then(const struct log_walk *log, size_t at, int64_t size) {
    const struct log_key *key = log->keys.at;
    return key[at].seq <= size && (at + 1 == log->keys.n || size < key[at + 1].seq);
}

/* What nobody signed says nothing about the log, and is not compared with it. */
static void check_signature(struct ctx *c, struct log_walk *log) {
    const struct log_head *head = log->walk->head;
    size_t at;
    const struct log_key *key = key_of(log, head->key_id, &at);
    bool is_signed = key && key->public_key.n == SIGN_PUBLIC_SIZE &&
                     log_head_is_signed(c->arena, head, key->public_key.at);
    if (!key)
        verify_find(log->walk,
                    "the head of %" PRId64 " events is signed with key %s, which this log never had",
                    head->size, head->key_id);
    else if (!is_signed)
        verify_find(log->walk,
                    "the head of %" PRId64 " events is not what key %s signed: its signature is wrong",
                    head->size, head->key_id);
    else if (!signs_then(log, at, head->size))
        verify_find(log->walk,
                    "the head of %" PRId64 " events is signed with key %s, which was not in use at that size",
                    head->size, head->key_id);
    log->head_seen = key && !is_signed;
}

static void compare_head(struct ctx *c, struct log_walk *log) {
    const struct log_head *head = log->walk->head;
    uint8_t root[SHA256_SIZE];
    char time[INSTANT_TEXT_SIZE];
    if (!head || head->size != log->fold.size || log->head_seen) return;
    log->head_seen = true;
    merkle_fold_root(&log->fold, root);
    if (same(root, head->root)) return;
    verify_find(log->walk,
                "audit events 1 to %" PRId64 " are not those of the head signed at %s: history was rewritten "
                "(the root was %s, now it is %s)",
                head->size, instant_format(head->time, time), text_hex(c->arena, head->root.at, head->root.n),
                text_hex(c->arena, root, sizeof root));
}

static void check_length(struct log_walk *log) {
    const struct log_head *head = log->walk->head;
    int64_t events = log->walk->result.events;
    char time[INSTANT_TEXT_SIZE];
    if (!head || log->head_seen) return;
    if (events < head->size)
        verify_find(log->walk,
                    "the log ends with audit event %" PRId64 ", and had %" PRId64
                    " when the head was signed at %s: the last %" PRId64 " were deleted",
                    events, head->size, instant_format(head->time, time), head->size - events);
    else
        verify_find(log->walk,
                    "audit events 1 to %" PRId64
                    " cannot be those of the head signed at %s: some are missing",
                    head->size, instant_format(head->time, time));
}

/* ---- keys ---- */

static bool is_key_event(struct ctx *c, const struct log_key *key, const struct audit_row *row) {
    const char *change = app_key_change(c, key);
    return id_equal(row->entity_id, key->id) && row->at == key->made_at && change &&
           strcmp(row->change, change) == 0;
}

/* Keys and their events are walked side by side, both by sequence number. */
static void check_key_event(struct ctx *c, struct log_walk *log, const struct audit_row *row) {
    const struct log_key *key = log->keys.at;
    if (!row->action || strcmp(row->action, "audit.key") != 0) return;
    while (log->keys_seen < log->keys.n && key[log->keys_seen].seq < row->seq)
        verify_find(log->walk, "key %s has no event in the log", key[log->keys_seen++].key_id);
    bool there = log->keys_seen < log->keys.n && key[log->keys_seen].seq == row->seq;
    if (!there)
        verify_find(log->walk, "the key of audit event %" PRId64 " is missing", row->seq);
    else if (!is_key_event(c, &key[log->keys_seen++], row))
        verify_find(log->walk, "the key of audit event %" PRId64 " is not the one that it names", row->seq);
}

static void check_keys_left(struct log_walk *log) {
    const struct log_key *key = log->keys.at;
    while (log->keys_seen < log->keys.n)
        verify_find(log->walk, "key %s has no event in the log", key[log->keys_seen++].key_id);
}

static void check_keys(struct log_walk *log) {
    const struct log_key *key = log->keys.at;
    char id[LOG_KEY_ID_SIZE];
    for (size_t i = 0; i < log->keys.n; i++) {
        const char *before = i ? key[i - 1].key_id : NULL;
        bool whole = key[i].public_key.n == SIGN_PUBLIC_SIZE &&
                     text_equal(log_key_id(key[i].public_key.at, id), key[i].key_id) &&
                     text_equal(key[i].replaces, before);
        if (!whole) verify_find(log->walk, "key %s is not what its row says", key[i].key_id);
    }
}

/* ---- the walk ---- */

/* An event out of a block has no leaf hash beside it: the subtree over the block says whether it is the one
 * that was hashed. */
static bool is_leaf(struct log_walk *log, const struct audit_row *row, uint8_t leaf_out[SHA256_SIZE]) {
    bool has_leaf = app_audit_leaf(&log->canonical, row, leaf_out);
    return has_leaf && (!row->leaf_hash.at || same(leaf_out, row->leaf_hash));
}

/* Behind a gap the leaves stand in other places, and every subtree would be another: one finding is enough.
 */
MUST static enum err fold_event(struct ctx *c, struct log_walk *log, const uint8_t leaf[SHA256_SIZE]) {
    if (log->gap) return OK;
    int64_t level = merkle_fold_add(&log->fold, leaf);
    for (int64_t i = LOG_NODE_LEVEL; i <= level; i++)
        TRY(check_node(c, log, i));
    compare_head(c, log);
    return OK;
}

static enum err walk_event(struct ctx *c, void *record, void *user) {
    struct log_walk *log = user;
    struct verify_walk *walk = log->walk;
    const struct verify_event *event = record;
    static const uint8_t NO_HASH[SHA256_SIZE];
    uint8_t leaf[SHA256_SIZE] = {0};
    struct blob stored = event->row.leaf_hash;
    int64_t expected = ++walk->result.events;
    if (event->row.seq != expected) {
        bad_event(walk, expected, "is missing");
        walk->result.events = event->row.seq;
        log->gap = true;
    }
    if (!is_leaf(log, &event->row, leaf))
        bad_event(walk, event->row.seq, "is not what was hashed when it was written");
    if (event->row.reason && !verify_is_digest(event->row.reason_digest, event->salt, event->row.reason))
        bad_event(walk, event->row.seq, "has another reason than the one it was written with");
    check_key_event(c, log, &event->row);
    if (expected % PROGRESS_EVERY == 0) verify_progress(walk, "events", expected);
    verify_rows_event(walk, &event->row);
    if (!stored.at) verify_place_event(walk, &event->row);
    return fold_event(c, log, !stored.at ? leaf : stored.n == sizeof leaf ? stored.at : NO_HASH);
}

/* A row that holds what our types forbid ends the walk: what is behind it is not looked at. A file that is
 * damaged is another thing, and answers no more questions. */
MUST static enum err walk_events(struct ctx *c, struct log_walk *log) {
    enum err err = store_verify_events(c, walk_event, log);
    struct fault fault = c->fault;
    int64_t size, seq = log->walk->result.events + 1;
    if (err != ERR_CORRUPT) return err;
    ctx_fault_clear(c);
    if (store_log_size(c, &size) != OK) {
        c->fault = fault;
        return err;
    }
    log->walk->places.is_cut = true;
    bad_event(log->walk, seq,
              arena_printf(c->arena, "cannot be read, nor what is behind it: %s", fault.detail));
    log->walk->result.events = size;
    log->keys_seen = log->keys.n;
    return OK;
}

enum err verify_log(struct ctx *c, struct verify_walk *walk) {
    struct log_walk *log = arena_alloc(c->arena, sizeof *log);
    if (!log) return FAIL(c, ERR_LIMIT, "request.too-large", "no memory");
    *log = (struct log_walk){.walk = walk, .canonical = text_in(c->arena)};
    TRY(store_log_keys(c, &log->keys));
    check_keys(log);
    if (walk->head) check_signature(c, log);
    compare_head(c, log); /* one of no events */
    TRY(verify_places_begin(c, walk));
    TRY(walk_events(c, log));
    check_keys_left(log);
    check_length(log);
    TRY(verify_places(c, walk));
    return check_nodes_beyond(c, log);
}
