#include "seed.h"
#include "app/app_run.h"
#include "base/date.h"
#include "base/id.h"
#include "base/log.h"
#include "store/store_delivery.h"
#include <stdlib.h>
#include <string.h>

enum { STOPS = 27, STOPS_MAX = 400 }; /* of a usual run; of a depot's day */

/* ---- what is to be driven ---- */

struct door {
    struct id delivery_id;
    const struct home *home;
    int64_t from_min;
};

struct doors {
    struct door door[STOPS_MAX];
    size_t n;
};

/* By zone, window, and then around the depot by longitude: what a dispatcher's map gives them. */
static int by_way(const void *a, const void *b) {
    const struct door *x = a, *y = b;
    if (x->home->zone != y->home->zone) return x->home->zone - y->home->zone;
    if (x->from_min != y->from_min) return x->from_min < y->from_min ? -1 : 1;
    if (x->home->lon != y->home->lon) return x->home->lon < y->home->lon ? -1 : 1;
    return x->home->lat < y->home->lat ? -1 : x->home->lat > y->home->lat;
}

/* Deliveries of the depot's day that are on no run. */
MUST static enum err doors_without_run(struct seed *s, int depot, int64_t date, struct doors *doors_out) {
    struct delivery_filter filter = {.date = date,
                                     .state = DELIVERY_SCHEDULED,
                                     .timeliness = NONE,
                                     .no_run = 1,
                                     .displaced = NONE,
                                     .after_date = NONE,
                                     .limit = STOPS_MAX};
    struct list rows;
    TRY(store_delivery_list(s->c, &filter, &rows));
    doors_out->n = 0;
    for (size_t i = 0; i < rows.n; i++) {
        const struct delivery_row *row = (const struct delivery_row *)rows.at + i;
        if (!id_equal(row->depot_id, s->depot[depot].id)) continue;
        doors_out->door[doors_out->n++] =
            (struct door){row->id, seed_home_of(s, row->patient_id), row->from_min};
    }
    qsort(doors_out->door, doors_out->n, sizeof *doors_out->door, by_way);
    return OK;
}

/* ---- runs ---- */

MUST static enum err add_run(struct seed *s, int depot, int64_t date, size_t number, const struct door *door,
                             size_t n) {
    const struct demo_depot *d = &s->depot[depot];
    size_t driver = (number + (size_t)date) % d->drivers;
    struct run_row run;
    struct id *ids = arena_array(s->c->arena, n, sizeof *ids);
    REQUIRE(ids);
    for (size_t i = 0; i < n; i++)
        ids[i] = door[i].delivery_id;
    shape_clear(&run_row_shape, &run);
    run.depot_id = d->id;
    run.date = date;
    run.driver_id = d->driver[driver];
    run.vehicle = arena_printf(s->c->arena, "%s-%02zu", depot == SYDNEY ? "SYD" : "PER", driver + 1);
    const struct stops_in stops = {{ids, n}};
    TRY(app_run_add(s->c, &run));
    return app_run_set_stops(s->c, &run, &stops);
}

/* The evening before: as many runs as it takes, each a stretch of the way. */
MUST static enum err plan_runs(struct seed *s, int depot, int64_t date, size_t first) {
    struct doors doors;
    TRY(doors_without_run(s, depot, date, &doors));
    size_t runs = (doors.n + STOPS - 1) / STOPS, left = s->depot[depot].drivers - first;
    if (runs > left) runs = left;
    for (size_t i = 0; i < runs; i++) {
        size_t from = doors.n * i / runs, to = doors.n * (i + 1) / runs;
        TRY(add_run(s, depot, date, first + i, &doors.door[from], to - from));
    }
    return OK;
}

/* value: the depot; more: the date. */
enum err seed_act_plan_runs(struct seed *s, const struct act *act) {
    int depot = (int)act->value;
    if (!seed_open_on(&s->depot[depot], act->more)) return OK;
    seed_as_dispatcher(s, depot);
    return plan_runs(s, depot, act->more, 0);
}

MUST static enum err runs_of(struct seed *s, int depot, int64_t date, struct list *runs_out) {
    const struct run_filter filter = {
        .date = date, .depot_id = s->depot[depot].id, .after_date = NONE, .limit = 2 * PEOPLE};
    return store_run_list(s->c, &filter, runs_out);
}

/* Sets the stops that a run has, and these behind them. */
MUST static enum err append_stops(struct seed *s, struct run_row *run, const struct id *more, size_t n) {
    struct list had;
    TRY(store_delivery_of_run(s->c, run->id, &had));
    struct id *ids = arena_array(s->c->arena, had.n + n, sizeof *ids);
    REQUIRE(ids);
    for (size_t i = 0; i < had.n; i++)
        ids[i] = ((const struct delivery_row *)had.at)[i].id;
    memcpy(ids + had.n, more, n * sizeof *ids);
    const struct stops_in stops = {{ids, had.n + n}};
    return app_run_set_stops(s->c, run, &stops);
}

