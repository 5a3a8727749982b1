#include "app/app_run.h"
#include "app/app_audit.h"
#include "base/id.h"
#include "base/limits.h"
#include "store/store_commitment.h"
#include "store/store_delivery.h"
#include "store/store_recall.h"

static const struct field STOPS_FIELDS[] = {
    FIELD(struct stops_in, K_IDS, delivery_ids, .flags = F_REQUIRED, .max = LIMIT_RUN_STOPS,
          .doc = "in driving order"),
};
const struct shape stops_in_shape = SHAPE("stops", struct stops_in, STOPS_FIELDS);

MUST static enum err full(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "the run is too large for one answer");
}

enum err app_run_add(struct ctx *c, struct run_row *run) {
    bool depot, driver;
    TRY(store_run_known(c, run->depot_id, run->driver_id, &depot, &driver));
    if (!depot) ctx_fault_item(c, "/depot_id", "there is no such depot");
    if (!driver) ctx_fault_item(c, "/driver_id", "must be a user with the role driver");
    TRY(ctx_faults(c));
    run->id = id_new(c->now);
    run->state = RUN_PLANNED;
    run->version = 1;
    TRY(store_run_add(c, run));
    return app_audit(c, &(struct audit){.action = "run.add",
                                        .entity = "run",
                                        .id = run->id,
                                        .version = 1,
                                        .change = app_change(c, &run_row_shape, NULL, run)});
}

/* ---- stops ---- */

static bool contains(const struct list *ids, struct id id) {
    for (size_t i = 0; i < ids->n; i++)
        if (id_equal(((const struct id *)ids->at)[i], id)) return true;
    return false;
}

MUST static enum err other_run_open(struct ctx *c, const struct run_row *run, const struct delivery_row *row,
                                    bool *open_out) {
    struct run_row other;
    *open_out = false;
    if (id_is_none(row->run_id) || id_equal(row->run_id, run->id)) return OK;
    TRY(store_run_get(c, row->run_id, &other));
    *open_out = other.state != RUN_CLOSED;
    return OK;
}

/* Loads the wanted deliveries and names everything that keeps one from being a stop of this run. */
MUST static enum err load_wanted(struct ctx *c, const struct run_row *run, const struct stops_in *in,
                                 struct delivery_row *wanted) {
    for (size_t i = 0; i < in->delivery_ids.n; i++) {
        struct id id = ((const struct id *)in->delivery_ids.at)[i];
        const char *pointer = arena_printf(c->arena, "/delivery_ids/%zu", i);
        const struct list before = {in->delivery_ids.at, i};
        bool elsewhere;
        enum err err = store_delivery_get(c, id, &wanted[i]);
        if (err == ERR_NOT_FOUND) ctx_fault_item(c, pointer, "there is no such delivery");
        if (err == ERR_NOT_FOUND) continue;
        if (err != OK) return err;
        bool here = id_equal(wanted[i].run_id, run->id);
        TRY(other_run_open(c, run, &wanted[i], &elsewhere));
        if (contains(&before, id)) ctx_fault_item(c, pointer, "is named twice");
        if (!here && !delivery_is_open(wanted[i].state)) ctx_fault_item(c, pointer, "has an outcome already");
        if (wanted[i].date != run->date || !id_equal(wanted[i].depot_id, run->depot_id))
            ctx_fault_item(c, pointer, "is of another date or depot than the run");
        if (elsewhere) ctx_fault_item(c, pointer, "is on another open run: take it off that one first");
    }
    return ctx_faults(c);
}

MUST static enum err audit_stop(struct ctx *c, const struct delivery_row *before,
                                const struct delivery_row *after) {
    return app_audit(c,
                     &(struct audit){.action = id_is_none(after->run_id) ? "run.stop-remove" : "run.stop-add",
                                     .entity = "delivery",
                                     .id = after->id,
                                     .version = after->version,
                                     .change = app_change(c, &delivery_row_shape, before, after)});
}

/* The commitment goes with the driver of its latest attempt, as a new version where a report may have
 * counted it before. */
MUST static enum err set_driver(struct ctx *c, const struct delivery_row *delivery, struct id driver_id) {
    struct commitment row;
    TRY(store_commitment_get(c, delivery->order_id, &row));
    if (!id_equal(row.delivery_id, delivery->id) || id_equal(row.driver_id, driver_id)) return OK;
    row.driver_id = driver_id;
    return store_commitment_set(c, &row);
}

MUST static enum err remove_stop(struct ctx *c, const struct run_row *run,
                                 const struct delivery_row *before) {
    struct delivery_row row = *before;
    const struct id nobody = {{0}};
    if (!delivery_is_open(row.state))
        return FAIL(c, ERR_STATE, "run.stop-done",
                    "a stop that has an outcome stays on its run: name it too");
    row.state = DELIVERY_SCHEDULED;
    row.run_id = nobody;
    row.stop = NONE;
    TRY(store_delivery_set(c, &row));
    TRY(set_driver(c, &row, nobody));
    return run->state == RUN_DISPATCHED ? audit_stop(c, before, &row) : OK;
}

