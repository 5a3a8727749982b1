#include "check.h"
#include "base/id.h"
#include <pthread.h>
#include <stdlib.h>

TEST(id_has_the_form_of_version_7) {
    char text[ID_TEXT_SIZE];
    /* RFC 9562, appendix A.6: 0x017F22E279B0 is 2022-02-22T19:22:22Z */
    struct id id = id_new(INT64_C(0x017f22e279b0));
    id_format(id, text);
    CHECK_INT(strlen(text), 36);
    CHECK(strncmp(text, "017f22e2-79b0-7", 15) == 0);
    for (int i = 0; i < 100; i++)
        CHECK(strchr("89ab", id_format(id_new(5), text)[19]) != NULL);
}

TEST(id_is_ordered_by_time) {
    int64_t now = INT64_C(1772409600000);
    for (int i = 0; i < 1000; i++)
        CHECK(id_compare(id_new(now + i), id_new(now + i + 1)) < 0);
    CHECK(id_compare(id_new(0), id_new((INT64_C(1) << 48) - 1)) < 0);
}

/* 4096 of them: the count has 12 bits. Another millisecond starts its own. */
TEST(id_of_one_millisecond_keep_their_order) {
    struct id before = id_new(INT64_C(1772409600001));
    for (int i = 1; i < 4096; i++) {
        struct id id = id_new(INT64_C(1772409600001));
        CHECK(id_compare(before, id) < 0);
        before = id;
    }
    CHECK(id_compare(before, id_new(INT64_C(1772409600002))) < 0);
    CHECK(id_compare(before, id_new(INT64_C(1772409600000))) > 0);
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
    CHECK(id_is_none(none) && !id_is_none(last) && !id_is_none(id_new(0)));
    CHECK(id_compare(none, last) < 0 && id_compare(last, none) > 0 && id_compare(last, last) == 0);
    struct id high = {{0x80}};
    CHECK(id_compare(last, high) < 0); /* bytes are unsigned, as in the database */
}
