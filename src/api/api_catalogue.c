#include "api_catalogue.h"
#include "app/app_catalogue.h"
#include "app/app_patient.h"
#include "base/log.h"
#include <string.h>

struct catalogue_query {
    int64_t limit;
    const char *after, *code;
    struct id depot_id, customer_id, zone_id;
    int64_t from, to, active, status;
};
#define QUERY(kind_, ...) FIELD(struct catalogue_query, kind_, __VA_ARGS__)
#define CODE QUERY(K_TEXT, code, .doc = "only the one with this code", .example = "\"SYD\"")
#define DEPOT QUERY(K_ID, depot_id, .doc = "only those of this depot")
#define PAGE PAGE_FIELDS(struct catalogue_query)

/* One struct for all: a list's statement reads only what its noun's query shape names. */
static const struct field DEPOT_QUERY[] = {CODE, PAGE};
const struct shape depot_query_shape = SHAPE("depot_query", struct catalogue_query, DEPOT_QUERY);

static const struct field ZONE_QUERY[] = {DEPOT, CODE, PAGE};
const struct shape zone_query_shape = SHAPE("zone_query", struct catalogue_query, ZONE_QUERY);

static const struct field CLOSURE_QUERY[] = {
    DEPOT,
    QUERY(K_DATE, from, .doc = "only on this date or later"),
    QUERY(K_DATE, to, .doc = "only on this date or before"),
    PAGE,
};
const struct shape closure_query_shape = SHAPE("closure_query", struct catalogue_query, CLOSURE_QUERY);

static const struct field PRODUCT_QUERY[] = {
    CODE,
    QUERY(K_BOOL, active, .doc = "only active ones, or only those that are not"),
    PAGE,
};
const struct shape product_query_shape = SHAPE("product_query", struct catalogue_query, PRODUCT_QUERY);

static const struct field PATIENT_QUERY[] = {
    QUERY(K_ID, customer_id, .doc = "only those of this customer"),
    DEPOT,
    QUERY(K_ID, zone_id, .doc = "only those of this zone"),
    QUERY(K_ENUM, status, .names = &patient_status_names, .doc = "only those with this status"),
    PAGE,
};
const struct shape patient_query_shape = SHAPE("patient_query", struct catalogue_query, PATIENT_QUERY);

static const struct noun *noun_of(const struct api_call *call) {
    static const struct noun *const NOUNS[] = {&noun_depot,   &noun_zone,     &noun_closure,
                                               &noun_product, &noun_customer, &noun_patient};
    size_t i = 0;
    while (i < COUNT(NOUNS) && NOUNS[i]->shape != call->route->out)
        i++;
    REQUIRE(i < COUNT(NOUNS));
    return NOUNS[i];
}

enum err api_catalogue_find(struct ctx *c, struct api_call *call) {
    TRY(app_catalogue_get(c, noun_of(call), call->id[0], &call->found));
    call->version = ((const struct head *)call->found)->version;
    return OK;
}

enum err api_catalogue_get(struct ctx *c, struct api_call *call) {
    return api_answer(c, call, 200, call->found);
}

/* Where the next page begins: behind the last record of this one. */
static const char *cursor_of(struct ctx *c, const struct noun *noun, const void *record) {
    int64_t date = noun == &noun_closure ? ((const struct closure *)record)->date : 0;
    return api_cursor(c, date, ((const struct head *)record)->id);
}

enum err api_catalogue_list(struct ctx *c, struct api_call *call) {
    const struct noun *noun = noun_of(call);
    const struct catalogue_query *query = call->query;
    struct catalogue_filter filter = {.limit = api_limit(query->limit) + 1,
                                      .depot_id = query->depot_id,
                                      .customer_id = query->customer_id,
                                      .zone_id = query->zone_id,
                                      .code = query->code,
                                      .from = query->from,
                                      .to = query->to,
                                      .active = query->active,
                                      .status = query->status};
    struct list records;
    const char *next = NULL;
    TRY(api_cursor_read(c, query->after, &filter.after_date, &filter.after));
    TRY(noun->list(c, &filter, &records));
    if ((int64_t)records.n == filter.limit) {
        records.n--;
        next = cursor_of(c, noun, (const char *)records.at + (records.n - 1) * noun->shape->size);
    }
    return api_answer_page(c, call, records, next);
}

enum err api_catalogue_add(struct ctx *c, struct api_call *call) {
    TRY(app_catalogue_add(c, noun_of(call), call->in));
    return api_answer(c, call, 201, call->in);
}

enum err api_catalogue_change(struct ctx *c, struct api_call *call) {
    const struct noun *noun = noun_of(call);
    void *before;
    TRY(app_catalogue_get(c, noun, call->id[0], &before));
    TRY(app_catalogue_set(c, noun, before, call->in, NULL));
    return api_answer(c, call, 200, call->in);
}

enum err api_closure_remove(struct ctx *c, struct api_call *call) {
    TRY(app_closure_remove(c, call->id[0]));
    return api_answer_none(call);
}
