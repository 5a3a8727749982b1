#include "app/app_delivery.h"
#include "app/slot_check.h"
#include "base/id.h"
#include "base/zone.h"
#include "domain/slot.h"
#include "store/store_delivery.h"
#include "store/store_order.h"
#include "store/store_slot.h"

#define SLOT_DAYS 28     /* offered unless asked otherwise: four weeks of calls */
#define SLOT_DAYS_MAX 62 /* two months: later windows are not planned yet */

static const struct field FIELDS[] = {
    FIELD(struct slot, K_DATE, date),
    FIELD(struct slot, K_OBJ, window, .sub = &span_shape),
    FIELD(struct slot, K_INT, stops_left),
    FIELD(struct slot, K_INT, weight_left_g, .max = INT64_MAX, .doc = "of the zone's day, in grams"),
};
const struct shape slot_shape = SHAPE("slot", struct slot, FIELDS);

MUST static enum err full(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "too many windows for one answer: ask for fewer days");
}

MUST static enum err load_zone(struct ctx *c, struct id zone_id, struct zone_facts *zone_out) {
    enum err err = store_slot_zone(c, zone_id, zone_out);
    if (err == ERR_NOT_FOUND)
        return FAIL(c, ERR_STATE, "order.no-zone", "this order has no zone to deliver to");
    return err;
}

enum err slot_weight(struct ctx *c, struct id order_id, int64_t *weight_out) {
    struct list lines;
    TRY(store_order_lines(c, order_id, &lines));
    *weight_out = 0;
    for (size_t i = 0; i < lines.n; i++) {
        const struct order_line_row *line = (const struct order_line_row *)lines.at + i;
        *weight_out += slot_weight_g(order_outstanding(line), line->units_per_box, line->box_weight_g);
    }
    return OK;
}

MUST static enum err is_closed(struct ctx *c, const struct zone_facts *zone, int64_t date, bool *closed_out) {
    struct list closures;
    TRY(store_slot_closures(c, zone->depot_id, date, date, &closures));
    *closed_out = closures.n > 0;
    return OK;
}

MUST static enum err find_window(struct ctx *c, const struct zone_facts *zone, const struct span *span,
                                 struct zone_window_row *found_out) {
    struct list windows;
    TRY(store_slot_windows(c, zone->id, &windows));
    for (size_t i = 0; i < windows.n; i++) {
        const struct zone_window_row *row = (const struct zone_window_row *)windows.at + i;
        if (row->from_min != span->from_min || row->to_min != span->to_min) continue;
        *found_out = *row;
        return OK;
    }
    return FAIL(c, ERR_INVALID, "slot.not-served",
                "this is not one of the zone's windows: ask for the order's slots");
}

enum err slot_check(struct ctx *c, struct id zone_id, int64_t date, const struct span *span,
                    struct slot_choice *choice_out) {
    struct zone_facts zone;
    struct zone_window_row row = {0};
    bool closed;
    if (span->from_min >= span->to_min) {
        ctx_fault_item(c, "/window", "must end after it starts");
        return ctx_faults(c);
    }
    TRY(load_zone(c, zone_id, &zone));
    choice_out->window = window_in_zone(zone.timezone, date, span->from_min, span->to_min);
    if (choice_out->window.ends_at <= c->now)
        return FAIL(c, ERR_INVALID, "slot.past", "this window is over: choose a later one");
    if (!zone_serves(zone.weekdays, date))
        return FAIL(c, ERR_INVALID, "slot.not-served",
                    "the zone is not served on this weekday: ask for the order's slots");
    TRY(is_closed(c, &zone, date, &closed));
    if (closed)
        return FAIL(c, ERR_INVALID, "slot.closed",
                    "the depot is closed on this date: ask for the order's slots");
    TRY(find_window(c, &zone, span, &row));
    choice_out->timezone = zone.timezone;
    choice_out->zone_id = zone_id;
    choice_out->depot_id = zone.depot_id;
    choice_out->stops_max = row.stops_max;
    choice_out->weight_max_g = zone.weight_max_g;
    return OK;
}

