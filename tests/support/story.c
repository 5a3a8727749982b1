#include "story.h"
#include "app/app_contest.h"
#include "app/app_discrepancy.h"
#include "app/app_drop.h"
#include "app/app_order.h"
#include "app/app_patient.h"
#include "app/app_sweep.h"
#include "base/date.h"
#include "base/id.h"
#include "base/text.h"
#include "json/json.h"
#include "store/store_commitment.h"
#include "store/store_discrepancy.h"
#include "store/store_order.h"
#include "store/store_patient.h"
#include <math.h>
#include <stdio.h>

#define FELT_ALL " felt-on_time felt-full felt-otif felt-perfect "
#define WHOLE " on_time full otif perfect" FELT_ALL

const struct kept story_case[CASES] = {
    [PUNCTUAL] = {0, "2026-03-10", 0, WHOLE, NULL, {1, 1, 1}, {10, 8, 60}, 0, 0},
    [EARLY] = {1, "2026-03-10", 0, " early full felt-full ", NULL, {1, 1, 1}, {10, 8, 60}, 0, 0},
    [LATE] = {2, "2026-03-10", 0, " late full felt-full ", NULL, {1, 1, 1}, {10, 8, 60}, 0, 0},
    [RECOVERED] = {0, "2026-03-11", 0, " missed full felt-full ", NULL, {1, 1, 1}, {10, 8, 60}, 0, 0},
    [UNTOUCHED] = {1, "2026-03-11", NOBODY, " missed ", NULL, {0}, {0}, 0, 0},
    [NOT_BOOKED] = {2, "2026-03-16", NOBODY, " missed ", NULL, {0}, {0}, 0, 0},
    [BORN_LATE] = {0, "2026-03-25", NOBODY, " missed ", NULL, {0}, {0}, 0, 0},
    [FAILED] = {3, "2026-03-10", 0, " missed ", NULL, {0}, {0}, 0, 0},
    [CANCELLED_BY_US] = {0, "2026-03-12", NOBODY, " missed ", NULL, {0}, {0}, 0, 0},
    [SHORT] = {1, "2026-03-12", 0, " on_time inaccurate felt-on_time ", NULL, {0, 1, 1}, {9, 8, 60}, 1, 0},
    [MISPLACED] = {3,
                   "2026-03-11",
                   1,
                   " on_time full otif inaccurate felt-on_time felt-full felt-otif ",
                   NULL,
                   {1, 1, 1},
                   {10, 8, 60},
                   0,
                   0},
    [LATE_BY_PATIENT] =
        {0, "2026-03-13", 0, " late full excused felt-full ", NULL, {1, 1, 1}, {10, 8, 60}, 0, 0},
    [STORM] = {2, "2026-03-12", 0, " missed excused ", NULL, {0}, {0}, 0, 0},
    [LATE_AND_SHORT] = {1, "2026-03-13", 1, " late inaccurate ", NULL, {1, 0, 1}, {10, 7, 60}, 0, 0},
    [TOLD_SHORT] =
        {1, "2026-03-18", 0, " on_time full otif perfect felt-on_time ", NULL, {1, 1, 1}, {10, 8, 60}, 0, 0},
    [TOLD_MISSED] = {2, "2026-03-13", 0, " on_time full otif perfect ", NULL, {1, 1, 1}, {10, 8, 60}, 0, 0},
    [VOIDED] = {0, "2026-03-18", 0, WHOLE, NULL, {1, 1, 1}, {10, 8, 60}, 0, 0},
    [WITNESSED] = {3,
                   "2026-03-12",
                   1,
                   " on_time full otif inaccurate felt-on_time felt-full felt-otif ",
                   NULL,
                   {1, 1, 1},
                   {10, 8, 60},
                   0,
                   1},
    [HISTORY] = {NO_PATIENT, "2026-03-05", NOBODY, " on_time unstated felt-on_time ", NULL, {0}, {0}, 0, 0},
    [APRIL] = {1, "2026-04-02", 0, WHOLE, NULL, {1, 1, 1}, {10, 8, 60}, 0, 0},
    [MOVED] = {0, "2026-03-19", 0, " missed full felt-full ", WHOLE, {1, 1, 1}, {10, 8, 60}, 0, 0},
    [MOVED_AHEAD] = {1, "2026-03-19", NOBODY, " missed ", " pending ", {0}, {0}, 0, 0},
    [CANCELLED] = {0, "2026-03-17", NOBODY, " -cancelled ", NULL, {0}, {0}, 0, 0},
    [SKIPPED] = {1, "2026-03-17", NOBODY, " -skipped ", NULL, {0}, {0}, 0, 0},
    [PAUSED] = {2, "2026-03-20", NOBODY, " -paused ", NULL, {0}, {0}, 0, 0},
    [ADMITTED] = {3, "2026-03-24", NOBODY, " -admitted ", NULL, {0}, {0}, 0, 0},
    [ENDED] = {3, "2026-03-30", NOBODY, " -ended ", NULL, {0}, {0}, 0, 0},
    [OVERRIDDEN] = {2, "2026-03-26", NOBODY, " -overridden ", NULL, {0}, {0}, 0, 0},
    [AHEAD] = {1, "2026-04-20", NOBODY, " -ahead ", NULL, {0}, {0}, 0, 0},
};
const int64_t story_units[3] = {10, 8, 60};

