/* Hashes and random bytes (libsodium, in app_crypto.c alone). */
#ifndef CANARY_APP_CRYPTO_H
#define CANARY_APP_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32

void app_sha256(const void *bytes, size_t n, uint8_t digest_out[SHA256_SIZE]);
/* SHA-256 of a, then b: salted digests and Merkle leaves. */
void app_sha256_two(const void *a, size_t a_n, const void *b, size_t b_n, uint8_t digest_out[SHA256_SIZE]);
void app_random(void *bytes_out, size_t n);

#endif
