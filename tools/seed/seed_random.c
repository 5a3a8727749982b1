#include "base/random.h"
#include "base/log.h"
#include "seed.h"
#include <string.h>

/* SplitMix64 (Steele, Lea and Flood 2014): small, and good enough for a demo. */
static uint64_t next(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* ---- in the place of src/base/random.c: the linker takes this one ---- */

static uint64_t bytes_state;

void seed_random_begin(uint64_t seed) {
    bytes_state = seed ^ UINT64_C(0x5eed0fb17e5);
}

void random_fill(void *bytes_out, size_t n) {
    char *at = bytes_out;
    while (n > 0) {
        uint64_t word = next(&bytes_state);
        size_t part = n < sizeof word ? n : sizeof word;
        memcpy(at, &word, part);
        at += part;
        n -= part;
    }
}

/* ---- choices: another stream, so that one id more changes no choice ---- */

uint64_t seed_random(struct seed *s) {
    return next(&s->random);
}

int64_t seed_between(struct seed *s, int64_t least, int64_t most) {
    REQUIRE(least <= most);
    return least + (int64_t)(seed_random(s) % (uint64_t)(most - least + 1));
}

bool seed_chance(struct seed *s, double of_one) {
    return (double)(seed_random(s) >> 11) * 0x1p-53 < of_one;
}

size_t seed_weighted(struct seed *s, const int *weight, size_t n) {
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += weight[i];
    int64_t left = seed_between(s, 0, sum - 1);
    size_t i = 0;
    while (left >= weight[i])
        left -= weight[i++];
    return i;
}
