/* Amendments: both versions stay, the verdict is that of a first statement, and nothing a person did is
 * undone. */
#include "app/app_amend.h"
#include "app/app_delivery.h"
#include "app/app_delivery_view.h"
#include "app/app_discrepancy.h"
#include "app/app_report.h"
#include "app/app_sweep.h"
#include "base/date.h"
#include "base/id.h"
#include "json/json.h"
#include "store/store_discrepancy.h"
#include "world_order.h"

static const char AT[] = "2026-03-11T22:00:00Z";
static const int64_t UNITS[] = {120, 45, 150};
static const struct stated SHORT[] = {{0, 100, CONDITION_OK, NULL, "2027-05-31"},
                                      {1, 45, CONDITION_OK, NULL, NULL},
                                      {2, 150, CONDITION_OK, NULL, NULL}};
static const struct stated ALL[] = {{0, 120, CONDITION_OK, NULL, "2027-05-31"},
                                    {1, 45, CONDITION_OK, NULL, NULL},
                                    {2, 150, CONDITION_OK, NULL, NULL}};
static const struct stated REFUSED[] = {{0, 120, CONDITION_REFUSED, NULL, NULL},
                                        {1, 45, CONDITION_REFUSED, NULL, NULL},
                                        {2, 150, CONDITION_REFUSED, NULL, NULL}};

struct road {
    struct world *w;
    struct id order, delivery, drop;
};

/* Dropped with the lines, by driver 0, at 09:00 in Sydney: in its window. */
static struct road dropped(const struct stated *stated) {
    struct road r = {.w = world_make()};
    struct drop_answer answer;
    r.order = world_order(r.w, 0, "2026-03-16", UNITS, 3);
    r.delivery = world_book(r.w, r.order, "2026-03-12", "08:00", "12:00");
    world_dispatch(r.w, r.delivery, 0);
    world_at(r.w, AT);
    r.drop = id_new(r.w->c->now);
    CHECK_OK(r.w->c, world_drop(r.w, r.drop, r.delivery, 0, AT, stated, 3, &answer));
    return r;
}

static void state_lines(struct world *w, const struct stated *stated, struct amendment_in *in) {
    struct drop_line *line = arena_array(w->c->arena, 3, sizeof *line);
    for (int i = 0; i < 3; i++) {
        shape_clear(&drop_line_shape, &line[i]);
        line[i].product_id = w->product[stated[i].product];
        line[i].qty = stated[i].qty;
        line[i].condition = stated[i].condition;
        line[i].lot = stated[i].product < 2 ? "L1" : NULL;
        line[i].expiry = stated[i].expiry ? date_parse(stated[i].expiry) : NONE;
    }
    in->lines = (struct list){line, 3};
}

static struct amendment_in amendment(struct road r, const char *at, const struct stated *stated) {
    struct amendment_in in;
    shape_clear(&amendment_in_shape, &in);
    in.id = id_new(r.w->c->now);
    in.at = instant_parse(at);
    in.reason = "Counted again";
    if (stated) state_lines(r.w, stated, &in);
    return in;
}

/* As the driver of the drop, or as the manager. */
static enum err amend(struct road r, enum role role, const struct amendment_in *in,
                      struct drop_answer *answer_out) {
    struct amend_found found;
    struct actor before = r.w->c->actor;
    world_act(r.w, role, role == ROLE_DRIVER ? r.w->driver[0] : r.w->manager);
    enum err err = app_amend_find(r.w->c, r.drop, &found);
    if (err == OK) err = app_amend(r.w->c, &found, in, answer_out);
    r.w->c->actor = before;
    return err;
}

static void amend_ok(struct road r, enum role role, const char *at, const struct stated *stated) {
    struct drop_answer answer;
    struct amendment_in in = amendment(r, at, stated);
    CHECK_OK(r.w->c, amend(r, role, &in, &answer));
}

static struct delivery_view view(struct road r) {
    struct delivery_view v;
    struct delivery_row row = world_delivery(r.w, r.delivery);
    CHECK_OK(r.w->c, app_delivery_view(r.w->c, &row, r.w->c->now, &v));
    return v;
}

