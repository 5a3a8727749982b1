/* Drops: what is recorded, what is judged, what a copy answers, and what no statement may change. */
#include "app/app_contest.h"
#include "app/app_discrepancy.h"
#include "app/app_drop.h"
#include "app/app_sweep.h"
#include "app/app_delivery.h"
#include "base/date.h"
#include "base/id.h"
#include "json/json.h"
#include "store/store_delivery.h"
#include "store/store_discrepancy.h"
#include "world_order.h"

static const int64_t UNITS[] = {120, 45, 150};
static const struct id FRESH = {{0}};
static const struct stated ALL[] = {{0, 120, CONDITION_OK, NULL, "2027-05-31"},
                                    {1, 45, CONDITION_OK, NULL, NULL},
                                    {2, 150, CONDITION_OK, NULL, NULL}};

/* An order of patient 0 on the road on Thursday 2026-03-12, 08:00 to 12:00 in Sydney (21:00Z to 01:00Z). */
struct on_road {
    struct world *w;
    struct id order, delivery;
};

static struct on_road on_road(void) {
    struct on_road r = {.w = world_make()};
    r.order = world_order(r.w, 0, "2026-03-16", UNITS, 3);
    r.delivery = world_book(r.w, r.order, "2026-03-12", "08:00", "12:00");
    world_dispatch(r.w, r.delivery, 0);
    world_at(r.w, "2026-03-11T22:00:00Z");
    return r;
}

static enum err sweep_at(struct world *w, const char *instant) {
    struct sweep_receipt receipt;
    world_at(w, instant);
    return app_sweep(w->c, 100, &receipt);
}

static enum err fail_at(struct world *w, struct id delivery, const char *at,
                        struct failure_answer *answer_out) {
    struct failure_in in;
    struct delivery_row row;
    struct actor before = w->c->actor;
    ctx_fault_clear(w->c);
    TRY(store_delivery_get(w->c, delivery, &row));
    shape_clear(&failure_in_shape, &in);
    in.id = id_new(w->c->now);
    in.at = instant_parse(at);
    in.reason = FAILURE_NOBODY_HOME;
    world_act(w, ROLE_DRIVER, w->driver[0]);
    enum err err = app_drop_fail(w->c, &row, &in, answer_out);
    w->c->actor = before;
    return err;
}

static int64_t timeliness(struct world *w, struct id order) {
    struct commitment row = world_commitment(w, order);
    return commitment_timeliness(&row, w->c->now);
}

TEST(drop_as_ordered_delivers) {
    struct on_road r = on_road();
    struct drop_answer answer;
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, "2026-03-11T22:00:00Z", ALL, 3, &answer));
    CHECK_INT(answer.discrepancies.n, 0);
    CHECK_INT(answer.delivery->state, DELIVERY_DELIVERED);
    CHECK_INT(answer.delivery->timeliness, TIMELINESS_ON_TIME);
    CHECK_INT(answer.delivery->quality->place, PLACE_RIGHT);
    CHECK_INT(answer.confirmation->lines.n, 3);
    CHECK_STR(answer.confirmation->received_by->name, "Zoë Marker");
    CHECK_INT(world_order_row(r.w, r.order).state, ORDER_DELIVERED);
    struct commitment row = world_commitment(r.w, r.order);
    CHECK_INT(row.lines_right, 3);
    CHECK_INT(row.units_accepted, 315);
    CHECK_INT(row.version, 1); /* nothing arrived after its window: no second version */
    CHECK_INT(world_count(r.w, "SELECT COUNT(*) FROM run WHERE state = 'closed'"), 1);
}

