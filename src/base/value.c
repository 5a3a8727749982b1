#include "base/value.h"
#include "base/log.h"
#include <string.h>

int64_t names_value(const struct names *names, const char *word) {
    if (!word) return NONE;
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->word[i], word) == 0) return (int64_t)i;
    return NONE;
}

const char *names_word(const struct names *names, int64_t value) {
    if (value == NONE) return NULL;
    REQUIRE(value >= 0 && (uint64_t)value < names->n);
    return names->word[value];
}
