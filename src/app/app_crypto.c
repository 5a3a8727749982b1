#include "app/app_crypto.h"
#include "base/log.h"
#include "base/random.h"
#include <sodium.h>
#include <stdio.h>
#include <string.h>

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
    random_fill(bytes_out, n);
}

const char *app_token(char text[TOKEN_TEXT_SIZE]) {
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

enum err app_password_hash(struct ctx *c, const char *password, const char **hash_out) {
    char *hash = arena_alloc(c->arena, crypto_pwhash_STRBYTES);
    REQUIRE(sodium_init() >= 0);
    if (!hash || crypto_pwhash_str(hash, password, strlen(password), PASSWORD_OPS, PASSWORD_MEMORY) != 0)
        return FAIL(c, ERR_BUSY, "busy", "No memory is left to hash a password.");
    *hash_out = hash;
    return OK;
}

enum err app_password_check(const char *hash, const char *password) {
    REQUIRE(sodium_init() >= 0);
    char whole[crypto_pwhash_STRBYTES] = ""; /* the library may read all of it */
    snprintf(whole, sizeof whole, "%s", hash ? hash : NOBODY);
    bool right = crypto_pwhash_str_verify(whole, password, strlen(password)) == 0;
    return hash && right ? OK : ERR_DENIED;
}