static bool booked(int i) {
    static const int FREE[] = {NOT_BOOKED, BORN_LATE, HISTORY,    SKIPPED, PAUSED,
                               ADMITTED,   ENDED,     OVERRIDDEN, AHEAD};
    for (size_t k = 0; k < COUNT(FREE); k++)
        if (FREE[k] == i) return false;
    return true;
}

/* The failed one is tried again by another driver. */
static int first_driver(int i) {
    return i == FAILED ? 1 : story_case[i].driver;
}

bool story_is_due(int i) {
    return strchr(story_case[i].words, '-') == NULL || !strstr(story_case[i].words, " -");
}

const char *story_words(int i, int64_t basis) {
    return basis == BASIS_WINDOW && story_case[i].by_window ? story_case[i].by_window : story_case[i].words;
}

int64_t story_has(const char *words, const char *word) {
    char wanted[40];
    snprintf(wanted, sizeof wanted, " %s ", word);
    return strstr(words, wanted) != NULL;
}

/* ---- how they came about ---- */

struct report_query story_query(const char *from, const char *to, const char *group_by, int64_t basis) {
    struct report_query query;
    shape_clear(&report_query_shape, &query);
    query.from = date_parse(from);
    query.to = date_parse(to);
    query.group_by = group_by;
    query.basis = basis;
    return query;
}

struct report story_ask(struct world *w, struct report_query query, unsigned *groups_out) {
    struct report report;
    ctx_fault_clear(w->c);
    CHECK_OK(w->c, app_report(w->c, &query, &report, groups_out));
    return report;
}

const char *story_json(struct world *w, struct report_query query) {
    unsigned groups;
    struct report report = story_ask(w, query, &groups);
    struct text text = text_in(w->c->arena);
    json_object(&text, report_shape(w->c->arena, groups), &report);
    CHECK(!text.failed);
    return text.at;
}

struct report_query story_told_query(size_t i) {
    static const char *const GROUPS[] = {"customer,month,depot,driver", "product", "kind"};
    return story_query(i < 3 ? "2026-03-01" : "2026-02-01", i < 3 ? "2026-03-31" : "2026-04-30",
                       GROUPS[i % 3], i < 3 ? BASIS_COMMITMENT : BASIS_WINDOW);
}

/* Goes on to an instant; what the reports said before is kept. */
static void go(struct story *s, const char *instant) {
    s->told[s->days].at = s->w->c->now;
    for (size_t i = 0; i < COUNT(s->told[0].text); i++)
        s->told[s->days].text[i] = story_json(s->w, story_told_query(i));
    s->days++;
    CHECK(s->days < COUNT(s->told));
    CHECK(instant_parse(instant) > s->w->c->now);
    world_at(s->w, instant);
}

static void drop(struct story *s, int i, const char *at, struct stated changed) {
    struct stated stated[] = {{0, 10, CONDITION_OK, NULL, NULL},
                              {1, 8, CONDITION_OK, NULL, NULL},
                              {2, 60, CONDITION_OK, NULL, NULL}};
    const struct id fresh = {{0}};
    struct drop_answer answer;
    if (changed.qty > 0) stated[changed.product] = changed;
    CHECK_OK(s->w->c, world_drop(s->w, fresh, s->delivery[i], story_case[i].driver, at, stated, 3, &answer));
}
#define AS_ORDERED ((struct stated){0})

