#include "api_throttle.h"
#include "base/crypto.h"
#include "base/random.h"
#include "base/limits.h"
#include "base/log.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_MS 60000
#define WAYS 8 /* places an account can have; the one begun longest ago makes room */

struct slot {
    uint64_t key; /* 0: empty */
    int64_t since_ms;
    int64_t attempts;
};

struct api_throttle {
    pthread_mutex_t lock;
    uint8_t seed[16]; /* so that nobody can choose accounts that share a place */
    struct slot slot[LIMIT_LOGIN_ACCOUNTS];
};

struct api_throttle *api_throttle_create(void) {
    struct api_throttle *throttle = calloc(1, sizeof *throttle);
    if (!throttle) return NULL;
    REQUIRE(pthread_mutex_init(&throttle->lock, NULL) == 0);
    random_fill(throttle->seed, sizeof throttle->seed);
    return throttle;
}

void api_throttle_destroy(struct api_throttle **throttle) {
    if (!*throttle) return;
    pthread_mutex_destroy(&(*throttle)->lock);
    free(*throttle);
    *throttle = NULL;
}

static uint64_t key_of(const struct api_throttle *throttle, const char *account) {
    uint8_t digest[SHA256_SIZE];
    uint64_t key;
    sha256_two(throttle->seed, sizeof throttle->seed, account, strlen(account), digest);
    memcpy(&key, digest, sizeof key);
    return key | 1;
}

/* The places an account can have. */
static struct slot *set_of(struct api_throttle *throttle, uint64_t key) {
    return &throttle->slot[key / 2 % (LIMIT_LOGIN_ACCOUNTS / WAYS) * WAYS];
}

static struct slot *find(struct api_throttle *throttle, uint64_t key) {
    struct slot *set = set_of(throttle, key);
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].key == key) return &set[i];
    return NULL;
}

static struct slot *make(struct api_throttle *throttle, uint64_t key) {
    struct slot *set = set_of(throttle, key), *oldest = set;
    for (size_t i = 1; i < WAYS; i++)
        if (set[i].since_ms < oldest->since_ms) oldest = &set[i];
    return oldest;
}

int64_t api_throttle_take(struct api_throttle *throttle, const char *account, int64_t now_ms) {
    uint64_t key = key_of(throttle, account);
    pthread_mutex_lock(&throttle->lock);
    struct slot *slot = find(throttle, key);
    if (!slot) slot = make(throttle, key);
    if (slot->key != key || now_ms - slot->since_ms >= WINDOW_MS) *slot = (struct slot){key, now_ms, 0};
    bool full = slot->attempts >= LIMIT_LOGIN_ATTEMPTS;
    int64_t wait_ms = full ? WINDOW_MS - (now_ms - slot->since_ms) : 0;
    if (!full) slot->attempts++;
    pthread_mutex_unlock(&throttle->lock);
    return (wait_ms + 999) / 1000;
}

void api_throttle_forgive(struct api_throttle *throttle, const char *account) {
    uint64_t key = key_of(throttle, account);
    pthread_mutex_lock(&throttle->lock);
    struct slot *slot = find(throttle, key);
    if (slot && slot->attempts > 0) slot->attempts--;
    pthread_mutex_unlock(&throttle->lock);
}
