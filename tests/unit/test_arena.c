#include "check.h"
#include "base/arena.h"
#include <stdint.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

static bool is_zero(const unsigned char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != 0) return false;
    return true;
}

TEST(arena_memory_is_zero_aligned_and_apart) {
    struct arena *arena = arena_create(1 << 20);
    unsigned char *at[200];
    for (size_t i = 0; i < COUNT(at); i++) {
        at[i] = arena_alloc(arena, i);
        CHECK(at[i] && is_zero(at[i], i));
        CHECK_INT((uintptr_t)at[i] % _Alignof(max_align_t), 0);
        memset(at[i], (int)i + 1, i);
    }
    for (size_t i = 1; i < COUNT(at); i++)
        CHECK(at[i][0] == i + 1 && at[i][i - 1] == i + 1);
    arena_destroy(&arena);
    CHECK(arena == NULL);
    arena_destroy(&arena);
}

TEST(arena_cap_is_exact) {
    struct arena *arena = arena_create(1024);
    CHECK(arena_alloc(arena, 1025) == NULL);
    CHECK_INT(arena_used(arena), 0);
    CHECK(arena_alloc(arena, 1000) != NULL);
    CHECK(arena_alloc(arena, 17) == NULL);
    CHECK(arena_alloc(arena, 16) != NULL);
    CHECK_INT(arena_used(arena), 1024);
    CHECK(arena_alloc(arena, 1) == NULL);
    CHECK(arena_strdup(arena, "") == NULL);
    arena_reset(arena);
    CHECK_INT(arena_used(arena), 0);
    CHECK(arena_alloc(arena, 1024) != NULL);
    arena_destroy(&arena);
}

TEST(arena_reset_gives_zeroed_memory_again) {
    struct arena *arena = arena_create(1 << 22);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 50; i++) {
            unsigned char *at = arena_alloc(arena, 3000);
            CHECK(at && is_zero(at, 3000));
            memset(at, 0xee, 3000);
        }
        CHECK(arena_alloc(arena, 3 << 20) != NULL); /* larger than any block of its own accord */
        arena_reset(arena);
    }
    arena_destroy(&arena);
}

TEST(arena_sizes_that_overflow) {
    struct arena *arena = arena_create(SIZE_MAX);
    CHECK(arena_array(arena, SIZE_MAX / 2 + 1, 2) == NULL);
    CHECK(arena_array(arena, SIZE_MAX, SIZE_MAX) == NULL);
    CHECK(arena_memdup(arena, "x", SIZE_MAX) == NULL);
    CHECK(arena_alloc(arena, SIZE_MAX) == NULL);
    CHECK(!arena_extend(arena, arena_alloc(arena, 0), 0, SIZE_MAX));
    CHECK(arena_array(arena, 3, 5) != NULL);
    CHECK(arena_array(arena, 0, 5) != NULL);
    arena_destroy(&arena);
    arena = arena_create(1 << 20);
    CHECK(arena_alloc(arena, SIZE_MAX) == NULL);
    CHECK(arena_alloc(arena, SIZE_MAX - 14) == NULL); /* rounds up to 0 */
    CHECK(arena_alloc(arena, SIZE_MAX / 2) == NULL);
    arena_destroy(&arena);
}

TEST(arena_copies) {
    struct arena *arena = arena_create(1 << 20);
    char text[] = "one";
    char *copy = arena_strdup(arena, text);
    text[0] = 'O';
    CHECK_STR(copy, "one");
    CHECK(arena_strdup(arena, NULL) == NULL);
    CHECK(arena_memdup(arena, NULL, 3) == NULL);
    CHECK(memcmp(arena_memdup(arena, "a\0b", 3), "a\0b", 4) == 0);
    CHECK_STR(arena_memdup(arena, "abc", 2), "ab");
    CHECK_STR(arena_memdup(arena, "", 0), "");
    CHECK_STR(arena_printf(arena, "%s-%d", "x", 42), "x-42");
    CHECK_INT(strlen(arena_printf(arena, "%20000d", 1)), 20000);
    arena_destroy(&arena);
}

TEST(arena_extends_the_newest_only) {
    struct arena *arena = arena_create(1 << 20);
    char *older = arena_alloc(arena, 32), *newest = arena_alloc(arena, 32);
    CHECK(!arena_extend(arena, older, 32, 64));
    CHECK(!arena_extend(arena, NULL, 0, 64));
    memset(newest, 'x', 32);
    CHECK(arena_extend(arena, newest, 32, 100));
    CHECK(newest[31] == 'x' && is_zero((unsigned char *)newest + 32, 68));
    CHECK_INT(arena_used(arena), 32 + 112);
    char *after = arena_alloc(arena, 1);
    CHECK(after >= newest + 100);
    CHECK(!arena_extend(arena, after, 1, 1 << 20));
    arena_destroy(&arena);
}

TEST(arena_extend_keeps_the_cap) {
    struct arena *arena = arena_create(128);
    char *at = arena_alloc(arena, 64);
    CHECK(!arena_extend(arena, at, 64, 129));
    CHECK(!arena_extend(arena, at, 64, SIZE_MAX));
    CHECK(arena_extend(arena, at, 64, 128));
    CHECK(arena_alloc(arena, 1) == NULL);
    arena_reset(arena);
    CHECK(arena_alloc(arena, 64) != NULL);
    at = arena_alloc(arena, 32);
    CHECK(!arena_extend(arena, at, 32, 65));
    CHECK(arena_extend(arena, at, 32, 64));
    arena_destroy(&arena);
}

#if defined(__SANITIZE_ADDRESS__)
TEST(arena_overflow_is_seen_by_the_sanitizer) {
    struct arena *arena = arena_create(1 << 20);
    char *at = arena_alloc(arena, 5), *next = arena_alloc(arena, 16);
    CHECK(!__asan_address_is_poisoned(at + 4) && __asan_address_is_poisoned(at + 5));
    CHECK(!__asan_address_is_poisoned(next + 15) && __asan_address_is_poisoned(next + 16));
    CHECK(__asan_address_is_poisoned(next - 1));
    CHECK(arena_extend(arena, next, 16, 24));
    CHECK(!__asan_address_is_poisoned(next + 23) && __asan_address_is_poisoned(next + 24));
    arena_reset(arena);
    CHECK(__asan_address_is_poisoned(at));
    arena_destroy(&arena);
}
#endif
