#include "app/app_crypto.h"
#include <sodium.h>

void app_sha256(const void *bytes, size_t n, uint8_t digest_out[SHA256_SIZE]) {
    crypto_hash_sha256(digest_out, bytes, n);
}

void app_sha256_two(const void *a, size_t a_n, const void *b, size_t b_n, uint8_t digest_out[SHA256_SIZE]) {
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, a, a_n);
    crypto_hash_sha256_update(&state, b, b_n);
    crypto_hash_sha256_final(&state, digest_out);
}

void app_random(void *bytes_out, size_t n) {
    randombytes_buf(bytes_out, n);
}
