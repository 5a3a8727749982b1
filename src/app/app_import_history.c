#include "app/app_import_history.h"
#include "app/app_audit.h"
#include "app/app_discrepancy.h"
#include "base/date.h"
#include "base/id.h"
#include "base/text.h"
#include "base/zone.h"
#include "import_kinds.h"
#include "json/json.h"
#include "store/store_commitment.h"
#include "store/store_delivery.h"
#include "store/store_history.h"
#include "store/store_order.h"
#include <stdlib.h>
#include <string.h>

/* A customer as the file calls it. */
struct known_customer {
    const char *name;
    struct id id;
    struct known_customer *next;
};

struct history {
    const struct history_map *map;
    int64_t column[HISTORY_COLUMNS]; /* index into a row's cells, -1: none */
    struct id depot_id;
    struct known_customer *customers;
};

MUST static enum err memory_out(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "The file needs more memory than one import may have.");
}

enum err app_history_map(struct ctx *c, const char *bytes, size_t n, struct history_map *map_out) {
    TRY(json_decode(c, bytes, n, &history_map_shape, map_out));
    history_map_judge(c, map_out);
    return ctx_faults(c);
}

/* ---- columns and ids ---- */

MUST static enum err find_columns(struct ctx *c, const struct import *import, struct history *history) {
    for (enum history_column i = 0; i < HISTORY_COLUMNS; i++) {
        const char *name = history_column_name(history->map, i);
        history->column[i] = name ? csv_column(&import->table, name) : -1;
        if (!name || history->column[i] >= 0) continue;
        const char *where = arena_printf(c->arena, "%s:1:%s", import->file->name, name);
        ctx_fault_item(c, where ? where : import->file->name, "there is no such column in the header");
    }
    return ctx_faults(c);
}

struct ref {
    const char *text;
    size_t i;
};

static int compare_refs(const void *a, const void *b) {
    const struct ref *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    return order ? order : (x->i > y->i) - (x->i < y->i);
}

/* A line's id is its own: a second line with it is refused, not passed over as one that is there. */
MUST static enum err refuse_repeated(struct ctx *c, struct import *import, const struct history *history) {
    const struct csv_table *table = &import->table;
    struct ref *ref = arena_array(c->arena, table->n + 1, sizeof *ref);
    if (!ref) return memory_out(c);
    for (size_t i = 0; i < table->n; i++)
        ref[i] = (struct ref){table->row[i].cell[history->column[HISTORY_REF]], i};
    qsort(ref, table->n, sizeof *ref, compare_refs);
    for (size_t i = 1, first = 0; i < table->n; i++) {
        if (strcmp(ref[first].text, ref[i].text) != 0)
            first = i;
        else if (*ref[i].text)
            TRY(import_refuse(c, import, ref[i].i, history->map->columns->ref, "is the id of line %lld, too",
                              (long long)table->row[ref[first].i].line));
    }
    return OK;
}

/* ---- what a line belongs to ---- */

MUST static enum err make_depot(struct ctx *c, const struct history_depot *from, struct id *id_out) {
    void *record;
    TRY(app_catalogue_new(c, &noun_depot, &record));
    struct depot *depot = record;
    depot->code = from->code;
    depot->name = from->name ? from->name : from->code;
    depot->timezone = from->timezone;
    TRY(app_catalogue_add(c, &noun_depot, depot));
    *id_out = depot->id;
    return OK;
}

MUST static enum err find_depot(struct ctx *c, struct history *history) {
    const struct history_depot *wanted = history->map->depot;
    struct depot depot;
    enum err err = store_depot_by_code(c, wanted->code, &depot);
    if (err == ERR_NOT_FOUND) return make_depot(c, wanted, &history->depot_id);
    TRY(err);
    if (!text_equal(depot.timezone, wanted->timezone))
        ctx_fault_item(c, "/depot/timezone", "is %s at that depot", depot.timezone);
    history->depot_id = depot.id;
    return ctx_faults(c);
}

MUST static enum err make_customer(struct ctx *c, const char *code, const char *name, struct id *id_out) {
    void *record;
    TRY(app_catalogue_new(c, &noun_customer, &record));
    struct customer *customer = record;
    customer->code = code;
    customer->name = name;
    TRY(app_catalogue_add(c, &noun_customer, customer));
    *id_out = customer->id;
    return OK;
}

