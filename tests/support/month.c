#include "month.h"
#include "base/date.h"
#include "base/text.h"
#include <stdio.h>

struct newest {
    struct id id;
};
static const struct field NEWEST_FIELDS[] = {FIELD(struct newest, K_ID, id)};
static const struct shape newest_shape = SHAPE("newest", struct newest, NEWEST_FIELDS);

/* Ids are made in the order of time. */
static void newest(struct text *out, const struct world *w, const char *name, size_t n) {
    struct newest row;
    char id[ID_TEXT_SIZE];
    size_t table = strcspn(name, ".>");
    struct db_stmt *s = arena_alloc(w->c->arena, sizeof *s); /* kept by its address */
    bool has_column = table < n;
    *s = (struct db_stmt){.name = "test.newest"};
    s->sql = arena_printf(w->c->arena, "SELECT %.*s AS id FROM %.*s ORDER BY %s DESC LIMIT 1",
                          has_column ? (int)(n - table - 1) : 2, has_column ? name + table + 1 : "id",
                          (int)table, name, has_column ? "1" : "id");
    CHECK_OK(w->c, db_one(w->c, s, NULL, 0, &newest_shape, &row));
    text_str(out, id_format(row.id, id));
}

static void fill(struct text *out, const struct world *w, const struct month *m, const char *name, size_t n) {
    char id[ID_TEXT_SIZE];
    switch (*name) {
    case 'i':
        text_printf(out, "%d", m->number);
        break;
    case 'o':
        text_str(out, m->order);
        break;
    case 'd':
        text_str(out, m->delivery);
        break;
    case 'r':
        text_str(out, m->run);
        break;
    case 'n': /* an id of the device's: event, contact, contest */
        text_printf(out, "01950000-0000-7%c00-8000-%012x", name[1], (unsigned)m->number);
        break;
    case 'p':
        text_str(out, id_format(w->product[name[1] - '0'], id));
        break;
    case 'h':
        text_str(out, id_format(w->patient[m->number % 3], id)); /* of Sydney */
        break;
    case 'z':
        text_str(out, id_format(w->zone[SYDNEY], id));
        break;
    case 'c':
        text_str(out, id_format(w->customer[0], id));
        break;
    case '@':
        newest(out, w, name + 1, n - 1);
        break;
    case 's':
        text_str(out, id_format(w->depot[SYDNEY], id));
        break;
    case 'v':
        text_str(out, id_format(w->driver[m->number % WORLD_DRIVERS], id));
        break;
    case 'q': /* a drop in three is short */
        text_str(out, m->number % 3 == 0 ? "115" : "120");
        break;
    case 't': {
        char due[16];
        text_str(out, date_format(date_parse("2026-03-16") + m->number, due));
        break;
    }
    default:
        check_fail(__FILE__, __LINE__, "no such hole: %.*s", (int)n, name);
    }
}

const char *month_text(struct ctx *c, const struct world *w, const struct month *m, const char *pattern) {
    struct text out = text_in(c->arena);
    text_str(&out, "");
    for (const char *at = pattern; *at;) {
        const char *end = *at == '<' ? strchr(at, '>') : NULL;
        if (end) {
            fill(&out, w, m, at + 1, (size_t)(end - at - 1));
            at = end + 1;
        } else {
            size_t n = strcspn(at + 1, "<") + 1;
            text_add(&out, at, n);
            at += n;
        }
    }
    CHECK(!out.failed);
    return out.at;
}

#define AT "\"at\":\"2026-03-02T00:00:00Z\""

