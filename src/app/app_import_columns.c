/* The columns of each kind of the catalogue, and the cells that are more than one value. */
#include "app/app_patient.h"
#include "base/date.h"
#include "base/id.h"
#include "import_kinds.h"
#include "json/json.h"
#include "store/store_patient.h"
#include <string.h>

MUST static enum err memory_out(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "The import needs more memory than one may have.");
}

/* ---- references by code ---- */

static enum err unknown(struct ctx *c, enum err err, const char *column, const char *detail) {
    if (err == ERR_NOT_FOUND) ctx_fault_item(c, column, "%s", detail);
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err depot_id(struct ctx *c, const char *code, struct id *id_out) {
    struct depot depot;
    enum err err = store_depot_by_code(c, code, &depot);
    if (err == OK) *id_out = depot.id;
    return unknown(c, err, "depot", "is the code of no depot of ours");
}

static enum err zone_depot(struct ctx *c, const struct import *import, const struct csv_row *row,
                           const char *cell, void *record) {
    (void)import, (void)row;
    return depot_id(c, cell, &((struct zone *)record)->depot_id);
}

static enum err closure_depot(struct ctx *c, const struct import *import, const struct csv_row *row,
                              const char *cell, void *record) {
    (void)import, (void)row;
    return depot_id(c, cell, &((struct closure *)record)->depot_id);
}

static enum err patient_customer(struct ctx *c, const struct import *import, const struct csv_row *row,
                                 const char *cell, void *record) {
    struct customer customer;
    (void)import, (void)row;
    enum err err = store_customer_by_code(c, cell, &customer);
    if (err == OK) ((struct patient *)record)->customer_id = customer.id;
    return unknown(c, err, "customer", "is the code of no customer of ours");
}

/* A zone's code is its depot's own: the column `depot` says which, where several have it. */
static enum err patient_zone(struct ctx *c, const struct import *import, const struct csv_row *row,
                             const char *cell, void *record) {
    const char *depot = import_cell(import, row, "depot");
    struct id of_depot = {{0}};
    struct zone zone;
    if (*depot) TRY(depot_id(c, depot, &of_depot));
    if (*depot && id_is_none(of_depot)) return OK;
    enum err err = store_zone_by_code(c, of_depot, cell, &zone);
    if (err == OK) ((struct patient *)record)->zone_id = zone.id;
    return unknown(c, err, "zone",
                   *depot ? "is the code of no zone of that depot"
                          : "is the code of no zone of ours, or of several: name its depot too");
}

/* Read by patient_zone; says nothing alone. */
static enum err patient_depot(struct ctx *c, const struct import *import, const struct csv_row *row,
                              const char *cell, void *record) {
    (void)cell, (void)record;
    if (!*import_cell(import, row, "zone")) ctx_fault_item(c, "depot", "needs the code of a zone beside it");
    return OK;
}

/* ---- cells with several values ---- */

/* The next part up to the mark, as a text of its own with the spaces around it cut; NULL at the end. */
static const char *next_part(struct ctx *c, const char **at, char mark) {
    if (!**at) return NULL;
    const char *end = mark ? strchr(*at, mark) : NULL, *from = *at;
    size_t n = end ? (size_t)(end - from) : strlen(from);
    *at += n + (end != NULL);
    while (n && *from == ' ')
        from++, n--;
    while (n && from[n - 1] == ' ')
        n--;
    return arena_memdup(c->arena, from, n);
}

static size_t parts_of(const char *cell, char mark) {
    size_t n = 1;
    for (; *cell; cell++)
        n += *cell == mark;
    return n;
}

static enum err zone_weekdays(struct ctx *c, const struct import *import, const struct csv_row *row,
                              const char *cell, void *record) {
    int64_t *day = arena_array(c->arena, parts_of(cell, ','), sizeof *day);
    size_t n = 0;
    (void)import, (void)row;
    if (!day) return memory_out(c);
    for (const char *at = cell, *part; (part = next_part(c, &at, ',')) != NULL;) {
        bool good = part[0] >= '1' && part[0] <= '7' && !part[1];
        if (!good) {
            ctx_fault_item(c, "weekdays", "must be days from 1 (Monday) to 7 (Sunday), such as 1,2,3,4,5");
            return OK;
        }
        day[n++] = part[0] - '0';
    }
    ((struct zone *)record)->weekdays = (struct list){day, n};
    return OK;
}

/* "08:00-12:00/10"; the stops may be left out. */
static bool read_window(struct ctx *c, const char *text, struct zone_window *window) {
    const char *stops = strchr(text, '/');
    const char *from = next_part(c, &text, '-'), *to = from ? next_part(c, &text, stops ? '/' : '\0') : NULL;
    window->from_min = from ? time_parse(from) : NONE;
    window->to_min = to ? time_parse(to) : NONE;
    window->stops_max = NONE;
    if (window->from_min == NONE || window->to_min == NONE) {
        ctx_fault_item(c, "windows", "must be windows such as 08:00-12:00/10;12:00-16:00/10");
        return false;
    }
    return !stops ||
           json_read_word(c, shape_field(&zone_window_shape, "stops_max"), stops + 1, "windows", window);
}

static enum err zone_windows(struct ctx *c, const struct import *import, const struct csv_row *row,
                             const char *cell, void *record) {
    struct zone_window *window = arena_array(c->arena, parts_of(cell, ';'), sizeof *window);
    size_t n = 0;
    (void)import, (void)row;
    if (!window) return memory_out(c);
    for (const char *at = cell, *part; (part = next_part(c, &at, ';')) != NULL;) {
        if (*part && !read_window(c, part, &window[n++])) return OK; /* its fault is an item */
    }
    ((struct zone *)record)->windows = (struct list){window, n};
    return OK;
}

/* "A. Name/partner" */
static bool read_receiver(struct ctx *c, const char *text, struct patient_receiver *receiver) {
    const char *mark = strrchr(text, '/'); /* a name may hold a slash, a relation does not */
    if (!mark) {
        ctx_fault_item(c, "receivers",
                       "must be names with their relation, such as A. Name/partner;B. Name/son");
        return false;
    }
    const char *before = arena_memdup(c->arena, text, (size_t)(mark - text)), *behind = mark + 1;
    const char *name = before ? next_part(c, &before, '\0') : NULL, *relation = next_part(c, &behind, '\0');
    return json_read_word(c, shape_field(&patient_receiver_shape, "name"), name, "receivers", receiver) &&
           json_read_word(c, shape_field(&patient_receiver_shape, "relation"), relation, "receivers",
                          receiver);
}

static enum err patient_receivers(struct ctx *c, const struct import *import, const struct csv_row *row,
                                  const char *cell, void *record) {
    struct patient_receiver *receiver = arena_array(c->arena, parts_of(cell, ';'), sizeof *receiver);
    size_t n = 0;
    (void)import, (void)row;
    if (!receiver) return memory_out(c);
    for (const char *at = cell, *part; (part = next_part(c, &at, ';')) != NULL;) {
        if (*part && !read_receiver(c, part, &receiver[n++])) return OK; /* its fault is an item */
    }
    ((struct patient *)record)->receivers = (struct list){receiver, n};
    return OK;
}

/* ---- the kinds ---- */

static const struct import_column DEPOT[] = {
    {"code", NULL}, {"name", NULL}, {"timezone", NULL}, {"address", NULL}, {"lat", NULL}, {"lon", NULL},
};
static const struct import_column ZONE[] = {
    {"depot", zone_depot},     {"code", NULL},         {"name", NULL}, {"weekdays", zone_weekdays},
    {"windows", zone_windows}, {"weight_max_g", NULL},
};
static const struct import_column CLOSURE[] = {{"depot", closure_depot}, {"date", NULL}, {"reason", NULL}};
static const struct import_column PRODUCT[] = {
    {"code", NULL},        {"gtin", NULL},          {"name", NULL},
    {"base_unit", NULL},   {"units_per_box", NULL}, {"box_weight_g", NULL},
    {"lot_tracked", NULL}, {"critical", NULL},      {"shelf_life_min_days", NULL},
    {"active", NULL},
};
static const struct import_column CUSTOMER[] = {
    {"code", NULL}, {"name", NULL}, {"contact_name", NULL}, {"contact_email", NULL}, {"contact_phone", NULL},
};
static const struct import_column PATIENT[] = {
    {"code", NULL},
    {"customer", patient_customer},
    {"depot", patient_depot},
    {"zone", patient_zone},
    {"name", NULL},
    {"phone", NULL},
    {"address", NULL},
    {"lat", NULL},
    {"lon", NULL},
    {"access_notes", NULL},
    {"receivers", patient_receivers},
    {"cycle_every", NULL},
    {"cycle_unit", NULL},
    {"cycle_anchor", NULL},
    {"safety_days", NULL},
    {"status", NULL},
    {"status_from", NULL},
};

const struct import_catalogue import_depots = {&noun_depot, "code", DEPOT, COUNT(DEPOT)};
const struct import_catalogue import_zones = {&noun_zone, "depot code", ZONE, COUNT(ZONE)};
const struct import_catalogue import_closures = {&noun_closure, "depot date", CLOSURE, COUNT(CLOSURE)};
const struct import_catalogue import_products = {&noun_product, "code", PRODUCT, COUNT(PRODUCT)};
const struct import_catalogue import_customers = {&noun_customer, "code", CUSTOMER, COUNT(CUSTOMER)};
const struct import_catalogue import_patients = {&noun_patient, "code", PATIENT, COUNT(PATIENT)};
