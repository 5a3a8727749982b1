/* A block gives back what was packed, whatever rows hold; and of bytes that are none it says so. */
#include "base/bytes.h"
#include "base/id.h"
#include "base/random.h"
#include "check.h"
#include "db/db_rows.h"
#include "store/audit_block.h"
#include <stdio.h>
#include <stdlib.h>

#define NOW INT64_C(1772409600000)

/* ---- numbers ---- */

TEST(bytes_numbers_there_and_back) {
    static const uint64_t NUMBERS[] = {0, 1, 127, 128, 16383, 16384, UINT32_MAX, INT64_MAX, UINT64_MAX};
    struct ctx *c = check_ctx();
    struct text out = text_in(c->arena);
    for (size_t i = 0; i < COUNT(NUMBERS); i++) {
        bytes_add_number(&out, NUMBERS[i]);
        bytes_add_signed(&out, (int64_t)NUMBERS[i]);
    }
    struct bytes in = bytes_of((struct blob){(const uint8_t *)out.at, out.n});
    for (size_t i = 0; i < COUNT(NUMBERS); i++) {
        CHECK(bytes_number(&in) == NUMBERS[i]);
        CHECK(bytes_signed(&in) == (int64_t)NUMBERS[i]);
    }
    CHECK(!in.bad && in.at == in.end);
    CHECK_INT(bytes_number(&in), 0);
    CHECK(in.bad);
}

TEST(bytes_that_end_too_early_are_bad) {
    static const uint8_t CUT[] = {0x80, 0x80},
                         LONG[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1};
    struct bytes in = bytes_of((struct blob){CUT, sizeof CUT});
    CHECK_INT(bytes_number(&in), 0);
    CHECK(in.bad);
    in = bytes_of((struct blob){LONG, sizeof LONG});
    CHECK_INT(bytes_number(&in), 0);
    CHECK(in.bad);
    in = bytes_of((struct blob){CUT, sizeof CUT});
    CHECK(!bytes_take(&in, 3).at && in.bad);
    in = bytes_of((struct blob){CUT, sizeof CUT});
    CHECK_STR(bytes_text(&in), "");
    CHECK(in.bad);
}

TEST(bytes_unzip_no_more_than_is_allowed) {
    struct ctx *c = check_ctx();
    uint8_t plain[1000] = {7};
    struct blob zipped = bytes_zip(c->arena, (struct blob){plain, sizeof plain});
    CHECK(zipped.at && zipped.n < sizeof plain);
    struct blob again = bytes_unzip(c->arena, zipped, sizeof plain);
    CHECK(again.n == sizeof plain && memcmp(again.at, plain, sizeof plain) == 0);
    CHECK(!bytes_unzip(c->arena, zipped, sizeof plain - 1).at);
    CHECK(!bytes_unzip(c->arena, (struct blob){zipped.at, zipped.n - 1}, sizeof plain).at);
    CHECK(!bytes_unzip(c->arena, (struct blob){plain, sizeof plain}, sizeof plain).at);
}

/* ---- rows of every kind ---- */

static struct blob random_blob(struct ctx *c, size_t n) {
    uint8_t *bytes = arena_alloc(c->arena, n + 1);
    random_fill(bytes, n);
    return (struct blob){bytes, n};
}

/* As a unit has it that wrote a row in each of `tables` tables; or, if random, as nothing ever wrote it. */
static struct blob sums_of(struct ctx *c, size_t tables, bool random) {
    struct db_rows rows = {0};
    uint8_t *bytes = arena_alloc(c->arena, DB_ROWS_BYTES), hash[SHA256_SIZE], key[DB_ROWS_KEY] = {0};
    for (size_t i = 0; i < tables; i++) {
        key[0] = (uint8_t)i;
        random_fill(hash, sizeof hash);
        db_rows_add_row(&rows, key, hash, i % 2);
    }
    size_t n = db_rows_write(&rows, bytes);
    if (random) random_fill(bytes, DB_ROWS_TOTAL);
    return (struct blob){bytes, n};
}

