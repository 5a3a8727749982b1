#include "app/app_worklist.h"
#include "app/app_plan.h"
#include "base/date.h"
#include "base/id.h"
#include "domain/slot.h"
#include "domain/suggest.h"
#include "store/store_order.h"
#include "store/store_patient.h"
#include <stdlib.h>

int64_t need_by(int64_t weekdays, const int64_t *closed, size_t n, int64_t cover_until, int64_t due_date) {
    if (cover_until == NONE) return due_date;
    return slot_last_served(weekdays, closed, n, cover_until, cover_until - NEED_BY_DAYS);
}

/* ---- rank ---- */

struct ranked {
    int64_t rank;
    const struct open_order *order;
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

static int by_rank(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    return compare(x->rank, x->order->id, y->rank, y->order->id);
}

/* ---- closures, by depot ---- */

struct closed_days {
    struct id depot_id;
    struct list dates; /* int64_t */
};

struct work {
    struct ranked *item;
    size_t n;
    struct closed_days *closed;
    size_t depots;
};

MUST static enum err full(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large",
                "more orders are open than one list can rank: name a depot");
}

MUST static enum err closed_of(struct ctx *c, struct work *w, struct id depot_id,
                               const struct list **dates_out) {
    size_t i = 0;
    while (i < w->depots && !id_equal(w->closed[i].depot_id, depot_id))
        i++;
    *dates_out = &w->closed[i].dates;
    if (i < w->depots) return OK;
    w->closed[i].depot_id = depot_id;
    w->depots++;
    return store_closure_dates(c, depot_id, DATE_MIN, DATE_MAX, &w->closed[i].dates);
}

MUST static enum err rank_all(struct ctx *c, const struct list *orders, int64_t date, struct work *w) {
    w->item = arena_array(c->arena, orders->n + 1, sizeof *w->item);
    w->closed = arena_array(c->arena, orders->n + 1, sizeof *w->closed);
    if (!w->item || !w->closed) return full(c);
    for (w->n = 0; w->n < orders->n; w->n++) {
        const struct open_order *order = (const struct open_order *)orders->at + w->n;
        const struct list *closed;
        TRY(closed_of(c, w, order->depot_id, &closed));
        int64_t need = need_by(order->weekdays, closed->at, closed->n, order->cover_until, order->due_date);
        int64_t rank = rank_of(cover_days(order->cover_until, date), need == NONE ? order->cover_until : need,
                               order->attempts);
        w->item[w->n] = (struct ranked){rank, order, need};
    }
    qsort(w->item, w->n, sizeof *w->item, by_rank);
    return OK;
}

/* ---- the page ---- */

MUST static enum err fill(struct ctx *c, const struct ranked *ranked, int64_t date, struct work_item *item) {
    const struct open_order *order = ranked->order;
    struct work_patient *brief = arena_alloc(c->arena, sizeof *brief);
    struct patient patient;
    if (!brief) return full(c);
    TRY(store_patient_get(c, order->patient_id, &patient));
    *brief = (struct work_patient){patient.id, patient.code, patient.name, patient.phone};
    *item = (struct work_item){.id = order->id,
                               .kind = order->kind,
                               .customer_id = order->customer_id,
                               .depot_id = order->depot_id,
                               .patient = brief,
                               .due_date = order->due_date,
                               .call_due = order->call_due,
                               .need_by = ranked->need_by,
                               .cover_days = cover_days(order->cover_until, date),
                               .attempts = order->attempts,
                               .last_outcome = order->last_outcome};
    return OK;
}

static size_t first_after(const struct work *w, const struct worklist_filter *filter) {
    size_t i = 0;
    if (filter->after_rank == NONE) return 0;
    while (i < w->n &&
           compare(w->item[i].rank, w->item[i].order->id, filter->after_rank, filter->after_id) <= 0)
        i++;
    return i;
}

enum err app_worklist(struct ctx *c, const struct worklist_filter *filter, struct list *items_out,
                      int64_t *rank_out, bool *more_out) {
    struct work w = {0};
    struct list orders;
    int64_t date = filter->date;
    if (date == NONE) TRY(app_plan_today(c, &date));
    TRY(store_order_open(c, date, filter->depot_id, &orders));
    TRY(rank_all(c, &orders, date, &w));
    size_t first = first_after(&w, filter), left = w.n - first, limit = (size_t)filter->limit;
    size_t n = left < limit ? left : limit;
    struct work_item *item = arena_array(c->arena, n + 1, sizeof *item);
    if (!item) return full(c);
    for (size_t i = 0; i < n; i++)
        TRY(fill(c, &w.item[first + i], date, &item[i]));
    *items_out = (struct list){item, n};
    *more_out = left > limit;
    *rank_out = n ? w.item[first + n - 1].rank : NONE;
    return OK;
}