/* What was booked for today after the runs were planned goes on the first of them. */
MUST static enum err add_latecomers(struct seed *s, int depot, int64_t date, struct list *runs) {
    struct doors doors;
    struct id ids[STOPS_MAX];
    TRY(doors_without_run(s, depot, date, &doors));
    if (doors.n == 0) return OK;
    for (size_t i = 0; i < doors.n; i++)
        ids[i] = doors.door[i].delivery_id;
    struct run_row *run = (struct run_row *)(uintptr_t)runs->at;
    if (runs->n > 0) return append_stops(s, run, ids, doors.n);
    TRY(plan_runs(s, depot, date, 0));
    return runs_of(s, depot, date, runs);
}

/* ---- on the road ---- */

/* Stops are spread over their window; a breakdown holds up all that come after it. */
static void drive(struct seed *s, const struct run_row *run, const struct list *stops) {
    const struct delivery_row *row = stops->at;
    int64_t held_up = 0, breakdown = seed_chance(s, 0.004) ? seed_between(s, 0, (int64_t)stops->n - 1) : -1;
    for (size_t i = 0; i < stops->n; i++) {
        size_t first = i, last = i;
        while (first > 0 && row[first - 1].from_min == row[i].from_min)
            first--;
        while (last + 1 < stops->n && row[last + 1].from_min == row[i].from_min)
            last++;
        int64_t length = (row[i].ends_at - row[i].starts_at) / MINUTE_MS - 24;
        int64_t minute =
            6 + length * (int64_t)(i - first) / (int64_t)(last - first + 1) + seed_between(s, 0, 5);
        if ((int64_t)i == breakdown) held_up = seed_between(s, 70, 200);
        seed_stop_plan(s, &row[i], run->driver_id, row[i].starts_at + (minute + held_up) * MINUTE_MS);
    }
}

MUST static enum err send_out(struct seed *s, struct run_row *run) {
    struct list stops;
    TRY(store_delivery_of_run(s->c, run->id, &stops));
    if (run->state != RUN_PLANNED || stops.n == 0) return OK;
    TRY(app_run_dispatch(s->c, run));
    TRY(store_delivery_of_run(s->c, run->id, &stops));
    drive(s, run, &stops);
    return OK;
}

/* Early in the morning. value: the depot; more: the date. */
enum err seed_act_dispatch(struct seed *s, const struct act *act) {
    int depot = (int)act->value;
    struct list runs;
    if (!seed_open_on(&s->depot[depot], act->more)) return OK;
    seed_as_dispatcher(s, depot);
    TRY(runs_of(s, depot, act->more, &runs));
    TRY(add_latecomers(s, depot, act->more, &runs));
    for (size_t i = 0; i < runs.n; i++) {
        struct run_row run;
        TRY(store_run_get(s->c, ((const struct run_row *)runs.at)[i].id, &run));
        TRY(send_out(s, &run));
    }
    return OK;
}

enum err seed_send_after(struct seed *s, const struct delivery_row *delivery, struct id run_id,
                         bool *done_out) {
    struct run_row run;
    *done_out = false;
    enum err err = store_run_get(s->c, run_id, &run);
    if (err == ERR_NOT_FOUND || run.state != RUN_DISPATCHED || run.date != delivery->date) return OK;
    TRY(err);
    TRY(append_stops(s, &run, &delivery->id, 1));
    int64_t least = delivery->starts_at > s->c->now ? delivery->starts_at : s->c->now;
    seed_stop_plan(s, delivery, run.driver_id, least + seed_between(s, 15, 75) * MINUTE_MS);
    *done_out = true;
    return OK;
}

/* ---- the morning after: nothing is left lying ---- */

/* value: the depot; more: the date whose stops nobody reported on. */
enum err seed_act_clear(struct seed *s, const struct act *act) {
    struct delivery_filter filter = {.date = act->more,
                                     .state = NONE,
                                     .timeliness = NONE,
                                     .no_run = NONE,
                                     .displaced = NONE,
                                     .after_date = NONE,
                                     .limit = 2 * STOPS_MAX};
    struct list rows;
    TRY(store_delivery_list(s->c, &filter, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        const struct delivery_row *row = (const struct delivery_row *)rows.at + i;
        if (!delivery_is_open(row->state) || !id_equal(row->depot_id, s->depot[act->value].id)) continue;
        seed_push(s, (struct act){.at = seed_in(s, seed_between(s, 1, 90)),
                                  .kind = ACT_RESCHEDULE,
                                  .id = row->id,
                                  .home = seed_home_of(s, row->patient_id) - s->home,
                                  .value = PARTY_US});
    }
    return OK;
}
