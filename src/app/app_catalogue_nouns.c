/* The rows of the catalogue: what of a record depends on others. */
#include "app/app_audit.h"
#include "app/app_catalogue.h"
#include "base/id.h"

/* A store's functions, seen through struct noun. */
#define STORE(x)                                                                     \
    static enum err x##_get(struct ctx *c, struct id id, void *record_out) {         \
        return store_##x##_get(c, id, record_out);                                   \
    }                                                                                \
    static enum err x##_put(struct ctx *c, const void *before, const void *record) { \
        return before ? store_##x##_set(c, record) : store_##x##_add(c, record);     \
    }
#define NOUN(x)                                             \
    const struct noun noun_##x = {.name = #x,               \
                                  .shape = &x##_shape,      \
                                  .get = x##_get,           \
                                  .list = store_##x##_list, \
                                  .check = x##_check,       \
                                  .put = x##_put,           \
                                  .same = x##_same}

STORE(depot)
STORE(zone)
STORE(closure)
STORE(product)
STORE(customer)

/* `err`: of looking for another record (`found`) with the same key. */
static enum err key_free(struct ctx *c, enum err err, const void *found, const void *record,
                         const char *pointer, const char *slug) {
    const struct head *other = found, *own = record;
    if (err == ERR_NOT_FOUND) return OK;
    TRY(err);
    if (id_equal(other->id, own->id)) return OK;
    ctx_fault_item(c, pointer, "is taken by another one");
    return FAIL(c, ERR_CONFLICT, slug, "There is one already: change that one, or choose another.");
}

static enum err depot_exists(struct ctx *c, struct id depot_id) {
    struct depot depot;
    enum err err = store_depot_get(c, depot_id, &depot);
    if (err == ERR_NOT_FOUND) ctx_fault_item(c, "/depot_id", "is no depot of ours");
    return err == ERR_NOT_FOUND ? OK : err;
}

/* What belongs to a depot stays there: its dates are dates of that depot. */
static void judge_stays(struct ctx *c, struct id before, struct id after) {
    if (!id_equal(before, after)) ctx_fault_item(c, "/depot_id", "stays: add a new one for another depot");
}

static enum err depot_same(struct ctx *c, const void *record, void *found_out) {
    return store_depot_by_code(c, ((const struct depot *)record)->code, found_out);
}

static enum err depot_check(struct ctx *c, const void *before, void *record) {
    struct depot other;
    (void)before;
    depot_judge(c, record);
    TRY(ctx_faults(c));
    return key_free(c, depot_same(c, record, &other), &other, record, "/code", "code.taken");
}

static enum err zone_same(struct ctx *c, const void *record, void *found_out) {
    const struct zone *zone = record;
    return store_zone_by_code(c, zone->depot_id, zone->code, found_out);
}

static enum err zone_check(struct ctx *c, const void *before, void *record) {
    struct zone *zone = record, other;
    zone_judge(c, zone);
    if (before) judge_stays(c, ((const struct zone *)before)->depot_id, zone->depot_id);
    TRY(depot_exists(c, zone->depot_id));
    TRY(ctx_faults(c));
    TRY(zone_open(c, zone)); /* in the order of the week */
    return key_free(c, zone_same(c, record, &other), &other, record, "/code", "code.taken");
}

static enum err closure_same(struct ctx *c, const void *record, void *found_out) {
    const struct closure *closure = record;
    return store_closure_on(c, closure->depot_id, closure->date, found_out);
}

static enum err closure_check(struct ctx *c, const void *before, void *record) {
    const struct closure *was = before;
    struct closure *closure = record, other;
    closure_judge(c, closure);
    if (was) judge_stays(c, was->depot_id, closure->depot_id);
    TRY(depot_exists(c, closure->depot_id));
    TRY(ctx_faults(c));
    TRY(key_free(c, closure_same(c, record, &other), &other, record, "/date", "closure.exists"));
    if (was && was->date == closure->date) return OK;
    return store_closure_affected(c, closure->depot_id, closure->date, &closure->affected);
}

static enum err product_same(struct ctx *c, const void *record, void *found_out) {
    return store_product_by_code(c, ((const struct product *)record)->code, found_out);
}

static enum err product_check(struct ctx *c, const void *before, void *record) {
    struct product *product = record, other;
    (void)before;
    product_judge(c, product);
    TRY(ctx_faults(c));
    TRY(key_free(c, product_same(c, record, &other), &other, record, "/code", "code.taken"));
    if (!product->gtin) return OK;
    return key_free(c, store_product_by_gtin(c, product->gtin, &other), &other, record, "/gtin",
                    "gtin.taken");
}

static enum err customer_same(struct ctx *c, const void *record, void *found_out) {
    return store_customer_by_code(c, ((const struct customer *)record)->code, found_out);
}

static enum err customer_check(struct ctx *c, const void *before, void *record) {
    struct customer other;
    (void)before;
    return key_free(c, customer_same(c, record, &other), &other, record, "/code", "code.taken");
}

NOUN(depot);
NOUN(zone);
NOUN(closure);
NOUN(product);
NOUN(customer);

enum err app_closure_remove(struct ctx *c, struct id id) {
    void *record;
    TRY(app_catalogue_get(c, &noun_closure, id, &record));
    const struct closure *closure = record;
    struct audit event = {.action = "closure.remove",
                          .entity = "closure",
                          .id = id,
                          .version = closure->version + 1,
                          .change = app_change(c, &closure_shape, NULL, closure)};
    TRY(store_closure_remove(c, id));
    return app_audit(c, &event);
}