TEST(amend_an_order_that_came_as_authorised_notes_its_lines_only_when_they_did_not) {
    static const char NOTED[] = "SELECT COALESCE(SUM(accepted), 0) FROM order_line";
    struct road r = dropped(ALL);
    CHECK_INT(world_accepted(r.w), 315);
    CHECK_INT(world_count(r.w, NOTED), 0);
    amend_ok(r, ROLE_DRIVER, AT, SHORT);
    CHECK_INT(world_order_row(r.w, r.order).state, ORDER_PART_DELIVERED);
    CHECK_INT(world_accepted(r.w), 295);
    CHECK_INT(world_count(r.w, NOTED), 295);
    world_at(r.w, "2026-03-11T22:10:00Z");
    amend_ok(r, ROLE_DRIVER, "2026-03-11T22:10:00Z", ALL);
    CHECK_INT(world_order_row(r.w, r.order).state, ORDER_DELIVERED);
    CHECK_INT(world_accepted(r.w), 315);
    world_at(r.w, "2026-03-11T22:20:00Z");
    amend_ok(r, ROLE_DRIVER, "2026-03-11T22:20:00Z", REFUSED);
    CHECK_INT(world_accepted(r.w), 0);
    CHECK_INT(world_count(r.w, "SELECT SUM(refused) FROM order_line"), 315);
}

/* The first attempt was cancelled; the second brings the rest of what the first's late statement says was
 * refused. */
static struct road refused_late(void) {
    static const struct stated ONE[] = {{1, 45, CONDITION_REFUSED, NULL, NULL}},
                               REST[] = {{0, 120, CONDITION_OK, NULL, "2027-05-31"},
                                         {2, 150, CONDITION_OK, NULL, NULL}};
    struct road r = {.w = world_make()};
    const struct withdrawal ours = {.requested_by = PARTY_US, .reason = "van broke"};
    struct drop_answer answer;
    r.order = world_order(r.w, 0, "2026-03-16", UNITS, 3);
    r.delivery = world_book(r.w, r.order, "2026-03-12", "08:00", "12:00");
    world_dispatch(r.w, r.delivery, 0);
    struct delivery_row row = world_delivery(r.w, r.delivery);
    CHECK_OK(r.w->c, app_delivery_cancel(r.w->c, &row, &ours));
    struct id second = world_book(r.w, r.order, "2026-03-12", "08:00", "12:00");
    world_dispatch(r.w, second, 1);
    world_at(r.w, AT);
    r.drop = id_new(r.w->c->now);
    CHECK_OK(r.w->c, world_drop(r.w, r.drop, r.delivery, 0, AT, ONE, 1, &answer));
    CHECK_OK(r.w->c, world_drop(r.w, id_new(r.w->c->now), second, 1, AT, REST, 2, &answer));
    return r;
}

TEST(amend_of_a_statement_that_completes_nothing_opens_the_order_again) {
    struct road r = refused_late();
    struct drop_line line;
    struct drop_answer answer;
    CHECK_INT(world_order_row(r.w, r.order).state, ORDER_DELIVERED);
    CHECK_INT(world_accepted(r.w), 270);
    struct amendment_in in = amendment(r, AT, NULL);
    shape_clear(&drop_line_shape, &line);
    line.product_id = r.w->product[1];
    line.qty = 45;
    line.condition = CONDITION_NOT_LOADED;
    in.lines = (struct list){&line, 1};
    CHECK_OK(r.w->c, amend(r, ROLE_DRIVER, &in, &answer));
    CHECK_INT(world_order_row(r.w, r.order).state, ORDER_PART_DELIVERED);
    CHECK_INT(world_accepted(r.w), 270);
    CHECK_INT(world_commitment(r.w, r.order).units_accepted, 270);
}

TEST(f19_a_done_pressed_by_mistake_is_corrected_and_both_versions_are_read) {
    struct road r = dropped(SHORT);
    CHECK_INT(world_found(r.w, r.order, "short"), 1);
    amend_ok(r, ROLE_DRIVER, AT, ALL);
    struct delivery_view v = view(r);
    const struct field_event_line *line = v.confirmation->lines.at;
    CHECK_INT(line[0].qty, 100); /* as first stated */
    CHECK_INT(v.confirmation->amendments.n, 1);
    const struct amendment *amended = v.confirmation->amendments.at;
    line = amended->lines.at;
    CHECK_INT(line[0].qty, 120);
    CHECK_STR(amended->reason, "Counted again");
    CHECK_INT(world_accepted(r.w), 315);
    CHECK_INT(world_found(r.w, r.order, NULL), 0);
    CHECK_INT(world_order_row(r.w, r.order).state, ORDER_DELIVERED);
    CHECK_INT(world_commitment(r.w, r.order).lines_right, 3);
    CHECK_INT(
        world_count(r.w, "SELECT COUNT(*) FROM discrepancy WHERE state = 'void' AND reason = 'amended'"), 1);
}

