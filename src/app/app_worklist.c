#include "app/app_worklist.h"
#include "app/app_plan.h"
#include "base/date.h"
#include "base/id.h"
#include "domain/slot.h"
#include "domain/suggest.h"
#include "store/store_order.h"
#include "store/store_patient.h"
#include "store/store_slot.h"
#include "store/store_to_call.h"

int64_t need_by(int64_t weekdays, const int64_t *closed, size_t n, int64_t cover_until, int64_t due_date) {
    if (cover_until == NONE) return due_date;
    return slot_last_served(weekdays, closed, n, cover_until, cover_until - NEED_BY_DAYS);
}

/* ---- rank ---- */

struct ranked {
    int64_t rank;
    struct open_order order;
    int64_t need_by;
};

static uint64_t within(int64_t value, unsigned bits) {
    int64_t most = ((int64_t)1 << bits) - 1;
    return (uint64_t)(value < 0 ? 0 : value > most ? most : value);
}

/* Cover, need_by and attempts in one number that sorts as the three do. */
static int64_t rank_of(int64_t cover, int64_t need, int64_t attempts) {
    return (int64_t)(within(cover == NONE ? 0 : cover, 20) << 40 | within(need - DATE_MIN, 20) << 20 |
                     within(attempts, 20));
}

static int compare(int64_t a_rank, struct id a, int64_t b_rank, struct id b) {
    if (a_rank != b_rank) return a_rank < b_rank ? -1 : 1;
    return id_compare(a, b);
}

/* ---- the walk: only a page is ever kept ---- */

struct served {
    struct id zone_id;
    int64_t weekdays;
    struct served *next;
};

/* A depot that the walk has come to, with its zones so far. */
struct at_depot {
    struct id depot_id;
    struct list closed; /* int64_t, dates */
    struct served *served;
    struct at_depot *next;
};

struct work {
    const struct worklist_filter *filter;
    int64_t date;
    struct at_depot *depots;
    struct ranked *item; /* the first of those after the cursor, sorted: one more than the page */
    size_t n, most;
};

MUST static enum err full(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "ask for a smaller page");
}

MUST static enum err depot_of(struct ctx *c, struct work *w, struct id depot_id,
                              struct at_depot **depot_out) {
    struct at_depot *depot = w->depots;
    while (depot && !id_equal(depot->depot_id, depot_id))
        depot = depot->next;
    if (!depot) {
        depot = arena_alloc(c->arena, sizeof *depot);
        if (!depot) return full(c);
        *depot = (struct at_depot){.depot_id = depot_id, .next = w->depots};
        TRY(store_closure_dates(c, depot_id, DATE_MIN, DATE_MAX, &depot->closed));
        w->depots = depot;
    }
    *depot_out = depot;
    return OK;
}

MUST static enum err weekdays_of(struct ctx *c, struct at_depot *depot, struct id zone_id,
                                 int64_t *weekdays_out) {
    struct served *served = depot->served;
    while (served && !id_equal(served->zone_id, zone_id))
        served = served->next;
    if (!served) {
        struct zone_facts zone;
        TRY(store_slot_zone(c, zone_id, &zone));
        served = arena_alloc(c->arena, sizeof *served);
        if (!served) return full(c);
        *served = (struct served){zone_id, zone.weekdays, depot->served};
        depot->served = served;
    }
    *weekdays_out = served->weekdays;
    return OK;
}

static bool before_cursor(const struct worklist_filter *filter, const struct ranked *item) {
    if (filter->after_rank == NONE) return false;
    return compare(item->rank, item->order.id, filter->after_rank, filter->after_id) <= 0;
}

static void keep(struct work *w, const struct ranked *item) {
    size_t at = w->n < w->most ? w->n++ : w->n - 1;
    for (; at > 0 && compare(item->rank, item->order.id, w->item[at - 1].rank, w->item[at - 1].order.id) < 0;
         at--)
        w->item[at] = w->item[at - 1];
    w->item[at] = *item;
}

static bool is_behind(const struct work *w, const struct ranked *item) {
    const struct ranked *last = &w->item[w->n - 1];
    return w->n == w->most && compare(item->rank, item->order.id, last->rank, last->order.id) > 0;
}

/* Most orders are out of the page by their cover alone. */
static bool is_out(const struct work *w, int64_t cover) {
    int64_t first = rank_of(cover, DATE_MIN, 0), next = first + ((int64_t)1 << 40);
    if (w->filter->after_rank != NONE && next <= w->filter->after_rank) return true;
    return w->n == w->most && first > w->item[w->n - 1].rank;
}

