/* The keys that sign heads of the log. The public ones stand in the database and, with the event of each, in
 * the log itself; the private one stands in a file beside the database and nowhere else. */
#ifndef CANARY_APP_KEY_H
#define CANARY_APP_KEY_H

#include "base/crypto.h"
#include "store/store_log.h"

struct log_signer {
    struct log_key key; /* the newest of the database */
    uint8_t seed[SIGN_SEED_SIZE];
};

/* Finds the private key of the newest public one in the file `path`, or in `path`.new, where a rotation that
 * was cut short left it. STATE, slug "log.no-key", says which key is missing and what to do. Wipe the seed.
 */
MUST enum err app_key_load(struct ctx *c, const char *path, struct log_signer *signer_out);
/* The same, for whoever only wants to know whether it could sign. */
MUST enum err app_key_check(struct ctx *c, const char *path);

/* Makes a new key, the first or one that replaces the newest; opens units of its own. The private key is on
 * disk in `path`.new before the unit that makes it the newest commits, and takes the place of `path`
 * afterwards: at every moment one of the two files holds the newest key. FULL or INTERNAL, slug
 * "log.key-file", when a file cannot be written; STATE, the same slug, when there is no key yet and a key
 * file: it is another database's. */
MUST enum err app_key_rotate(struct ctx *c, const char *path, struct log_key *key_out);

/* Makes the first key of a database that has none. */
MUST enum err app_key_first(struct ctx *c, const char *path);

/* The unit in the middle: the public key becomes the newest. */
MUST enum err app_key_add(struct ctx *c, const uint8_t public_key[SIGN_PUBLIC_SIZE], struct log_key *key_out);
/* What the event of a key says has changed: compared again by canary audit verify. */
const char *app_key_change(struct ctx *c, const struct log_key *key);
/* A second file of the same private key; what is there already is left as it is. false: it is not there now.
 */
bool app_key_copy(const char *from, const char *to);

#endif
