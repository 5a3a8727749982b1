/* The delivery-errors report over a small operation in which every class of commitment occurs, each with what
 * it is worth written beside it by hand. */
#include "app/app_contest.h"
#include "app/app_discrepancy.h"
#include "app/app_drop.h"
#include "app/app_order.h"
#include "app/app_patient.h"
#include "app/app_report.h"
#include "app/app_sweep.h"
#include "base/date.h"
#include "base/id.h"
#include "base/text.h"
#include "json/json.h"
#include "store/store_commitment.h"
#include "store/store_discrepancy.h"
#include "store/store_order.h"
#include "store/store_patient.h"
#include "world_order.h"
#include <math.h>
#include <stdio.h>

enum { NOBODY = -1, NO_PATIENT = -1 };

/* What one commitment is worth, in words: its class; full, otif, perfect, inaccurate; excused (not in net);
 * felt-… : the same as the customer tells it. Or not due: the reason it is excluded for. */
enum {
    PUNCTUAL,
    EARLY,
    LATE,
    RECOVERED,
    UNTOUCHED,
    NOT_BOOKED,
    BORN_LATE,
    FAILED,
    CANCELLED_BY_US,
    SHORT,
    MISPLACED,
    LATE_BY_PATIENT,
    STORM,
    LATE_AND_SHORT,
    TOLD_SHORT,
    TOLD_MISSED,
    VOIDED,
    WITNESSED,
    HISTORY,
    APRIL,
    MOVED,
    MOVED_AHEAD,
    CANCELLED,
    SKIPPED,
    PAUSED,
    ADMITTED,
    ENDED,
    OVERRIDDEN,
    AHEAD,
    CASES
};

#define FELT_ALL " felt-on_time felt-full felt-otif felt-perfect "
#define WHOLE " on_time full otif perfect" FELT_ALL