MUST static enum err rank_one(struct ctx *c, void *record, void *user) {
    struct work *w = user;
    const struct open_order *order = record;
    struct at_depot *depot = NULL;
    int64_t weekdays = 0, cover = cover_days(order->cover_until, w->date);
    if (is_out(w, cover)) return OK;
    TRY(depot_of(c, w, order->depot_id, &depot));
    TRY(weekdays_of(c, depot, order->zone_id, &weekdays));
    int64_t need = need_by(weekdays, depot->closed.at, depot->closed.n, order->cover_until, order->due_date);
    struct ranked item = {.order = *order, .need_by = need};
    item.rank = rank_of(cover, need == NONE ? order->cover_until : need, order->attempts);
    if (!before_cursor(w->filter, &item) && !is_behind(w, &item)) keep(w, &item);
    return OK;
}

/* ---- those that are kept by cover: only as many as may be on the page ---- */

struct part {
    struct work *work;
    struct to_call after; /* where the next part begins */
    size_t rows;
    bool over, done; /* over: the rest of this part is out; done: what is behind, too */
};

/* Neither this one nor any behind it. Unknown cover is followed by later due dates, known cover by more. */
static bool is_last(const struct work *w, const struct open_order *order) {
    if (w->n < w->most) return false;
    const struct ranked *last = &w->item[w->n - 1];
    if (order->cover_until == NONE)
        return compare(rank_of(NONE, order->due_date, 0), order->id, last->rank, last->order.id) > 0;
    return rank_of(cover_days(order->cover_until, w->date), DATE_MIN, 0) > last->rank;
}

MUST static enum err rank_kept(struct ctx *c, void *record, void *user) {
    struct part *part = user;
    const struct open_order *order = record;
    bool unknown = order->cover_until == NONE;
    part->rows++;
    if (part->over) return OK;
    part->over = is_last(part->work, order);
    part->done = part->over && !unknown;
    part->after = (struct to_call){.cover_until = unknown ? NO_COVER : order->cover_until,
                                   .due_date = part->over ? DATE_MAX + 1 : order->due_date,
                                   .order_id = order->id};
    return part->over ? OK : rank_one(c, record, part->work);
}

MUST static enum err rank_all_kept(struct ctx *c, struct work *w) {
    int64_t cover = w->filter->after_rank == NONE ? 0 : w->filter->after_rank >> 40;
    struct part part = {
        .work = w,
        .after = {.cover_until = cover == 0 ? NO_COVER - 1 : w->date + cover - 1, .due_date = DATE_MAX + 1}};
    while (!part.done) {
        part.rows = 0;
        part.over = false;
        TRY(store_to_call_part(c, w->date, w->filter->depot_id, &part.after, (int64_t)w->most, rank_kept,
                               &part));
        part.done |= !part.over && part.rows < w->most;
    }
    return OK;
}

/* ---- the page ---- */

MUST static enum err fill(struct ctx *c, const struct ranked *ranked, int64_t date, struct work_item *item) {
    struct work_patient *brief = arena_alloc(c->arena, sizeof *brief);
    struct order_row order;
    struct patient patient;
    if (!brief) return full(c);
    TRY(store_order_get(c, ranked->order.id, &order));
    TRY(store_patient_get(c, order.patient_id, &patient));
    *brief = (struct work_patient){patient.id, patient.code, patient.name, patient.phone};
    *item = (struct work_item){.id = order.id,
                               .kind = order.kind,
                               .customer_id = order.customer_id,
                               .depot_id = order.depot_id,
                               .patient = brief,
                               .due_date = order.due_date,
                               .call_due = order.call_due,
                               .need_by = ranked->need_by,
                               .cover_days = cover_days(ranked->order.cover_until, date),
                               .attempts = order.attempts,
                               .last_outcome = order.last_outcome};
    return OK;
}

enum err app_worklist(struct ctx *c, const struct worklist_filter *filter, struct list *items_out,
                      int64_t *rank_out, bool *more_out) {
    struct work w = {.filter = filter, .date = filter->date, .most = (size_t)filter->limit + 1};
    struct to_call_place through;
    if (w.date == NONE) TRY(app_plan_today(c, &w.date));
    w.item = arena_array(c->arena, w.most, sizeof *w.item);
    struct work_item *item = arena_array(c->arena, w.most, sizeof *item);
    if (!w.item || !item) return full(c);
    TRY(store_to_call_through(c, &through));
    TRY(rank_all_kept(c, &w));
    TRY(store_order_open(c, w.date, filter->depot_id, through.call_due, through.order_id, rank_one, &w));
    *more_out = w.n == w.most;
    if (*more_out) w.n--;
    for (size_t i = 0; i < w.n; i++)
        TRY(fill(c, &w.item[i], w.date, &item[i]));
    *items_out = (struct list){item, w.n};
    *rank_out = w.n ? w.item[w.n - 1].rank : NONE;
    return OK;
}