/* P2, P3 */
TEST(drop_every_copy_gets_the_same_answer) {
    struct on_road r = on_road();
    struct drop_answer first, copy;
    struct id id = id_new(r.w->c->now);
    struct text a = text_in(r.w->c->arena), b = text_in(r.w->c->arena);
    static const struct stated SHORT[] = {{0, 100, CONDITION_OK, NULL, NULL},
                                          {1, 45, CONDITION_OK, "", NULL},
                                          {2, 150, CONDITION_OK, NULL, NULL}};
    CHECK_OK(r.w->c, world_drop(r.w, id, r.delivery, 0, "2026-03-11T22:00:00Z", SHORT, 3, &first));
    json_object(&a, &drop_answer_shape, &first);
    struct discrepancy found;
    CHECK_OK(r.w->c, store_discrepancy_get(r.w->c, ((const struct discrepancy *)first.discrepancies.at)[0].id,
                                           &found));
    CHECK_OK(r.w->c, app_discrepancy_void(r.w->c, &found, "a manager's word"));
    CHECK_OK(r.w->c, sweep_at(r.w, "2026-03-20T00:00:00Z"));
    CHECK_OK(r.w->c, world_drop(r.w, id, r.delivery, 0, "2026-03-11T22:00:00Z", SHORT, 3, &copy));
    json_object(&b, &drop_answer_shape, &copy);
    CHECK_INT(copy.replay, 1);
    CHECK_STR(b.at, a.at);
    CHECK_INT(world_count(r.w, "SELECT COUNT(*) FROM field_event"), 1);
    CHECK_INT(world_drop(r.w, id, r.delivery, 0, "2026-03-11T22:00:00Z", ALL, 3, &copy), ERR_CONFLICT);
    CHECK_STR(r.w->c->fault.slug, "event.id-reused");
}

TEST(drop_another_drivers_id_is_unknown) {
    struct on_road r = on_road();
    struct drop_answer answer;
    struct id id = id_new(r.w->c->now), other_order = world_order(r.w, 1, "2026-03-16", UNITS, 3);
    struct id other = world_book(r.w, other_order, "2026-03-12", "08:00", "12:00");
    world_dispatch(r.w, other, 1);
    CHECK_OK(r.w->c, world_drop(r.w, id, r.delivery, 0, "2026-03-11T22:00:00Z", ALL, 3, &answer));
    CHECK_INT(world_drop(r.w, id, other, 1, "2026-03-11T22:00:00Z", ALL, 3, &answer), ERR_NOT_FOUND);
    CHECK_INT(world_drop(r.w, FRESH, r.delivery, 1, "2026-03-11T22:00:00Z", ALL, 3, &answer), ERR_NOT_FOUND);
    CHECK_STR(r.w->c->fault.slug, "not-found");
}

TEST(drop_a_second_confirmation_names_the_first) {
    struct on_road r = on_road();
    struct drop_answer answer;
    char text[ID_TEXT_SIZE];
    struct id id = id_new(r.w->c->now);
    CHECK_OK(r.w->c, world_drop(r.w, id, r.delivery, 0, "2026-03-11T22:00:00Z", ALL, 3, &answer));
    CHECK_INT(world_drop(r.w, FRESH, r.delivery, 0, "2026-03-11T22:01:00Z", ALL, 3, &answer), ERR_STATE);
    CHECK_STR(r.w->c->fault.slug, "delivery.already-confirmed");
    CHECK(strstr(r.w->c->fault.detail, id_format(id, text)));
}

/* F1: no edit after the delivery moves a figure. */
TEST(f1_an_edit_after_the_delivery_moves_nothing) {
    struct on_road r = on_road();
    struct drop_answer answer;
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, "2026-03-11T22:00:00Z", ALL, 3, &answer));
    struct commitment before = world_commitment(r.w, r.order);
    world_at(r.w, "2026-04-20T00:00:00Z");
    world_run(r.w, "UPDATE patient SET access_notes = 'ring twice', phone = '1', version = version + 1");
    world_run(r.w, "UPDATE delivery SET reason = 'a note', version = version + 1");
    struct commitment after = world_commitment(r.w, r.order);
    CHECK(memcmp(&before, &after, sizeof before) == 0);
    CHECK_INT(timeliness(r.w, r.order), TIMELINESS_ON_TIME);
}

/* F3, F9: nobody touches it: it is missed by the clock alone, and never delivered by one. */
TEST(f3_f9_what_nobody_touched_is_missed_and_never_delivered) {
    struct on_road r = on_road();
    world_at(r.w, "2026-03-13T01:00:00.000Z");
    CHECK_INT(timeliness(r.w, r.order), TIMELINESS_LATE);
    world_at(r.w, "2026-03-13T01:00:00.001Z");              /* end + 24 h + 1 ms */
    CHECK_INT(timeliness(r.w, r.order), TIMELINESS_MISSED); /* without any sweep */
    CHECK_OK(r.w->c, sweep_at(r.w, "2026-03-13T01:00:00.001Z"));
    CHECK_INT(world_found(r.w, r.order, "missed"), 1);
    CHECK_INT(world_count(r.w, "SELECT COUNT(*) FROM discrepancy WHERE kind = 'missed' AND severity = 'S1'"),
              1); /* critical */
    CHECK_OK(r.w->c, sweep_at(r.w, "2026-05-01T00:00:00Z"));
    CHECK_INT(world_found(r.w, r.order, ""), 1);
    CHECK_INT(world_count(r.w, "SELECT COUNT(*) FROM delivery WHERE state = 'delivered'"), 0);
}

