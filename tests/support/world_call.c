#include "world_call.h"
#include "app/app_drop.h"
#include "app/app_order.h"
#include "app/app_plan.h"
#include "base/date.h"
#include "base/id.h"
#include "domain/stock.h"
#include "store/store_order.h"
#include "store/store_patient.h"

struct world *world_planned(const char *through) {
    struct world *w = world_make();
    struct plan_receipt receipt;
    CHECK_OK(w->c, app_plan(w->c, date_parse(through), INT64_MAX, &receipt));
    world_act(w, ROLE_REP, w->rep);
    return w;
}

struct order_row world_order_due(struct world *w, int patient, const char *due) {
    struct order_filter filter = {.state = NONE,
                                  .patient_id = w->patient[patient],
                                  .due_from = date_parse(due),
                                  .due_to = date_parse(due),
                                  .after_date = NONE,
                                  .limit = 1};
    struct list rows;
    CHECK_OK(w->c, store_order_list(w->c, &filter, &rows));
    CHECK_INT(rows.n, 1);
    return *(const struct order_row *)rows.at;
}

struct contact_in world_reached(struct world *w) {
    return (struct contact_in){.id = id_new(w->c->now),
                               .at = w->c->now,
                               .channel = CONTACT_CALL,
                               .outcome = CONTACT_REACHED,
                               .identity_checked = 1,
                               .last_delivery_ok = NONE,
                               .what = NONE};
}

enum err world_contact(struct world *w, struct order_row *order, struct contact_in in, bool *replay_out) {
    struct contact contact;
    bool replay;
    ctx_fault_clear(w->c);
    return app_contact_add(w->c, order, &in, &contact, replay_out ? replay_out : &replay);
}

enum err world_put_count(struct world *w, const struct order_row *order, int64_t a, int64_t b, int64_t c_) {
    struct stock_count_line line[] = {{w->product[0], a}, {w->product[1], b}, {w->product[2], c_}};
    struct count_in in = {{line, COUNT(line)}};
    ctx_fault_clear(w->c);
    return app_count_put(w->c, order, &in);
}

struct order_row world_counted(struct world *w, int patient, const char *due) {
    struct order_row order = world_order_due(w, patient, due);
    CHECK_OK(w->c, world_contact(w, &order, world_reached(w), NULL));
    CHECK_OK(w->c, world_put_count(w, &order, 100, 10, 300));
    return world_order_row(w, order.id);
}

struct order_view world_order_view(struct world *w, const struct order_row *order) {
    struct order_view view;
    struct order_row now = world_order_row(w, order->id);
    CHECK_OK(w->c, app_order_view(w->c, &now, &view));
    return view;
}

struct order_line_view world_order_line(struct world *w, const struct order_row *order, int product) {
    struct order_view view = world_order_view(w, order);
    for (size_t i = 0; i < view.lines.n; i++) {
        const struct order_line_view *line = (const struct order_line_view *)view.lines.at + i;
        if (id_equal(line->product_id, w->product[product])) return *line;
    }
    return (struct order_line_view){.prescribed = NONE, .suggested = NONE, .on_hand = NONE, .ordered = NONE};
}

enum err world_confirm(struct world *w, struct order_row *order, const int64_t ordered[4],
                       const char *reason) {
    struct confirm_line line[4];
    struct confirm_in in = {.lines = {line, 0}, .reason = reason};
    for (int i = 0; i < 4; i++)
        if (ordered[i] != NONE) line[in.lines.n++] = (struct confirm_line){w->product[i], ordered[i], NONE};
    ctx_fault_clear(w->c);
    return app_order_confirm(w->c, order, &in);
}
int64_t world_cover(struct world *w, int patient) {
    struct patient row;
    CHECK_OK(w->c, store_patient_get(w->c, w->patient[patient], &row));
    return row.cover_until;
}

struct delivery_row world_booked(struct world *w, struct order_row *order, const char *date) {
    static const struct span MORNING = {480, 720};
    struct booking in = {
        .order_id = order->id, .date = date_parse(date), .window = &MORNING, .requested_by = NONE};
    struct delivery_row delivery;
    CHECK_OK(w->c, app_delivery_book(w->c, order, &in, &delivery));
    return delivery;
}

struct order_row world_confirmed(struct world *w, int patient, const char *due) {
    struct order_row order = world_counted(w, patient, due);
    CHECK_OK(w->c, world_confirm(w, &order, QTY(140, 80, NONE, NONE), NULL));
    return order;
}

void world_drop_by_phone(struct world *w, const struct delivery_row *delivery) {
    struct drop_line line[] = {{.product_id = w->product[0],
                                .qty = 140,
                                .lot = "L1",
                                .expiry = NONE,
                                .condition = CONDITION_OK,
                                .scanned = 1},
                               {.product_id = w->product[1],
                                .qty = 60,
                                .lot = "L2",
                                .expiry = NONE,
                                .condition = CONDITION_OK,
                                .scanned = 1},
                               {.product_id = w->product[1],
                                .qty = 20,
                                .expiry = NONE,
                                .condition = CONDITION_DAMAGED,
                                .scanned = 0}};
    struct receiver receiver = {"Zoë Marker P-0", "patient"};
    struct drop_in in = {.id = id_new(w->c->now),
                         .at = w->c->now,
                         .received_by = &receiver,
                         .lines = {line, COUNT(line)},
                         .bypass = BYPASS_DEVICE_FAILED,
                         .on_behalf_of = w->driver[0],
                         .reason = "by phone"};
    struct drop_answer answer;
    world_act(w, ROLE_DISPATCHER, w->dispatcher);
    CHECK_OK(w->c, app_drop_confirm(w->c, delivery, &in, &answer));
    world_act(w, ROLE_REP, w->rep);
}
