/* Events that arrive in one millisecond, as a phone sends them when it is back: each copy of each gets the
 * answer that the first one got, whatever came after it. */
#include "app/app_drop.h"
#include "base/date.h"
#include "base/id.h"
#include "json/json.h"
#include "store/store_delivery.h"
#include "world_order.h"

static const char AT[] = "2026-03-11T22:00:00Z";
static const int64_t UNITS[] = {120, 45, 150};
static const struct stated ALL[] = {{0, 120, CONDITION_OK, NULL, "2027-05-31"},
                                    {1, 45, CONDITION_OK, NULL, NULL},
                                    {2, 100, CONDITION_OK, NULL, NULL}};
static const struct stated REFUSED[] = {{0, 120, CONDITION_REFUSED, NULL, NULL},
                                        {1, 45, CONDITION_REFUSED, NULL, NULL},
                                        {2, 150, CONDITION_REFUSED, NULL, NULL}};

struct road {
    struct world *w;
    struct id order, delivery;
};

static struct road on_road(void) {
    struct road r = {.w = world_make()};
    r.order = world_order(r.w, 0, "2026-03-16", UNITS, 3);
    r.delivery = world_book(r.w, r.order, "2026-03-12", "08:00", "12:00");
    world_dispatch(r.w, r.delivery, 0);
    world_at(r.w, AT);
    return r;
}

static const char *failure(struct road r, struct id id, int64_t reason, int64_t replay) {
    struct ctx *c = r.w->c;
    struct delivery_row row = world_delivery(r.w, r.delivery);
    struct failure_in in;
    struct failure_answer answer;
    struct text text = text_in(c->arena);
    struct actor before = c->actor;
    shape_clear(&failure_in_shape, &in);
    in.id = id;
    in.at = instant_parse(AT);
    in.reason = reason;
    world_act(r.w, ROLE_DRIVER, r.w->driver[0]);
    CHECK_OK(c, app_drop_fail(c, &row, &in, &answer));
    c->actor = before;
    CHECK_INT(answer.replay, replay);
    json_object(&text, &failure_answer_shape, &answer);
    return text.at;
}

static const char *drop(struct road r, struct id id, const struct stated *stated, int64_t replay) {
    struct drop_answer answer;
    struct text text = text_in(r.w->c->arena);
    CHECK_OK(r.w->c, world_drop(r.w, id, r.delivery, 0, AT, stated, 3, &answer));
    CHECK_INT(answer.replay, replay);
    json_object(&text, &drop_answer_shape, &answer);
    return text.at;
}

TEST(replay_of_a_burst) {
    struct road r = on_road();
    int64_t now = r.w->c->now;
    struct id a = id_new(now), b = id_new(now), c = id_new(now), d = id_new(now), e = id_new(now);
    const char *refused = drop(r, a, REFUSED, 0);
    CHECK_STR(world_delivery(r.w, r.delivery).reason, "refused");
    const char *kept = failure(r, b, FAILURE_NOBODY_HOME, 0);
    const char *again = failure(r, c, FAILURE_VEHICLE, 0);
    const char *done = drop(r, d, ALL, 0);
    CHECK_INT(world_delivery(r.w, r.delivery).state, DELIVERY_DELIVERED);
    const char *late = failure(r, e, FAILURE_WEATHER, 0);
    for (int round = 0; round < 2; round++) {
        CHECK_STR(failure(r, e, FAILURE_WEATHER, 1), late);
        CHECK_STR(drop(r, a, REFUSED, 1), refused);
        CHECK_STR(failure(r, c, FAILURE_VEHICLE, 1), again);
        CHECK_STR(drop(r, d, ALL, 1), done);
        CHECK_STR(failure(r, b, FAILURE_NOBODY_HOME, 1), kept);
        world_at(r.w, "2026-03-20T00:00:00Z");
    }
    CHECK_INT(world_count(r.w, "SELECT COUNT(*) FROM field_event"), 5);
}

TEST(replay_of_a_failure_before_the_drop) {
    struct road r = on_road();
    struct id a = id_new(r.w->c->now), b = id_new(r.w->c->now);
    const char *failed = failure(r, a, FAILURE_NO_ACCESS, 0);
    const char *done = drop(r, b, ALL, 0);
    CHECK_STR(failure(r, a, FAILURE_NO_ACCESS, 1), failed);
    CHECK_STR(drop(r, b, ALL, 1), done);
}

/* The drop's own time is before the failure's receipt, and its receipt after it, while the window is open. */
TEST(replay_of_a_failure_does_not_know_the_drop_that_came_later) {
    struct road r = on_road();
    struct id a = id_new(r.w->c->now);
    world_at(r.w, "2026-03-11T22:10:00Z");
    const char *failed = failure(r, a, FAILURE_NO_ACCESS, 0);
    world_at(r.w, "2026-03-11T22:20:00Z");
    drop(r, id_new(r.w->c->now), ALL, 0);
    CHECK_STR(failure(r, a, FAILURE_NO_ACCESS, 1), failed);
}

TEST(replay_counts_a_kept_failure_as_a_version) {
    struct road r = on_road();
    drop(r, id_new(r.w->c->now), ALL, 0);
    int64_t version = world_delivery(r.w, r.delivery).version;
    failure(r, id_new(r.w->c->now), FAILURE_OTHER, 0);
    CHECK_INT(world_delivery(r.w, r.delivery).version, version + 1);
    CHECK_INT(world_delivery(r.w, r.delivery).state, DELIVERY_DELIVERED);
}
