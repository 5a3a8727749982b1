#include "app/app_key.h"
#include "app/app_audit.h"
#include "base/id.h"
#include "base/random.h"
#include "db/db.h"
#include "domain/log_head.h"
#include "key_file.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

MUST static enum err memory_out(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "the request needs more memory than one may have");
}

static const char *beside(struct ctx *c, const char *path) {
    return arena_printf(c->arena, "%s.new", path);
}

static bool is_of(const struct log_key *key, const uint8_t seed[SIGN_SEED_SIZE]) {
    uint8_t public_key[SIGN_PUBLIC_SIZE];
    sign_public(seed, public_key);
    return key->public_key.n == sizeof public_key &&
           memcmp(public_key, key->public_key.at, sizeof public_key) == 0;
}

/* ---- the one that signs ---- */

static const char *why_not(struct ctx *c, enum key_file found, const char *path) {
    switch (found) {
    case KEY_FILE_READ:
        return arena_printf(c->arena, "%s holds another key", path);
    case KEY_FILE_MISSING:
        return arena_printf(c->arena, "there is no file %s", path);
    case KEY_FILE_UNREADABLE:
        return arena_printf(c->arena, "%s cannot be read (%s)", path, strerror(errno));
    case KEY_FILE_OPEN:
        return arena_printf(c->arena, "%s may be read by others: chmod 600 it", path);
    default:
        return arena_printf(c->arena, "%s is not a key file", path);
    }
}

static bool holds(const struct log_key *key, const char *path, enum key_file *found_out,
                  uint8_t seed_out[SIGN_SEED_SIZE]) {
    *found_out = key_file_read(path, seed_out);
    if (*found_out == KEY_FILE_READ && is_of(key, seed_out)) return true;
    secret_wipe(seed_out, SIGN_SEED_SIZE);
    return false;
}

MUST static enum err newest(struct ctx *c, struct log_key *key_out) {
    enum err err = store_log_key_newest(c, key_out);
    if (err != ERR_NOT_FOUND) return err;
    return FAIL(c, ERR_STATE, "log.no-key",
                "This database has no key to sign with yet: canary audit rotate-key makes one.");
}

enum err app_key_load(struct ctx *c, const char *path, struct log_signer *signer_out) {
    enum key_file found, unused;
    const char *second = beside(c, path);
    if (!second) return memory_out(c);
    TRY(newest(c, &signer_out->key));
    if (holds(&signer_out->key, path, &found, signer_out->seed)) return OK;
    const char *why = why_not(c, found, path);
    if (holds(&signer_out->key, second, &unused, signer_out->seed)) return OK;
    return FAIL(c, ERR_STATE, "log.no-key",
                "The private key %s is missing: %s. Put its file back, or name it with --key, or make a new "
                "key with canary audit rotate-key.",
                signer_out->key.key_id, why ? why : path);
}

enum err app_key_check(struct ctx *c, const char *path) {
    struct log_signer signer;
    enum err err = app_key_load(c, path, &signer);
    secret_wipe(signer.seed, sizeof signer.seed);
    return err;
}

/* ---- a new one ---- */

struct key_change {
    const char *key_id;
    struct blob public_key;
    const char *replaces;
};
static const struct field CHANGE_FIELDS[] = {FIELD(struct key_change, K_TEXT, key_id),
                                             FIELD(struct key_change, K_HEX, public_key),
                                             FIELD(struct key_change, K_TEXT, replaces)};
static const struct shape change_shape = SHAPE("key_change", struct key_change, CHANGE_FIELDS);

const char *app_key_change(struct ctx *c, const struct log_key *key) {
    return app_change(c, &change_shape, NULL,
                      &(struct key_change){key->key_id, key->public_key, key->replaces});
}

enum err app_key_add(struct ctx *c, const uint8_t public_key[SIGN_PUBLIC_SIZE], struct log_key *key_out) {
    struct log_key before, key = {.id = id_new(c->now), .made_at = c->now};
    char id[LOG_KEY_ID_SIZE];
    enum err err = store_log_key_newest(c, &before);
    if (err == OK) key.replaces = before.key_id;
    if (err != OK && err != ERR_NOT_FOUND) return err;
    key.public_key = (struct blob){(const uint8_t *)arena_memdup(c->arena, public_key, SIGN_PUBLIC_SIZE),
                                   SIGN_PUBLIC_SIZE};
    key.key_id = arena_strdup(c->arena, log_key_id(public_key, id));
    const char *change = app_key_change(c, &key);
    if (!key.public_key.at || !key.key_id || !change) return memory_out(c);
    TRY(store_log_size(c, &key.seq));
    key.seq++; /* that of the event below */
    TRY(store_log_key_add(c, &key));
    TRY(app_audit(
        c, &(struct audit){
               .action = "audit.key", .entity = "audit_key", .id = key.id, .version = 1, .change = change}));
    *key_out = key;
    return OK;
}

struct addition {
    uint8_t public_key[SIGN_PUBLIC_SIZE];
    struct log_key *key;
};

static enum err add(struct ctx *c, void *user) {
    struct addition *addition = user;
    return app_key_add(c, addition->public_key, addition->key);
}

MUST static enum err no_file(struct ctx *c, const char *path) {
    return FAIL(c, errno == ENOSPC ? ERR_FULL : ERR_INTERNAL, "log.key-file",
                "%s cannot be written: %s; the folder of the database must be writable", path,
                strerror(errno));
}

MUST static enum err no_other(struct ctx *c, const char *path) {
    if (access(path, F_OK) != 0) return OK;
    return FAIL(c, ERR_STATE, "log.key-file",
                "%s is there already, and is of no key of this database: move it to where you keep it", path);
}

/* A rotation that was cut short behind its commit is brought to its end: the only copy of the newest key is
 * not written over. */
MUST static enum err finish_last(struct ctx *c, const char *path, const char *second) {
    struct log_key key;
    uint8_t seed[SIGN_SEED_SIZE];
    enum key_file unused;
    enum err err = store_log_key_newest(c, &key);
    if (err == ERR_NOT_FOUND) return no_other(c, path);
    TRY(err);
    bool moves = holds(&key, second, &unused, seed) && !holds(&key, path, &unused, seed);
    secret_wipe(seed, sizeof seed);
    return moves && !key_file_move(second, path) ? no_file(c, path) : OK;
}

enum err app_key_rotate(struct ctx *c, const char *path, struct log_key *key_out) {
    const char *second = beside(c, path);
    struct addition addition = {.key = key_out};
    uint8_t seed[SIGN_SEED_SIZE];
    if (!second) return memory_out(c);
    TRY(finish_last(c, path, second));
    random_fill(seed, sizeof seed);
    sign_public(seed, addition.public_key);
    bool written = key_file_write(second, seed);
    secret_wipe(seed, sizeof seed);
    if (!written) return no_file(c, second);
    enum err err = db_unit(c, add, &addition);
    if (err != OK && err != ERR_UNCERTAIN) unlink(second); /* nobody will ever ask for it */
    TRY(err);
    return key_file_move(second, path) ? OK : no_file(c, path);
}

enum err app_key_first(struct ctx *c, const char *path) {
    struct log_key key;
    enum err err = store_log_key_newest(c, &key);
    return err == ERR_NOT_FOUND ? app_key_rotate(c, path, &key) : err;
}

bool app_key_copy(const char *from, const char *to) {
    uint8_t seed[SIGN_SEED_SIZE];
    bool is_copied =
        access(to, F_OK) != 0 && key_file_read(from, seed) == KEY_FILE_READ && key_file_write(to, seed);
    secret_wipe(seed, sizeof seed);
    return is_copied;
}
