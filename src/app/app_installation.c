#include "app/app_installation.h"
#include "app/app_audit.h"
#include "app/app_log.h"
#include "base/file.h"
#include "base/id.h"
#include "base/log.h"
#include "db/db.h"
#include "json/json.h"
#include "store/store_installation.h"
#include "store/store_log.h"
#include "store/store_user.h"
#include <inttypes.h>
#include <string.h>

#define NOTE_END ".backed-up" /* of the file beside the database */

MUST static enum err memory_out(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
}

MUST static enum err write_event(struct ctx *c, const char *action, const struct installation *before,
                                 const struct installation *after) {
    const char *change = app_change(c, &installation_shape, before, after);
    if (!change) return memory_out(c);
    return app_audit(c, &(struct audit){.action = action,
                                        .entity = "installation",
                                        .id = after->epoch,
                                        .version = after->version,
                                        .change = change});
}

/* ---- the epoch ---- */

enum err app_installation_begin(struct ctx *c) {
    struct installation row;
    int64_t added;
    shape_clear(&installation_shape, &row);
    row.epoch = id_random(c->now);
    row.epoch_began_at = c->now;
    row.backed_up_seq = 0;
    row.version = 1;
    TRY(store_installation_add(c, &row, &added));
    return added ? write_event(c, "installation.begin", NULL, &row) : OK;
}

enum err app_installation_get(struct ctx *c, struct installation *out) {
    enum err err = store_installation_get(c, out);
    if (err != ERR_NOT_FOUND) return err;
    return FAIL(c, ERR_INTERNAL, "internal", "this database has no epoch: it was made without one");
}

/* ---- what a backup says of itself ---- */

enum err app_backup_describe(struct ctx *c, struct backup_note *note_out) {
    struct installation row;
    int64_t events;
    shape_clear(&backup_note_shape, note_out);
    TRY(app_installation_get(c, &row));
    TRY(store_installation_log(c, &events, &note_out->seq));
    if (events == 0 || events != note_out->seq)
        return FAIL(c, ERR_CORRUPT, "db.corrupt", "the log has %lld events and ends with number %lld",
                    (long long)events, (long long)note_out->seq);
    TRY(app_log_leaf(c, note_out->seq, &note_out->leaf_hash));
    note_out->epoch = row.epoch;
    note_out->at = c->now;
    return OK;
}

const char *app_backup_text(struct ctx *c, const struct backup_note *note) {
    struct text out = text_in(c->arena);
    json_object(&out, &backup_note_shape, note);
    text_char(&out, '\n');
    return out.failed ? NULL : out.at;
}

enum err app_backup_read(struct ctx *c, const char *text, size_t n, struct backup_note *note_out) {
    if (json_decode(c, text, n, &backup_note_shape, note_out) == OK) return OK;
    ctx_fault_clear(c);
    return ERR_NOT_FOUND;
}

/* ---- the note beside the database ---- */

enum err app_backup_note_write(struct ctx *c, const char *db_file, const struct backup_note *note) {
    const char *path = arena_printf(c->arena, "%s" NOTE_END, db_file), *text = app_backup_text(c, note);
    return path && text ? file_write(c, path, text) : memory_out(c);
}

enum err app_backup_note_read(struct ctx *c, const char *db_file, struct backup_note *note_out) {
    const char *path = arena_printf(c->arena, "%s" NOTE_END, db_file), *text;
    if (!path) return memory_out(c);
    TRY(file_read(c, path, &text));
    return app_backup_read(c, text, strlen(text), note_out);
}

/* *ours_out: the event that the note ends with stands in this log. */
MUST static enum err is_ours(struct ctx *c, const struct backup_note *note, const struct installation *row,
                             bool *ours_out) {
    struct blob leaf;
    *ours_out = false;
    if (!id_equal(note->epoch, row->epoch)) return OK;
    enum err err = app_log_leaf(c, note->seq, &leaf);
    if (err == ERR_NOT_FOUND) return OK;
    TRY(err);
    *ours_out = leaf.n == note->leaf_hash.n && memcmp(leaf.at, note->leaf_hash.at, leaf.n) == 0;
    return OK;
}

MUST static enum err set_backed_up(struct ctx *c, int64_t seq, int64_t at, struct installation *row) {
    struct installation before = *row;
    row->backed_up_seq = seq;
    row->backed_up_at = at;
    TRY(store_installation_set(c, row));
    return write_event(c, "installation.backup", &before, row);
}

enum err app_installation_take_note(struct ctx *c) {
    struct backup_note note;
    struct installation row;
    bool ours;
    const char *file = db_file(c->db);
    enum err err = file ? app_backup_note_read(c, file, &note) : ERR_NOT_FOUND;
    if (err == ERR_NOT_FOUND) return OK;
    TRY(err);
    TRY(app_installation_get(c, &row));
    if (note.seq <= row.backed_up_seq) return OK;
    TRY(is_ours(c, &note, &row, &ours));
    if (ours) return set_backed_up(c, note.seq, note.at, &row);
    log_event(LOG_DEBUG, "backup.not-ours", "seq=%lld", (long long)note.seq);
    return OK;
}

/* ---- a backup that others made ---- */

MUST static enum err check_seq(struct ctx *c, int64_t seq, const struct installation *row) {
    int64_t last;
    TRY(store_log_size(c, &last));
    if (seq > last)
        return FAIL(c, ERR_CONFLICT, "conflict",
                    "the log ends with audit event %" PRId64 ": no backup of it holds event %" PRId64, last,
                    seq);
    if (seq >= row->backed_up_seq) return OK;
    return FAIL(c, ERR_CONFLICT, "conflict",
                "devices were told of a backup up to audit event %" PRId64
                " already, and may have forgotten what it holds",
                row->backed_up_seq);
}

enum err app_installation_backed_up(struct ctx *c, int64_t seq, struct installation *row_out) {
    struct installation row;
    TRY(app_installation_get(c, &row));
    TRY(check_seq(c, seq, &row));
    if (seq > row.backed_up_seq) TRY(set_backed_up(c, seq, c->now, &row));
    *row_out = row;
    return OK;
}

/* ---- restore ---- */

enum err app_installation_restore(struct ctx *c, int64_t at, struct installation *row_out) {
    struct installation before, row;
    int64_t events;
    TRY(app_installation_get(c, &before));
    row = before;
    row.epoch = id_random(c->now);
    row.epoch_began_at = c->now;
    row.restored_epoch = before.epoch;
    TRY(store_installation_log(c, &events, &row.restored_seq));
    row.backed_up_seq = row.restored_seq;
    row.backed_up_at = at;
    TRY(store_session_end_everywhere(c));
    TRY(store_installation_set(c, &row));
    TRY(write_event(c, "installation.restore", &before, &row));
    *row_out = row;
    return OK;
}
