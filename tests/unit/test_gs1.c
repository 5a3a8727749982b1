/* Properties of the barcode reader, over random records and random damage. */
#include "base/date.h"
#include "check.h"
#include "domain/gs1.h"
#include <stdio.h>

enum { ROUNDS = 20000, YEAR = 2026 };
static const struct gs1_known KNOWN = {YEAR, NULL, NULL};

/* A generator of our own: the same numbers in every run. */
static uint32_t next(uint32_t *state, uint32_t below) {
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

static void random_number(uint32_t *state, char *digits, size_t n) {
    for (size_t i = 0; i < n; i++)
        digits[i] = (char)('0' + next(state, 10));
    digits[n - 1] = gs1_check_digit(digits, n);
    digits[n] = 0;
}

static void random_text(uint32_t *state, char *text) {
    static const char SET[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcxyz!\"%&'*+,-./:;<=>?_0123456789";
    size_t n = 1 + next(state, GS1_TEXT_MAX);
    for (size_t i = 0; i < n; i++)
        text[i] = SET[next(state, sizeof SET - 1)];
    text[n] = 0;
}

static int64_t random_date(uint32_t *state) {
    return next(state, 3) ? NONE : date_of(1977, 1, 1) + next(state, 100 * 365);
}

static struct gs1 empty(void) {
    return (struct gs1){.production = NONE,
                        .due = NONE,
                        .packaging = NONE,
                        .best_before = NONE,
                        .expiry = NONE,
                        .count = NONE,
                        .contained = NONE};
}

/* Of an item, or of a logistic unit's content. */
static struct gs1 random_record(uint32_t *state) {
    struct gs1 r = empty();
    if (next(state, 2)) random_number(state, r.sscc, 18);
    if (r.sscc[0] && next(state, 2)) {
        random_number(state, r.content_gtin, 14);
        r.contained = next(state, 100000000);
    } else {
        random_number(state, r.gtin, 14);
        if (next(state, 2)) random_text(state, r.serial);
    }
    if (next(state, 2)) random_text(state, r.lot);
    if (next(state, 3) == 0) r.count = next(state, 100000000);
    int64_t *const date[] = {&r.production, &r.due, &r.packaging, &r.best_before, &r.expiry};
    for (size_t i = 0; i < COUNT(date); i++)
        *date[i] = random_date(state);
    return r;
}

static void same(const struct gs1 *got, const struct gs1 *want, const char *scan) {
    char a[GS1_FORMAT_SIZE], b[GS1_FORMAT_SIZE];
    gs1_format(got, a);
    gs1_format(want, b);
    if (strcmp(a, b) != 0) check_fail("gs1", 0, "%s is read as %s, not %s", scan, a, b);
}

/* Element strings with separators, as brackets: "10ABC<GS>" becomes "(10)ABC". */
static void to_brackets(const struct gs1 *record, char *text, size_t size) {
    char flat[GS1_FORMAT_SIZE];
    static const struct {
        const char *ai;
        size_t n;
    } FIXED[] = {{"00", 18}, {"01", 14}, {"02", 14}, {"11", 6}, {"12", 6}, {"13", 6}, {"15", 6}, {"17", 6}};
    size_t out = 0;
    gs1_format(record, flat);
    for (const char *at = flat + strlen("]C1"); *at;) {
        size_t n = strcspn(at + 2, "\x1d");
        for (size_t i = 0; i < COUNT(FIXED); i++)
            if (memcmp(at, FIXED[i].ai, 2) == 0) n = FIXED[i].n;
        out += (size_t)snprintf(text + out, size - out, "(%.2s)%.*s", at, (int)n, at + 2);
        at += 2 + n;
        at += *at == '\x1d';
    }
}

static void reads_as(const struct gs1 *want, const char *scan) {
    struct gs1 got;
    struct gs1_fault fault;
    if (gs1_read(scan, strlen(scan), &KNOWN, &got, &fault) != OK)
        check_fail("gs1", 0, "%s is refused at %zu: %s", scan, fault.at, fault.text);
    same(&got, want, scan);
}

TEST(gs1_a_record_reads_back_in_every_form) {
    uint32_t state = 1;
    for (int i = 0; i < ROUNDS; i++) {
        struct gs1 want = random_record(&state);
        char flat[GS1_FORMAT_SIZE], text[2 * GS1_FORMAT_SIZE];
        gs1_format(&want, flat);
        reads_as(&want, flat);
        static const char *const FRONT[] = {"]C1", "]d2", "]Q3", "]e0", "\x1d", "]d2\x1d"};
        snprintf(text, sizeof text, "%s%s", FRONT[next(&state, COUNT(FRONT))], flat + strlen("]C1"));
        reads_as(&want, text);
        to_brackets(&want, text, sizeof text);
        reads_as(&want, text);
    }
}

/* Without its last separator a record reads the same or is refused inside its last value: never otherwise. */
TEST(gs1_an_open_end_is_read_right_or_refused) {
    uint32_t state = 2;
    int refused = 0, read = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct gs1 want = random_record(&state), got;
        struct gs1_fault fault;
        char text[GS1_FORMAT_SIZE];
        gs1_format(&want, text);
        size_t n = strlen(text);
        if (text[n - 1] != '\x1d') continue;
        text[--n] = 0;
        if (gs1_read(text, n, &KNOWN, &got, &fault) == OK) {
            same(&got, &want, text);
            read++;
        } else {
            CHECK(fault.at < n && !memchr(text + fault.at, '\x1d', n - fault.at));
            refused++;
        }
    }
    CHECK(read > 20 * refused && refused > 10);
}

/* What a scanner without separators makes of a record is never read as another one: a lot that swallowed a
 * date or a serial number is refused. */
TEST(gs1_lost_separators_are_never_read_as_another_record) {
    uint32_t state = 3;
    int refused = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct gs1 want = empty(), got;
        struct gs1_fault fault;
        char scan[GS1_FORMAT_SIZE], date[16];
        int year, month, day;
        random_number(&state, want.gtin, 14);
        random_text(&state, want.lot);
        want.lot[12] = 0; /* room for the date inside a lot's 20 characters */
        want.expiry = date_of(2000, 1, 1) + next(&state, 70 * 365);
        date_split(want.expiry, &year, &month, &day);
        snprintf(date, sizeof date, "17%02d%02d%02d", year % 100, month, day);
        snprintf(scan, sizeof scan, "01%s10%s%s", want.gtin, want.lot, date);
        const struct gs1_known stated = {YEAR, want.lot, NULL};
        CHECK_INT(gs1_read(scan, strlen(scan), &KNOWN, &got, &fault), ERR_INVALID);
        CHECK(fault.at >= 18 && fault.at <= strlen(scan) - strlen(date));
        refused++;
        if (gs1_read(scan, strlen(scan), &stated, &got, &fault) == OK) same(&got, &want, scan);
    }
    CHECK_INT(refused, ROUNDS);
}

