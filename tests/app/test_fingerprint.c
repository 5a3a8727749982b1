/* A repeat is known by its fingerprint, and the fingerprint tells nobody what was said. */
#include "app/app_order.h"
#include "app/fingerprint.h"
#include "base/date.h"
#include "base/id.h"
#include "base/text.h"
#include "store/store_contact.h"
#include "store/store_order.h"
#include "world_order.h"
#include <string.h>

static const int64_t UNITS[] = {120};

struct call {
    struct world *w;
    struct order_row order;
    struct contact_in in;
};

static struct call call_with_note(const char *note) {
    struct call call = {.w = world_make()};
    struct id order = world_order(call.w, 0, "2026-03-16", UNITS, 1);
    call.order = world_order_row(call.w, order);
    shape_clear(&contact_in_shape, &call.in);
    call.in.id = id_new(call.w->c->now);
    call.in.at = call.w->c->now;
    call.in.channel = CONTACT_CALL;
    call.in.outcome = CONTACT_NO_ANSWER;
    call.in.identity_checked = 0;
    call.in.note = note;
    return call;
}

static enum err add(struct call *call, bool *replay_out) {
    struct contact contact;
    ctx_fault_clear(call->w->c);
    call->order = world_order_row(call->w, call->order.id);
    return app_contact_add(call->w->c, &call->order, &call->in, &contact, replay_out);
}

static struct blob kept(struct call *call) {
    struct contact contact;
    CHECK_OK(call->w->c, store_contact_get(call->w->c, call->in.id, &contact));
    return contact.fingerprint;
}

static struct blob unsalted(struct call *call) {
    const struct fingerprint_of of = {"", call->order.id, &contact_in_shape, &call->in};
    struct blob print;
    CHECK_OK(call->w->c, fingerprint_make(call->w->c, &of, (struct blob){NULL, 0}, &print));
    return print;
}

static bool is_equal(struct blob a, struct blob b) {
    return a.n == FINGERPRINT_SIZE && b.n == a.n && memcmp(a.at, b.at, a.n) == 0;
}

TEST(fingerprint_of_a_note_cannot_be_guessed) {
    struct call call = call_with_note("Her sister Ann Marker answered");
    bool replay;
    CHECK_OK(call.w->c, add(&call, &replay));
    CHECK(!is_equal(kept(&call), unsalted(&call)));
}

TEST(fingerprint_of_nothing_private_has_no_salt) {
    struct call call = call_with_note(NULL);
    bool replay;
    CHECK_OK(call.w->c, add(&call, &replay));
    CHECK(is_equal(kept(&call), unsalted(&call)));
}

TEST(fingerprint_tells_a_repeat_from_another_body) {
    struct call call = call_with_note("Her sister Ann Marker answered");
    bool replay;
    CHECK_OK(call.w->c, add(&call, &replay));
    CHECK_INT(replay, 0);
    CHECK_OK(call.w->c, add(&call, &replay));
    CHECK_INT(replay, 1);
    call.in.note = "Her sister Ann Marker called back";
    CHECK_INT(add(&call, &replay), ERR_CONFLICT);
    CHECK_STR(call.w->c->fault.slug, "event.id-reused");
}

TEST(fingerprint_of_an_erased_note_takes_a_repeat_at_its_word) {
    struct call call = call_with_note("Her sister Ann Marker answered");
    bool replay;
    CHECK_OK(call.w->c, add(&call, &replay));
    world_run(call.w, "DELETE FROM personal_value");
    CHECK_OK(call.w->c, add(&call, &replay));
    CHECK_INT(replay, 1);
}

TEST(fingerprint_of_the_first_releases_is_still_known) {
    struct call call = call_with_note("Her sister Ann Marker answered");
    bool replay;
    CHECK_OK(call.w->c, add(&call, &replay));
    struct blob old = unsalted(&call);
    world_tamper(call.w, "DROP TRIGGER contact_no_update");
    CHECK_INT(old.n, FINGERPRINT_SIZE); /* they kept all of the hash */
    world_run(call.w, arena_printf(call.w->c->arena, "UPDATE contact SET fingerprint = x'%s%032d'",
                                   text_hex(call.w->c->arena, old.at, old.n), 0));
    CHECK_OK(call.w->c, add(&call, &replay));
    CHECK_INT(replay, 1);
    call.in.note = "Another";
    CHECK_INT(add(&call, &replay), ERR_CONFLICT);
}
