/* Hashes, random bytes and passwords (libsodium, in app_crypto.c alone). */
#ifndef CANARY_APP_CRYPTO_H
#define CANARY_APP_CRYPTO_H

#include "base/ctx.h"

#define SHA256_SIZE 32

void app_sha256(const void *bytes, size_t n, uint8_t digest_out[SHA256_SIZE]);
/* SHA-256 of a, then b: salted digests and Merkle leaves. */
void app_sha256_two(const void *a, size_t a_n, const void *b, size_t b_n, uint8_t digest_out[SHA256_SIZE]);
void app_random(void *bytes_out, size_t n);

/* 32 random bytes as base64url without padding: a session's token. */
#define TOKEN_TEXT_SIZE 44
const char *app_token(char text[TOKEN_TEXT_SIZE]);

/* argon2id, 64 MiB, t = 2: some 60 ms and 64 MiB each, so never inside a unit. BUSY when memory is out. */
MUST enum err app_password_hash(struct ctx *c, const char *password, const char **hash_out);
/* DENIED, without a fault, when it is another password. hash NULL (nobody has that e-mail address): takes as
 * long as with one, and is always DENIED. */
MUST enum err app_password_check(const char *hash, const char *password);

#endif