static void sweep(struct story *s) {
    struct sweep_receipt receipt;
    CHECK_OK(s->w->c, app_sweep(s->w->c, 100, &receipt));
}

static struct discrepancy found(struct story *s, int i, int64_t kind) {
    struct list rows;
    CHECK_OK(s->w->c, store_discrepancy_of_order(s->w->c, s->order[i], &rows));
    for (size_t k = 0; k < rows.n; k++)
        if (((const struct discrepancy *)rows.at)[k].kind == kind)
            return ((const struct discrepancy *)rows.at)[k];
    check_fail(__FILE__, __LINE__, "case %d has no discrepancy of kind %d", i, (int)kind);
}

static void blame(struct story *s, int i, int64_t kind, int64_t responsibility) {
    struct discrepancy row = found(s, i, kind);
    const struct discrepancy_change change = {
        .state = DISCREPANCY_ACKNOWLEDGED, .responsibility = responsibility, .cause = "code"};
    CHECK_OK(s->w->c, app_discrepancy_change(s->w->c, &row, &change));
}

static void move_by_us(struct story *s, int i, const char *date) {
    static const struct span MORNING = {480, 720};
    struct delivery_row row = world_delivery(s->w, s->delivery[i]);
    CHECK_OK(s->w->c, app_delivery_reschedule(
                          s->w->c, &row, &(struct reschedule){date_parse(date), &MORNING, PARTY_US, "van"}));
}

static void contest(struct story *s, int i, int staff, int64_t what) {
    struct delivery_row row = world_delivery(s->w, s->delivery[i]);
    const struct contest_in in = {id_new(s->w->c->now), s->w->c->now, what, "told"};
    struct contest_row out;
    bool replay;
    world_act(s->w, ROLE_CUSTOMER, s->w->staff[staff]);
    CHECK_OK(s->w->c, app_contest_add(s->w->c, &row, &in, &out, &replay));
    world_act(s->w, ROLE_MANAGER, s->w->manager);
}

static void status(struct story *s, int patient, int64_t to, const char *from) {
    struct patient before, after;
    CHECK_OK(s->w->c, store_patient_get(s->w->c, s->w->patient[patient], &before));
    after = before;
    after.status = to;
    after.status_from = date_parse(from);
    after.reason = "told on the phone";
    CHECK_OK(s->w->c, app_patient_status_apply(s->w->c, &before, &after));
}

/* A line of a spreadsheet that says when, but not what. */
static void bring_in_history(struct story *s) {
    struct order_row order;
    struct commitment row;
    bool added;
    shape_clear(&order_row_shape, &order);
    order.id = s->order[HISTORY] = id_new(s->w->c->now);
    order.kind = ORDER_HISTORY;
    order.customer_id = s->w->customer[1];
    order.depot_id = s->w->depot[SYDNEY];
    order.due_date = order.next_due = order.call_due = date_parse(story_case[HISTORY].due);
    order.state = ORDER_DELIVERED;
    order.attempts = order.deliveries = order.created_at = 0;
    order.version = 1;
    CHECK_OK(s->w->c, store_order_add(s->w->c, &order, &added));
    commitment_begin(&row, s->w->c->rules, "Australia/Sydney", order.due_date);
    row.order_id = order.id;
    row.kind = ORDER_HISTORY;
    row.customer_id = order.customer_id;
    row.depot_id = order.depot_id;
    row.stated = 0;
    row.handed_over = 1;
    row.completed_at = row.received_at = instant_parse("2026-03-05T02:00:00Z");
    CHECK_OK(s->w->c, store_commitment_add(s->w->c, &row));
}

static void first_day(struct story *s) {
    for (int i = 0; i < CASES; i++) {
        if (i == HISTORY || i == BORN_LATE) continue;
        s->order[i] = world_order(s->w, story_case[i].patient, story_case[i].due, story_units, 3);
        if (booked(i)) s->delivery[i] = world_book(s->w, s->order[i], story_case[i].due, "08:00", "12:00");
        if (story_case[i].driver != NOBODY) world_dispatch(s->w, s->delivery[i], first_driver(i));
    }
    world_dispatch(s->w, s->delivery[MOVED_AHEAD], 0);
}

