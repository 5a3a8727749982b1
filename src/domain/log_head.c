#include "domain/log_head.h"
#include "base/date.h"
#include "base/text.h"
#include <string.h>

#define HEAD(kind_, ...) FIELD(struct log_head, kind_, __VA_ARGS__)
static const struct field FIELDS[] = {
    HEAD(K_INT, size, .flags = F_REQUIRED, .max = INT64_MAX, .doc = "events in the log", .example = "34"),
    HEAD(K_HEX, root, .flags = F_REQUIRED, .min = SHA256_SIZE, .max = SHA256_SIZE,
         .doc = "Merkle root of RFC 9162 over the leaf hashes of events 1 to size"),
    HEAD(K_INSTANT, time, .flags = F_REQUIRED, .doc = "when it was signed"),
    HEAD(K_TEXT, key_id, .flags = F_REQUIRED, .min = LOG_KEY_ID_SIZE - 1, .max = LOG_KEY_ID_SIZE - 1,
         .doc = "first 8 bytes of SHA-256 of the public key", .example = "\"5b6fe1a2ab4d0c37\""),
    HEAD(K_HEX, signature, .flags = F_REQUIRED, .min = SIGNATURE_SIZE, .max = SIGNATURE_SIZE,
         .doc = "Ed25519 over the lines canary-head-1, size, root, time, key_id"),
    HEAD(K_HEX, public_key, .min = SIGN_PUBLIC_SIZE, .max = SIGN_PUBLIC_SIZE,
         .doc = "of the key that signed"),
};
const struct shape log_head_shape = SHAPE("log_head", struct log_head, FIELDS);

const char *log_key_id(const uint8_t public_key[SIGN_PUBLIC_SIZE], char text[LOG_KEY_ID_SIZE]) {
    uint8_t hash[SHA256_SIZE];
    sha256(public_key, SIGN_PUBLIC_SIZE, hash);
    for (size_t i = 0; i < LOG_KEY_ID_SIZE - 1; i++)
        text[i] = "0123456789abcdef"[hash[i / 2] >> (i % 2 ? 0 : 4) & 15];
    text[LOG_KEY_ID_SIZE - 1] = 0;
    return text;
}

const char *log_head_bytes(struct arena *arena, const struct log_head *head) {
    char time[INSTANT_TEXT_SIZE];
    struct text bytes = text_in(arena);
    text_str(&bytes, "canary-head-1\n");
    text_int(&bytes, head->size);
    text_char(&bytes, '\n');
    text_add_hex(&bytes, head->root.at, head->root.n);
    text_printf(&bytes, "\n%s\n%s", instant_format(head->time, time), head->key_id);
    return bytes.failed ? NULL : bytes.at;
}

enum err log_head_sign(struct arena *arena, struct log_head *head, const uint8_t seed[SIGN_SEED_SIZE]) {
    const char *bytes = log_head_bytes(arena, head);
    uint8_t *signature = arena_alloc(arena, SIGNATURE_SIZE);
    if (!bytes || !signature) return ERR_LIMIT;
    sign(seed, bytes, strlen(bytes), signature);
    head->signature = (struct blob){signature, SIGNATURE_SIZE};
    return OK;
}

bool log_head_is_signed(struct arena *arena, const struct log_head *head,
                        const uint8_t public_key[SIGN_PUBLIC_SIZE]) {
    const char *bytes = log_head_bytes(arena, head);
    return bytes && head->signature.n == SIGNATURE_SIZE &&
           sign_check(public_key, bytes, strlen(bytes), head->signature.at);
}
