#include "cases.h"
#include "check.h"
#include "domain/suggest.h"

/* Each folder of fixtures/suggest is a case: one product of one patient, how much to send, and how long the
 * stock lasts. */

static const struct field USE_FIELDS[] = {
    FIELD(struct use_since, K_DATE, from, .flags = F_REQUIRED),
    FIELD(struct use_since, K_MILLI, use_per_day, .flags = 0),
};
static const struct shape use_shape = SHAPE("use", struct use_since, USE_FIELDS);

struct input {
    const char *about;
    int64_t units_per_box, count_date, on_hand, accepted_since, on_order;
    int64_t due_date, next_due, safety_days;
    struct list prescription;
};
static const struct field INPUT_FIELDS[] = {
    FIELD(struct input, K_TEXT, about, .flags = F_REQUIRED),
    FIELD(struct input, K_INT, units_per_box, .flags = F_REQUIRED),
    FIELD(struct input, K_LIST, prescription, .flags = F_REQUIRED, .sub = &use_shape),
    FIELD(struct input, K_DATE, count_date, .flags = 0),
    FIELD(struct input, K_INT, on_hand, .flags = 0),
    FIELD(struct input, K_INT, accepted_since, .flags = F_REQUIRED),
    FIELD(struct input, K_INT, on_order, .flags = F_REQUIRED),
    FIELD(struct input, K_DATE, due_date, .flags = F_REQUIRED),
    FIELD(struct input, K_DATE, next_due, .flags = F_REQUIRED),
    FIELD(struct input, K_INT, safety_days, .flags = F_REQUIRED),
};
static const struct shape input_shape = SHAPE("input", struct input, INPUT_FIELDS);

struct seen_cover {
    int64_t on, days;
};
static const struct field COVER_FIELDS[] = {
    FIELD(struct seen_cover, K_DATE, on, .flags = F_REQUIRED),
    FIELD(struct seen_cover, K_INT, days, .flags = 0),
};
static const struct shape cover_shape = SHAPE("cover", struct seen_cover, COVER_FIELDS);

struct seen_order {
    int64_t ordered, unusual;
};
static const struct field ORDER_FIELDS[] = {
    FIELD(struct seen_order, K_INT, ordered, .flags = F_REQUIRED),
    FIELD(struct seen_order, K_BOOL, unusual, .flags = F_REQUIRED),
};
static const struct shape order_shape = SHAPE("order", struct seen_order, ORDER_FIELDS);

struct seen {
    int64_t suggested, prescribed, cover_until;
    struct list cover, orders;
};
static const struct field SEEN_FIELDS[] = {
    FIELD(struct seen, K_INT, suggested, .flags = 0),
    FIELD(struct seen, K_INT, prescribed, .flags = F_REQUIRED),
    FIELD(struct seen, K_DATE, cover_until, .flags = 0),
    FIELD(struct seen, K_LIST, cover, .flags = F_REQUIRED, .sub = &cover_shape),
    FIELD(struct seen, K_LIST, orders, .flags = F_REQUIRED, .sub = &order_shape),
};
static const struct shape seen_shape = SHAPE("seen", struct seen, SEEN_FIELDS);

/* The prescription in force on the due date. */
static int64_t use_on(const struct list *prescription, int64_t date) {
    const struct use_since *use = prescription->at;
    int64_t found = NONE;
    for (size_t i = 0; i < prescription->n && use[i].from <= date; i++)
        found = use[i].use_per_day;
    return found;
}

static struct suggest_facts facts_of(const struct input *input) {
    return (struct suggest_facts){.use_per_day = use_on(&input->prescription, input->due_date),
                                  .units_per_box = input->units_per_box,
                                  .due_date = input->due_date,
                                  .next_due = input->next_due,
                                  .count_date = input->count_date,
                                  .safety_days = input->safety_days,
                                  .on_hand = input->on_hand,
                                  .on_order = input->on_order};
}

static int64_t until(const struct input *input) {
    int64_t stock = input->on_hand == NONE ? NONE : input->on_hand + input->accepted_since;
    return cover_until(input->count_date, stock, input->prescription.at, input->prescription.n);
}

/* The same days and orders as the case asks for, each with what the program says of it. */
static struct list cover_of(struct ctx *c, const struct input *input, const struct list *asked) {
    struct seen_cover *cover = arena_array(c->arena, asked->n + 1, sizeof *cover);
    for (size_t i = 0; i < asked->n; i++) {
        cover[i].on = ((const struct seen_cover *)asked->at)[i].on;
        cover[i].days = cover_days(until(input), cover[i].on);
    }
    return (struct list){cover, asked->n};
}

static struct list orders_of(struct ctx *c, const struct input *input, int64_t suggested,
                             const struct list *asked) {
    struct seen_order *order = arena_array(c->arena, asked->n + 1, sizeof *order);
    for (size_t i = 0; i < asked->n; i++) {
        order[i].ordered = ((const struct seen_order *)asked->at)[i].ordered;
        order[i].unusual = suggest_unusual(suggested, order[i].ordered, input->units_per_box,
                                           c->rules->confirm_permille, c->rules->confirm_boxes);
    }
    return (struct list){order, asked->n};
}

static void run_case(struct ctx *c, const char *folder) {
    struct input input;
    struct seen want;
    cases_read(c, folder, "input.json", &input_shape, &input);
    cases_read(c, folder, "expected.json", &seen_shape, &want);
    struct suggest_facts facts = facts_of(&input);
    struct seen got = {.suggested = suggest_units(&facts),
                       .prescribed = suggest_prescribed(&facts),
                       .cover_until = until(&input)};
    got.cover = cover_of(c, &input, &want.cover);
    got.orders = orders_of(c, &input, got.suggested, &want.orders);
    cases_same(c, folder, input.about, &seen_shape, &got, &want);
}

TEST(suggest_cases) {
    cases_run(check_ctx(), "suggest", 45, run_case);
}