static const struct {
    const char *method, *target, *role, *body, *key, *table;
    bool has_id;
} STAGES[MONTH_STAGES] = {
    [MONTH_OPEN] = {"POST", "/v1/orders", "manager",
                    "{\"patient_id\":\"<h>\",\"due_date\":\"<t>\",\"kind\":\"emergency\",\"reason\":\"R\"}",
                    "order-<i>", "patient_order", false},
    [MONTH_CONTACT] = {"POST", "/v1/orders/<o>/contacts", "rep",
                       "{\"id\":\"<n1>\"," AT ",\"channel\":\"call\",\"outcome\":\"reached\","
                       "\"identity_checked\":true,\"note\":\"N\"}",
                       NULL, "contact", true},
    [MONTH_COUNT] = {"PUT", "/v1/orders/<o>/count", "rep",
                     "{\"lines\":[{\"product_id\":\"<p0>\",\"on_hand\":20},"
                     "{\"product_id\":\"<p1>\",\"on_hand\":10},{\"product_id\":\"<p2>\",\"on_hand\":100}]}",
                     NULL, NULL, false},
    [MONTH_CONFIRM] = {"POST", "/v1/orders/<o>/confirm", "manager",
                       "{\"reason\":\"R\",\"lines\":[{\"product_id\":\"<p0>\",\"ordered\":120},"
                       "{\"product_id\":\"<p2>\",\"ordered\":60}]}",
                       NULL, NULL, false},
    [MONTH_BOOK] =
        {"POST", "/v1/deliveries", "dispatcher",
         "{\"order_id\":\"<o>\",\"date\":\"2026-03-12\",\"window\":{\"from\":\"08:00\",\"to\":\"12:00\"}}",
         "delivery-<i>", "delivery", false},
    [MONTH_RUN] =
        {"POST", "/v1/runs", "dispatcher",
         "{\"depot_id\":\"<s>\",\"date\":\"2026-03-12\",\"driver_id\":\"<v>\",\"vehicle\":\"V <i>\"}",
         "run-<i>", "run", false},
    [MONTH_STOPS] = {"PUT", "/v1/runs/<r>/stops", "dispatcher", "{\"delivery_ids\":[\"<d>\"]}", NULL, NULL,
                     false},
    [MONTH_DISPATCH] = {"POST", "/v1/runs/<r>/dispatch", "dispatcher", NULL, NULL, NULL, false},
    [MONTH_DROP] =
        {"POST", "/v1/deliveries/<d>/confirmations", "driver",
         "{\"id\":\"<n2>\"," AT ",\"received_by\":{\"name\":\"Marker\",\"relation\":\"patient\"},"
         "\"location\":{\"lat\":-33.8731,\"lon\":151.2065,\"accuracy_m\":8},"
         "\"lines\":[{\"product_id\":\"<p0>\",\"qty\":<q>,\"lot\":\"L1\",\"expiry\":\"2028-05-31\"},"
         "{\"product_id\":\"<p2>\",\"qty\":60}],\"evidence\":[{\"kind\":\"signature\",\"sha256\":"
         "\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"}],\"note\":\"N\"}",
         NULL, "field_event", true},
    [MONTH_CONTEST] = {"POST", "/v1/deliveries/<d>/contests", "rep",
                       "{\"id\":\"<n3>\"," AT ",\"what\":\"short\",\"note\":\"N\"}", NULL, "contest", true},
};

struct sent month_request(struct ctx *c, const struct world *w, const struct month *m) {
    struct sent sent = {.method = STAGES[m->stage].method,
                        .target = month_text(c, w, m, STAGES[m->stage].target)};
    const char *role = STAGES[m->stage].role;
    int user = strcmp(role, "driver") == 0 ? m->number % WORLD_DRIVERS : 0;
    sent.token = arena_printf(c->arena, "token-%s-%d", role, user);
    if (STAGES[m->stage].body) sent.body = month_text(c, w, m, STAGES[m->stage].body);
    if (STAGES[m->stage].key) sent.key = month_text(c, w, m, STAGES[m->stage].key);
    if (m->stage == MONTH_STOPS) sent.if_match = "*";
    return sent;
}

static void keep_id(char out[ID_TEXT_SIZE], const char *body) {
    const char *at = strstr(body, "\"id\":\"");
    CHECK(at);
    snprintf(out, ID_TEXT_SIZE, "%s", at + strlen("\"id\":\""));
}

void month_answered(struct month *m, const char *body) {
    if (m->stage == MONTH_OPEN) keep_id(m->order, body);
    if (m->stage == MONTH_BOOK) keep_id(m->delivery, body);
    if (m->stage == MONTH_RUN) keep_id(m->run, body);
    m->stage++;
}

bool month_was_done(const struct month *m, int status) {
    return status == 409 && (m->stage == MONTH_CONFIRM || m->stage == MONTH_DISPATCH);
}

bool month_is_replayed(int stage) {
    return STAGES[stage].key || STAGES[stage].has_id;
}

const char *month_table(int stage) {
    return STAGES[stage].table;
}
