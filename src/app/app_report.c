#include "app/app_report.h"
#include "app/app_figure.h"
#include "base/date.h"
#include "base/groups.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/zone.h"
#include "store/store_commitment.h"
#include "store/store_report.h"
#include "store/store_slot.h"
#include <stdlib.h>
#include <string.h>

#define QUERY(kind_, ...) FIELD(struct report_query, kind_, __VA_ARGS__)
static const struct field QUERY_FIELDS[] = {
    QUERY(K_DATE, from, .flags = F_REQUIRED, .doc = "first date of the period, of the depot"),
    QUERY(K_DATE, to, .flags = F_REQUIRED, .doc = "last date of the period"),
    QUERY(K_TEXT, group_by, .max = 60,
          .doc = "customer, month, depot, driver, several of them joined by commas; or "
                 "product; or kind",
          .example = "\"customer\""),
    QUERY(K_ID, customer_id),
    QUERY(K_ENUM, basis, .names = &kpi_basis_names,
          .doc = "what timeliness is judged by; commitment unless told"),
    QUERY(K_INSTANT, as_of, .doc = "count only what had been received by then"),
};
const struct shape report_query_shape = SHAPE("report_query", struct report_query, QUERY_FIELDS);

/* ---- the query ---- */

MUST static enum err read_groups(struct ctx *c, const char *group_by, unsigned *groups_out) {
    char *words = arena_strdup(c->arena, group_by), *rest = words;
    if (!words) return FAIL(c, ERR_LIMIT, "request.too-large", "The query is too long.");
    *groups_out = 0;
    for (char *word = strtok_r(rest, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        int64_t group = names_value(&report_group_names, word);
        if (group == NONE)
            ctx_fault_item(c, "?group_by", "must be of: customer, month, depot, driver, product, kind");
        else
            *groups_out |= GROUP_BIT(group);
    }
    TRY(ctx_faults(c));
    int families = !!(*groups_out & GROUPS_PARTITION) + !!(*groups_out & GROUP_BIT(GROUP_PRODUCT)) +
                   !!(*groups_out & GROUP_BIT(GROUP_KIND));
    if (families <= 1) return OK;
    return FAIL(c, ERR_INVALID, "report.mixed-groups",
                "product and kind stand alone: they do not partition the commitments as the other groups do");
}

MUST static enum err check(struct ctx *c, const struct report_query *query) {
    if (query->to < query->from) ctx_fault_item(c, "?to", "must not be before from");
    if (query->to - query->from > LIMIT_REPORT_DAYS)
        ctx_fault_item(c, "?to", "must be at most %d days after from", LIMIT_REPORT_DAYS);
    if (query->as_of != NONE && query->as_of > c->now)
        ctx_fault_item(c, "?as_of", "must not be in the future");
    return ctx_faults(c);
}

/* ---- groups ---- */

/* Begins with its key: GROUP_KEY bytes without padding. */
struct group {
    struct id customer_id, depot_id, driver_id, product_id;
    int64_t month; /* year × 12 + month − 1 */
    struct kpi kpi;
    const char *sort; /* names in the order of the groups */
    struct report_row row;
};
#define GROUP_KEY offsetof(struct group, kpi)
_Static_assert(GROUP_KEY == 4 * sizeof(struct id) + sizeof(int64_t), "a key has no padding");

struct tally {
    const struct report_query *query;
    struct report *report;
    unsigned groups;
    struct groups found; /* struct group */
    struct groups names; /* struct name */
    struct kpi total;
    int64_t as_of;
};

MUST static enum err full(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large",
                "this report has too many rows: ask for fewer groups or a shorter period");
}

MUST static enum err group_for(struct ctx *c, struct tally *t, const struct group *key,
                               struct group **group_out) {
    *group_out = groups_at(c->arena, &t->found, key);
    return *group_out ? OK : full(c);
}

static int64_t month_of(int64_t date) {
    int year, month, day;
    date_split(date, &year, &month, &day);
    return (int64_t)year * 12 + month - 1;
}