TEST(amend_that_changes_a_finding_supersedes_it) {
    static const struct stated LESS[] = {{0, 90, CONDITION_OK, NULL, "2027-05-31"},
                                         {1, 45, CONDITION_OK, NULL, NULL},
                                         {2, 150, CONDITION_OK, NULL, NULL}};
    struct road r = dropped(SHORT);
    amend_ok(r, ROLE_DRIVER, AT, LESS);
    CHECK_INT(world_count(r.w, "SELECT COUNT(*) FROM discrepancy WHERE kind = 'short'"), 2);
    CHECK_INT(world_count(r.w,
                          "SELECT COUNT(*) FROM discrepancy n JOIN discrepancy o ON o.superseded_by = n.id "
                          "WHERE o.state = 'void' AND o.actual = 100 AND n.actual = 90 AND n.state = 'open'"),
              1);
    CHECK_INT(world_accepted(r.w), 285);
}

TEST(amend_that_leaves_lines_out_keeps_them) {
    struct road r = dropped(SHORT);
    struct amendment_in in = amendment(r, AT, NULL);
    struct drop_answer answer;
    in.received_by = &(struct receiver){"Nobody Known", "neighbour"};
    CHECK_OK(r.w->c, amend(r, ROLE_DRIVER, &in, &answer));
    CHECK_INT(world_accepted(r.w), 295);
    CHECK_INT(world_found(r.w, r.order, "short"), 1);
    CHECK_INT(world_found(r.w, r.order, "wrong_recipient"), 1);
    CHECK_INT(answer.discrepancies.n, 1); /* what this amendment found */
    CHECK_INT(view(r).quality->receiver, 0);
}

TEST(f26_what_a_person_made_of_a_discrepancy_stays) {
    struct road r = dropped(SHORT);
    struct discrepancy found;
    struct id id = {{0}};
    struct list rows;
    CHECK_OK(r.w->c, store_discrepancy_of_order(r.w->c, r.order, &rows));
    id = ((const struct discrepancy *)rows.at)[0].id;
    CHECK_OK(r.w->c, store_discrepancy_get(r.w->c, id, &found));
    CHECK_OK(r.w->c, app_discrepancy_void(r.w->c, &found, "The patient had asked for less"));
    struct amendment_in in = amendment(r, AT, NULL);
    struct drop_answer answer;
    in.note = "Left inside";
    CHECK_OK(r.w->c, amend(r, ROLE_DRIVER, &in, &answer));
    CHECK_INT(world_found(r.w, r.order, "short"), 0); /* void, by a person: it is not opened again */
    CHECK_OK(r.w->c, store_discrepancy_get(r.w->c, id, &found));
    CHECK_STR(found.reason, "The patient had asked for less");
}

/* A manager puts it right; then the phone comes back with what the driver had amended before that. */
TEST(f26_a_late_sync_does_not_undo_a_persons_correction) {
    struct road r = dropped(SHORT);
    world_at(r.w, "2026-03-12T08:00:00Z");
    amend_ok(r, ROLE_MANAGER, "2026-03-12T08:00:00Z", ALL);
    world_at(r.w, "2026-03-12T09:00:00Z");
    amend_ok(r, ROLE_DRIVER, "2026-03-12T01:00:00Z", REFUSED);
    CHECK_INT(world_accepted(r.w), 315);
    CHECK_INT(world_delivery(r.w, r.delivery).state, DELIVERY_DELIVERED);
    struct delivery_view v = view(r);
    const struct amendment *amended = v.confirmation->amendments.at;
    CHECK_INT(v.confirmation->amendments.n, 2);
    CHECK_INT(amended[0].stands, 1);
    CHECK_INT(amended[1].stands, 0);
    CHECK_INT(v.quality->lines, 3);
}

TEST(amend_to_nothing_makes_the_delivery_failed_and_the_clock_runs_on) {
    struct road r = dropped(ALL);
    struct sweep_receipt receipt;
    amend_ok(r, ROLE_MANAGER, AT, REFUSED);
    struct delivery_row row = world_delivery(r.w, r.delivery);
    CHECK_INT(row.state, DELIVERY_FAILED);
    CHECK_STR(row.reason, "refused");
    CHECK(id_is_none(row.event_id));
    CHECK_INT(row.completed_at, NONE);
    CHECK_INT(world_commitment(r.w, r.order).completed_at, NONE);
    CHECK_INT(world_accepted(r.w), 0);
    world_at(r.w, "2026-03-14T00:00:00Z");
    CHECK_OK(r.w->c, app_sweep(r.w->c, 100, &receipt));
    CHECK_INT(world_found(r.w, r.order, "missed"), 1);
}

