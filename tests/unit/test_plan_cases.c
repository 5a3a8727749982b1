#include "cases.h"
#include "check.h"
#include "domain/plan.h"

/* Each folder of fixtures/plan is a case: a cycle, what is known of its due dates, and what becomes of them.
 */

static const char *const FATE_WORDS[] = {
    [PLAN_OPEN] = "opened",
    [PLAN_EXISTING] = "existing",
    [PLAN_SKIPPED] = "skipped",
    [PLAN_PAUSED] = "paused",
};
static const struct names fate_names = {FATE_WORDS, COUNT(FATE_WORDS)};

static const struct field CYCLE_FIELDS[] = {
    FIELD(struct cycle, K_INT, every, .flags = F_REQUIRED),
    FIELD(struct cycle, K_ENUM, unit, .flags = F_REQUIRED, .names = &cycle_unit_names),
    FIELD(struct cycle, K_DATE, anchor, .flags = F_REQUIRED),
};
static const struct shape cycle_shape = SHAPE("cycle", struct cycle, CYCLE_FIELDS);

struct known_order {
    int64_t due_date, skipped;
};
static const struct field ORDER_FIELDS[] = {
    FIELD(struct known_order, K_DATE, due_date, .flags = F_REQUIRED),
    FIELD(struct known_order, K_BOOL, skipped, .flags = 0),
};
static const struct shape order_shape = SHAPE("order", struct known_order, ORDER_FIELDS);

static const struct field PAUSE_FIELDS[] = {
    FIELD(struct plan_span, K_DATE, from, .flags = F_REQUIRED),
    FIELD(struct plan_span, K_DATE, to, .flags = F_REQUIRED),
};
static const struct shape pause_shape = SHAPE("pause", struct plan_span, PAUSE_FIELDS);

struct input {
    const char *about;
    const struct cycle *cycle;
    int64_t from, through;
    struct list orders, pauses;
};
static const struct field INPUT_FIELDS[] = {
    FIELD(struct input, K_TEXT, about, .flags = F_REQUIRED),
    FIELD(struct input, K_OBJ, cycle, .flags = F_REQUIRED, .sub = &cycle_shape),
    FIELD(struct input, K_DATE, from, .flags = F_REQUIRED),
    FIELD(struct input, K_DATE, through, .flags = F_REQUIRED),
    FIELD(struct input, K_LIST, orders, .sub = &order_shape),
    FIELD(struct input, K_LIST, pauses, .sub = &pause_shape),
};
static const struct shape input_shape = SHAPE("input", struct input, INPUT_FIELDS);

struct seen_due {
    int64_t date, fate;
};
static const struct field DUE_FIELDS[] = {
    FIELD(struct seen_due, K_DATE, date, .flags = F_REQUIRED),
    FIELD(struct seen_due, K_ENUM, fate, .flags = F_REQUIRED, .names = &fate_names),
};
static const struct shape due_shape = SHAPE("due", struct seen_due, DUE_FIELDS);

struct seen_around {
    int64_t date, index, next;
};
static const struct field AROUND_FIELDS[] = {
    FIELD(struct seen_around, K_DATE, date, .flags = F_REQUIRED),
    FIELD(struct seen_around, K_INT, index, .flags = F_REQUIRED),
    FIELD(struct seen_around, K_DATE, next, .flags = F_REQUIRED),
};
static const struct shape around_shape = SHAPE("around", struct seen_around, AROUND_FIELDS);

struct seen {
    struct list due, around;
};
static const struct field SEEN_FIELDS[] = {
    FIELD(struct seen, K_LIST, due, .flags = F_REQUIRED, .sub = &due_shape),
    FIELD(struct seen, K_LIST, around, .flags = F_REQUIRED, .sub = &around_shape),
};
static const struct shape seen_shape = SHAPE("seen", struct seen, SEEN_FIELDS);

static const struct known_order *order_on(const struct input *input, int64_t date) {
    const struct known_order *order = input->orders.at;
    for (size_t i = 0; i < input->orders.n; i++)
        if (order[i].due_date == date) return &order[i];
    return NULL;
}

static int64_t fate_of(const struct input *input, int64_t date) {
    const struct known_order *order = order_on(input, date);
    bool skipped = order && order->skipped == 1;
    return plan_fate(date, order != NULL, skipped, input->pauses.at, input->pauses.n);
}

static struct list due_of(struct ctx *c, const struct input *input) {
    int64_t first = cycle_index(input->cycle, input->from), n = 0;
    while (cycle_date(input->cycle, first + n) <= input->through)
        n++;
    struct seen_due *due = arena_array(c->arena, (size_t)n + 1, sizeof *due);
    for (int64_t i = 0; i < n; i++) {
        due[i].date = cycle_date(input->cycle, first + i);
        due[i].fate = fate_of(input, due[i].date);
    }
    return (struct list){due, (size_t)n};
}

/* The same dates as the case asks for, each with what the program says of it. */
static struct list around_of(struct ctx *c, const struct cycle *cycle, const struct list *asked) {
    struct seen_around *around = arena_array(c->arena, asked->n + 1, sizeof *around);
    for (size_t i = 0; i < asked->n; i++) {
        around[i].date = ((const struct seen_around *)asked->at)[i].date;
        around[i].index = cycle_index(cycle, around[i].date);
        around[i].next = cycle_next(cycle, around[i].date);
    }
    return (struct list){around, asked->n};
}

static void run_case(struct ctx *c, const char *folder) {
    struct input input;
    struct seen want;
    cases_read(c, folder, "input.json", &input_shape, &input);
    cases_read(c, folder, "expected.json", &seen_shape, &want);
    struct seen got = {due_of(c, &input), around_of(c, input.cycle, &want.around)};
    cases_same(c, folder, input.about, &seen_shape, &got, &want);
}

TEST(plan_cases) {
    cases_run(check_ctx(), "plan", 30, run_case);
}