TEST(gs1_every_wrong_digit_of_a_gtin_is_refused) {
    static const size_t LENGTH[] = {8, 12, 13, 14};
    uint32_t state = 4;
    for (int i = 0; i < 500; i++) {
        size_t n = LENGTH[next(&state, COUNT(LENGTH))];
        char alone[] = "]E0xxxxxxxxxxxxxx", inside[] = "01xxxxxxxxxxxxxx", digits[15], full[GS1_GTIN_SIZE];
        struct gs1 got;
        struct gs1_fault fault;
        random_number(&state, digits, n);
        for (size_t k = 0; k < n; k++)
            for (char wrong = '0'; wrong <= '9'; wrong++) {
                char kept = digits[k];
                digits[k] = wrong;
                CHECK(gs1_gtin14(digits, full));
                memcpy(alone + 3, digits, n + 1);
                memcpy(inside + 2, full, 14);
                enum err want = wrong == kept ? OK : ERR_INVALID;
                CHECK_INT(gs1_read(alone, n + 3, &KNOWN, &got, &fault), want);
                CHECK_INT(gs1_read(inside, 16, &KNOWN, &got, &fault), want);
                if (want == OK) CHECK_STR(got.gtin, full);
                digits[k] = kept;
            }
    }
}

/* Any bytes: an answer, a position inside them, a sentence; and what is read reads back. */
TEST(gs1_any_bytes_get_an_answer) {
    static const char SET[] = "0011223789012345ABC()]CdQe \x1d\x00\xc3";
    uint32_t state = 5;
    int read = 0;
    for (int i = 0; i < 20 * ROUNDS; i++) {
        char scan[64], text[GS1_FORMAT_SIZE];
        size_t n = next(&state, 40);
        struct gs1 got;
        struct gs1_fault fault = {SIZE_MAX, ""};
        for (size_t k = 0; k < n; k++)
            scan[k] = SET[next(&state, sizeof SET - 1)];
        if (i % 2 && n > 4) memcpy(scan, i % 4 == 1 ? "10AB" : "1728", 4);
        if (gs1_read(scan, n, &KNOWN, &got, &fault) != OK) {
            CHECK(fault.at <= n && fault.text[0] && strlen(fault.text) < GS1_FAULT_SIZE - 1);
            continue;
        }
        read++;
        gs1_format(&got, text);
        reads_as(&got, text);
    }
    CHECK(read > 1000);
}

TEST(gs1_one_gtin_in_all_its_lengths) {
    char gtin[GS1_GTIN_SIZE], form[GS1_FORMS][GS1_GTIN_SIZE];
    CHECK(gs1_gtin14("02345673", gtin));
    CHECK_STR(gtin, "00000002345673");
    CHECK(!gs1_gtin14("0234567", gtin) && !gs1_gtin14("0234567x", gtin) && !gs1_gtin14("", gtin));
    CHECK_STR(gtin, "");
    gs1_gtin_forms("416000336108", form);
    CHECK_STR(form[0], "00416000336108");
    CHECK_STR(form[1], "0416000336108");
    CHECK_STR(form[2], "416000336108");
    CHECK_STR(form[3], "416000336108");
    gs1_gtin_forms("00000002345673", form);
    CHECK_STR(form[3], "02345673");
    gs1_gtin_forms("12345678901231", form);
    for (int i = 0; i < GS1_FORMS; i++)
        CHECK_STR(form[i], "12345678901231");
    gs1_gtin_forms("A-1", form);
    CHECK_STR(form[0], "A-1");
    CHECK_STR(form[3], "A-1");
    gs1_gtin_forms("longer than any GTIN", form);
    CHECK_STR(form[0], "");
}

TEST(gs1_check_digits) {
    static const char *const GOOD[] = {"02345673", "416000336108", "1234567890128", "12345678901231",
                                       "123456789012345675"};
    for (size_t i = 0; i < COUNT(GOOD); i++) {
        size_t n = strlen(GOOD[i]);
        CHECK_INT(gs1_check_digit(GOOD[i], n), GOOD[i][n - 1]);
    }
    CHECK(gs1_check_digit("12345673", 8) != '3');
    CHECK(gs1_check_digit("1234567890129", 13) != '9');
    CHECK(gs1_check_digit("12345678901232", 14) != '2');
}