TEST(amend_from_nothing_completes_it_at_the_time_of_the_drop) {
    struct road r = dropped(REFUSED);
    CHECK_INT(world_delivery(r.w, r.delivery).state, DELIVERY_FAILED);
    world_at(r.w, "2026-03-12T20:00:00Z");
    amend_ok(r, ROLE_DRIVER, "2026-03-12T19:00:00Z", ALL);
    struct delivery_row row = world_delivery(r.w, r.delivery);
    CHECK_INT(row.state, DELIVERY_DELIVERED);
    CHECK_INT(row.completed_at, instant_parse(AT));
    CHECK(id_equal(row.event_id, r.drop));
    struct commitment commitment = world_commitment(r.w, r.order);
    CHECK_INT(commitment_timeliness(&commitment, r.w->c->now), TIMELINESS_ON_TIME);
    CHECK_INT(world_found(r.w, r.order, "refused"), 0);
}

TEST(amend_of_the_time_is_a_managers) {
    struct road r = dropped(ALL);
    struct drop_answer answer;
    struct amendment_in in = amendment(r, AT, NULL);
    world_at(r.w, "2026-03-12T08:00:00Z");
    in.dropped_at = instant_parse("2026-03-12T03:00:00Z"); /* 14:00 in Sydney: late */
    CHECK_INT(amend(r, ROLE_DRIVER, &in, &answer), ERR_DENIED);
    CHECK_STR(r.w->c->fault.slug, "amendment.time-needs-manager");
    ctx_fault_clear(r.w->c);
    CHECK_OK(r.w->c, amend(r, ROLE_MANAGER, &in, &answer));
    CHECK_INT(world_found(r.w, r.order, "late"), 1);
    struct commitment commitment = world_commitment(r.w, r.order);
    CHECK_INT(commitment.completed_at, in.dropped_at);
    struct amendment_in later = amendment(r, "2026-03-12T08:00:00Z", ALL);
    later.id = id_new(r.w->c->now);
    CHECK_OK(r.w->c, amend(r, ROLE_DRIVER, &later, &answer)); /* the time that was put right stays */
    CHECK_INT(world_commitment(r.w, r.order).completed_at, in.dropped_at);
    struct amendment_in wrong = amendment(r, AT, NULL);
    wrong.dropped_at = r.w->c->now + 1;
    CHECK_INT(amend(r, ROLE_MANAGER, &wrong, &answer), ERR_INVALID);
    CHECK_STR(r.w->c->fault.first->pointer, "/dropped_at");
    ctx_fault_clear(r.w->c);
    in.id = id_new(r.w->c->now);
    in.at = r.w->c->now;
    in.dropped_at = instant_parse(AT);
    CHECK_OK(r.w->c, amend(r, ROLE_MANAGER, &in,
                           &answer)); /* and back: the late one is void, and no reversal of a witness */
    CHECK_INT(world_found(r.w, r.order, "late"), 0);
    CHECK_INT(world_commitment(r.w, r.order).reversals, 0);
}

/* Judged by what was outstanding when the confirmation came, not by what a recovery has brought since. */
TEST(amend_after_a_recovery_is_judged_as_it_would_have_been) {
    static const struct stated REST[] = {{0, 20, CONDITION_OK, NULL, "2027-05-31"}};
    static const struct stated MORE[] = {{0, 105, CONDITION_OK, NULL, "2027-05-31"},
                                         {1, 45, CONDITION_OK, NULL, NULL},
                                         {2, 150, CONDITION_OK, NULL, NULL}};
    struct road r = dropped(SHORT);
    struct drop_answer answer;
    struct id recovery = world_book(r.w, r.order, "2026-03-13", "08:00", "12:00");
    world_dispatch(r.w, recovery, 1);
    world_at(r.w, "2026-03-12T22:00:00Z");
    CHECK_OK(r.w->c,
             world_drop(r.w, (struct id){{0}}, recovery, 1, "2026-03-12T22:00:00Z", REST, 1, &answer));
    amend_ok(r, ROLE_DRIVER, "2026-03-12T22:00:00Z", MORE);
    CHECK_INT(world_found(r.w, r.order, "over"), 0);
    CHECK_INT(world_count(r.w, "SELECT COUNT(*) FROM discrepancy WHERE kind = 'short' AND state = 'open' "
                               "AND expected = 120 AND actual = 105"),
              1);
    CHECK_INT(world_accepted(r.w), 105 + 20 + 45 + 150);
    CHECK_INT(world_commitment(r.w, r.order).units_accepted, 300);
}

