#include "base/id.h"
#include "cases.h"
#include "check.h"
#include "domain/drop.h"
#include "domain/reconcile.h"

/* Each folder of fixtures/reconcile is a case: what was promised and stated, and what must be found. */

struct promise {
    const char *product;
    int64_t authorised, critical, lot_tracked, shelf_life_min_days;
};
static const struct field PROMISE_FIELDS[] = {
    FIELD(struct promise, K_TEXT, product, .flags = F_REQUIRED, .max = sizeof(struct id)),
    FIELD(struct promise, K_INT, authorised, .flags = F_REQUIRED),
    FIELD(struct promise, K_BOOL, critical, .flags = 0),
    FIELD(struct promise, K_BOOL, lot_tracked, .flags = 0),
    FIELD(struct promise, K_INT, shelf_life_min_days, .flags = 0),
};
static const struct shape promise_shape = SHAPE("promise", struct promise, PROMISE_FIELDS);

struct statement {
    const char *product, *unknown, *lot;
    int64_t qty, condition, expiry, recalled, lot_tracked, shelf_life_min_days;
};
static const struct field STATEMENT_FIELDS[] = {
    FIELD(struct statement, K_TEXT, product, .max = sizeof(struct id)),
    FIELD(struct statement, K_TEXT, unknown, .flags = 0),
    FIELD(struct statement, K_INT, qty, .flags = F_REQUIRED),
    FIELD(struct statement, K_ENUM, condition, .names = &condition_names, .flags = F_REQUIRED),
    FIELD(struct statement, K_TEXT, lot, .flags = 0),
    FIELD(struct statement, K_DATE, expiry, .flags = 0),
    FIELD(struct statement, K_BOOL, recalled, .flags = 0),
    FIELD(struct statement, K_BOOL, lot_tracked, .flags = 0),
    FIELD(struct statement, K_INT, shelf_life_min_days, .flags = 0),
};
static const struct shape statement_shape = SHAPE("statement", struct statement, STATEMENT_FIELDS);

enum proof { PROOF_SIGNATURE, PROOF_PHOTO, PROOF_BYPASS };
static const char *const PROOF_WORDS[] = {
    [PROOF_SIGNATURE] = "signature",
    [PROOF_PHOTO] = "photo",
    [PROOF_BYPASS] = "bypass",
};
static const struct names proof_names = {PROOF_WORDS, COUNT(PROOF_WORDS)};

struct input {
    const char *about;
    int64_t date, order_closed, proof;
    struct list promised, stated, receivers;
    const struct fix *home, *location;
    const struct receiver *received_by;
};
static const struct field INPUT_FIELDS[] = {
    FIELD(struct input, K_TEXT, about, .flags = F_REQUIRED),
    FIELD(struct input, K_DATE, date, .flags = F_REQUIRED),
    FIELD(struct input, K_BOOL, order_closed, .flags = 0),
    FIELD(struct input, K_LIST, promised, .flags = F_REQUIRED, .sub = &promise_shape),
    FIELD(struct input, K_LIST, stated, .flags = F_REQUIRED, .sub = &statement_shape),
    FIELD(struct input, K_OBJ, home, .sub = &fix_shape),
    FIELD(struct input, K_OBJ, location, .sub = &fix_shape),
    FIELD(struct input, K_OBJ, received_by, .sub = &receiver_shape),
    FIELD(struct input, K_TEXTS, receivers, .flags = 0),
    FIELD(struct input, K_ENUM, proof, .names = &proof_names),
};
static const struct shape input_shape = SHAPE("input", struct input, INPUT_FIELDS);

