#include "base/id.h"
#include "base/log.h"
#include "base/random.h"
#include <stdatomic.h>
#include <string.h>
#include <uuid/uuid.h>

/* The millisecond of the last id, and how many ids it had: ids of one millisecond keep the order they were
 * made in (RFC 9562, section 6.2, method 1), so that what is sorted by id stands as it happened. */
static _Atomic uint64_t last;

static uint64_t next_in(int64_t now) {
    uint64_t before = atomic_load(&last), after;
    do {
        bool same = before >> 12 == (uint64_t)now;
        after = (uint64_t)now << 12 | (same ? (before + 1) & 0xfff : 0);
    } while (!atomic_compare_exchange_weak(&last, &before, after));
    return after & 0xfff;
}

/* libuuid 2.38 has no version 7; RFC 9562, section 5.7. */
struct id id_new(int64_t now) {
    REQUIRE(now >= 0 && now < INT64_C(1) << 48);
    struct id id;
    for (int i = 0; i < 6; i++)
        id.b[i] = (uint8_t)(now >> (40 - 8 * i));
    random_fill(id.b + 6, sizeof id.b - 6);
    uint64_t count = next_in(now);
    id.b[6] = (uint8_t)(0x70 | count >> 8);
    id.b[7] = (uint8_t)count;
    id.b[8] = (uint8_t)(0x80 | (id.b[8] & 0x3f));
    return id;
}

bool id_parse(const char *text, struct id *id_out) {
    struct id id;
    if (!text || uuid_parse(text, id.b) != 0 || id_is_none(id)) return false;
    *id_out = id;
    return true;
}

const char *id_format(struct id id, char text[ID_TEXT_SIZE]) {
    uuid_unparse_lower(id.b, text);
    return text;
}

bool id_equal(struct id a, struct id b) {
    return id_compare(a, b) == 0;
}

bool id_is_none(struct id id) {
    return id_equal(id, (struct id){{0}});
}

int id_compare(struct id a, struct id b) {
    return memcmp(a.b, b.b, sizeof a.b);
}