static struct group key_of(const struct tally *t, const struct commitment *row) {
    struct group key = {0};
    if (t->groups & GROUP_BIT(GROUP_CUSTOMER)) key.customer_id = row->customer_id;
    if (t->groups & GROUP_BIT(GROUP_DEPOT)) key.depot_id = row->depot_id;
    if (t->groups & GROUP_BIT(GROUP_DRIVER)) key.driver_id = row->driver_id;
    if (t->groups & GROUP_BIT(GROUP_MONTH)) key.month = month_of(kpi_period_date(row, t->query->basis));
    return key;
}

/* ---- counting ---- */

MUST static enum err add_lines(struct ctx *c, struct tally *t, const struct commitment *row) {
    struct list lines;
    TRY(store_report_lines(c, row->order_id, t->as_of, &lines));
    for (size_t i = 0; i < lines.n; i++) {
        const struct report_line *line = (const struct report_line *)lines.at + i;
        struct group key = {.product_id = line->product_id}, *group;
        int64_t right = line->accepted < line->authorised ? line->accepted : line->authorised;
        const struct kpi counts = {.lines = 1,
                                   .lines_right = line->accepted == line->authorised,
                                   .units_authorised = line->authorised,
                                   .units_accepted = right};
        TRY(group_for(c, t, &key, &group));
        kpi_sum(&group->kpi, &counts);
        kpi_sum(&t->total, &counts);
    }
    return OK;
}

static enum err count_sum(struct ctx *c, void *record, void *user) {
    const struct figure *sum = record;
    struct tally *t = user;
    struct group key = {0}, *group;
    if (t->groups & GROUP_BIT(GROUP_CUSTOMER)) key.customer_id = sum->id;
    if (t->groups & GROUP_BIT(GROUP_DEPOT)) key.depot_id = sum->id;
    if (t->groups & GROUP_BIT(GROUP_DRIVER)) key.driver_id = sum->id;
    if (t->groups & GROUP_BIT(GROUP_MONTH)) key.month = month_of(sum->begins);
    TRY(group_for(c, t, &key, &group));
    kpi_sum(&group->kpi, &sum->kpi);
    kpi_sum(&t->total, &sum->kpi);
    return OK;
}

static enum err count_row(struct ctx *c, void *record, void *user) {
    const struct commitment *row = record;
    struct tally *t = user;
    struct group key = key_of(t, row), *group;
    if (t->groups & GROUP_BIT(GROUP_PRODUCT)) {
        bool due = kpi_is_due(row, t->query->basis, t->as_of) && row->stated;
        return due ? add_lines(c, t, row) : OK;
    }
    if (t->as_of < row->ends_at) return OK; /* not ended: in no figure yet */
    TRY(group_for(c, t, &key, &group));
    kpi_add(&group->kpi, row, t->query->basis, t->as_of);
    kpi_add(&t->total, row, t->query->basis, t->as_of);
    return OK;
}

MUST static enum err count_all(struct ctx *c, struct tally *t) {
    const struct report_query *query = t->query;
    const struct figure_wish wish = {.from = query->from,
                                     .to = query->to,
                                     .as_of = t->as_of,
                                     .customer_id = query->customer_id,
                                     .groups = t->groups,
                                     .basis = query->basis};
    return app_figure_read(c, &wish, &(struct figure_reader){count_sum, count_row, t});
}

/* ---- names and order ---- */

/* Begins with its key. Groups of several kinds name the same customer again and again: it is asked for once.
 */
struct name {
    struct id id;
    int64_t of; /* enum report_name */
    bool is_known;
    struct report_named named;
};
#define NAME_KEY offsetof(struct name, is_known)

MUST static enum err named(struct ctx *c, struct tally *t, enum report_name of, struct id id,
                           struct report_named *named_out) {
    const struct name key = {.id = id, .of = of};
    *named_out = (struct report_named){NULL, NULL};
    if (id_is_none(id)) return OK;
    struct name *name = groups_at(c->arena, &t->names, &key);
    if (!name) return full(c);
    if (!name->is_known) {
        enum err err = store_report_name(c, of, id, &name->named);
        if (err != ERR_NOT_FOUND) TRY(err);
        name->is_known = true;
    }
    *named_out = name->named;
    return OK;
}