/* F4: the watchdog finds what was booked long ago. */
TEST(f4_booked_long_ahead_and_still_found) {
    struct world *w = world_make();
    struct id order = world_order(w, 0, "2026-04-16", UNITS, 1);
    world_book(w, order, "2026-03-27", "08:00", "12:00"); /* 25 days ahead */
    CHECK_OK(w->c, sweep_at(w, "2026-03-29T00:00:00Z"));
    CHECK_INT(world_found(w, order, "missed"), 1);
}

/* F5, F6, F7: over, wrong and unknown items are statements; nothing is netted, nothing skipped. */
TEST(f5_f6_f7_every_statement_is_kept_and_judged) {
    static const struct stated ODD[] = {{0, 130, CONDITION_OK, NULL, NULL},
                                        {1, 35, CONDITION_OK, NULL, NULL},
                                        {2, 150, CONDITION_OK, NULL, NULL},
                                        {-1, 7, CONDITION_OK, NULL, NULL},
                                        {3, 30, CONDITION_OK, NULL, NULL}};
    struct on_road r = on_road();
    struct drop_answer answer;
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, "2026-03-11T22:00:00Z", ODD, 5, &answer));
    CHECK_INT(world_found(r.w, r.order, "over"), 1);
    CHECK_INT(world_found(r.w, r.order, "short"), 1);
    CHECK_INT(world_found(r.w, r.order, "wrong_item"), 2);
    CHECK_INT(
        world_count(r.w, "SELECT COUNT(*) FROM field_event_line WHERE stated = 'NO-SUCH-CODE' AND qty = 7"),
        1);
    CHECK_INT(world_count(r.w, "SELECT COUNT(*) FROM discrepancy WHERE stated = 'NO-SUCH-CODE'"), 1);
    CHECK_INT(world_commitment(r.w, r.order).lines_right, 1);
    CHECK_INT(world_order_row(r.w, r.order).state, ORDER_PART_DELIVERED);
}

/* F14, F15: reconciliation compares base units frozen at confirmation. */
TEST(f14_f15_a_later_edit_of_product_or_prescription_moves_nothing) {
    struct on_road r = on_road();
    struct drop_answer answer;
    world_run(r.w,
              "UPDATE product SET units_per_box = 10, critical = 0, lot_tracked = 0, version = version + 1");
    world_run(r.w, "INSERT INTO prescription (id, patient_id, effective_from, recorded_at) SELECT "
                   "x'00112233445566778899aabbccddeeff', "
                   "id, 20454, 1 FROM patient WHERE code = 'P-0'");
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, "2026-03-11T22:00:00Z", ALL, 3, &answer));
    CHECK_INT(answer.discrepancies.n, 0);
    CHECK_INT(world_commitment(r.w, r.order).units_authorised, 315);
}

/* F16 */
TEST(f16_the_sign_is_actual_minus_expected) {
    static const struct stated SHORT[] = {{0, 113, CONDITION_OK, NULL, NULL},
                                          {1, 45, CONDITION_OK, NULL, NULL},
                                          {2, 153, CONDITION_OK, NULL, NULL}};
    struct on_road r = on_road();
    struct drop_answer answer;
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, "2026-03-11T22:00:00Z", SHORT, 3, &answer));
    CHECK_INT(world_count(r.w, "SELECT actual - expected FROM discrepancy WHERE kind = 'short'"), -7);
    CHECK_INT(world_count(r.w, "SELECT actual - expected FROM discrepancy WHERE kind = 'over'"), 3);
}

/* F22: what was refused is not outstanding, and is no shortage. */
TEST(f22_refusal_is_not_shortage) {
    static const struct stated REFUSED[] = {{0, 100, CONDITION_OK, NULL, NULL},
                                            {0, 20, CONDITION_REFUSED, NULL, NULL},
                                            {1, 45, CONDITION_OK, NULL, NULL},
                                            {2, 150, CONDITION_OK, NULL, NULL}};
    struct on_road r = on_road();
    struct drop_answer answer;
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, "2026-03-11T22:00:00Z", REFUSED, 4, &answer));
    CHECK_INT(world_order_row(r.w, r.order).state, ORDER_DELIVERED);
    CHECK_INT(world_found(r.w, r.order, "refused"), 1);
    CHECK_INT(world_found(r.w, r.order, ""), 1);
    CHECK_INT(world_count(r.w, "SELECT COUNT(*) FROM discrepancy WHERE responsibility = 'patient'"), 1);
}

