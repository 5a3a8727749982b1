/* A signed head of the audit log: what leaves the system, so that rewriting history shows. */
#ifndef CANARY_DOMAIN_LOG_HEAD_H
#define CANARY_DOMAIN_LOG_HEAD_H

#include "base/crypto.h"
#include "base/shape.h"

#define LOG_KEY_ID_SIZE 17 /* 16 hexadecimal digits and a NUL */

struct log_head {
    int64_t size;           /* events 1 … size */
    struct blob root;       /* of RFC 9162 over their leaf hashes */
    int64_t time;           /* when it was signed */
    const char *key_id;     /* log_key_id of the key that signed */
    struct blob signature;  /* Ed25519 of log_head_bytes */
    struct blob public_key; /* for whoever has no list of our keys; not signed, and never believed by us */
};
extern const struct shape log_head_shape;

/* The first 8 bytes of SHA-256 of a public key, in hexadecimal. */
const char *log_key_id(const uint8_t public_key[SIGN_PUBLIC_SIZE], char text[LOG_KEY_ID_SIZE]);

/* The bytes that are signed: five lines, the members as they stand in JSON, without an end of the last line:
 * "canary-head-1", size, root in hexadecimal, time, key id. NULL when the arena is full. */
const char *log_head_bytes(struct arena *arena, const struct log_head *head);
/* Sets the signature; LIMIT when the arena is full. */
MUST enum err log_head_sign(struct arena *arena, struct log_head *head, const uint8_t seed[SIGN_SEED_SIZE]);
/* Is its signature by this key? */
bool log_head_is_signed(struct arena *arena, const struct log_head *head,
                        const uint8_t public_key[SIGN_PUBLIC_SIZE]);

#endif