/* The first code made of the name that is free, or is this customer's. */
MUST static enum err customer_by_name(struct ctx *c, const char *name, struct id *id_out) {
    for (int choice = 1;; choice++) {
        struct customer customer;
        const char *code = history_customer_code(c->arena, name, choice);
        if (!code) return memory_out(c);
        enum err err = store_customer_by_code(c, code, &customer);
        if (err == ERR_NOT_FOUND) return make_customer(c, code, name, id_out);
        TRY(err);
        *id_out = customer.id;
        if (history_same_name(c->arena, name, customer.name)) return OK;
    }
}

MUST static enum err look_customer_up(struct ctx *c, const char *name, struct id *id_out) {
    struct customer customer;
    enum err err = store_customer_by_code(c, name, &customer);
    if (err == ERR_NOT_FOUND) return customer_by_name(c, name, id_out);
    TRY(err);
    *id_out = customer.id;
    return OK;
}

/* The names stand in the table, which outlives the rows. */
MUST static enum err find_customer(struct ctx *c, const struct import *import, struct history *history,
                                   const char *name, struct id *id_out) {
    struct known_customer *known = history->customers;
    while (known && strcmp(known->name, name) != 0)
        known = known->next;
    if (!known) {
        known = arena_alloc(import->arena, sizeof *known);
        if (!known) return memory_out(c);
        *known = (struct known_customer){.name = name, .next = history->customers};
        TRY(look_customer_up(c, name, &known->id));
        history->customers = known;
    }
    *id_out = known->id;
    return OK;
}

/* ---- one line ---- */

MUST static enum err add_order(struct ctx *c, const struct history_row *row,
                               const struct commitment *commitment) {
    struct order_row order;
    bool added;
    shape_clear(&order_row_shape, &order);
    order.id = row->order_id;
    order.kind = ORDER_HISTORY;
    order.customer_id = commitment->customer_id;
    order.depot_id = commitment->depot_id;
    order.due_date = order.next_due = row->promised_on;
    order.call_due = row->promised_on - c->rules->call_lead_days;
    order.state = row->completed_at == NONE ? ORDER_CONFIRMED : ORDER_DELIVERED;
    order.attempts = 0;
    order.deliveries = order.version = 1;
    order.created_at = c->now;
    TRY(store_order_add(c, &order, &added));
    return added ? OK : FAIL(c, ERR_INTERNAL, "internal", "A new order was not taken.");
}

/* A line without a date of delivery says that the attempt came to nothing, and not why. */
MUST static enum err add_delivery(struct ctx *c, const struct history_row *row,
                                  const struct commitment *commitment) {
    bool delivered = row->completed_at != NONE;
    struct delivery_row delivery;
    shape_clear(&delivery_row_shape, &delivery);
    delivery.id = commitment->delivery_id;
    delivery.order_id = row->order_id;
    delivery.attempt = delivery.promises = delivery.version = 1;
    delivery.kind = DELIVERY_FIRST;
    delivery.customer_id = commitment->customer_id;
    delivery.depot_id = commitment->depot_id;
    delivery.date = commitment->date;
    delivery.from_min = commitment->from_min;
    delivery.to_min = commitment->to_min;
    delivery.starts_at = commitment->starts_at;
    delivery.ends_at = commitment->ends_at;
    delivery.state = delivered ? DELIVERY_DELIVERED : DELIVERY_FAILED;
    delivery.reason = delivered ? NULL : names_word(&failure_reason_names, FAILURE_OTHER);
    delivery.weight_g = delivery.holds = 0;
    delivery.completed_at = row->completed_at;
    delivery.booked_at = c->now;
    return store_delivery_add(c, &delivery);
}

MUST static enum err add_promise(struct ctx *c, const struct commitment *commitment, const char *timezone) {
    const struct promise_row promise = {.delivery_id = commitment->delivery_id,
                                        .number = 1,
                                        .date = commitment->date,
                                        .from_min = commitment->from_min,
                                        .to_min = commitment->to_min,
                                        .timezone = timezone,
                                        .starts_at = commitment->starts_at,
                                        .ends_at = commitment->ends_at,
                                        .requested_by = PARTY_US,
                                        .at = c->now,
                                        .by_id = c->actor.user_id};
    return store_promise_add(c, &promise);
}