struct seen_finding {
    int64_t kind, expected, actual, severity, responsibility;
    const char *product, *unknown, *lot;
};
static const struct field FINDING_FIELDS[] = {
    FIELD(struct seen_finding, K_ENUM, kind, .flags = F_REQUIRED, .names = &discrepancy_kind_names),
    FIELD(struct seen_finding, K_TEXT, product, .flags = F_OMIT),
    FIELD(struct seen_finding, K_TEXT, unknown, .flags = F_OMIT),
    FIELD(struct seen_finding, K_TEXT, lot, .flags = F_OMIT),
    FIELD(struct seen_finding, K_INT, expected, .flags = F_OMIT),
    FIELD(struct seen_finding, K_INT, actual, .flags = F_OMIT),
    FIELD(struct seen_finding, K_ENUM, severity, .flags = F_REQUIRED, .names = &severity_names),
    FIELD(struct seen_finding, K_ENUM, responsibility, .flags = F_REQUIRED, .names = &responsibility_names),
};
static const struct shape finding_shape = SHAPE("finding", struct seen_finding, FINDING_FIELDS);

struct seen_line {
    const char *product;
    int64_t authorised, accepted, damaged, refused, not_loaded;
};
static const struct field LINE_FIELDS[] = {
    FIELD(struct seen_line, K_TEXT, product, .flags = F_REQUIRED),
    FIELD(struct seen_line, K_INT, authorised, .flags = F_REQUIRED),
    FIELD(struct seen_line, K_INT, accepted, .flags = F_REQUIRED),
    FIELD(struct seen_line, K_INT, damaged, .flags = F_REQUIRED),
    FIELD(struct seen_line, K_INT, refused, .flags = F_REQUIRED),
    FIELD(struct seen_line, K_INT, not_loaded, .flags = F_REQUIRED),
};
static const struct shape line_shape = SHAPE("line", struct seen_line, LINE_FIELDS);

struct seen {
    struct list findings, lines;
    int64_t units_ok, lines_right, units_authorised, units_right;
    int64_t completes, failure_reason, place, receiver_known;
};
static const struct field SEEN_FIELDS[] = {
    FIELD(struct seen, K_LIST, findings, .flags = F_REQUIRED, .sub = &finding_shape),
    FIELD(struct seen, K_LIST, lines, .flags = F_REQUIRED, .sub = &line_shape),
    FIELD(struct seen, K_INT, units_ok, .flags = F_REQUIRED),
    FIELD(struct seen, K_INT, lines_right, .flags = F_REQUIRED),
    FIELD(struct seen, K_INT, units_authorised, .flags = F_REQUIRED),
    FIELD(struct seen, K_INT, units_right, .flags = F_REQUIRED),
    FIELD(struct seen, K_BOOL, completes, .flags = F_REQUIRED),
    FIELD(struct seen, K_ENUM, failure_reason, .flags = F_OMIT, .names = &failure_reason_names),
    FIELD(struct seen, K_ENUM, place, .flags = F_REQUIRED, .names = &place_names),
    FIELD(struct seen, K_BOOL, receiver_known, .flags = F_REQUIRED),
};
static const struct shape seen_shape = SHAPE("seen", struct seen, SEEN_FIELDS);

/* ---- a product's id is its name, so that ids and names have one order ---- */

static struct id id_of(const char *product) {
    struct id id = {{0}};
    if (product) memcpy(id.b, product, strlen(product));
    return id;
}

static const char *name_of(struct ctx *c, struct id id) {
    return id_is_none(id) ? NULL : arena_memdup(c->arena, id.b, sizeof id.b);
}

/* ---- from the folder to the facts ---- */

static int64_t or_zero(int64_t value) {
    return value == NONE ? 0 : value;
}

static struct point point_of(const struct fix *fix) {
    return fix ? (struct point){fix->lat, fix->lon} : (struct point){NONE, NONE};
}

static void promise_all(struct ctx *c, const struct list *from, struct drop_facts *facts) {
    struct promised_line *line = arena_array(c->arena, from->n + 1, sizeof *line);
    for (size_t i = 0; i < from->n; i++) {
        const struct promise *promise = (const struct promise *)from->at + i;
        line[i] = (struct promised_line){.product_id = id_of(promise->product),
                                         .authorised = promise->authorised,
                                         .critical = or_zero(promise->critical),
                                         .lot_tracked = or_zero(promise->lot_tracked),
                                         .shelf_life_min_days = or_zero(promise->shelf_life_min_days)};
    }
    facts->promised = line;
    facts->promised_n = from->n;
}