MUST static enum err name_group(struct ctx *c, struct tally *t, struct group *group) {
    struct report_named customer, depot, driver, product;
    struct report_row *row = &group->row;
    TRY(named(c, t, NAME_CUSTOMER, group->customer_id, &customer));
    TRY(named(c, t, NAME_DEPOT, group->depot_id, &depot));
    TRY(named(c, t, NAME_DRIVER, group->driver_id, &driver));
    TRY(named(c, t, NAME_PRODUCT, group->product_id, &product));
    row->customer_id = group->customer_id;
    row->customer_code = customer.code;
    row->customer = customer.name;
    row->depot_id = group->depot_id;
    row->depot_code = depot.code;
    row->depot = depot.name;
    row->driver_id = group->driver_id;
    row->driver = driver.name;
    row->product_id = group->product_id;
    row->product_code = product.code;
    row->product = product.name;
    if (t->groups & GROUP_BIT(GROUP_MONTH))
        row->month =
            arena_printf(c->arena, "%04d-%02d", (int)(group->month / 12), (int)(group->month % 12 + 1));
    group->sort = arena_printf(c->arena, "%s\x01%s\x01%s\x01%s\x01%s", customer.code ? customer.code : "",
                               row->month ? row->month : "", depot.code ? depot.code : "",
                               driver.name ? driver.name : "\x7f", product.code ? product.code : "");
    return group->sort ? OK : full(c);
}

/* Namesakes by their ids. */
static int by_sort(const void *a, const void *b) {
    const struct group *one = *(struct group *const *)a, *two = *(struct group *const *)b;
    int order = strcmp(one->sort, two->sort);
    return order ? order : memcmp(one, two, GROUP_KEY);
}

MUST static enum err add_rows(struct ctx *c, struct tally *t) {
    struct group **sorted = arena_array(c->arena, t->found.n + 1, sizeof(struct group *));
    struct report_row *row = arena_array(c->arena, t->found.n + 1, sizeof *row);
    size_t n = 0;
    if (!sorted || !row) return full(c);
    for (size_t i = 0; i < t->found.slots; i++)
        if (t->found.slot[i]) sorted[n++] = t->found.slot[i];
    for (size_t i = 0; i < n; i++)
        TRY(name_group(c, t, sorted[i]));
    qsort(sorted, n, sizeof *sorted, by_sort);
    for (size_t i = 0; i < n; i++) {
        row[i] = sorted[i]->row;
        if (!report_fill(c->arena, &sorted[i]->kpi, c->rules->small_n, &row[i])) return full(c);
    }
    t->report->rows = (struct list){row, n};
    return OK;
}

MUST static enum err add_total(struct ctx *c, struct tally *t) {
    struct report_row *row = arena_alloc(c->arena, sizeof *row);
    if (!row || !report_fill(c->arena, &t->total, c->rules->small_n, row)) return full(c);
    row->kind = NONE;
    t->report->total = row;
    return OK;
}

MUST static enum err add_kinds(struct ctx *c, struct tally *t) {
    const struct report_query *query = t->query;
    struct list kinds;
    TRY(store_report_kinds(c, query->from, query->to, query->customer_id, t->as_of, &kinds));
    struct report_row *row = arena_array(c->arena, kinds.n + 1, sizeof *row), *total = &row[kinds.n];
    if (!row) return full(c);
    total->kind = NONE;
    for (size_t i = 0; i < kinds.n; i++) {
        const struct report_kind *kind = (const struct report_kind *)kinds.at + i;
        row[i].kind = kind->kind;
        total->n += row[i].n = kind->n;
        total->open += row[i].open = kind->open;
        total->resolved += row[i].resolved = kind->resolved;
        total->voided += row[i].voided = kind->voided;
    }
    t->report->rows = (struct list){row, kinds.n};
    t->report->total = total;
    return OK;
}