static void wishes(struct story *s) {
    struct order_row order = world_order_row(s->w, s->order[SKIPPED]);
    struct pause pause = {
        .from_date = date_parse("2026-03-20"), .to_date = date_parse("2026-03-20"), .reason = "journey"};
    CHECK_OK(s->w->c, app_order_skip(s->w->c, &order, &(struct withdrawal){PARTY_PATIENT, "enough left"}));
    order = world_order_row(s->w, s->order[CANCELLED]);
    CHECK_OK(s->w->c, app_order_cancel(s->w->c, &order, &(struct withdrawal){PARTY_CUSTOMER, "not needed"}));
    order = world_order_row(s->w, s->order[CANCELLED_BY_US]);
    CHECK_OK(s->w->c, app_order_cancel(s->w->c, &order, &(struct withdrawal){PARTY_US, "no stock"}));
    CHECK_OK(s->w->c, app_pause_add(s->w->c, s->w->patient[2], &pause));
}

static void fail(struct story *s, int i, const char *at) {
    struct delivery_row row = world_delivery(s->w, s->delivery[i]);
    struct failure_answer answer;
    struct failure_in in;
    shape_clear(&failure_in_shape, &in);
    in.id = id_new(s->w->c->now);
    in.at = instant_parse(at);
    in.reason = FAILURE_NOBODY_HOME;
    world_act(s->w, ROLE_DRIVER, s->w->driver[first_driver(i)]);
    CHECK_OK(s->w->c, app_drop_fail(s->w->c, &row, &in, &answer));
    world_act(s->w, ROLE_MANAGER, s->w->manager);
}

/* The rest of a short order, which no figure of its commitment may count. */
static struct id recovery_of(struct story *s, int i) {
    struct id id = world_book(s->w, s->order[i], "2026-03-17", "08:00", "12:00");
    world_dispatch(s->w, id, 1);
    return id;
}

static void first_half(struct story *s) {
    go(s, "2026-03-05T00:00:00Z");
    wishes(s);
    go(s, "2026-03-09T20:59:59.999Z");
    drop(s, EARLY, "2026-03-09T20:59:59.999Z", AS_ORDERED);
    go(s, "2026-03-10T02:00:00Z");
    drop(s, PUNCTUAL, "2026-03-09T21:00:00Z", AS_ORDERED);
    fail(s, FAILED, "2026-03-10T01:00:00Z");
    go(s, "2026-03-10T05:00:00Z");
    drop(s, LATE, "2026-03-10T05:00:00Z", AS_ORDERED);
    go(s, "2026-03-11T01:00:00Z");
    drop(s, MISPLACED, "2026-03-11T01:00:00Z", AS_ORDERED);
    go(s, "2026-03-11T22:00:00Z");
    drop(s, SHORT, "2026-03-11T22:00:00Z", (struct stated){0, 9, CONDITION_OK, NULL, NULL});
    go(s, "2026-03-12T22:00:00Z");
    drop(s, TOLD_MISSED, "2026-03-12T22:00:00Z", AS_ORDERED);
    go(s, "2026-03-13T03:00:00Z");
    drop(s, LATE_BY_PATIENT, "2026-03-13T02:00:00Z", AS_ORDERED);
    drop(s, LATE_AND_SHORT, "2026-03-13T02:30:00Z", (struct stated){1, 7, CONDITION_OK, NULL, NULL});
    drop(s, RECOVERED, "2026-03-13T03:00:00Z", AS_ORDERED);
    go(s, "2026-03-14T00:00:00Z");
    sweep(s);
    go(s, "2026-03-15T00:00:00Z");
    drop(s, WITNESSED, "2026-03-12T01:00:00Z", AS_ORDERED);
}