static const char *change_of(struct ctx *c, int i) {
    static const char *const CHANGES[] = {"{}",
                                          "",
                                          "{\"state\":\"confirmed\"}",
                                          "a\1b\2c\3",
                                          "0",
                                          "\2",
                                          "01920000-0000-7000-8000-000000000000", /* of this form, not ours */
                                          "0192000",
                                          "{\"name\":\"Zo\xc3\xab\"}"};
    struct id id = i % 2 ? id_new(NOW + i) : id_random(NOW + i);
    char text[ID_TEXT_SIZE];
    id_format(id, text);
    if (i % 3 == 0) return CHANGES[(size_t)i / 3 % COUNT(CHANGES)];
    if (i % 7 == 0) text[15] = 'A'; /* as nobody here writes it */
    return arena_printf(c->arena, "{\"id\":\"%s\",\"again\":\"%s\",\"n\":%d}", text, text, i);
}

static struct audit_row row_of(struct ctx *c, int i, int64_t first) {
    static const char *const ACTION[] = {"order.confirm", "delivery.confirm", "plan.run", ""};
    struct audit_row row = {.seq = first + i,
                            .at = i % 50 == 49   ? INT64_MAX
                                  : i % 50 == 48 ? INT64_MIN
                                                 : NOW + i,
                            .role = i % 7,
                            .action = ACTION[i % 4],
                            .entity = i % 5 ? "order" : "delivery",
                            .entity_id = i % 4 ? id_new(NOW) : id_random(NOW),
                            .entity_version = i % 9 ? i : INT64_MIN + i,
                            .request_id = id_new(NOW),
                            .change = change_of(c, i)};
    if (i % 6) row.actor_id = i % 11 ? id_new(NOW - 5) : id_random(0);
    if (i % 8 == 0) row.reason_digest = random_blob(c, 32);
    if (i % 3 == 0) row.rows = sums_of(c, (size_t)i % 12, i % 5 == 0);
    if (i % 3 == 1) row.rows = random_blob(c, 32 + 12 * ((size_t)i % 4)); /* the older form */
    return row;
}

static struct audit_row *rows_of(struct ctx *c, int64_t number) {
    struct audit_row *rows = arena_array(c->arena, AUDIT_BLOCK, sizeof *rows);
    for (int i = 0; i < AUDIT_BLOCK; i++) {
        rows[i] = row_of(c, i, number * AUDIT_BLOCK + 1);
        if (i % 4 == 3) rows[i].request_id = rows[i - 1].request_id;
    }
    return rows;
}

static bool same_blob(struct blob a, struct blob b) {
    return !a.at == !b.at && a.n == b.n && (a.n == 0 || memcmp(a.at, b.at, a.n) == 0);
}

static void check_same(const struct audit_row *a, const struct audit_row *b) {
    CHECK_INT(a->seq, b->seq);
    CHECK_INT(a->at, b->at);
    CHECK_INT(a->role, b->role);
    CHECK_INT(a->entity_version, b->entity_version);
    CHECK_STR(a->action, b->action);
    CHECK_STR(a->entity, b->entity);
    CHECK_STR(a->change, b->change);
    CHECK(id_equal(a->actor_id, b->actor_id));
    CHECK(id_equal(a->entity_id, b->entity_id));
    CHECK(id_equal(a->request_id, b->request_id));
    CHECK(same_blob(a->reason_digest, b->reason_digest));
    CHECK(same_blob(a->rows, b->rows));
    CHECK(!a->leaf_hash.at && !a->reason);
}

TEST(audit_block_there_and_back) {
    struct ctx *c = check_ctx();
    for (int64_t number = 0; number < 20; number++) {
        struct audit_row *rows = rows_of(c, number);
        struct blob packed = audit_block_pack(c->arena, rows);
        CHECK(packed.at);
        struct audit_row *again = audit_block_unpack(c->arena, number, packed);
        CHECK(again);
        for (int i = 0; i < AUDIT_BLOCK; i++)
            check_same(&again[i], &rows[i]);
        arena_reset(c->arena);
    }
}