/* ---- what changed after the period ---- */

struct restating {
    struct tally *tally;
    struct report_restated *found;
    size_t n, room;
};

static bool same_facts(const struct commitment *a, const struct commitment *b) {
    return a->completed_at == b->completed_at && a->excluded == b->excluded &&
           a->handed_over == b->handed_over && a->lines_right == b->lines_right &&
           a->units_accepted == b->units_accepted && a->faults_line == b->faults_line &&
           a->faults_place == b->faults_place && a->faults_proof == b->faults_proof &&
           a->faults_outside == b->faults_outside && a->contested == b->contested;
}

MUST static enum err period_end(struct ctx *c, const struct commitment *row, int64_t to, int64_t *end_out) {
    struct depot_zone zone;
    TRY(store_slot_depot_zone(c, row->depot_id, &zone));
    *end_out = zone_instant(zone.timezone, to, 1440, true);
    return OK;
}

MUST static enum err make_room(struct ctx *c, struct restating *r) {
    if (r->n < r->room) return OK;
    size_t room = r->room ? r->room * 2 : 64;
    struct report_restated *found = arena_array(c->arena, room, sizeof *found);
    if (!found) return full(c);
    if (r->n) memcpy(found, r->found, r->n * sizeof *found);
    r->found = found;
    r->room = room;
    return OK;
}

static enum err restate_row(struct ctx *c, void *record, void *user) {
    const struct commitment *row = record;
    struct restating *r = user;
    struct commitment then;
    int64_t end;
    if (row->ends_at > r->tally->as_of) return OK;
    TRY(period_end(c, row, r->tally->query->to, &end));
    if (row->known_from <= end) return OK;
    enum err err = store_commitment_as_of(c, row->order_id, end, &then);
    bool known = err != ERR_NOT_FOUND; /* an order that came too late was in nobody's report */
    if (known) TRY(err);
    if (known && same_facts(row, &then)) return OK;
    TRY(make_room(c, r));
    r->found[r->n++] = (struct report_restated){row->order_id,
                                                row->customer_id,
                                                row->due_on,
                                                known ? commitment_timeliness(&then, end) : NONE,
                                                commitment_timeliness(row, r->tally->as_of),
                                                row->known_from};
    return OK;
}

MUST static enum err add_restated(struct ctx *c, struct tally *t) {
    struct restating r = {.tally = t};
    TRY(store_commitment_restated(c, t->query->from, t->query->to, t->as_of, t->query->customer_id,
                                  restate_row, &r));
    t->report->restated = (struct list){r.found, r.n};
    return OK;
}

/* ---- the report ---- */

enum err app_report(struct ctx *c, const struct report_query *asked, struct report *report_out,
                    unsigned *groups_out) {
    struct report_query query = *asked;
    struct tally t = {.query = &query,
                      .report = report_out,
                      .found = {.key = GROUP_KEY, .record = sizeof(struct group)},
                      .names = {.key = NAME_KEY, .record = sizeof(struct name)}};
    TRY(check(c, &query));
    if (!query.group_by) query.group_by = "customer";
    if (query.basis == NONE) query.basis = BASIS_COMMITMENT;
    if (c->actor.role == ROLE_CUSTOMER) query.customer_id = c->actor.customer_id;
    t.as_of = query.as_of == NONE ? c->now : query.as_of;
    TRY(read_groups(c, query.group_by, &t.groups));
    *groups_out = t.groups;
    *report_out = (struct report){.as_of = t.as_of,
                                  .from = query.from,
                                  .to = query.to,
                                  .basis = query.basis,
                                  .group_by = query.group_by,
                                  .definitions = report_definitions};
    if (t.groups & GROUP_BIT(GROUP_KIND))
        TRY(add_kinds(c, &t));
    else {
        TRY(count_all(c, &t));
        TRY(add_rows(c, &t));
        TRY(add_total(c, &t));
    }
    return add_restated(c, &t);
}