static void second_half(struct story *s) {
    const struct stated rest[] = {{0, 1, CONDITION_OK, NULL, NULL}};
    const struct id fresh = {{0}};
    struct drop_answer answer;
    go(s, "2026-03-16T00:00:00Z");
    struct id recovery = recovery_of(s, SHORT);
    move_by_us(s, MOVED, "2026-04-08");
    world_dispatch(s->w, s->delivery[MOVED], 0);
    move_by_us(s, MOVED_AHEAD, "2026-04-15");
    s->delivery[FAILED] = world_book(s->w, s->order[FAILED], "2026-03-20", "08:00", "12:00");
    go(s, "2026-03-16T22:00:00Z");
    world_dispatch(s->w, s->delivery[FAILED], 0);
    CHECK_OK(s->w->c, world_drop(s->w, fresh, recovery, 1, "2026-03-16T22:00:00Z", rest, 1, &answer));
    go(s, "2026-03-17T22:00:00Z");
    drop(s, VOIDED, "2026-03-17T22:00:00Z", (struct stated){0, 10, CONDITION_OK, "", NULL});
    drop(s, TOLD_SHORT, "2026-03-17T22:00:00Z", AS_ORDERED);
    go(s, "2026-03-18T05:00:00Z");
    contest(s, TOLD_SHORT, 0, KIND_SHORT);
    contest(s, TOLD_MISSED, 1, KIND_OVER);
    go(s, "2026-03-18T06:00:00Z");
    contest(s, TOLD_MISSED, 1, KIND_MISSED); /* on second thoughts: nothing came at all */
    struct discrepancy lot = found(s, VOIDED, KIND_LOT_MISSING);
    CHECK_OK(s->w->c, app_discrepancy_resolve(s->w->c, &lot, "asked"));
    go(s, "2026-03-19T00:00:00Z");
    lot = found(s, VOIDED, KIND_LOT_MISSING);
    CHECK_OK(s->w->c, app_discrepancy_void(s->w->c, &lot, "the lot was on the box"));
    go(s, "2026-03-20T00:00:00Z");
    status(s, 3, PATIENT_ADMITTED, "2026-03-24");
    go(s, "2026-03-25T00:00:00Z");
    status(s, 3, PATIENT_ACTIVE, "2026-03-26");
    go(s, "2026-03-27T00:00:00Z");
    status(s, 3, PATIENT_ENDED, "2026-03-28");
    go(s, "2026-03-29T00:00:00Z");
    sweep(s);
}

static void after_march(struct story *s) {
    go(s, "2026-04-01T00:00:00Z");
    status(s, 2, PATIENT_ADMITTED, "2026-03-26");
    bring_in_history(s);
    go(s, "2026-04-01T22:00:00Z");
    drop(s, APRIL, "2026-04-01T22:00:00Z", AS_ORDERED);
    go(s, "2026-04-03T00:00:00Z");
    s->order[BORN_LATE] =
        world_order(s->w, story_case[BORN_LATE].patient, story_case[BORN_LATE].due, story_units, 3);
    go(s, "2026-04-07T23:00:00Z");
    drop(s, MOVED, "2026-04-07T23:00:00Z", AS_ORDERED);
    go(s, "2026-04-08T23:00:00Z");
    sweep(s);
    go(s, "2026-04-09T00:00:00Z");
    blame(s, LATE_BY_PATIENT, KIND_LATE, BY_PATIENT);
    blame(s, TOLD_SHORT, KIND_CONTESTED, BY_PROVIDER); /* its cause is no word of the customer's */
    blame(s, STORM, KIND_MISSED, BY_FORCE_MAJEURE);
    blame(s, LATE_AND_SHORT, KIND_LATE, BY_CUSTOMER); /* the shortage is still nobody's */
    go(s, STORY_END);
}

struct story *story_made(void) {
    static struct story s;
    s = (struct story){.w = world_make()};
    first_day(&s);
    first_half(&s);
    second_half(&s);
    after_march(&s);
    return &s;
}

void story_check_rate(const struct report_rate *rate, int64_t numerator, int64_t n) {
    CHECK_INT(rate->n, n);
    CHECK(n ? rate->value == (double)numerator / (double)n : isnan(rate->value));
    CHECK(isnan(rate->low) == (n == 0 || n >= 20));
    CHECK(isnan(rate->high) == isnan(rate->low));
    CHECK(isnan(rate->low) || (rate->low <= rate->value && rate->value <= rate->high));
}
