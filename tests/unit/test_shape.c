#include "check.h"
#include "base/shape.h"
#include <math.h>

struct everything {
    int64_t number, flag;
    const char *text;
    struct id id;
    int64_t date, instant, time, milli, deg, word;
    struct blob hex;
    double real;
    const struct everything *obj;
    struct list list, ids, texts, ints;
    const char *raw;
    int64_t beside; /* not in the table */
};

static const struct field FIELDS[] = {
    FIELD(struct everything, K_INT, number), FIELD(struct everything, K_BOOL, flag),
    FIELD(struct everything, K_TEXT, text),  FIELD(struct everything, K_ID, id),
    FIELD(struct everything, K_DATE, date),  FIELD(struct everything, K_INSTANT, instant),
    FIELD(struct everything, K_TIME, time),  FIELD(struct everything, K_MILLI, milli),
    FIELD(struct everything, K_DEG, deg),    FIELD(struct everything, K_ENUM, word),
    FIELD(struct everything, K_HEX, hex),    FIELD(struct everything, K_REAL, real),
    FIELD(struct everything, K_OBJ, obj),    FIELD(struct everything, K_LIST, list),
    FIELD(struct everything, K_IDS, ids),    FIELD(struct everything, K_TEXTS, texts),
    FIELD(struct everything, K_INTS, ints),  FIELD_AS(struct everything, K_RAW, "wire", raw),
};
static const struct shape SHAPE_OF_ALL = SHAPE("everything", struct everything, FIELDS);

TEST(shape_clear_states_nothing) {
    struct everything record;
    memset(&record, 0xa5, sizeof record);
    shape_clear(&SHAPE_OF_ALL, &record);
    CHECK_INT(SHAPE_OF_ALL.n, K_RAW + 1);
    for (size_t i = 0; i < SHAPE_OF_ALL.n; i++)
        if (!shape_is_none(&FIELDS[i], &record)) check_fail(__FILE__, __LINE__, "%s", FIELDS[i].name);
    CHECK_INT(record.number, NONE);
    CHECK_INT(record.word, NONE);
    CHECK(isnan(record.real));
    CHECK(record.list.at == NULL && record.list.n == 0 && record.hex.n == 0);
    CHECK_INT(record.beside, 0);
}

/* What is stated, even as zero, empty or false, is not none. */
TEST(shape_zero_is_stated) {
    static const int64_t INTS[] = {0};
    struct everything record = {
        .text = "",
        .id = {{[15] = 1}},
        .hex = {(const uint8_t *)"", 0},
        .obj = &record,
        .list = {INTS, 0},
        .ids = {INTS, 0},
        .texts = {INTS, 0},
        .ints = {INTS, 1},
        .raw = "null",
    };
    for (size_t i = 0; i < SHAPE_OF_ALL.n; i++)
        if (shape_is_none(&FIELDS[i], &record)) check_fail(__FILE__, __LINE__, "%s", FIELDS[i].name);
}

TEST(shape_field_by_its_wire_name) {
    CHECK(shape_field(&SHAPE_OF_ALL, "number") == &FIELDS[0]);
    CHECK(shape_field(&SHAPE_OF_ALL, "wire") == &FIELDS[K_RAW]);
    CHECK(shape_field(&SHAPE_OF_ALL, "raw") == NULL);
    CHECK(shape_field(&SHAPE_OF_ALL, "Number") == NULL);
    CHECK(shape_field(&SHAPE_OF_ALL, "") == NULL);
}
