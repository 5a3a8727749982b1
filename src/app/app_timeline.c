#include "app/app_timeline.h"
#include "app/app_delivery_view.h"
#include "base/id.h"
#include "domain/order.h"
#include "store/store_contact.h"
#include "store/store_delivery.h"
#include "store/store_discrepancy.h"
#include "store/store_drop.h"
#include "store/store_erasure.h"
#include "store/store_order.h"
#include "store/store_stock.h"
#include <string.h>

#define ORDER(kind_, ...) FIELD(struct timeline_order, kind_, __VA_ARGS__)
static const struct field ORDER_FIELDS[] = {
    ORDER(K_ENUM, kind, .names = &order_kind_names, .doc = "cycle, or outside of it"),
    ORDER(K_DATE, due_date, .doc = "civil date of the depot", .example = "\"2026-03-16\""),
    ORDER(K_ENUM, state, .names = &order_state_names, .doc = "where it stands now"),
    ORDER(K_ENUM, closed_by, .names = &party_names, .doc = "who asked for the skip or cancellation"),
    ORDER(K_TEXT, reason, .flags = F_PERSONAL, .doc = "in words", .example = "\"Spilt a box\""),
};
static const struct shape order_shape = SHAPE("timeline_order", struct timeline_order, ORDER_FIELDS);

#define ITEM(kind_, ...) FIELD(struct timeline_item, kind_, __VA_ARGS__)
#define PART(...) ITEM(K_OBJ, __VA_ARGS__, .flags = F_OMIT)
static const struct field FIELDS[] = {
    ITEM(K_INSTANT, at, .doc = "when it happened"),
    ITEM(K_ENUM, type, .names = &timeline_type_names, .doc = "names the member that tells more"),
    ITEM(K_ID, id, .doc = "of the thing; of a promise, its delivery's"),
    ITEM(K_ID, order_id, .doc = "the order it belongs to"),
    ITEM(K_ID, delivery_id, .doc = "the delivery it belongs to"),
    PART(order, .sub = &order_shape, .doc = "an order was opened"),
    PART(contact, .sub = &contact_shape, .doc = "somebody tried to reach the patient"),
    PART(count, .sub = &stock_count_shape, .doc = "the stock was counted"),
    PART(promise, .sub = &promise_view_shape, .doc = "a window was promised"),
    PART(drop, .sub = &confirmation_shape, .doc = "a driver stated what was handed over"),
    PART(failure, .sub = &failure_shape, .doc = "an attempt failed"),
    PART(discrepancy, .sub = &discrepancy_shape, .doc = "what was promised and what happened differ"),
    PART(erasure, .sub = &erasure_shape, .doc = "the names, places and notes before this were erased"),
};
const struct shape timeline_item_shape = SHAPE("timeline_item", struct timeline_item, FIELDS);

typedef enum err load_fn(struct ctx *c, const struct timeline_key *key, void *part);

static enum err load_order(struct ctx *c, const struct timeline_key *key, void *part) {
    struct order_row row;
    TRY(store_order_get(c, key->id, &row));
    *(struct timeline_order *)part =
        (struct timeline_order){row.kind, row.due_date, row.state, row.closed_by, row.reason};
    return OK;
}

static enum err load_contact(struct ctx *c, const struct timeline_key *key, void *part) {
    return store_contact_get(c, key->id, part);
}

static enum err load_count(struct ctx *c, const struct timeline_key *key, void *part) {
    return store_stock_count_get(c, key->id, part);
}