MUST static enum err audit_line(struct ctx *c, const struct history_row *row) {
    const char *change = app_change(c, &history_row_shape, NULL, row);
    if (!change) return memory_out(c);
    return app_audit(c, &(struct audit){.action = "order.import",
                                        .entity = "order",
                                        .id = row->order_id,
                                        .version = 1,
                                        .change = change});
}

MUST static enum err add_line(struct ctx *c, const struct import *import, struct history *history,
                              struct history_row *row) {
    const char *timezone = history->map->depot->timezone;
    struct commitment commitment;
    bool changed;
    history_commit(&commitment, c->rules, timezone, row, c->now);
    TRY(find_customer(c, import, history, row->customer, &commitment.customer_id));
    commitment.order_id = row->order_id = id_new(c->now);
    commitment.delivery_id = id_new(c->now);
    commitment.depot_id = history->depot_id;
    TRY(add_order(c, row, &commitment));
    TRY(store_history_add(c, row));
    TRY(add_delivery(c, row, &commitment));
    TRY(add_promise(c, &commitment, timezone));
    TRY(app_timing_judge(c, &commitment, BY_WITNESS, &changed));
    TRY(store_commitment_add(c, &commitment));
    return audit_line(c, row);
}

/* ---- warnings ---- */

MUST static enum err warn_if_impossible(struct ctx *c, struct import *import, size_t i,
                                        const struct history *history, const struct history_row *row) {
    int64_t today = zone_date(history->map->depot->timezone, c->now);
    const char *text = history_impossible(c->arena, row, today);
    return text ? import_warn(c, import, i, history->map->columns->recorded, text) : OK;
}

/* What was brought in before stays: a correction has to be made where it can be seen. */
MUST static enum err warn_of_difference(struct ctx *c, struct import *import, size_t i,
                                        const struct history *history, const struct history_row *row,
                                        const struct history_row *stored) {
    const struct history_map *map = history->map;
    unsigned bits = history_difference(c->arena, row, stored, map->depot->timezone);
    for (enum history_column k = 0; k < HISTORY_COLUMNS; k++) {
        if (!(bits & 1u << k)) continue;
        const char *name = history_column_name(map, k);
        TRY(import_warn(c, import, i, name ? name : "",
                        "differs from what was brought in before under the same id, which stays"));
    }
    return OK;
}

/* ---- all ---- */

MUST static enum err read_line(struct ctx *c, const struct import *import, size_t i,
                               const struct history *history, struct history_row *row_out) {
    const char *cell[HISTORY_COLUMNS];
    for (size_t k = 0; k < HISTORY_COLUMNS; k++)
        cell[k] = history->column[k] >= 0 ? import->table.row[i].cell[history->column[k]] : NULL;
    return history_read(c, history->map, cell, row_out);
}

static enum err take_line(struct ctx *c, struct import *import, size_t i, void *user,
                          enum import_fate *fate_out) {
    struct history *history = user;
    struct history_row row, stored;
    TRY(read_line(c, import, i, history, &row));
    enum err err = store_history_get(c, row.source, row.ref, &stored);
    if (err == ERR_NOT_FOUND) {
        *fate_out = IMPORT_ADDED;
        TRY(add_line(c, import, history, &row));
    } else {
        *fate_out = IMPORT_UNCHANGED;
        TRY(err);
        TRY(warn_of_difference(c, import, i, history, &row, &stored));
    }
    return warn_if_impossible(c, import, i, history, &row);
}

enum err import_history_run(struct ctx *c, struct import *import, const struct import_kind *kind) {
    struct history history = {.map = import->file->map};
    (void)kind;
    if (!history.map) {
        ctx_fault_item(c, "?map", "is needed: the JSON text that says which column is what");
        return ctx_faults(c);
    }
    TRY(import_read(c, import, NULL, ""));
    TRY(find_columns(c, import, &history));
    TRY(refuse_repeated(c, import, &history));
    TRY(find_depot(c, &history));
    return import_rows(c, import, take_line, &history);
}