/* F27 */
TEST(f27_before_the_window_is_early) {
    struct on_road r = on_road();
    struct drop_answer answer;
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, "2026-03-11T20:59:59.999Z", ALL, 3, &answer));
    CHECK_INT(timeliness(r.w, r.order), TIMELINESS_EARLY);
    CHECK_INT(world_found(r.w, r.order, "early"), 1);
}

/* F29 */
TEST(f29_an_order_nobody_booked_is_missed) {
    struct world *w = world_make();
    struct id order = world_order(w, 0, "2026-03-16", UNITS, 3);
    CHECK_OK(w->c, sweep_at(w, "2026-03-16T13:00:00.001Z")); /* the end of the 16th in Sydney */
    CHECK_INT(world_found(w, order, "late"), 1);
    CHECK_OK(w->c, sweep_at(w, "2026-03-17T13:00:00.001Z"));
    CHECK_INT(world_found(w, order, "missed"), 1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM discrepancy WHERE cause = 'not_scheduled' AND kind = "
                             "'missed' AND delivery_id IS NULL"),
              1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM discrepancy WHERE kind = 'late' AND state = 'void' AND "
                             "reason = 'superseded' AND superseded_by IS NOT NULL"),
              1);
    struct id booked = world_book(w, order, "2026-03-19", "08:00", "12:00");
    CHECK_INT(world_commitment(w, order).cause, CAUSE_NOT_SCHEDULED); /* booking it now moves nothing */
    CHECK_INT(world_delivery(w, booked).state, DELIVERY_SCHEDULED);
}

/* F31 */
TEST(f31_a_drop_on_time_that_synced_late_voids_the_miss) {
    struct on_road r = on_road();
    struct drop_answer answer;
    CHECK_OK(r.w->c, sweep_at(r.w, "2026-03-14T00:00:00Z"));
    CHECK_INT(world_found(r.w, r.order, "missed"), 1);
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, "2026-03-11T22:00:00Z", ALL, 3, &answer));
    CHECK_INT(timeliness(r.w, r.order), TIMELINESS_ON_TIME);
    CHECK_INT(world_found(r.w, r.order, ""), 0);
    CHECK_INT(
        world_count(r.w,
                    "SELECT COUNT(*) FROM discrepancy WHERE kind = 'missed' AND reason = 'witnessed_later'"),
        1);
    CHECK_INT(world_commitment(r.w, r.order).reversals, 1);
    CHECK_INT(answer.confirmation->synced_late, 1);
    CHECK(world_commitment(r.w, r.order).version > 1); /* a fact that came after the window */
}

TEST(drop_that_was_late_turns_the_miss_into_late) {
    struct on_road r = on_road();
    struct drop_answer answer;
    CHECK_OK(r.w->c, sweep_at(r.w, "2026-03-14T00:00:00Z"));
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, "2026-03-12T05:00:00Z", ALL, 3, &answer));
    CHECK_INT(timeliness(r.w, r.order), TIMELINESS_LATE);
    CHECK_INT(world_found(r.w, r.order, "late"), 1);
    CHECK_INT(world_found(r.w, r.order, "missed"), 0);
}

TEST(drop_after_the_grace_leaves_it_missed) {
    struct on_road r = on_road();
    struct drop_answer answer;
    CHECK_OK(r.w->c, sweep_at(r.w, "2026-03-14T00:00:00Z"));
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, "2026-03-13T23:00:00Z", ALL, 3, &answer));
    CHECK_INT(timeliness(r.w, r.order), TIMELINESS_MISSED);
    CHECK_INT(answer.delivery->recovered_at, instant_parse("2026-03-13T23:00:00Z"));
    CHECK_INT(world_found(r.w, r.order, "missed"), 1);
    CHECK_INT(answer.delivery->state, DELIVERY_DELIVERED);
}