static enum err load_promise(struct ctx *c, const struct timeline_key *key, void *part) {
    struct list rows;
    struct span *span = arena_alloc(c->arena, sizeof *span);
    if (!span) return FAIL(c, ERR_LIMIT, "request.too-large", "Ask for a smaller page.");
    TRY(store_promises(c, key->id, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        const struct promise_row *row = (const struct promise_row *)rows.at + i;
        if (row->number != key->number) continue;
        *span = (struct span){row->from_min, row->to_min};
        *(struct promise_view *)part = (struct promise_view){.date = row->date,
                                                             .window = span,
                                                             .timezone = row->timezone,
                                                             .starts_at = row->starts_at,
                                                             .ends_at = row->ends_at,
                                                             .requested_by = row->requested_by,
                                                             .reason = row->reason,
                                                             .at = row->at,
                                                             .by = row->by_id};
    }
    return OK;
}

static enum err load_drop(struct ctx *c, const struct timeline_key *key, void *part) {
    struct field_event event;
    TRY(store_event_get(c, key->id, &event));
    return app_confirmation_view(c, &event, INT64_MAX, false, part);
}

static enum err load_failure(struct ctx *c, const struct timeline_key *key, void *part) {
    struct field_event event;
    TRY(store_event_get(c, key->id, &event));
    return app_failure_view(c, &event, false, part);
}

static enum err load_discrepancy(struct ctx *c, const struct timeline_key *key, void *part) {
    return store_discrepancy_get(c, key->id, part);
}

static enum err load_erasure(struct ctx *c, const struct timeline_key *key, void *part) {
    return store_erasure_get(c, key->id, part);
}

static const struct {
    size_t size, at; /* of the object, and where the item holds it */
    load_fn *load;
} KINDS[] = {
    [TIMELINE_ORDER] = {sizeof(struct timeline_order), offsetof(struct timeline_item, order), load_order},
    [TIMELINE_CONTACT] = {sizeof(struct contact), offsetof(struct timeline_item, contact), load_contact},
    [TIMELINE_COUNT] = {sizeof(struct stock_count), offsetof(struct timeline_item, count), load_count},
    [TIMELINE_PROMISE] = {sizeof(struct promise_view), offsetof(struct timeline_item, promise), load_promise},
    [TIMELINE_DROP] = {sizeof(struct confirmation), offsetof(struct timeline_item, drop), load_drop},
    [TIMELINE_FAILURE] = {sizeof(struct failure), offsetof(struct timeline_item, failure), load_failure},
    [TIMELINE_DISCREPANCY] = {sizeof(struct discrepancy), offsetof(struct timeline_item, discrepancy),
                              load_discrepancy},
    [TIMELINE_ERASURE] = {sizeof(struct erasure), offsetof(struct timeline_item, erasure), load_erasure},
};

MUST static enum err load(struct ctx *c, const struct timeline_key *key, struct timeline_item *item) {
    void *part = arena_alloc(c->arena, KINDS[key->type].size);
    if (!part) return FAIL(c, ERR_LIMIT, "request.too-large", "Ask for a smaller page.");
    shape_clear(&timeline_item_shape, item);
    item->at = key->at;
    item->type = key->type;
    item->id = key->id;
    item->order_id = key->order_id;
    item->delivery_id = key->delivery_id;
    memcpy((char *)item + KINDS[key->type].at, &part, sizeof part);
    return KINDS[key->type].load(c, key, part);
}

#define TIES 16 /* promises of one delivery at one instant: only a program books so fast */

/* How many of the keys make the page: `limit`, and what follows with the last one's instant and id. */
static size_t page_of(const struct list *keys, size_t limit) {
    const struct timeline_key *key = keys->at;
    size_t n = keys->n < limit ? keys->n : limit;
    while (n > 0 && n < keys->n && key[n].at == key[n - 1].at && id_equal(key[n].id, key[n - 1].id))
        n++;
    return n;
}

enum err app_timeline(struct ctx *c, struct id patient_id, int64_t before_at, struct id before_id,
                      int64_t limit, struct list *items_out, bool *more_out) {
    struct list keys;
    TRY(store_timeline(c, patient_id, before_at, before_id, limit + TIES, &keys));
    size_t n = page_of(&keys, (size_t)limit);
    struct timeline_item *item = arena_array(c->arena, n + 1, sizeof *item);
    if (!item) return FAIL(c, ERR_LIMIT, "request.too-large", "Ask for a smaller page.");
    for (size_t i = 0; i < n; i++)
        TRY(load(c, (const struct timeline_key *)keys.at + i, &item[i]));
    *items_out = (struct list){item, n};
    *more_out = n < keys.n;
    return OK;
}
