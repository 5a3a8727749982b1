/* The few value types that every floor shares, and the one way to say "not stated". */
#ifndef CANARY_BASE_VALUE_H
#define CANARY_BASE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every number, date, instant, enum and flag of a record is an int64_t member, and NONE in it
 * means "not stated": SQL NULL, JSON null. A text is NULL, an id all zero for the same. */
#define NONE INT64_MIN

/* A UUID, RFC 9562. All zero: no id. */
struct id {
    uint8_t b[16];
};

/* A run of `n` records (K_LIST), ids (K_IDS), texts (const char *, K_TEXTS) or int64_t (K_INTS). */
struct list {
    const void *at;
    size_t n;
};

struct blob {
    const uint8_t *at;
    size_t n;
};

/* The words of an enum: value i is written word[i] in JSON and in the database. */
struct names {
    const char *const *word;
    size_t n;
};

#define NAMES(...)                                                                                      \
    (struct names) {                                                                                    \
        (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *) \
    }

/* The value of a word, NONE for NULL or an unknown word. */
int64_t names_value(const struct names *names, const char *word);
/* The word of a value; NULL for NONE; asserts that the value is one of the enum's. */
const char *names_word(const struct names *names, int64_t value);

#endif