/* Rows of which each is like the one before: what the log is made of. */
TEST(audit_block_is_a_fraction_of_its_rows) {
    struct ctx *c = check_ctx();
    struct audit_row *rows = rows_of(c, 3);
    size_t bytes = 0;
    for (int i = 0; i < AUDIT_BLOCK; i++) {
        rows[i].at = NOW + 1000 * i;
        rows[i].entity_id = rows[i].request_id = id_new(NOW + 1000 * i);
        rows[i].reason_digest = rows[i].rows = (struct blob){NULL, 0};
        rows[i].change = "{\"state\":\"confirmed\",\"lines\":6}";
        bytes +=
            3 * sizeof(struct id) + strlen(rows[i].action) + strlen(rows[i].entity) + strlen(rows[i].change);
    }
    struct blob packed = audit_block_pack(c->arena, rows);
    CHECK(packed.at && packed.n < bytes / 8);
}

TEST(audit_block_of_what_no_log_holds) {
    struct ctx *c = check_ctx();
    for (int fault = 0; fault < 6; fault++) {
        struct audit_row *rows = rows_of(c, 1);
        if (fault == 0) rows[40].seq++;
        if (fault == 1) rows[0].action = NULL;
        if (fault == 2) rows[255].entity = NULL;
        if (fault == 3) rows[7].change = NULL;
        if (fault == 4) rows[7].role = NONE;
        for (int i = 0; fault == 5 && i < AUDIT_BLOCK; i++)
            rows[i].seq++; /* no block begins there */
        CHECK(!audit_block_pack(c->arena, rows).at);
        arena_reset(c->arena);
    }
}

/* ---- bytes that are no block ---- */

TEST(audit_block_cut_or_longer_is_none) {
    struct ctx *c = check_ctx();
    struct blob packed = audit_block_pack(c->arena, rows_of(c, 0));
    uint8_t *longer = arena_alloc(c->arena, packed.n + 1);
    struct arena *arena = arena_create(16 << 20);
    memcpy(longer, packed.at, packed.n);
    CHECK(!audit_block_unpack(c->arena, 0, (struct blob){longer, packed.n + 1}));
    CHECK(!audit_block_unpack(c->arena, 0, (struct blob){NULL, 0}));
    for (size_t n = 0; n < packed.n; n += 1 + n / 50) {
        arena_reset(arena);
        CHECK(!audit_block_unpack(arena, 0, (struct blob){packed.at, n}));
    }
    arena_destroy(&arena);
}

/* Whatever the bytes say: no read outside of them, and never rows that are half filled. */
TEST(audit_block_of_damaged_bytes) {
    struct ctx *c = check_ctx();
    struct blob packed = audit_block_pack(c->arena, rows_of(c, 0));
    uint8_t *damaged = arena_alloc(c->arena, packed.n);
    struct arena *arena = arena_create(16 << 20);
    int none = 0;
    srand(1);
    for (int round = 0; round < 1000; round++) {
        memcpy(damaged, packed.at, packed.n);
        for (int i = rand() % 4; i >= 0; i--)
            damaged[(size_t)rand() % (round % 2 ? packed.n : packed.n / 8)] = (uint8_t)rand();
        arena_reset(arena);
        struct audit_row *rows = audit_block_unpack(arena, 0, (struct blob){damaged, packed.n});
        none += !rows;
        for (int i = 0; rows && i < AUDIT_BLOCK; i++)
            CHECK(rows[i].action && rows[i].entity && rows[i].change && rows[i].role != NONE);
    }
    arena_destroy(&arena);
    CHECK(none > 100); /* the others changed a sum or a digest, which the subtree tells */
}