enum err slot_take(struct ctx *c, const struct slot_choice *choice, int64_t weight_g) {
    const struct window *w = &choice->window;
    bool taken;
    TRY(store_slot_take(c, choice->zone_id, w->date, w->from_min, w->to_min, weight_g, choice->stops_max,
                        choice->weight_max_g, &taken));
    if (taken) return OK;
    return FAIL(c, ERR_STATE, "slot.full",
                "no stop or no weight is left in this window: ask for the order's slots");
}

/* ---- offers ---- */

static int64_t stops_taken(const struct list *stops, int64_t date, const struct zone_window_row *window) {
    const struct slot_use_row *row = stops->at;
    for (size_t i = 0; i < stops->n; i++)
        if (row[i].date == date && row[i].from_min == window->from_min && row[i].to_min == window->to_min)
            return row[i].stops;
    return 0;
}

static int64_t weight_taken(const struct list *weights, int64_t date) {
    const struct day_use_row *row = weights->at;
    for (size_t i = 0; i < weights->n; i++)
        if (row[i].date == date) return row[i].weight_g;
    return 0;
}

static bool date_in(const struct list *dates, int64_t date) {
    for (size_t i = 0; i < dates->n; i++)
        if (((const struct date_row *)dates->at)[i].date == date) return true;
    return false;
}

struct offer {
    struct zone_facts zone;
    struct list windows, closures, stops, weights;
    int64_t weight_g;
    struct slot *slot;
    size_t n;
};

MUST static enum err load_offer(struct ctx *c, const struct order_row *order, int64_t from, int64_t to,
                                struct offer *o) {
    TRY(load_zone(c, order->zone_id, &o->zone));
    TRY(store_slot_windows(c, order->zone_id, &o->windows));
    TRY(store_slot_closures(c, o->zone.depot_id, from, to, &o->closures));
    TRY(store_slot_stops(c, order->zone_id, from, to, &o->stops));
    TRY(store_slot_weights(c, order->zone_id, from, to, &o->weights));
    TRY(slot_weight(c, order->id, &o->weight_g));
    o->slot = arena_array(c->arena, (size_t)(to - from + 1) * o->windows.n + 1, sizeof *o->slot);
    return o->slot ? OK : full(c);
}

MUST static enum err offer_day(struct ctx *c, struct offer *o, int64_t date) {
    int64_t weight_left = o->zone.weight_max_g - weight_taken(&o->weights, date);
    if (!zone_serves(o->zone.weekdays, date) || date_in(&o->closures, date) || weight_left < o->weight_g)
        return OK;
    for (size_t i = 0; i < o->windows.n; i++) {
        const struct zone_window_row *row = (const struct zone_window_row *)o->windows.at + i;
        struct window window = window_in_zone(o->zone.timezone, date, row->from_min, row->to_min);
        int64_t stops_left = row->stops_max - stops_taken(&o->stops, date, row);
        if (stops_left <= 0 || window.starts_at <= c->now) continue;
        struct span *span = arena_alloc(c->arena, sizeof *span);
        if (!span) return full(c);
        *span = (struct span){row->from_min, row->to_min};
        o->slot[o->n++] = (struct slot){date, span, stops_left, weight_left};
    }
    return OK;
}

enum err app_slot_list(struct ctx *c, const struct order_row *order, int64_t from, int64_t to,
                       struct list *slots_out) {
    struct offer offer = {0};
    struct zone_facts zone;
    TRY(load_zone(c, order->zone_id, &zone));
    if (from == NONE) from = zone_date(zone.timezone, c->now);
    if (to == NONE) to = from + SLOT_DAYS;
    if (to < from) ctx_fault_item(c, "?to", "must not be before from");
    if (to - from > SLOT_DAYS_MAX)
        ctx_fault_item(c, "?to", "must be at most %d days after from", SLOT_DAYS_MAX);
    TRY(ctx_faults(c));
    TRY(load_offer(c, order, from, to, &offer));
    for (int64_t date = from; date <= to; date++)
        TRY(offer_day(c, &offer, date));
    *slots_out = (struct list){offer.slot, offer.n};
    return OK;
}
