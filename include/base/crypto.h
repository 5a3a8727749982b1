/* Hashes, tokens and passwords (libsodium, in crypto.c alone). */
#ifndef CANARY_BASE_CRYPTO_H
#define CANARY_BASE_CRYPTO_H

#include "base/ctx.h"

#define SHA256_SIZE 32

void sha256(const void *bytes, size_t n, uint8_t digest_out[SHA256_SIZE]);
/* SHA-256 of a, then b: salted digests and Merkle leaves. */
void sha256_two(const void *a, size_t a_n, const void *b, size_t b_n, uint8_t digest_out[SHA256_SIZE]);

/* SipHash-2-4 under a key that everybody may know: looks random, tells apart, proves nothing. */
uint64_t hash_64(const void *bytes, size_t n);

/* SHA-256 of what comes in pieces: begin, add any number of times, end once. */
struct sha256 {
    _Alignas(8) uint8_t state[128]; /* the library's: crypto.c holds it to the size */
};
void sha256_begin(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *bytes, size_t n);
void sha256_end(struct sha256 *hash, uint8_t digest_out[SHA256_SIZE]);

/* Ed25519 (RFC 8032): the key pair follows from its seed, the signature from seed and bytes. */
#define SIGN_SEED_SIZE 32
#define SIGN_PUBLIC_SIZE 32
#define SIGNATURE_SIZE 64
void sign_public(const uint8_t seed[SIGN_SEED_SIZE], uint8_t public_out[SIGN_PUBLIC_SIZE]);
void sign(const uint8_t seed[SIGN_SEED_SIZE], const void *bytes, size_t n,
          uint8_t signature_out[SIGNATURE_SIZE]);
bool sign_check(const uint8_t public_key[SIGN_PUBLIC_SIZE], const void *bytes, size_t n,
                const uint8_t signature[SIGNATURE_SIZE]);
/* Zeroes what is secret, also where a compiler sees that nobody reads it again. */
void secret_wipe(void *bytes, size_t n);

/* 32 random bytes as base64url without padding: a session's token. */
#define TOKEN_TEXT_SIZE 44
const char *token_new(char text[TOKEN_TEXT_SIZE]);

/* argon2id, 64 MiB, t = 2: some 60 ms and 64 MiB each, so never inside a unit. BUSY when memory is out. */
MUST enum err password_seal(struct ctx *c, const char *password, const char **hash_out);
/* DENIED, without a fault, when it is another password. hash NULL (nobody has that e-mail address): takes as
 * long as with one, and is always DENIED. */
MUST enum err password_check(const char *hash, const char *password);

#endif