MUST static enum err place_stop(struct ctx *c, const struct run_row *run, const struct delivery_row *before,
                                int64_t stop) {
    struct delivery_row row = *before;
    bool added = !id_equal(row.run_id, run->id);
    if (!added && row.stop == stop) return OK;
    row.run_id = run->id;
    row.stop = stop;
    if (delivery_is_open(row.state))
        row.state = run->state == RUN_DISPATCHED ? DELIVERY_DISPATCHED : DELIVERY_SCHEDULED;
    TRY(store_delivery_set(c, &row));
    if (!added) return OK;
    TRY(store_run_stop_add(c, row.id, run->id, run->driver_id));
    TRY(set_driver(c, &row, run->driver_id));
    return run->state == RUN_DISPATCHED ? audit_stop(c, before, &row) : OK;
}

enum err app_run_set_stops(struct ctx *c, struct run_row *run, const struct stops_in *in) {
    struct list had;
    struct delivery_row *wanted = arena_array(c->arena, in->delivery_ids.n + 1, sizeof *wanted);
    if (!wanted) return full(c);
    TRY(load_wanted(c, run, in, wanted));
    if (run->state == RUN_CLOSED) return FAIL(c, ERR_STATE, "run.closed", "a closed run keeps its stops");
    TRY(store_delivery_of_run(c, run->id, &had));
    for (size_t i = 0; i < had.n; i++) {
        const struct delivery_row *row = (const struct delivery_row *)had.at + i;
        if (!contains(&in->delivery_ids, row->id)) TRY(remove_stop(c, run, row));
    }
    for (size_t i = 0; i < in->delivery_ids.n; i++)
        TRY(place_stop(c, run, &wanted[i], (int64_t)i + 1));
    TRY(store_run_set(c, run));
    return app_audit(c, &(struct audit){.action = "run.set-stops",
                                        .entity = "run",
                                        .id = run->id,
                                        .version = run->version,
                                        .change = app_change(c, &stops_in_shape, NULL, in)});
}

enum err app_run_dispatch(struct ctx *c, struct run_row *run) {
    struct list stops;
    if (run->state != RUN_PLANNED)
        return FAIL(c, ERR_STATE, "run.not-planned", "this run is on the road or over already");
    TRY(store_delivery_of_run(c, run->id, &stops));
    if (stops.n == 0)
        return FAIL(c, ERR_STATE, "run.no-stops", "a run needs a stop before it can be dispatched");
    for (size_t i = 0; i < stops.n; i++) {
        struct delivery_row row = ((const struct delivery_row *)stops.at)[i];
        if (!delivery_is_open(row.state)) continue;
        row.state = DELIVERY_DISPATCHED;
        TRY(store_delivery_set(c, &row));
    }
    run->state = RUN_DISPATCHED;
    TRY(store_run_set(c, run));
    return app_audit(c, &(struct audit){.action = "run.dispatch",
                                        .entity = "run",
                                        .id = run->id,
                                        .version = run->version,
                                        .change = "{\"state\":\"dispatched\"}"});
}

/* ---- as answered ---- */

MUST static enum err span_of(struct ctx *c, int64_t from_min, int64_t to_min, const struct span **span_out) {
    struct span *span = arena_alloc(c->arena, sizeof *span);
    if (!span) return full(c);
    *span = (struct span){from_min, to_min};
    *span_out = span;
    return OK;
}

enum err app_run_view(struct ctx *c, const struct run_row *run, struct run_view *view_out) {
    struct run_view *v = view_out;
    *v = (struct run_view){.id = run->id,
                           .depot_id = run->depot_id,
                           .date = run->date,
                           .driver_id = run->driver_id,
                           .vehicle = run->vehicle,
                           .state = run->state,
                           .version = run->version};
    TRY(store_run_stops(c, run->id, &v->stops));
    struct run_stop *stop = (struct run_stop *)(uintptr_t)v->stops.at;
    for (size_t i = 0; i < v->stops.n; i++)
        TRY(span_of(c, stop[i].from_min, stop[i].to_min, &stop[i].window));
    TRY(store_recall_of_run(c, run->id, &v->recalled_lots));
    return store_run_load(c, run->id, &v->load);
}

MUST static enum err fill_door(struct ctx *c, struct driver_stop *stop) {
    TRY(span_of(c, stop->from_min, stop->to_min, &stop->window));
    TRY(store_run_door_lines(c, stop->delivery_id, &stop->lines));
    if (stop->lat == NONE) return OK;
    struct fix *fix = arena_alloc(c->arena, sizeof *fix);
    if (!fix) return full(c);
    *fix = (struct fix){stop->lat, stop->lon, NONE};
    stop->location = fix;
    return OK;
}

enum err app_run_of_driver(struct ctx *c, int64_t date, struct list *runs_out) {
    struct list rows;
    TRY(store_run_of_driver(c, c->actor.user_id, date, &rows));
    struct driver_run *run = arena_array(c->arena, rows.n + 1, sizeof *run);
    if (!run) return full(c);
    for (size_t i = 0; i < rows.n; i++) {
        const struct run_row *row = (const struct run_row *)rows.at + i;
        run[i] = (struct driver_run){.id = row->id,
                                     .depot_id = row->depot_id,
                                     .date = row->date,
                                     .vehicle = row->vehicle,
                                     .state = row->state};
        TRY(store_recall_of_run(c, row->id, &run[i].recalled_lots));
        TRY(store_run_doors(c, row->id, &run[i].stops));
        struct driver_stop *stop = (struct driver_stop *)(uintptr_t)run[i].stops.at;
        for (size_t k = 0; k < run[i].stops.n; k++)
            TRY(fill_door(c, &stop[k]));
    }
    *runs_out = (struct list){run, rows.n};
    return OK;
}