/* Every class at its exact boundary, by the device's time. */
TEST(drop_timeliness_to_the_millisecond) {
    static const struct {
        const char *at;
        int64_t class;
    } CASES[] = {
        {"2026-03-11T20:59:59.999Z", TIMELINESS_EARLY},   {"2026-03-11T21:00:00.000Z", TIMELINESS_ON_TIME},
        {"2026-03-12T01:00:00.000Z", TIMELINESS_ON_TIME}, {"2026-03-12T01:00:00.001Z", TIMELINESS_LATE},
        {"2026-03-13T01:00:00.000Z", TIMELINESS_LATE},    {"2026-03-13T01:00:00.001Z", TIMELINESS_MISSED}};
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct on_road r = on_road();
        struct drop_answer answer;
        world_at(r.w, "2026-03-20T00:00:00Z");
        CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, CASES[i].at, ALL, 3, &answer));
        CHECK_INT(timeliness(r.w, r.order), CASES[i].class);
    }
}

TEST(drop_a_device_clock_that_lies_counts_as_received) {
    struct on_road r = on_road();
    struct drop_answer answer;
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, "2026-03-11T23:00:00Z", ALL, 3,
                                &answer)); /* an hour ahead */
    CHECK_INT(answer.confirmation->completed_at, instant_parse("2026-03-11T22:00:00Z"));
    CHECK_INT(answer.confirmation->clock_skew_s, 3600);
    struct on_road past = on_road();
    CHECK_OK(past.w->c, world_drop(past.w, FRESH, past.delivery, 0, "2020-01-01T00:00:00Z", ALL, 3, &answer));
    CHECK_INT(answer.confirmation->completed_at, past.w->c->now);
}

/* F32 */
TEST(f32_an_empty_drop_completes_nothing) {
    static const struct stated NOT_LOADED[] = {{0, 120, CONDITION_NOT_LOADED, NULL, NULL},
                                               {1, 45, CONDITION_NOT_LOADED, NULL, NULL},
                                               {2, 150, CONDITION_NOT_LOADED, NULL, NULL}};
    struct on_road r = on_road();
    struct drop_answer answer;
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, "2026-03-11T22:00:00Z", ALL, 0, &answer));
    CHECK_INT(answer.delivery->state, DELIVERY_FAILED);
    CHECK_STR(answer.delivery->reason, "other");
    CHECK_INT(world_found(r.w, r.order, "not_delivered"), 3);
    CHECK_INT(world_order_row(r.w, r.order).state, ORDER_CONFIRMED);
    CHECK_INT(world_commitment(r.w, r.order).completed_at, NONE);
    CHECK_INT(world_count(r.w, "SELECT SUM(stops) FROM slot_use"), 0);
    struct on_road other = on_road();
    CHECK_OK(other.w->c,
             world_drop(other.w, FRESH, other.delivery, 0, "2026-03-11T22:00:00Z", NOT_LOADED, 3, &answer));
    CHECK_STR(answer.delivery->reason, "not_loaded");
    CHECK_INT(world_found(other.w, other.order, "not_loaded"), 3);
}

TEST(drop_failure_and_confirmation_in_either_order) {
    struct on_road r = on_road();
    struct drop_answer answer;
    struct failure_answer failed;
    CHECK_OK(r.w->c, fail_at(r.w, r.delivery, "2026-03-11T21:30:00Z", &failed));
    CHECK_INT(failed.delivery->state, DELIVERY_FAILED);
    CHECK_INT(world_count(r.w, "SELECT SUM(stops) FROM slot_use"), 0);
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, "2026-03-11T21:20:00Z", ALL, 3, &answer));
    CHECK_INT(world_delivery(r.w, r.delivery).state, DELIVERY_DELIVERED);
    struct on_road other = on_road();
    CHECK_OK(other.w->c,
             world_drop(other.w, FRESH, other.delivery, 0, "2026-03-11T21:20:00Z", ALL, 3, &answer));
    CHECK_OK(other.w->c, fail_at(other.w, other.delivery, "2026-03-11T21:30:00Z", &failed));
    CHECK_INT(world_delivery(other.w, other.delivery).state, DELIVERY_DELIVERED);
    CHECK_INT(world_order_row(other.w, other.order).state, ORDER_DELIVERED);
    CHECK_INT(timeliness(other.w, other.order), TIMELINESS_ON_TIME);
}

