#include "base/id.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/random.h"
#include <stdatomic.h>
#include <string.h>
#include <uuid/uuid.h>

enum { COUNT_BITS = 8, WRITER_BITS = 3 };
#define INSTANT_MAX ((INT64_C(1) << 48) - 1)
#define SHORT_EPOCH UINT64_C(0x01) /* the first byte of the milliseconds, which a short form does without */
_Static_assert(ID_WRITERS == 1 << WRITER_BITS, "a writer's number has its bits");

/* Milliseconds and count of the last id: the next one is later, so that what is sorted by id stands as it
 * happened (RFC 9562, section 6.2, method 1). The lowest bits of a count are the writer's number. */
static _Atomic uint64_t last;
static _Atomic uint64_t the_writer;
static _Atomic int64_t writer_told;

static uint64_t next_at(int64_t now) {
    uint64_t before = atomic_load(&last), after;
    do {
        after = (uint64_t)now << COUNT_BITS;
        if (after <= before) after = before + ID_WRITERS;
    } while (!atomic_compare_exchange_weak(&last, &before, after));
    return after;
}

static void put(uint8_t *out, uint64_t value, int bytes) {
    while (bytes-- > 0) {
        out[bytes] = (uint8_t)value;
        value >>= 8;
    }
}

/* RFC 9562, section 5.7: milliseconds, version, 12 bits of which the count takes 8, variant, and the rest,
 * which is a hash of all that: other ids are told from ours by it. */
static struct id made_of(uint64_t instant_and_count) {
    struct id id;
    put(id.b, instant_and_count >> COUNT_BITS, 6);
    id.b[6] = 0x70;
    id.b[7] = (uint8_t)instant_and_count;
    put(id.b + 8, hash_64(id.b, 8), 8);
    id.b[8] = (uint8_t)(0x80 | (id.b[8] & 0x3f));
    return id;
}

struct id id_new(int64_t now) {
    REQUIRE(now >= 0 && now <= INSTANT_MAX);
    return made_of(next_at(now) | atomic_load(&the_writer));
}

/* libuuid 2.38 has no version 7. */
struct id id_random(int64_t now) {
    REQUIRE(now >= 0 && now <= INSTANT_MAX);
    struct id id;
    put(id.b, (uint64_t)now, 6);
    random_fill(id.b + 6, sizeof id.b - 6);
    id.b[6] = (uint8_t)(0x70 | (id.b[6] & 0x0f));
    id.b[8] = (uint8_t)(0x80 | (id.b[8] & 0x3f));
    return id;
}

void id_begin_after(int64_t instant) {
    REQUIRE(instant >= 0);
    if (instant < INSTANT_MAX) (void)next_at(instant + 1); /* else it is no instant of anybody's clock */
}

int64_t id_latest(void) {
    return (int64_t)(atomic_load(&last) >> COUNT_BITS);
}

void id_set_writer(int64_t writer) {
    REQUIRE(writer >= 0 && writer < ID_WRITERS);
    atomic_store(&the_writer, (uint64_t)writer);
    atomic_fetch_add(&writer_told, 1);
}

int64_t id_writer(void) {
    return (int64_t)atomic_load(&the_writer);
}

int64_t id_writer_told(void) {
    return atomic_load(&writer_told);
}

bool id_shorten(const struct id *id, uint8_t short_out[ID_SHORT_SIZE]) {
    if (id->b[0] != SHORT_EPOCH || id->b[6] != 0x70) return false;
    memcpy(short_out, id->b + 1, 5);
    short_out[5] = id->b[7];
    struct id whole = id_lengthen(short_out);
    return id_equal(*id, whole);
}

struct id id_lengthen(const uint8_t short_form[ID_SHORT_SIZE]) {
    uint64_t instant_and_count = SHORT_EPOCH;
    for (int i = 0; i < ID_SHORT_SIZE; i++)
        instant_and_count = instant_and_count << 8 | short_form[i];
    return made_of(instant_and_count);
}

int64_t id_instant(struct id id) {
    int64_t instant = 0;
    for (int i = 0; i < 6; i++)
        instant = instant << 8 | id.b[i];
    return instant;
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

int id_compare_at(const void *a, const void *b) {
    return memcmp(a, b, sizeof(struct id));
}