static const char *text_of(struct road r, const struct drop_answer *answer) {
    struct text text = text_in(r.w->c->arena);
    json_object(&text, &drop_answer_shape, answer);
    return text.at;
}

/* Whatever came between: each copy of each gets its first answer. */
TEST(amend_copies_get_the_first_answer) {
    struct road r = dropped(SHORT);
    struct drop_answer answer;
    struct amendment_in first = amendment(r, AT, ALL), second = amendment(r, AT, REFUSED);
    CHECK_OK(r.w->c, amend(r, ROLE_DRIVER, &first, &answer));
    const char *one = text_of(r, &answer);
    CHECK_OK(r.w->c, amend(r, ROLE_DRIVER, &second, &answer));
    const char *two = text_of(r, &answer);
    world_at(r.w, "2026-03-20T00:00:00Z");
    CHECK_OK(r.w->c, amend(r, ROLE_DRIVER, &first, &answer));
    CHECK_INT(answer.replay, 1);
    CHECK_STR(text_of(r, &answer), one);
    CHECK_OK(r.w->c, amend(r, ROLE_DRIVER, &second, &answer));
    CHECK_STR(text_of(r, &answer), two);
    CHECK_OK(r.w->c, world_drop(r.w, r.drop, r.delivery, 0, AT, SHORT, 3, &answer));
    CHECK_INT(answer.replay, 1);
    CHECK_INT(answer.delivery->state, DELIVERY_DELIVERED);
    CHECK_INT(answer.confirmation->amendments.n, 0);
    CHECK_INT(answer.discrepancies.n, 1);
    first.note = "other";
    CHECK_INT(amend(r, ROLE_DRIVER, &first, &answer), ERR_CONFLICT);
    ctx_fault_clear(r.w->c);
}

TEST(amend_is_for_whose_drop_it_is) {
    struct road r = dropped(SHORT);
    struct amend_found found;
    world_act(r.w, ROLE_DRIVER, r.w->driver[1]);
    CHECK_INT(app_amend_find(r.w->c, r.drop, &found), ERR_NOT_FOUND);
    ctx_fault_clear(r.w->c);
    world_act(r.w, ROLE_DRIVER, r.w->driver[0]);
    CHECK_INT(app_amend_find(r.w->c, r.delivery, &found), ERR_NOT_FOUND);
    ctx_fault_clear(r.w->c);
}

struct work {
    struct id drop;
    struct amendment_in in;
};

static enum err amend_work(struct ctx *c, void *user) {
    const struct work *work = user;
    struct amend_found found;
    struct drop_answer answer;
    TRY(app_amend_find(c, work->drop, &found));
    return app_amend(c, &found, &work->in, &answer);
}

TEST(amend_is_one_unit) {
    struct road r = dropped(SHORT);
    struct work work = {r.drop, amendment(r, AT, ALL)};
    world_act(r.w, ROLE_MANAGER, r.w->manager);
    world_fails_at_every_call(r.w, amend_work, &work);
}

/* A report as of before the amendment tells what was known then; the one after it is restated. */
TEST(amend_is_known_from_when_it_came) {
    struct road r = dropped(SHORT);
    struct report before, after;
    unsigned groups;
    struct report_query query = {.from = date_parse("2026-03-01"),
                                 .to = date_parse("2026-03-31"),
                                 .group_by = "customer",
                                 .basis = NONE,
                                 .as_of = NONE};
    world_at(r.w, "2026-04-02T00:00:00Z");
    query.as_of = r.w->c->now;
    world_at(r.w, "2026-04-03T00:00:00Z");
    amend_ok(r, ROLE_MANAGER, "2026-04-03T00:00:00Z", ALL);
    CHECK_OK(r.w->c, app_report(r.w->c, &query, &before, &groups));
    query.as_of = NONE;
    CHECK_OK(r.w->c, app_report(r.w->c, &query, &after, &groups));
    CHECK_INT(before.total->in_full, 0);
    CHECK_INT(after.total->in_full, 1);
    CHECK_INT(after.restated.n, 1);
    query.group_by = "product";
    query.as_of = instant_parse("2026-04-02T00:00:00Z");
    CHECK_OK(r.w->c, app_report(r.w->c, &query, &before, &groups));
    query.as_of = NONE;
    CHECK_OK(r.w->c, app_report(r.w->c, &query, &after, &groups));
    CHECK_INT(before.total->units_accepted, 295);
    CHECK_INT(after.total->units_accepted, 315);
}