TEST(drop_a_retry_inside_the_window_is_on_time) {
    struct on_road r = on_road();
    struct drop_answer answer;
    struct failure_answer failed;
    CHECK_OK(r.w->c, fail_at(r.w, r.delivery, "2026-03-11T21:30:00Z", &failed));
    struct id retry = world_book(r.w, r.order, "2026-03-12", "08:00", "12:00");
    CHECK_INT(world_delivery(r.w, retry).kind, DELIVERY_RETRY);
    world_dispatch(r.w, retry, 1);
    world_at(r.w, "2026-03-12T00:59:00Z");
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, retry, 1, "2026-03-12T00:59:00Z", ALL, 3, &answer));
    CHECK_INT(timeliness(r.w, r.order), TIMELINESS_ON_TIME);
}

TEST(drop_a_retry_after_a_failure_moves_no_commitment) {
    struct on_road r = on_road();
    struct failure_answer failed;
    CHECK_OK(r.w->c, fail_at(r.w, r.delivery, "2026-03-11T22:00:00Z", &failed));
    world_book(r.w, r.order, "2026-03-13", "08:00", "12:00");
    CHECK_INT(world_commitment(r.w, r.order).date, date_parse("2026-03-12"));
    CHECK_OK(r.w->c, sweep_at(r.w, "2026-03-13T01:00:00.001Z"));
    CHECK_INT(world_found(r.w, r.order, "missed"), 1);
}

TEST(drop_an_open_retry_with_nothing_left_is_cancelled) {
    struct on_road r = on_road();
    struct drop_answer answer;
    struct failure_answer failed;
    CHECK_OK(r.w->c, fail_at(r.w, r.delivery, "2026-03-11T21:30:00Z", &failed));
    struct id retry = world_book(r.w, r.order, "2026-03-13", "08:00", "12:00");
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, "2026-03-11T21:40:00Z", ALL, 3, &answer));
    struct delivery_row row = world_delivery(r.w, retry);
    CHECK_INT(row.state, DELIVERY_CANCELLED);
    CHECK_STR(row.reason, "already_delivered");
    CHECK_INT(row.closed_by, PARTY_US);
    CHECK_INT(world_count(r.w, "SELECT SUM(stops) FROM slot_use"), 0);
    CHECK_INT(world_order_row(r.w, r.order).state, ORDER_DELIVERED);
}

TEST(drop_a_recovery_is_no_commitment) {
    static const struct stated SHORT[] = {{0, 100, CONDITION_OK, NULL, NULL},
                                          {1, 45, CONDITION_OK, NULL, NULL},
                                          {2, 150, CONDITION_OK, NULL, NULL}};
    static const struct stated REST[] = {{0, 20, CONDITION_OK, NULL, NULL}};
    struct on_road r = on_road();
    struct drop_answer answer;
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, "2026-03-11T22:00:00Z", SHORT, 3, &answer));
    CHECK_INT(world_order_row(r.w, r.order).state, ORDER_PART_DELIVERED);
    struct id recovery = world_book(r.w, r.order, "2026-03-16", "08:00", "12:00");
    CHECK_INT(world_delivery(r.w, recovery).kind, DELIVERY_RECOVERY);
    world_dispatch(r.w, recovery, 0);
    world_at(r.w, "2026-03-15T22:00:00Z");
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, recovery, 0, "2026-03-15T22:00:00Z", REST, 1, &answer));
    CHECK_INT(answer.discrepancies.n, 0);
    CHECK_INT(answer.delivery->timeliness, NONE);
    CHECK_INT(answer.delivery->timeliness_window, TIMELINESS_ON_TIME);
    CHECK_INT(world_order_row(r.w, r.order).state, ORDER_DELIVERED);
    struct commitment row = world_commitment(r.w, r.order);
    CHECK_INT(row.recoveries, 1);
    CHECK_INT(row.lines_right, 2); /* the shortage stands */
    CHECK_INT(row.units_accepted, 295);
}

/* What has come already is no stranger to the order: more of it is over. */
TEST(drop_more_of_what_came_already_is_over) {
    static const struct stated SHORT[] = {{0, 100, CONDITION_OK, NULL, NULL},
                                          {1, 45, CONDITION_OK, NULL, NULL},
                                          {2, 150, CONDITION_OK, NULL, NULL}};
    static const struct stated REST[] = {{0, 20, CONDITION_OK, NULL, NULL},
                                         {2, 60, CONDITION_OK, NULL, NULL}};
    struct on_road r = on_road();
    struct drop_answer answer;
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, "2026-03-11T22:00:00Z", SHORT, 3, &answer));
    struct id recovery = world_book(r.w, r.order, "2026-03-16", "08:00", "12:00");
    world_dispatch(r.w, recovery, 0);
    world_at(r.w, "2026-03-15T22:00:00Z");
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, recovery, 0, "2026-03-15T22:00:00Z", REST, 2, &answer));
    CHECK_INT(answer.discrepancies.n, 1);
    const struct discrepancy *found = answer.discrepancies.at;
    CHECK_INT(found->kind, KIND_OVER);
    CHECK(id_equal(found->product_id, r.w->product[2]));
    CHECK_INT(found->expected, 0);
    CHECK_INT(found->actual, 60);
    CHECK_INT(world_accepted(r.w), 295 + 20 + 60);
}

