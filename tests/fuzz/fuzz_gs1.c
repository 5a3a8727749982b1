/* Barcodes: a fault stands inside the scan; what is read reads back from its canonical form, has right check
 * digits, and has no second reading. */
#include "fuzz.h"
#include "domain/gs1.h"
#include <stdbool.h>
#include <string.h>

#define SEPARATOR '\x1d'
static const struct gs1_known NOTHING = {2026, NULL, NULL};

/* Weights 3, 1, 3 … from the digit beside the check digit: the whole sum is a multiple of ten. */
static void check_number(const char *digits) {
    size_t n = strlen(digits);
    int sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (digits[i] - '0') * ((n - 1 - i) % 2 ? 3 : 1);
    HOLDS(sum % 10 == 0, "%s has a wrong check digit", digits);
}

static const char *canonical(const struct gs1 *record, char text[GS1_FORMAT_SIZE]) {
    gs1_format(record, text);
    return text;
}

static void check_again(const struct gs1 *record) {
    char first[GS1_FORMAT_SIZE], second[GS1_FORMAT_SIZE];
    struct gs1 again;
    struct gs1_fault fault;
    canonical(record, first);
    HOLDS(gs1_read(first, strlen(first), &NOTHING, &again, &fault) == OK, "%s is refused at %zu: %s", first,
          fault.at, fault.text);
    HOLDS(strcmp(first, canonical(&again, second)) == 0, "%s, then %s", first, second);
}

static bool is_number(const char *data, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (data[i] < '0' || data[i] > '9') return false;
    return n == 8 || (n >= 12 && n <= 14);
}

/* Element strings that reached us without any separator: wherever the scanner may have left one out, with it
 * the scan would have said the same, or nothing. */
static void check_only_reading(const char *data, size_t n, const struct gs1 *record) {
    char want[GS1_FORMAT_SIZE], got[GS1_FORMAT_SIZE];
    if (n > 200 || is_number(data, n) || memchr(data, SEPARATOR, n)) return;
    canonical(record, want);
    for (size_t at = 0; at <= n; at++) {
        struct gs1 other;
        struct gs1_fault fault;
        char *with = malloc(n + 1);
        HOLDS(with, "no memory");
        memcpy(with, data, at);
        with[at] = SEPARATOR;
        memcpy(with + at + 1, data + at, n - at);
        if (gs1_read(with, n + 1, &NOTHING, &other, &fault) == OK)
            HOLDS(strcmp(want, canonical(&other, got)) == 0, "%s is read, and with a separator at %zu %s",
                  want, at, got);
        free(with);
    }
}

/* What is stated beside a scan chooses between readings, and makes no other. */
static void check_stated(const char *data, size_t n, const struct gs1 *alone) {
    static const struct gs1_known STATED = {2026, "ABC", "09312345000012"};
    char want[GS1_FORMAT_SIZE], got[GS1_FORMAT_SIZE];
    struct gs1 record;
    struct gs1_fault fault;
    enum err err = gs1_read(data, n, &STATED, &record, &fault);
    if (err == OK) check_again(&record);
    if (!alone) return;
    HOLDS(err == OK, "refused at %zu only because of what was stated: %s", fault.at, fault.text);
    HOLDS(strcmp(canonical(alone, want), canonical(&record, got)) == 0, "%s, and with a lot stated %s", want,
          got);
}

static void check_read(const char *data, size_t n, const struct gs1 *record) {
    if (record->sscc[0]) check_number(record->sscc);
    if (record->gtin[0]) check_number(record->gtin);
    if (record->content_gtin[0]) check_number(record->content_gtin);
    check_again(record);
    check_only_reading(data, n, record);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    char *data = fuzz_copy(bytes, n);
    struct gs1 record;
    struct gs1_fault fault = {SIZE_MAX, ""};
    enum err err = gs1_read(data, n, &NOTHING, &record, &fault);
    HOLDS(err == OK || err == ERR_INVALID, "%s", err_name(err));
    if (err != OK)
        HOLDS(fault.at <= n && fault.text[0], "refused at %zu of %zu: %s", fault.at, n, fault.text);
    if (err == OK) check_read(data, n, &record);
    check_stated(data, n, err == OK ? &record : NULL);
    free(data);
    return 0;
}
