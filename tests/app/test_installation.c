/* The epoch, what a backup says of itself, and what the service takes over from its note. */
#include "app/app_installation.h"
#include "base/file.h"
#include "base/id.h"
#include "world.h"

static enum err begin(struct ctx *c, void *user) {
    (void)user;
    return app_installation_begin(c);
}

static enum err take(struct ctx *c, void *user) {
    (void)user;
    return app_installation_take_note(c);
}

static enum err restore(struct ctx *c, void *user) {
    return app_installation_restore(c, c->now, user);
}

static struct installation get(struct world *w) {
    struct installation row;
    CHECK_OK(w->c, app_installation_get(w->c, &row));
    return row;
}

static struct backup_note describe(struct world *w) {
    struct backup_note note;
    CHECK_OK(w->c, app_backup_describe(w->c, &note));
    note.schema = db_schema_latest();
    return note;
}

TEST(installation_begins_once) {
    struct world *w = world_make();
    struct installation row;
    CHECK_INT(app_installation_get(w->c, &row), ERR_INTERNAL);
    ctx_fault_clear(w->c);
    world_fails_at_every_call(w, begin, NULL);
    row = get(w);
    CHECK(!id_is_none(row.epoch) && id_is_none(row.restored_epoch));
    CHECK_INT(row.restored_seq, NONE);
    CHECK_INT(row.backed_up_seq, 0);
    int64_t events = world_count(w, "SELECT COUNT(*) FROM audit_event");
    CHECK_OK(w->c, db_unit(w->c, begin, NULL));
    CHECK(id_equal(get(w).epoch, row.epoch));
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event"), events);
}

TEST(installation_that_is_restored_is_another_one) {
    struct world *w = world_make();
    struct installation before, after;
    CHECK_OK(w->c, db_unit(w->c, begin, NULL));
    before = get(w);
    world_run(w, "INSERT INTO session SELECT zeroblob(32), id, 0, 9000000000000 FROM user_account LIMIT 1");
    int64_t last = world_count(w, "SELECT MAX(seq) FROM audit_event");
    world_fails_at_every_call(w, restore, &after);
    CHECK(!id_equal(before.epoch, after.epoch) && id_equal(after.restored_epoch, before.epoch));
    CHECK_INT(after.restored_seq, last);
    CHECK_INT(after.backed_up_seq, last);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM session"), 0);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE action = 'installation.restore'"), 1);
    CHECK(id_equal(get(w).epoch, after.epoch));
}

TEST(installation_backup_describes_itself) {
    struct world *w = world_make();
    struct backup_note read;
    CHECK_OK(w->c, db_unit(w->c, begin, NULL));
    struct backup_note note = describe(w);
    CHECK_INT(note.seq, world_count(w, "SELECT MAX(seq) FROM audit_event"));
    const char *text = app_backup_text(w->c, &note);
    CHECK_OK(w->c, app_backup_read(w->c, text, strlen(text), &read));
    CHECK(id_equal(read.epoch, note.epoch) && read.seq == note.seq && read.sha256.n == 0);
    CHECK_INT(app_backup_read(w->c, text, strlen(text) - 2, &read), ERR_NOT_FOUND);
    CHECK(w->c->fault.slug == NULL);
    world_tamper(w, "DROP TRIGGER audit_entry_no_delete");
    world_tamper(w, "DELETE FROM audit_entry WHERE seq = 1");
    world_tamper(
        w, "INSERT INTO audit_entry (seq, at, role, action, entity, entity_id, entity_version, request_id, "
           "change, leaf_hash) VALUES (9, 0, 1, 1, 1, x'00', 1, x'00', '{}', "
           "zeroblob(32))");
    CHECK_INT(app_backup_describe(w->c, &note), ERR_CORRUPT);
}

/* *taken: the sequence number that the row ends up with. */
static int64_t after_note(struct world *w, const struct backup_note *note) {
    CHECK_OK(w->c, app_backup_note_write(w->c, db_file(w->c->db), note));
    CHECK_OK(w->c, db_unit(w->c, take, NULL));
    return get(w).backed_up_seq;
}

TEST_OF_FILE(installation_takes_over_a_note_of_its_own) {
    struct world *w = world_make_file();
    CHECK_OK(w->c, db_unit(w->c, begin, NULL));
    CHECK_OK(w->c, db_unit(w->c, take, NULL)); /* none there */
    struct backup_note note = describe(w), bad = note;
    bad.epoch = w->rep;
    CHECK_INT(after_note(w, &bad), 0);
    bad = note;
    bad.leaf_hash = (struct blob){(const uint8_t[32]){1}, 32};
    CHECK_INT(after_note(w, &bad), 0);
    bad = note;
    bad.seq++;
    CHECK_INT(after_note(w, &bad), 0);
    CHECK_OK(w->c, file_write(w->c, arena_printf(w->c->arena, "%s.backed-up", db_file(w->c->db)), "{"));
    CHECK_OK(w->c, db_unit(w->c, take, NULL));
    CHECK_INT(get(w).backed_up_seq, 0);
    CHECK_OK(w->c, app_backup_note_write(w->c, db_file(w->c->db), &note));
    world_fails_at_every_call(w, take, NULL);
    CHECK_INT(get(w).backed_up_seq, note.seq);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE action = 'installation.backup'"), 1);
    CHECK_OK(w->c, db_unit(w->c, take, NULL)); /* once */
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE action = 'installation.backup'"), 1);
}

struct told {
    int64_t seq;
    struct installation row;
};

static enum err backed_up(struct ctx *c, void *user) {
    struct told *told = user;
    return app_installation_backed_up(c, told->seq, &told->row);
}

TEST(installation_is_told_of_a_backup_that_others_made) {
    struct world *w = world_make();
    struct told told;
    CHECK_OK(w->c, db_unit(w->c, begin, NULL));
    int64_t last = world_count(w, "SELECT MAX(seq) FROM audit_event");
    told.seq = last + 1;
    CHECK_INT(db_unit(w->c, backed_up, &told), ERR_CONFLICT);
    ctx_fault_clear(w->c);
    CHECK_INT(get(w).backed_up_seq, 0);
    told.seq = last;
    world_fails_at_every_call(w, backed_up, &told);
    CHECK_INT(get(w).backed_up_seq, last);
    CHECK_INT(get(w).backed_up_at, w->c->now);
    CHECK_OK(w->c, db_unit(w->c, backed_up, &told)); /* a script that runs twice */
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE action = 'installation.backup'"), 1);
    told.seq = last - 1;
    CHECK_INT(db_unit(w->c, backed_up, &told), ERR_CONFLICT);
    ctx_fault_clear(w->c);
    CHECK_INT(get(w).backed_up_seq, last);
}