TEST(drop_on_a_cancelled_delivery_counts_against_the_order) {
    struct on_road r = on_road();
    struct drop_answer answer;
    struct delivery_row row = world_delivery(r.w, r.delivery);
    CHECK_OK(r.w->c, app_delivery_cancel(r.w->c, &row, &(struct withdrawal){PARTY_US, "vehicle"}));
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, "2026-03-11T22:00:00Z", ALL, 3, &answer));
    CHECK_INT(world_order_row(r.w, r.order).state, ORDER_DELIVERED);
    CHECK_INT(world_delivery(r.w, r.delivery).state, DELIVERY_DELIVERED);
    CHECK_INT(answer.discrepancies.n, 0);
}

TEST(drop_on_a_cancelled_order_is_all_unordered) {
    struct on_road r = on_road();
    struct drop_answer answer;
    world_run(r.w, "UPDATE patient_order SET state = 'cancelled', closed_by = 'patient'");
    world_run(r.w, "UPDATE delivery SET state = 'cancelled', closed_by = 'patient', holds = 0");
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, "2026-03-11T22:00:00Z", ALL, 3, &answer));
    CHECK_INT(world_found(r.w, r.order, "unordered"), 3);
    CHECK_INT(world_found(r.w, r.order, ""), 3);
    CHECK_INT(world_order_row(r.w, r.order).state, ORDER_CANCELLED);
    CHECK_INT(world_commitment(r.w, r.order).completed_at, NONE);
}

TEST(drop_on_behalf_is_marked_and_needs_a_reason) {
    struct on_road r = on_road();
    struct drop_answer answer;
    struct delivery_row row;
    struct drop_in in;
    shape_clear(&drop_in_shape, &in);
    in.id = id_new(r.w->c->now);
    in.at = r.w->c->now;
    world_act(r.w, ROLE_DISPATCHER, r.w->dispatcher);
    CHECK_OK(r.w->c, app_drop_find(r.w->c, r.delivery, &row));
    CHECK_INT(app_drop_confirm(r.w->c, &row, &in, &answer), ERR_INVALID);
    ctx_fault_clear(r.w->c);
    in.on_behalf_of = r.w->driver[0];
    in.reason = "the phone fell into a puddle";
    CHECK_OK(r.w->c, app_drop_confirm(r.w->c, &row, &in, &answer));
    CHECK(id_equal(answer.confirmation->on_behalf_of, r.w->driver[0]));
    CHECK(id_equal(answer.confirmation->reported_by, r.w->dispatcher));
    CHECK_STR(answer.confirmation->reason, in.reason);
}

TEST(drop_contest_is_kept_and_changes_no_record) {
    struct on_road r = on_road();
    struct drop_answer answer;
    struct contest_row contest;
    bool replay;
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, "2026-03-11T22:00:00Z", ALL, 3, &answer));
    struct delivery_row row = world_delivery(r.w, r.delivery);
    world_act(r.w, ROLE_CUSTOMER, r.w->staff[0]);
    struct contest_in in = {id_new(r.w->c->now), r.w->c->now, KIND_SHORT, "ten bags fewer"};
    CHECK_OK(r.w->c, app_contest_add(r.w->c, &row, &in, &contest, &replay));
    CHECK(!replay);
    CHECK_OK(r.w->c, app_contest_add(r.w->c, &row, &in, &contest, &replay));
    CHECK(replay);
    in.what = KIND_MISSED;
    CHECK_INT(app_contest_add(r.w->c, &row, &in, &contest, &replay), ERR_CONFLICT);
    struct commitment kept = world_commitment(r.w, r.order);
    CHECK_INT(kept.contested, KIND_SHORT);
    CHECK_INT(kept.lines_right, 3);
    CHECK_INT(kept.faults, 0);
    CHECK_INT(world_found(r.w, r.order, "contested"), 1);
}

