#include "check.h"
#include "base/date.h"
#include "base/id.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1772409600000)

static bool has_form(struct id id) {
    char text[ID_TEXT_SIZE];
    id_format(id, text);
    return strlen(text) == 36 && text[14] == '7' && strchr("89ab", text[19]);
}

static bool is_short(struct id id) {
    uint8_t short_form[ID_SHORT_SIZE];
    return id_shorten(&id, short_form);
}

TEST(id_has_the_form_of_version_7) {
    char text[ID_TEXT_SIZE];
    /* RFC 9562, appendix A.6: 0x017F22E279B0 is 2022-02-22T19:22:22Z */
    CHECK(strncmp(id_format(id_random(INT64_C(0x017f22e279b0)), text), "017f22e2-79b0-7", 15) == 0);
    for (int i = 0; i < 1000; i++)
        CHECK(has_form(id_random(5 + i)) && has_form(id_new(NOW + i)));
}

/* The instant and count of an id, as its first bytes have them. */
static uint64_t place_of(struct id id) {
    uint64_t place = 0;
    for (int i = 0; i < 6; i++)
        place = place << 8 | id.b[i];
    return place << 8 | id.b[7];
}

/* Whatever the clock does: 32 of a millisecond, then the next one's. */
TEST(id_new_is_later_than_the_one_before) {
    static const int64_t CLOCK[] = {0, 1, 1, 0, -5000, 2, 100, 99};
    struct id before = id_new(NOW);
    for (size_t i = 0; i < 100 * COUNT(CLOCK); i++) {
        struct id id = id_new(NOW + CLOCK[i % COUNT(CLOCK)]);
        CHECK(id_compare(before, id) < 0);
        before = id;
    }
    int64_t later = id_instant(before) + DAY_MS;
    struct id next = id_new(later);
    CHECK_INT(id_instant(next), later);
    for (int i = 0; i < 32; i++)
        next = id_new(later);
    CHECK_INT(id_instant(next), later + 1);
    CHECK_INT(place_of(next) % 256, 0);
}

TEST(id_begins_after_what_was_written) {
    int64_t written = id_instant(id_new(NOW)) + 2 * DAY_MS;
    id_begin_after(written);
    CHECK(id_instant(id_new(NOW)) > written);
}

/* Processes that begin at the same instant. */
TEST(id_of_two_writers_differ) {
    uint64_t of[ID_WRITERS];
    for (int64_t i = 0; i < ID_WRITERS; i++) {
        id_set_writer(i);
        of[i] = place_of(id_new(NOW));
        CHECK_INT(of[i] % ID_WRITERS, i);
    }
    id_set_writer(0);
}

TEST(id_short_there_and_back) {
    uint8_t form[ID_SHORT_SIZE], before[ID_SHORT_SIZE] = {0};
    for (int i = 0; i < 10000; i++) {
        struct id id = id_new(NOW + i / 7);
        CHECK(id_shorten(&id, form));
        CHECK(id_equal(id, id_lengthen(form)));
        CHECK(memcmp(before, form, sizeof form) < 0); /* ordered as the ids are */
        memcpy(before, form, sizeof form);
    }
}

/* A byte that is another makes it an id that Canary did not make; so is a device's. */
TEST(id_short_of_our_own_alone) {
    struct id id = id_new(NOW);
    for (size_t i = 0; i < sizeof id.b; i++) {
        struct id other = id;
        other.b[i] ^= 1;
        CHECK(!is_short(other));
    }
    for (int i = 0; i < 10000; i++)
        CHECK(!is_short(id_random(NOW)));
    CHECK(!is_short((struct id){{0}}));
}

/* From November 2004 to September 2039; any other is kept whole. */
TEST(id_short_as_long_as_40_bits_are_enough) {
    uint8_t first[ID_SHORT_SIZE] = {0}, last[ID_SHORT_SIZE] = {255, 255, 255, 255, 255, 255};
    CHECK_INT(id_instant(id_lengthen(first)), INT64_C(1099511627776));
    CHECK_INT(id_instant(id_lengthen(last)), INT64_C(2199023255551));
    CHECK(is_short(id_lengthen(first)) && is_short(id_lengthen(last)));
}

static void id_before_1970(void) {
    (void)id_new(-1);
}
static void id_too_late(void) {
    (void)id_new(INT64_C(1) << 48);
}

TEST(id_outside_its_48_bits) {
    CHECK_DIES(id_before_1970);
    CHECK_DIES(id_too_late);
}

#define PER_THREAD 5000

static void *make_ids(void *ids) {
    for (int i = 0; i < PER_THREAD; i++)
        ((struct id *)ids)[i] = id_new(1);
    return NULL;
}

static int compare(const void *a, const void *b) {
    return id_compare(*(const struct id *)a, *(const struct id *)b);
}

TEST(id_of_two_threads_in_one_millisecond_differ) {
    static struct id ids[2 * PER_THREAD];
    pthread_t other;
    CHECK(pthread_create(&other, NULL, make_ids, ids) == 0);
    make_ids(ids + PER_THREAD);
    pthread_join(other, NULL);
    qsort(ids, COUNT(ids), sizeof ids[0], compare);
    for (size_t i = 1; i < COUNT(ids); i++)
        CHECK(!id_equal(ids[i - 1], ids[i]));
}

TEST(id_there_and_back) {
    struct id id, back;
    char text[ID_TEXT_SIZE];
    CHECK(id_parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F", &id));
    CHECK_STR(id_format(id, text), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    CHECK(id.b[0] == 0x01 && id.b[15] == 0x8f);
    CHECK(id_parse(text, &back) && id_equal(id, back));
    CHECK(id_parse("c232ab00-9414-11ec-b3c8-9f6bdeced846", &id)); /* version 1 */
    CHECK(id_parse("ffffffff-ffff-ffff-ffff-ffffffffffff", &id));
}

TEST(id_parse_refuses) {
    static const char *const BAD[] = {"",
                                      "017f22e2",
                                      "017f22e279b07cc398c4dc0c0c07398f",
                                      "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
                                      "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
                                      "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
                                      "017f22e2-79b0-7cc3-98c4_dc0c0c07398f",
                                      "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
                                      " 17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
                                      "+17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
                                      "017f22e2-79b-07cc3-98c4-dc0c0c07398f",
                                      "00000000-0000-0000-0000-000000000000"};
    struct id id = {{9}};
    for (size_t i = 0; i < COUNT(BAD); i++)
        if (id_parse(BAD[i], &id)) check_fail(__FILE__, __LINE__, "\"%s\" is taken", BAD[i]);
    CHECK(!id_parse(NULL, &id));
    CHECK_INT(id.b[0], 9);
}

TEST(id_none) {
    struct id none = {{0}}, last = {{[15] = 1}};
    CHECK(id_is_none(none) && !id_is_none(last) && !id_is_none(id_random(0)));
    CHECK(id_compare(none, last) < 0 && id_compare(last, none) > 0 && id_compare(last, last) == 0);
    struct id high = {{0x80}};
    CHECK(id_compare(last, high) < 0); /* bytes are unsigned, as in the database */
}
