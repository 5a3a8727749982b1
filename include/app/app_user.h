/* Users and their sessions. Passwords are hashed before a unit begins (base/crypto.h): use cases take hashes.
 */
#ifndef CANARY_APP_USER_H
#define CANARY_APP_USER_H

#include "store/store_user.h"

struct session {
    const char *token; /* shown once: only its SHA-256 is kept */
    int64_t expires_at;
    const struct user *user;
};

/* Who has this token. ERR_NOT_FOUND without a fault: unknown, ended or expired, or the user is not active. */
MUST enum err app_session_actor(struct ctx *c, const char *token, struct actor *actor_out);
/* Slow (argon2id), outside a unit: the active user of this e-mail address and password. Otherwise DENIED
 * "login.failed", after the same time whether the address is known or not. */
MUST enum err app_session_check(struct ctx *c, const char *email, const char *password,
                                struct user *user_out);
/* Opens a session for a user that app_session_check gave; DENIED when password or user changed meanwhile. */
MUST enum err app_session_open(struct ctx *c, const struct user *checked, struct session *session_out);
MUST enum err app_session_close(struct ctx *c, const char *token);

/* NOT_FOUND "not-found". */
MUST enum err app_user_get(struct ctx *c, struct id id, struct user *user_out);
/* By id after `after`; role NONE: all. */
MUST enum err app_user_list(struct ctx *c, int64_t role, struct id after, int64_t limit,
                            struct list *users_out);
/* All e-mail, role and customer faults at once (INVALID); STATE "user.email-taken". Makes id and version;
 * `active` is true unless told; password_hash must be set. */
MUST enum err app_user_add(struct ctx *c, struct user *user);
/* From what was read to what is wanted. A new password_hash or active = false ends all sessions. STATE
 * "user.last-admin" when no active admin would be left. Moves version on. */
MUST enum err app_user_change(struct ctx *c, const struct user *before, struct user *after);
/* A new password for the caller; STATE "conflict" when it was changed since `before` was read. */
MUST enum err app_user_set_password(struct ctx *c, const struct user *before, const char *password_hash);

#endif