/* Section 8: append-only rows hold no personal value. */
TEST(drop_personal_values_live_apart) {
    struct on_road r = on_road();
    struct drop_answer answer;
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, "2026-03-11T22:00:00Z", ALL, 3, &answer));
    struct delivery_row row = world_delivery(r.w, r.delivery);
    CHECK_INT(world_count(r.w, "SELECT COUNT(*) FROM personal_value WHERE value LIKE '%Zoë Marker%'"), 1);
    CHECK_INT(
        world_count(
            r.w, "SELECT COUNT(*) FROM audit_event WHERE change LIKE '%Marker%' OR change LIKE '%-33.87%'"),
        0);
    CHECK_INT(world_count(r.w, "SELECT COUNT(*) FROM field_event WHERE length(private_digest) = 16"), 1);
    CHECK(id_equal(row.event_id, answer.confirmation->id));
}

/* The database itself refuses what nobody may do. */
TEST(drop_append_only_tables_refuse) {
    static const struct db_stmt S[] = {
        {"test", "UPDATE field_event SET at = 0", NULL}, {"test", "DELETE FROM field_event", NULL},
        {"test", "DELETE FROM promise", NULL},           {"test", "UPDATE audit_entry SET at = 0", NULL},
        {"test", "DELETE FROM audit_entry", NULL},       {"test", "UPDATE promise SET at = 0", NULL}};
    struct on_road r = on_road();
    struct drop_answer answer;
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery, 0, "2026-03-11T22:00:00Z", ALL, 3, &answer));
    for (size_t i = 0; i < COUNT(S); i++) {
        ctx_fault_clear(r.w->c);
        CHECK_INT(db_exec(r.w->c, &S[i], NO_ARGS, NULL), ERR_CONFLICT);
    }
}

static enum err drop_unit(struct ctx *c, void *user) {
    static const struct stated MIXED[] = {{0, 100, CONDITION_OK, NULL, NULL},
                                          {0, 20, CONDITION_DAMAGED, NULL, NULL},
                                          {-1, 1, CONDITION_OK, NULL, NULL}};
    struct on_road *r = user;
    struct drop_answer answer;
    (void)c;
    return world_drop(r->w, FRESH, r->delivery, 0, "2026-03-11T22:00:00Z", MIXED, 3, &answer);
}

static enum err fail_unit(struct ctx *c, void *user) {
    struct on_road *r = user;
    struct failure_answer answer;
    (void)c;
    return fail_at(r->w, r->delivery, "2026-03-11T22:00:00Z", &answer);
}

TEST(drop_nothing_is_half_written) {
    struct on_road r = on_road();
    world_fails_at_every_call(r.w, drop_unit, &r);
    struct on_road other = on_road();
    world_fails_at_every_call(other.w, fail_unit, &other);
}

/* Nothing is called rejected because it did not arrive: what was refused, damaged or left in the depot was
 * stated so, and the rest is unexplained. */
TEST(f8_short_loaded_refused_and_damaged_are_three_statements) {
    static const struct stated EACH[] = {
        {0, 100, CONDITION_OK, NULL, "2027-05-31"}, {0, 3, CONDITION_DAMAGED, NULL, NULL},
        {0, 5, CONDITION_REFUSED, NULL, NULL},      {0, 7, CONDITION_NOT_LOADED, NULL, NULL},
        {1, 45, CONDITION_OK, NULL, NULL},          {2, 150, CONDITION_OK, NULL, NULL}};
    static const char *const KINDS[] = {"damaged", "refused", "not_loaded", "short"};
    static const int64_t UNITS_OF[] = {3, 5, 7, 5};
    struct on_road r = on_road();
    struct drop_answer answer;
    CHECK_OK(r.w->c,
             world_drop(r.w, FRESH, r.delivery, 0, "2026-03-11T22:00:00Z", EACH, COUNT(EACH), &answer));
    CHECK_INT(answer.discrepancies.n, 4);
    for (size_t i = 0; i < COUNT(KINDS); i++) {
        const char *sql = arena_printf(
            r.w->c->arena, "SELECT expected - actual FROM discrepancy WHERE kind = '%s'", KINDS[i]);
        CHECK_INT(world_count(r.w, sql), UNITS_OF[i]);
    }
    CHECK_INT(world_count(r.w, "SELECT refused FROM order_line WHERE authorised = 120"), 5);
    CHECK_INT(world_order_row(r.w, r.order).state,
              ORDER_PART_DELIVERED); /* only what was refused is not outstanding */
}
