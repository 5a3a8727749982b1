#include "cases.h"
#include "check.h"
#include "domain/gs1.h"

/* Each folder of fixtures/gs1 is a case: one scan, and what it says or why and where it is refused. */

struct input {
    const char *about, *scan, *lot, *gtin;
    int64_t year;
};
static const struct field INPUT_FIELDS[] = {
    FIELD(struct input, K_TEXT, about, .flags = F_REQUIRED),
    FIELD(struct input, K_TEXT, scan, .flags = F_CONTROLS, .max = 1000),
    FIELD(struct input, K_INT, year, .flags = 0),
    FIELD(struct input, K_TEXT, lot, .flags = 0),
    FIELD(struct input, K_TEXT, gtin, .flags = 0),
};
static const struct shape input_shape = SHAPE("input", struct input, INPUT_FIELDS);

struct refusal {
    int64_t at;
    const char *says;
};
static const struct field REFUSAL_FIELDS[] = {
    FIELD(struct refusal, K_INT, at, .flags = F_REQUIRED),
    FIELD(struct refusal, K_TEXT, says, .flags = F_REQUIRED, .max = GS1_FAULT_SIZE),
};
static const struct shape refusal_shape = SHAPE("refusal", struct refusal, REFUSAL_FIELDS);

struct seen {
    const char *sscc, *gtin, *content_gtin, *lot, *serial;
    int64_t production, due, packaging, best_before, expiry, count, contained;
    const struct refusal *refused;
};
static const struct field SEEN_FIELDS[] = {
    FIELD(struct seen, K_TEXT, sscc, .flags = F_OMIT),
    FIELD(struct seen, K_TEXT, gtin, .flags = F_OMIT),
    FIELD(struct seen, K_TEXT, content_gtin, .flags = F_OMIT),
    FIELD(struct seen, K_TEXT, lot, .flags = F_OMIT),
    FIELD(struct seen, K_TEXT, serial, .flags = F_OMIT),
    FIELD(struct seen, K_DATE, production, .flags = F_OMIT),
    FIELD(struct seen, K_DATE, due, .flags = F_OMIT),
    FIELD(struct seen, K_DATE, packaging, .flags = F_OMIT),
    FIELD(struct seen, K_DATE, best_before, .flags = F_OMIT),
    FIELD(struct seen, K_DATE, expiry, .flags = F_OMIT),
    FIELD(struct seen, K_INT, count, .flags = F_OMIT, .max = 99999999),
    FIELD(struct seen, K_INT, contained, .flags = F_OMIT, .max = 99999999),
    FIELD(struct seen, K_OBJ, refused, .flags = F_OMIT, .sub = &refusal_shape),
};
static const struct shape seen_shape = SHAPE("seen", struct seen, SEEN_FIELDS);

static const char *stated(struct ctx *c, const char *text) {
    return *text ? arena_strdup(c->arena, text) : NULL;
}

static struct seen look(struct ctx *c, const struct gs1 *record) {
    return (struct seen){.sscc = stated(c, record->sscc),
                         .gtin = stated(c, record->gtin),
                         .content_gtin = stated(c, record->content_gtin),
                         .lot = stated(c, record->lot),
                         .serial = stated(c, record->serial),
                         .production = record->production,
                         .due = record->due,
                         .packaging = record->packaging,
                         .best_before = record->best_before,
                         .expiry = record->expiry,
                         .count = record->count,
                         .contained = record->contained};
}

/* A case need not write the whole sentence: words of it do. */
static struct seen look_refused(struct ctx *c, const struct gs1_fault *fault, const struct seen *want) {
    struct refusal *refused = arena_alloc(c->arena, sizeof *refused);
    struct seen seen;
    bool said = want->refused && strstr(fault->text, want->refused->says);
    shape_clear(&seen_shape, &seen);
    refused->at = (int64_t)fault->at;
    refused->says = said ? want->refused->says : arena_strdup(c->arena, fault->text);
    seen.refused = refused;
    return seen;
}

static void run_case(struct ctx *c, const char *folder) {
    struct input input;
    struct seen want, got;
    struct gs1 record;
    struct gs1_fault fault;
    cases_read(c, folder, "input.json", &input_shape, &input);
    cases_read(c, folder, "expected.json", &seen_shape, &want);
    const char *scan = input.scan ? input.scan : "";
    const struct gs1_known known = {input.year == NONE ? 2026 : (int)input.year, input.lot, input.gtin};
    if (gs1_read(scan, strlen(scan), &known, &record, &fault) == OK)
        got = look(c, &record);
    else
        got = look_refused(c, &fault, &want);
    cases_same(c, folder, input.about, &seen_shape, &got, &want);
}

TEST(gs1_cases) {
    cases_run(check_ctx(), "gs1", 140, run_case);
}
