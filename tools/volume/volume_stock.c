/* What a patient has at home: three weeks of everything when it is counted, seven when the order came. */
#include "base/id.h"
#include "domain/stock.h"
#include "domain/suggest.h"
#include "store/store_stock.h"
#include "volume.h"
#include <stdlib.h>

int64_t volume_counted(int line) {
    return 20 + 20 * line;
}

int64_t volume_use(int line) {
    return 1000 + 500 * line;
}

/* The patient's last order; each one was counted, for a week ahead are called. false: none yet. */
static bool last_order(const struct volume *v, int64_t patient, struct facts *f) {
    int64_t first = patient / v->day_orders, place = patient % v->day_orders;
    if (first >= v->days) return false;
    int64_t day = first + (v->days - 1 - first) / CYCLE_DAYS * CYCLE_DAYS;
    if (day == 0 && place < v->skipped) return false;
    volume_facts(v, day * v->day_orders + place, f);
    return true;
}

static int by_product(const void *a, const void *b) {
    return id_compare(((const struct stock_now *)a)->product_id, ((const struct stock_now *)b)->product_id);
}

static struct stock_now line_of(const struct volume *v, const struct facts *f, int line) {
    int64_t came = f->last == DROPPED ? volume_accepted(f, line) : 0;
    return (struct stock_now){.product_id = volume_product(v, f->patient, line),
                              .date = f->due - CALL_AHEAD,
                              .at = f->counted_at,
                              .counted = volume_counted(line),
                              .units = volume_counted(line) + came,
                              .use_per_day = volume_use(line)};
}

void volume_stock(struct arena *arena, const struct volume *v, int64_t patient, struct stock_kept *kept_out) {
    struct stock_now now[LINES];
    struct facts f;
    *kept_out = (struct stock_kept){.patient_id = v->patient[patient], .cover_until = NONE};
    if (!last_order(v, patient, &f)) return;
    for (int k = 0; k < LINES; k++) {
        now[k] = line_of(v, &f, k);
        const struct use_since use = {now[k].date, now[k].use_per_day};
        int64_t until = cover_until(now[k].date, now[k].units, &use, 1);
        if (k == 0 || until < kept_out->cover_until) kept_out->cover_until = until;
    }
    qsort(now, LINES, sizeof now[0], by_product);
    kept_out->stock = stock_pack(arena, now, LINES);
    if (!kept_out->stock.at) volume_fail("no memory");
}
