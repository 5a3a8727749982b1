#include "domain/order.h"
#include "base/err.h"

#define ROW(kind_, ...) FIELD(struct order_row, kind_, __VA_ARGS__)
static const struct field ROW_FIELDS[] = {
    ROW(K_ID, id, .flags = F_KEPT),
    ROW(K_ENUM, kind, .flags = F_KEPT, .names = &order_kind_names),
    ROW(K_ID, patient_id, .flags = F_KEPT),
    ROW(K_ID, customer_id, .flags = F_KEPT),
    ROW(K_ID, depot_id, .flags = F_KEPT),
    ROW(K_ID, zone_id, .flags = F_KEPT),
    ROW(K_DATE, due_date),
    ROW(K_DATE, next_due, .flags = F_KEPT),
    ROW(K_DATE, call_due, .flags = F_KEPT),
    ROW(K_ENUM, state, .names = &order_state_names),
    ROW(K_ENUM, closed_by, .names = &party_names),
    ROW(K_TEXT, reason, .flags = F_PERSONAL),
    ROW(K_TEXT, to_address, .flags = F_PERSONAL),
    ROW(K_DEG, to_lat, .flags = F_PERSONAL),
    ROW(K_DEG, to_lon, .flags = F_PERSONAL),
    ROW(K_INSTANT, confirmed_at),
    ROW(K_INT, attempts, .flags = F_KEPT),
    ROW(K_ENUM, last_outcome, .names = &contact_outcome_names),
    ROW(K_INT, deliveries, .flags = F_KEPT),
    ROW(K_INSTANT, created_at, .flags = F_KEPT),
    ROW(K_INT, version, .flags = F_KEPT),
};
const struct shape order_row_shape = SHAPE("order_row", struct order_row, ROW_FIELDS);

#define LINE(kind_, ...) FIELD(struct order_line_row, kind_, __VA_ARGS__)
static const struct field LINE_FIELDS[] = {
    LINE(K_ID, order_id),      LINE(K_ID, product_id),
    LINE(K_INT, prescribed),   LINE(K_INT, on_hand),
    LINE(K_INT, suggested),    LINE(K_INT, ordered),
    LINE(K_INT, authorised),   LINE(K_INT, accepted),
    LINE(K_INT, refused),      LINE(K_INT, units_per_box),
    LINE(K_INT, box_weight_g), LINE(K_BOOL, lot_tracked),
    LINE(K_BOOL, critical),    LINE(K_INT, shelf_life_min_days),
};
const struct shape order_line_row_shape = SHAPE("order_line_row", struct order_line_row, LINE_FIELDS);

int64_t order_outstanding(const struct order_line_row *line) {
    int64_t rest = line->authorised - line->accepted - line->refused;
    return rest > 0 ? rest : 0;
}

int64_t order_state_after(const struct order_line_row *lines, size_t n, bool handed_over) {
    int64_t outstanding = 0, accepted = 0;
    for (size_t i = 0; i < n; i++) {
        outstanding += order_outstanding(&lines[i]);
        accepted += lines[i].accepted;
    }
    if (!handed_over && accepted == 0) return ORDER_CONFIRMED;
    return outstanding == 0 ? ORDER_DELIVERED : ORDER_PART_DELIVERED;
}

bool order_bookable(int64_t state) {
    return state == ORDER_CONFIRMED || state == ORDER_PART_DELIVERED;
}