static const struct kept {
    int patient;
    const char *due;               /* also the day it is booked for, 08:00-12:00 */
    int driver;                    /* who has it on a run; NOBODY: no run, or not booked */
    const char *words, *by_window; /* NULL: the same */
    int64_t right[3], accepted[3], recoveries, reversals;
} CASE[CASES] = {
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
static const int64_t UNITS[] = {10, 8, 60};
#define END "2026-04-10T00:00:00Z"

static bool booked(int i) {
    static const int FREE[] = {NOT_BOOKED, BORN_LATE, HISTORY,    SKIPPED, PAUSED,
                               ADMITTED,   ENDED,     OVERRIDDEN, AHEAD};
    for (size_t k = 0; k < COUNT(FREE); k++)
        if (FREE[k] == i) return false;
    return true;
}

/* The failed one is tried again by another driver. */
static int first_driver(int i) {
    return i == FAILED ? 1 : CASE[i].driver;
}

static bool is_due(int i) {
    return strchr(CASE[i].words, '-') == NULL || !strstr(CASE[i].words, " -");
}

static const char *words_of(int i, int64_t basis) {
    return basis == BASIS_WINDOW && CASE[i].by_window ? CASE[i].by_window : CASE[i].words;
}

static int64_t has(const char *words, const char *word) {
    char wanted[40];
    snprintf(wanted, sizeof wanted, " %s ", word);
    return strstr(words, wanted) != NULL;
}

/* ---- how they came about ---- */

struct story {
    struct world *w;
    struct id order[CASES], delivery[CASES];
    struct {
        int64_t at;
        const char *text[6];
    } told[40]; /* the reports of each day, as they were then */
    size_t days;
};

static struct report_query query_of(const char *from, const char *to, const char *group_by, int64_t basis) {
    struct report_query query;
    shape_clear(&report_query_shape, &query);
    query.from = date_parse(from);
    query.to = date_parse(to);
    query.group_by = group_by;
    query.basis = basis;
    return query;
}

static struct report ask(struct world *w, struct report_query query, unsigned *groups_out) {
    struct report report;
    ctx_fault_clear(w->c);
    CHECK_OK(w->c, app_report(w->c, &query, &report, groups_out));
    return report;
}

static const char *json_of(struct world *w, struct report_query query) {
    unsigned groups;
    struct report report = ask(w, query, &groups);
    struct text text = text_in(w->c->arena);
    json_object(&text, report_shape(w->c->arena, groups), &report);
    CHECK(!text.failed);
    return text.at;
}

static struct report_query nth_query(size_t i) {
    static const char *const GROUPS[] = {"customer,month,depot,driver", "product", "kind"};
    return query_of(i < 3 ? "2026-03-01" : "2026-02-01", i < 3 ? "2026-03-31" : "2026-04-30", GROUPS[i % 3],
                    i < 3 ? BASIS_COMMITMENT : BASIS_WINDOW);
}

/* Goes on to an instant; what the reports said before is kept. */
static void go(struct story *s, const char *instant) {
    s->told[s->days].at = s->w->c->now;
    for (size_t i = 0; i < COUNT(s->told[0].text); i++)
        s->told[s->days].text[i] = json_of(s->w, nth_query(i));
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
    CHECK_OK(s->w->c, world_drop(s->w, fresh, s->delivery[i], CASE[i].driver, at, stated, 3, &answer));
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
    order.due_date = order.next_due = order.call_due = date_parse(CASE[HISTORY].due);
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
        s->order[i] = world_order(s->w, CASE[i].patient, CASE[i].due, UNITS, 3);
        if (booked(i)) s->delivery[i] = world_book(s->w, s->order[i], CASE[i].due, "08:00", "12:00");
        if (CASE[i].driver != NOBODY) world_dispatch(s->w, s->delivery[i], first_driver(i));
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
    s->order[BORN_LATE] = world_order(s->w, CASE[BORN_LATE].patient, CASE[BORN_LATE].due, UNITS, 3);
    go(s, "2026-04-07T23:00:00Z");
    drop(s, MOVED, "2026-04-07T23:00:00Z", AS_ORDERED);
    go(s, "2026-04-08T23:00:00Z");
    sweep(s);
    go(s, "2026-04-09T00:00:00Z");
    blame(s, LATE_BY_PATIENT, KIND_LATE, BY_PATIENT);
    blame(s, TOLD_SHORT, KIND_CONTESTED, BY_PROVIDER); /* its cause is no word of the customer's */
    blame(s, STORM, KIND_MISSED, BY_FORCE_MAJEURE);
    blame(s, LATE_AND_SHORT, KIND_LATE, BY_CUSTOMER); /* the shortage is still nobody's */
    go(s, END);
}

static struct story *story(void) {
    static struct story s;
    s = (struct story){.w = world_make()};
    first_day(&s);
    first_half(&s);
    second_half(&s);
    after_march(&s);
    return &s;
}

/* ---- what the report must say, added up from the table ---- */

static int customer_of(int i) {
    static const int OF[] = {0, 0, 1, 0};
    return CASE[i].patient == NO_PATIENT ? 1 : OF[CASE[i].patient];
}

static int depot_of(int i) {
    return CASE[i].patient == 3 ? PERTH : SYDNEY;
}

/* The group a row stands for; -2: not grouped by that. */
struct slice {
    int customer, depot, driver;
    const char *month;
};

static bool in_slice(int i, const struct slice *slice) {
    if (slice->customer != -2 && slice->customer != customer_of(i)) return false;
    if (slice->depot != -2 && slice->depot != depot_of(i)) return false;
    if (slice->driver != -2 && slice->driver != CASE[i].driver) return false;
    return !slice->month || strncmp(slice->month, CASE[i].due, 7) == 0;
}

static int index_of(const struct id *ids, int n, struct id id) {
    for (int i = 0; i < n; i++)
        if (id_equal(ids[i], id)) return i;
    return NOBODY;
}

static struct slice slice_of(const struct world *w, const struct report_row *row, unsigned groups) {
    struct slice slice = {-2, -2, -2, NULL};
    if (groups & GROUP_BIT(GROUP_CUSTOMER)) slice.customer = index_of(w->customer, 2, row->customer_id);
    if (groups & GROUP_BIT(GROUP_DEPOT)) slice.depot = index_of(w->depot, WORLD_DEPOTS, row->depot_id);
    if (groups & GROUP_BIT(GROUP_DRIVER)) slice.driver = index_of(w->driver, WORLD_DRIVERS, row->driver_id);
    if (groups & GROUP_BIT(GROUP_MONTH)) slice.month = row->month;
    return slice;
}

/* How many of the slice have all of these words. */
static int64_t sum(const struct slice *slice, int64_t basis, const char *a, const char *b) {
    int64_t n = 0;
    for (int i = 0; i < CASES; i++)
        n += in_slice(i, slice) && has(words_of(i, basis), a) && (!b || has(words_of(i, basis), b));
    return n;
}

static int64_t sum_due(const struct slice *slice, int64_t basis, const char *word) {
    int64_t n = 0;
    for (int i = 0; i < CASES; i++)
        n += in_slice(i, slice) && is_due(i) && (!word || has(words_of(i, basis), word));
    return n;
}

static void check_rate(const struct report_rate *rate, int64_t numerator, int64_t n) {
    CHECK_INT(rate->n, n);
    CHECK(n ? rate->value == (double)numerator / (double)n : isnan(rate->value));
    CHECK(isnan(rate->low) == (n == 0 || n >= 20));
    CHECK(isnan(rate->high) == isnan(rate->low));
    CHECK(isnan(rate->low) || (rate->low <= rate->value && rate->value <= rate->high));
}

static void check_gross(const struct report_row *row, const struct slice *slice, int64_t basis) {
    int64_t due = sum_due(slice, basis, NULL), stated = due - sum_due(slice, basis, "unstated");
    CHECK_INT(row->due, due);
    CHECK_INT(row->on_time, sum(slice, basis, "on_time", NULL));
    CHECK_INT(row->early, sum(slice, basis, "early", NULL));
    CHECK_INT(row->late, sum(slice, basis, "late", NULL));
    CHECK_INT(row->missed, sum(slice, basis, "missed", NULL));
    CHECK_INT(row->pending, sum(slice, basis, "pending", NULL));
    CHECK_INT(row->on_time + row->early + row->late + row->missed + row->pending, row->due);
    check_rate(row->rates->on_time, row->on_time, due);
    check_rate(row->rates->missed, row->missed, due);
    if (stated == 0 && due > 0) {
        CHECK_INT(row->in_full, NONE);
        CHECK_INT(row->lines, NONE);
        CHECK(isnan(row->rates->otif->value));
        return;
    }
    CHECK_INT(row->in_full, sum(slice, basis, "full", NULL));
    CHECK_INT(row->otif, sum(slice, basis, "otif", NULL));
    CHECK_INT(row->perfect, sum(slice, basis, "perfect", NULL));
    CHECK_INT(row->inaccurate, sum(slice, basis, "inaccurate", NULL));
    check_rate(row->rates->otif, row->otif, stated);
    check_rate(row->rates->inaccurate, row->inaccurate, stated);
}

static void check_beside(const struct report_row *row, const struct slice *slice, int64_t basis) {
    int64_t due = sum_due(slice, basis, NULL), excused = sum(slice, basis, "excused", NULL);
    int64_t unstated = sum(slice, basis, "unstated", NULL);
    CHECK_INT(row->net->due, due - excused);
    CHECK_INT(row->net->late, row->late - sum(slice, basis, "excused", "late"));
    CHECK_INT(row->net->missed, row->missed - sum(slice, basis, "excused", "missed"));
    CHECK_INT(row->net->on_time, row->on_time);
    check_rate(row->net->rates->otif, sum(slice, basis, "otif", NULL), due - excused - unstated);
    CHECK_INT(row->experienced->on_time, sum(slice, basis, "felt-on_time", NULL));
    CHECK_INT(row->canary_gap->on_time, row->on_time - row->experienced->on_time);
    CHECK_INT(row->excluded->cancelled, sum(slice, basis, "-cancelled", NULL));
    CHECK_INT(row->excluded->skipped, sum(slice, basis, "-skipped", NULL));
    CHECK_INT(row->excluded->paused, sum(slice, basis, "-paused", NULL));
    CHECK_INT(row->excluded->ended, sum(slice, basis, "-ended", NULL));
    CHECK_INT(row->excluded->admitted, sum(slice, basis, "-admitted", NULL));
    CHECK_INT(row->excluded->overridden, sum(slice, basis, "-overridden", NULL));
    CHECK_INT(row->excluded->not_stated, unstated);
    if (row->in_full == NONE) return;
    CHECK_INT(row->experienced->in_full, sum(slice, basis, "felt-full", NULL));
    CHECK_INT(row->experienced->otif, sum(slice, basis, "felt-otif", NULL));
    CHECK_INT(row->experienced->perfect, sum(slice, basis, "felt-perfect", NULL));
    CHECK_INT(row->canary_gap->perfect, row->perfect - row->experienced->perfect);
    CHECK_INT(row->net->in_full, row->in_full - sum(slice, basis, "excused", "full"));
}

static void check_units(const struct report_row *row, const struct slice *slice) {
    int64_t lines = 0, right = 0, units = 0, accepted = 0, recoveries = 0, reversals = 0;
    for (int i = 0; i < CASES; i++) {
        if (!in_slice(i, slice) || !is_due(i)) continue;
        recoveries += CASE[i].recoveries;
        reversals += CASE[i].reversals;
        for (size_t k = 0; i != HISTORY && k < 3; k++) {
            lines++;
            right += CASE[i].right[k];
            units += UNITS[k];
            accepted += CASE[i].accepted[k];
        }
    }
    CHECK_INT(row->recoveries, recoveries);
    CHECK_INT(row->reversals, reversals);
    if (row->lines == NONE) return;
    CHECK_INT(row->lines, lines);
    CHECK_INT(row->lines_right, right);
    CHECK_INT(row->units_authorised, units);
    CHECK_INT(row->units_accepted, accepted);
    check_rate(row->rates->line_fill, right, lines);
    check_rate(row->rates->unit_fill, accepted, units);
}

static void check_row(const struct report_row *row, struct slice slice, int64_t basis) {
    check_gross(row, &slice, basis);
    check_beside(row, &slice, basis);
    check_units(row, &slice);
}

static const struct slice EVERYTHING = {-2, -2, -2, NULL};

/* F21: each partition's rows are right, none is missing, and they sum to the total. */
static void check_partition(struct story *s, const char *group_by, int64_t basis, size_t rows) {
    unsigned groups;
    struct report report = ask(s->w, query_of("2026-03-01", "2026-04-30", group_by, basis), &groups);
    int64_t due = 0, missed = 0, excluded = 0;
    CHECK_INT(report.rows.n, rows);
    for (size_t i = 0; i < report.rows.n; i++) {
        const struct report_row *row = (const struct report_row *)report.rows.at + i;
        check_row(row, slice_of(s->w, row, groups), basis);
        due += row->due;
        missed += row->missed;
        excluded += row->excluded->cancelled + row->excluded->skipped + row->excluded->admitted;
    }
    CHECK_INT(due, report.total->due);
    CHECK_INT(missed, report.total->missed);
    CHECK_INT(excluded, 3);
    check_row(report.total, EVERYTHING, basis);
}

TEST(f21_report_every_partition_sums_to_the_total) {
    struct story *s = story();
    for (int64_t basis = BASIS_COMMITMENT; basis <= BASIS_WINDOW; basis++) {
        check_partition(s, "customer", basis, 2);
        check_partition(s, "month", basis, 2);
        check_partition(s, "depot", basis, 2);
        check_partition(s, "driver", basis, 3);
        check_partition(s, "customer,month", basis, 3);
        check_partition(s, "depot,driver", basis, 6);
        check_partition(s, "driver,depot,month,customer", basis, 9);
    }
}

/* The sums above, written out once so that the table and its sums can not both be wrong. */
TEST(report_total_by_hand) {
    struct story *s = story();
    unsigned groups;
    struct report report = ask(s->w, query_of("2026-03-01", "2026-04-30", NULL, NONE), &groups);
    const struct report_row *t = report.total;
    CHECK_INT(report.basis, BASIS_COMMITMENT);
    CHECK_STR(report.group_by, "customer");
    CHECK_INT(t->due, 22);
    CHECK_INT(t->on_time, 9);
    CHECK_INT(t->early, 1);
    CHECK_INT(t->late, 3);
    CHECK_INT(t->missed, 9);
    CHECK_INT(t->pending, 0);
    CHECK_INT(t->in_full, 12);
    CHECK_INT(t->otif, 7);
    CHECK_INT(t->perfect, 5);
    CHECK_INT(t->inaccurate, 4);
    CHECK_INT(t->lines, 63);
    CHECK_INT(t->lines_right, 40);
    CHECK_INT(t->units_authorised, 1638);
    CHECK_INT(t->units_accepted, 1090);
    CHECK_INT(t->recoveries, 1);
    CHECK_INT(t->reversals, 1);
    CHECK_INT(t->excluded->not_stated, 1);
    CHECK_INT(t->net->due, 20);
    CHECK_INT(t->net->late, 2);
    CHECK_INT(t->net->missed, 8);
    CHECK_INT(t->experienced->on_time, 8);
    CHECK_INT(t->experienced->in_full, 10);
    CHECK_INT(t->experienced->otif, 5);
    CHECK_INT(t->canary_gap->otif, 2);
    CHECK_INT(t->rates->otif->n, 21);
    CHECK_INT(t->net->rates->otif->n, 19);
    report = ask(s->w, query_of("2026-03-01", "2026-04-30", NULL, BASIS_WINDOW), &groups);
    CHECK_INT(report.total->on_time, 10);
    CHECK_INT(report.total->missed, 7);
    CHECK_INT(report.total->pending, 1);
}

/* ---- the other families ---- */

TEST(report_products_sum_in_lines_and_units) {
    static const int64_t WANT[][4] = {{21, 13, 210, 139}, {21, 13, 168, 111}, {21, 14, 1260, 840}};
    struct story *s = story();
    unsigned groups;
    struct report report = ask(s->w, query_of("2026-03-01", "2026-04-30", "product", NONE), &groups);
    CHECK_INT(report.rows.n, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct report_row *row = (const struct report_row *)report.rows.at + i;
        CHECK(id_equal(row->product_id, s->w->product[i]));
        CHECK_INT(row->lines, WANT[i][0]);
        CHECK_INT(row->lines_right, WANT[i][1]);
        CHECK_INT(row->units_authorised, WANT[i][2]);
        CHECK_INT(row->units_accepted, WANT[i][3]);
        check_rate(row->rates->line_fill, WANT[i][1], WANT[i][0]);
    }
    CHECK_INT(report.total->lines, 63);
    CHECK_INT(report.total->lines_right, 40);
    CHECK_INT(report.total->units_authorised, 1638);
    CHECK_INT(report.total->units_accepted, 1090);
}

TEST(report_kinds_are_open_resolved_or_void) {
    static const struct {
        int64_t kind, n, open, voided;
    } WANT[] = {{KIND_CONTESTED, 3, 3, 0},   {KIND_EARLY, 1, 1, 0},   {KIND_LATE, 3, 3, 0},
                {KIND_LOT_MISSING, 1, 0, 1}, {KIND_MISSED, 11, 9, 2}, {KIND_SHORT, 2, 2, 0},
                {KIND_WRONG_PLACE, 2, 2, 0}};
    struct story *s = story();
    unsigned groups;
    struct report report = ask(s->w, query_of("2026-03-01", "2026-04-30", "kind", NONE), &groups);
    CHECK_INT(report.rows.n, COUNT(WANT));
    for (size_t i = 0; i < COUNT(WANT); i++) {
        const struct report_row *row = (const struct report_row *)report.rows.at + i;
        CHECK_INT(row->kind, WANT[i].kind);
        CHECK_INT(row->n, WANT[i].n);
        CHECK_INT(row->open, WANT[i].open);
        CHECK_INT(row->voided, WANT[i].voided);
        CHECK_INT(row->open + row->resolved + row->voided, row->n);
    }
    CHECK_INT(report.total->n, 23);
    CHECK_INT(report.total->open, 20);
    CHECK_INT(report.total->voided, 3);
}

TEST(report_families_do_not_mix) {
    static const char *const MIXED[] = {"customer,product", "kind,month", "product,kind",
                                        "driver,kind,customer"};
    struct world *w = world_make();
    struct report report;
    unsigned groups;
    for (size_t i = 0; i < COUNT(MIXED); i++) {
        struct report_query query = query_of("2026-03-01", "2026-03-31", MIXED[i], NONE);
        ctx_fault_clear(w->c);
        CHECK_INT(app_report(w->c, &query, &report, &groups), ERR_INVALID);
        CHECK_STR(w->c->fault.slug, "report.mixed-groups");
    }
}

TEST(report_refuses_what_it_can_not_answer) {
    struct world *w = world_make();
    struct report report;
    unsigned groups;
    struct report_query bad[] = {query_of("2026-03-31", "2026-03-01", NULL, NONE),
                                 query_of("2000-01-01", "2026-03-01", NULL, NONE),
                                 query_of("2026-03-01", "2026-03-31", "patient", NONE),
                                 query_of("2026-03-01", "2026-03-31", NULL, NONE)};
    bad[3].as_of = w->c->now + 1;
    for (size_t i = 0; i < COUNT(bad); i++) {
        ctx_fault_clear(w->c);
        CHECK_INT(app_report(w->c, &bad[i], &report, &groups), ERR_INVALID);
        CHECK_STR(w->c->fault.slug, "request.invalid");
    }
}

/* ---- F12, small numbers ---- */

TEST(f12_report_of_nothing_is_null) {
    struct story *s = story();
    unsigned groups;
    struct report report = ask(s->w, query_of("2026-05-01", "2026-05-31", "customer", NONE), &groups);
    CHECK_INT(report.rows.n, 0);
    CHECK_INT(report.total->due, 0);
    check_row(report.total, (struct slice){-2, -2, -2, "2026-05"}, BASIS_COMMITMENT);
    const char *text = json_of(s->w, query_of("2026-05-01", "2026-05-31", "customer", NONE));
    CHECK(strstr(text, "\"otif\":{\"value\":null,\"n\":0,\"low\":null,\"high\":null}"));
    CHECK(strstr(text, "\"restated\":[]"));
}

static bool near(double a, double b) {
    return fabs(a - b) < 0.0000005;
}

/* Unbooked orders, all missed: 0 of n. Wilson's values of the literature at 13; none from 20 on. */
TEST(report_small_numbers_carry_their_interval) {
    struct world *w = world_make();
    unsigned groups;
    char date[DATE_TEXT_SIZE];
    for (int i = 0; i < 20; i++) {
        world_order(w, 0, date_format(date_parse("2026-03-05") + i, date), UNITS, 3);
        if (i < 13) world_order(w, 2, date, UNITS, 3);
    }
    world_at(w, END);
    struct report report = ask(w, query_of("2026-03-05", "2026-03-24", "customer", NONE), &groups);
    const struct report_row *row = report.rows.at;
    CHECK_INT(row[0].rates->on_time->n, 20);
    CHECK(isnan(row[0].rates->on_time->low) && isnan(row[0].rates->on_time->high));
    CHECK_INT(row[1].rates->on_time->n, 13);
    CHECK(row[1].rates->on_time->value == 0 && row[1].rates->on_time->low == 0);
    CHECK(near(row[1].rates->on_time->high, 0.228095));
    CHECK(near(row[1].rates->missed->low, 1 - 0.228095));
    report = ask(w, query_of("2026-03-05", "2026-03-23", "customer", NONE), &groups);
    row = report.rows.at;
    CHECK_INT(row[0].rates->missed->n, 19);
    CHECK(row[0].rates->missed->high == 1 && row[0].rates->missed->low < 1);
}

/* ---- F33 ---- */

TEST(f33_report_as_of_is_what_was_told_then) {
    struct story *s = story();
    for (size_t day = 0; day < s->days; day++)
        for (size_t i = 0; i < COUNT(s->told[0].text); i++) {
            char instant[INSTANT_TEXT_SIZE];
            struct report_query query = nth_query(i);
            query.as_of = s->told[day].at;
            const char *now = json_of(s->w, query);
            if (!text_equal(now, s->told[day].text[i]))
                check_fail(__FILE__, __LINE__, "as of %s, query %zu:\n%s\nwas told then, and now:\n%s",
                           instant_format(query.as_of, instant), i, s->told[day].text[i], now);
        }
}

TEST(f33_report_lists_what_arrived_after_the_period) {
    static const struct {
        int which;
        int64_t was, is;
    } WANT[] = {{STORM, TIMELINESS_MISSED, TIMELINESS_MISSED},
                {LATE_BY_PATIENT, TIMELINESS_LATE, TIMELINESS_LATE},
                {LATE_AND_SHORT, TIMELINESS_LATE, TIMELINESS_LATE},
                {MOVED, TIMELINESS_MISSED, TIMELINESS_MISSED},
                {BORN_LATE, NONE, TIMELINESS_MISSED},
                {OVERRIDDEN, TIMELINESS_MISSED, TIMELINESS_MISSED}};
    struct story *s = story();
    unsigned groups;
    struct report_query query = query_of("2026-03-01", "2026-03-31", NULL, NONE);
    struct report report = ask(s->w, query, &groups);
    CHECK_INT(report.restated.n, COUNT(WANT));
    for (size_t i = 0; i < COUNT(WANT); i++) {
        const struct report_restated *row = report.restated.at;
        size_t k = 0;
        while (k < report.restated.n && !id_equal(row[k].order_id, s->order[WANT[i].which]))
            k++;
        if (k == report.restated.n) check_fail(__FILE__, __LINE__, "case %d is not listed", WANT[i].which);
        CHECK_INT(row[k].was, WANT[i].was);
        CHECK_INT(row[k].is, WANT[i].is);
        CHECK(row[k].known_from > instant_parse("2026-03-31T13:00:00Z"));
    }
    query.as_of = instant_parse("2026-03-31T13:00:00Z"); /* the end of March, in Sydney */
    CHECK_INT(ask(s->w, query, &groups).restated.n, 0);
    query = query_of("2026-03-01", "2026-04-30", NULL, NONE);
    CHECK_INT(ask(s->w, query, &groups).restated.n, 0);
}

/* ---- F1: what is no fact moves no figure ---- */

TEST(f1_report_notes_names_and_packs_move_no_figure) {
    static const char *const EDITS[] = {
        "UPDATE patient SET phone = '1', access_notes = 'gate', address = 'elsewhere', version = version + 1",
        "UPDATE product SET units_per_box = units_per_box * 2, name = 'new', critical = 0, lot_tracked = 0",
        "UPDATE zone_window SET stops_max = 1", "UPDATE depot SET timezone = 'Europe/Berlin'",
        "UPDATE pause SET reason = 'another'"};
    struct story *s = story();
    struct report_query query = query_of("2026-03-01", "2026-04-30", "customer,month,depot,driver", NONE);
    const char *before = json_of(s->w, query);
    for (size_t i = 0; i < COUNT(EDITS); i++) {
        world_run(s->w, EDITS[i]);
        CHECK_STR(json_of(s->w, query), before);
    }
}

/* ---- who sees what ---- */

TEST(report_customers_staff_see_their_own) {
    struct story *s = story();
    unsigned groups;
    struct report_query query = query_of("2026-03-01", "2026-03-31", "customer,depot", NONE);
    query.customer_id = s->w->customer[0]; /* whatever they ask for */
    world_act(s->w, ROLE_CUSTOMER, s->w->staff[1]);
    struct report report = ask(s->w, query, &groups);
    CHECK_INT(report.rows.n, 1);
    check_row(report.total, (struct slice){1, -2, -2, "2026-03"}, BASIS_COMMITMENT);
    for (size_t i = 0; i < report.restated.n; i++)
        CHECK(
            id_equal(((const struct report_restated *)report.restated.at)[i].customer_id, s->w->customer[1]));
    CHECK_INT(report.restated.n, 2); /* the storm, the admission told late */
    query.group_by = "kind";
    CHECK_INT(ask(s->w, query, &groups).total->n, 6); /* late, 3 missed, contested twice */
    query.group_by = "product";
    CHECK_INT(ask(s->w, query, &groups).total->lines, 12);
}

/* ---- CSV ---- */

static const char *csv_of(struct world *w, struct report_query query) {
    unsigned groups;
    const char *csv;
    struct report report = ask(w, query, &groups);
    CHECK_OK(w->c, app_report_csv(w->c, &report, groups, &csv));
    return csv;
}

/* The n-th cell of a line of plain cells. */
static const char *cell_of(struct world *w, const char *line, const char *header, const char *name) {
    const char *at = strstr(header, name);
    CHECK(at && (at == header || at[-1] == ',') && strchr(",\r", at[strlen(name)]));
    for (const char *h = header; h < at; h++)
        if (*h == ',') line = strchr(line, ',') + 1;
    return arena_printf(w->c->arena, "%.*s", (int)strcspn(line, ",\r"), line);
}

TEST(report_csv_is_rfc_4180_and_formula_safe) {
    struct story *s = story();
    world_run(s->w, "UPDATE customer SET name = '=1+1' WHERE code = 'C-0'");
    world_run(s->w, "UPDATE customer SET name = 'Ward \"B\", 2nd floor' WHERE code = 'C-1'");
    const char *csv = csv_of(s->w, query_of("2026-03-01", "2026-04-30", "customer", NONE));
    CHECK(strncmp(csv, "customer_id,customer_code,customer,due,on_time,", 47) == 0);
    CHECK(strstr(csv, ",otif_rate,otif_n,otif_low,otif_high,"));
    CHECK(strstr(csv, ",C-0,\"'=1+1\",17,"));
    CHECK(strstr(csv, ",C-1,\"Ward \"\"B\"\", 2nd floor\",5,"));
    CHECK(strstr(csv, "\r\ntotal,,,22,9,1,3,9,0,12,7,5,4,63,40,1638,1090,1,1,"));
    size_t lines = 0, n = strlen(csv);
    for (const char *at = csv; (at = strstr(at, "\r\n")); at += 2)
        lines++;
    CHECK_INT(lines, 4);
    CHECK(strcmp(csv + n - 2, "\r\n") == 0);
}

TEST(report_csv_cells_stand_under_their_names) {
    struct story *s = story();
    const char *header = csv_of(s->w, query_of("2026-03-01", "2026-04-30", "month", NONE));
    const char *march = strstr(header, "\r\n2026-03,") + 2;
    CHECK_STR(cell_of(s->w, march, header, "month"), "2026-03");
    CHECK_STR(cell_of(s->w, march, header, "due"), "21");
    CHECK_STR(cell_of(s->w, march, header, "otif"), "6");
    CHECK_STR(cell_of(s->w, march, header, "otif_rate"), "0.3");
    CHECK_STR(cell_of(s->w, march, header, "otif_n"), "20");
    CHECK_STR(cell_of(s->w, march, header, "otif_low"), "");
    CHECK_STR(cell_of(s->w, march, header, "excluded_paused"), "1");
    CHECK_STR(cell_of(s->w, march, header, "net_due"), "19");
    CHECK_STR(cell_of(s->w, march, header, "net_otif_n"), "18");
    CHECK_STR(cell_of(s->w, march, header, "experienced_otif"), "4");
    CHECK_STR(cell_of(s->w, march, header, "canary_gap_otif"), "2");
    const char *empty = csv_of(s->w, query_of("2026-05-01", "2026-05-31", "month", NONE));
    const char *total = strstr(empty, "\r\ntotal,") + 2;
    CHECK_STR(cell_of(s->w, total, empty, "due"), "0");
    CHECK_STR(cell_of(s->w, total, empty, "otif_rate"), "");
    const char *kinds = csv_of(s->w, query_of("2026-03-01", "2026-04-30", "kind", NONE));
    CHECK(strncmp(kinds, "kind,n,open,resolved,void\r\n", 27) == 0);
    CHECK(strstr(kinds, "\r\nmissed,11,9,0,2\r\n"));
    CHECK(strstr(kinds, "\r\ntotal,23,20,0,3\r\n"));
}
