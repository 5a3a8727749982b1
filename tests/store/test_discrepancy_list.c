/* A customer's discrepancies, page by page through the seconds in which they were found: what a look at every
 * row finds, in the same order. */
#include "base/date.h"
#include "base/id.h"
#include "store/store_discrepancy.h"
#include "world_order.h"

enum { ROWS = 120 };

static uint32_t dice_state = 20261126;

static int64_t dice(int64_t n) {
    dice_state = dice_state * 1664525 + 1013904223;
    return (int64_t)(dice_state >> 8) % n;
}

/* In few seconds, several at one instant; ids not in the order of the instants. */
static void add_any(struct world *w, struct id order_id, int64_t began) {
    struct discrepancy row;
    shape_clear(&discrepancy_shape, &row);
    row.id = id_new(began - dice(100000));
    row.order_id = order_id;
    row.customer_id = w->customer[dice(4) == 0];
    row.depot_id = w->depot[SYDNEY];
    row.kind = dice(2) ? KIND_MISSED : KIND_LATE;
    row.severity = dice(4);
    row.source = SOURCE_SWEEP;
    row.state = DISCREPANCY_OPEN;
    row.responsibility = BY_UNDETERMINED;
    row.detected_at = began + 250 * dice(40);
    row.rule_version = row.version = 1;
    CHECK_OK(w->c, store_discrepancy_add(w->c, &row));
}

/* Every page of the customer's against all pages of everybody's. */
static void check_list(struct world *w, struct discrepancy_filter filter) {
    struct discrepancy_filter every = filter;
    struct list all, page = {0};
    size_t at = 0, seen = 0;
    every.customer_id = (struct id){{0}};
    every.limit = ROWS;
    CHECK_OK(w->c, store_discrepancy_list(w->c, &every, &all));
    do {
        CHECK_OK(w->c, store_discrepancy_list(w->c, &filter, &page));
        for (size_t i = 0; i < page.n; i++, at++, seen++) {
            const struct discrepancy *found = (const struct discrepancy *)page.at + i;
            const struct discrepancy *of_all = all.at;
            while (at < all.n && !id_equal(of_all[at].customer_id, filter.customer_id))
                at++;
            CHECK(at < all.n && id_equal(found->id, of_all[at].id));
            filter.before_at = found->detected_at;
            filter.before_id = found->id;
        }
    } while (page.n == (size_t)filter.limit);
    for (; at < all.n; at++)
        CHECK(!id_equal(((const struct discrepancy *)all.at)[at].customer_id, filter.customer_id));
    CHECK(seen > 0);
}

TEST(discrepancy_list_of_a_customer_is_that_of_all_customers) {
    struct world *w = world_make();
    struct id order_id = world_order(w, 0, "2026-03-16", (const int64_t[]){10}, 1);
    int64_t began = w->c->now - 77;
    for (int i = 0; i < ROWS; i++)
        add_any(w, order_id, began);
    world_settle(w);
    for (int i = 0; i < 20; i++) {
        int64_t from = dice(2) ? NONE : (began / SECOND_MS + dice(4)) * SECOND_MS;
        int64_t to = dice(2) ? NONE : (began / SECOND_MS + 5 + dice(5)) * SECOND_MS;
        check_list(w, (struct discrepancy_filter){.customer_id = w->customer[i % 2],
                                                  .kind = dice(2) ? NONE : KIND_MISSED,
                                                  .state = NONE,
                                                  .severity = NONE,
                                                  .from = from,
                                                  .to = to,
                                                  .before_at = NONE,
                                                  .limit = 1 + dice(9)});
    }
}