static void state_all(struct ctx *c, const struct list *from, struct drop_facts *facts) {
    struct stated_line *line = arena_array(c->arena, from->n + 1, sizeof *line);
    for (size_t i = 0; i < from->n; i++) {
        const struct statement *stated = (const struct statement *)from->at + i;
        line[i] = (struct stated_line){.product_id = id_of(stated->product),
                                       .stated = stated->unknown,
                                       .qty = stated->qty,
                                       .lot = stated->lot,
                                       .expiry = stated->expiry,
                                       .condition = stated->condition,
                                       .recalled = or_zero(stated->recalled),
                                       .lot_tracked = or_zero(stated->lot_tracked),
                                       .shelf_life_min_days = or_zero(stated->shelf_life_min_days)};
    }
    facts->stated = line;
    facts->stated_n = from->n;
}

static struct drop_facts facts_of(struct ctx *c, const struct input *input) {
    struct drop_facts facts = {.date = input->date,
                               .home = point_of(input->home),
                               .fix = point_of(input->location),
                               .accuracy_m = input->location ? input->location->accuracy_m : NONE,
                               .has_receiver = input->received_by != NULL,
                               .listed = input->receivers.at,
                               .listed_n = input->receivers.n,
                               .has_proof = input->proof != NONE,
                               .order_closed = input->order_closed == 1};
    facts.receiver_name = input->received_by ? input->received_by->name : NULL;
    facts.relation = input->received_by ? input->received_by->relation : NULL;
    promise_all(c, &input->promised, &facts);
    state_all(c, &input->stated, &facts);
    return facts;
}

/* ---- from the verdict to what a case expects ---- */

static struct list findings_of(struct ctx *c, const struct verdict *verdict) {
    struct seen_finding *seen = arena_array(c->arena, verdict->findings + 1, sizeof *seen);
    for (size_t i = 0; i < verdict->findings; i++) {
        const struct finding *found = &verdict->finding[i];
        seen[i] = (struct seen_finding){.kind = found->kind,
                                        .expected = found->expected,
                                        .actual = found->actual,
                                        .severity = found->severity,
                                        .responsibility = found->responsibility,
                                        .product = name_of(c, found->product_id),
                                        .unknown = found->stated,
                                        .lot = found->lot};
    }
    return (struct list){seen, verdict->findings};
}

static struct list lines_of(struct ctx *c, const struct verdict *verdict) {
    struct seen_line *seen = arena_array(c->arena, verdict->lines + 1, sizeof *seen);
    for (size_t i = 0; i < verdict->lines; i++) {
        const struct line_result *line = &verdict->line[i];
        seen[i] = (struct seen_line){name_of(c, line->product_id),
                                     line->authorised,
                                     line->accepted,
                                     line->damaged,
                                     line->refused,
                                     line->not_loaded};
    }
    return (struct list){seen, verdict->lines};
}

static struct seen look(struct ctx *c, const struct verdict *verdict) {
    return (struct seen){.findings = findings_of(c, verdict),
                         .lines = lines_of(c, verdict),
                         .units_ok = verdict->units_ok,
                         .lines_right = verdict->lines_right,
                         .units_authorised = verdict->units_authorised,
                         .units_right = verdict->units_right,
                         .completes = verdict->completes,
                         .failure_reason = verdict->failure_reason,
                         .place = verdict->place,
                         .receiver_known = verdict->receiver_known};
}

static void run_case(struct ctx *c, const char *folder) {
    struct input input;
    struct seen want;
    struct verdict verdict;
    cases_read(c, folder, "input.json", &input_shape, &input);
    cases_read(c, folder, "expected.json", &seen_shape, &want);
    struct drop_facts facts = facts_of(c, &input);
    CHECK_INT(reconcile(c->arena, c->rules, &facts, &verdict), OK);
    struct seen got = look(c, &verdict);
    cases_same(c, folder, input.about, &seen_shape, &got, &want);
}

TEST(reconcile_cases) {
    cases_run(check_ctx(), "reconcile", 100, run_case);
}
