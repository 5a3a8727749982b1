/* Valid bodies, changed at random (always the same way): nothing crashes, and what is taken means
 * something: written and read again it is the same. */
#include "json_things.h"

#define MUTATIONS 20000

static const char *const SEEDS[] = {
    "{\"name\":\"A. "
    "Receiver\",\"note\":\"\\u00e9\\n\\ud83d\\ude00\",\"qty\":56,\"use\":2.5,\"lat\":-33.8731,\"flag\":true}",
    "{\"id\":\"0193a1b2-0000-7000-8000-00000000000a\",\"name\":\"x\",\"day\":\"2028-05-31\",\"at\":\"2026-12-"
    "03T00:42:10.000Z\"}",
    "{\"name\":\"x\",\"parts\":[{\"code\":\"A\",\"qty\":1},{\"code\":\"B\",\"qty\":1e2}],\"part\":{\"code\":"
    "\"C\"},\"unit\":\"day\"}",
    "{\"name\":\"x\",\"ids\":[\"0193a1b2-0000-7000-8000-00000000000a\"],\"tags\":[\"t\",\"u\"],\"weekdays\":["
    "1,2,7]}",
    "{\"name\":\"x\",\"hash\":\"deadbeef\",\"share\":0.25,\"open/"
    "at~\":\"24:00\",\"extra\":{\"k\":[null,false]},\"rank\":-5}",
};
static const char *const SPLICES[] = {"\\u0000",
                                      "\\ud800",
                                      "\xff",
                                      "\xc3\xa9",
                                      "[[[[[[[[[[[[[[[[[",
                                      "null",
                                      "1e400",
                                      "\"",
                                      "{",
                                      "}",
                                      ",",
                                      ":",
                                      "-0",
                                      "007",
                                      "\"qty\":1,",
                                      "9007199254740993",
                                      "\\",
                                      "0000000000000000",
                                      "1.",
                                      "\xef\xbb\xbf"};

static uint64_t state;

static size_t below(size_t n) { /* xorshift64 */
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state % n);
}

struct body {
    char at[400];
    size_t n;
};

static void splice(struct body *body, size_t at, size_t cut, const char *with, size_t n) {
    if (cut > body->n - at) cut = body->n - at;
    if (body->n - cut + n > sizeof body->at) return;
    memmove(body->at + at + n, body->at + at + cut, body->n - at - cut);
    memmove(body->at + at, with, n);
    body->n += n - cut;
}

static void mutate(struct body *body) {
    size_t at = below(body->n + 1);
    const char *with = SPLICES[below(COUNT(SPLICES))];
    char byte = (char)below(256);
    char piece[40];
    size_t from = below(body->n + 1), n = below(sizeof piece);
    if (n > body->n - from) n = body->n - from;
    memcpy(piece, body->at + from, n);
    switch (below(5)) {
    case 0:
        splice(body, at, 1, &byte, 1);
        break;
    case 1:
        splice(body, at, below(8), "", 0);
        break;
    case 2:
        splice(body, at, below(2), with, strlen(with));
        break;
    case 3:
        splice(body, at, 0, piece, n);
        break;
    default:
        splice(body, at, below(2), (char[]){(char)('0' + below(10))}, 1);
    }
}

static const char *encoded(struct ctx *c, const struct thing *t) {
    struct text out = text_in(c->arena);
    json_object(&out, &thing_shape, t);
    return out.at;
}

/* The encoding without what an input may not hold. */
static enum err decode_again(struct ctx *c, const char *text, struct thing *t) {
    char *body = arena_strdup(c->arena, text), *version = strstr(body, ",\"version\":null}");
    CHECK(version);
    memcpy(version, "}", 2);
    char *weekdays = strstr(body, ",\"weekdays\":[]"); /* not stated, but an input's has 1 to 7 */
    if (weekdays) memmove(weekdays, weekdays + 14, strlen(weekdays + 14) + 1);
    return json_of(c, body, t);
}

static void check_again(struct ctx *c, const struct thing *t) {
    struct thing again;
    const char *text = encoded(c, t);
    CHECK_OK(c, json_check(c, text, strlen(text)));
    CHECK_OK(c, decode_again(c, text, &again));
    CHECK_STR(encoded(c, &again), text);
}

static int try_one(struct ctx *c, size_t seed) {
    struct thing t;
    struct body body = {.n = strlen(SEEDS[seed])};
    memcpy(body.at, SEEDS[seed], body.n);
    for (size_t i = below(4) + 1; i > 0; i--)
        mutate(&body);
    const char *exact = arena_memdup(c->arena, body.at, body.n);
    enum err checked = json_check(c, exact, body.n);
    const char *checked_as = c->fault.slug;
    ctx_fault_clear(c);
    enum err err = json_decode(c, exact, body.n, &thing_shape, &t);
    CHECK(err == OK || err == ERR_INVALID);
    CHECK(err != OK ||
          checked == OK); /* decoding is never laxer than the check, and as harsh about grammar */
    CHECK(text_equal(checked_as, "request.not-json") == text_equal(c->fault.slug, "request.not-json"));
    CHECK((err == OK || text_equal(c->fault.slug, "request.not-json")) == !c->fault.first);
    if (err == OK) check_again(c, &t);
    return err == OK;
}

TEST(json_mutations_never_crash_and_mean_something) {
    struct ctx *c = check_ctx();
    int taken = 0;
    state = UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < MUTATIONS; i++) {
        arena_reset(c->arena);
        ctx_fault_clear(c);
        taken += try_one(c, i % COUNT(SEEDS));
    }
    CHECK(taken > MUTATIONS / 100 && taken < MUTATIONS / 2); /* neither all refused nor hardly changed */
}
