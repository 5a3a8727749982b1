#include "base/crypto.h"
#include "base/log.h"
#include <nettle/sha2.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* SHA-256 is Nettle's: it uses the processor's own instructions where there are any, and a drop hashes some
 * thirty rows. Everything else is libsodium's. */
_Static_assert(sizeof(struct sha256_ctx) <= sizeof(struct sha256), "the library's state fits ours");

static struct sha256_ctx *state_of(struct sha256 *hash) {
    return (struct sha256_ctx *)(void *)hash->state;
}

void sha256_begin(struct sha256 *hash) {
    sha256_init(state_of(hash));
}

void sha256_add(struct sha256 *hash, const void *bytes, size_t n) {
    sha256_update(state_of(hash), n, bytes);
}

void sha256_end(struct sha256 *hash, uint8_t digest_out[SHA256_SIZE]) {
    sha256_digest(state_of(hash), SHA256_SIZE, digest_out);
}

void sha256_two(const void *a, size_t a_n, const void *b, size_t b_n, uint8_t digest_out[SHA256_SIZE]) {
    struct sha256 hash;
    sha256_begin(&hash);
    if (a_n > 0) sha256_add(&hash, a, a_n);
    if (b_n > 0) sha256_add(&hash, b, b_n);
    sha256_end(&hash, digest_out);
}

void sha256(const void *bytes, size_t n, uint8_t digest_out[SHA256_SIZE]) {
    sha256_two(bytes, n, NULL, 0, digest_out);
}

uint64_t hash_64(const void *bytes, size_t n) {
    static const uint8_t KEY[crypto_shorthash_KEYBYTES] = "canary: short id";
    uint8_t hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, bytes, n, KEY);
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof hash; i++)
        value = value << 8 | hash[i];
    return value;
}

_Static_assert(SIGN_SEED_SIZE == crypto_sign_SEEDBYTES, "the library's seed");
_Static_assert(SIGN_PUBLIC_SIZE == crypto_sign_PUBLICKEYBYTES, "the library's public key");
_Static_assert(SIGNATURE_SIZE == crypto_sign_BYTES, "the library's signature");

void secret_wipe(void *bytes, size_t n) {
    sodium_memzero(bytes, n);
}

void sign_public(const uint8_t seed[SIGN_SEED_SIZE], uint8_t public_out[SIGN_PUBLIC_SIZE]) {
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    crypto_sign_seed_keypair(public_out, secret, seed);
    secret_wipe(secret, sizeof secret);
}

void sign(const uint8_t seed[SIGN_SEED_SIZE], const void *bytes, size_t n,
          uint8_t signature_out[SIGNATURE_SIZE]) {
    uint8_t public_key[SIGN_PUBLIC_SIZE], secret[crypto_sign_SECRETKEYBYTES];
    crypto_sign_seed_keypair(public_key, secret, seed);
    crypto_sign_detached(signature_out, NULL, bytes, n, secret);
    secret_wipe(secret, sizeof secret);
}

bool sign_check(const uint8_t public_key[SIGN_PUBLIC_SIZE], const void *bytes, size_t n,
                const uint8_t signature[SIGNATURE_SIZE]) {
    return crypto_sign_verify_detached(signature, bytes, n, public_key) == 0;
}

const char *token_new(char text[TOKEN_TEXT_SIZE]) {
    uint8_t bytes[32];
    randombytes_buf(bytes, sizeof bytes);
    return sodium_bin2base64(text, TOKEN_TEXT_SIZE, bytes, sizeof bytes,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

#define PASSWORD_OPS 2
#define PASSWORD_MEMORY ((size_t)64 << 20)

/* Of a password that nobody knows, made with the parameters above. */
static const char NOBODY[] =
    "$argon2id$v=19$m=65536,t=2,p=1$lNWdoo9Q3mDyCR1TG1dO9Q$SZxBEaOCY/0lWnGKoErE0sjaHNeNXlJfRI3U4eV/z2k";

enum err password_seal(struct ctx *c, const char *password, const char **hash_out) {
    char *hash = arena_alloc(c->arena, crypto_pwhash_STRBYTES);
    REQUIRE(sodium_init() >= 0);
    if (!hash || crypto_pwhash_str(hash, password, strlen(password), PASSWORD_OPS, PASSWORD_MEMORY) != 0)
        return FAIL(c, ERR_BUSY, "busy", "No memory is left to hash a password.");
    *hash_out = hash;
    return OK;
}

enum err password_check(const char *hash, const char *password) {
    REQUIRE(sodium_init() >= 0);
    char whole[crypto_pwhash_STRBYTES] = ""; /* the library may read all of it */
    snprintf(whole, sizeof whole, "%s", hash ? hash : NOBODY);
    bool right = crypto_pwhash_str_verify(whole, password, strlen(password)) == 0;
    return hash && right ? OK : ERR_DENIED;
}
